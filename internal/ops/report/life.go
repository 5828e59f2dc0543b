package report

import (
	"cmp"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Key is the life of an access key, as far as the histories tell.
type Key struct {
	ID        string    `json:"id"`                 // last four characters
	Role      string    `json:"role"`               // old or new
	CreatedAt time.Time `json:"createdAt,omitzero"` // zero: not known
	DeletedAt time.Time `json:"deletedAt,omitzero"` // by the rotation; zero: not that is known
	SeenAt    time.Time `json:"seenAt,omitzero"`    // when a step saw last that it exists
	GoneBy    time.Time `json:"goneBy,omitzero"`    // when it was found gone
	Changes   []Change  `json:"changes,omitempty"`  // of its status, after its creation
	Periods   []Period  `json:"periods"`
	// KnownUntil is how far the histories tell of it.
	KnownUntil time.Time `json:"knownUntil"`
}

// Change is a change of a key's status.
type Change struct {
	At     time.Time          `json:"at"`
	Status rotation.KeyStatus `json:"status"`
}

// Period is a time in which a key had one status.
type Period struct {
	From   time.Time          `json:"from"`
	To     time.Time          `json:"to"`
	Status rotation.KeyStatus `json:"status"`
}

// NotKnown is a key's status after it was seen last, and before it was found gone.
const NotKnown rotation.KeyStatus = "not known"

// seen notes that the key exists. Lists lag, so it may have seemed gone before.
func (k *Key) seen(at time.Time) {
	k.SeenAt = later(k.SeenAt, at)
	if at.After(k.GoneBy) {
		k.GoneBy = time.Time{}
	}
}

func (k *Key) change(at time.Time, status rotation.KeyStatus) {
	if n := len(k.Changes); n > 0 && k.Changes[n-1].Status == status {
		return // the step was run again
	}
	k.Changes = append(k.Changes, Change{at, status})
}

// live lays the key's periods out. A key whose creation is not known is shown
// from the beginning of the rotation.
func (k *Key) live(from, until time.Time) {
	from, k.KnownUntil = cmp.Or(k.CreatedAt, from), until
	switch {
	case !k.DeletedAt.IsZero():
		until = k.DeletedAt
	case !k.GoneBy.IsZero():
		until = later(from, k.SeenAt)
	}
	period := Period{From: from, Status: rotation.Active}
	for _, change := range k.Changes {
		period.To = change.At
		k.Periods = append(k.Periods, period)
		period = Period{From: change.At, Status: change.Status}
	}
	period.To = until
	k.Periods = append(k.Periods, period)
	if k.vanished() {
		k.Periods = append(k.Periods, Period{From: until, To: k.GoneBy, Status: NotKnown})
	}
}

// vanished tells whether the key went without the rotation's doing, for all that
// is known.
func (k *Key) vanished() bool { return k.DeletedAt.IsZero() && !k.GoneBy.IsZero() }

// Status is the key's status at the end: Active, Inactive, deleted or gone.
func (k *Key) Status() string {
	switch {
	case !k.DeletedAt.IsZero():
		return "deleted"
	case k.vanished():
		return "gone"
	case len(k.Changes) > 0:
		return string(k.Changes[len(k.Changes)-1].Status)
	}
	return string(rotation.Active)
}

// ActiveUntil is when the key was Active last, or may have been.
func (k *Key) ActiveUntil() time.Time {
	last := k.seenActive()
	if k.PerhapsLess() {
		return k.GoneBy
	}
	return last
}

// seenActive is when the key was Active last, for certain.
func (k *Key) seenActive() time.Time {
	var last time.Time
	for _, period := range k.Periods {
		if period.Status == rotation.Active {
			last = period.To
		}
	}
	return last
}

// PerhapsLess tells whether the key went at a time that is not known while it was
// Active, so that ActiveUntil is the latest that it may have been.
func (k *Key) PerhapsLess() bool {
	n := len(k.Periods)
	return k.vanished() && n > 1 && k.Periods[n-2].Status == rotation.Active
}

// bothActive is how long two keys were Active immediately.
func bothActive(a, b *Key) (both time.Duration) {
	for _, p := range a.Periods {
		for _, q := range b.Periods {
			if p.Status != rotation.Active || q.Status != rotation.Active {
				continue
			}
			both += max(0, earlier(p.To, q.To).Sub(later(p.From, q.From)))
		}
	}
	return both
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
