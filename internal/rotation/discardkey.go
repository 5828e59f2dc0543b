package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// DiscardKey deletes the new key and its secret, and closes the record: nothing
// is different from before the rotation. It never does so once the update of
// the locations has begun.
type DiscardKey struct {
	Guard
	Keys    Keys
	Orphans Orphans
	Qovery  Qovery
	Staging Staging
}

// Run ends the rotation clean.
func (s DiscardKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	item, err := s.ended(ctx, call)
	if err != nil || item != nil && item.Outcome == Discarded {
		return doc, err
	}
	err = s.hold(ctx, call, &doc, func(c *claim) error {
		if err := s.discard(ctx, c, doc); err != nil {
			return err
		}
		doc.Error.amend(c.keysInPlace())
		return c.close(ctx, Discarded, nil)
	})
	return doc, err
}

func (s DiscardKey) discard(ctx context.Context, c *claim, doc Document) error {
	organization, err := s.Qovery.Open(ctx, doc.Settings)
	if err != nil {
		return err
	}
	if c.NewKey != "" {
		if err := discardNewKey(ctx, c, s.Keys, s.Staging, organization); err != nil {
			return err
		}
	}
	if err := c.requireSettled(c.now()); err != nil {
		return err
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return err
	}
	// A key that is not this rotation's is somebody else's, and stays.
	if _, err := deleteOrphans(ctx, c, s.Keys, s.Orphans, keys, organization); err != nil {
		return err
	}
	return sweepSecrets(ctx, c.Record, s.Staging, c.now())
}

// discardNewKey deletes the record's new key and its staged secret (rules 2, 4
// and 5), and forgets it.
func discardNewKey(ctx context.Context, c *claim, keys Keys, staging Staging, organization Organization) error {
	if c.begun(Update) {
		return fault.Errorf(fault.UpdateFailed, "The update of the locations has begun, so the new key %s is never discarded",
			c.NewKey)
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		return err
	}
	if err := requireNotHeld(locations, c.NewKey, fault.UnexpectedAccessKey, "new"); err != nil {
		return err
	}
	found := c.Marks[Discard].foundSo()
	if err := c.begin(ctx, Discard, ""); err != nil {
		return err
	}
	how, err := deleteKey(ctx, keys, c.IAMUser, c.NewKey)
	if err != nil {
		return err
	}
	if how == Found {
		how = found
	}
	if err := staging.Delete(ctx, c.NewKey); err != nil {
		return err
	}
	c.guard.Log.InfoContext(ctx, "new key discarded", "how", string(how), "key", c.NewKey.String(), "rotation",
		c.RotationID)
	return c.mark(ctx, func(r *Record) {
		if !r.done(Create) {
			r.Unstaged = c.now()
		}
		r.forget(r.NewKey, how, c.now())
		r.NewKey = ""
		delete(r.Marks, Create)
	})
}

// forget notes that a key was deleted. IAM's lists may show it for some time
// yet, and it is no stranger then.
func (r *Record) forget(id KeyID, how How, now time.Time) {
	r.KnownKeys = append(r.KnownKeys, id)
	r.Marks[Discard] = Mark{Done: now, How: how}
}
