package statemachine

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Choice is one rule of a Choice state. The first rule whose condition holds decides.
type Choice struct {
	// Condition is the rule in words, such as "status = DONE".
	Condition string
	Next      string

	variable path
	holds    func(value json.RawMessage) bool // false for a value of another type
}

// readChoice reads a rule, which compares one variable with a text or with true or false.
func readChoice(f *fields) Choice {
	c := Choice{Next: f.required("Next"), variable: f.path("Variable")}
	name := strings.TrimPrefix(c.variable.text, "$.")
	switch {
	case f.has("StringEquals"):
		text := f.text("StringEquals")
		c.Condition = name + " = " + text
		c.holds = func(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' && keyIs(value, text) }
	case f.has("BooleanEquals"):
		flag := f.flag("BooleanEquals")
		if c.Condition = name; !flag {
			c.Condition = "not " + name
		}
		c.holds = func(value json.RawMessage) bool { return string(value) == strconv.FormatBool(flag) }
	default:
		f.lack("StringEquals or BooleanEquals")
	}
	f.adopt(f.close())
	return c
}

// choose runs a Choice state. What no rule knows fails the execution.
func (e *Execution) choose(input json.RawMessage) (next string, err error) {
	for _, c := range e.visit.state.Choices {
		value, present := c.variable.in(input)
		if !present {
			return "", e.runtimeError(fmt.Errorf(
				"Invalid path '%s': The choice state's condition path references an invalid value.", c.variable.text))
		}
		if c.holds(value) {
			return c.Next, nil
		}
	}
	return "", &TaskError{Name: errNoChoiceMatched,
		Cause: e.prefix() + "Failed to transition out of the state: no choice matched and there is no Default"}
}
