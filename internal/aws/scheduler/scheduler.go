// Package scheduler asks EventBridge Scheduler for the schedules of the
// targets. It implements the port rotation.Schedules.
package scheduler

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// Schedules are the schedules of one group, each named after its target.
type Schedules struct {
	client *scheduler.Client
	group  string
}

var _ rotation.Schedules = (*Schedules)(nil)

// New returns the schedules of a group.
func New(cfg aws.Config, group string) *Schedules {
	return &Schedules{scheduler.NewFromConfig(cfg), group}
}

// notFound is the answer for a schedule, or its whole group, that is not there.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
const notFound = "ResourceNotFoundException"

// Schedule returns a target's schedule, or nil.
func (s *Schedules) Schedule(ctx context.Context, target string) (*rotation.DeployedSchedule, error) {
	request := awsclient.Request{Action: "scheduler:GetSchedule",
		On: words.Textf("the schedule %s of the group %s", target, s.group)}
	answer, err := s.client.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &target, GroupName: &s.group})
	switch {
	case awsclient.Code(err) == notFound:
		return nil, nil
	case err != nil:
		return nil, request.Failed(err)
	case aws.ToString(answer.Name) != target || aws.ToString(answer.ScheduleExpression) == "":
		return nil, request.Malformed("it is not that schedule")
	case answer.State != types.ScheduleStateEnabled && answer.State != types.ScheduleStateDisabled:
		return nil, request.Malformed("the schedule's state is none that is known")
	}
	return &rotation.DeployedSchedule{Enabled: answer.State == types.ScheduleStateEnabled,
		Expression: *answer.ScheduleExpression, StartAt: aws.ToTime(answer.StartDate)}, nil
}
