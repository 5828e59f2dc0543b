package statemachine

import (
	"encoding/json"
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

// Exited reports whether the event is the end of a visit of a state.
func (v Event) Exited() bool { return strings.HasSuffix(string(v.Type), "StateExited") }

// Status is the status of an execution whose last event is of the type, or "".
func (t EventType) Status() Status {
	return map[EventType]Status{
		ExecutionSucceeded: Succeeded, ExecutionFailed: Failed, ExecutionAborted: Aborted, ExecutionTimedOut: TimedOut,
	}[t]
}

// Ends reports whether the event is an execution's last one.
func (t EventType) Ends() bool { return t.Status() != "" }

// History is what Step Functions keeps of one execution: all events, in order.
type History struct {
	ARN    string
	Events []Event
}

// Name is the execution's: the last part of its ARN.
func (h History) Name() string { return h.ARN[strings.LastIndex(h.ARN, ":")+1:] }
