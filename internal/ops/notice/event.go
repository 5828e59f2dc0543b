package notice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Event is what EventBridge told. One of the three is set.
type Event struct {
	Execution *Execution
	Alarm     *Alarm
	Exposure  *Exposure
}

// Execution is an execution that ended, or has begun. Its input is empty when Preflight
// refuses that.
type Execution struct {
	ARN       string
	Name      string
	Status    statemachine.Status
	StartedAt time.Time
	StoppedAt time.Time
	target.Input
	Output *rotation.Document // nil when there is none, or the event had no room for it
	Error  string
	Cause  string     // in words
	Said   fault.Said // what the cause is made of
}

// ByAudit tells whether the daily audit started it.
func (x *Execution) ByAudit() bool { return x.Scheduled && x.Key != "" }

// Waits tells whether an execution that runs has not begun yet. It holds nothing.
func (x *Execution) Waits(now time.Time) bool { return now.Before(x.NotBefore) }

// Kind is of what the execution was started for.
func (x *Execution) Kind() rotation.Kind {
	switch {
	case x.Retire != "":
		return rotation.Retire
	case x.MigrateTo != "":
		return rotation.Migrate
	}
	return x.doc().Kind
}

// doc is the output, or an empty document.
func (x *Execution) doc() (doc rotation.Document) {
	if x.Output != nil {
		doc = *x.Output
	}
	return doc
}

// Forgotten is the execution that had an open rotation last, where Step Functions doesn't know
// it any more: 90 days after its end. How it ended, no one knows.
func Forgotten(record rotation.Record) *Execution {
	return &Execution{ARN: record.Owner, Name: words.Last(record.Owner), Input: target.Input{Target: record.Target}}
}

// IsForgotten tells whether Step Functions doesn't know the execution any more.
func (x *Execution) IsForgotten() bool { return x.Status == "" }

