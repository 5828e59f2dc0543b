package lab

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/strictjson"
	"qovery-key-rotation/internal/rotation/target"
)

// SSM is the Parameter Store: targets, the organization's tokens, and the secrets
// that are staged. Its reads are consistent.
type SSM struct {
	wire    *Wire
	targets map[string][]byte
	tokens  map[string]rotation.Secret
	staged  map[rotation.KeyID]stagedSecret
}

var (
	_ rotation.Targets = (*SSM)(nil)
	_ rotation.Staging = (*SSM)(nil)
)

// stagedSecret holds the id beside the secret, as the parameter does.
type stagedSecret struct {
	id     rotation.KeyID
	secret rotation.Secret
}

// NewSSM opens an empty store.
func NewSSM(wire *Wire) *SSM {
	return &SSM{
		wire:    wire,
		targets: map[string][]byte{},
		tokens:  map[string]rotation.Secret{},
		staged:  map[rotation.KeyID]stagedSecret{},
	}
}

// SetTarget deploys a target's configuration, a JSON document that need not be right.
func (s *SSM) SetTarget(name string, document []byte) { s.targets[name] = document }

// SetToken puts an organization's API token into a parameter.
func (s *SSM) SetToken(parameter string, token rotation.Secret) { s.tokens[parameter] = token }

// Target reads and checks a target.
func (s *SSM) Target(ctx context.Context, name string) (target.Target, error) {
	return fetch(ctx, s.wire, Call{Site: "targets.Target", Consistent: true}, func(time.Time) (target.Target, error) {
		document, ok := s.targets[name]
		if !ok {
			return target.Target{}, fault.Errorf(fault.TargetNotFound, "There is no target %q", name)
		}
		read, err := target.Parse(document)
		if err != nil {
			return target.Target{}, target.Misconfigured("The target %q is configured wrongly: %s", name,
				strictjson.Line(err))
		}
		return read, nil
	})
}

// Token reads an organization's API token. A missing or empty one is TokenRefused.
func (s *SSM) Token(ctx context.Context, parameter string) (rotation.Secret, error) {
	return fetch(ctx, s.wire, Call{Site: "token.Read", Consistent: true}, func(time.Time) (rotation.Secret, error) {
		token := s.tokens[parameter]
		if token.Empty() {
			return token, fault.Errorf(fault.TokenRefused, "The parameter %s holds no token", parameter)
		}
		return token, nil
	})
}

// Put stages a secret, without overwriting, and tells whether it did.
func (s *SSM) Put(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (stored bool, err error) {
	return fetch(ctx, s.wire, Call{Site: "staging.Put", Write: true}, func(time.Time) (bool, error) {
		there, ok := s.staged[id]
		if ok && (there.id != id || !there.secret.Equal(secret)) {
			return false, fault.Errorf(fault.MalformedAnswer, "Another secret is staged for the key %s", id)
		}
		s.staged[id] = stagedSecret{id, secret}
		return !ok, nil
	})
}

// Readable finds out that secrets can be read.
func (s *SSM) Readable(ctx context.Context) error {
	return s.wire.do(ctx, Call{Site: "staging.Readable", Consistent: true}, func(time.Time) error { return nil })
}

// Has tells whether a secret is staged.
func (s *SSM) Has(ctx context.Context, id rotation.KeyID) (bool, error) {
	return fetch(ctx, s.wire, Call{Site: "staging.Has", Consistent: true}, func(time.Time) (bool, error) {
		_, ok := s.staged[id]
		return ok, nil
	})
}

// Get reads a staged secret.
func (s *SSM) Get(ctx context.Context, id rotation.KeyID) (rotation.Secret, error) {
	return fetch(ctx, s.wire, Call{Site: "staging.Get", Consistent: true}, func(time.Time) (rotation.Secret, error) {
		staged, ok := s.staged[id]
		switch {
		case !ok:
			return rotation.Secret{}, rotation.ErrNotStaged
		case staged.id != id:
			err := fault.Errorf(fault.MalformedAnswer, "The secret staged for the key %s is another's", id)
			err.Next = rotation.NextAfterWrongSecret()
			return rotation.Secret{}, err
		}
		return staged.secret, nil
	})
}

// Delete destroys a staged secret.
func (s *SSM) Delete(ctx context.Context, id rotation.KeyID) error {
	return s.wire.do(ctx, Call{Site: "staging.Delete", Write: true}, func(time.Time) error {
		delete(s.staged, id)
		return nil
	})
}

// Staged returns the ids of the keys whose secrets are staged now, sorted.
func (s *SSM) Staged() []rotation.KeyID {
	var ids []rotation.KeyID
	for id := range s.staged {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// StageByHand is a person writing into the parameter of one key what it is to
// hold: the id and secret of that key, or of another.
func (s *SSM) StageByHand(parameter, id rotation.KeyID, secret rotation.Secret) {
	s.staged[parameter] = stagedSecret{id, secret}
}

// UnstageByHand is a person deleting a staged secret.
func (s *SSM) UnstageByHand(id rotation.KeyID) { delete(s.staged, id) }
