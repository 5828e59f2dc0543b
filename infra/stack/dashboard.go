package stack

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
)

// The width of a dashboard is 24.
const (
	full = 24
	half = full / 2
	tall = 7
)

// newDashboard shows what a person wants to see at once: what rings, how old the
// keys are, how the last rotations went, and what fails.
func (b *builder) newDashboard(functions map[string]awslambda.Function, machine awsstepfunctions.StateMachine,
	alarms []awscloudwatch.Alarm) {
	var all []interfacesawscloudwatch.IAlarmRef
	for _, alarm := range alarms {
		all = append(all, alarm)
	}
	board := awscloudwatch.NewDashboard(b.Stack, jsii.String("dashboard"), &awscloudwatch.DashboardProps{
		// a period of the default schedule, and the grace after it
		DashboardName: jsii.String(Name), DefaultInterval: awscdk.Duration_Days(jsii.Number(100)),
	})
	board.AddWidgets(awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
		Title: jsii.String("Alarms"), Alarms: &all, Width: jsii.Number(full), Height: jsii.Number(3),
	}))
	board.AddWidgets(b.lastRotations())
	board.AddWidgets(
		b.keyAges(),
		graph("What the audit found", b.targetMetrics(audit.Drift, audit.LeftoverKeys, audit.OpenRecords), nil),
	)
	executions := func(make func(*awscloudwatch.MetricOptions) awscloudwatch.Metric, label string) awscloudwatch.IMetric {
		return make(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Days(jsii.Number(1)),
			Label: &label})
	}
	board.AddWidgets(
		graph("Executions", []awscloudwatch.IMetric{
			executions(machine.MetricSucceeded, "succeeded"), executions(machine.MetricFailed, "failed"),
			executions(machine.MetricAborted, "stopped by hand"), executions(machine.MetricTimedOut, "timed out"),
		}, nil),
		graph("Duration of rotations, in hours", b.durations(), nil),
	)
	board.AddWidgets(
		graph("Failures of functions", failures(functions), nil),
		graph("Targets audited",
			append(b.targetMetrics(audit.Audited),
				auditMetric(audit.Audited, "").With(&awscloudwatch.MetricOptions{Label: jsii.String("all")})), nil),
	)
}

func graph(title string, metrics []awscloudwatch.IMetric,
	lines []*awscloudwatch.HorizontalAnnotation) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: &title, Left: &metrics, LeftAnnotations: &lines, Width: jsii.Number(half), Height: jsii.Number(tall),
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0), ShowUnits: jsii.Bool(false)},
	})
}

func (b *builder) keyAges() awscloudwatch.IWidget {
	return graph("Age of the keys, in days", b.targetMetrics(audit.KeyAge), []*awscloudwatch.HorizontalAnnotation{
		{Value: jsii.Number(b.props.Config.KeyAgeLimitDays), Label: jsii.String("limit"), Color: awscloudwatch.Color_RED()},
	})
}

// targetMetrics are metrics of the audit for each target.
func (b *builder) targetMetrics(names ...string) []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, target := range b.targetNames() {
		for _, name := range names {
			label := target
			if len(names) > 1 {
				label += " " + name
			}
			metrics = append(metrics, auditMetric(name, target).With(&awscloudwatch.MetricOptions{Label: &label}))
		}
	}
	return metrics
}

// durations are those of whole rotations, however many executions each took.
// Step Functions' own metric is about executions, and knows no targets.
func (b *builder) durations() []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, target := range b.targetNames() {
		id := "seconds" + strconv.Itoa(len(metrics))
		seconds := auditMetric(notice.RotationTime, target)
		metrics = append(metrics, awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: new(id + " / 3600"), Label: &target, Period: awscdk.Duration_Days(jsii.Number(1)),
			UsingMetrics: &map[string]awscloudwatch.IMetric{id: seconds},
		}))
	}
	return metrics
}

func failures(made map[string]awslambda.Function) []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, f := range functions {
		metrics = append(metrics, made[f.name].MetricErrors(&awscloudwatch.MetricOptions{
			Statistic: jsii.String("Sum"), Period: awscdk.Duration_Days(jsii.Number(1)), Label: jsii.String(f.name),
		}))
	}
	return metrics
}

// lastRotations is a table out of the logs of the functions that tell people.
func (b *builder) lastRotations() awscloudwatch.IWidget {
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title:         jsii.String("Last notices: how rotations ended, what the audit found, which alarms rang"),
		LogGroupNames: jsii.Strings("/aws/lambda/"+named(notify), "/aws/lambda/"+named(auditor)),
		QueryLines: jsii.Strings(
			`filter message = "notice sent"`,
			"fields @timestamp, target, urgency, subject",
			"sort @timestamp desc",
			"limit 25",
		),
		Width: jsii.Number(full), Height: jsii.Number(tall),
	})
}
