package lab

import (
	"context"
	"errors"
	"time"
)

// WithCancel is context.WithCancelCause for processes: who is parked under the
// context, or under one made from it, goes on as soon as it is cancelled. The
// cancel functions of package context wake nobody.
func (t *Timeline) WithCancel(parent context.Context) (context.Context, func(cause error)) {
	ctx, cancel := context.WithCancelCause(parent)
	return ctx, func(cause error) {
		if ctx.Err() == nil {
			cancel(cause)
			t.rouseEnded()
		}
	}
}

// WithDeadline is context.WithDeadline on virtual time. Don't derive contexts
// with real deadlines from it: package context would compare its deadline with
// the real time.
func (t *Timeline) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if earlier, ok := parent.Deadline(); ok && earlier.Before(at) {
		at = earlier
	}
	inner, cancel := t.WithCancel(parent)
	ctx := deadlineContext{inner, at}
	if !at.After(t.Now()) {
		cancel(context.DeadlineExceeded)
	}
	if ctx.Err() != nil || t.closed {
		return ctx, func() { cancel(nil) }
	}
	end := &entry{event: func() { cancel(context.DeadlineExceeded) }}
	t.push(end, at.Sub(t.start))
	return ctx, func() {
		t.drop(end) // or time would pass until the deadline of what is over
		cancel(nil)
	}
}

// rouseEnded rouses all processes that are parked under a context that has ended.
func (t *Timeline) rouseEnded() {
	for _, p := range t.processes {
		if p.parked && p.ctx.Err() != nil {
			p.rouse()
		}
	}
}

// deadlineContext is a cancellable context that knows its deadline. It leaves
// Done and Value alone, so that package context still finds the parent behind it
// and cancels children at once, without a goroutine.
type deadlineContext struct {
	context.Context
	at time.Time
}

func (c deadlineContext) Deadline() (time.Time, bool) { return c.at, true }

func (c deadlineContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}
