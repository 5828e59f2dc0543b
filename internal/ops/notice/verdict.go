package notice

import (
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// verdict says whether anything is broken now, and what fixes it.
type verdict struct {
	urgency Urgency
	text    string
	fix     *Step
}

// judge asks one question: is every key Active that Qovery holds, or may hold?
func (r *report) judge() verdict {
	switch {
	case r.past:
		return r.judgeThen()
	case r.code == fault.NewKeyUnusableAfterUpdate:
		return verdict{Urgent, "Deployments may be failing now: STS refuses the new key, which locations in Qovery hold.",
			nil}
	case r.code == fault.InvalidCredentials:
		return verdict{Urgent, "Deployments fail now: AWS refuses the credentials of a cluster, and Qovery may remove a " +
			"cluster that stays so for thirty days.", nil}
	case r.code == fault.UserQuarantined, r.planRefused() == fault.UserQuarantined:
		return verdict{Urgent, "Deployments fail now: AWS found a key of the user in public, and denies the user what they " +
			"need.", nil}
	case r.NoTarget != nil && (r.code == fault.TargetNotFound || r.code == fault.InvalidInput):
		return verdict{Calm, "Nothing is broken by this: the execution ended before it touched a key.", nil}
	case r.NoTarget != nil:
		return verdict{Check, "It is not known whether anything is broken: the target could not be read.", r.look()}
	case r.NoKeys != nil:
		return verdict{Check, "It is not known whether anything is broken: IAM did not list the keys.", r.look()}
	case r.isMigrating():
		return r.judgeMigrated()
	case r.isRetiring(), r.retires() && r.Record == nil:
		return r.judgeRetired()
	case slices.ContainsFunc(r.known, func(k knownKey) bool { return k.held >= mayHold }):
		return r.judgeHeld()
	case slices.ContainsFunc(r.known, func(k knownKey) bool { return k.held == idle }):
		return verdict{Calm, "Nothing is known to be broken: the clusters were moved to a role, and use no key of the user.",
			nil}
	}
	return r.judgeUser()
}

// judgeHeld judges by the keys that the journal says Qovery holds.
func (r *report) judgeHeld() verdict {
	var (
		ids   []string
		worst *verdict
	)
	certain := true
	for _, k := range r.known {
		if k.held < mayHold {
			continue
		}
		if !k.isActive() {
			if bad := r.judgeBad(k); worst == nil || bad.urgency == Urgent {
				worst = &bad
			}
			continue
		}
		ids = append(ids, string(k.id))
		certain = certain && k.held == holds
	}
	if worst != nil {
		return *worst
	}
	if r.Execution.Abort && r.ending == paused && r.oldKeyFails() != "" && len(r.leaked()) == 0 {
		return verdict{Urgent, "Someone asked to have the old key back, and it is still Inactive: whatever needs it " +
			"fails now.",
			&Step{"Make it Active by hand, which harms no rotation:", ActivateCommand(r.Target.IAMUserName, r.Record.OldKey)}}
	}
	text := fmt.Sprintf("Qovery holds %s, which is Active.", ids[0])
	if !certain {
		text = fmt.Sprintf("Qovery may hold %s, and both are Active.", strings.Join(ids, " and "))
	}
	switch r.code {
	case fault.UnexpectedAccessKey: // which a location may hold
		return verdict{Calm, "Nothing is known to be broken: by the journal " + text, nil}
	case fault.DeploymentFailed:
		return verdict{Check, "No key is broken: " + text +
			" But a cluster does not deploy, and what is deployed to it next may fail.", nil}
	}
	if r.oldKeyFails() != "" {
		return verdict{Calm, "Nothing is known to be broken: " + text, nil}
	}
	return verdict{Calm, "Nothing is broken: " + text, nil}
}

// oldKeyFails: the rotation stopped with the old key Inactive. By all that it
// has checked nothing needs the key, but it is no longer there to see.
func (r *report) oldKeyFails() string {
	if i := slices.IndexFunc(r.known, func(k knownKey) bool { return k.ours && k.isInactive() }); i >= 0 &&
		r.canReactivate() {
		return fmt.Sprintf(" The %s is Inactive: if something still needs it, that fails now.", r.outgoing())
	}
	return ""
}

// judgeBad judges a key that should be Active and is not. Only the record of an
// open rotation is fresh enough to be sure that Qovery holds it: afterwards a
// person may have put another one there.
func (r *report) judgeBad(k knownKey) verdict {
	is := "which is Inactive"
	if k.listed == nil {
		is = "which IAM does not list"
	}
	fail, holding := "Deployments fail now", "Qovery holds"
	if k.held == mayHold {
		fail, holding = "Deployments may be failing now", "Qovery may hold"
	}
	switch {
	case k.settles(r.Now):
		return verdict{Check, fmt.Sprintf("Something may be broken: %s %s, %s. That may be IAM's lists, which lag by up "+
			"to ten minutes.", holding, string(k.id), is), r.look()}
	case r.Record != nil && r.usedByQovery() != "": // the journal is no longer right
		return verdict{Check, fmt.Sprintf("Something may be broken: by the journal Qovery holds %s, %s. But a location was "+
			"seen to hold %s, which the rotation doesn't know.", string(k.id), is, string(r.usedByQovery())), nil}
	case r.code == fault.OldKeyLost:
		return verdict{Check, fmt.Sprintf("Something may be broken: %s %s, %s.", holding, string(k.id), is), nil}
	case r.Record == nil && r.usedByQovery() == "" && slices.ContainsFunc(r.known, knownKey.isActive):
		return verdict{Check, fmt.Sprintf("Something may be broken: by the journal Qovery holds %s, %s. Unless someone "+
			"has put another key there, deployments fail now.", string(k.id), is), r.fix(k)}
	}
	return verdict{Urgent, fmt.Sprintf("%s: %s %s, %s.", fail, holding, string(k.id), is), r.fix(k)}
}

// fixingAdvice: the advice of these codes is to fix just that.
var fixingAdvice = []fault.Code{fault.NewKeyInactive, fault.NewKeyLost, fault.NoAccessKey,
	fault.OldKeyInactive, fault.StagedSecretLost}

// fix is the shortest way back to a key that works.
func (r *report) fix(k knownKey) *Step {
	switch {
	case r.hasLeaked(k.id):
		return nil // it stays out of service
	case k.isInactive() && !k.ours:
		return r.activate(k.id)
	case slices.Contains(fixingAdvice, r.code), r.code == fault.OldKeyHeld && k.listed == nil:
		return nil
	case k.listed == nil && r.Record != nil:
		return &Step{fmt.Sprintf("Put an Active key of the IAM user %s into the locations in Qovery by hand, then close "+
			"the %s:", r.Target.IAMUserName, r.Record.Kind.Noun()), r.rotate("release")}
	case k.listed == nil:
		return &Step{fmt.Sprintf("See which key Qovery holds. If it is %s, put an Active key of the IAM user %s there:",
			string(k.id), r.Target.IAMUserName), r.rotate("status")}
	}
	return &Step{fmt.Sprintf("The rotation made %s Inactive itself. This makes it Active again:", string(k.id)),
		r.rotate("abort")}
}

// ActivateCommand makes a key of the user Active again.
func ActivateCommand(user string, id rotation.KeyID) string {
	return fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", user, string(id))
}

// DeleteCommand deletes a key of the user.
func DeleteCommand(user string, id rotation.KeyID) string {
	return fmt.Sprintf("aws iam delete-access-key --user-name %s --access-key-id %s", user, string(id))
}

// judgeUser judges without knowing which key Qovery holds.
func (r *report) judgeUser() verdict {
	user := r.Target.IAMUserName
	var active, inactive []string
	for _, k := range r.known {
		switch {
		case k.isActive():
			active = append(active, string(k.id))
		case k.isInactive():
			inactive = append(inactive, string(k.id))
		}
	}
	which := "the journal does not say which one Qovery holds"
	if r.NoRecord != nil {
		which = "which one Qovery holds is not known, because the journal could not be read"
	}
	switch {
	case r.code == fault.MovedToRole:
		return verdict{Calm, "Nothing is broken by this: no cluster in Qovery uses a key of this IAM user.", nil}
	case r.code == fault.CredentialMismatch:
		return verdict{Calm, "Nothing is broken by this: nothing was changed, and Qovery holds no key of this IAM user.", nil}
	case r.wasLastRetired():
		return verdict{Calm, fmt.Sprintf("Nothing is broken by this: the last key of the IAM user %s was retired, when "+
			"nothing in Qovery held it.", user), nil}
	case len(active) == 0:
		return verdict{Urgent,
			fmt.Sprintf("Whatever uses a key of the IAM user %s fails now: none of its keys is Active.", user),
			r.mendUser(inactive)}
	case len(inactive) > 0:
		return verdict{Check,
			fmt.Sprintf("Something may be broken: %s of the IAM user %s is Inactive, and %s.", strings.Join(inactive, " and "),
				user, which), r.look()}
	case r.NoRecord != nil:
		return verdict{Check,
			fmt.Sprintf("Probably nothing is broken: every key of the IAM user %s is Active. But %s.", user, which), r.look()}
	case len(active) == 1:
		return verdict{Calm,
			fmt.Sprintf("Nothing is known to be broken: %s, the only key of the IAM user %s, is Active.", active[0], user), nil}
	}
	return verdict{Calm, fmt.Sprintf("Nothing is known to be broken: every key of the IAM user %s is Active.", user), nil}
}

func (r *report) activate(id rotation.KeyID) *Step {
	return &Step{fmt.Sprintf("Someone made %s Inactive. Unless that was because it leaked, make it Active again:",
		string(id)),
		ActivateCommand(r.Target.IAMUserName, id)}
}

func (r *report) mendUser(inactive []string) *Step {
	switch {
	case len(r.leaked()) > 0 && len(inactive) > 0:
		return nil // it stays out of service
	case len(inactive) == 1:
		return r.activate(rotation.KeyID(inactive[0]))
	case slices.Contains(fixingAdvice, r.code):
		return nil
	case len(inactive) == 0:
		return &Step{fmt.Sprintf(
			"Create an access key for the IAM user %s and put it into Qovery. Then see that all is well:", r.Target.IAMUserName),
			r.rotate("status")}
	}
	return &Step{fmt.Sprintf("Someone made %s Inactive. Unless that was on purpose, make it Active again in IAM, and "+
		"see that all is well:", strings.Join(inactive, " and ")), r.rotate("status")}
}
