package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/interpreter"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// Run is one execution of the state machine in a world.
type Run struct {
	*interpreter.Execution
	world   *World
	process *Process
	stop    func(error)
}

// mostRuns is how many executions a world has at most: an action that starts one whenever one
// is started has no end otherwise.
const mostRuns = 1000

// Start starts an execution, as StartExecution does.
func (w *World) Start(name, input string) (*Run, error) {
	if len(w.runs) == mostRuns {
		return nil, fmt.Errorf("%d executions were started already, and a world has no more", mostRuns)
	}
	run := &Run{world: w}
	arn := fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:%s", region, account, machineName, name)
	execution, err := interpreter.NewExecution(w.machine, &host{world: w, run: run}, arn, name, json.RawMessage(input))
	if err != nil {
		return nil, fmt.Errorf("starting the execution %s: %w", name, err)
	}
	run.follow(execution)
	w.runs = append(w.runs, run)
	w.Executions.SetStatus(arn, rotation.ExecutionRunning)
	run.goOn(execution.Run)
	return run, nil
}

// follow has the world know what happens in an execution.
func (r *Run) follow(execution *interpreter.Execution) {
	w := r.world
	execution.Observe(func(event statemachine.Event) {
		w.Judge.entered(r.Name(), event)
		if w.OnEvent != nil {
			w.OnEvent(r, event)
		}
		if w.OnTold != nil && event.Type.Ends() {
			described := *r.described()
			timeline := w.Timeline
			timeline.At(timeline.Now().Add(notifyTakes), func() { w.notify(described) })
		}
	})
	execution.Between(func() {
		if w.OnBetween != nil {
			w.OnBetween(r)
		}
	})
	r.Execution = execution
}

// Runs are all executions that were started, in order.
func (w *World) Runs() []*Run { return w.runs }

func (r *Run) goOn(work func(context.Context)) {
	ctx, stop := r.world.Timeline.WithCancel(context.Background())
	r.stop = stop
	r.process = r.world.Timeline.Go("execution "+r.Name(), func() {
		work(ctx)
		r.world.Executions.SetStatus(r.ARN(), rotation.ExecutionEnded)
	})
}

// Stop stops the execution, as StopExecution does: at once, and whatever Lambda
// function it has called goes on.
func (r *Run) Stop() { r.StopWith("Stopped", "A person stopped the execution.") }

// StopWith stops the execution for a reason.
func (r *Run) StopWith(name, cause string) {
	r.stop(&interpreter.TaskError{Name: name, Cause: cause})
}

// Redrive goes on where the execution failed, as RedriveExecution does.
func (r *Run) Redrive() error {
	if err := r.Redrivable(); err != nil {
		return err
	}
	r.world.Executions.SetStatus(r.ARN(), rotation.ExecutionRunning)
	r.goOn(func(ctx context.Context) { _ = r.Execution.Redrive(ctx) })
	return nil
}

// Wait waits until the execution has ended.
func (r *Run) Wait() {
	if _, err := r.process.Join(context.Background(), Forever); err != nil {
		panic(err) // nothing cancels the background
	}
}

// Ended tells whether the execution is over.
func (r *Run) Ended() bool { return r.process.Done() }

// UntilIn waits until the execution is in the state, and tells whether it came
// there before it ended.
func (r *Run) UntilIn(state string) bool {
	return r.Until(func() bool { return r.CurrentState() == state })
}

// Until waits until something is so, and tells whether it was before the
// execution ended. It looks often enough not to miss a step.
func (r *Run) Until(condition func() bool) bool {
	const often = 20 * time.Millisecond
	for !condition() {
		if r.Ended() {
			return false
		}
		nap := max(often, min(time.Second, r.WaitingUntil().Sub(r.world.Timeline.Now())))
		r.world.Sleep(nap)
	}
	return true
}

// Sleep lets time pass for the script of a scenario.
func (w *World) Sleep(d time.Duration) {
	if err := w.Timeline.Sleep(context.Background(), d); err != nil {
		panic(err) // nothing cancels the background
	}
}

