package statemachine

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// EventType is the type of a history event, named as Step Functions names it.
type EventType string

// The types of events that don't belong to a state type. A state that is entered or left is told as its type followed
// by StateEntered or StateExited: TaskStateEntered, ChoiceStateExited, WaitStateEntered, ...
const (
	ExecutionStarted   EventType = "ExecutionStarted"
	ExecutionSucceeded EventType = "ExecutionSucceeded"
	ExecutionFailed    EventType = "ExecutionFailed"
	ExecutionAborted   EventType = "ExecutionAborted"
	ExecutionTimedOut  EventType = "ExecutionTimedOut"
	ExecutionRedriven  EventType = "ExecutionRedriven"
	TaskScheduled      EventType = "TaskScheduled"
	TaskStarted        EventType = "TaskStarted"
	TaskSucceeded      EventType = "TaskSucceeded"
	TaskFailed         EventType = "TaskFailed"
	TaskTimedOut       EventType = "TaskTimedOut"
)

// Event is one event of an execution's history. Documents are shared with the execution and must not be changed.
type Event struct {
	ID         int       `json:"id"`
	PreviousID int       `json:"previousEventId"`
	Time       time.Time `json:"timestamp"`
	Type       EventType `json:"type"`
	// State is the state that the event belongs to, "" for events of the execution.
	State string `json:"state,omitempty"`
	// Input is what the execution, the state or (TaskScheduled) the function call was given.
	Input json.RawMessage `json:"input,omitempty"`
	// Output is what the execution, the state or (TaskSucceeded) the function call gave.
	Output json.RawMessage `json:"output,omitempty"`
	Error  string          `json:"error,omitempty"`
	Cause  string          `json:"cause,omitempty"`
	// RedriveCount is set on ExecutionRedriven.
	RedriveCount int `json:"redriveCount,omitempty"`
}

// Entered reports whether the event is the start of a visit of a state.
func (v Event) Entered() bool { return strings.HasSuffix(string(v.Type), "StateEntered") }

func (t EventType) ends() bool {
	switch t {
	case ExecutionSucceeded, ExecutionFailed, ExecutionAborted, ExecutionTimedOut:
		return true
	}
	return false
}

// History are the events so far, as a copy of the list.
func (e *Execution) History() []Event { return slices.Clone(e.history) }

// Path are the names of the states visited so far. A redrive goes on with the visit that failed, so that the state
// isn't named again.
func (e *Execution) Path() []string {
	var names []string
	for _, event := range e.history {
		if event.Entered() {
			names = append(names, event.State)
		}
	}
	return names
}

// Transitions is how many state transitions Step Functions bills: states entered, retries and redrives.
func (e *Execution) Transitions() int { return e.transitions }

// LargestDocument is the size in bytes of the largest input, parameters, result or output so far.
func (e *Execution) LargestDocument() int { return e.largest }

// historyFull reports that the only place left is that of the event that ends the execution.
func (e *Execution) historyFull() bool { return len(e.history) >= MaxHistoryEvents-1 }

// record appends an event. When the history is full it drops the event; the execution fails at its next step.
func (e *Execution) record(event Event) {
	if e.historyFull() && !event.Type.ends() {
		return
	}
	event.ID = len(e.history) + 1
	event.PreviousID = e.previousID
	event.Time = e.host.Now()
	if event.Type != ExecutionStarted { // the first state, too, has no predecessor in the real service
		e.previousID = event.ID
	}
	e.history = append(e.history, event)
	if e.observer != nil {
		e.observer(event)
	}
}

// fits notes the size of a document and reports whether Step Functions would pass it on.
func (e *Execution) fits(doc json.RawMessage) bool {
	e.largest = max(e.largest, len(doc))
	return len(doc) <= MaxDocumentBytes
}
