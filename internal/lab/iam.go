package lab

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// keysPerUser is IAM's limit. An Inactive key counts, too.
const keysPerUser = 2

// IAM is AWS's IAM with STS, for one account. Writes act on the truth at once;
// lists show it some time later; a new key works later still.
type IAM struct {
	Settling Settling
	Path     string // of the users whom the functions may do anything about

	wire      *Wire
	random    chance
	account   string
	users     map[string]*user
	keys      map[rotation.KeyID]*key
	order     []*key // all keys that ever existed, oldest first
	observers []func(KeyChange)
	sent      time.Time // when the request was sent that is being carried out; zero: now
}

var (
	_ rotation.Keys       = (*IAM)(nil)
	_ rotation.UsageLog   = (*IAM)(nil)
	_ rotation.Identities = (*IAM)(nil)
)

// Settling says how long IAM takes to agree with itself. It may be changed while
// the world runs; what has changed before keeps its lag.
type Settling struct {
	Lists       Range         // from a change to the lists that show it
	Propagation Range         // from a key's creation to its first use
	Relapse     float64       // how likely a new key is refused once more after it has worked
	Usage       time.Duration // from a use to the moment when it is known
}

// UsualSettling is what IAM does on a good day.
func UsualSettling() Settling {
	return Settling{
		Lists:       Range{0, 3 * time.Second},
		Propagation: Range{3 * time.Second, 15 * time.Second},
		Relapse:     0.25,
		Usage:       15 * time.Minute,
	}
}

type user struct {
	name, path  string
	keys        []*key    // those that exist, oldest first
	quarantined time.Time // since when, by AWS, which found a key in public; zero: not
}

// NewIAM opens an account without users.
func NewIAM(wire *Wire, account string, seed uint64) *IAM {
	return &IAM{
		Settling: UsualSettling(),
		Path:     "/",
		wire:     wire,
		random:   newRandom(seed, iamStream),
		account:  account,
		users:    map[string]*user{},
		keys:     map[rotation.KeyID]*key{},
	}
}

// AddUser adds an IAM user without keys. A path is "/" or "/some/path/".
func (i *IAM) AddUser(name, path string) { i.users[name] = &user{name: name, path: path} }

// List returns the user's keys as the lists show them by now.
func (i *IAM) List(ctx context.Context, name string) ([]rotation.AccessKey, error) {
	return ask(ctx, i, Call{Site: "iam.ListAccessKeys"}, name, func(at time.Time) ([]rotation.AccessKey, error) {
		if i.users[name] == nil {
			return nil, fault.NoUser(name)
		}
		return i.listed(name, at), nil
	})
}

func (i *IAM) listed(name string, at time.Time) (seen []rotation.AccessKey) {
	for _, k := range i.order {
		if state, ok := k.states.asSeen(at); ok && k.user == name && state != deleted {
			seen = append(seen, rotation.AccessKey{ID: k.id, Status: state, CreatedAt: k.createdAt})
		}
	}
	return seen
}

// Quarantine returns the policies that AWS has attached to the user.
func (i *IAM) Quarantine(ctx context.Context, name string) ([]string, error) {
	return ask(ctx, i, Call{Site: "iam.ListAttachedUserPolicies"}, name, func(time.Time) ([]string, error) {
		switch owner := i.users[name]; {
		case owner == nil:
			return nil, fault.NoUser(name)
		case !owner.quarantined.IsZero():
			return []string{QuarantinePolicy}, nil
		}
		return nil, nil
	})
}

// Create makes a key.
func (i *IAM) Create(ctx context.Context, name string) (rotation.NewAccessKey, error) {
	return ask(ctx, i, Call{Site: "iam.CreateAccessKey", Write: true}, name,
		func(time.Time) (rotation.NewAccessKey, error) {
			return i.create(name)
		})
}

// SetStatus makes a key Active or Inactive.
func (i *IAM) SetStatus(ctx context.Context, name string, id rotation.KeyID, status rotation.KeyStatus) error {
	sent := i.now()
	_, err := ask(ctx, i, Call{Site: "iam.UpdateAccessKey", Write: true}, name, func(time.Time) (struct{}, error) {
		i.sent = sent
		defer func() { i.sent = time.Time{} }()
		return struct{}{}, i.setStatus(name, id, status)
	})
	return err
}

// Delete deletes a key, and tells whether it did.
func (i *IAM) Delete(ctx context.Context, name string, id rotation.KeyID) (deleted bool, err error) {
	sent := i.now()
	return ask(ctx, i, Call{Site: "iam.DeleteAccessKey", Write: true}, name, func(time.Time) (bool, error) {
		i.sent = sent
		defer func() { i.sent = time.Time{} }()
		return i.remove(name, id), nil
	})
}

// ask sends a request about a user. IAM authorizes before it looks, and on the path
// that the user has; of a user who doesn't exist it knows none.
func ask[T any](ctx context.Context, i *IAM, call Call, name string, carryOut func(at time.Time) (T, error)) (T,
	error) {
	return fetch(ctx, i.wire, call, func(at time.Time) (answer T, err error) {
		path := "/"
		if owner := i.users[name]; owner != nil {
			path = owner.path
		}
		if path != i.Path {
			return answer, fault.Errorf(fault.AccessDenied, "AWS denies %s on resource: %s", call.Site,
				i.Resource(name)).OfUser(name)
		}
		return carryOut(at)
	})
}

// Resource is what IAM authorizes on in a request about a user.
func (i *IAM) Resource(name string) string {
	if owner := i.users[name]; owner != nil {
		return "arn:aws:iam::" + i.account + ":user" + owner.path + name
	}
	return "user " + name
}

func (i *IAM) create(name string) (rotation.NewAccessKey, error) {
	owner := i.users[name]
	switch {
	case owner == nil:
		return rotation.NewAccessKey{}, fault.NoUser(name)
	case len(owner.keys) >= keysPerUser:
		return rotation.NewAccessKey{},
			fault.Errorf(fault.KeyLimitReached, "The IAM user %s has %d access keys", name, len(owner.keys))
	}
	k := i.newKey(owner, i.now())
	k.usableAt = i.now().Add(i.Settling.Propagation.draw(i.random))
	k.refuses = i.drawRelapse()
	i.change(k, rotation.Active, Created)
	return k.answer(), nil
}

func (i *IAM) setStatus(name string, id rotation.KeyID, status rotation.KeyStatus) error {
	k := i.existing(name, id)
	if k == nil {
		return rotation.ErrNoSuchKey
	}
	if k.states.latest() == status {
		return nil
	}
	what := Activated
	if status == rotation.Inactive {
		what = Deactivated
	}
	i.change(k, status, what)
	return nil
}

func (i *IAM) remove(name string, id rotation.KeyID) (removed bool) {
	k := i.existing(name, id)
	if k == nil {
		return false
	}
	owner := i.users[name]
	owner.keys = slices.DeleteFunc(owner.keys, func(other *key) bool { return other == k })
	i.change(k, deleted, Deleted)
	return true
}

// existing returns the user's key, unless it is gone.
func (i *IAM) existing(name string, id rotation.KeyID) *key {
	k := i.keys[id]
	if k == nil || k.user != name || k.states.latest() == deleted {
		return nil
	}
	return k
}

func (i *IAM) now() time.Time { return i.wire.timeline.Now() }