// Outcome is the execution's status, with the error it failed with.
func (r *Run) Outcome() string {
	if name := r.ErrorName(); name != "" {
		return string(r.Status()) + " " + name
	}
	return string(r.Status())
}

// host is the world as one execution sees it: it calls Lambda functions, which
// are the shipped steps.
type host struct {
	world *World
	run   *Run
}

func (h *host) Now() time.Time  { return h.world.Timeline.Now() }
func (h *host) Jitter() float64 { return h.world.random.Float64() }

func (h *host) WaitUntil(ctx context.Context, t time.Time) error {
	if d := t.Sub(h.Now()); d > 0 {
		return h.world.Timeline.Sleep(ctx, d)
	}
	return context.Cause(ctx)
}

// beforeDeadline is how long before the function's deadline the context that a
// step gets ends, so that no request is under way when the lease is over.
const beforeDeadline = 2 * time.Second

// Invoke calls a function. It runs as a process of its own: when the execution
// stops waiting for it, it goes on until its deadline.
func (h *host) Invoke(ctx context.Context, function string, payload json.RawMessage,
	timeout time.Duration) (json.RawMessage, error) {
	w := h.world
	name := strings.Trim(function, "${}")
	step, exists := w.functions[name]
	if !exists {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	if w.around != nil {
		step = w.around(step)
	}
	w.invocations++
	id := fmt.Sprintf("invocation-%d", w.invocations)
	state := h.run.CurrentState()
	deadline := w.Timeline.Now().Add(rotation.FunctionTimeouts[name])
	stepCtx, cancel := w.Timeline.WithDeadline(context.Background(), deadline.Add(-beforeDeadline))

	var result json.RawMessage
	var failure error
	process := w.Timeline.Go(h.run.Name()+"/"+state, func() {
		defer cancel()
		var ahead time.Duration
		if w.ClockOff != nil {
			ahead = w.ClockOff(state)
		}
		w.Timeline.Current().ahead = ahead // for as long as it runs: a machine's clock does not jump
		// Lambda counts the deadline by the function's own clock.
		result, failure = rotation.Handle(stepCtx, step, payload, id, deadline.Add(ahead))
	})
	if w.OnInvoke != nil {
		switch w.OnInvoke(state) {
		case Abandoned:
			w.killAt(process, deadline)
			return nil, interpreter.FunctionError("Lambda.SdkClientException", "The answer could not be awaited")
		case AnswerLost:
			_, _ = process.Join(ctx, deadline.Sub(w.Timeline.Now()))
			return nil, interpreter.FunctionError("Lambda.Unknown", "The answer was lost")
		}
	}
	finished, err := process.Join(ctx, min(timeout, deadline.Sub(w.Timeline.Now())))
	switch {
	case err != nil:
		w.killAt(process, deadline)
		return nil, err
	case !finished && !w.Timeline.Now().Before(deadline):
		process.Kill()
		return nil, interpreter.FunctionError("Sandbox.Timedout", "The function timed out")
	case !finished:
		w.killAt(process, deadline)
		return nil, interpreter.ErrTimeout
	case process.Killed():
		return nil, interpreter.FunctionError("Runtime.ExitError", "The runtime exited")
	case failure != nil:
		return nil, h.failed(state, failure)
	}
	return result, nil
}

// InvokeFault is what goes wrong with a call of a function, though not in it.
type InvokeFault string

// What Step Functions may miss of a function that it called.
const (
	Abandoned  InvokeFault = "abandoned"   // it goes on while the state is tried again
	AnswerLost InvokeFault = "answer-lost" // it ends, and the state is tried again
)

// killAt ends a function at its deadline, as Lambda does, when nobody waits for
// it any more.
func (w *World) killAt(process *Process, deadline time.Time) {
	w.Timeline.At(deadline, process.Kill)
}

func (h *host) failed(state string, failure error) error {
	var coded *fault.Error
	if !errors.As(failure, &coded) {
		return failure
	}
	h.world.Judge.raised(state, coded.Code)
	return interpreter.FunctionError(string(coded.Code), coded.Said().Message())
}
