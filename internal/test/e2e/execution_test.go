//go:build integration

package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/test/awstest"
)

// start starts an execution of the target, with more input if there is any.
func (w *world) start(name, more string) *execution {
	w.Helper()
	run := w.adopt(w.arn(name))
	w.must(w.states().StartExecution(w.ctx, &sfn.StartExecutionInput{
		StateMachineArn: &w.machine, Name: &name, Input: aws.String(fmt.Sprintf(`{"target": %q%s}`, lab.TargetName, more)),
	}))
	return run
}

// arn is that of the machine's execution of that name.
func (w *world) arn(name string) string {
	return fmt.Sprintf("arn:aws:states:%s:123456789012:execution:%s:%s", region, shipped.template.Machine, name)
}

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

// history is the execution's, as the engine tells it.
func (r *execution) history() []types.HistoryEvent {
	answer, err := r.w.states().GetExecutionHistory(r.w.ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &r.arn})
	r.w.must(nil, err)
	return answer.Events
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

// worker is what a function is doing, or did last.
func (w *world) worker(function string) *awstest.Invocation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.working[function]
}
