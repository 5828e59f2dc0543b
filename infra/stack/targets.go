package stack

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// newTargets makes a parameter for each target. What it holds says which account
// and region it is about, also where only CloudFormation knows these.
func (b *builder) newTargets() {
	scope := constructs.NewConstruct(b.Stack, jsii.String("targets"))
	for _, t := range b.props.Stack.Targets {
		t.Account, t.Region = *b.Account(), *b.Region()
		awsssm.NewCfnParameter(scope, new(childID(t.Name)), &awsssm.CfnParameterProps{
			Name: new(target.Prefix + t.Name),
			Description: new(fmt.Sprintf(
				"The target %s: rotates the access key of the IAM user %s. Change it in rotation.json, "+
					"not here", t.Name, t.IAMUserName)),
			Type:  jsii.String("String"),
			Tier:  jsii.String("Standard"),
			Value: new(config.JSON(t)),
		})
	}
}

// childID is how a target's things are called in the CDK's tree. There the group
// of schedules has a name already, and JavaScript finds a constructor everywhere.
// All others are called like the target: another id would be another resource.
func childID(target string) string {
	if target == "group" || target == "constructor" {
		return target + "."
	}
	return target
}

func (b *builder) targetNames() []string {
	var names []string
	for _, target := range b.props.Stack.Targets {
		names = append(names, target.Name)
	}
	return names
}

// webhookParameters are those that the configuration names.
func (b *builder) webhookParameters() []string {
	return slices.DeleteFunc([]string{b.props.Config.SlackWebhookParameter, b.props.Config.TeamsWebhookParameter},
		func(name string) bool { return name == "" })
}

// tokenNames are the parameters that hold Qovery's tokens, each once. They are
// the operator's: CloudFormation can neither create a SecureString nor would it
// be the place for a secret.
func (b *builder) tokenNames() []string {
	var names []string
	for _, target := range b.props.Stack.Targets {
		if !slices.Contains(names, target.TokenParameter) {
			names = append(names, target.TokenParameter)
		}
	}
	return names
}
