package scheduler_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"qovery-key-rotation/internal/aws/scheduler"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

var begins = time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)

const group = "qovery-key-rotation"

func TestAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	client := awsscheduler.NewFromConfig(cfg)
	if _, err := client.CreateScheduleGroup(t.Context(),
		&awsscheduler.CreateScheduleGroupInput{Name: aws.String(group)}); err != nil {
		t.Fatal(err)
	}
	for name, state := range map[string]types.ScheduleState{"production": types.ScheduleStateEnabled,
		"staging": types.ScheduleStateDisabled} {
		_, err := client.CreateSchedule(t.Context(), &awsscheduler.CreateScheduleInput{
			Name: &name, GroupName: aws.String(group), State: state, StartDate: &begins,
			ScheduleExpression: aws.String("rate(90 days)"),
			FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
			Target: &types.Target{Arn: aws.String("arn:aws:scheduler:::aws-sdk:sfn:startExecution"),
				RoleArn: aws.String("arn:aws:iam::123456789012:role/scheduler")},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]*rotation.DeployedSchedule{
		"production": {Enabled: true, Expression: "rate(90 days)", StartAt: begins},
		"staging":    {Enabled: false, Expression: "rate(90 days)", StartAt: begins},
		"nothing":    nil,
	} {
		got, err := scheduler.New(cfg, group).Schedule(t.Context(), name)
		if err != nil || (got == nil) != (want == nil) || got != nil && (!got.StartAt.Equal(want.StartAt) ||
			got.Enabled != want.Enabled || got.Expression != want.Expression) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := scheduler.New(cfg, "no-such-group").Schedule(t.Context(), "production"); got != nil || err != nil {
		t.Errorf("no group: %+v, %v", got, err)
	}
}

func TestAnswers(t *testing.T) {
	for name, answer := range map[string]awstest.Answer{
		"another schedule": awstest.JSON(200, `{"Name":"staging","State":"ENABLED","ScheduleExpression":"rate(90 days)"}`),
		"no expression":    awstest.JSON(200, `{"Name":"production","State":"ENABLED"}`),
		"a new state":      awstest.JSON(200, `{"Name":"production","State":"PAUSED","ScheduleExpression":"rate(90 days)"}`),
		"no state":         awstest.JSON(200, `{"Name":"production","ScheduleExpression":"rate(90 days)"}`),
	} {
		server := awstest.Serve(t, awstest.Always(answer))
		if got, err := scheduler.New(awstest.Config(server.URL), group).Schedule(t.Context(), "production"); got != nil ||
			!fault.HasCode(err, fault.MalformedAnswer) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestFaults(t *testing.T) {
	awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.JSONProtocol, Reads: true,
		Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := scheduler.New(cfg, group).Schedule(ctx, "production")
			return err
		}})
}
