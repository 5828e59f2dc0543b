package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/ops/notice"
)

// newTopic makes a topic that people or chats listen to. Alarms and EventBridge's rules
// could not publish to a topic that is encrypted with AWS's key; the roles of notify and
// of the audit can, and no other does.
func (b *builder) newTopic(name string) awssns.Topic {
	props := &awssns.TopicProps{
		TopicName:   new(named(name)),
		DisplayName: jsii.String("Qovery key rotation"),
		EnforceSSL:  jsii.Bool(true),
	}
	if b.key != nil {
		props.MasterKey = b.key
	}
	topic := awssns.NewTopic(b.Stack, &name, props)
	if b.key == nil {
		topic.Node().DefaultChild().(awssns.CfnTopic).SetKmsMasterKeyId(jsii.String("alias/aws/sns"))
	}
	return topic
}

func (b *builder) subscriptions() []config.Subscription {
	return b.props.Config.Subscriptions(b.props.Stack.Targets)
}

// subscribe subscribes the addresses. Those of a target get the messages about it alone.
func (b *builder) subscribe() {
	for _, s := range b.subscriptions() {
		props := &awssnssubscriptions.EmailSubscriptionProps{}
		if len(s.Targets) > 0 {
			props.FilterPolicy = &map[string]awssns.SubscriptionFilter{"target": awssns.SubscriptionFilter_StringFilter(
				&awssns.StringConditions{Allowlist: jsii.Strings(s.Targets...)})}
		}
		b.topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&s.Email, props))
	}
}

// newUndeliveredQueue makes the queue for what could not be handed over: starts
// that Scheduler, and events that EventBridge, tried for a day in vain.
func (b *builder) newUndeliveredQueue() awssqs.Queue {
	props := &awssqs.QueueProps{
		QueueName:       new(named("undelivered")),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)), // the longest there is
	}
	if b.key != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, b.key
	}
	queue := awssqs.NewQueue(b.Stack, jsii.String("undelivered"), props)
	suppress(resourceOf(queue), suppression{
		rule: "AwsSolutions-SQS3",
		reason: "This queue is the dead-letter queue, of the schedules and of the rules for notices. Nothing consumes it: " +
			"an alarm rings when a message arrives, and a person reads it.",
	})
	return queue
}

// newNotices sends what people have to hear of to notify: how executions of this
// machine began and ended, and which of these alarms rang or stopped ringing.
func (b *builder) newNotices(notify awslambda.Function, machine awsstepfunctions.StateMachine,
	alarms []awscloudwatch.Alarm) {
	b.newRule(notify, "executions", "Executions of "+Name+" that began or ended", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.states"),
		DetailType: jsii.Strings("Step Functions Execution Status Change"),
		Detail: &map[string]any{
			"stateMachineArn": []any{machine.StateMachineArn()},
		},
	})
	b.newRule(notify, "exposures", "Access keys that others may have, by AWS Health", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.health"),
		DetailType: jsii.Strings("AWS Health Event"),
		Detail:     &map[string]any{"eventTypeCode": notice.Risks()},
	})
	var arns []*string
	for _, alarm := range alarms {
		arns = append(arns, alarm.AlarmArn())
	}
	b.newRule(notify, "alarms", "Alarms of "+Name+" that ring, or ring no more", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.cloudwatch"),
		DetailType: jsii.Strings("CloudWatch Alarm State Change"),
		Resources:  &arns,
		// An alarm that has only just been created turns OK as well; nobody needs to hear of that. The one on
		// audits that do not come rings from its creation until the first audit; nobody needs to hear of that either.
		Detail: &map[string]any{"$or": []any{
			map[string]any{"state": map[string]any{"value": []any{"ALARM"}},
				"alarmName": []any{map[string]any{"anything-but": []any{named(auditMissing)}}}},
			map[string]any{"state": map[string]any{"value": []any{"ALARM"}},
				"previousState": map[string]any{"value": []any{"OK"}}},
			map[string]any{"state": map[string]any{"value": []any{"OK"}},
				"previousState": map[string]any{"value": []any{"ALARM"}}},
		}},
	})
}

func (b *builder) newRule(notify awslambda.Function, name, description string, pattern *awsevents.EventPattern) {
	awsevents.NewRule(b.Stack, new("rule-"+name), &awsevents.RuleProps{
		RuleName: new(named(name)), Description: &description, EventPattern: pattern,
		Targets: &[]awsevents.IRuleTarget{
			awseventstargets.NewLambdaFunction(notify, &awseventstargets.LambdaFunctionProps{DeadLetterQueue: b.undelivered}),
		},
	})
}
