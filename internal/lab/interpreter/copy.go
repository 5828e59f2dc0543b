package interpreter

import (
	"context"
	"slices"
)

// Copy is an execution as far as this one has come, on another host and with nobody who observes it. Of one that is
// RUNNING, it can be made between two states alone: see Between.
func (e *Execution) Copy(host Host) *Execution {
	c := *e
	c.host, c.observer, c.between = host, nil, nil
	c.history = slices.Clip(e.history)
	c.visit.retries = slices.Clone(e.visit.retries)
	return &c
}

// Continue runs a copy from the state that comes next until it ends. Cancelling ctx stops it, as it stops Run.
func (e *Execution) Continue(ctx context.Context) {
	e.enter(e.coming.state, e.coming.input)
	e.drive(ctx)
}
