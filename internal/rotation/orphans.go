package rotation

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Rule 4 gives a key that an attempt of unknown outcome may have created this
// much room before the attempt (clocks differ) and after it (effects land late).
const (
	orphanBefore = time.Minute
	orphanAfter  = Settling
)

// further returns the keys that the record does not know: neither named by it,
// nor there when it began.
func (r *Record) further(keys []AccessKey) []AccessKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k AccessKey) bool {
		return k.ID == r.OldKey || k.ID == r.NewKey || slices.Contains(r.KnownKeys, k.ID)
	})
}

// isOrphan is rule 4 for a key that the record does not name: it may be deleted
// only if no location holds it, it was never used, and was created when an attempt of
// this record whose outcome is unknown may have created it.
func (r *Record) isOrphan(key AccessKey, held, used bool) bool {
	if held || used || slices.Contains(r.KnownKeys, key.ID) || key.ID == r.OldKey {
		return false
	}
	return slices.ContainsFunc(r.Attempts, func(attempt time.Time) bool {
		return !key.CreatedAt.Before(attempt.Add(-orphanBefore)) && !key.CreatedAt.After(attempt.Add(orphanAfter))
	})
}

// Orphans is what it takes to tell a key that a lost creation left behind from
// one that is somebody else's.
type Orphans struct {
	Usage UsageLog
	Trail Trail
	// CreatedBy is the ARN of the role that function createkey runs with.
	CreatedBy string
}

// isOurs holds rule 4. Where CloudTrail knows who created the key, that must have
// been this system; while it may not know yet, nobody does.
func (o Orphans) isOurs(ctx context.Context, record *Record, key AccessKey, locations []Location, now time.Time) (bool,
	error) {
	use, err := o.Usage.LastUse(ctx, record.IAMUser, key.ID)
	if err != nil {
		return false, err
	}
	if !record.isOrphan(key, len(holders(locations, key.ID)) > 0, !use.At.IsZero()) {
		return false, nil
	}
	creator, err := o.Trail.Creator(ctx, key.ID, key.CreatedAt)
	if err != nil {
		return false, err
	}
	if known := key.CreatedAt.Add(trailLag); creator == "" && now.Before(known) {
		return false, fault.Errorf(fault.IAMSettling, "CloudTrail says by %s whether a lost CreateAccessKey created the "+
			"key %s, or somebody else did", words.Time(known, time.TimeOnly), key.ID)
	}
	return creator == "" || creator == o.CreatedBy, nil
}

// deleteOrphans deletes the keys that earlier creations left behind, each under
// rule 4, and returns the further keys that it may not delete.
func (c *claim) deleteOrphans(ctx context.Context, orphans Orphans, listed []AccessKey,
	organization OrganizationReader) (left []AccessKey, err error) {
	further := c.further(listed)
	if len(further) == 0 {
		return nil, nil
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range further {
		ours, err := orphans.isOurs(ctx, &c.Record, key, locations, c.now())
		if err != nil {
			return nil, err
		}
		if !ours {
			left = append(left, key)
			continue
		}
		if err := c.deleteOrphan(ctx, key.ID); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// deleteOrphan deletes one. That it may be there the record's attempts say.
func (c *claim) deleteOrphan(ctx context.Context, id KeyID) error {
	how, err := c.effects().deleteKey(ctx, id)
	if err != nil {
		return err
	}
	c.guard.Log.InfoContext(ctx, "orphan deleted", "key", id.String(), "rotation", c.RotationID)
	return c.finish(ctx, Discard, observed{how: how}, func(r *Record) { r.forget(id) })
}
