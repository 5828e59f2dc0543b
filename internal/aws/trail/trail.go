// Package trail is what CloudTrail's event history tells of an access key: who
// used it, what for, and who created it. It implements the port rotation.Trail.
//
// The history is there without a trail being set up, for management events of
// the last 90 days, in each region for itself. An event takes minutes to turn
// up in it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
package trail

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
)

const (
	// iamRegion is where the events of IAM are, wherever its caller was.
	iamRegion = "us-east-1"
	// history is how far back the history goes.
	history = 90 * 24 * time.Hour
	// attempt is how long CloudTrail may take to answer. It goes through all that
	// happened in the account: tens of seconds, where that is much.
	attempt = 30 * time.Second
	// atOnce is how many regions are searched at the same time. An answer may have
	// 4 MiB, which take several times that while they are read, and a function has
	// 128 in all.
	atOnce = 4
	// clocksDiffer is how much earlier than IAM's date of a key CloudTrail's may be.
	clocksDiffer = time.Minute
	// mostUses is as many uses as anybody wants to be told about.
	mostUses = 5
)

// Trail is CloudTrail's event history in all regions.
type Trail struct {
	cfg   aws.Config
	clock rotation.Clock

	mu      sync.Mutex
	regions map[string]*region
}

var _ rotation.Trail = (*Trail)(nil)

// New returns the event history of the configuration's account. The clock paces
// the requests.
func New(cfg aws.Config, clock rotation.Clock) *Trail {
	return &Trail{cfg: awsclient.Patient(cfg, attempt), clock: clock, regions: map[string]*region{}}
}

// LatestUses returns the latest uses of the key since a time. Every event counts,
// whatever it says that it came from: who could write this system's name into a
// user agent must not be able to hide a use.
func (t *Trail) LatestUses(ctx context.Context, id rotation.KeyID, since time.Time, regions []string) ([]rotation.Use,
	error) {
	about := query{by: types.LookupAttributeKeyAccessKeyId, id: id, from: t.from(since), size: usePage}
	uses, err := t.inEach(regions, func(r *region) ([]rotation.Use, error) {
		uses, _, err := r.uses(ctx, about, everything)
		return uses, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(uses, func(a, b rotation.Use) int { return b.At.Compare(a.At) })
	return uses[:min(len(uses), mostUses)], nil
}

// mostListed is how many uses are read of one region.
const mostListed = 1000

// Uses returns the uses of the key in one region since a time, the latest first, and
// whether these are all.
func (t *Trail) Uses(ctx context.Context, id rotation.KeyID, since time.Time, region string) (uses []rotation.Use,
	all bool, err error) {
	if err := rotation.CheckRegions([]string{region}); err != nil {
		return nil, false, err
	}
	r := t.region(region)
	about := query{by: types.LookupAttributeKeyAccessKeyId, id: id, from: t.from(since), size: usePage}
	all, err = r.pages(ctx, about, func(page []event) bool {
		for _, e := range page {
			uses = append(uses, e.use)
		}
		return len(uses) >= mostListed
	})
	return uses, all, err
}

// FirstUse returns the first use since a time by anything but this system.
func (t *Trail) FirstUse(ctx context.Context, id rotation.KeyID, since time.Time, regions []string) (rotation.Use,
	error) {
	about := query{by: types.LookupAttributeKeyAccessKeyId, id: id, from: t.from(since),
		to: t.clock.Now().Truncate(time.Second), size: usePage}
	if about.from.After(about.to) {
		return rotation.Use{}, nil
	}
	uses, err := t.inEach(regions, func(r *region) ([]rotation.Use, error) { return r.first(ctx, about) })
	if err != nil || len(uses) == 0 {
		return rotation.Use{}, err
	}
	return earliestOf(uses), nil
}

// Creator returns the ARN of the role or user that created the key. Its creation
// may be over 90 days ago, or too recent to be known.
func (t *Trail) Creator(ctx context.Context, id rotation.KeyID, created time.Time) (string, error) {
	about := query{by: types.LookupAttributeKeyResourceName, id: id, from: t.from(created.Add(-clocksDiffer)),
		size: keyPage}
	return t.region(iamRegion).creator(ctx, about)
}

// from is where a search begins. CloudTrail cuts the fractions off its times, so
// a whole second counts or none of it.
func (t *Trail) from(since time.Time) time.Time {
	if oldest := t.clock.Now().Add(-history); since.Before(oldest) {
		since = oldest
	}
	return since.Truncate(time.Second)
}

// inEach searches several regions at the same time; the limit on requests is each
// region's own. A region that cannot be searched leaves nothing to say.
func (t *Trail) inEach(names []string, search func(*region) ([]rotation.Use, error)) ([]rotation.Use, error) {
	if err := rotation.CheckRegions(names); err != nil {
		return nil, err
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	found, failed := make([][]rotation.Use, len(names)), make([]error, len(names))
	var searches sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, name := range names {
		searches.Go(func() {
			turns <- struct{}{}
			found[i], failed[i] = search(t.region(name))
			<-turns
		})
	}
	searches.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(found...), nil
}

// region is the history in one region. It is kept, because it remembers when it
// was last asked.
func (t *Trail) region(name string) *region {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.regions[name] == nil {
		t.regions[name] = newRegion(t.cfg, t.clock, name)
	}
	return t.regions[name]
}
