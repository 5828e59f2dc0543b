package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
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

// catch puts the failure into the state's input and goes where the first catcher for it says. OutputPath plays no part.
func (e *Execution) catch(failure *TaskError) (json.RawMessage, string, error) {
	for _, c := range e.visit.state.Catch {
		if !c.Matches(failure.Name) {
			continue
		}
		output, err := e.place(c.resultPath, encode(struct{ Error, Cause string }{failure.Name, failure.Cause}))
		if err == nil && !e.fits(output) {
			err = e.tooLarge("output")
		}
		return output, c.Next, err
	}
	return nil, "", failure
}

// attempt calls the function once and makes the state's output of its answer.
func (e *Execution) attempt(ctx context.Context) (json.RawMessage, error) {
	s := e.visit.state
	input, err := e.filter(s.inputPath, e.visit.input)
	if err != nil {
		return nil, err
	}
	parameters := append(make([]byte, 0, len(input)+len(e.input)+512), s.beforePayload...)
	if parameters, err = s.payload.appendTo(parameters, e.resolver(input)); err != nil {
		return nil, e.runtimeError(err)
	}
	parameters = append(parameters, '}')
	if !e.fits(parameters) {
		return nil, e.tooLarge("input")
	}
	answer, err := e.call(ctx, parameters)
	if err != nil {
		return nil, err
	}
	result, err := e.result(answer)
	if err != nil {
		return nil, err
	}
	if s.resultPath.text == "$" && s.outputPath.text == "$.Payload" {
		return answer, nil // what the rest comes to, without looking for it
	}
	output, err := e.place(s.resultPath, result)
	if err != nil {
		return nil, err
	}
	return e.finish(output)
}

// call invokes the function and records how that went.
func (e *Execution) call(ctx context.Context, parameters json.RawMessage) (json.RawMessage, error) {
	s := e.visit.state
	e.record(Event{Type: TaskScheduled, State: s.Name, Input: parameters})
	e.record(Event{Type: TaskStarted, State: s.Name})
	if err := e.interrupted(ctx); err != nil {
		return nil, err
	}
	payload := parameters[len(s.beforePayload) : len(parameters)-1 : len(parameters)-1]
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
		failure = &TaskError{Name: errTimeout}
		e.record(Event{Type: TaskTimedOut, State: s.Name, Error: failure.Name})
		return nil, failure
	case !errors.As(err, &failure):
		failure = &TaskError{Name: "Lambda.Unknown", Cause: err.Error()}
	}
	e.record(Event{Type: TaskFailed, State: s.Name, Error: failure.Name, Cause: failure.Cause})
	return nil, failure
}

// timeout is the time that one attempt has: its own, or what is left of the execution's; 0 for no limit.
func (e *Execution) timeout() time.Duration {
	own := time.Duration(e.visit.state.TimeoutSeconds) * time.Second
	if e.deadline.IsZero() {
		return own
	}
	left := e.deadline.Sub(e.host.Now())
	if own > 0 {
		return min(own, left)
	}
	return left
}

// result is what the invoke integration makes of a function's answer.
func (e *Execution) result(answer json.RawMessage) (json.RawMessage, error) {
	const before, after = `{"Payload":`, `,"ExecutedVersion":"$LATEST","StatusCode":200}`
	result := make(json.RawMessage, 0, len(before)+len(answer)+len(after))
	result = append(append(append(result, before...), answer...), after...)
	s := e.visit.state
	if !e.fits(result) {
		failure := &TaskError{
			Name:  errDataLimitExceeded,
			Cause: fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", invokeResource),
		}
		e.record(Event{Type: TaskFailed, State: s.Name, Error: failure.Name, Cause: failure.Cause})
		return nil, failure
	}
	e.record(Event{Type: TaskSucceeded, State: s.Name, Output: result})
	return result, nil
}
