package rotation

import (
	"context"
	"errors"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// ReactivateKey makes the old key Active again, if this record made it Inactive
// (states ReactivateKey and RestoreOldKey). A key that a person deactivated
// stays as it is: that person had a reason. So does one that leaked.
type ReactivateKey struct {
	Guard
	Keys KeyReader
}

const (
	confirmEvery  = 5 * time.Second
	confirmWithin = 30 * time.Second
)

// Run leaves the old key as Active as it was before this record touched it.
func (s ReactivateKey) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		if c.mayReactivate() {
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
	do, err := c.begin(ctx, Reactivate, "")
	if err != nil {
		return err
	}
	err = do.setStatus(ctx, Active)
	if errors.Is(err, ErrNoSuchKey) {
		return fault.Errorf(fault.OldKeyLost, "The %s does not exist any more", c.Outgoing())
	}
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, c); err != nil {
		return err
	}
	if c.mayLand(Deactivate) || c.mayLand(Delete) {
		return fault.Errorf(fault.IAMSettling, "The %s was made Active; a request to deactivate or delete it had "+
			"no answer, and may yet land", c.Outgoing())
	}
	// IAM does not tell whether it was Active already, and a list before the request
	// would be one more that may fail on the way back.
	return do.done(ctx, observed{how: Unclear, saw: Active}, func(r *Record) {
		for _, undone := range []Effect{Deactivate, Verify, Delete} {
			delete(r.Marks, undone)
		}
	})
}

// mayLand tells whether a request that had no answer may yet have its effect, also
// when one after it was answered.
func (c *claim) mayLand(e Effect) bool { return c.now().Sub(c.Marks[e].unanswered()) < Settling }

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
			return fault.Errorf(fault.IAMSettling, "The %s was made Active, and IAM still lists it otherwise", c.Outgoing())
		}
		if err := s.Clock.Sleep(ctx, confirmEvery); err != nil {
			return err
		}
	}
}
