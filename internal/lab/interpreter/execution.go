package interpreter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/statemachine"
)

// Execution is one run of a machine. It is single-threaded: others may read it while the host has control (in its own
// methods and in the observer), not at the same time.
type Execution struct {
	machine *statemachine.Machine
	host    Host
	arn     string
	name    string
	input   json.RawMessage

	status   statemachine.Status
	output   json.RawMessage
	failure  TaskError
	started  time.Time
	ended    time.Time
	deadline time.Time // of TimeoutSeconds
	redrives int
	redriven time.Time
	encoded  json.RawMessage // the context object's Execution

	visit   visit
	coming  coming
	wakesAt time.Time

	history     []statemachine.Event
	previousID  int
	transitions int
	largest     int
	observer    func(statemachine.Event)
	between     func()
}

// visit is one stay in a state, retries and redrives included.
type visit struct {
	state   *statemachine.State
	input   json.RawMessage
	entered time.Time
	eventID int
	retries []int // by retrier
}

// coming is a state that is about to be entered.
type coming struct {
	state string
	input json.RawMessage
}

// NewExecution makes an execution that is RUNNING from now on and does its work in Run. It refuses the input that
// StartExecution would refuse.
func NewExecution(m *statemachine.Machine, host Host, arn, name string, input json.RawMessage) (*Execution, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, input); err != nil {
		return nil, fmt.Errorf("reading the execution's input: %w", err)
	}
	if compact.Len() > statemachine.MaxDocumentBytes {
		return nil,
			fmt.Errorf("the execution's input has %d bytes, more than %d", compact.Len(), statemachine.MaxDocumentBytes)
	}
	e := &Execution{machine: m, host: host, arn: arn, name: name, input: compact.Bytes(),
		status: statemachine.Running, started: host.Now(), history: make([]statemachine.Event, 0, usualEvents)}
	e.startTimeout()
	return e, nil
}

// Observe has every event told to observer as it is recorded. It must be called before Run.
func (e *Execution) Observe(observer func(statemachine.Event)) { e.observer = observer }

// Between has f called whenever the execution has left a state and not entered the next. It must be called before Run.
func (e *Execution) Between(f func()) { e.between = f }

// ARN is the execution's.
func (e *Execution) ARN() string { return e.arn }

// Name is the execution's.
func (e *Execution) Name() string { return e.name }

// Input is what the execution was started with.
func (e *Execution) Input() json.RawMessage { return e.input }

// Status is the execution's status now.
func (e *Execution) Status() statemachine.Status { return e.status }

// Output is the output of an execution that SUCCEEDED.
func (e *Execution) Output() json.RawMessage { return e.output }

// ErrorName is the name of the error that an execution FAILED with, or that it was stopped with.
func (e *Execution) ErrorName() string { return e.failure.Name }

// Cause is the text that belongs to ErrorName.
func (e *Execution) Cause() string { return e.failure.Cause }

// StartTime is when the execution was made.
func (e *Execution) StartTime() time.Time { return e.started }

// StopTime is when the execution ended, the zero time while it runs.
func (e *Execution) StopTime() time.Time { return e.ended }

// RedriveCount is how often the execution was redriven.
func (e *Execution) RedriveCount() int { return e.redrives }

// RedriveTime is when it was redriven last; zero: never.
func (e *Execution) RedriveTime() time.Time { return e.redriven }

// CurrentState is the state that the execution is in, or the last one it was in; "" before Run.
func (e *Execution) CurrentState() string {
	if e.visit.state == nil {
		return ""
	}
	return e.visit.state.Name
}

// WaitingUntil is when the Wait state, or the delay before a retry, that the execution is in ends. It is the zero time
// while the execution isn't waiting.
func (e *Execution) WaitingUntil() time.Time { return e.wakesAt }

// usualEvents is how many events there is room for at once: a plain rotation has somewhat fewer.
const usualEvents = 256

// Run runs the execution until it ends. Cancelling ctx stops it, which ends it as ABORTED; a cause that is a
// *TaskError becomes its error and cause. Only the first call does something.
func (e *Execution) Run(ctx context.Context) {
	if len(e.history) > 0 {
		return
	}
	e.record(statemachine.Event{Type: statemachine.ExecutionStarted, Input: e.input})
	e.enter(e.machine.StartAt(), e.input)
	e.drive(ctx)
}

// drive goes from state to state until something ends the execution.
func (e *Execution) drive(ctx context.Context) {
	for {
		output, next, err := e.step(ctx)
		if err != nil {
			e.endBadly(err)
			return
		}
		if next == "" {
			e.output = output
			e.end(statemachine.Succeeded, statemachine.Event{Type: statemachine.ExecutionSucceeded, Output: output})
			return
		}
		e.coming = coming{next, output}
		if e.between != nil {
			e.between()
		}
		e.enter(next, output)
	}
}

func (e *Execution) enter(name string, input json.RawMessage) {
	s := e.machine.ByName[name]
	e.transitions++
	e.fits(input)
	e.visit = visit{
		state: s, input: input, entered: e.host.Now(), eventID: len(e.history) + 1, retries: make([]int, len(s.Retry)),
	}
	e.recordEntered()
}

func (e *Execution) recordEntered() {
	e.record(statemachine.Event{Type: e.visit.state.Entered, State: e.visit.state.Name, Input: e.visit.input})
}

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
