package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// execution is one execution of the state machine on the engine.
type execution struct {
	w         *world
	name, arn string
	ctx       context.Context // ends when the execution is stopped
	stopped   context.CancelCauseFunc

	// Guarded by the world's lock.
	state              string // that it entered last
	blocked            bool   // it waits for a time or for a function
	ended              bool
	startedAt, endedAt time.Time

	settled bool // the notice is sent as well
}

// adopt takes an execution for one of this world's from the moment on that it is
// heard of.
func (w *world) adopt(arn string) *execution {
	run := &execution{w: w, name: arn[strings.LastIndex(arn, ":")+1:], startedAt: w.clock.Now(), arn: arn}
	run.ctx, run.stopped = context.WithCancelCause(w.ctx)
	w.set(func() { w.runs[run.arn] = run; w.order = append(w.order, run) })
	w.clock.Begin() // the engine's hold, until the execution has ended
	return run
}

func (w *world) states() *sfn.Client { return sfn.NewFromConfig(w.cfg) }

var errStopped = errors.New("the execution is stopped")

// release ends what the execution waits for.
func (r *execution) release() { r.stopped(errStopped) }
