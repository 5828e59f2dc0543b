package rotation

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Settling is how long IAM may lag and effects may land late. Absence counts only after it,
// and so does a status that contradicts what this rotation did.
const Settling = 10 * time.Minute

// recently tells whether IAM may still be catching up with an effect.
func (r *Record) recently(e Effect, now time.Time) bool {
	mark := r.Marks[e]
	last := mark.Begun
	if mark.Done.After(last) {
		last = mark.Done
	}
	return !last.IsZero() && now.Sub(last) < Settling
}

// requireNewKey makes sure that the new key is there and Active before anything
// is made to depend on it. Of the other kinds none takes the old one's part.
func (r *Record) requireNewKey(keys []AccessKey, now time.Time) error {
	key, exists := findKey(keys, r.NewKey)
	switch {
	case r.Kind != Rotate:
		return nil
	case exists && key.Status == Active:
		return nil
	case exists:
		return r.NewKeyInactive("")
	case r.recently(Create, now):
		return fault.Errorf(fault.IAMSettling, "IAM does not list the new key %s yet", r.NewKey)
	default:
		return fault.Errorf(fault.NewKeyLost, "The new key %s does not exist any more", r.NewKey)
	}
}

// DeactivatedByUs tells whether this record may have made the old key Inactive
// (rule 9).
func (r *Record) DeactivatedByUs() bool {
	return r.begun(Deactivate) || r.begun(Reactivate) && !r.done(Reactivate)
}

// unresolved returns when the latest creation of unknown outcome was sent.
func (r *Record) unresolved() time.Time {
	if len(r.Attempts) == 0 {
		return time.Time{}
	}
	return slices.MaxFunc(r.Attempts, time.Time.Compare)
}

// requireSettled waits until a creation of unknown outcome would show.
func (r *Record) requireSettled(now time.Time) error {
	if last := r.unresolved(); !last.IsZero() && now.Sub(last) < Settling {
		return fault.Errorf(fault.IAMSettling, "A CreateAccessKey was sent at %s and its answer was lost; until %s its "+
			"key may still turn up", words.Time(last, time.TimeOnly), words.Time(last.Add(Settling), time.TimeOnly))
	}
	return nil
}
