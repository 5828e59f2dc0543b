package rotation

import (
	"context"

	"qovery-key-rotation/internal/rotation/fault"
)

// effects are what a claim can change, each by one request that is sent in time.
// They are handed out when the journal says that an effect is begun.
type effects struct {
	claim  *claim
	kind   Effect
	before Mark // what the journal said of the effect
}

// begin writes that an effect on a key is begun, with what the old key was seen to
// be before it, and hands out what can cause it. It is written before the first
// request that could have the effect, and again before each further one: how late
// one may land is counted from the last. An effect that was begun and not done is
// caused again: all are safe to repeat.
func (c *claim) begin(ctx context.Context, e Effect, saw KeyStatus) (*effects, error) {
	before := c.Marks[e]
	do, err := c.noting(ctx, func(r *Record) { r.Marks[e] = before.again(c.now(), saw) })
	if err != nil {
		return nil, err
	}
	do.kind, do.before = e, before
	return do, nil
}

// noting writes what the journal is to know before an effect that it has a word of
// its own for.
func (c *claim) noting(ctx context.Context, change func(*Record)) (*effects, error) {
	if err := c.mark(ctx, change); err != nil {
		return nil, err
	}
	return c.effects(), nil
}

// effects hands out what can cause effects that the journal knows of already, or
// need not know: where a secret is destroyed once more, nothing is left to find out.
func (c *claim) effects() *effects { return &effects{claim: c} }

// done writes that the effect is done.
func (do *effects) done(ctx context.Context, o observed, also ...func(*Record)) error {
	return do.claim.finish(ctx, do.kind, o, also...)
}

// withdraw puts the effect's mark back to what it was before the effect was begun,
// where it is certain that no request had it, or can yet have it. Only who began an
// effect has it to withdraw.
func (do *effects) withdraw(ctx context.Context) error {
	return do.claim.withdraw(ctx, do.kind, do.before)
}

// createKey sends one CreateAccessKey.
func (do *effects) createKey(ctx context.Context) (key NewAccessKey, err error) {
	if err := do.claim.inTime(); err != nil {
		return key, err
	}
	return do.claim.guard.writers.Keys.Create(ctx, do.claim.IAMUser)
}

// setStatus makes the old key Active or Inactive; Active never if it leaked (rule 10).
func (do *effects) setStatus(ctx context.Context, status KeyStatus) error {
	if status != Inactive && do.claim.oldLeaked() {
		return fault.Errorf(fault.StepBusy, "The old key %s leaked, and is not made Active again", do.claim.OldKey)
	}
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.guard.writers.Keys.SetStatus(ctx, do.claim.IAMUser, do.claim.OldKey, status)
}

// deleteKey deletes a key, and says whether it did or found it gone, which may be
// an earlier request's doing.
func (do *effects) deleteKey(ctx context.Context, id KeyID) (How, error) {
	if err := do.claim.inTime(); err != nil {
		return "", err
	}
	deleted, err := do.claim.guard.writers.Keys.Delete(ctx, do.claim.IAMUser, id)
	if deleted {
		return Did, err
	}
	return do.before.foundSo(), err
}

// stage stores a secret, and tells whether it did or found it there.
func (do *effects) stage(ctx context.Context, id KeyID, secret Secret) (stored bool, err error) {
	if err := do.claim.inTime(); err != nil {
		return false, err
	}
	return do.claim.guard.writers.Staging.Put(ctx, id, secret)
}

// unstage destroys a secret.
func (do *effects) unstage(ctx context.Context, id KeyID) error {
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.guard.writers.Staging.Delete(ctx, id)
}

// putKey puts the new key into a location.
func (do *effects) putKey(ctx context.Context, ref LocationRef, secret Secret) error {
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.organization.PutKey(ctx, ref, do.claim.NewKey, secret)
}

// giveRole puts a role into a registry or a Helm repository, in place of the key.
func (do *effects) giveRole(ctx context.Context, ref LocationRef, arn string) error {
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.organization.GiveRole(ctx, ref, arn)
}

// point points a cluster at other credentials.
func (do *effects) point(ctx context.Context, clusterID string, at LocationRef) error {
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.organization.Point(ctx, clusterID, at)
}

// deploy starts a cluster's deployment.
func (do *effects) deploy(ctx context.Context, clusterID string) error {
	if err := do.claim.inTime(); err != nil {
		return err
	}
	return do.claim.organization.Deploy(ctx, clusterID)
}
