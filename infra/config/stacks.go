package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"qovery-key-rotation/internal/rotation/target"
)

// Stack is what is deployed to one account and region.
type Stack struct {
	Environment
	Targets []target.Target
}

// maxTargets is how many targets one stack may have: each adds to the policies
// of the functions' roles, which IAM limits.
const maxTargets = 50

// Stacks groups the targets by account and region, in the order in which these
// first appear.
func (c Config) Stacks() []Stack {
	var stacks []Stack
	for _, target := range c.Targets {
		environment := Environment{target.Account, target.Region}
		at := slices.IndexFunc(stacks, func(s Stack) bool { return s.Environment == environment })
		if at < 0 {
			at, stacks = len(stacks), append(stacks, Stack{Environment: environment})
		}
		stacks[at].Targets = append(stacks[at].Targets, target)
	}
	return stacks
}

// maxPolicyARNs is how many characters the ARNs of a stack's users and of the operator's
// parameters may have in a role's policy. IAM takes 10,240 of a role's, white space
// aside; the function that may most has the rest.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxPolicyARNs = 8500

// policyARNs counts the ARNs as the policies list them: with quotes and a comma,
// a parameter once. Of a region that isn't known yet the longest one counts.
func (s Stack) policyARNs(parameters ...string) int {
	length := 0
	for _, t := range s.Targets {
		length += len(strconv.Quote("arn:aws:iam::123456789012:user"+t.IAMUserPath+t.IAMUserName)) + len(",")
		parameters = append(parameters, t.TokenParameter)
	}
	slices.Sort(parameters)
	for _, name := range slices.Compact(parameters) {
		arn := "arn:aws:ssm:" + cmp.Or(s.Region, "ap-southeast-1") + ":123456789012:parameter" + name
		if name != "" {
			length += len(strconv.Quote(arn)) + len(",")
		}
	}
	return length
}

func (c Config) checkStacks(found *Mistakes) {
	for _, stack := range c.Stacks() {
		length := stack.policyARNs(c.SlackWebhookParameter, c.TeamsWebhookParameter)
		if length > maxPolicyARNs && len(stack.Targets) <= maxTargets {
			found.add("targets", fmt.Sprintf("the users and token parameters of the targets that go to %s take %d "+
				"characters in an IAM policy; there is room for %d",
				stack.Environment, length, maxPolicyARNs),
				`shorter paths and names, or another "region" or "account" for some of them`)
		}
		if len(stack.Targets) > maxTargets {
			found.add("targets",
				fmt.Sprintf("%d targets go to %s; a stack takes %d", len(stack.Targets), stack.Environment, maxTargets),
				`another "region" or "account" for some of them`)
		}
	}
}

// String names the environment for people.
func (e Environment) String() string {
	account, region := e.Account, e.Region
	if account == "" {
		account = "the CLI's account"
	}
	if region == "" {
		region = "the CLI's region"
	}
	return account + " in " + region
}
