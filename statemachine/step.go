package statemachine

import (
	"context"
	"encoding/json"
	"fmt"
)

// step runs the state that was entered: its output and the next state, "" after a last one. An error ends the
// execution.
func (e *Execution) step(ctx context.Context) (output json.RawMessage, next string, err error) {
	if err := e.interrupted(ctx); err != nil {
		return nil, "", err
	}
	if e.visit.state.Type == "Task" {
		output, next, err = e.task(ctx)
	} else {
		output, next, err = e.simple(ctx)
	}
	if err != nil {
		return nil, "", err
	}
	e.record(Event{Type: e.visit.state.exited, State: e.visit.state.Name, Output: output})
	return output, next, nil
}

// simple runs a state that can't retry or catch anything.
func (e *Execution) simple(ctx context.Context) (output json.RawMessage, next string, err error) {
	s := e.visit.state
	input, err := e.filter(s.inputPath, e.visit.input)
	if err != nil {
		return nil, "", err
	}
	switch s.Type {
	case "Choice":
		output, next, err = e.choose(input)
	case "Wait":
		output, next, err = e.wait(ctx, input)
	case "Pass":
		output, next, err = e.pass(input)
	case "Succeed":
		output = input
	case "Fail":
		err = e.fail(e.visit.input)
	}
	if err != nil {
		return nil, "", err
	}
	output, err = e.finish(output)
	return output, next, err
}

// finish applies OutputPath, and the limit on what a state may hand on.
func (e *Execution) finish(output json.RawMessage) (json.RawMessage, error) {
	output, err := e.filter(e.visit.state.outputPath, output)
	if err != nil {
		return nil, err
	}
	if !e.fits(output) {
		return nil, e.tooLarge("output")
	}
	return output, nil
}

func (e *Execution) choose(input json.RawMessage) (json.RawMessage, string, error) {
	s := e.visit.state
	resolve := e.resolver(input)
	for i := range s.Choices {
		held, err := s.Choices[i].rule.holds(resolve)
		if err != nil {
			return nil, "", e.runtimeError(err)
		}
		if held {
			return input, s.Choices[i].Next, nil
		}
	}
	if s.Default == "" {
		return nil, "", &TaskError{Name: errNoChoiceMatched, Cause: e.prefix() + "Failed to transition out of the state: no choice matched and there is no Default"}
	}
	return input, s.Default, nil
}

func (e *Execution) pass(input json.RawMessage) (json.RawMessage, string, error) {
	s := e.visit.state
	result := input
	if s.parameters != nil {
		rendered, err := s.parameters.appendTo(nil, e.resolver(input))
		if err != nil {
			return nil, "", e.runtimeError(err)
		}
		result = rendered
	}
	if s.result != nil {
		result = s.result
	}
	output, err := e.place(s.resultPath, result)
	return output, s.Next, err
}

// fail is the failure that a Fail state stands for.
func (e *Execution) fail(input json.RawMessage) error {
	name, err := e.text(e.visit.state.errorText, "ErrorPath", input)
	if err != nil {
		return err
	}
	cause, err := e.text(e.visit.state.causeText, "CausePath", input)
	if err != nil {
		return err
	}
	return &TaskError{Name: name, Cause: cause}
}

func (e *Execution) text(rule textRule, field string, input json.RawMessage) (string, error) {
	if rule.path.isNull() {
		return rule.text, nil
	}
	raw, ok := e.resolver(input)(rule.path)
	if !ok || len(raw) == 0 || raw[0] != '"' {
		return "", e.runtimeError(fmt.Errorf("The %s parameter does not reference a string in the input: %s", field, rule.path.text))
	}
	return unquote(raw), nil
}

// resolver finds values in a document or in the context object.
func (e *Execution) resolver(doc json.RawMessage) resolver {
	return func(p path) (json.RawMessage, bool) {
		if p.context {
			return e.contextValue(p.steps)
		}
		return descend(doc, p.steps)
	}
}

// filter applies an InputPath or an OutputPath; null makes an empty object of anything.
func (e *Execution) filter(p path, doc json.RawMessage) (json.RawMessage, error) {
	if p.isNull() {
		return json.RawMessage("{}"), nil
	}
	value, ok := e.resolver(doc)(p)
	if !ok {
		return nil, e.runtimeError(fmt.Errorf("Invalid path '%s': it leads to nothing", p.text))
	}
	return value, nil
}

// place applies a ResultPath: the result goes into the state's raw input, whatever InputPath made of it.
func (e *Execution) place(p path, result json.RawMessage) (json.RawMessage, error) {
	if p.isNull() {
		return e.visit.input, nil
	}
	output, ok := place(e.visit.input, p.steps, result)
	if !ok {
		return nil, &TaskError{Name: errResultPath, Cause: e.prefix() + fmt.Sprintf("Unable to apply ResultPath '%s' to the input", p.text)}
	}
	return output, nil
}

// runtimeError is a States.Runtime failure, which nothing retries or catches.
func (e *Execution) runtimeError(err error) error {
	return &TaskError{Name: errRuntime, Cause: e.prefix() + err.Error()}
}

func (e *Execution) tooLarge(what string) error {
	return &TaskError{
		Name:  errDataLimitExceeded,
		Cause: fmt.Sprintf("The %s of the state '%s' has a size exceeding the maximum number of bytes service limit.", what, e.visit.state.Name),
	}
}

func (e *Execution) prefix() string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", e.visit.state.Name, e.visit.eventID)
}
