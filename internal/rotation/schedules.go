package rotation

import (
	"context"
	"fmt"
	"time"
)

// Schedules are the deployed schedules.
type Schedules interface {
	// Schedule returns the schedule that starts a target's rotations, or nil
	// when there is none. Errors are those of rotation's ports.
	Schedule(ctx context.Context, target string) (*DeployedSchedule, error)
}

// DeployedSchedule is a schedule as it is deployed.
type DeployedSchedule struct {
	Enabled    bool
	Expression string    // "rate(90 days)"
	StartAt    time.Time // zero: it has none
}

// Next is when the schedule starts a rotation next, without the flexible window; zero
// where that is not known. A rate counts from the start date in days of 24 hours.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func (s DeployedSchedule) Next(now time.Time) time.Time {
	var days int
	if _, err := fmt.Sscanf(s.Expression, "rate(%d day", &days); err != nil || days < 1 || !s.Enabled ||
		s.StartAt.IsZero() {
		return time.Time{}
	}
	if s.StartAt.After(now) {
		return s.StartAt.UTC()
	}
	period := time.Duration(days) * 24 * time.Hour
	return s.StartAt.Add((now.Sub(s.StartAt)/period + 1) * period).UTC()
}
