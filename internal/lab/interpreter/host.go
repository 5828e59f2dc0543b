// Package interpreter runs a definition that statemachine has read, without AWS.
//
// An Execution lives in a Host, which owns the clock, the functions and the dice. The package itself starts no
// goroutine, reads no clock and draws no random number: the same host gives the same history.
package interpreter

import (
	"context"
	"encoding/json"
	"time"
)

// Host is the world that an execution runs in: its clock, its functions, its dice.
//
// All calls come from the goroutine that runs the execution; a host may let others run while it is called.
type Host interface {
	// Now is the time of the host's clock.
	Now() time.Time

	// WaitUntil returns nil when the time is t, or an error before that when ctx is cancelled.
	WaitUntil(ctx context.Context, t time.Time) error

	// Invoke runs a function, under the name that the definition gives it, and returns its answer, which must be valid
	// JSON. A function that fails is a *TaskError (see FunctionError). When timeout has passed on the host's
	// clock, Invoke returns ErrTimeout; when ctx is cancelled, it returns at once with an error. In both cases the
	// function itself goes on, as a Lambda function does: that is the host's matter. Any other error counts as a
	// function that crashed: Lambda.Unknown. Payload and answer are kept in the history: nobody may change them.
	Invoke(ctx context.Context, function string, payload json.RawMessage, timeout time.Duration) (json.RawMessage, error)

	// Jitter is a random number in [0,1).
	Jitter() float64
}
