package interpreter

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qovery-key-rotation/statemachine"
)

// step runs the state that was entered: its output and the next state, "" after a last one. An error ends the
// execution.
func (e *Execution) step(ctx context.Context) (output json.RawMessage, next string, err error) {
	if err := e.interrupted(ctx); err != nil {
		return nil, "", err
	}
	s := e.visit.state
	output, next = e.visit.input, s.Next // only a Task makes something else of its input
	switch s.Type {
	case "Task":
		output, next, err = e.task(ctx)
	case "Choice":
		next, err = e.choose(output)
	case "Wait":
		err = e.wait(ctx, output)
	case "Fail":
		err = e.fail(output)
	}
	if err != nil {
		return nil, "", err
	}
	e.record(statemachine.Event{Type: s.Exited, State: s.Name, Output: output})
	return output, next, nil
}

// fail is the failure that a Fail state stands for.
func (e *Execution) fail(input json.RawMessage) error {
	name, err := e.text(e.visit.state.ErrorPath, "ErrorPath", input)
	if err != nil {
		return err
	}
	cause, err := e.text(e.visit.state.CausePath, "CausePath", input)
	if err != nil {
		return err
	}
	return &TaskError{Name: name, Cause: cause}
}

func (e *Execution) text(p statemachine.Path, field string, input json.RawMessage) (string, error) {
	raw, ok := p.In(input)
	if !ok || len(raw) == 0 || raw[0] != '"' {
		return "", e.runtimeError(fmt.Errorf("The %s parameter does not reference a string in the input: %s", field, p.Text))
	}
	return statemachine.Unquote(raw), nil
}

// runtimeError is a States.Runtime failure, which nothing retries or catches.
func (e *Execution) runtimeError(err error) error {
	return &TaskError{Name: statemachine.ErrorRuntime, Cause: e.prefix() + err.Error()}
}

func (e *Execution) tooLarge(what string) error {
	return &TaskError{Name: statemachine.ErrorDataLimitExceeded, Cause: fmt.Sprintf(
		"The %s of the state '%s' has a size exceeding the maximum number of bytes service limit.", what, e.visit.state.Name)}
}

func (e *Execution) prefix() string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ",
		e.visit.state.Name, e.visit.eventID)
}

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

// parseTimestamp reads a timestamp the way Step Functions does: fractions of a second are cut off, so that a wait can
// end up to a second early. Running the simulator with the same fault is how code that relies on more shows up.
func parseTimestamp(text string) (time.Time, bool) {
	var t time.Time
	if t.UnmarshalText([]byte(text)) != nil { // the strict form: upper-case T and Z, two digits everywhere
		return time.Time{}, false
	}
	return t.Truncate(time.Second), true
}

// wait runs a Wait state, until the time that the document says.
func (e *Execution) wait(ctx context.Context, input json.RawMessage) error {
	p := e.visit.state.Until
	raw, ok := p.In(input)
	if !ok {
		return e.runtimeError(fmt.Errorf("The TimestampPath parameter does not reference an input value: %s", p.Text))
	}
	until, ok := parseTimestamp(statemachine.Unquote(raw))
	if !ok {
		return e.runtimeError(fmt.Errorf("The TimestampPath parameter does not reference a valid ISO-8601 "+
			"extended offset date-time format string: %s == %s", p.Text, raw))
	}
	return e.sleep(ctx, until)
}
