package lab

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Executions is what Step Functions tells of executions, a little late.
type Executions struct {
	// Lag is how long a change takes to be seen.
	Lag Range

	wire   *Wire
	random chance
	known  map[string]*history[rotation.ExecutionState]
}

var _ rotation.Executions = (*Executions)(nil)

// NewExecutions opens a registry without executions.
func NewExecutions(wire *Wire, seed uint64) *Executions {
	return &Executions{
		Lag:    Range{0, time.Second},
		wire:   wire,
		random: newRandom(seed, executionsStream),
		known:  map[string]*history[rotation.ExecutionState]{},
	}
}

// SetStatus notes an execution that runs, anew after a redrive, or has ended.
func (e *Executions) SetStatus(arn string, state rotation.ExecutionState) {
	if e.known[arn] == nil {
		e.known[arn] = &history[rotation.ExecutionState]{}
	}
	e.known[arn].add(e.wire.timeline.Now(), e.Lag.draw(e.random), state)
}

// Forget makes an execution one that Step Functions never heard of, at once.
func (e *Executions) Forget(arn string) { delete(e.known, arn) }

// State returns how an execution is doing, as far as is known by now.
func (e *Executions) State(ctx context.Context, arn string) (rotation.ExecutionState, error) {
	return fetch(ctx, e.wire, Call{Site: "states.DescribeExecution"}, func(at time.Time) (rotation.ExecutionState, error) {
		if states := e.known[arn]; states != nil {
			if state, ok := states.asSeen(at); ok {
				return state, nil
			}
		}
		return rotation.ExecutionUnknown, nil
	})
}
