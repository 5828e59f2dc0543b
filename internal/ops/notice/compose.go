package notice

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Compose says what happened, in words. It depends on its arguments alone.
func Compose(event Event, facts Facts) Message {
	switch {
	case event.Alarm != nil:
		return event.Alarm.message()
	case event.Exposure != nil:
		return event.Exposure.message(facts)
	case event.Execution.Status == statemachine.Running:
		return event.Execution.announcement()
	}
	return newReport(*event.Execution, facts).message()
}

// message is the whole message about an execution.
func (r *report) message() Message {
	m := Message{
		Subject: r.subject(), Urgency: r.verdict.urgency, Target: r.Execution.Target, Ending: r.ending,
		Verdict: r.verdict.text, Steps: r.steps(), Happened: append(r.outcomeLines(true), r.keysBriefly()...),
		Code: words.Short(words.Line(r.Execution.Error), longestThread), Thread: r.thread(),
		Idle: r.ifNothingIsDone(), More: r.more(),
	}
	if m.Urgency == Calm {
		m.Verdict += r.canWait()
	}
	m = m.Complete()
	m.Whole = r.onTerminal(m)
	return m
}

// onTerminal is all that is known.
func (r *report) onTerminal(m Message) string {
	var p page
	p.add(m.lead())
	p.section("WHAT HAPPENED", r.outcomeLines(false)...)
	if !r.past {
		p.section("CURRENT STATE, "+words.At(r.Now), r.inPlace()...)
	}
	p.section("WHAT TO DO")
	for _, s := range m.Steps {
		p.add(s.Text)
		if s.Command != "" {
			p.add("", "    "+s.Command, "")
		}
	}
	p.add(m.Idle)
	p.section("DETAILS")
	r.details(&p)
	return strings.TrimSpace(strings.Join(p, "\n")) + "\n"
}

// page are the lines of a text. No two blank ones follow one another.
type page []string

func (p *page) add(lines ...string) {
	for _, line := range lines {
		if n := len(*p); line != "" || n > 0 && (*p)[n-1] != "" {
			*p = append(*p, line)
		}
	}
}

func (p *page) section(title string, lines ...string) {
	p.add("", title)
	p.add(lines...)
}

// field is one of the details; those without a value are left out.
func (p *page) field(name, value string) {
	if value != "" {
		p.add(fmt.Sprintf("%-12s %s", name, value))
	}
}

// canWait tells someone who was woken whether to get up.
func (r *report) canWait() string {
	if r.past {
		return ""
	}
	if r.oldKeyFails() != "" {
		return r.oldKeyFails()
	}
	if r.isUnfinished() {
		return " This can wait until the morning."
	}
	return ""
}

// isUnfinished: what the execution was started for is still to be done.
func (r *report) isUnfinished() bool {
	return r.ending == unchanged || r.ending == AbortDone || r.ending.IsPaused()
}

func (r *report) details(p *page) {
	x := r.Execution
	p.field("target", r.name())
	p.field("IAM user", r.Target.IAMUserName)
	p.field("execution", x.Name)
	if r.ending != forgotten {
		p.field("began", words.At(x.StartedAt))
		p.field("ended", fmt.Sprintf("%s, after %s", words.At(x.StoppedAt), words.Span(x.StartedAt, x.StoppedAt)))
	}
	if r.ending != AbortDone { // which is an error to Step Functions alone
		p.field("error", x.Error)
	}
	if r.Record != nil {
		p.field(r.Record.Kind.Noun(), fmt.Sprintf("%s, begun %s", r.Record.RotationID, words.At(r.Record.TakenAt)))
		if r.Record.Owner != x.ARN {
			p.field("belongs to", quotable(words.Last(r.Record.Owner)))
		}
	}
	if page, about := r.runbook(); about != "" {
		p.field("runbook", fmt.Sprintf("docs/%s.md#%s, or: rotate explain %s", page, strings.ToLower(about), about))
	}
	p.field("see", cmp.Or(ExecutionPage(x.ARN), x.ARN))
	if r.Target.IAMUserName != "" {
		p.field("keys", keysPage(x.ARN, r.Target.IAMUserName))
	}
}

