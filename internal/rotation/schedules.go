package rotation

import (
	"context"
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
	Expression string // "rate(90 days)"
}
