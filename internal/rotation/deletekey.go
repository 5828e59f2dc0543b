package rotation

import (
	"context"
	"time"
)

// DeleteKey deletes the old key. Nothing brings it back.
type DeleteKey struct {
	Guard
	Keys   Keys
	Qovery Qovery
}

// Run leaves the user without the old key.
func (s DeleteKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, func(c *claim) error {
		if c.done(Delete) {
			return nil
		}
		if err := s.check(ctx, c, doc); err != nil {
			return err
		}
		// Also when it is not listed any more: one list that lags proves nothing.
		return c.effect(ctx, Delete, func() error { return s.Keys.Delete(ctx, c.IAMUser, c.OldKey) })
	})
	return doc, err
}

// check holds rules 2 and 3 against live state.
func (s DeleteKey) check(ctx context.Context, c *claim, doc Document) error {
	if _, _, err := c.requireReleased(ctx, s.Qovery, doc.Settings, Organization.Locations); err != nil {
		return err
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return err
	}
	if err := c.requireNewKey(keys, c.now()); err != nil {
		return err
	}
	old, _ := findKey(keys, c.OldKey)
	if err := c.requireOldKeyInactive(old, c.now()); err != nil {
		return err
	}
	return c.requireObserved(doc)
}

// requireObserved makes sure that the old key was Inactive for the observation
// period, by this rotation, and that the deployment was verified meanwhile.
func (c *claim) requireObserved(doc Document) error {
	if !c.done(Deactivate) || !c.done(Verify) {
		return Errorf(OldKeyActive, "The old key %s was not deactivated and verified by this rotation", c.OldKey)
	}
	if ends := doc.observationEnds(c.Record); c.now().Before(ends) {
		return Errorf(TooEarly, "The observation period ends in %s", ends.Sub(c.now()).Round(time.Second))
	}
	return nil
}
