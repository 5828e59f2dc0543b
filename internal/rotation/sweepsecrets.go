package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// sweepSecrets destroys what may still be staged of any key that this rotation
// had to do with, before it ends: a secret may have been staged late, after its
// key was discarded. While one may yet land, the rotation does not end. Under the
// old key's name, nothing but a proof of staging ever is.
func (c *claim) sweepSecrets(ctx context.Context) error {
	if lands := c.Unstaged.Add(Settling); c.now().Before(lands) {
		return fault.Errorf(fault.IAMSettling, "What was to be staged and had no answer may yet be written until %s",
			words.Time(lands, time.TimeOnly))
	}
	for _, id := range append([]KeyID{c.NewKey}, c.KnownKeys...) {
		if id == "" || id == c.OldKey && c.Unstaged.IsZero() {
			continue
		}
		if err := c.effects().unstage(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
