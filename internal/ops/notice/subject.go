package notice

import (
	"cmp"
	"fmt"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// subject says the same in fewer words.
func (r *report) subject() string {
	return cmp.Or(r.Execution.Target, "unknown target") + ": " + r.ended()
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
		not := map[string]string{
			"rotation": "not rotated", "retirement": "not retired", "migration": "not migrated"}[r.noun()]
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
	case forgotten:
		return "the end of the execution is forgotten"
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
	case r.migrates():
		return "moved to the role credentials " + r.summary.MovedTo
	case len(r.completed) > 1:
		return fmt.Sprintf("rotated %d times, up to the key %s", len(r.completed), r.summary.NewKey)
	}
	return "rotated to the key " + r.summary.NewKey
}

func (r *report) plannedSubject() string {
	doc := r.Execution.Output
	switch {
	case r.Execution.Status == statemachine.Failed:
		return "the dry run failed" + r.inBrackets()
	case doc == nil:
		return "dry run done"
	}
	return "dry run: " + story.Verdict(*doc)
}
