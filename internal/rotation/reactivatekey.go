package rotation

import (
	"context"
	"errors"
	"time"
)

// ReactivateKey makes the old key Active again, if this record made it Inactive
// (states ReactivateKey and RestoreOldKey). A key that a person deactivated
// stays as it is: that person had a reason.
type ReactivateKey struct {
	Guard
	Keys Keys
}

const (
	// landsLate is how long a request without an answer may take to land.
	landsLate     = 2 * time.Minute
	confirmEvery  = 5 * time.Second
	confirmWithin = 30 * time.Second
)

// Run leaves the old key as Active as it was before this record touched it.
func (s ReactivateKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, func(c *claim) error {
		if c.deactivatedByUs() {
			if err := s.reactivate(ctx, c); err != nil {
				return err
			}
		}
		doc.Error.amend(c.keysInPlace())
		return nil
	})
	return doc, err
}

// reactivate makes the call whatever IAM's lists say, because they lag, and
// because a deactivation may land late.
func (s ReactivateKey) reactivate(ctx context.Context, c *claim) error {
	if err := c.begin(ctx, Reactivate); err != nil {
		return err
	}
	err := s.Keys.SetStatus(ctx, c.IAMUser, c.OldKey, Active)
	if errors.Is(err, ErrNoSuchKey) {
		return Errorf(OldKeyLost, "The old key %s does not exist any more", c.OldKey)
	}
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, c); err != nil {
		return err
	}
	if last := c.Marks[Deactivate]; last.Done.IsZero() && c.now().Sub(last.Begun) < landsLate {
		return Errorf(IAMSettling, "A deactivation of the old key %s had no answer, and may yet land", c.OldKey)
	}
	return c.finish(ctx, Reactivate, Deactivate, Verify, Delete)
}

// confirm waits until IAM lists the old key as Active.
func (s ReactivateKey) confirm(ctx context.Context, c *claim) error {
	for end := c.now().Add(confirmWithin); ; {
		keys, err := s.Keys.List(ctx, c.IAMUser)
		if err != nil {
			return err
		}
		if key, _ := findKey(keys, c.OldKey); key.Status == Active {
			return nil
		}
		if !c.now().Before(end) {
			return Errorf(IAMSettling, "The old key %s was made Active, and IAM still lists it otherwise", c.OldKey)
		}
		if err := s.Clock.Sleep(ctx, confirmEvery); err != nil {
			return err
		}
	}
}
