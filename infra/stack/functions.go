package stack

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// function is one Lambda function: what it is for, which variables it reads, and
// what it may do. Everything else is the same for all.
type function struct {
	name string
	does string
	env  []string
	may  []grant
}

// The functions that are no steps of the state machine.
const (
	notify  = "notify"
	auditor = "audit"
)

// The functions. A step gets what its ports use, and nothing for later.
//
// IAM knows no action for DynamoDB's transactions: closing a journal record is
// a PutItem and a DeleteItem.
var functions = []function{
	{
		name: "preflight",
		does: "Loads the target, looks at IAM, Qovery and the journal, decides the plan and takes the lock",
		env: []string{lambda.TableName, lambda.TargetPrefix, lambda.StagedPrefix, lambda.KeyAgeLimitDays,
			lambda.QoveryAPIURL},
		may: []grant{
			{targetParameters, actions("ssm:GetParameter")},
			{tokenParameters, actions("ssm:GetParameter")},
			{stagedSecrets, actions("ssm:GetParameter", "ssm:DeleteParameter")}, // deletes the secret of a key that is gone
			{targetUsers, actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListAttachedUserPolicies")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")},
			{trailEvents, actions("cloudtrail:LookupEvents")}, // finds out that they can be looked up
			{executions, actions("states:DescribeExecution")},
		},
	},
	{
		name: "createkey",
		does: "Creates the new key and stages its secret; deletes a key that an earlier try of its own left behind",
		env:  []string{lambda.TableName, lambda.StagedPrefix, lambda.KMSKeyARN, lambda.CreatorRoleARN, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{stagedSecrets, actions("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")},
			{targetUsers,
				actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateAccessKey", "iam:DeleteAccessKey")},
			{trailEvents, actions("cloudtrail:LookupEvents")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: "verifykey",
		does: "Signs requests to STS with the new key until it works reliably",
		env:  []string{lambda.TableName, lambda.StagedPrefix},
		may: []grant{
			{stagedSecrets, actions("ssm:GetParameter")},
			{journalTable, actions("dynamodb:GetItem")},
		},
	},
	{
		name: "updatecredentials",
		does: "Puts the new key into every location in Qovery, and destroys its staged secret",
		env:  []string{lambda.TableName, lambda.StagedPrefix, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{stagedSecrets, actions("ssm:GetParameter", "ssm:DeleteParameter")},
			{targetUsers, actions("iam:ListAccessKeys")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: "deployclusters",
		does: "Deploys the clusters with the new key, wave after wave; later the canary",
		env:  []string{lambda.TableName, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{targetUsers, actions("iam:ListAccessKeys", "iam:ListAttachedUserPolicies")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: "checkusage",
		does: "Asks whether anything still uses the old key",
		env:  []string{lambda.TableName},
		may: []grant{
			{targetUsers, actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed")},
			{trailEvents, actions("cloudtrail:LookupEvents")},
			{journalTable, actions("dynamodb:GetItem")},
		},
	},
	{
		name: "deactivatekey",
		does: "Makes the old key Inactive",
		env:  []string{lambda.TableName, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{targetUsers, actions("iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:UpdateAccessKey")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: "deletekey",
		does: "Deletes the old key",
		env:  []string{lambda.TableName, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{targetUsers, actions("iam:ListAccessKeys", "iam:DeleteAccessKey")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: "complete",
		does: "Closes the journal's record and sums the rotation up",
		env:  []string{lambda.TableName, lambda.StagedPrefix, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{stagedSecrets, actions("ssm:DeleteParameter")},
			{targetUsers, actions("iam:ListAccessKeys")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")},
		},
	},
	{
		name: "discardkey",
		does: "Deletes the new key and its secret when a rotation fails early, and closes the record",
		env:  []string{lambda.TableName, lambda.StagedPrefix, lambda.CreatorRoleARN, lambda.QoveryAPIURL},
		may: []grant{
			{tokenParameters, actions("ssm:GetParameter")},
			{stagedSecrets, actions("ssm:DeleteParameter")},
			{targetUsers, actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:DeleteAccessKey")},
			{trailEvents, actions("cloudtrail:LookupEvents")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")},
		},
	},
	{
		name: "reactivatekey",
		does: "Makes the old key Active again, if this rotation made it Inactive",
		env:  []string{lambda.TableName},
		may: []grant{
			{targetUsers, actions("iam:ListAccessKeys", "iam:UpdateAccessKey")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:PutItem")},
		},
	},
	{
		name: notify,
		does: "Notifies people how rotations ended and which alarms rang",
		env: []string{lambda.TableName, lambda.TargetPrefix, lambda.TargetNames, lambda.TopicARN, lambda.ChatTopicARN,
			lambda.SlackWebhookParameter, lambda.TeamsWebhookParameter, lambda.KeyAgeLimitDays, lambda.AllMetrics},
		may: []grant{
			{targetParameters, actions("ssm:GetParameter")},
			{targetUsers, actions("iam:ListAccessKeys")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:Query")},
			{topics, actions("sns:Publish")},
			{defaultBus, actions("events:PutEvents")},
			{webhooks, actions("ssm:GetParameter")},
		},
	},
	{
		name: auditor,
		does: "Looks at every target once a day, reports what is wrong, and starts or resumes what is due",
		env: []string{lambda.TableName, lambda.TargetPrefix, lambda.StagedPrefix, lambda.TargetNames, lambda.ScheduleGroup,
			lambda.StateMachineARN, lambda.KeyAgeLimitDays, lambda.TopicARN, lambda.ChatTopicARN,
			lambda.SlackWebhookParameter, lambda.TeamsWebhookParameter, lambda.AllMetrics, lambda.QoveryAPIURL},
		may: []grant{
			{targetParameters, actions("ssm:GetParameter")},
			{operatorSecrets, actions("ssm:GetParameter")},
			{noSecret, actions("ssm:GetParameter")}, // finds out that a rotation could read the others
			{trailEvents, actions("cloudtrail:LookupEvents")},
			{targetUsers, actions("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListAttachedUserPolicies")},
			{journalTable, actions("dynamodb:GetItem", "dynamodb:Query")},
			{auditMemory, actions("dynamodb:PutItem")}, // what it has told
			{executions,
				actions("states:DescribeExecution", "states:GetExecutionHistory", "states:RedriveExecution")},
			{stateMachine, actions("states:ListExecutions", "states:StartExecution")},
			{targetSchedules, actions("scheduler:GetSchedule")},
			{topics, actions("sns:Publish")},
		},
	},
}

const (
	notifyTimeout = time.Minute      // for its reads, one publication, and chats
	auditTimeout  = 15 * time.Minute // Lambda's longest, for all targets
)

func (f function) timeout() time.Duration {
	switch f.name {
	case notify:
		return notifyTimeout
	case auditor:
		return auditTimeout
	}
	return rotation.FunctionTimeouts[f.name]
}

// environment returns the variables that the function reads, with their values.
// Those that say nothing are left out: Qovery's public address, a key where there
// is none of the customer's, all metrics where nothing shows them.
func (b *builder) environment(f function) *map[string]*string {
	allMetrics := ""
	if b.props.Config.Alarms == config.FullAlarms || b.props.Config.Dashboard {
		allMetrics = "true"
	}
	values := map[string]*string{
		lambda.TableName:    b.journal.TableName(),
		lambda.TargetPrefix: new(target.Prefix),
		lambda.StagedPrefix: new(target.StagedPrefix),
		lambda.QoveryAPIURL: &b.props.Config.QoveryAPIURL,
		lambda.TopicARN:     b.topic.TopicArn(),
		lambda.ChatTopicARN: b.chat.TopicArn(),

		lambda.SlackWebhookParameter: &b.props.Config.SlackWebhookParameter,
		lambda.TeamsWebhookParameter: &b.props.Config.TeamsWebhookParameter,

		lambda.KMSKeyARN:  b.keyARN(),
		lambda.AllMetrics: &allMetrics,

		lambda.TargetNames:     new(strings.Join(b.targetNames(), ",")),
		lambda.ScheduleGroup:   new(Name),
		lambda.StateMachineARN: new(b.arn("states", "stateMachine:"+Name)), // which needs the functions first
		lambda.KeyAgeLimitDays: new(strconv.Itoa(b.props.Config.KeyAgeLimitDays)),
		// CloudTrail names who created a key by the role; only this one's are ours.
		lambda.CreatorRoleARN: b.roles["createkey"].RoleArn(),
	}
	read := map[string]*string{}
	for _, name := range f.env {
		read[name] = values[name]
	}
	maps.DeleteFunc(read, func(_ string, value *string) bool { return *value == "" })
	return &read
}
