package rotation

import (
	"context"
	"fmt"
	"time"
)

// CheckUsage asks whether anything still uses the old key. While something does,
// the grace period is prolonged, up to the target's limit. It changes nothing.
type CheckUsage struct {
	Guard
	Usage UsageLog
}

const checkEvery = 15 * time.Minute

// Run looks once.
func (s CheckUsage) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	doc.Error = nil // DeactivateKey may have sent the definition back here
	record, err := s.own(ctx, call)
	if err != nil {
		return doc, err
	}
	use, err := s.Usage.LastUse(ctx, record.IAMUser, record.OldKey)
	if err != nil {
		return doc, record.explain(err)
	}
	if call.Execution.RedriveCount != doc.RedriveCount {
		doc.RedriveCount, doc.Usage.Extended = call.Execution.RedriveCount, 0
	}
	now := s.Clock.Now().UTC()
	doc.Usage.CheckedAt, doc.Usage.LastUseAt, doc.Usage.LastUse = now, use.At, use.describe()
	doc.Usage.Idle = doc.Settings.isIdle(use, now)
	if doc.Usage.Idle {
		return doc, nil
	}
	if doc.Usage.Extended+Duration(checkEvery) > doc.Settings.MaxGraceExtension {
		return doc, record.explain(Errorf(OldKeyStillInUse, "The old key %s is still used: last %s", record.OldKey, use.describe()))
	}
	doc.Usage.Extended += Duration(checkEvery)
	doc.Usage.NextCheckAt = WaitTime{now.Add(checkEvery)}
	return doc, nil
}

// isIdle: the key has been unused for long enough, and the log would tell by
// now if that were not so.
func (t Target) isIdle(use Use, now time.Time) bool {
	return use.At.IsZero() || now.Sub(use.At) >= time.Duration(t.IdleFor)+use.Lag
}

func (u Use) describe() string {
	if u.At.IsZero() {
		return ""
	}
	return fmt.Sprintf("at %s, %s in %s", u.At.UTC().Format(time.RFC3339), u.Service, u.Region)
}
