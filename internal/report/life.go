package report

import (
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Key is the life of an access key, as far as the histories tell.
type Key struct {
	ID        string    `json:"id"`                 // last four characters
	Role      string    `json:"role"`               // old or new
	CreatedAt time.Time `json:"createdAt,omitzero"` // zero: not known
	DeletedAt time.Time `json:"deletedAt,omitzero"` // zero: it exists, as far as is known
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

func (k *Key) change(at time.Time, status rotation.KeyStatus) {
	if n := len(k.Changes); n > 0 && k.Changes[n-1].Status == status {
		return // the step was run again
	}
	k.Changes = append(k.Changes, Change{at, status})
}

// live lays the key's periods out. A key whose creation is not known is shown
// from the beginning of the rotation.
func (k *Key) live(from, until time.Time) {
	if !k.CreatedAt.IsZero() {
		from = k.CreatedAt
	}
	k.KnownUntil = until
	if !k.DeletedAt.IsZero() {
		until = k.DeletedAt
	}
	period := Period{From: from, Status: rotation.Active}
	for _, change := range k.Changes {
		period.To = change.At
		k.Periods = append(k.Periods, period)
		period = Period{From: change.At, Status: change.Status}
	}
	period.To = until
	k.Periods = append(k.Periods, period)
}

// Status is the key's status at the end: Active, Inactive or deleted.
func (k *Key) Status() string {
	switch {
	case !k.DeletedAt.IsZero():
		return "deleted"
	case len(k.Changes) > 0:
		return string(k.Changes[len(k.Changes)-1].Status)
	}
	return string(rotation.Active)
}

// ActiveUntil is when the key was Active last.
func (k *Key) ActiveUntil() time.Time {
	var last time.Time
	for _, period := range k.Periods {
		if period.Status == rotation.Active {
			last = period.To
		}
	}
	return last
}

// bothActive is how long two keys were Active at once.
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

// orElse is the first time unless that is zero.
func orElse(first, second time.Time) time.Time {
	if first.IsZero() {
		return second
	}
	return first
}
