package lab

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Trail is CloudTrail: it tells of uses some minutes after they happened.
type Trail struct {
	// Lag is how long an event takes to become known.
	Lag time.Duration
	// Denied are the regions in which an organization's policy lets nobody look
	// events up.
	Denied []string

	iam *IAM
}

// NewTrail opens the trail of an account.
func NewTrail(iam *IAM) *Trail { return &Trail{Lag: 10 * time.Minute, iam: iam} }

// globalRegion is where the events of IAM are.
const globalRegion = "us-east-1"

// search looks events up in regions that AWS has, and that nobody denies.
func (t *Trail) search(regions ...string) error {
	if err := rotation.CheckRegions(regions); err != nil {
		return err
	}
	for _, name := range regions {
		if slices.Contains(t.Denied, name) {
			return fault.Errorf(fault.AccessDenied,
				"AWS denies cloudtrail:LookupEvents (in %s): with an explicit deny in a service control policy", name)
		}
	}
	return nil
}

// CreatorRole is the role that function createkey runs with in every world.
const CreatorRole = "arn:aws:iam::" + account + ":role/qovery-key-rotation-createkey"

// LatestUses returns the latest use that is known by now.
func (t *Trail) LatestUses(ctx context.Context, id rotation.KeyID, since time.Time, regions []string) ([]rotation.Use,
	error) {
	return fetch(ctx, t.iam.wire, Call{Site: "trail.LookupEvents"}, func(at time.Time) ([]rotation.Use, error) {
		if err := t.search(regions...); err != nil {
			return nil, err
		}
		k := t.iam.keys[id]
		if k == nil {
			return nil, nil
		}
		use := k.lastUse(at, t.Lag)
		if use.At.IsZero() || use.At.Before(since) || !slices.Contains(regions, region) {
			return nil, nil
		}
		return []rotation.Use{t.detailed(use)}, nil
	})
}

// FirstUse returns the first use by anything but the rotation.
func (t *Trail) FirstUse(ctx context.Context, id rotation.KeyID, since time.Time, regions []string) (rotation.Use,
	error) {
	return fetch(ctx, t.iam.wire, Call{Site: "trail.LookupEvents"}, func(at time.Time) (rotation.Use, error) {
		if err := t.search(regions...); err != nil {
			return rotation.Use{}, err
		}
		k := t.iam.keys[id]
		if k == nil || k.first.at.IsZero() || k.first.at.After(at.Add(-t.Lag)) || k.first.at.Before(since) ||
			!slices.Contains(regions, region) {
			return rotation.Use{}, nil
		}
		return t.detailed(rotation.Use{At: k.first.at, Service: k.first.service, Region: region}), nil
	})
}

// Uses are those that are known by now, the latest first, for who answers for
// CloudTrail elsewhere. Of those before the latest ones only the first is kept.
func (t *Trail) Uses(id rotation.KeyID, from, to time.Time) (uses []rotation.Use) {
	k := t.iam.keys[id]
	if k == nil {
		return nil
	}
	all := k.uses
	if !k.first.at.IsZero() && k.first.at.Before(all[0].at) {
		all = append([]use{k.first}, all...)
	}
	for _, u := range slices.Backward(all) {
		if known := t.iam.now().Add(-t.Lag); !u.at.Before(from) && !u.at.After(to) && !u.at.After(known) {
			uses = append(uses, t.detailed(rotation.Use{At: u.at, Service: u.service, Region: region}))
		}
	}
	return uses
}

func (t *Trail) detailed(use rotation.Use) rotation.Use {
	use.Event, use.Source, use.UserAgent = "Describe", "203.0.113.10", use.Service+"-client"
	return use
}

// Creator returns who created a key, once that is known.
func (t *Trail) Creator(ctx context.Context, id rotation.KeyID, created time.Time) (string, error) {
	return fetch(ctx, t.iam.wire, Call{Site: "trail.LookupEvents"}, func(at time.Time) (string, error) {
		if err := t.search(globalRegion); err != nil {
			return "", err
		}
		k := t.iam.keys[id]
		if k == nil || k.changes[0].At.After(at.Add(-t.Lag)) || k.changes[0].At.Truncate(time.Second).Before(created) {
			return "", nil
		}
		if k.changes[0].By == Person {
			return "arn:aws:iam::" + account + ":user/somebody", nil
		}
		return CreatorRole, nil
	})
}
