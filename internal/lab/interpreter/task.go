package interpreter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qovery-key-rotation/statemachine"
)

// task runs a Task: attempts until one succeeds or no retrier wants another, then the catchers.
func (e *Execution) task(ctx context.Context) (json.RawMessage, string, error) {
	for {
		output, err := e.attempt(ctx)
		var failure *TaskError
		if !errors.As(err, &failure) {
			return output, e.visit.state.Next, err
		}
		delay, again := e.nextRetry(failure.Name)
		if !again {
			return e.catch(failure)
		}
		if err := e.sleep(ctx, e.host.Now().Add(delay)); err != nil {
			return nil, "", err
		}
		e.transitions++
	}
}

// nextRetry is the delay that the first retrier for this error asks for. When that one is exhausted, no other is asked.
func (e *Execution) nextRetry(errorName string) (time.Duration, bool) {
	for i, r := range e.visit.state.Retry {
		if !r.Matches(errorName) {
			continue
		}
		n := e.visit.retries[i]
		if n >= r.MaxAttempts {
			return 0, false
		}
		e.visit.retries[i]++
		random := 0.0
		if r.FullJitter {
			random = e.host.Jitter()
		}
		return r.Delay(n, random), true
	}
	return 0, false
}

// catch puts the failure into the state's input and goes where the first catcher for it says.
func (e *Execution) catch(failure *TaskError) (json.RawMessage, string, error) {
	for _, c := range e.visit.state.Catch {
		if !c.Matches(failure.Name) {
			continue
		}
		output, ok := statemachine.WithMember(e.visit.input, c.Member,
			statemachine.Encode(struct{ Error, Cause string }{failure.Name, failure.Cause}))
		switch {
		case !ok:
			cause := e.prefix() + fmt.Sprintf("Unable to apply ResultPath '%s' to the input", c.ResultPath)
			return nil, "", &TaskError{Name: statemachine.ErrorResultPath, Cause: cause}
		case !e.fits(output):
			return nil, "", e.tooLarge("output")
		}
		return output, c.Next, nil
	}
	return nil, "", failure
}

// attempt calls the function once. The state's output is the function's answer.
func (e *Execution) attempt(ctx context.Context) (json.RawMessage, error) {
	s, input := e.visit.state, e.visit.input
	parameters := append(make([]byte, 0, len(input)+len(e.input)+512), s.BeforePayload...)
	parameters = append(appendPayload(s.Payload, parameters, e, input), '}')
	if !e.fits(parameters) {
		return nil, e.tooLarge("input")
	}
	answer, err := e.call(ctx, parameters)
	if err != nil {
		return nil, err
	}
	return answer, e.succeeded(answer)
}

// call invokes the function and records how that went.
func (e *Execution) call(ctx context.Context, parameters json.RawMessage) (json.RawMessage, error) {
	s := e.visit.state
	e.record(statemachine.Event{Type: statemachine.TaskScheduled, State: s.Name, Input: parameters})
	e.record(statemachine.Event{Type: statemachine.TaskStarted, State: s.Name})
	if err := e.interrupted(ctx); err != nil {
		return nil, err
	}
	payload := parameters[len(s.BeforePayload) : len(parameters)-1 : len(parameters)-1]
	answer, err := e.host.Invoke(ctx, s.FunctionName, payload, e.timeout())
	var failure *TaskError
	switch {
	case ctx.Err() != nil: // an answer that comes with the stop comes too late
		return nil, &stopped{cause: context.Cause(ctx)}
	case err == nil && len(answer) == 0:
		return json.RawMessage("null"), nil
	case err == nil:
		return answer, nil
	case errors.Is(err, ErrTimeout) && e.pastDeadline():
		return nil, errExecutionTimeout
	case errors.Is(err, ErrTimeout):
		failure = &TaskError{Name: statemachine.ErrorTimeout}
		e.record(statemachine.Event{Type: statemachine.TaskTimedOut, State: s.Name, Error: failure.Name})
		return nil, failure
	case !errors.As(err, &failure):
		failure = &TaskError{Name: "Lambda.Unknown", Cause: err.Error()}
	}
	e.record(statemachine.Event{Type: statemachine.TaskFailed, State: s.Name, Error: failure.Name, Cause: failure.Cause})
	return nil, failure
}

// timeout is the time that one attempt has: its own, or what is left of the execution's.
func (e *Execution) timeout() time.Duration {
	own := time.Duration(e.visit.state.TimeoutSeconds) * time.Second
	return min(own, e.deadline.Sub(e.host.Now()))
}

// succeeded records what the invoke integration makes of a function's answer, if that is not too large.
func (e *Execution) succeeded(answer json.RawMessage) error {
	const before, after = `{"Payload":`, `,"ExecutedVersion":"$LATEST","StatusCode":200}`
	result := make(json.RawMessage, 0, len(before)+len(answer)+len(after))
	result = append(append(append(result, before...), answer...), after...)
	s := e.visit.state
	if !e.fits(result) {
		const cause = "The state/task '" + statemachine.InvokeResource +
			"' returned a result with a size exceeding the maximum number of bytes service limit."
		failure := &TaskError{Name: statemachine.ErrorDataLimitExceeded, Cause: cause}
		e.record(statemachine.Event{Type: statemachine.TaskFailed, State: s.Name, Error: failure.Name, Cause: failure.Cause})
		return failure
	}
	e.record(statemachine.Event{Type: statemachine.TaskSucceeded, State: s.Name, Output: result})
	return nil
}
