package notice

import (
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

const (
	clocksDiffer = time.Minute    // between AWS's services
	latestNotice = 24 * time.Hour // EventBridge delivers an event for a day at most
)

// isPast tells whether what is so now is not this execution's doing any more: it
// has no rotation open, and others have worked on the target since it ended, or it
// ended so long ago that no one knows. Of the present then nothing is judged by
// what the execution has left.
func isPast(x Execution, facts Facts) bool {
	record := facts.Record
	if x.StoppedAt.IsZero() || record != nil && record.Owner == x.ARN {
		return false
	}
	since := x.StoppedAt.Add(clocksDiffer)
	if record != nil && record.TouchedAt.After(since) {
		return true
	}
	for _, item := range facts.History {
		if item.EndedAt.After(since) {
			return true
		}
	}
	return facts.Now.Sub(x.StoppedAt) > latestNotice
}

// then are the facts that are the execution's own, whenever they are told: without
// them nothing can be said of now.
func (f Facts) then(x Execution) Facts {
	own := Facts{Now: f.Now, Target: f.Target, NoTarget: f.NoTarget}
	for _, item := range f.History {
		if item.Record.Owner == x.ARN {
			own.History = append(own.History, item)
		}
	}
	return own
}

// endThen is how a failed execution ended, as far as its own history tells.
func (r *report) endThen() Ending {
	switch {
	case r.code == fault.AbortRequested:
		return AbortDone
	case r.code == fault.LockLost:
		return overtaken
	case r.outcome() == rotation.Discarded, r.code.Class() == fault.Unchanged:
		return unchanged
	}
	return paused
}

// outcome is how the rotation ended that was the execution's last; empty: that is
// not known, or it was another's by then.
func (r *report) outcome() rotation.Outcome {
	if len(r.History) == 0 {
		return ""
	}
	return r.History[0].Outcome
}

// failedThen tells of a failed execution without saying what has become of its
// rotation, unless that is known.
func (r *report) failedThen() string {
	name, reason := r.name(), r.inBrackets()
	switch {
	case r.Execution.Abort:
		return fmt.Sprintf("The rotation of %s should have been aborted, and that failed%s.", name, reason)
	case r.outcome() == rotation.Released:
		released := words.At(r.History[0].EndedAt)
		return fmt.Sprintf("The rotation of %s stopped%s. A person released it %s.", name, reason, released)
	case r.ending == unchanged:
		return fmt.Sprintf("The rotation of %s did not go through%s.", name, reason)
	}
	return fmt.Sprintf("The rotation of %s stopped%s.", name, reason)
}

// judgeThen is what is said in place of a verdict.
func (r *report) judgeThen() verdict {
	ended := words.At(r.Execution.StoppedAt)
	text := fmt.Sprintf("Nothing is judged here: this execution ended %s, and things may have changed since.", ended)
	return verdict{Calm, text, nil}
}

// stepsThen are what is left to do about an execution of the past: to look at what
// is so now, elsewhere.
func (r *report) stepsThen() []Step {
	return append([]Step{{"Nothing about this execution. To see how things are:", r.rotate("status")}}, r.evidence()...)
}
