package rotation

import (
	"context"
	"errors"

	"qovery-key-rotation/internal/rotation/fault"
)

// CreateKey creates the new key and stages its secret. Before that it clears up
// what earlier tries left behind: a creation whose outcome is unknown, a discard
// that was begun, a new key whose secret was lost before it was handed out.
type CreateKey struct {
	Guard
	Keys    KeyReader
	Orphans Orphans
	Qovery  QoveryReader
	Staging StagingReader
}

// Run leaves the record with a new key whose secret is staged.
func (s CreateKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		if err := s.clearUp(ctx, c, doc); err != nil {
			return err
		}
		how := Unclear // an earlier run of this step staged the secret, or somebody else
		if c.NewKey == "" {
			stored, err := s.create(ctx, c)
			if err != nil {
				return err
			}
			if stored {
				how = Did
			}
		}
		doc.NewKey = c.NewKey.String()
		if c.done(Create) {
			return nil
		}
		return c.finish(ctx, Create, observed{how: how})
	})
	return doc, err
}

// clearUp leaves the record either with a new key that is staged, from an
// earlier run of this step, or without any.
func (s CreateKey) clearUp(ctx context.Context, c *claim, doc Document) error {
	organization, err := s.Qovery.Open(ctx, doc.Settings)
	if err != nil {
		return err
	}
	locations, err := organization.Editable(ctx)
	if err != nil {
		return err
	}
	listed, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return err
	}
	if err := c.requireOldKeyInService(listed, locations); err != nil {
		return err
	}
	if err := s.clearNewKey(ctx, c, organization); err != nil || c.NewKey != "" {
		return err
	}
	if err := c.requireSettled(c.now()); err != nil {
		return err
	}
	left, err := c.deleteOrphans(ctx, s.Orphans, listed, organization)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fault.Errorf(fault.UnexpectedAccessKey, "The IAM user %s has a key %s that this rotation did not create",
			c.IAMUser,
			left[0].ID)
	}
	return nil
}

// requireOldKeyInService makes sure that the key to replace is the one that
// Qovery uses now.
func (r *Record) requireOldKeyInService(keys []AccessKey, locations []Location) error {
	if err := r.requireFamiliar(locations); err != nil {
		return err
	}
	key, exists := findKey(keys, r.OldKey)
	switch {
	case r.moved(locations):
		return fault.Errorf(fault.MovedToRole, "Every location that held the old key %s was given a role", r.OldKey)
	case !exists || len(holders(locations, r.OldKey)) == 0:
		return fault.Errorf(fault.UnexpectedAccessKey, "The old key %s is not the key that Qovery uses any more", r.OldKey)
	case key.Status != Active && !r.oldLeaked():
		return fault.Errorf(fault.OldKeyInactive, "The old key %s is Inactive", r.OldKey)
	}
	return nil
}

// clearNewKey discards the record's new key, unless it is whole: then an earlier
// run of this step created it.
func (s CreateKey) clearNewKey(ctx context.Context, c *claim, organization OrganizationReader) error {
	if c.NewKey == "" {
		return nil
	}
	staged, err := s.Staging.Has(ctx, c.NewKey)
	if err != nil {
		return err
	}
	if staged && !c.begun(Discard) && !c.newLeaked() {
		return nil
	}
	return c.discardNewKey(ctx, organization)
}

// moreTries is how many keys a rotation may create after one that it had to
// throw away.
const moreTries = 2

// create sends one CreateAccessKey, when it is known that the secret can be
// staged, and stages it. The attempt is in the journal before it is sent, and
// stays there unless its outcome becomes known.
func (s CreateKey) create(ctx context.Context, c *claim) (stored bool, err error) {
	if n := c.thrownAway(); n > moreTries {
		return false, fault.Errorf(fault.CreationFailed, "This rotation created %d access keys and deleted each again, "+
			"because the answer was lost or its secret was not staged", n)
	}
	unstaged := c.Unstaged
	if err := s.proveStaging(ctx, c); err != nil {
		return false, err
	}
	attempt := c.now()
	do, err := c.noting(ctx, func(r *Record) {
		r.Marks[Create] = Mark{Begun: attempt}
		r.Attempts = append(r.Attempts, attempt)
		r.Unstaged = unstaged // nothing is left of the proof
	})
	if err != nil {
		return false, err
	}
	key, err := do.createKey(ctx)
	if err != nil {
		return false, s.notCreated(ctx, c, err)
	}
	if err := c.resolveAttempt(ctx, func(r *Record) { r.NewKey = key.ID }); err != nil {
		return false, err
	}
	return do.stage(ctx, key.ID, key.Secret)
}

// proof is what is staged for a moment, in place of a secret.
var proof = NewSecret("not a secret, but a proof that one can be staged")

// proveStaging makes sure that a secret can be staged, read and destroyed, before
// there is a key that depends on it. It uses the old key's parameter, which no
// other rotation uses and which holds nothing, and leaves it that way: a proof
// that is left behind, by a crash or by a write that took effect late, is
// destroyed by the next proof, or with the other secrets when the rotation ends.
func (s CreateKey) proveStaging(ctx context.Context, c *claim) error {
	if err := c.effects().unstage(ctx, c.OldKey); err != nil {
		return err
	}
	do, err := c.noting(ctx, func(r *Record) { r.Unstaged = c.now() })
	if err != nil {
		return err
	}
	if _, err := do.stage(ctx, c.OldKey, proof); err != nil {
		return err
	}
	read, err := s.Staging.Get(ctx, c.OldKey)
	switch {
	case errors.Is(err, ErrNotStaged), err == nil && !read.Equal(proof):
		return fault.Errorf(fault.MalformedAnswer, "A parameter was written to prove that a secret can be staged, and "+
			"does not hold what was written")
	case err != nil:
		return err
	}
	return do.unstage(ctx, c.OldKey)
}

// notCreated forgets an attempt that was not sent, or of which IAM says that it
// created nothing. Of any other the outcome is unknown: its key is found, and deleted,
// later.
func (s CreateKey) notCreated(ctx context.Context, c *claim, err error) error {
	coded := fault.AsError(err)
	switch coded.Code {
	case fault.StepBusy, fault.AccessDenied, fault.Throttled, fault.KeyLimitReached, fault.TargetNotFound:
	default:
		return fault.Errorf(fault.IAMSettling, "CreateAccessKey was sent and its outcome is unknown (%s)", coded.What)
	}
	if coded.Code == fault.KeyLimitReached && c.recently(Discard, c.now()) {
		coded = fault.Errorf(fault.IAMSettling, "IAM still counts a key that was deleted a moment ago")
	}
	if err := c.resolveAttempt(ctx, func(r *Record) { delete(r.Marks, Create) }); err != nil {
		return err
	}
	return coded
}

// resolveAttempt takes the latest attempt off the list of unknown outcomes.
func (c *claim) resolveAttempt(ctx context.Context, change func(*Record)) error {
	return c.mark(ctx, func(r *Record) {
		r.Attempts = r.Attempts[:len(r.Attempts)-1]
		change(r)
	})
}

// thrownAway is how many keys this rotation has created and deleted again. It
// began with one key, the old one, and knows those that it deleted since.
func (r *Record) thrownAway() int { return len(r.KnownKeys) - 1 }
