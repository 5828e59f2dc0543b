package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// The time of a step is AWS's. The clock of the machine that a function runs on
// may be off, and another function's otherwise; but all that a step compares is in
// AWS's time: leases and marks that other functions wrote, the dates of keys, the
// uses in CloudTrail, the times that Wait states read. So the journal's first
// answer sets the clock, and nothing is compared before.

// now is AWS's time, as far as load has found it out.
func (g Guard) now() time.Time { return g.Clock.Now().Add(g.ahead).UTC() }

// load reads the user's open record, or nil, and returns the guard with its clock
// set: by the journal's time, which comes with a record, and to no earlier than
// when Step Functions entered the state.
func (g Guard) load(ctx context.Context, iamUser string, entered time.Time) (*Record, Guard, error) {
	asked := g.Clock.Now()
	record, err := g.journal.Load(ctx, iamUser)
	answered := g.Clock.Now()
	switch {
	case err != nil:
		return nil, g, err
	case record != nil && record.ReadAt.IsZero():
		return nil, g, fault.Errorf(fault.MalformedAnswer, "The journal does not tell the time")
	case record != nil:
		g.ahead = ahead(asked, record.ReadAt, answered)
	}
	g.ahead = max(g.ahead, entered.Sub(answered))
	if g.ahead.Abs() >= worthSaying {
		behind := g.ahead.Round(time.Second).String()
		g.Log.WarnContext(ctx, "the function's clock is off; AWS's time counts", "behind", behind)
	}
	return record, g, nil
}

// worthSaying is how far a clock may be off before the log says so.
const worthSaying = 10 * time.Second

// ahead is how far to set a clock that showed asked and answered around an answer
// which tells the time in whole seconds. One that may be right is left alone, however
// slow the answer; any other is set to the end of that second, so as not to be behind.
func ahead(asked, told, answered time.Time) time.Duration {
	latest := told.Add(time.Second)
	switch {
	case told.After(answered):
		return latest.Sub(answered)
	case latest.Before(asked):
		return latest.Sub(asked)
	}
	return 0
}
