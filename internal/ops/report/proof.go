package report

import (
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// Proven says whether something is proven.
type Proven string

// What a claim can come to. Nothing is proven by the absence of an error: each
// proof rests on an observation that the documents hold.
const (
	IsProven     Proven = "proven"
	NotProven    Proven = "not proven" // not so, not so yet, or not recorded
	DoesNotApply Proven = "does not apply"
)

// Claim is something that a rotation can prove.
type Claim string

// The claims, in the order in which they come true. Each says no more than what
// the steps observe: of a time between two looks nothing is known.
const (
	KeyWorks         Claim = "The new key works, and is the IAM user's"
	LocationsUpdated Claim = "Every location that this rotation changes holds the new key"
	ClustersDeployed Claim = "Every cluster that was not passed over was deployed after the old key was replaced in Qovery"
	GraceKept        Claim = "Both keys were Active when the grace period began and when it ended"
	OldKeyIdle       Claim = "No use of the old key was seen before it was made Inactive"
	NewKeyUsed       Claim = "The new key was used by something other than this system"
	CanaryDeployed   Claim = "A cluster deploys while the old key is Inactive"
	ObservationKept  Claim = "The old key was Inactive when the observation period began and when it ended"
	OldKeyDeleted    Claim = "This rotation deleted the old key"

	// of a migration, which touches no key
	ClustersMoved  Claim = "Every cluster that used the key was deployed with the role"
	LocationsMoved Claim = "Registries and Helm repositories that this migration changes hold the role"
)

// Proof is one claim about a rotation, and what became of it.
type Proof struct {
	Claim  Claim     `json:"claim"`
	Proven Proven    `json:"proven"`
	How    string    `json:"how"`           // what was observed, or why that proves nothing
	From   time.Time `json:"from,omitzero"` // of a claim about a period: when it was observed first
	At     time.Time `json:"at,omitzero"`   // when it was observed, or observed last
	Ref    *Ref      `json:"ref,omitempty"`
}

// proof is about what was observed at a time, and where that is written; of a claim that isn't
// proven both may be missing.
func proof(is Proven, at fact, how string, args []any) Proof {
	p := Proof{Proven: is, How: words.MaskKeys(fmt.Sprintf(how, args...)), At: at.At}
	if at.Ref != (Ref{}) {
		p.Ref = &at.Ref
	}
	return p
}

func proven(at fact, how string, args ...any) Proof { return proof(IsProven, at, how, args) }

func notProven(at fact, how string, args ...any) Proof { return proof(NotProven, at, how, args) }

func doesNotApply(how string, args ...any) Proof { return proof(DoesNotApply, fact{}, how, args) }

// provenFor is a claim about a period that was observed at both its ends, and has to be long
// enough.
func provenFor(enough bool, from time.Time, at fact, how string, args ...any) Proof {
	if !enough {
		return notProven(at, how, args...)
	}
	p := proven(at, how, args...)
	p.From = from
	return p
}

type claimed struct {
	claim   Claim
	prove   func(*facts) Proof
	retired bool // also of a key that was retired
}

var (
	ofRotation = []claimed{
		{KeyWorks, (*facts).proveIdentity, false},
		{LocationsUpdated, (*facts).proveReadBack, false},
		{ClustersDeployed, (*facts).proveDeployed, false},
		{GraceKept, (*facts).proveGrace, false},
		{OldKeyIdle, (*facts).proveIdle, true},
		{NewKeyUsed, (*facts).proveTakeover, false},
		{CanaryDeployed, (*facts).proveCanary, false},
		{ObservationKept, (*facts).proveObserved, true},
		{OldKeyDeleted, (*facts).proveDeleted, true},
	}
	ofMigration = []claimed{{ClustersMoved, (*facts).proveMoved, false}, {LocationsMoved, (*facts).proveGiven, false}}
)

func (f *facts) proofs() (proofs []Proof) {
	claims := ofRotation
	if f.latest.Kind == rotation.Migrate {
		claims = ofMigration
	}
	for _, c := range claims {
		p := c.prove(f)
		if f.retires() && !c.retired {
			p = doesNotApply("The key was retired: none takes its part, and nothing is deployed.")
		}
		p.Claim = c.claim
		proofs = append(proofs, p)
	}
	return proofs
}

// notReached is what becomes of a claim of which nothing was observed.
func (f *facts) notReached() Proof {
	switch {
	case f.goneEarly.known():
		return gone(f.goneEarly, "the clusters were deployed")
	case f.done[rotation.Discard].known():
		return doesNotApply("The rotation was given up before it came to this; the old key stays in use.")
	case !f.undone.IsZero():
		return notProven(fact{}, "The old key was made Active again at %s; "+
			"what was found while it was Inactive counts no more.", clock(f.undone))
	case f.completed != nil:
		return notProven(fact{}, "No history that was read shows it.")
	}
	return notProven(fact{}, "The rotation has not come to this.")
}

// notRecorded is what becomes of a claim about an effect of which an earlier
// version did not record whether it was done or found done.
func notRecorded(at fact) Proof {
	return notProven(at, "The version of this system that ran then did not record what it saw.")
}

// gone is what becomes of a claim about the old key when that was not there.
func gone(at fact, when string) Proof {
	return notProven(at, "IAM knew no such key when %s: someone else had deleted it.", when)
}
