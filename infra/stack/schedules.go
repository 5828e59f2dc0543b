package stack

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// newSchedules makes a schedule for each target, and one for the audit. It returns
// the latter.
func (b *builder) newSchedules(
	machine awsstepfunctions.StateMachine, audit awslambda.Function) awsscheduler.CfnSchedule {
	scope := constructs.NewConstruct(b.Stack, jsii.String("schedules"))
	group := awsscheduler.NewCfnScheduleGroup(scope, jsii.String("group"),
		&awsscheduler.CfnScheduleGroupProps{Name: jsii.String(Name)})
	daily := b.newAuditSchedule(scope, group, audit)
	role := b.newSchedulerRole()
	for _, target := range b.props.Stack.Targets {
		schedule := awsscheduler.NewCfnSchedule(scope, new(childID(target.Name)), &awsscheduler.CfnScheduleProps{
			Name:      &target.Name,
			GroupName: group.Ref(),
			Description: new(fmt.Sprintf("Starts the rotation of %s every %d days", target.Name,
				target.Schedule.RateDays)),
			ScheduleExpression: new(target.Schedule.Expression()),
			StartDate:          new(startDate(target.Schedule, b.props.Now)),
			State:              new(state(target.Schedule)),
			FlexibleTimeWindow: flexibleWindow(target.Schedule),
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn:     new(fmt.Sprintf("arn:%s:scheduler:::aws-sdk:sfn:startExecution", *b.Partition())),
				RoleArn: role.RoleArn(),
				Input:   new(startInput(*machine.StateMachineArn(), target.Name)),
				RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{MaximumEventAgeInSeconds: jsii.Number(
					oneDay.Seconds()), MaximumRetryAttempts: jsii.Number(185)},
				DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: b.undelivered.QueueArn()},
			},
		})
		schedule.Node().AddDependency(daily)
	}
	return daily
}

// updateLast has the audit's schedule wait for everything else; the other schedules
// wait for that. (All for all would make a template that is too large.) Scheduler
// refuses a StartDate that has passed, in an update, too: if anything failed after a
// schedule was updated, CloudFormation couldn't put the schedule back.
func (b *builder) updateLast(daily awsscheduler.CfnSchedule) {
	for _, other := range *b.Node().Children() {
		if *other.Node().Path() != *daily.Node().Scope().Node().Path() {
			daily.Node().AddDependency(other)
		}
	}
}

// auditSchedule is the name of the audit's schedule. It has a character that no
// target's name has.
const auditSchedule = "daily.audit"

// newAuditSchedule runs the audit in the early morning, so that people find in
// their mail what the day is for.
func (b *builder) newAuditSchedule(scope constructs.Construct, group awsscheduler.CfnScheduleGroup,
	audit awslambda.Function) awsscheduler.CfnSchedule {
	role := b.newRole("audit-scheduler-role", "What the schedule of the daily audit may do",
		b.scheduler(),
		b.statement(grant{auditFunction, actions("lambda:InvokeFunction")}),
		b.statement(grant{undelivered, actions("sqs:SendMessage")}),
	)
	return awsscheduler.NewCfnSchedule(scope, jsii.String(auditSchedule), &awsscheduler.CfnScheduleProps{
		Name:               jsii.String(auditSchedule),
		GroupName:          group.Ref(),
		Description:        jsii.String("Audits all targets once a day"),
		ScheduleExpression: jsii.String("cron(0 5 * * ? *)"), // in UTC
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("FLEXIBLE"),
			MaximumWindowInMinutes: jsii.Number(30)},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn:     audit.FunctionArn(),
			RoleArn: role.RoleArn(),
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(oneDay.Seconds() / 2),
				MaximumRetryAttempts:     jsii.Number(185),
			},
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: b.undelivered.QueueArn()},
		},
	})
}

const oneDay = 24 * time.Hour // the longest that EventBridge Scheduler goes on trying

// newSchedulerRole may start this machine, and put what it could not start into
// the queue, which Scheduler does with the same role.
func (b *builder) newSchedulerRole() awsiam.IRole {
	return b.newRole("scheduler-role", "What the schedules of "+Name+" may do", b.scheduler(),
		b.statement(grant{stateMachine, actions("states:StartExecution")}),
		b.statement(grant{undelivered, actions("sqs:SendMessage")}),
	)
}

// scheduler acts for the stack's group of schedules.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func (b *builder) scheduler() awsiam.IPrincipal {
	return b.service("scheduler.amazonaws.com", b.arn("scheduler", "schedule-group/"+Name))
}

// startDate is the next time that the schedule's anchor leads to. Without one, a
// rate begins at deployment.
func startDate(schedule target.Schedule, now time.Time) string {
	first, err := schedule.FirstRun(now)
	if err != nil {
		panic("stack: a schedule was not checked: " + err.Error())
	}
	return first.UTC().Format("2006-01-02T15:04:05.000Z")
}

func state(schedule target.Schedule) string {
	if schedule.Enabled {
		return "ENABLED"
	}
	return "DISABLED"
}

func flexibleWindow(schedule target.Schedule) *awsscheduler.CfnSchedule_FlexibleTimeWindowProperty {
	if schedule.FlexibleWindowMinutes == 0 {
		return &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")}
	}
	return &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{
		Mode: jsii.String("FLEXIBLE"), MaximumWindowInMinutes: jsii.Number(schedule.FlexibleWindowMinutes),
	}
}

// startInput is the request that Scheduler sends. The execution is named after
// its target and after the delivery: a delivery that arrives twice starts one
// execution. (The scheduled time has colons, which a name may not have.)
func startInput(machineARN, target string) string {
	return config.JSON(map[string]string{
		"StateMachineArn": machineARN,
		"Name":            target + "-<aws.scheduler.execution-id>",
		"Input":           config.JSON(map[string]any{"target": target, "scheduled": true}),
	})
}