// more is where to read on.
func (r *report) more() string {
	var list []string
	if _, about := r.runbook(); about != "" {
		if r.NoTarget == nil && !r.past && r.ending != Planned && r.ending != Met {
			about = r.Execution.Target
		}
		list = append(list, "rotate explain "+about)
	}
	if page := ExecutionPage(r.Execution.ARN); page != "" {
		list = append(list, page)
	}
	return strings.Join(list, " and ")
}

// runbook is where the documentation tells more: a page, and its section by the name that
// 'rotate explain' takes.
func (r *report) runbook() (page, about string) {
	switch {
	case r.planRefused() != "":
		return "codes", string(r.planRefused())
	case r.ending == Rotated || r.ending == NotDue || r.ending == unclear ||
		r.ending == Planned && r.Execution.Status == statemachine.Succeeded:
		return "", ""
	case r.ending == Met:
		return "codes", string(fault.RotationInProgress)
	case r.code != "":
		return "codes", string(r.code)
	case r.Execution.Status == statemachine.Failed:
		return "runbook", "errors-that-are-not-this-systems-own"
	}
	return "runbook", "current-state"
}

// ifNothingIsDone says what the schedule does by itself, and when.
func (r *report) ifNothingIsDone() string {
	isOver := !r.isUnfinished() && r.ending != forgotten
	does := "tries to resume the rotation"
	switch {
	case r.past || isOver || r.NoTarget != nil || r.code == fault.NothingToAbort:
		return ""
	case r.unwritten() != nil:
		return "If nothing is done, the key stays as it is: neither the schedule nor the audit knows that it leaked."
	case r.retires() || r.migrates():
		return "If nothing is done, nothing happens: no schedule resumes a " + r.noun() + "."
	case r.Record == nil:
		does = "tries again"
	case !r.own() && r.ending != paused:
		return "" // it is up to the execution that has the rotation now
	}
	schedule, x := r.Target.Schedule, r.Execution
	switch {
	case len(r.leaked()) > 0:
		return "If nothing is done, nothing happens: the schedule and the audit keep away from a key that leaked."
	case r.own() && x.Status == statemachine.Failed && !x.Abort && fault.Resumable(x.Error):
		return "If nothing is done, the daily audit resumes the rotation, unless the execution ended in RotationPaused."
	case x.Scheduled && r.ending == unchanged && schedule.Enabled && fault.Passing(x.Error):
		return "If nothing is done, the daily audit starts the rotation again, every day until it begins."
	case !schedule.Enabled:
		return "If nothing is done, nothing happens: the target's schedule is disabled."
	}
	run, err := schedule.FirstRun(r.Now)
	if err != nil {
		return ""
	}
	who, begins := "the schedule", r.begins(run)
	if begins.Before(run) {
		who = "the daily audit"
	}
	return fmt.Sprintf("If nothing is done, %s %s at %s, in %s.", who, does, words.At(begins), words.Span(r.Now, begins))
}

// begins is when the next rotation of the only key begins by itself, given the schedule's
// next run, or the open one is resumed. The audit starts none that a person stopped, or has
// to do something about.
func (r *report) begins(run time.Time) time.Time {
	if r.Record != nil || len(r.Keys) != 1 {
		return run
	}
	audited := run
	if r.ending == Rotated || r.ending == unchanged && fault.Passing(r.Execution.Error) {
		audited = r.Now
	}
	return r.Target.Begins(run, r.Keys[0].CreatedAt, audited, r.AgeLimit)
}

// name is the target's, for people.
func (r *report) name() string { return cmp.Or(r.Execution.Target, "a target that is not known") }
