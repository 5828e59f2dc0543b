package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// UpdateCredentials puts the new key into every location that held the old one,
// reads each back, and destroys the staged secret.
type UpdateCredentials struct {
	Guard
	Keys    KeyReader
	Staging StagingReader
}

const (
	readBackEvery  = 5 * time.Second
	readBackWithin = 2 * time.Minute // Qovery's reads may be a minute stale

	// After the first location the new key is known to be good, and seconds old: where
	// Qovery tries it in another region, AWS may not know it yet.
	refusedFor  = 3 * time.Minute
	refusedThen = 15 * time.Second
)

// Run leaves all locations with the new key.
func (s UpdateCredentials) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		organization, err := c.open(ctx, doc.Settings)
		if err != nil {
			return err
		}
		locations, err := s.update(ctx, c, doc, organization)
		if err != nil {
			return err
		}
		doc.UpdatedAt = c.Marks[Update].Done
		held := holders(rotated(locations, doc.Settings.HandledElsewhere), c.NewKey)
		doc.ReadBack = newReadBack(held, c.missing(locations), c.now())
		return c.effects().unstage(ctx, c.NewKey)
	})
	return doc, err
}

// update returns the locations as they were read last.
func (s UpdateCredentials) update(ctx context.Context, c *claim, doc Document,
	organization OrganizationReader) ([]Location,
	error) {
	locations, err := organization.Editable(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.requireFamiliar(locations); err != nil {
		return nil, err
	}
	mine := rotated(locations, doc.Settings.HandledElsewhere)
	how, pending := Did, holders(mine, c.OldKey)
	if len(pending) == 0 || len(holders(mine, c.NewKey)) > 0 {
		how = c.Marks[Update].foundSo() // there is a location that this run does not give it to
	}
	if len(pending) == 0 {
		return s.alreadyUpdated(ctx, c, organization, locations, how)
	}
	do, err := s.putAll(ctx, c, pending)
	if err != nil {
		return nil, err
	}
	locations, err = s.readBack(ctx, c, organization, pending)
	if err != nil {
		return nil, err
	}
	return locations, do.done(ctx, observed{how: how})
}

// alreadyUpdated ends the step when no location holds the old key. The secret is
// destroyed after it, so every location that was to be rotated must show the new
// key; one that is not listed may be gone, or the list may be short.
func (s UpdateCredentials) alreadyUpdated(
	ctx context.Context, c *claim, organization OrganizationReader, locations []Location, how How,
) ([]Location, error) {
	if len(c.missing(locations)) > 0 {
		if err := s.Clock.Sleep(ctx, afterUpdate); err != nil {
			return nil, err
		}
		again, err := organization.Editable(ctx)
		if err != nil {
			return nil, err
		}
		if len(c.missing(again)) != len(c.missing(locations)) || len(holders(again, c.OldKey)) > 0 {
			return nil, fault.Errorf(fault.MalformedAnswer, "Qovery's lists of locations don't agree with each other")
		}
		locations = again
	}
	if c.done(Update) {
		return locations, nil
	}
	return locations, c.finish(ctx, Update, observed{how: how})
}

// missing are the locations to rotate that are not listed.
func (r *Record) missing(locations []Location) []LocationRef {
	return slices.DeleteFunc(slices.Clone(r.Locations), func(ref LocationRef) bool {
		return slices.ContainsFunc(locations, func(l Location) bool { return l.Kind == ref.Kind && l.ID == ref.ID })
	})
}

// putAll puts the new key into the locations that hold the old one.
func (s UpdateCredentials) putAll(ctx context.Context, c *claim, pending []Location) (*effects, error) {
	listed, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return nil, err
	}
	if err := c.requireNewKey(listed, c.now()); err != nil {
		return nil, err
	}
	secret, err := s.Staging.Get(ctx, c.NewKey)
	if errors.Is(err, ErrNotStaged) {
		return nil, fault.Errorf(fault.StagedSecretLost,
			"The secret of the new key %s is not staged any more, and %s the old key", c.NewKey, holding(pending))
	}
	if err != nil {
		return nil, err
	}
	do, err := c.begin(ctx, Update, "")
	if err != nil {
		return nil, err
	}
	for i, location := range pending {
		err := s.put(ctx, do, location.LocationRef, secret, i > 0)
		var refused *Refusal
		if errors.As(err, &refused) {
			return nil, do.refused(ctx, location, refused, i == 0)
		}
		if err != nil {
			return nil, err
		}
		s.Log.InfoContext(ctx, "location updated", "kind", string(location.Kind), "id", location.ID, "newKey",
			c.NewKey.String(), "rotation", c.RotationID)
	}
	return do, nil
}

// put puts the key into one location. Where patient, a refusal is tried again for a
// while before it counts; of the first PUT it counts at once, because it was sent once.
func (s UpdateCredentials) put(ctx context.Context, do *effects, ref LocationRef, secret Secret, patient bool) error {
	for end := s.now().Add(refusedFor); ; {
		err := do.putKey(ctx, ref, secret)
		var refused *Refusal
		if !patient || !errors.As(err, &refused) || !s.now().Before(end) {
			return err
		}
		s.Log.WarnContext(ctx, "location refused the key, tried again", "kind", string(ref.Kind), "id", ref.ID, "error", err)
		if err := s.Clock.Sleep(ctx, refusedThen); err != nil {
			return err
		}
	}
}

// refused ends an update that Qovery will not have. Rule 5: if it was the very
// first PUT, sent once, by the invocation that wrote "begun", nothing has changed
// anywhere, and "begun" is withdrawn; else the new key may be in use, and stays.
func (do *effects) refused(ctx context.Context, location Location, refused *Refusal, first bool) error {
	code := fault.UpdateFailed
	if first && do.before.Begun.IsZero() && do.withdraw(ctx) == nil {
		code = fault.UpdateRefused
	}
	return refused.of(code, location, "updated")
}

// readBack waits until Qovery's reads show the new key in every location, and
// returns that read.
func (s UpdateCredentials) readBack(ctx context.Context, c *claim, organization OrganizationReader,
	updated []Location) ([]Location, error) {
	for end := c.now().Add(readBackWithin); ; {
		locations, err := organization.Editable(ctx)
		if err != nil {
			return nil, err
		}
		stale := slices.DeleteFunc(slices.Clone(updated), func(u Location) bool {
			return slices.ContainsFunc(locations, func(l Location) bool {
				return l.Kind == u.Kind && l.ID == u.ID && l.Key == c.NewKey
			})
		})
		if len(stale) == 0 {
			return locations, nil
		}
		if !c.now().Before(end) {
			return nil,
				fault.Errorf(fault.UpdateFailed, "%s took the new key, and after %s Qovery still does not show it there",
					names(stale),
					target.Duration(readBackWithin))
		}
		if err := s.Clock.Sleep(ctx, readBackEvery); err != nil {
			return nil, err
		}
	}
}
