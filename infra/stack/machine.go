package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/statemachine"
)

// newMachine makes the state machine out of its one definition. Its name is
// fixed: preflight may describe its executions and it may invoke preflight, a
// circle that only a name can open.
func (b *builder) newMachine(functions map[string]awslambda.Function) awsstepfunctions.StateMachine {
	substitutions := map[string]*string{}
	var invoked []string
	for _, name := range statemachine.Placeholders(statemachine.Definition) {
		function, exists := functions[name]
		if !exists {
			panic(fmt.Sprintf("stack: the definition names a function %s, which is not in the table", name))
		}
		substitutions[name] = function.FunctionArn()
		invoked = append(invoked, *function.FunctionArn())
	}
	machine := awsstepfunctions.NewStateMachine(b.Stack, jsii.String("rotation"), &awsstepfunctions.StateMachineProps{
		StateMachineName:        jsii.String(Name),
		StateMachineType:        awsstepfunctions.StateMachineType_STANDARD,
		DefinitionBody:          awsstepfunctions.DefinitionBody_FromString(jsii.String(string(statemachine.Definition))),
		DefinitionSubstitutions: &substitutions,
		Role:                    b.newMachineRole(invoked),
		TracingEnabled:          jsii.Bool(true),
		Logs: &awsstepfunctions.LogOptions{
			// Names that begin so are not limited by the length of the logs service's resource policy.
			Destination: b.newLogGroup("rotation-logs", "/aws/vendedlogs/states/"+Name),
			Level:       awsstepfunctions.LogLevel_ALL,
			// Documents in the logs would cost more than everything else.
			IncludeExecutionData: jsii.Bool(false),
		},
	})
	withoutDependsOn(machine)
	return machine
}

const whyLogDelivery = "The actions with which a service sets up the delivery of its logs know no resources: AWS " +
	"documents them with * alone."

func (b *builder) newMachineRole(invoked []string) awsiam.IRole {
	return b.newRole("rotation-role", "What the state machine "+Name+" may do",
		b.service("states.amazonaws.com", b.arn("states", "stateMachine:"+Name)),
		statement{actions: actions("lambda:InvokeFunction"), resources: invoked},
		statement{
			actions("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
				"logs:ListLogDeliveries",
				"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
			b.arns(everything), whyLogDelivery, nil,
		},
		statement{
			actions("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
			b.arns(everything), whyTraces, nil,
		},
	)
}
