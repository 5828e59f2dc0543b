package notice

import (
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// subject says the same in fewer words.
func (r *report) subject() string {
	name := r.Execution.Target
	if name == "" {
		name = "unknown target"
	}
	return name + ": " + r.ended()
}

func (r *report) ended() string {
	if r.past {
		return "an execution of the past, ended " + words.At(r.Execution.StoppedAt) + r.inBrackets()
	}
	switch r.ending {
	case Rotated:
		return r.rotatedSubject()
	case Planned:
		return r.plannedSubject()
	case Met:
		return "not begun, a rotation is running already"
	case NotDue:
		return "nothing is due"
	case overtaken:
		return "another execution resumes the rotation"
	case closed:
		return "the " + r.noun() + " is closed already"
	case unchanged:
		if r.code == fault.NothingToAbort {
			return "there is no rotation to abort"
		}
		not := map[bool]string{false: "not rotated", true: "not retired"}[r.retires()]
		return not + r.calmly(", nothing changed") + r.inBrackets()
	case AbortDone:
		return r.noun() + " aborted as asked"
	case paused:
		if r.Execution.Abort {
			return "the abort failed" + r.inBrackets()
		}
		return r.noun() + " paused" + r.inBrackets()
	case stopped:
		return "execution stopped by hand"
	case timedOut:
		return "execution timed out"
	}
	return "the execution succeeded"
}

// calmly is a text that says that all is well, which no one gets to read beside an
// alarm: whatever is broken then, the execution need not have changed it.
func (r *report) calmly(text string) string {
	if r.verdict.urgency == Calm {
		return text
	}
	return ""
}

func (r *report) inBrackets() string {
	if r.Execution.Error == "" {
		return ""
	}
	return " (" + r.Execution.Error + ")"
}

func (r *report) rotatedSubject() string {
	switch {
	case r.retires():
		return "retired the key " + r.summary.OldKey
	case len(r.completed) > 1:
		return fmt.Sprintf("rotated %d times, up to the key %s", len(r.completed), r.summary.NewKey)
	}
	return "rotated to the key " + r.summary.NewKey
}

func (r *report) plannedSubject() string {
	doc := r.Execution.Output
	switch {
	case r.Execution.Status == Failed:
		return "the dry run failed" + r.inBrackets()
	case doc == nil:
		return "dry run done"
	case doc.Plan.Refused != "":
		return fmt.Sprintf("dry run: a %s would %s (%s)", r.noun(), wouldNot(doc.Plan), doc.Plan.Refused)
	}
	return "dry run: " + wouldGo(doc.Plan)
}

func wouldGo(plan rotation.PlanReport) string {
	switch plan.Would {
	case rotation.ActionCreate:
		return "a rotation would begin"
	case rotation.ActionRetire:
		return "the retirement would begin, or be resumed"
	}
	return "the open rotation would be resumed"
}

// wouldNot: what passes by itself is waited for.
func wouldNot(plan rotation.PlanReport) string {
	if fault.Code(plan.Refused).Class() == fault.Transient {
		return "wait"
	}
	return "be refused"
}
