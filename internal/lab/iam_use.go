package lab

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// use is a moment at which a key worked.
type use struct {
	at      time.Time
	service string
}

// Authenticate tells whether AWS accepts a request signed with the key now. It
// counts as one of the first uses, after which a new key may be refused once
// more, but leaves no trace in the usage log.
func (i *IAM) Authenticate(id rotation.KeyID, secret rotation.Secret) bool {
	k := i.keys[id]
	return k != nil && k.secret == secret.Reveal() && k.accepts(i.now())
}

// Works tells whether AWS accepts the key now, without using it.
func (i *IAM) Works(id rotation.KeyID) bool {
	k := i.keys[id]
	return k != nil && k.states.latest() == rotation.Active && !i.now().Before(k.usableAt)
}

// Use authenticates a consumer and, where the key works, writes the usage log.
func (i *IAM) Use(id rotation.KeyID, secret rotation.Secret, service string) bool {
	if !i.Authenticate(id, secret) {
		return false
	}
	i.keys[id].log(i.now(), service, i.Settling.Usage)
	return true
}

// LastUse returns the latest use that the log knows by now.
func (i *IAM) LastUse(ctx context.Context, name string, id rotation.KeyID) (rotation.Use, error) {
	return ask(ctx, i, Call{Site: "iam.GetAccessKeyLastUsed"}, name, func(at time.Time) (rotation.Use, error) {
		k := i.existing(name, id)
		if k == nil {
			return rotation.Use{}, fault.Errorf(fault.IAMSettling, "IAM does not know the last use of the key %s", id)
		}
		return k.lastUse(at, i.Settling.Usage), nil
	})
}

// CallerIdentity tells whose key it is. The question is itself a use.
func (i *IAM) CallerIdentity(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (rotation.Identity,
	error) {
	call := Call{Site: "sts.GetCallerIdentity", Consistent: true}
	return fetch(ctx, i.wire, call, func(time.Time) (rotation.Identity, error) {
		if !i.Use(id, secret, "sts") {
			return rotation.Identity{}, rotation.ErrKeyRefused
		}
		return rotation.Identity{Account: i.account, ARN: i.Resource(i.keys[id].user)}, nil
	})
}

// accepts decides as the data plane does. A deactivation or deletion is known
// there at once, a new key after its propagation.
func (k *key) accepts(now time.Time) bool {
	if k.states.latest() != rotation.Active || now.Before(k.usableAt) {
		return false
	}
	if k.refuses == 0 {
		return true
	}
	if k.worked == k.refuses {
		k.refuses = 0
		return false
	}
	k.worked++
	return true
}

// drawRelapse decides after how many accepted uses a new key is refused once
// more. It happens among the first three or not at all, so that whoever waits
// for three successes in a row can rely on the key.
func (i *IAM) drawRelapse() int {
	if i.random.Float64() >= i.Settling.Relapse {
		return 0
	}
	return 1 + i.random.IntN(2)
}

const (
	enoughUses = 64               // before the log is cleaned
	memory     = 10 * time.Minute // how far back stale reads may look
)

// log writes down a use, once for each moment, and forgets those that no reader
// can see behind a later one any more.
func (k *key) log(at time.Time, service string, lag time.Duration) {
	if n := len(k.uses); n > 0 && k.uses[n-1].at.Equal(at) {
		return
	}
	k.uses = append(k.uses, use{at, service})
	if k.first.at.IsZero() && service != "sts" {
		k.first = use{at, service}
	}
	if len(k.uses) < enoughUses || len(k.uses) < cap(k.uses) {
		return
	}
	if known := k.known(at.Add(-lag - memory)); known > 0 {
		k.uses = append(k.uses[:0], k.uses[known:]...)
	}
}

// UsedLast returns when anything used the key last, up to a time; asked soon after
// that time, because uses are forgotten.
func (i *IAM) UsedLast(id rotation.KeyID, until time.Time) time.Time {
	k := i.keys[id]
	if k == nil {
		return time.Time{}
	}
	last := k.known(until)
	if last < 0 {
		return time.Time{}
	}
	return k.uses[last].at
}

// UsedFirst returns when anything but the rotation used the key first.
func (i *IAM) UsedFirst(id rotation.KeyID) time.Time {
	k := i.keys[id]
	if k == nil {
		return time.Time{}
	}
	return k.first.at
}

// known is the index of the latest use up to a time, or -1.
func (k *key) known(until time.Time) int {
	for i := len(k.uses) - 1; i >= 0; i-- {
		if !k.uses[i].at.After(until) {
			return i
		}
	}
	return -1
}

func (k *key) lastUse(at time.Time, lag time.Duration) rotation.Use {
	last := k.known(at.Add(-lag))
	if last < 0 {
		return rotation.Use{}
	}
	return rotation.Use{At: k.uses[last].at, Service: k.uses[last].service, Region: "eu-west-3"}
}
