package notice

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// RefusedSince is the latest of these executions, the latest first, that Preflight refused to
// give the target's open rotation, for what the next one meets as well; nil: none. The time is
// when the rotation's owner ended: who isn't refused becomes the owner.
func RefusedSince(executions []*Execution, target string, ownerEnded time.Time) *Execution {
	i := slices.IndexFunc(executions, func(x *Execution) bool {
		return x.Target == target && !x.DryRun && x.Status == Failed && !x.StartedAt.Before(ownerEnded) && !x.wasMistaken()
	})
	if i < 0 {
		return nil
	}
	return executions[i]
}

// wasMistaken: it asked for what can't be done while the rotation is open.
func (x *Execution) wasMistaken() bool {
	return slices.Contains([]fault.Code{fault.OtherKindOpen, fault.InvalidInput}, fault.Code(x.Error))
}

// Refusal says when the execution was refused, where its cause says why.
func (x *Execution) Refusal() string {
	if x.Abort {
		return "Aborting it was refused, " + words.At(x.StoppedAt)
	}
	return "Resuming it was refused, " + words.At(x.StoppedAt)
}
