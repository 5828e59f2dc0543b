// Package notice tells people, in words, how executions ended and which alarms
// rang. It reads EventBridge's events (event.go), finds out what is in place now
// (facts.go), judges whether anything is broken (verdict.go), and composes one
// message (compose.go), which has to make sense to someone who was woken by it:
// its first line says whether anything is broken, and what comes then is what
// happened, what is in place, what to do, and the details.
package notice

import (
	"context"
	"strings"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// Message is what people get.
type Message struct {
	Subject  string   // printable ASCII, under 100 characters
	Body     string   // plain text of at most twelve lines, for a phone
	Whole    string   // all that is known, for a terminal
	Verdict  string   // is anything broken?
	Happened []string // what else is so, in sentences
	Steps    []Step   // what to do
	Urgency  Urgency
	Target   string // empty: the message is about none, or it is not known
	Code     string // of an execution's error, or the kind of a finding
	Thread   string // what all messages about one rotation have in common
	Ending   Ending // empty: the message is about no execution
	Idle     string // what happens if nothing is done
	More     string // where to read on
}

// Step is one thing to do: why, and what to type, if anything.
type Step struct{ Text, Command string }

// Urgency says how soon someone should look. Subscriptions can filter by it.
type Urgency string

// How urgent a message is.
const (
	Urgent Urgency = "urgent" // something fails now, or may
	Check  Urgency = "check"  // it is not known whether anything fails
	Calm   Urgency = "none"   // nothing fails
)

// Prefix is what a title begins with.
func (u Urgency) Prefix() string {
	return map[Urgency]string{Urgent: "URGENT ", Check: "CHECK "}[u]
}

// Notifier turns an event into a message.
type Notifier struct {
	Reader
	*Sender
	Bus     Bus
	Metrics lambda.Metrics
}

// Handle tells people of one event. An event that it does not understand is an
// error, never dropped. What cannot be read costs the message a few facts, and
// never the message itself.
func (n Notifier) Handle(ctx context.Context, data []byte) error {
	event, err := ParseEvent(data)
	if err != nil {
		return err
	}
	defer n.Flush(ctx)
	x := event.Execution
	switch {
	case event.Exposure != nil:
		return n.tellExposed(ctx, event)
	case event.Alarm != nil:
		return n.Send(ctx, event.Alarm.message())
	case x.Status == statemachine.Running:
		return n.tellBegun(ctx, x)
	}
	facts := n.read(ctx, *x)
	r := newReport(*x, facts)
	message := r.message()
	if r.ending != Planned {
		defer n.put(ctx, r.event(message))
	}
	if why := r.untold(facts); why != "" {
		n.Log.InfoContext(ctx, why, "execution", r.Execution.Name, "error", r.Execution.Error)
		return nil
	}
	if err := n.Send(ctx, message); err != nil {
		return err
	}
	if err := n.measure(r.completed); err != nil { // no reason to be invoked again, and to send a second notice
		n.Log.WarnContext(ctx, "not measured", "error", err.Error())
	}
	return nil
}

// tellBegun tells programs of an execution that has begun, and people if that is because a
// key leaked. A dry run changes nothing.
func (n Notifier) tellBegun(ctx context.Context, x *Execution) (err error) {
	if x.DryRun {
		return nil
	}
	if x.Leaked != nil {
		err = n.Send(ctx, x.announcement())
	}
	n.put(ctx, x.begun(n.Clock.Now()))
	return err
}

// StoppedToAbort is the error of an execution that 'rotate abort' stops before it
// starts another one, which brings the old key back; or 'rotate start --leaked', before it
// starts one that replaces the key.
const StoppedToAbort = "StoppedToAbort"

// PlanShown is in the names of the dry runs that 'rotate start' makes, between the target
// and the time: who typed it reads their plans.
const PlanShown = "plan"

// untold says why no notice is sent of an execution, or "". An abort follows the end of
// one that it stopped, if a rotation is open, and reports both. The audit starts another
// one after a refusal of its own, and reports that once for each reason.
func (r *report) untold(now Facts) string {
	x, isOpen := r.Execution, now.NoTarget == nil && now.NoRecord == nil && now.Record != nil
	switch {
	case x.Status == statemachine.Aborted && x.Error == StoppedToAbort && isOpen:
		return "notice left to the abort"
	case r.ending == Planned && strings.HasPrefix(x.Name, x.Target+"-"+PlanShown+"-"):
		return "plan left to the command line"
	case r.ending == NotDue:
		return "nothing was due"
	case x.ByAudit() && r.ending == unchanged && r.nothingIsOpen() && r.verdict.urgency == Calm && fault.Passing(x.Error):
		return "notice left to the audit"
	}
	return ""
}

// read leaves half of the time that there is for the message itself.
func (n Notifier) read(ctx context.Context, x Execution) Facts {
	if deadline, known := ctx.Deadline(); known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	facts := n.Read(ctx, x)
	for what, err := range map[string]error{"target": facts.NoTarget, "journal": facts.NoRecord,
		"history": facts.NoHistory, "keys": facts.NoKeys} {
		if err != nil {
			n.Log.WarnContext(ctx, "not found out", "what", what, fault.Attr(err))
		}
	}
	return facts
}

// RotationTime is the metric of how long a whole rotation took, in seconds: from
// the record's opening to its closing, however many executions that were. Of
// executions Step Functions has metrics of its own.
const RotationTime = "RotationTime"

// measure writes the metric of each rotation that an execution completed.
func (n Notifier) measure(completed []rotation.Summary) error {
	for _, summary := range completed {
		words := map[string]string{"rotation": summary.RotationID}
		took := summary.CompletedAt.Sub(summary.StartedAt)
		if err := n.Metrics.Put(summary.CompletedAt, summary.Target, words,
			lambda.Metric{Name: RotationTime, Unit: lambda.Seconds, Value: took.Seconds()}); err != nil {
			return err
		}
	}
	return nil
}
