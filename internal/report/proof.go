package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Proven says whether something is proven.
type Proven string

// What a proof can come to.
const (
	IsProven   Proven = "proven"
	NotProven  Proven = "not proven" // what was found contradicts it
	NotReached Proven = "not reached"
	NotAsked   Proven = "not asked for"
	NoEvidence Proven = "no evidence" // which proves nothing either way
)

// Proof is one claim about a rotation, and what became of it.
type Proof struct {
	Claim  string    `json:"claim"`
	Proven Proven    `json:"proven"`
	How    string    `json:"how"`
	At     time.Time `json:"at,omitzero"`
	Ref    *Ref      `json:"ref,omitempty"`
}

// proofs are the claims that matter, in the order in which they come true.
func (f *facts) proofs() []Proof {
	proofs := []Proof{
		f.proveIdentity(), f.proveReadBack(), f.proveDeployed(), f.proveGrace(), f.proveIdle(), f.proveTakeover(),
		f.proveCanary(), f.proveObserved(), f.proveDeleted(),
	}
	for i := range proofs {
		if p := &proofs[i]; p.Proven == NotReached && !f.undone.IsZero() {
			p.How = fmt.Sprintf("The old key was made Active again at %s; what was found while it was Inactive counts no more.", clock(f.undone))
		}
	}
	return proofs
}

// prove is a claim that holds if it was reached, and what was found agrees.
func prove(claim string, f fact, holds bool, how string) Proof {
	proof := Proof{Claim: claim, Proven: NotReached}
	if !f.known() {
		return proof
	}
	proof.Proven, proof.How, proof.At, proof.Ref = NotProven, redact(how), f.At, &f.Ref
	if holds {
		proof.Proven = IsProven
	}
	return proof
}

func (f *facts) proveIdentity() Proof {
	return prove("The new key works, and is the IAM user's", f.verified, f.identity != "",
		fmt.Sprintf("Requests signed with it were answered by STS GetCallerIdentity three times in a row: %s.", f.identity))
}

func (f *facts) proveReadBack() Proof {
	claim := "Every place in Qovery that held the old key holds the new one"
	if f.readBack == nil {
		return Proof{Claim: claim, Proven: f.missing(rotation.Update), How: f.elsewhere(rotation.Update)}
	}
	var places []string
	for _, kind := range slices.Sorted(maps.Keys(f.readBack.Locations)) {
		for _, name := range f.readBack.Locations[kind] {
			places = append(places, fmt.Sprintf("%s “%s”", kind, name))
		}
	}
	at := fact{f.readBack.At, f.done[rotation.Update].Ref}
	return prove(claim, at, len(places) > 0, "Read back from Qovery after the update: "+strings.Join(places, ", ")+".")
}

// missing tells an effect that did not come about from one of which a history
// that was not read would tell.
func (f *facts) missing(effect rotation.Effect) Proven {
	if f.elsewhere(effect) != "" {
		return NoEvidence
	}
	return NotReached
}

func (f *facts) elsewhere(effect rotation.Effect) string {
	if effect == rotation.Update && !f.latest.UpdatedAt.IsZero() {
		return "The document says that it was done " + clock(f.latest.UpdatedAt) + "; the history of the execution that did it was not read, or does not show the places."
	}
	return ""
}

// proveDeployed holds what was seen of each cluster against the update's time.
func (f *facts) proveDeployed() Proof {
	var deployed, passedOver, early int
	for _, c := range f.latest.Deployment.Clusters {
		switch {
		case c.Skipped != "":
			passedOver++
		case c.DoneAt.IsZero():
		case c.DoneAt.Before(f.latest.UpdatedAt):
			early++
		default:
			deployed++
		}
	}
	how := fmt.Sprintf("Qovery was told to deploy each cluster and seen to do so, after the update: %d of %d", deployed, len(f.latest.Deployment.Clusters))
	if passedOver > 0 {
		how += fmt.Sprintf("; %d passed over because nothing runs there", passedOver)
	}
	return prove("Every cluster that runs was deployed with the new key", f.done[rotation.Deploy],
		early == 0 && deployed+passedOver == len(f.latest.Deployment.Clusters), how+".")
}

