package stack

import (
	"qovery-key-rotation/internal/aws/ssm"
	"qovery-key-rotation/internal/aws/table"
	"qovery-key-rotation/internal/rotation/target"
)

// grant is one statement of a policy: these actions on that resource.
type grant struct {
	on      resource
	actions []string
}

func actions(names ...string) []string { return names }

// resource names what a statement is about; resources says which ARNs that is.
type resource string

const (
	targetParameters resource = "target parameters"
	tokenParameters  resource = "token parameters"
	stagedSecrets    resource = "staged secrets"
	noSecret         resource = "no secret" // a parameter of theirs that is never there
	targetUsers      resource = "target users"
	journalTable     resource = "journal table"
	auditMemory      resource = "audits' memory" // items of the journal
	executions       resource = "executions"
	trailEvents      resource = "CloudTrail's events"
	topics           resource = "topics"
	defaultBus       resource = "default event bus"
	webhooks         resource = "webhook parameters" // none, if the configuration names none
	operatorSecrets  resource = "operator's secrets" // tokens and webhooks
	targetSchedules  resource = "target schedules"
	auditFunction    resource = "function audit"
	ownLogGroup      resource = "own log group"
	stateMachine     resource = "state machine"
	undelivered      resource = "undelivered queue"
	everything       resource = "*"
)

// whyWildcard says, for each resource with a wildcard in its ARN, why there is
// no narrower one. The template carries the reasons, and an auditor reads them.
var whyWildcard = map[resource]string{
	targetParameters: "A target that is not deployed must be reported as not found; with exact names IAM would answer " +
		"that access is denied. " +
		"The prefix holds the configurations of this stack's targets alone, and no secrets.",
	stagedSecrets: "Each parameter is named after an access key that does not exist yet when the stack is deployed. " +
		"The prefix is this system's own, and holds the secret of a key that is being handed over, for minutes.",
	trailEvents: "LookupEvents knows no resources: AWS allows it on * alone. It reads the account's management events, " +
		"which hold no secrets, " +
		"to prove that nothing uses a key any more before it is taken away.",
	targetSchedules: "The names of fifty schedules, beside those of fifty users and tokens, are more than a role's " +
		"policies may hold. " +
		"The group is exact; it holds the schedules of this stack's targets and the audit's.",
	executions: "The ARN of an execution ends in its name, which is given when it starts. The machine's name is exact.",
	ownLogGroup: "The ARN of a log stream ends in its name, which Lambda gives. The log group is exact, and the " +
		"function's own.",
}

// conditions narrow a resource where ARNs cannot. They are in terms of IAM: each of
// the partition keys, of which there is at least one, is that of a memory.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
var conditions = map[resource]map[string]any{
	auditMemory: {
		"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []string{table.MemoryKeys}},
		"Null":                    map[string]any{"dynamodb:LeadingKeys": "false"},
	},
}

// arns returns the ARNs of a resource.
func (b *builder) arns(on resource) []string {
	switch on {
	case targetParameters:
		return []string{b.arn("ssm", "parameter"+target.Prefix+"*")}
	case stagedSecrets:
		return []string{b.arn("ssm", "parameter"+target.StagedPrefix+"*")}
	case noSecret:
		return []string{b.arn("ssm", "parameter"+target.StagedPrefix+ssm.Nothing)}
	case tokenParameters:
		return b.parameterARNs(b.tokenNames())
	case targetUsers:
		return b.targetUsers()
	case journalTable, auditMemory:
		return []string{*b.journal.TableArn()}
	case executions:
		return []string{b.arn("states", "execution:"+Name+":*")}
	case defaultBus:
		return []string{b.arn("events", "event-bus/default")}
	case topics:
		return []string{*b.topic.TopicArn(), *b.chat.TopicArn()}
	case webhooks:
		return b.parameterARNs(b.webhookParameters())
	case operatorSecrets:
		return append(b.arns(tokenParameters), b.arns(webhooks)...)
	case targetSchedules:
		return []string{b.arn("scheduler", "schedule/"+Name+"/*")}
	case auditFunction:
		return []string{b.arn("lambda", "function:"+named(auditor))}
	case stateMachine:
		return []string{b.arn("states", "stateMachine:"+Name)}
	case undelivered:
		return []string{*b.undelivered.QueueArn()}
	case trailEvents, everything:
		return []string{"*"}
	}
	panic("stack: there is no resource " + string(on))
}

func (b *builder) targetUsers() []string {
	var arns []string
	for _, target := range b.props.Stack.Targets {
		arns = append(arns, b.globalARN("iam", "user"+target.IAMUserPath+target.IAMUserName))
	}
	return arns
}

func (b *builder) parameterARNs(names []string) []string {
	var arns []string
	for _, name := range names {
		arns = append(arns, b.arn("ssm", "parameter"+name))
	}
	return arns
}