// envelope is what all events of EventBridge have.
type envelope struct {
	DetailType string          `json:"detail-type"`
	Time       time.Time       `json:"time"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// ParseEvent reads an event. Whatever it cannot read is an error.
func ParseEvent(data []byte) (Event, error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, malformed("it is no event of EventBridge: %v", err)
	}
	switch e.DetailType {
	case "Step Functions Execution Status Change":
		execution, err := e.execution()
		return Event{Execution: execution}, err
	case "CloudWatch Alarm State Change":
		alarm, err := e.alarm()
		return Event{Alarm: alarm}, err
	case "AWS Health Event":
		exposure, err := e.exposure()
		return Event{Exposure: exposure}, err
	}
	return Event{}, malformed("its detail-type is %q", e.DetailType)
}

func malformed(format string, args ...any) error {
	err := fault.Errorf(fault.InvalidInput, "There is no notice for such an event: %s",
		fmt.Sprintf(format, args...))
	err.Next = &fault.Advice{First: "See which rule sends it to this function"}
	return err
}

// executionARN takes an execution's ARN apart: partition, region, name.
var executionARN = onFirstUse(`^arn:([a-z-]+):states:([a-z0-9-]+):[0-9]{12}:execution:[^:\s]+:([^:\s]+)$`)

// execution reads an event as Step Functions sends it:
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
func (e envelope) execution() (*Execution, error) {
	var detail struct {
		ExecutionARN        string `json:"executionArn"`
		Status              statemachine.Status
		StartDate, StopDate int64 // milliseconds
		Input, Output       string
		Error, Cause        string
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return nil, malformed("its detail cannot be read: %v", err)
	}
	switch {
	case executionARN().FindStringSubmatch(detail.ExecutionARN) == nil:
		return nil, malformed("it names no execution")
	case !slices.Contains(statuses, detail.Status):
		return nil, malformed("%s is no status of an execution", detail.Status)
	case detail.StartDate <= 0:
		return nil, malformed("it does not say when the execution began")
	}
	x := &statemachine.Execution{ARN: detail.ExecutionARN, Status: detail.Status,
		StartedAt: time.UnixMilli(detail.StartDate), Input: detail.Input, Output: detail.Output, Error: detail.Error,
		Cause: detail.Cause}
	switch {
	case detail.StopDate > 0:
		x.StoppedAt = time.UnixMilli(detail.StopDate)
	case detail.Status != statemachine.Running:
		x.StoppedAt = e.Time
	}
	return Describe(x), nil
}

var statuses = []statemachine.Status{statemachine.Running, statemachine.Succeeded, statemachine.Failed,
	statemachine.TimedOut, statemachine.Aborted}

// Describe reads what Step Functions describes.
func Describe(of *statemachine.Execution) *Execution {
	said := fault.Read(of.Cause)
	x := &Execution{
		ARN: of.ARN, Name: words.Last(of.ARN), Status: of.Status, StartedAt: of.StartedAt.UTC(),
		StoppedAt: of.StoppedAt.UTC(), Error: quotable(of.Error), Cause: quotable(said.String()), Said: said,
	}
	x.readOutput(of.Output)
	x.readInput(of.Input)
	return x
}

// readOutput takes an output that is no document for none: that the execution
// ended must be told all the same.
func (x *Execution) readOutput(output string) {
	var doc *rotation.Document
	if json.Unmarshal([]byte(output), &doc) == nil {
		x.Output = doc
	}
}

// readInput reads the input as Preflight does: one that Preflight refuses names no
// target. Of a name that comes twice Step Functions may pass on the last alone, and
// then Preflight never sees the first. The event has no room for the input where the
// output is very long, and that names the target too.
func (x *Execution) readInput(text string) {
	input, err := target.ParseInput(json.RawMessage(text))
	if err != nil {
		input, err = target.ParseInput(collapsed(text))
	}
	switch {
	case err == nil:
		id, _ := rotation.ParseKeyID(input.Retire) // Preflight refuses another one
		x.Input, x.Retire = input, string(id)
	case target.IsName(x.doc().Target):
		x.Target, x.Abort = x.Output.Target, x.Output.Abort
	}
	x.WorkedOn(x.doc())
}

// collapsed is an object with the last of each of its members.
func collapsed(text string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil {
		return nil
	}
	object, _ := json.Marshal(members) // nil where it fails: no input
	return object
}

// WorkedOn corrects what the input says by a document that Preflight has returned,
// if this is one: it is what the functions worked on.
func (x *Execution) WorkedOn(doc rotation.Document) {
	if target.IsName(doc.Settings.Name) {
		x.Target, x.Abort, x.DryRun = doc.Settings.Name, doc.Abort, doc.Plan.Action == rotation.ActionDryRun
	}
}

// onFirstUse compiles an expression when it is first used: a function that uses
// none need not wait for all at its start. A wrong one panics only then, so that
// every expression needs a test that uses it.
func onFirstUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// RefusedSince is the latest of these executions, the latest first, that Preflight refused to
// give the target's open rotation, for what the next one meets as well; nil: none. The time is
// when the rotation's owner ended: who isn't refused becomes the owner.
func RefusedSince(executions []*Execution, target string, ownerEnded time.Time) *Execution {
	for _, x := range executions {
		// one that was mistaken asked for what can't be done while the rotation is open
		mistaken := slices.Contains([]fault.Code{fault.OtherKindOpen, fault.InvalidInput}, fault.Code(x.Error))
		failed := x.Status == statemachine.Failed && !mistaken
		if failed && x.Target == target && !x.DryRun && !x.StartedAt.Before(ownerEnded) {
			return x
		}
	}
	return nil
}

// Refusal says when the execution was refused, where its cause says why.
func (x *Execution) Refusal() string {
	if x.Abort {
		return "Aborting it was refused, " + words.At(x.StoppedAt)
	}
	return "Resuming it was refused, " + words.At(x.StoppedAt)
}
