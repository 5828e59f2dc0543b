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
func sweepSecrets(ctx context.Context, record Record, staging Staging, now time.Time) error {
	if lands := record.Unstaged.Add(settling); now.Before(lands) {
		return fault.Errorf(fault.IAMSettling, "What was to be staged and had no answer may yet be written until %s",
			words.Time(lands, time.TimeOnly))
	}
	for _, id := range append([]KeyID{record.NewKey}, record.KnownKeys...) {
		if id == "" || id == record.OldKey && record.Unstaged.IsZero() {
			continue
		}
		if err := staging.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
