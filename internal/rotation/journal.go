package rotation

import (
	"maps"
	"slices"
	"time"
)

// Record is the journal's open record of an IAM user: lock and write-ahead log
// in one. It, and not the document, is what steps believe about who owns the
// rotation, which keys it is about, and what has been begun.
type Record struct {
	// Revision grows by one with every write, and every write requires the
	// revision before its own, of the same rotation. That implies all else: nobody
	// took over, no lease was set, nothing was marked since the record was read.
	Revision int `json:"revision"`

	// ReadAt is when the record was read, by the journal's own clock, to the second.
	// It is set by Load, and not stored.
	ReadAt time.Time `json:"-"`

	IAMUser    string    `json:"iamUser"`
	Target     string    `json:"target"`
	Kind       Kind      `json:"kind,omitempty"`
	RotationID string    `json:"rotationId"`
	TakenAt    time.Time `json:"takenAt"`   // when the rotation began
	TouchedAt  time.Time `json:"touchedAt"` // last write

	Owner string `json:"owner"` // ARN of the execution
	Fence int    `json:"fence"` // grows by one with every takeover
	Lease Lease  `json:"lease"`

	OldKey    KeyID         `json:"oldKey"`
	NewKey    KeyID         `json:"newKey,omitempty"`
	KnownKeys []KeyID       `json:"knownKeys"` // all keys of the user when the rotation began, and those it deleted
	Locations []LocationRef `json:"locations"` // the places to rotate

	// Attempts are the times at which a CreateAccessKey was sent whose outcome
	// is not known. All are kept: a key may turn up long after.
	Attempts []time.Time `json:"attempts,omitempty"`
	// Unstaged is when a new key was discarded last of which it is not known
	// whether its secret was staged, or when a proof of staging was begun last that
	// is not known to be gone: either may take effect yet.
	Unstaged time.Time       `json:"unstaged,omitzero"`
	Marks    map[Effect]Mark `json:"marks"`
	Leaked   Leaked          `json:"leaked,omitempty"` // written by a person's command, or with the record
	// Migration is what a migration does; of no other kind.
	Migration *Migration `json:"migration,omitempty"`
}

// Kind is what a record is about. While one is open, nothing of another kind begins.
type Kind string

// The kinds of records.
const (
	Rotate  Kind = "" // replaces a key; records of the first edition have no other
	Retire  Kind = "retire"
	Migrate Kind = "migrate" // points clusters at other credentials; touches no key
)

// Known tells whether this version knows the kind.
func (k Kind) Known() bool { return k == Rotate || k == Retire || k == Migrate }

// Noun is what people call a record of the kind.
func (k Kind) Noun() string {
	switch k {
	case Retire:
		return "retirement"
	case Migrate:
		return "migration"
	}
	return "rotation"
}

// Lease says that an invocation may be causing effects until a time.
type Lease struct {
	Holder string    `json:"holder,omitempty"` // invocation id
	Until  time.Time `json:"until,omitzero"`
}

// runs tells whether the lease may still be in use.
func (l Lease) runs(now time.Time) bool { return l.Holder != "" && now.Before(l.Until) }

// Effect is a kind of change that a rotation makes.
type Effect string

// The effects that the journal marks.
const (
	Create     Effect = "create"
	Update     Effect = "update"
	Deploy     Effect = "deploy"
	Deactivate Effect = "deactivate"
	Verify     Effect = "verify"
	Delete     Effect = "delete"
	Discard    Effect = "discard"
	Reactivate Effect = "reactivate"
)

// Mark says when an effect was begun, which is written before the first request
// that could have it, and when it was done. Zero means not (yet).
type Mark struct {
	Begun time.Time `json:"begun,omitzero"`
	Done  time.Time `json:"done,omitzero"`
	// Earlier is when the request before the latest was sent, if it was never
	// marked as done: it may land after the one that was.
	Earlier time.Time `json:"earlier,omitzero"`
	// First is when the effect was begun for the first time, if Begun is a later
	// one: what a request may still do is counted from the last, and what has
	// happened from the first.
	First time.Time `json:"first,omitzero"`
	// How is how the effect's goal came to be reached, once it is done.
	How How `json:"how,omitempty"`
	// Saw is what IAM listed of the old key: right before the first request that
	// was not known to have failed or, where it is looked at again and again
	// (deploy, verify), when the effect was done. Empty: it was not looked at, or
	// that was not recorded.
	Saw KeyStatus `json:"saw,omitempty"`
}

