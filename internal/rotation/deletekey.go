package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// DeleteKey deletes the old key. Nothing brings it back.
type DeleteKey struct {
	Guard
	Keys   KeyReader
	Qovery QoveryReader
}

// Run leaves the user without the old key.
func (s DeleteKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		if c.done(Delete) {
			return nil
		}
		saw, err := s.check(ctx, c, doc)
		if err != nil {
			return err
		}
		// Also when it is not listed any more: one list that lags proves nothing.
		do, err := c.begin(ctx, Delete, saw)
		if err != nil {
			return err
		}
		how, err := do.deleteKey(ctx, c.OldKey)
		if err != nil {
			return err
		}
		return do.done(ctx, observed{how: how})
	})
	return doc, err
}

// check holds rules 2 and 3 against live state, and returns what IAM lists of the
// old key.
func (s DeleteKey) check(ctx context.Context, c *claim, doc Document) (KeyStatus, error) {
	if _, _, err := c.requireReleased(ctx, s.Qovery, doc.Settings, OrganizationReader.Locations); err != nil {
		return "", err
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return "", err
	}
	if err := c.requireNewKey(keys, c.now()); err != nil {
		return "", err
	}
	old, _ := findKey(keys, c.OldKey)
	if err := c.requireOldKeyInactive(old, c.now()); err != nil {
		return "", err
	}
	return statusIn(keys, c.OldKey), c.requireObserved(doc)
}

// requireObserved makes sure that the old key was Inactive for the observation
// period, by this rotation, and that the deployment was verified meanwhile.
func (c *claim) requireObserved(doc Document) error {
	if !c.done(Deactivate) || !c.done(Verify) {
		return fault.Errorf(fault.OldKeyActive, "The %s was not deactivated and verified by this rotation", c.Outgoing())
	}
	if ends := doc.observationEnds(c.Record); c.now().Before(ends) {
		return fault.Errorf(fault.TooEarly, "By the journal's clock the observation period ends in %s",
			ends.Sub(c.now()).Round(time.Second))
	}
	return nil
}
