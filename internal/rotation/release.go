package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Release closes a record that a person has resolved by hand. It requires that
// nobody is at work on it, and that every location which holds a key of the user
// holds the same one, an Active one. A location that was given a role, or a key
// of another user, holds none; so may all. A key that leaked is out of service, and no
// cluster is between two credentials. It deletes no key and changes none.
type Release struct {
	Guard
	Targets    Targets
	Keys       KeyReader
	Qovery     QoveryReader
	Executions Executions
}

// releaseWithin is how long the claim lasts, should the release not see its end.
const releaseWithin = time.Minute

// Run releases the target's record and returns it, with the keys that are left: those that no
// location holds. Codes: TargetNotFound,
// NothingToAbort when no record is open, RotationInProgress, StepBusy,
// UnexpectedAccessKey when the locations are not in order yet.
func (r Release) Run(ctx context.Context, name string) (Record, []AccessKey, error) {
	target, err := r.Targets.Target(ctx, name)
	if err != nil {
		return Record{}, nil, err
	}
	record, guard, err := r.load(ctx, target.IAMUserName, time.Time{})
	if err != nil {
		return Record{}, nil, err
	}
	r.Guard = guard
	if record == nil {
		return Record{}, nil, fault.Errorf(fault.NothingToAbort, "No rotation of %s is open", name)
	}
	if err := r.requireOver(ctx, record); err != nil {
		return *record, nil, err
	}
	left, err := r.requireInOrder(ctx, target, record)
	if err != nil {
		return *record, nil, err
	}
	id := fmt.Sprintf("release of revision %d", record.Revision)
	err = r.closeOver(ctx, *record, Call{InvocationID: id, Deadline: r.Clock.Now().Add(releaseWithin)}, Released)
	if errors.Is(err, ErrConflict) {
		return *record, nil, fault.Errorf(fault.StepBusy, "The journal's record of %s has just changed", name)
	}
	return *record, left, err
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
// and none that the rotation knew and that is gone. It returns the keys that they don't hold.
func (r Release) requireInOrder(ctx context.Context, target target.Target, record *Record) ([]AccessKey, error) {
	organization, err := r.Qovery.Open(ctx, target)
	if err != nil {
		return nil, err
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := r.Keys.List(ctx, target.IAMUserName)
	if err != nil {
		return nil, err
	}
	if err := r.requireOutOfService(record, keys, locations); err != nil {
		return nil, err
	}
	if err := r.requireSettled(ctx, target, organization, record, locations); err != nil {
		return nil, err
	}
	var inUse, left []AccessKey
	for _, key := range keys {
		if len(holders(locations, key.ID)) > 0 {
			inUse = append(inUse, key)
		} else {
			left = append(left, key)
		}
	}
	var wrong []words.Text
	for _, location := range locations {
		_, exists := findKey(keys, location.Key)
		if record.rotates(location.LocationRef) && record.knows(location.Key) && !exists {
			wrong = append(wrong, words.Textf("%s %s, which does not exist any more", holding([]Location{location}),
				location.Key))
		}
	}
	switch {
	case len(wrong) > 0:
		return nil, fault.Errorf(fault.UnexpectedAccessKey, "%s", words.Join(wrong, "; "))
	case len(inUse) > 1:
		return nil, fault.Errorf(fault.UnexpectedAccessKey, "Locations hold two keys of the IAM user %s: %s and %s",
			target.IAMUserName,
			inUse[0].ID, inUse[1].ID)
	case len(inUse) == 1 && inUse[0].Status != Active:
		return nil, fault.Errorf(fault.UnexpectedAccessKey, "The key %s, which the locations hold, is Inactive", inUse[0].ID)
	}
	return left, nil
}

// requireOutOfService: once the record is closed, no one brings up again that a key leaked.
func (r Release) requireOutOfService(record *Record, keys []AccessKey, locations []Location) error {
	for _, key := range keys {
		if !record.Leaked.has(key.ID) || key.Status != Active {
			continue
		}
		err := fault.Errorf(fault.UnexpectedAccessKey, "The key %s leaked, and is Active", key.ID)
		err.Next = &fault.Advice{First: "Make it Inactive, or delete it",
			Command: StatusCommand(record.IAMUser, key.ID, Inactive), Do: fault.Release}
		if held := holders(locations, key.ID); len(held) > 0 {
			err.What = words.Textf("%s, and is held by %s", err.What, names(held))
			err.Next = record.handOver(locations)
		}
		return err
	}
	return nil
}

// handOver is how locations come to hold another key than the leaked one. Where the new key's
// secret is lost, no rotation can do that before that key is gone.
func (r *Record) handOver(locations []Location) *fault.Advice {
	if r.NewKey != "" && !r.Leaked.has(r.NewKey) && len(holders(locations, r.NewKey)) == 0 {
		return &fault.Advice{First: "Delete the new key " + r.NewKey.Text() + ", which no location holds, and have " +
			"another rotation replace the leaked one",
			Command: words.Textf("%s; rotate start %s", DeleteCommand(r.IAMUser, r.NewKey), r.Target)}
	}
	return &fault.Advice{First: "Put another key, or a role, there, deploy the clusters, make the leaked key Inactive, " +
		"and release again. Or have the rotation do all that", Command: words.Textf("rotate start %s", r.Target)}
}

// requireSettled: every cluster of a migration was deployed with the credentials that it
// points at. The journal knows of what the migration did, and not of what a person has.
func (r Release) requireSettled(ctx context.Context, target target.Target, organization OrganizationReader,
	record *Record, locations []Location) error {
	if len(record.UnderWay()) == 0 {
		return nil
	}
	clusters, err := ClustersOf(ctx, organization, target)
	if err != nil {
		return err
	}
	var between []string
	for _, cluster := range clusters {
		move := record.move(cluster.ID)
		if move.underWay() && !cluster.PassedOver() && !cluster.deployedSince(record.TouchedAt) &&
			!move.isUntouched(cluster.ID, locations) {
			between = append(between, cluster.Name)
		}
	}
	if len(between) == 0 {
		return nil
	}
	notYet := fault.Errorf(fault.ClusterNotDeployed, "Clusters point at other credentials than they were deployed with: "+
		"%s", words.List(between, mostListed))
	notYet.Next = &fault.Advice{First: "Deploy them in Qovery, and release then. Or have them pointed back and deployed",
		Command: words.Textf("rotate abort %s", record.Target)}
	return notYet
}

// deployedSince: its last deployment went well, and is later than that.
func (c Cluster) deployedSince(since time.Time) bool {
	at, err := time.Parse(time.RFC3339, c.LastDeployedAt)
	return err == nil && classOf(c.Status) == deployed && at.After(since)
}

// isUntouched: the cluster points where it did, and no deployment with the role was begun.
func (m Move) isUntouched(cluster string, locations []Location) bool {
	return m.Deploying.IsZero() && slices.ContainsFunc(locations, func(l Location) bool {
		return l.ID == m.From.ID && hasID(l.Clusters, cluster)
	})
}

// knows tells whether the key is, or was, one of the user's.
func (r *Record) knows(id KeyID) bool {
	return id != "" && (id == r.OldKey || id == r.NewKey || slices.Contains(r.KnownKeys, id))
}