// How says how an effect's goal came to be reached. What was found is not what
// was done, and evidence claims no more than this.
type How string

// The ways in which a goal is reached. Records of the first edition do not say.
const (
	NotRecorded How = ""
	Did         How = "did"   // this rotation's request did it, and was answered
	Found       How = "found" // it was so already: somebody else did it
	// Unclear: it was so already, and an earlier request of this rotation whose
	// answer was lost may have done it, or somebody else.
	Unclear How = "unclear"
	// NotNeeded: there was nothing to do it to. No cluster runs, or none was to be
	// deployed to verify.
	NotNeeded How = "notNeeded"
)

// observed is what a step saw of an effect that is done.
type observed struct {
	how How
	saw KeyStatus // the old key; empty: not looked at again
}

// FirstBegun is when the effect was begun for the first time.
func (m Mark) FirstBegun() time.Time {
	if m.First.IsZero() {
		return m.Begun
	}
	return m.First
}

// unanswered is when the latest request was sent that may yet land, for all that
// is known; zero: none.
func (m Mark) unanswered() time.Time {
	if m.Done.IsZero() && !m.Begun.IsZero() {
		return m.Begun
	}
	return m.Earlier
}

// again is the mark of an effect that is begun once more.
func (m Mark) again(now time.Time, saw KeyStatus) Mark {
	next := Mark{Begun: now, Earlier: m.unanswered(), First: m.FirstBegun(), Saw: saw}
	if !next.Earlier.IsZero() && m.Saw != "" {
		next.Saw = m.Saw
	}
	return next
}

// FoundGone: when the old key was to be made Inactive, IAM knew no such key. One that leaked
// may also be found Inactive.
func (m Mark) FoundGone() bool { return m.How == Found && m.Saw != Inactive }

// foundSo is how a goal was reached that was found to be reached already.
func (m Mark) foundSo() How {
	if m.unanswered().IsZero() {
		return Found
	}
	return Unclear
}

func (r *Record) begun(e Effect) bool { return r != nil && !r.Marks[e].Begun.IsZero() }
func (r *Record) done(e Effect) bool  { return r != nil && !r.Marks[e].Done.IsZero() }

// AtWork tells whether somebody may be at work on the record: the execution that
// owns it, or a step that it left behind.
func (r *Record) AtWork(owner ExecutionState, now time.Time) bool {
	s := Situation{Now: now, Record: r, Owner: owner}
	return s.ownerRuns() || s.stepMayRun()
}

// oldKeyGoneBy is when a step found that the old key was gone and that no answer
// says that this rotation deleted it. Zero: none did.
func (r *Record) oldKeyGoneBy() time.Time {
	if mark := r.Marks[Deactivate]; mark.FoundGone() {
		return mark.Done
	}
	switch mark := r.Marks[Delete]; mark.How {
	case Found, Unclear:
		return mark.Done
	}
	return time.Time{}
}

// Clone copies the record so that a failed write leaves the original as it was.
func (r Record) Clone() Record {
	r.KnownKeys = slices.Clone(r.KnownKeys)
	r.Locations = slices.Clone(r.Locations)
	r.Attempts = slices.Clone(r.Attempts)
	r.Marks, r.Leaked = maps.Clone(r.Marks), maps.Clone(r.Leaked)
	if r.Migration != nil {
		migration := *r.Migration
		migration.Moves, migration.Given = maps.Clone(migration.Moves), maps.Clone(migration.Given)
		r.Migration = &migration
	}
	if r.Marks == nil {
		r.Marks = map[Effect]Mark{}
	}
	return r
}

// Outcome is how a rotation ended.
type Outcome string

// The outcomes that history records. A held rotation has none yet.
const (
	Completed Outcome = "completed" // the old key is replaced, and gone
	Discarded Outcome = "discarded" // the new key is gone, nothing is different
	Released  Outcome = "released"  // a person resolved it by hand
)

// HistoryItem is what remains of a rotation in the journal.
type HistoryItem struct {
	Record  Record    `json:"record"`
	Outcome Outcome   `json:"outcome"`
	EndedAt time.Time `json:"endedAt"`
	Summary *Summary  `json:"summary,omitempty"`
}
