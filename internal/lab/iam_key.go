package lab

import (
	"time"

	"qovery-key-rotation/internal/rotation"
)

// deleted is the state of a key that existed once.
const deleted rotation.KeyStatus = "deleted"

type key struct {
	id        rotation.KeyID
	user      string
	secret    string
	createdAt time.Time // in whole seconds, as IAM tells it
	states    history[rotation.KeyStatus]
	changes   []KeyChange

	usableAt time.Time
	worked   int // how often it was accepted, as far as refuses needs to know
	refuses  int // after so many accepted uses it refuses one; 0: never
	uses     []use
	first    use // by anything but the rotation, which only asks STS
}

func (k *key) answer() rotation.NewAccessKey {
	return rotation.NewAccessKey{
		AccessKey: rotation.AccessKey{ID: k.id, Status: k.states.latest(), CreatedAt: k.createdAt},
		Secret:    rotation.NewSecret(k.secret),
	}
}

// newKey makes a key that works at once; nobody sees it before its first state.
func (i *IAM) newKey(owner *user, createdAt time.Time) *key {
	id := rotation.KeyID("AKIA" + letters(i.random, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
	return i.add(owner, id, letters(i.random, 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
		createdAt)
}

func (i *IAM) add(owner *user, id rotation.KeyID, secret string, createdAt time.Time) *key {
	k := &key{id: id, user: owner.name, secret: secret, createdAt: createdAt.UTC().Truncate(time.Second)}
	owner.keys = append(owner.keys, k)
	i.keys[k.id] = k
	i.order = append(i.order, k)
	return k
}

// change brings a key into a state and tells the observers.
func (i *IAM) change(k *key, state rotation.KeyStatus, what string) {
	sent := i.sent
	if sent.IsZero() {
		sent = i.now()
	}
	i.record(k, state, KeyChange{At: i.now(), Sent: sent, Key: k.id, User: k.user, What: what, By: i.wire.Actor()},
		i.Settling.Lists.draw(i.random))
}

func (i *IAM) record(k *key, state rotation.KeyStatus, change KeyChange, lag time.Duration) {
	k.states.add(change.At, lag, state)
	k.changes = append(k.changes, change)
	for _, observe := range i.observers {
		observe(change)
	}
}

func letters(random chance, n int, alphabet string) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(text)
}
