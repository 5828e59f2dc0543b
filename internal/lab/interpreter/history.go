package interpreter

import (
	"encoding/json"
	"slices"

	"qovery-key-rotation/statemachine"
)

// History are the events so far, as a copy of the list.
func (e *Execution) History() []statemachine.Event { return slices.Clone(e.history) }

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
func (e *Execution) historyFull() bool { return len(e.history) >= statemachine.MaxHistoryEvents-1 }

// record appends an event. When the history is full it drops the event; the execution fails at its next step.
func (e *Execution) record(event statemachine.Event) {
	if e.historyFull() && !event.Type.Ends() {
		return
	}
	event.ID = len(e.history) + 1
	event.PreviousID = e.previousID
	event.Time = e.host.Now()
	if event.Type != statemachine.ExecutionStarted { // the first state, too, has no predecessor in the real service
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
	return len(doc) <= statemachine.MaxDocumentBytes
}
