package stack

import (
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// memory is enough for a static Go binary. Lambda's share of a processor goes
// with it; the steps wait for other services most of the time.
const memory = 128

// newFunctions makes the functions of the table, by name. Their roles come
// first, because functions are told of each other's.
func (b *builder) newFunctions() map[string]awslambda.Function {
	for _, f := range functions {
		b.roles[f.name] = b.newFunctionRole(f)
	}
	made := map[string]awslambda.Function{}
	for _, f := range functions {
		made[f.name] = b.newFunction(f)
	}
	return made
}

func (b *builder) newFunction(f function) awslambda.Function {
	logs := b.newLogGroup(f.name+"-logs", "/aws/lambda/"+named(f.name))
	props := &awslambda.FunctionProps{
		FunctionName: new(named(f.name)),
		Description:  &f.does,
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_ARM_64(),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(filepath.Join(b.props.AssetsDir, f.name)), nil),
		MemorySize:   jsii.Number(memory),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(f.timeout().Seconds())),
		Environment:  b.environment(f),
		Role:         b.roles[f.name],
		Tracing:      awslambda.Tracing_ACTIVE,
		LogGroup:     logs,
		// The log levels are Lambda's own controls: nothing has to be deployed to change one for a while.
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
		SystemLogLevelV2:      awslambda.SystemLogLevel_INFO,
	}
	if f.name == notify {
		// A notice that notify cannot compose reaches people all the same: Lambda
		// itself publishes the event that notify failed on.
		props.OnFailure = awslambdadestinations.NewSnsDestination(b.topic)
	}
	made := awslambda.NewFunction(b.Stack, &f.name, props)
	withoutDependsOn(made)
	return made
}

// withoutDependsOn takes off the dependency on a role's policies, which the CDK
// adds in case they are resources of their own. Here they are part of the role,
// which the resource refers to.
func withoutDependsOn(construct constructs.IConstruct) {
	resourceOf(construct).AddDeletionOverride(jsii.String("DependsOn"))
}

// whyTraces: X-Ray has no resources to name.
const whyTraces = "X-Ray's actions to hand in traces know no resources: AWS allows them on * alone. They write, and " +
	"read nothing of anybody's."

func (b *builder) newFunctionRole(f function) awsiam.IRole {
	var statements []statement
	for _, g := range f.may {
		s := b.statement(g)
		exact := func(s statement) bool { return s.why == "" && s.when == nil }
		same := slices.IndexFunc(statements, func(other statement) bool {
			return exact(other) && exact(s) && slices.Equal(other.actions, s.actions)
		})
		switch {
		case len(s.resources) == 0:
		case same >= 0: // IAM counts the characters
			statements[same].resources = append(statements[same].resources, s.resources...)
		default:
			statements = append(statements, s)
		}
	}
	statements = append(statements,
		statement{
			actions("logs:CreateLogStream", "logs:PutLogEvents"),
			[]string{b.arn("logs", "log-group:/aws/lambda/"+named(f.name)+":*")},
			whyWildcard[ownLogGroup], nil,
		},
		statement{actions("xray:PutTraceSegments", "xray:PutTelemetryRecords"), b.arns(everything), whyTraces, nil},
	)
	lambda := awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)
	return b.newRole(f.name+"-role", "What the function "+named(f.name)+" may do", lambda, statements...)
}

// newLogGroup keeps logs for thirteen months: the year that auditors ask about,
// with a month to ask in. They go with the stack; the journal, which stays, is
// the record of what was done.
func (b *builder) newLogGroup(id, name string) awslogs.LogGroup {
	props := &awslogs.LogGroupProps{
		LogGroupName:  &name,
		Retention:     awslogs.RetentionDays_THIRTEEN_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	}
	if b.key != nil {
		props.EncryptionKey = b.key
	}
	return awslogs.NewLogGroup(b.Stack, &id, props)
}
