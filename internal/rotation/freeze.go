package rotation

import (
	"context"
	"slices"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// FreezeOf is the name under which the journal keeps the freeze of a target that a
// person set by command. No target's name has a slash.
func FreezeOf(target string) string { return target + "/freeze" }

// WithFreeze adds the freeze in the journal to those in the target's configuration.
// One that isn't valid may have been meant to forbid what comes next.
func WithFreeze(ctx context.Context, journal Memory, t target.Target) (target.Target, error) {
	var found target.Freeze
	err := journal.Recall(ctx, FreezeOf(t.Name), &found)
	if err == nil && found != (target.Freeze{}) {
		if mistakes := found.Check(); mistakes != nil {
			err = fault.Errorf(fault.MalformedAnswer, "The journal's freeze of %s isn't valid: %s", t.Name,
				words.Line(mistakes.Error()))
		}
		t.Freeze = append(slices.Clip(t.Freeze), found)
	}
	if !fault.HasCode(err, fault.MalformedAnswer) {
		return t, err
	}
	malformed := *fault.AsError(err)
	malformed.Next = &fault.Advice{First: "Replace it with 'rotate freeze', or end it with 'rotate unfreeze'",
		Do: fault.Start}
	return t, &malformed
}
