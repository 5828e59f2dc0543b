package notice

import (
	"time"

	"qovery-key-rotation/internal/rotation"
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

// outcome is how the rotation ended that was the execution's last; empty: that is
// not known, or it was another's by then.
func (r *report) outcome() rotation.Outcome {
	if len(r.History) == 0 {
		return ""
	}
	return r.History[0].Outcome
}
