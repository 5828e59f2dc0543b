package rotation

import (
	"context"
	"strings"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// checkQuarantine refuses a rotation whose deployments would fail, whatever key they use.
// Only a leaked key that goes out of service before them has no time to lose.
func (p Preflight) checkQuarantine(ctx context.Context, s *Situation) (*fault.Error, error) {
	policies, err := p.Keys.Quarantine(ctx, s.IAMUser)
	deploysLast := s.Leaked[s.oldKey()] == target.AtOnce && (s.Record == nil || !s.Record.outSinceLeak())
	if err != nil || len(policies) == 0 || deploysLast {
		return nil, err
	}
	refusal := quarantined(s.IAMUser, policies, fault.Start)
	if s.Record == nil || !s.Record.outSinceLeak() {
		refusal.Next = &fault.Advice{First: "If the key that leaked is out of service already, detach the policy: " +
			DetachCommand(s.IAMUser, policies) + ". Otherwise replace the key, before anything is deployed: " +
			"'rotate start --leaked KEY --at-once'"}
	}
	return refusal, nil
}

// requireNoQuarantine keeps a rotation from deploying in vain, once the leaked key is Inactive.
func (s DeactivateKey) requireNoQuarantine(ctx context.Context, user string) error {
	policies, err := s.Keys.Quarantine(ctx, user)
	if err == nil && len(policies) > 0 {
		return quarantined(user, policies, fault.Redrive)
	}
	return err
}

func quarantined(user string, policies []string, then fault.Do) *fault.Error {
	refusal := fault.Errorf(fault.UserQuarantined, "AWS found a key of the IAM user %s in public, and has attached %s to "+
		"the user: deployments fail", user, words.List(policies, mostListed))
	refusal.Urgent = true
	refusal.Next = &fault.Advice{First: "The leaked key is Inactive. Detach the policy: " + DetachCommand(user, policies),
		Do: then}
	return refusal
}

// DetachCommand ends a quarantine.
func DetachCommand(user string, policies []string) string {
	var commands []string
	for _, policy := range policies {
		commands = append(commands, "aws iam detach-user-policy --user-name "+user+" --policy-arn "+policy)
	}
	return strings.Join(commands, "; ")
}
