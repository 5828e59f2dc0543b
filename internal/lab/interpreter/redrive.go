package interpreter

import (
	"context"
	"fmt"
	"time"

	"qovery-key-rotation/statemachine"
)

// The conditions of Step Functions for a redrive.
const (
	redrivePeriod = 14 * 24 * time.Hour
	maxRedrives   = 1000
)

// Redrivable is nil if the execution can be redriven now, and otherwise says why not.
func (e *Execution) Redrivable() error {
	switch {
	case e.status == statemachine.Running || e.status == statemachine.Succeeded:
		return fmt.Errorf("execution %s is %s and can't be redriven", e.name, e.status)
	case e.host.Now().Sub(e.ended) > redrivePeriod:
		return fmt.Errorf("execution %s ended more than 14 days ago and can't be redriven", e.name)
	case e.historyFull():
		return fmt.Errorf("execution %s has no room for another event and can't be redriven", e.name)
	case e.redrives >= maxRedrives:
		return fmt.Errorf("execution %s was redriven %d times and can't be redriven again", e.name, e.redrives)
	}
	return nil
}

// Redrive goes on, until the execution ends again, in the state in which it failed or was stopped: with the same
// input, fresh retries and a fresh timeout, and in the same history. It refuses what isn't Redrivable.
//
// As in the real service the state isn't entered anew: a Task is scheduled again, a Wait waits again (for a timestamp,
// until that same one). Only a Fail state is entered again, and fails again.
func (e *Execution) Redrive(ctx context.Context) error {
	if err := e.Redrivable(); err != nil {
		return err
	}
	e.redrives++
	e.transitions++
	e.redriven, e.ended = e.host.Now(), time.Time{}
	e.status, e.failure, e.encoded = statemachine.Running, TaskError{}, nil
	e.startTimeout()
	clear(e.visit.retries)
	e.record(statemachine.Event{Type: statemachine.ExecutionRedriven, RedriveCount: e.redrives})
	e.previousID = e.visit.eventID
	if e.visit.state.Type == "Fail" {
		e.recordEntered()
	}
	e.drive(ctx)
	return nil
}
