package awstest

import "strings"

func (t *Template) text(value any) string {
	text, _ := t.resolve(value).(string)
	return text
}

// resolve works out intrinsic functions as CloudFormation would.
func (t *Template) resolve(value any) any {
	switch value := value.(type) {
	case []any:
		resolved := make([]any, len(value))
		for i := range value {
			resolved[i] = t.resolve(value[i])
		}
		return resolved
	case map[string]any:
		if name, ok := value["Ref"].(string); ok {
			return t.ref(name)
		}
		if parts, ok := value["Fn::GetAtt"].([]any); ok {
			id, _ := parts[0].(string)
			return t.arn(id)
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			separator, _ := join[0].(string)
			return strings.Join(list(t.resolve(join[1])), separator)
		}
		resolved := map[string]any{}
		for name := range value {
			resolved[name] = t.resolve(value[name])
		}
		return resolved
	}
	return value
}

func (t *Template) ref(name string) string {
	switch name {
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return t.place.Region
	case "AWS::AccountId":
		return t.place.Account
	}
	switch t.resources[name].Type {
	case "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine":
		return t.arn(name) // what a Ref to one is
	case "AWS::Scheduler::ScheduleGroup":
		return t.text(t.resources[name].Properties["Name"])
	}
	return t.name(name)
}

// name is a resource's: its own, or else its id, which CloudFormation's name
// would begin with.
func (t *Template) name(id string) string {
	for _, property := range []string{"FunctionName", "TableName", "TopicName", "RoleName", "QueueName",
		"StateMachineName"} {
		if name, ok := t.resources[id].Properties[property]; ok {
			return t.text(name)
		}
	}
	return id
}

// arn is the ARN of a resource of the stack.
func (t *Template) arn(id string) string {
	kinds := map[string]string{
		"AWS::Lambda::Function": "lambda:<region>:<account>:function:",
		"AWS::DynamoDB::Table":  "dynamodb:<region>:<account>:table/", "AWS::SNS::Topic": "sns:<region>:<account>:",
		"AWS::IAM::Role": "iam::<account>:role/", "AWS::SQS::Queue": "sqs:<region>:<account>:",
		"AWS::StepFunctions::StateMachine": "states:<region>:<account>:stateMachine:",
	}
	place := strings.NewReplacer("<region>", t.place.Region, "<account>", t.place.Account)
	return "arn:aws:" + place.Replace(kinds[t.resources[id].Type]) + t.name(id)
}
