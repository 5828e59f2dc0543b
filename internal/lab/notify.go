package lab

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// notifyTakes is how long after the end of an execution people are told of it.
const notifyTakes = 3 * time.Second

// Told is what people are told: of an execution, or by the daily audit.
type Told struct {
	Subject, Body string
	Urgency       notice.Urgency
	Execution     *statemachine.Execution // nil: by the audit
}

func (w *World) tell(told Told) {
	if w.OnTold != nil && (w.seen.Tell == nil || w.seen.Tell(&told)) {
		w.OnTold(told)
	}
}

// notify runs the shipped function behind the status events of Step Functions. It reads the
// world at once, so that its concurrent reads have no part in the virtual time.
func (w *World) notify(ended statemachine.Execution) {
	known := notified{w, &ended}
	notifier := notice.Notifier{
		Reader: notice.Reader{Clock: stepClock{w.Timeline}, Names: known.names, Targets: known, Journal: known, Keys: known,
			AgeLimit: ageLimit},
		Sender: &notice.Sender{Topic: known, Log: slog.New(slog.NewJSONHandler(&w.logs, nil))},
		Bus:    known, Metrics: lambda.MetricsTo(io.Discard, false),
	}
	if err := notifier.Handle(context.Background(), known.event()); err != nil {
		panic(err) // it reads what exists, and sends to what is there
	}
}

// notified is what the function has of the world, and of an execution that ended.
type notified struct {
	*World
	ended *statemachine.Execution
}

// event is what EventBridge sends.
func (n notified) event() []byte {
	x := n.ended
	detail := map[string]any{
		"executionArn": x.ARN, "status": x.Status, "startDate": x.StartedAt.UnixMilli(), "stopDate": x.StoppedAt.UnixMilli(),
		"input": x.Input, "output": x.Output, "error": x.Error, "cause": x.Cause,
	}
	event, err := json.Marshal(map[string]any{
		"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "time": n.Timeline.Now(),
		"resources": []string{x.ARN}, "detail": detail,
	})
	if err != nil {
		panic(err) // it is made of texts
	}
	return event
}

func (n notified) names(context.Context) ([]string, error) { return []string{n.World.Target.Name}, nil }

// Target returns the only one.
func (n notified) Target(context.Context, string) (target.Target, error) { return n.World.Target, nil }

// Load returns the open record of the user, or nil.
func (n notified) Load(_ context.Context, user string) (*rotation.Record, error) {
	return n.Journal.Current(user), nil
}

// History returns how the user's rotations ended, the newest first.
func (n notified) History(_ context.Context, user string) ([]rotation.HistoryItem, error) {
	return n.Journal.Past(user), nil
}

// List returns the user's keys as lists show them now.
func (n notified) List(_ context.Context, user string) ([]rotation.AccessKey, error) {
	return n.IAM.listed(user, n.Timeline.Now()), nil
}

// Publish tells people.
func (n notified) Publish(_ context.Context, subject, body string, attributes map[string]string) error {
	n.tell(Told{Subject: subject, Body: body, Urgency: notice.Urgency(attributes["urgency"]), Execution: n.ended})
	return nil
}

// Put drops what programs are told.
func (n notified) Put(context.Context, string, any) error { return nil }
