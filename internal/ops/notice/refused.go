package notice

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

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
