package trail

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

const (
	// pace is the time between two requests: "The rate of lookup requests is
	// limited to two per second, per account, per Region."
	// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
	pace = 500 * time.Millisecond
	// usePage is as many events of the largest kind, 256 KB, as fit into the
	// largest answer that is read.
	usePage = 10
	// keyPage is as many events as CloudTrail gives at once. Those about an access
	// key are small.
	keyPage = 50
)

// region is the event history in one region.
type region struct {
	name   string
	client *cloudtrail.Client
	clock  rotation.Clock

	mu   sync.Mutex
	next time.Time // before it, no request is sent
}

func newRegion(cfg aws.Config, clock rotation.Clock, name string) *region {
	client := cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) { o.Region = name })
	return &region{name: name, client: client, clock: clock}
}

// query is what is looked up.
type query struct {
	by       types.LookupAttributeKey
	id       rotation.KeyID
	from, to time.Time // both included; zero: as far as the history goes
	size     int32     // events in a page
}

func (q query) request(r *region) awsclient.Request {
	return awsclient.Request{Action: "cloudtrail:LookupEvents", On: words.Textf("the access key %s in %s", q.id, r.name)}
}

// includes compares whole seconds, as CloudTrail does.
func (q query) includes(at time.Time) bool {
	at = at.Truncate(time.Second)
	return !at.Before(q.from) && (q.to.IsZero() || !at.After(q.to))
}

// uses returns the uses on the first page that has any that count, the latest
// first, and whether there are no more. A page without any is no end: CloudTrail
// may give such a page, and go on.
func (r *region) uses(ctx context.Context, q query, counts func(event) bool) (uses []rotation.Use, all bool,
	err error) {
	all, err = r.pages(ctx, q, func(page []event) bool {
		for _, e := range page {
			if counts(e) {
				uses = append(uses, e.use)
			}
		}
		return len(uses) > 0
	})
	return uses, all, err
}

// first returns the first use by anything but this system, or none. CloudTrail
// tells the latest first, of what may be thousands of events: so the first is
// searched for as a name is in a telephone book.
func (r *region) first(ctx context.Context, q query) ([]rotation.Use, error) {
	var earliest []rotation.Use
	for {
		uses, all, err := r.uses(ctx, q, byOthers)
		if err != nil {
			return nil, err
		}
		if len(uses) > 0 {
			earliest = []rotation.Use{earliestOf(uses)}
		}
		switch {
		case len(earliest) == 0, len(uses) > 0 && all:
			return earliest, nil
		case len(uses) == 0:
			q.from = q.to.Add(time.Second)
		}
		last := earliest[0].At.Add(-time.Second) // of the times that are left
		if q.from.After(last) {
			return earliest, nil
		}
		q.to = q.from.Add(last.Sub(q.from) / 2).Truncate(time.Second)
	}
}

func earliestOf(uses []rotation.Use) rotation.Use {
	return slices.MinFunc(uses, func(a, b rotation.Use) int { return a.At.Compare(b.At) })
}

// creator returns who created the key, or "".
func (r *region) creator(ctx context.Context, q query) (creator string, err error) {
	_, pagesErr := r.pages(ctx, q, func(page []event) bool {
		for _, e := range page {
			if e.isCreation() {
				creator = e.details.creator()
				if creator == "" {
					err = q.request(r).Malformed("an event does not tell whose it is")
				}
				return true
			}
		}
		return false
	})
	if pagesErr != nil {
		return "", pagesErr
	}
	return creator, err
}

// pages reads pages until it has seen enough or there are no more, and reports
// which. How many pages there are is CloudTrail's business: any number of them may
// be empty. The time of ctx bounds the search, and a search that ran out of it has
// found out nothing.
func (r *region) pages(ctx context.Context, q query, enough func([]event) bool) (all bool, err error) {
	request := q.request(r)
	input := &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: q.by, AttributeValue: aws.String(string(q.id))}},
		MaxResults:       aws.Int32(q.size),
		StartTime:        timeOrNil(q.from),
		EndTime:          timeOrNil(q.to),
	}
	for read := 0; ; read++ {
		answer, err := r.page(ctx, input)
		switch {
		case err != nil && ctx.Err() != nil && read > 0:
			return false, request.Unanswered(fmt.Sprintf("the function's time was over after %d pages of events", read))
		case err != nil:
			return false, request.Failed(err)
		}
		page, err := events(request, q, answer)
		if err != nil {
			return false, err
		}
		all = aws.ToString(answer.NextToken) == ""
		if enough(page) || all {
			return all, nil
		}
		input.NextToken = answer.NextToken
	}
}

// page reads one page, when its turn has come.
func (r *region) page(ctx context.Context, input *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput,
	error) {
	if err := r.wait(ctx); err != nil {
		return nil, err
	}
	return r.client.LookupEvents(ctx, input)
}

// wait waits until the next request may be sent.
func (r *region) wait(ctx context.Context) error {
	r.mu.Lock()
	now := r.clock.Now()
	at := r.next
	if at.Before(now) {
		at = now
	}
	r.next = at.Add(pace)
	r.mu.Unlock()
	if at.Equal(now) {
		return nil
	}
	return r.clock.Sleep(ctx, at.Sub(now))
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
