package rotation

import (
	"context"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// CheckUsage asks whether anything still uses the old key: CloudTrail, and IAM's
// own note of the last use; the later of the two counts. While something does,
// the grace period is prolonged, up to the target's limit. It changes nothing.
type CheckUsage struct {
	Guard
	Keys  KeyReader
	Usage UsageLog
	Trail Trail
}

const checkEvery = 15 * time.Minute

// Run looks once.
func (s CheckUsage) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	if doc.Error != nil && doc.Error.Error == string(fault.UsageCheckStale) {
		doc.Error = nil
		doc.Usage.Returns++
	}
	record, guard, err := s.own(ctx, call)
	if err != nil {
		return doc, err
	}
	if call.Execution.RedriveCount != doc.RedriveCount {
		doc.RedriveCount, doc.Usage.Extended, doc.Usage.Returns, doc.Deployment.Returns = call.Execution.RedriveCount, 0, 0, 0
	}
	keys, err := s.Keys.List(ctx, record.IAMUser)
	if err != nil {
		return doc, record.explain(err)
	}
	var uses []Use
	_, exists := findKey(keys, record.OldKey)
	if doc.Usage.Gone = !exists; exists { // nothing uses one that somebody deleted
		if uses, err = s.uses(ctx, record, doc, guard.now()); err != nil {
			return doc, record.explain(err)
		}
	}
	now := guard.now()
	latest := latestOf(uses)
	doc.Usage.CheckedAt, doc.Usage.LastUseAt, doc.Usage.LastUse = now, latest.At, latest.describe()
	// A key that leaked and is being retired waits for no one's disuse.
	if doc.Usage.Idle = record.oldLeaked() || isIdle(doc.Settings, latest, now); doc.Usage.Idle {
		s.noteTakeover(ctx, record, &doc)
		return doc, nil
	}
	if doc.Usage.Extended+target.Duration(checkEvery) > doc.Settings.MaxGraceExtension {
		return doc, record.explain(doc.stillInUse(record.OldKey, uses))
	}
	doc.Usage.Returns = 0
	doc.Usage.Extended += target.Duration(checkEvery)
	doc.Usage.NextCheckAt = waitUntil(now.Add(checkEvery), now)
	return doc, nil
}

// uses are the latest uses of the old key since the clusters were deployed, or in the
// time that matters to a retirement, from both sources.
func (s CheckUsage) uses(ctx context.Context, record Record, doc Document, now time.Time) ([]Use, error) {
	since := doc.lastChange(record)
	if record.Kind == Retire {
		since = unusedSince(doc.Settings, now)
	}
	uses, err := s.Trail.LatestUses(ctx, record.OldKey, since, doc.Deployment.Regions)
	if err != nil {
		return nil, err
	}
	noted, err := s.Usage.LastUse(ctx, record.IAMUser, record.OldKey)
	if noted.At.After(latestOf(uses).At) {
		uses = append([]Use{noted}, uses...)
	}
	return uses, err
}

// stillInUse says who uses the old key. The clusters that run and were passed over have
// it until someone deploys them, and come before any other consumer.
func (doc *Document) stillInUse(old KeyID, uses []Use) *fault.Error {
	err := fault.Errorf(fault.OldKeyStillInUse, "The old key %s is still used: %s", old, describeUses(uses))
	var running []string
	for _, p := range doc.Deployment.Clusters {
		if p.Skipped == SelfManaged || p.Skipped == handledElsewhere {
			running = append(running, PassedOver(p.Name, p.Skipped))
		}
	}
	if len(running) > 0 {
		passedOver := words.Textf("The rotation passed over what may still run with the old key: %s",
			words.List(running, mostListed))
		err.Advise(words.Sentences(passedOver, "Deploy that, of a self-managed cluster its applications",
			err.Code.Advice().First))
	}
	return err
}

// noteTakeover notes the new key's first use as proof that it took over. Not to
// find one proves nothing, since CloudTrail knows management events only, and
// nothing depends on it.
func (s CheckUsage) noteTakeover(ctx context.Context, record Record, doc *Document) {
	if record.Kind == Retire {
		return
	}
	first, err := s.Trail.FirstUse(ctx, record.NewKey, record.Marks[Create].Begun, doc.Deployment.Regions)
	switch {
	case err != nil:
		s.Log.WarnContext(ctx, "first use of the new key not found out", "error", err)
	case !first.At.IsZero():
		doc.Usage.TakenOver = &first
	}
}

func latestOf(uses []Use) Use {
	var latest Use
	for _, use := range uses {
		if use.At.After(latest.At) {
			latest = use
		}
	}
	return latest
}

// isIdle: the key has been unused for long enough, and the logs would tell by
// now if that were not so.
func isIdle(t target.Target, use Use, now time.Time) bool {
	return use.At.IsZero() || now.Sub(use.At) >= time.Duration(t.IdleFor)+trailLag
}

// trailLag is how late CloudTrail's events may be: within 15 minutes of the call
// as a rule, as its documentation says. Of its word on a key's last use IAM promises
// nothing: that is usually minutes, and can be hours. That it stays a hint is why the
// old key is made Inactive, and watched, before it is deleted.
const trailLag = 15 * time.Minute

func describeUses(uses []Use) string {
	const most = 4
	var list []string
	for _, use := range uses {
		if text := use.describe(); text != "" && len(list) < most {
			list = append(list, text)
		}
	}
	return strings.Join(list, "; ")
}

func (u Use) describe() string {
	if u.At.IsZero() {
		return ""
	}
	at := "at " + words.Time(u.At, time.RFC3339)
	if by := u.By(); by != "" {
		return at + ", " + by
	}
	return at
}

// By is what used the key, as far as that is known.
func (u Use) By() string {
	text := u.Service
	for _, more := range []struct{ how, what string }{{" in ", u.Region}, {", ", u.Event}, {" from ", u.Source},
		{" by ", u.UserAgent}} {
		if more.what != "" {
			text += more.how + more.what
		}
	}
	return text
}
