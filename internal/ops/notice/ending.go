package notice

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// report is what is known of an execution that ended, while it is told.
type report struct {
	Facts
	Execution Execution
	ids       KeyIDs
	past      bool // nothing is said of now: see isPast
	ending    Ending
	code      fault.Code         // of the error, if it is one of this system's own
	completed []rotation.Summary // the rotations that the execution completed
	summary   *rotation.Summary  // the last of them
	known     []knownKey
	verdict   verdict
}

// Ending is how an execution ended, as people tell endings apart.
type Ending string

// The endings of executions, exported where others need to tell them apart.
const (
	Rotated   Ending = "rotated"
	unclear   Ending = "unclear"        // it succeeded, and at what is not known
	Planned   Ending = "planned"        // a dry run, whatever it found
	Met       Ending = "alreadyRunning" // it met another execution at work
	NotDue    Ending = "notDue"         // no person started it, and nothing was due
	overtaken Ending = "overtaken"      // another execution has taken its rotation over
	closed    Ending = "closed"         // its rotation is completed or released
	unchanged Ending = "unchanged"      // nothing is different
	paused    Ending = "paused"         // a rotation is open
	AbortDone Ending = "aborted"        // as a person asked; the rotation is open
	stopped   Ending = "stopped"        // by a person
	timedOut  Ending = "timedOut"
	forgotten Ending = "forgotten" // Step Functions doesn't know any more how; the rotation is open
)

// IsUnchanged tells whether nothing is different from before.
func (e Ending) IsUnchanged() bool { return e == unchanged }

// IsPaused tells whether a rotation was left where it was.
func (e Ending) IsPaused() bool { return e == paused || e == stopped || e == timedOut }

func newReport(x Execution, facts Facts) *report {
	if x.Target == "" {
		x.Target = facts.Target.Name // by the journal
	}
	r := &report{Facts: facts, Execution: x, past: isPast(x, facts)}
	if r.past {
		r.Facts = facts.then(x)
	}
	if i := slices.IndexFunc(fault.Codes,
		func(info fault.CodeInfo) bool { return string(info.Code) == x.Error }); i >= 0 {
		r.code = fault.Codes[i].Code
	}
	r.ids = r.keyIDs()
	r.completed = r.summaries()
	if n := len(r.completed); n > 0 {
		r.summary = &r.completed[n-1]
	}
	r.ending = r.end()
	r.known = r.knownKeys()
	r.verdict = r.judge()
	r.judgeLeaked()
	r.judgePassedOver()
	return r
}

// summaries are those of the execution's output, or of the journal: a failed
// execution has no output, and a long one is left out of the event.
func (r *report) summaries() (found []rotation.Summary) {
	if x := r.Execution; x.Output != nil {
		found = slices.Clone(x.Output.Summaries)
	} else {
		for _, item := range slices.Backward(r.History) {
			if item.Record.Owner == x.ARN && item.Outcome == rotation.Completed && item.Summary != nil {
				found = append(found, *item.Summary)
			}
		}
	}
	for i := range found {
		found[i].OldKey, found[i].NewKey = r.ids.Whole(found[i].OldKey), r.ids.Whole(found[i].NewKey)
	}
	return found
}

func (r *report) end() Ending {
	x := r.Execution
	switch {
	case x.Status != statemachine.Succeeded && r.hasCompleted():
		return Rotated
	case x.Status == statemachine.Aborted:
		return stopped
	case x.Status == statemachine.TimedOut:
		return timedOut
	case x.IsForgotten():
		return forgotten
	case x.DryRun || x.doc().Plan.Action == rotation.ActionDryRun:
		return Planned
	case x.Status == statemachine.Succeeded:
		return r.success()
	case r.isClosed() && !r.past:
		return closed
	case r.code == fault.AbortRequested:
		return AbortDone
	case r.code == fault.LockLost:
		return overtaken
	case r.past && r.outcome() != rotation.Discarded && r.code.Class() != fault.Unchanged:
		return paused
	case r.code == fault.OtherKindOpen, r.past, r.nothingIsOpen(), r.Record == nil && r.code.Class() == fault.Unchanged:
		return unchanged
	}
	return paused
}

// nothingIsOpen: the journal has no open rotation of the target.
func (r *report) nothingIsOpen() bool {
	return r.NoTarget == nil && r.NoRecord == nil && r.Record == nil
}

// isClosed: the execution has left a rotation open, by its code, and none is.
func (r *report) isClosed() bool {
	return r.nothingIsOpen() && r.code != "" && !r.code.Info().MayEndUnchanged()
}

// hasCompleted: the execution has completed its rotation, and no other was due. It may have
// ended badly all the same: Complete's answer was lost, or someone stopped the execution.
func (r *report) hasCompleted() bool {
	i := slices.IndexFunc(r.History, func(item rotation.HistoryItem) bool { return item.Record.Owner == r.Execution.ARN })
	return i >= 0 && r.summary != nil && !r.own() && r.History[i].Outcome == rotation.Completed &&
		!r.History[i].NextIsDue(r.Execution.StartedAt)
}

// success: the state machine succeeds in four states, a dry run's aside.
func (r *report) success() Ending {
	switch doc := r.Execution.doc(); {
	case doc.Error != nil && doc.Error.Error == string(fault.RotationInProgress):
		return Met
	case doc.Plan.Action == rotation.ActionNotDue:
		return NotDue
	case r.summary != nil:
		return Rotated
	}
	return unclear
}

// own: the open rotation is this execution's.
func (r *report) own() bool { return r.Record != nil && r.Record.Owner == r.Execution.ARN }

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
