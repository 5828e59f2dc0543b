package lab

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// What happens to keys.
const (
	Created     = "created"
	Activated   = "activated"
	Deactivated = "deactivated"
	Deleted     = "deleted"
)

// KeyChange is one change of one key.
type KeyChange struct {
	At   time.Time
	Sent time.Time // when it was asked for: before At, where a request landed late
	Key  rotation.KeyID
	User string
	What string // Created, Activated, Deactivated or Deleted
	By   string // the name of a process, or "person"
}

// OnKeyChange has f called after each change of a key.
func (i *IAM) OnKeyChange(f func(KeyChange)) { i.observers = append(i.observers, f) }

// KeyLife is all that ever happened to a key.
type KeyLife struct {
	ID        rotation.KeyID
	User      string
	CreatedAt time.Time // exactly; lists tell whole seconds
	DeletedAt time.Time // zero: it exists
	Changes   []KeyChange
}

// Lives returns all keys that ever existed, in the order of their creation.
func (i *IAM) Lives() []KeyLife {
	var lives []KeyLife
	for _, k := range i.order {
		life := KeyLife{ID: k.id, User: k.user, CreatedAt: k.changes[0].At, Changes: slices.Clone(k.changes)}
		if last := k.changes[len(k.changes)-1]; last.What == Deleted {
			life.DeletedAt = last.At
		}
		lives = append(lives, life)
	}
	return lives
}

// Present returns the keys that the user truly has, oldest first.
func (i *IAM) Present(name string) []rotation.AccessKey {
	var present []rotation.AccessKey
	if owner := i.users[name]; owner != nil {
		for _, k := range owner.keys {
			present = append(present, k.answer().AccessKey)
		}
	}
	return present
}

// Status returns the true status of a key, and whether it exists.
func (i *IAM) Status(id rotation.KeyID) (rotation.KeyStatus, bool) {
	k := i.keys[id]
	if k == nil || k.states.latest() == deleted {
		return "", false
	}
	return k.states.latest(), true
}
