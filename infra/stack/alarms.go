package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/audit"
)

// newAlarms makes the alarms on what no execution reports by its own end. They
// have no actions: their changes go to notify, as executions' ends do. The essential
// ones are on what nothing else reports, either.
func (b *builder) newAlarms(functions map[string]awslambda.Function,
	machine awsstepfunctions.StateMachine) []awscloudwatch.Alarm {
	every := func(minutes float64, statistic string) *awscloudwatch.MetricOptions {
		return &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(&minutes), Statistic: &statistic}
	}
	essential := []awscloudwatch.Alarm{
		b.newAlarm("undelivered", 1, 1, b.undelivered.MetricApproximateNumberOfMessagesVisible(every(5, "Maximum")),
			"A rotation was not started by its schedule, or a notice was not delivered, although that was tried for a day. "+
				"Read the message in the queue "+named("undelivered")+
				", fix the cause, start the rotation by hand, and delete the message."),
		b.auditMissing(),
	}
	if b.props.Config.Alarms != config.FullAlarms {
		return essential
	}
	return append(essential,
		b.newAlarm("throttled", 1, 1, machine.MetricThrottled(every(5, "Sum")),
			"Step Functions throttles the rotations of this account. They continue by themselves; if this lasts, see what "+
				"else uses the quota."),
		b.newAlarm("waiting", 6, 1, functions["preflight"].MetricErrors(every(60, "Sum")),
			"For six hours a rotation has been trying to begin. It keeps trying for a day. See its execution for what it "+
				"waits for: "+
				"clusters that are being deployed, another rotation, or a service that does not answer."),
		// Lambda tries an event three times.
		b.newAlarm("notices-failing", 1, 3, functions[notify].MetricErrors(every(60, "Sum")),
			"The function that composes notices fails. What it failed on was sent as it is. See the log of "+named(notify)+"."),
		b.auditAlarm("key-too-old", audit.KeyAge, float64(b.props.Config.KeyAgeLimitDays),
			fmt.Sprintf("An access key is over %d days old, by the daily audit. Its notice says whose, and what to do.",
				b.props.Config.KeyAgeLimitDays)),
		b.auditAlarm("drift", audit.Drift, 1,
			"Qovery does not hold what IAM has, by the daily audit. Its notice says where, and what to do."),
		b.auditAlarm("leftover-key", audit.LeftoverKeys, 1,
			"An IAM user has a key that Qovery does not hold, by the daily audit. Its notice says which, and what to do."),
	)
}

// auditAlarm rings when a figure of the daily audit, the highest of all targets
// or their sum, has reached the threshold. It stays as it is until the next audit.
func (b *builder) auditAlarm(name, metric string, threshold float64, description string) awscloudwatch.Alarm {
	alarm := b.newAlarm(name, 1, threshold, auditMetric(metric, ""), description)
	resourceOf(alarm).(awscloudwatch.CfnAlarm).SetTreatMissingData(jsii.String("ignore"))
	return alarm
}

// auditMissing rings when for two days no audit has come to its end, or none
// that could read everything.
func (b *builder) auditMissing() awscloudwatch.Alarm {
	alarm := b.newAlarm(auditMissing, audit.MissingAfter.Hours()/24, 1, auditMetric(audit.Audited, ""),
		"For two days no audit has looked at everything: it did not run, it failed, or something could not be read, of "+
			"which it sent a notice. "+
			"See the log of "+named(auditor)+" and its schedule.")
	properties := resourceOf(alarm).(awscloudwatch.CfnAlarm)
	properties.SetComparisonOperator(jsii.String("LessThanThreshold"))
	properties.SetTreatMissingData(jsii.String("breaching"))
	return alarm
}

// auditMissing is the name of the alarm on audits that do not come.
const auditMissing = "audit-missing"

// auditMetric is a metric of the audit: a target's, or, with "", that of all.
func auditMetric(name, target string) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace: jsii.String(lambda.Namespace), MetricName: &name, Statistic: jsii.String("Maximum"),
		Period: awscdk.Duration_Days(jsii.Number(1)),
	}
	if target != "" {
		props.Label = &target
		props.DimensionsMap = &map[string]*string{lambda.Dimension: &target}
	}
	return awscloudwatch.NewMetric(props)
}

// newAlarm rings when a metric has reached the threshold in so many periods in a row.
func (b *builder) newAlarm(name string, periods, threshold float64, metric awscloudwatch.IMetric,
	description string) awscloudwatch.Alarm {
	return awscloudwatch.NewAlarm(b.Stack, new("alarm-"+name), &awscloudwatch.AlarmProps{
		AlarmName: new(named(name)), AlarmDescription: &description, Metric: metric,
		Threshold: &threshold, EvaluationPeriods: &periods,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // no rotation, no metric
	})
}
