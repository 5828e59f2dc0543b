package rotation

import "context"

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
