package notice

import (
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// verdict says whether anything is broken now, and what fixes it.
type verdict struct {
	urgency Urgency
	text    string
	fix     *Step
}

func calm(text string, args ...any) verdict { return verdict{Calm, fmt.Sprintf(text, args...), nil} }

func check(fix *Step, text string, args ...any) verdict {
	return verdict{Check, fmt.Sprintf(text, args...), fix}
}

func urgent(fix *Step, text string, args ...any) verdict {
	return verdict{Urgent, fmt.Sprintf(text, args...), fix}
}

// judge asks one question: is every key Active that Qovery holds, or may hold?
func (r *report) judge() verdict {
	switch {
	case r.past:
		return calm("Nothing is judged here: this execution ended %s, and things may have changed since.",
			words.At(r.Execution.StoppedAt))
	case r.code == fault.NewKeyUnusableAfterUpdate:
		return urgent(nil, "Deployments may be failing now: STS refuses the new key, which locations in Qovery hold.")
	case r.code == fault.InvalidCredentials:
		return urgent(nil, "Deployments fail now: AWS refuses the credentials of a cluster, and Qovery may remove a "+
			"cluster that stays so for thirty days.")
	case r.code == fault.UserQuarantined, r.planRefused() == fault.UserQuarantined:
		return urgent(nil, "Deployments fail now: AWS found a key of the user in public, and denies the user what they need.")
	case r.NoTarget != nil && (r.code == fault.TargetNotFound || r.code == fault.InvalidInput):
		return calm("Nothing is broken by this: the execution ended before it touched a key.")
	case r.NoTarget != nil:
		return check(r.look(), "It is not known whether anything is broken: the target could not be read.")
	case r.NoKeys != nil:
		return check(r.look(), "It is not known whether anything is broken: IAM did not list the keys.")
	case r.isMigrating():
		return r.judgeMigrated()
	case r.isRetiring(), r.retires() && r.Record == nil:
		return r.judgeRetired()
	case slices.ContainsFunc(r.known, func(k knownKey) bool { return k.held >= mayHold }):
		return r.judgeHeld()
	case slices.ContainsFunc(r.known, func(k knownKey) bool { return k.held == idle }):
		return calm("Nothing is known to be broken: the clusters were moved to a role, and use no key of the user.")
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
	if r.Execution.Abort && r.ending == paused && r.oldKeyFails() != "" {
		return urgent(&Step{"Make it Active by hand, which harms no rotation:",
			ActivateCommand(r.Target.IAMUserName, r.Record.OldKey)},
			"Someone asked to have the old key back, and it is still Inactive: whatever needs it fails now.")
	}
	text := fmt.Sprintf("Qovery holds %s, which is Active.", ids[0])
	if !certain {
		text = fmt.Sprintf("Qovery may hold %s, and both are Active.", strings.Join(ids, " and "))
	}
	switch {
	case r.code == fault.UnexpectedAccessKey: // which a location may hold
		return calm("Nothing is known to be broken: by the journal %s", text)
	case r.code == fault.DeploymentFailed:
		return check(nil, "No key is broken: %s But a cluster does not deploy, and what is deployed to it next may fail.",
			text)
	case r.oldKeyFails() != "":
		return calm("Nothing is known to be broken: %s", text)
	}
	return calm("Nothing is broken: %s", text)
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
	if !k.exists() {
		is = "which IAM does not list"
	}
	fail, holding := "Deployments fail now", "Qovery holds"
	if k.held == mayHold {
		fail, holding = "Deployments may be failing now", "Qovery may hold"
	}
	id := string(k.id)
	switch {
	case k.settles(r.Now):
		return check(r.look(), "Something may be broken: %s %s, %s. That may be IAM's lists, which lag by up to ten minutes.",
			holding, id, is)
	case r.Record != nil && r.usedByQovery() != "": // the journal is no longer right
		return check(nil, "Something may be broken: by the journal Qovery holds %s, %s. But a location was seen to hold %s, "+
			"which the rotation doesn't know.", id, is, string(r.usedByQovery()))
	case r.code == fault.OldKeyLost:
		return check(nil, "Something may be broken: %s %s, %s.", holding, id, is)
	case r.Record == nil && r.usedByQovery() == "" && slices.ContainsFunc(r.known, knownKey.isActive):
		return check(r.fix(k), "Something may be broken: by the journal Qovery holds %s, %s. Unless someone has put another "+
			"key there, deployments fail now.", id, is)
	}
	return urgent(r.fix(k), "%s: %s %s, %s.", fail, holding, id, is)
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
		return calm("Nothing is broken by this: no cluster in Qovery uses a key of this IAM user.")
	case r.code == fault.CredentialMismatch && r.usedByQovery() != "":
		return check(nil, "Something may be broken: Qovery holds %s, which isn't a key of the IAM user %s. If it was "+
			"deleted, deployments fail.", string(r.usedByQovery()), user)
	case r.code == fault.CredentialMismatch:
		return calm("Nothing is broken by this: nothing was changed, and Qovery holds no key of this IAM user.")
	case rotation.IsRetired(r.Keys, r.History):
		return calm("Nothing is broken by this: the last key of the IAM user %s was retired, when nothing in Qovery held it.",
			user)
	case len(active) == 0:
		return urgent(r.fixUser(inactive), "Whatever uses a key of the IAM user %s fails now: none of its keys is Active.",
			user)
	case len(inactive) > 0:
		return check(r.look(), "Something may be broken: %s of the IAM user %s is Inactive, and %s.",
			strings.Join(inactive, " and "), user, which)
	case r.NoRecord != nil:
		return check(r.look(), "Probably nothing is broken: every key of the IAM user %s is Active. But %s.", user, which)
	case len(active) == 1:
		return calm("Nothing is known to be broken: %s, the only key of the IAM user %s, is Active.", active[0], user)
	}
	return calm("Nothing is known to be broken: every key of the IAM user %s is Active.", user)
}

func (r *report) activate(id rotation.KeyID) *Step {
	return &Step{fmt.Sprintf("Someone made %s Inactive. Unless that was because it leaked, make it Active again:",
		string(id)),
		ActivateCommand(r.Target.IAMUserName, id)}
}

func (r *report) fixUser(inactive []string) *Step {
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
