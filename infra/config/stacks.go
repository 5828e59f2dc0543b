package config

import (
	"fmt"
	"slices"

	"qovery-key-rotation/internal/rotation"
)

// Stack is what is deployed to one account and region.
type Stack struct {
	Environment
	Targets []rotation.Target
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

func (c Config) checkStacks(found *Mistakes) {
	for _, stack := range c.Stacks() {
		if len(stack.Targets) > maxTargets {
			found.add(Key+".targets", fmt.Sprintf("%d targets go to %s; a stack takes %d", len(stack.Targets), stack.Environment, maxTargets),
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
