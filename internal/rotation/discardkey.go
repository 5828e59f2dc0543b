package rotation

import (
	"context"

	"qovery-key-rotation/internal/rotation/fault"
)

// DiscardKey deletes the new key and its secret, and closes the record: nothing
// is different from before the rotation. It never does so once the update of
// the locations has begun.
type DiscardKey struct {
	Guard
	Keys    KeyReader
	Orphans Orphans
	Qovery  QoveryReader
}

// Run ends the rotation, unchanged.
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
		if err := c.discardNewKey(ctx, organization); err != nil {
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
	if _, err := c.deleteOrphans(ctx, s.Orphans, keys, organization); err != nil {
		return err
	}
	return c.sweepSecrets(ctx)
}

// discardNewKey deletes the record's new key and its staged secret (rules 2, 4
// and 5), and forgets it.
func (c *claim) discardNewKey(ctx context.Context, organization OrganizationReader) error {
	if c.begun(Update) {
		return fault.Errorf(fault.UpdateFailed,
			"The update of the locations has begun, so the new key %s is never discarded", c.NewKey)
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		return err
	}
	if err := requireNotHeld(locations, c.NewKey, fault.UnexpectedAccessKey, "new key "+c.NewKey.Text()); err != nil {
		return err
	}
	do, err := c.begin(ctx, Discard, "")
	if err != nil {
		return err
	}
	how, err := do.deleteKey(ctx, c.NewKey)
	if err != nil {
		return err
	}
	if err := do.unstage(ctx, c.NewKey); err != nil {
		return err
	}
	return do.done(ctx, observed{how: how}, func(r *Record) {
		if !r.done(Create) {
			r.Unstaged = c.now()
		}
		r.forget(r.NewKey)
		r.NewKey = ""
		delete(r.Marks, Create)
	})
}

// forget notes that a key was discarded. IAM's lists may show it for some time
// yet, and it is no stranger then.
func (r *Record) forget(id KeyID) {
	r.KnownKeys = append(r.KnownKeys, id)
	r.Marks[Discard] = Mark{Done: r.Marks[Discard].Done, How: r.Marks[Discard].How}
}
