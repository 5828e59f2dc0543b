package rotation

import (
	"context"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// quarantine is that AWS found a key of a user in public, and denies the user what
// deployments need, whatever key they use.
type quarantine struct {
	target, user string
	policies     []string
	keys         []AccessKey
	leaked       Leaked  // which of them it was, as far as a person said so
	record       *Record // nil: none is open
}

// checkQuarantine refuses a rotation whose deployments would fail. Only a leaked key that
// goes out of service before them has no time to lose.
func (p Preflight) checkQuarantine(ctx context.Context, s *Situation, target string) (*fault.Error, error) {
	policies, err := p.Keys.Quarantine(ctx, s.IAMUser)
	if err != nil || len(policies) == 0 || s.deploysLast() {
		return nil, err
	}
	q := quarantine{target, s.IAMUser, policies, s.Keys, s.Leaked, s.Record}
	return q.refusal(fault.Start), nil
}

// deploysLast: the old key leaked, and goes out of service before anything is deployed.
func (s *Situation) deploysLast() bool {
	return s.Leaked[s.oldKey()] == target.AtOnce && (s.Record == nil || !s.Record.outSinceLeak())
}

// requireNoQuarantine keeps a rotation that is open from deploying in vain.
func (c *claim) requireNoQuarantine(ctx context.Context, reader KeyReader) error {
	policies, err := reader.Quarantine(ctx, c.IAMUser)
	if err != nil || len(policies) == 0 {
		return err
	}
	keys, err := reader.List(ctx, c.IAMUser)
	if err != nil {
		return err
	}
	return quarantine{c.Target, c.IAMUser, policies, keys, c.Leaked, &c.Record}.refusal(fault.Redrive)
}

func (q quarantine) refusal(then fault.Do) *fault.Error {
	refusal := fault.Errorf(fault.UserQuarantined, "AWS found a key of the IAM user %s in public, and has attached %s to "+
		"the user: deployments fail", q.user, words.List(q.policies, mostListed))
	refusal.Urgent, refusal.Next = true, q.advice(then)
	return refusal
}

// advice has the leaked key taken out of service first: the policy also keeps an attacker
// from the worst.
func (q quarantine) advice(then fault.Do) *fault.Advice {
	detach := words.Text(DetachCommand(q.user, q.policies))
	switch id := q.active(); {
	case q.record.Migrating():
		return q.adviceOfMigration(detach)
	case len(q.leaked) == 0:
		return &fault.Advice{First: "If the key that leaked is out of service already, detach the policy: " + detach +
			". Otherwise replace the key before anything is deployed", Command: q.replace(q.onlyKey())}
	case id == "":
		return &fault.Advice{First: "The leaked key is out of service. Detach the policy", Command: detach, Do: then}
	case q.record == nil || id == q.record.OldKey:
		return &fault.Advice{First: "Replace the leaked key before anything is deployed", Command: q.replace(id.Text())}
	case !q.record.begun(Update):
		return &fault.Advice{First: "No location holds the new key " + id.Text() + ", which leaked. Delete it and " +
			"detach the policy", Command: DeleteCommand(q.user, id) + "; " + detach, Do: fault.Start}
	default:
		return &fault.Advice{First: "Only a deployment replaces the new key " + id.Text() + ", which leaked. Make it " +
			"Inactive and detach the policy; what uses the key fails until you have put another one into Qovery. (If you " +
			"only detach the policy, anyone who has the key can use it for about two hours more)",
			Command: StatusCommand(q.user, id, Inactive) + "; " + detach, Do: fault.Start}
	}
}

// adviceOfMigration: with the key nothing can be deployed, so that only the role leads out.
func (q quarantine) adviceOfMigration(detach words.Text) *fault.Advice {
	key := q.record.OldKey
	if !slices.ContainsFunc(q.keys, func(k AccessKey) bool { return k.ID == key && k.Status == Active }) {
		return &fault.Advice{First: "The key of the clusters is out of service. Detach the policy", Command: detach,
			Do: fault.Migrate}
	}
	return &fault.Advice{First: "Make the key " + key.Text() + " Inactive if it leaked: clusters that are moved don't " +
		"need it, and the others get the role. Detach the policy",
		Command: StatusCommand(q.user, key, Inactive) + "; " + detach, Do: fault.Migrate}
}

// active is a leaked key that is Active. The old one comes first: it has to go before the
// new one can be replaced.
func (q quarantine) active() KeyID {
	var found KeyID
	for _, key := range q.keys {
		isOut := q.record != nil && key.ID == q.record.OldKey && q.record.outSinceLeak()
		if q.leaked.has(key.ID) && key.Status == Active && !isOut && (found == "" || key.ID == q.oldKey()) {
			found = key.ID
		}
	}
	return found
}

func (q quarantine) oldKey() KeyID {
	if q.record == nil {
		return ""
	}
	return q.record.OldKey
}

// onlyKey is the user's, by its last four characters, if there is one alone.
func (q quarantine) onlyKey() words.Text {
	if len(q.keys) == 1 {
		return q.keys[0].ID.Text()
	}
	return "KEY"
}

func (q quarantine) replace(key words.Text) words.Text {
	return words.Textf("rotate start %s --leaked %s --at-once", q.target, key)
}

// DetachCommand ends a quarantine.
func DetachCommand(user string, policies []string) string {
	var commands []string
	for _, policy := range policies {
		commands = append(commands, "aws iam detach-user-policy --user-name "+user+" --policy-arn "+policy)
	}
	return strings.Join(commands, "; ")
}

// DeleteCommand deletes a key of the user.
func DeleteCommand(user string, id KeyID) words.Text {
	return words.Textf("aws iam delete-access-key --user-name %s --access-key-id %s", user, id)
}

// StatusCommand makes a key of the user Active or Inactive.
func StatusCommand(user string, id KeyID, status KeyStatus) words.Text {
	return words.Textf("aws iam update-access-key --user-name %s --access-key-id %s --status %s", user, id, status)
}
