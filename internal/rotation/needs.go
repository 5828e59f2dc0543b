package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// Needs are what later steps read and the plan does not depend on. They are
// proved before anything is changed: a rotation that is refused one of them half
// way leaves two Active keys, again at each start.
type Needs struct {
	Usage   UsageLog
	Trail   Trail
	Staging StagingReader
}

// Prove makes sure that the rotation of a user's key is not refused what its later
// steps read, and returns the regions in which they look for uses of the key. It
// changes nothing. All are all clusters of the organization, held the locations
// that the rotation is about.
//
// It asks with the rights of whoever calls it. Those of the other functions'
// roles are the stack's business; what an organization denies, it denies to all.
func (n Needs) Prove(
	ctx context.Context, user string, id KeyID, all []Cluster, held []Location, now time.Time,
) ([]string, error) {
	clusters, err := servedClusters(all, held)
	if err != nil {
		return nil, err
	}
	if err := n.Staging.Readable(ctx); err != nil {
		return nil, err
	}
	if _, err := n.Usage.LastUse(ctx, user, id); err != nil {
		return nil, err
	}
	list := regions(clusters, held)
	// One request in each region, and what it finds does not matter. It asks about the last
	// minutes, of which little can be known yet: CloudTrail refuses to search from a time
	// that is yet to come by its own clock.
	_, err = n.latestUses(ctx, id, now.Add(-trailLag), list)
	return list, err
}

func (n Needs) latestUses(ctx context.Context, id KeyID, since time.Time, regions []string) ([]Use, error) {
	uses, err := n.Trail.LatestUses(ctx, id, since, regions)
	if fault.HasCode(err, fault.AccessDenied) {
		err = fault.Errorf(fault.RegionNotSearchable, "CloudTrail can't be searched for uses of the old key: %s",
			fault.AsError(err).What)
	}
	return uses, err
}
