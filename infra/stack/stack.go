// Package stack is what is deployed to one account and region: the state
// machine and its functions (functions.go says which may do what), the journal,
// the targets with their schedules, and what tells people how it goes.
package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
)

// Name is the name of the stack and the state machine, and what the names of
// the other things begin with.
const Name = "qovery-key-rotation"

// Props is what a stack is made of.
type Props struct {
	Config    config.Config
	Stack     config.Stack
	AssetsDir string    // a folder for each function, with its binary
	Now       time.Time // what schedules count from
}

// New adds a stack to the app.
func New(scope constructs.Construct, id string, props Props) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		StackName:   jsii.String(Name),
		Description: jsii.String("Rotates the AWS access keys that Qovery holds, without downtime"),
		Env:         deployedTo(props.Stack.Environment),
		// A stack that is deleted by mistake takes the schedules and the histories along.
		TerminationProtection: jsii.Bool(true),
	})
	awscdk.Tags_Of(stack).Add(jsii.String("application"), jsii.String(Name), &awscdk.TagProps{
		// CloudFormation's published schema of dashboards has no tags.
		ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard"),
	})

	for name, value := range props.Config.Tags {
		awscdk.Tags_Of(stack).Add(&name, &value, &awscdk.TagProps{
			ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard"),
		})
	}

	b := &builder{Stack: stack, props: props, roles: map[string]awsiam.IRole{}}
	b.key = b.newCustomerKey()
	b.journal = b.newJournal()
	b.topic, b.chat = b.newTopic("notices"), b.newTopic("chat")
	b.subscribe()
	b.undelivered = b.newUndeliveredQueue()
	functions := b.newFunctions()
	machine := b.newMachine(functions)
	b.newTargets()
	daily := b.newSchedules(machine, functions[auditor])
	alarms := b.newAlarms(functions, machine)
	b.newNotices(functions[notify], machine, alarms)
	if props.Config.Dashboard {
		b.newDashboard(functions, machine, alarms)
	}
	b.newOutputs(machine)
	b.updateLast(daily)
	b.warn()
	return stack
}

// deployedTo is nil in its parts that are not known: CloudFormation fills them in.
func deployedTo(e config.Environment) *awscdk.Environment {
	known := &awscdk.Environment{}
	if e.Account != "" {
		known.Account = &e.Account
	}
	if e.Region != "" {
		known.Region = &e.Region
	}
	return known
}

// warn tells at synthesis what is legal and likely not meant.
func (b *builder) warn() {
	annotations := awscdk.Annotations_Of(b.Stack)
	warn := func(id, warning string) {
		if warning != "" {
			annotations.AddWarningV2(&id, &warning)
		}
	}
	if len(b.subscriptions()) == 0 {
		warn("alertEmails", "alertEmails is empty: unless something else subscribes to the topic, no one is notified "+
			"of how rotations end.")
	}
	for _, s := range b.subscriptions() {
		warn("example:"+s.Email, config.ExampleEmailWarning(s.Email))
	}
	if region := b.props.Stack.Region; region != "" && !isKnown(region) {
		warn("region", fmt.Sprintf("The CDK knows no region %s. If it isn't a new one, correct "+
			"targets[...].region in rotation.json.", region))
	}
	for _, target := range b.props.Stack.Targets {
		warn("example:"+target.Name, config.ExampleOrganizationWarning(target))
		for i, warning := range config.FreezeWarnings(target, b.props.Now) {
			warn(fmt.Sprintf("freeze:%s:%d", target.Name, i), warning)
		}
		if note := config.ComplianceNote(target); note != "" {
			annotations.AddInfo(&note)
		}
		warn("maintenance:"+target.Name, config.MaintenanceWarning(target))
		warn("due:"+target.Name, config.DueWarning(target, b.props.Now))
	}
}

func isKnown(region string) bool {
	return slices.ContainsFunc(*regioninfo.RegionInfo_Regions(), func(known regioninfo.RegionInfo) bool {
		return *known.Name() == region
	})
}

// AddAll adds the stacks of a configuration to the app. All have the same name,
// each in its own account and region; their ids tell them apart for the CLI.
func AddAll(app awscdk.App, cfg config.Config, assetsDir string, now time.Time) []awscdk.Stack {
	groups := cfg.Stacks()
	var added []awscdk.Stack
	for _, group := range groups {
		id := Name
		if len(groups) > 1 {
			id = strings.Join([]string{Name, cmp.Or(group.Account, "default"), cmp.Or(group.Region, "default")}, "-")
		}
		added = append(added, New(app, id, Props{Config: cfg, Stack: group, AssetsDir: assetsDir, Now: now}))
	}
	return added
}

// builder is a stack in the making, with the things that others refer to.
type builder struct {
	awscdk.Stack
	props       Props
	key         awskms.Key // nil: AWS-managed keys encrypt
	journal     awsdynamodb.Table
	topic       awssns.Topic
	chat        awssns.Topic // for chats, which want messages in another form
	undelivered awssqs.Queue
	roles       map[string]awsiam.IRole // of the functions, by name
}

// arn is the ARN of a thing in this stack's account and region. It is put
// together where a reference to the thing would close a circle, or where the
// thing is not the stack's.
func (b *builder) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", *b.Partition(), service, *b.Region(), *b.Account(), rest)
}

// globalARN is the ARN of a thing that belongs to no region.
func (b *builder) globalARN(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", *b.Partition(), service, *b.Account(), rest)
}

func named(suffix string) string { return Name + "-" + suffix }
