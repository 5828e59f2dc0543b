package notice

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// RotationEvent is what programs get: the detail of an event on the account's bus.
type RotationEvent struct {
	Type      string    `json:"type,omitempty"` // also the event's detail-type
	Version   int       `json:"version,omitempty"`
	Target    string    `json:"target"`
	Kind      string    `json:"kind"`               // rotation, retirement or migration
	Rotation  string    `json:"rotation,omitempty"` // its id; one that has just begun has none
	Execution string    `json:"execution"`          // ARN
	StartedAt time.Time `json:"startedAt,omitzero"`
	Until     time.Time `json:"until,omitzero"`   // of one that waits for its time
	EndedAt   time.Time `json:"endedAt,omitzero"` // of one that is over, or paused
	Ending    Ending    `json:"ending,omitempty"`
	Urgency   Urgency   `json:"urgency,omitempty"`
	Code      string    `json:"code,omitempty"`
	Verdict   string    `json:"verdict,omitempty"`
}

// The types of events. Of an execution that waits for its time there is no other until it
// ends, and none of a wait within a rotation: Step Functions reports only that an execution
// begins or ends.
const (
	EventStarted = "rotation.started"
	EventWaiting = "rotation.waiting"
	EventPaused  = "rotation.paused"
	EventEnded   = "rotation.ended"

	eventVersion = 1
)

// Bus is where events go.
type Bus interface {
	Put(ctx context.Context, kind string, detail any) error
}

// begun is the event of an execution that runs.
func (x *Execution) begun(now time.Time) RotationEvent {
	e := RotationEvent{Type: EventStarted, Version: eventVersion, Target: x.Target, Kind: x.Kind().Noun(),
		Execution: x.ARN, StartedAt: x.StartedAt}
	if x.Waits(now) {
		e.Type, e.Until = EventWaiting, x.NotBefore
	}
	return e
}

// event is the event of an execution that ended.
func (r *report) event(m Message) RotationEvent {
	e := r.Execution.begun(r.Execution.StartedAt)
	e.Type, e.Until = EventEnded, time.Time{}
	if r.own() || r.ending == paused {
		e.Type = EventPaused
	}
	e.Kind, e.Rotation, e.EndedAt = r.noun(), r.rotationID(), r.Execution.StoppedAt
	e.Ending, e.Urgency, e.Code, e.Verdict = r.ending, m.Urgency, m.Code, m.Verdict
	return e
}

// mostOfBus leaves time for the chats.
const mostOfBus = 10 * time.Second

// put sends an event. It comes after the e-mail; one that can't be sent is logged.
func (n Notifier) put(ctx context.Context, e RotationEvent) {
	ctx, cancel := context.WithTimeout(ctx, mostOfBus)
	defer cancel()
	if err := n.Bus.Put(ctx, e.Type, e); err != nil {
		n.Log.WarnContext(ctx, "event not sent", "type", e.Type, fault.Attr(err))
	}
}
