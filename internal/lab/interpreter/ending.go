package interpreter

import (
	"context"
	"errors"
	"time"

	"qovery-key-rotation/statemachine"
)

// sleep waits until t, unless something ends the execution before that.
func (e *Execution) sleep(ctx context.Context, t time.Time) error {
	until := t
	if e.deadline.Before(t) {
		until = e.deadline
	}
	if until.After(e.host.Now()) {
		e.wakesAt = t
		err := e.host.WaitUntil(ctx, until)
		e.wakesAt = time.Time{}
		if err != nil && ctx.Err() == nil {
			return &stopped{cause: err}
		}
	}
	return e.interrupted(ctx)
}

// interrupted is what ends the execution from outside the state it is in.
func (e *Execution) interrupted(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return &stopped{cause: context.Cause(ctx)}
	case e.historyFull():
		return errHistoryFull
	case e.pastDeadline():
		return errExecutionTimeout
	}
	return nil
}

func (e *Execution) startTimeout() {
	e.deadline = e.host.Now().Add(time.Duration(e.machine.TimeoutSeconds()) * time.Second)
}

func (e *Execution) pastDeadline() bool {
	return !e.host.Now().Before(e.deadline)
}

func (e *Execution) endBadly(err error) {
	var stop *stopped
	var failure *TaskError
	switch {
	case errors.As(err, &stop):
		e.failure = stopFailure(stop.cause)
		e.end(statemachine.Aborted, statemachine.Event{Type: statemachine.ExecutionAborted})
	case errors.Is(err, errExecutionTimeout):
		e.end(statemachine.TimedOut, statemachine.Event{Type: statemachine.ExecutionTimedOut})
	case errors.As(err, &failure):
		e.failure = *failure
		e.end(statemachine.Failed, statemachine.Event{Type: statemachine.ExecutionFailed})
	}
}

// stopFailure is what StopExecution was told; a plain cancellation says nothing.
func stopFailure(cause error) TaskError {
	var told *TaskError
	switch {
	case errors.As(cause, &told):
		return *told
	case errors.Is(cause, context.Canceled):
		return TaskError{}
	default:
		return TaskError{Cause: cause.Error()}
	}
}

func (e *Execution) end(status statemachine.Status, event statemachine.Event) {
	event.Error, event.Cause = e.failure.Name, e.failure.Cause
	e.status, e.ended = status, e.host.Now()
	e.record(event)
}
