package interpreter

import (
	"encoding/json"
	"fmt"

	"qovery-key-rotation/statemachine"
)

// choose runs a Choice state. What no rule knows fails the execution.
func (e *Execution) choose(input json.RawMessage) (next string, err error) {
	for _, c := range e.visit.state.Choices {
		value, present := c.Variable.In(input)
		if !present {
			return "", e.runtimeError(fmt.Errorf(
				"Invalid path '%s': The choice state's condition path references an invalid value.", c.Variable.Text))
		}
		if c.Holds(value) {
			return c.Next, nil
		}
	}
	return "", &TaskError{Name: statemachine.ErrorNoChoiceMatched,
		Cause: e.prefix() + "Failed to transition out of the state: no choice matched and there is no Default"}
}
