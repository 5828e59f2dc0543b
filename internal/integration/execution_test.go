//go:build integration

package integration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/simulator"
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

	settled bool                 // the notice is sent as well
	past    []types.HistoryEvent // kept once it was read
}

// start starts an execution of the target, with more input if there is any.
func (w *world) start(name, more string) *execution {
	w.Helper()
	run := &execution{w: w, name: name, startedAt: w.clock.Now(), arn: fmt.Sprintf("arn:aws:states:%s:123456789012:execution:%s:%s", region, shipped.template.Machine, name)}
	run.ctx, run.stopped = context.WithCancelCause(w.ctx)
	w.set(func() { w.runs[run.arn] = run; w.order = append(w.order, run) })
	w.clock.Begin() // the engine's hold, until the execution has ended
	w.must(w.states().StartExecution(w.ctx, &sfn.StartExecutionInput{
		StateMachineArn: &w.machine, Name: &name, Input: aws.String(fmt.Sprintf(`{"target": %q%s}`, simulator.TargetName, more)),
	}))
	return run
}

func (w *world) states() *sfn.Client { return sfn.NewFromConfig(w.cfg) }

// is reads the execution.
func (r *execution) is(condition func() bool) bool {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	return condition()
}

// wait waits until the execution has ended.
func (r *execution) wait() { r.until(func() bool { return r.settled }) }

// untilIn waits until the execution is in the state, and waits there for a time
// or for a function that has just been called.
func (r *execution) untilIn(state string) {
	r.until(func() bool { return r.ended || r.blocked && r.state == state })
	if r.is(func() bool { return r.ended }) {
		r.w.Errorf("%s ended without coming to %s", r.name, state)
	}
}

func (r *execution) until(condition func() bool) {
	r.w.Helper()
	if err := r.w.clock.Until(r.w.ctx, func() bool { return r.is(condition) }); err != nil {
		r.w.Fatalf("%s in %s: %v", r.name, r.state, err)
	}
}

// stop stops the execution. Whatever function it has called goes on.
func (r *execution) stop() {
	r.w.Helper()
	r.w.must(r.w.states().StopExecution(r.w.ctx, &sfn.StopExecutionInput{
		ExecutionArn: &r.arn, Error: aws.String("Stopped"), Cause: aws.String("A person stopped the execution."),
	}))
	r.release()
	for !r.is(func() bool { return r.ended }) && r.w.ctx.Err() == nil {
		time.Sleep(time.Millisecond) // the engine needs a moment
	}
}

var errStopped = errors.New("the execution is stopped")

// release ends what the execution waits for.
func (r *execution) release() { r.stopped(errStopped) }

// history is the execution's, as the engine tells it. Once it has ended, nothing
// is added to it.
func (r *execution) history() []types.HistoryEvent {
	if r.past == nil {
		answer, err := r.w.states().GetExecutionHistory(r.w.ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &r.arn})
		r.w.must(nil, err)
		r.past = answer.Events
	}
	return r.past
}

// told is what an execution did: the states it visited, each with the errors of
// its attempts behind it, and how it ended.
type told struct {
	Path   []string
	Ended  string
	Cause  string
	Output string
	Took   time.Duration
}

func (r *execution) told() told {
	t := told{Took: r.endedAt.Sub(r.startedAt)}
	for _, event := range r.history() {
		switch {
		case event.StateEnteredEventDetails != nil:
			t.Path = append(t.Path, *event.StateEnteredEventDetails.Name)
		case event.TaskFailedEventDetails != nil:
			t.Path = append(t.Path, "!"+aws.ToString(event.TaskFailedEventDetails.Error))
		case event.Type == types.HistoryEventTypeExecutionSucceeded:
			t.Ended, t.Output = "SUCCEEDED", aws.ToString(event.ExecutionSucceededEventDetails.Output)
		case event.Type == types.HistoryEventTypeExecutionFailed:
			t.Ended = "FAILED " + aws.ToString(event.ExecutionFailedEventDetails.Error)
			t.Cause = aws.ToString(event.ExecutionFailedEventDetails.Cause)
		case event.Type == types.HistoryEventTypeExecutionAborted:
			t.Ended = "ABORTED Stopped"
		}
	}
	return t
}
