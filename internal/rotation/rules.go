package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// How long IAM may lag and effects may land late. Absence counts only after it,
// and so does a status that contradicts what this rotation did.
const settling = 10 * time.Minute

// Rule 4 gives a key that an attempt of unknown outcome may have created this
// much room before the attempt (clocks differ) and after it (effects land late).
const (
	orphanBefore = time.Minute
	orphanAfter  = settling
)

// holders returns the locations that hold the key, those handled elsewhere
// included (rule 2 knows no exceptions).
func holders(locations []Location, id KeyID) []Location {
	var found []Location
	for _, location := range locations {
		if id != "" && location.Key == id {
			found = append(found, location)
		}
	}
	return found
}

// rotated leaves out the locations that a person changes by hand, and those of
// kinds that this system cannot change.
func rotated(locations []Location, handledElsewhere []string) []Location {
	return slices.DeleteFunc(managed(locations, handledElsewhere), func(l Location) bool { return !l.Rotatable })
}

// managed leaves out the locations that a person changes by hand.
func managed(locations []Location, handledElsewhere []string) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool {
		return slices.ContainsFunc(handledElsewhere, func(id string) bool { return strings.EqualFold(id, l.ID) })
	})
}

// names lists locations for a sentence.
func names(locations []Location) string {
	var list []string
	for _, l := range locations {
		list = append(list, fmt.Sprintf("%s %q (%s)", l.Kind, l.Name, l.ID))
	}
	return enumerate(list)
}

// enumerate lists up to five things, and counts the others.
func enumerate(list []string) string {
	const most = 5
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

// requireNotHeld is rule 2: a key that any location holds is never deactivated
// or deleted.
func requireNotHeld(locations []Location, id KeyID, code fault.Code, what string) error {
	if found := holders(locations, id); len(found) > 0 {
		return fault.Errorf(code, "The %s key %s is still held by %s", what, id, names(found))
	}
	return nil
}

// requireReleased holds rule 2 for the old key against the locations listed now,
// and makes sure that nobody put a third key into one of them.
func (c *claim) requireReleased(ctx context.Context, qovery Qovery, target target.Target,
	list func(Organization, context.Context) ([]Location, error)) (Organization, []Location, error) {
	organization, err := qovery.Open(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	locations, err := list(organization, ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := requireNotHeld(locations, c.OldKey, fault.OldKeyHeld, "old"); err != nil {
		return nil, nil, err
	}
	return organization, locations, c.requireFamiliar(locations)
}

// foreignLocations returns the record's locations that hold neither of its two keys. A
// location that is gone holds nothing, and is none of them.
func (r *Record) foreignLocations(locations []Location) []Location {
	var found []Location
	for _, location := range locations {
		if r.rotates(location.LocationRef) && location.Key != r.OldKey && (r.NewKey == "" || location.Key != r.NewKey) {
			found = append(found, location)
		}
	}
	return found
}

func (r *Record) rotates(ref LocationRef) bool {
	return slices.ContainsFunc(r.Locations, func(l LocationRef) bool { return l.Kind == ref.Kind && l.ID == ref.ID })
}

// requireFamiliar refuses to go on when somebody put another key into a location.
func (r *Record) requireFamiliar(locations []Location) error {
	if found := r.foreignLocations(locations); len(found) > 0 {
		return fault.Errorf(fault.UnexpectedAccessKey, "%s hold neither the old key %s nor the new key %s", names(found),
			r.OldKey,
			r.NewKey)
	}
	return nil
}

// requireNewKey makes sure that the new key is there and Active before anything
// is made to depend on it.
func (r *Record) requireNewKey(keys []AccessKey, now time.Time) error {
	key, exists := findKey(keys, r.NewKey)
	switch {
	case exists && key.Status == Active:
		return nil
	case exists:
		return fault.Errorf(fault.NewKeyInactive, "The new key %s is Inactive", r.NewKey)
	case r.recently(Create, now):
		return fault.Errorf(fault.IAMSettling, "IAM does not list the new key %s yet", r.NewKey)
	default:
		return fault.Errorf(fault.NewKeyLost, "The new key %s does not exist any more", r.NewKey)
	}
}

// recently tells whether IAM may still be catching up with an effect.
func (r *Record) recently(e Effect, now time.Time) bool {
	mark := r.Marks[e]
	last := mark.Begun
	if mark.Done.After(last) {
		last = mark.Done
	}
	return !last.IsZero() && now.Sub(last) < settling
}

// deactivatedByUs tells whether this record may have made the old key Inactive
// (rule 9).
func (r *Record) deactivatedByUs() bool {
	return r.begun(Deactivate) || r.begun(Reactivate) && !r.done(Reactivate)
}

// unresolved returns when the latest creation of unknown outcome was sent.
func (r *Record) unresolved() time.Time {
	if len(r.Attempts) == 0 {
		return time.Time{}
	}
	return slices.MaxFunc(r.Attempts, time.Time.Compare)
}

// requireSettled waits until a creation of unknown outcome would show.
func (r *Record) requireSettled(now time.Time) error {
	if last := r.unresolved(); !last.IsZero() && now.Sub(last) < settling {
		return fault.Errorf(fault.IAMSettling, "A CreateAccessKey was sent at %s and its answer was lost; until %s its "+
			"key may still "+
			"turn up",
			words.Time(last, time.TimeOnly), words.Time(last.Add(settling), time.TimeOnly))
	}
	return nil
}

// further returns the keys that the record does not know: neither named by it,
// nor there when it began.
func (r *Record) further(keys []AccessKey) []AccessKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k AccessKey) bool {
		return k.ID == r.OldKey || k.ID == r.NewKey || slices.Contains(r.KnownKeys, k.ID)
	})
}