// lastDeployment is the later of the update and the last cluster's deployment.
func (f *facts) lastDeployment() time.Time {
	last := f.latest.UpdatedAt
	for _, c := range f.latest.Deployment.Clusters {
		last = later(last, c.DoneAt)
	}
	return last
}

func (f *facts) proveGrace() Proof {
	passed, asked := f.graceEnded.At.Sub(f.lastDeployment()), time.Duration(f.latest.Settings.GracePeriod)
	how := fmt.Sprintf("From the last deployment to the deactivation %s passed; %s were asked for.", spell(passed), spell(asked))
	if extended := time.Duration(f.usage.Extended); extended > 0 {
		how += fmt.Sprintf(" The period was prolonged by %s because the old key was still in use.", spell(extended))
	}
	return prove("Both keys were valid for the whole grace period", f.graceEnded, passed >= asked, how)
}

func (f *facts) proveIdle() Proof {
	last := "No use of it is known since the clusters were deployed."
	if f.usage.LastUse != "" {
		last = "Last use: " + f.usage.LastUse + "."
	}
	how := fmt.Sprintf("CloudTrail and IAM's last-used record, whichever is later, for at least %s. %s", spell(time.Duration(f.latest.Settings.IdleFor)), last)
	return prove("Nothing used the old key any more before it was made Inactive", f.checked, f.usage.Idle, how)
}

func (f *facts) proveTakeover() Proof {
	claim := "The new key was used by something other than this system"
	use := f.usage.TakenOver
	switch {
	case !f.checked.known():
		return Proof{Claim: claim, Proven: NotReached}
	case use == nil:
		return Proof{Claim: claim, Proven: NoEvidence, How: "CloudTrail showed no use when it was asked. It records management events alone, some minutes late; nothing depends on this."}
	}
	how := fmt.Sprintf("First use that CloudTrail tells of: %s in %s, %s", use.Service, use.Region, use.Event)
	if use.Source != "" {
		how += " from " + use.Source
	}
	if use.UserAgent != "" {
		how += " by " + use.UserAgent
	}
	return prove(claim, fact{use.At, f.checked.Ref}, true, how+".")
}

func (f *facts) proveCanary() Proof {
	claim := "A cluster deploys while the old key is Inactive"
	canary := f.canary.Canary
	switch {
	case f.latest.Settings.Verification == rotation.VerifyNone:
		return Proof{Claim: claim, Proven: NotAsked, How: "The target's verification is “none”."}
	case f.done[rotation.Verify].known() && canary == nil:
		return Proof{Claim: claim, Proven: NoEvidence, How: "No cluster runs that could be deployed."}
	case !f.done[rotation.Verify].known() && f.canaryFailed.Error != "":
		return Proof{Claim: claim, Proven: NotProven, How: f.canaryFailed.Brief() + ".", At: f.canaryFailed.At}
	case canary == nil || !f.done[rotation.Verify].known():
		return Proof{Claim: claim, Proven: NotReached}
	}
	inactive, deleted := f.done[rotation.Deactivate].At, f.done[rotation.Delete].At
	between := f.canary.StartedAt.After(inactive) && (deleted.IsZero() || canary.DoneAt.Before(deleted))
	how := fmt.Sprintf("Canary “%s”: started %s, deployed %s; the old key was seen Inactive before and after.", canary.Name, clock(f.canary.StartedAt), clock(canary.DoneAt))
	return prove(claim, fact{canary.DoneAt, f.done[rotation.Verify].Ref}, between, how)
}

func (f *facts) proveObserved() Proof {
	inactive, deleted := f.done[rotation.Deactivate].At, f.done[rotation.Delete]
	passed, asked := deleted.At.Sub(inactive), time.Duration(f.latest.Settings.ObservationPeriod)
	return prove("The old key was Inactive for the observation period before it was deleted", deleted, !inactive.IsZero() && passed >= asked,
		fmt.Sprintf("It was Inactive for %s; %s were asked for.", spell(passed), spell(asked)))
}

func (f *facts) proveDeleted() Proof {
	return prove("The old key is deleted", f.done[rotation.Delete], true,
		"IAM DeleteAccessKey succeeded, right after every place in Qovery was listed once more and none held the old key.")
}
