package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// Release closes a record that a person has resolved by hand. It requires that
// nobody is at work on it, and that every location which holds a key of the user
// holds the same one, an Active one. A location that was given a role, or a key
// of another user, holds none; so may all. It deletes no key and changes none.
type Release struct {
	Guard
	Targets    Targets
	Keys       KeyReader
	Qovery     QoveryReader
	Executions Executions
}

// releaseWithin is how long the claim lasts, should the release not see its end.
const releaseWithin = time.Minute

// Run releases the target's record and returns it. Codes: TargetNotFound,
// NothingToAbort when no record is open, RotationInProgress, StepBusy,
// UnexpectedAccessKey when the locations are not in order yet.
func (r Release) Run(ctx context.Context, name string) (Record, error) {
	target, err := r.Targets.Target(ctx, name)
	if err != nil {
		return Record{}, err
	}
	record, guard, err := r.load(ctx, target.IAMUserName, time.Time{})
	if err != nil {
		return Record{}, err
	}
	r.Guard = guard
	if record == nil {
		return Record{}, fault.Errorf(fault.NothingToAbort, "No rotation of %s is open", name)
	}
	if err := r.requireOver(ctx, record); err != nil {
		return *record, err
	}
	if err := r.requireInOrder(ctx, target, record); err != nil {
		return *record, err
	}
	id := fmt.Sprintf("release of revision %d", record.Revision)
	err = r.closeOver(ctx, *record, Call{InvocationID: id, Deadline: r.Clock.Now().Add(releaseWithin)}, Released)
	if errors.Is(err, ErrConflict) {
		return *record, fault.Errorf(fault.StepBusy, "The journal's record of %s has just changed", name)
	}
	return *record, err
}

// requireOver makes sure that nobody is at work on the record.
func (r Release) requireOver(ctx context.Context, record *Record) error {
	state, err := r.Executions.State(ctx, record.Owner)
	if err != nil {
		return err
	}
	situation := Situation{Now: r.now(), Record: record, Owner: state}
	for _, row := range ownershipRows {
		if row.applies(&situation) {
			return row.decide(&situation).Refusal
		}
	}
	return nil
}

// requireInOrder makes sure that the locations hold one Active key of the user,
// and none that the rotation knew and that is gone.
func (r Release) requireInOrder(ctx context.Context, target target.Target, record *Record) error {
	organization, err := r.Qovery.Open(ctx, target)
	if err != nil {
		return err
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		return err
	}
	keys, err := r.Keys.List(ctx, target.IAMUserName)
	if err != nil {
		return err
	}
	var inUse []AccessKey
	for _, key := range keys {
		if len(holders(locations, key.ID)) > 0 {
			inUse = append(inUse, key)
		}
	}
	var wrong []string
	for _, location := range locations {
		_, exists := findKey(keys, location.Key)
		if record.rotates(location.LocationRef) && record.knows(location.Key) && !exists {
			wrong = append(wrong, holding([]Location{location})+" "+location.Key.String()+", which does not exist any more")
		}
	}
	switch {
	case len(wrong) > 0:
		return fault.Errorf(fault.UnexpectedAccessKey, "%s", strings.Join(wrong, "; "))
	case len(inUse) > 1:
		return fault.Errorf(fault.UnexpectedAccessKey, "Locations hold two keys of the IAM user %s: %s and %s",
			target.IAMUserName,
			inUse[0].ID, inUse[1].ID)
	case len(inUse) == 1 && inUse[0].Status != Active:
		return fault.Errorf(fault.UnexpectedAccessKey, "The key %s, which the locations hold, is Inactive", inUse[0].ID)
	}
	return nil
}

// knows tells whether the key is, or was, one of the user's.
func (r *Record) knows(id KeyID) bool {
	return id != "" && (id == r.OldKey || id == r.NewKey || slices.Contains(r.KnownKeys, id))
}