// isOrphan is rule 4 for a key that the record does not name: it may be deleted
// only if it is held nowhere, was never used, and was created when an attempt of
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
	creator, err := o.Trail.Creator(ctx, key.ID)
	if err != nil {
		return false, err
	}
	if known := key.CreatedAt.Add(trailLag); creator == "" && now.Before(known) {
		return false, fault.Errorf(fault.IAMSettling, "CloudTrail says by %s whether a lost CreateAccessKey created the "+
			"key %s, or "+
			"somebody else did", words.Time(known, time.TimeOnly), key.ID)
	}
	return creator == "" || creator == o.CreatedBy, nil
}

// deleteOrphans deletes the keys that earlier creations left behind, each under
// rule 4, and returns the further keys that it may not delete.
func deleteOrphans(ctx context.Context, c *claim, keys Keys, orphans Orphans, listed []AccessKey,
	organization Organization) (left []AccessKey, err error) {
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
		if err := c.inTime(); err != nil {
			return nil, err
		}
		how, err := deleteKey(ctx, keys, c.IAMUser, key.ID)
		if err != nil {
			return nil, err
		}
		c.guard.Log.InfoContext(ctx, "orphan deleted", "how", string(how), "key", key.ID.String(), "rotation", c.RotationID)
		if err := c.mark(ctx, func(r *Record) { r.forget(key.ID, how, c.now()) }); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// forget notes that a key was deleted. IAM's lists may show it for some time
// yet, and it is no stranger then.
func (r *Record) forget(id KeyID, how How, now time.Time) {
	r.KnownKeys = append(r.KnownKeys, id)
	r.Marks[Discard] = Mark{Done: now, How: how}
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

// thrownAway is how many keys this rotation has created and deleted again. It
// began with one key, the old one, and knows those that it deleted since.
func (r *Record) thrownAway() int { return len(r.KnownKeys) - 1 }

// sweepSecrets destroys what may still be staged of any key that this rotation
// had to do with, before it ends: a secret may have been staged late, after its
// key was discarded. While one may yet land, the rotation does not end. Under the
// old key's name, nothing but a proof of staging ever is.
func sweepSecrets(ctx context.Context, record Record, staging Staging, now time.Time) error {
	if lands := record.Unstaged.Add(settling); now.Before(lands) {
		return fault.Errorf(fault.IAMSettling, "What was to be staged and had no answer may yet be written until %s",
			words.Time(lands, time.TimeOnly))
	}
	for _, id := range append([]KeyID{record.NewKey}, record.KnownKeys...) {
		if id == "" || id == record.OldKey && record.Unstaged.IsZero() {
			continue
		}
		if err := staging.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
