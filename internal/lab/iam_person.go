package lab

import (
	"time"

	"qovery-key-rotation/internal/rotation"
)

// SeedKey gives a user a key that was created at a past time and that everybody
// knows by now, whatever the limit of keys: it is how worlds begin.
func (i *IAM) SeedKey(name string, createdAt time.Time, status rotation.KeyStatus) rotation.NewAccessKey {
	k := i.newKey(i.users[name], createdAt)
	seed := func(state rotation.KeyStatus, what string) {
		i.record(k, state, KeyChange{At: createdAt, Key: k.id, User: name, What: what, By: i.wire.Actor()}, 0)
	}
	seed(rotation.Active, Created)
	if status == rotation.Inactive {
		seed(rotation.Inactive, Deactivated)
	}
	return k.answer()
}

// Adopt makes a key known that another IAM has created, at somebody's request.
func (i *IAM) Adopt(name string, id rotation.KeyID, secret rotation.Secret, by string) {
	k := i.add(i.users[name], id, secret.Reveal(), i.now())
	k.usableAt = i.now().Add(i.Settling.Propagation.draw(i.random))
	i.record(k, rotation.Active, KeyChange{At: i.now(), Key: id, User: name, What: Created, By: by}, 0)
}

// CreateKeyByHand is a person creating a key in the console.
func (i *IAM) CreateKeyByHand(name string) (rotation.NewAccessKey, error) { return i.create(name) }

// SetStatusByHand is a person making a key Active or Inactive. Also ErrNoSuchKey.
func (i *IAM) SetStatusByHand(name string, id rotation.KeyID, status rotation.KeyStatus) error {
	return i.setStatus(name, id, status)
}

// QuarantinePolicy is what AWS attaches to a user whose key it has found in public.
const QuarantinePolicy = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"

// SetQuarantine is AWS attaching that, or with no time a person detaching it.
func (i *IAM) SetQuarantine(name string, since time.Time) { i.users[name].quarantined = since }

// QuarantinedSince is since when it is attached; zero: it isn't.
func (i *IAM) QuarantinedSince(name string) time.Time { return i.users[name].quarantined }

// MoveByHand is a person giving a user another path.
func (i *IAM) MoveByHand(name, path string) { i.users[name].path = path }

// DeleteUserByHand is a person deleting a user, the keys first, as IAM demands.
func (i *IAM) DeleteUserByHand(name string) {
	for _, key := range i.Present(name) {
		i.remove(name, key.ID)
	}
	delete(i.users, name)
}

// DeleteByHand is a person deleting a key.
func (i *IAM) DeleteByHand(name string, id rotation.KeyID) { i.remove(name, id) }
