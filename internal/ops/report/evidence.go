package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// evidence is what all histories tell, by rotation, in the order in which the
// rotations turn up.
type evidence struct {
	asOf      time.Time
	rotations []*facts
}

func (e *evidence) rotation(id string) *facts {
	for _, f := range e.rotations {
		if f.id == id {
			return f
		}
	}
	f := &facts{
		id: id, asOf: e.asOf, done: map[rotation.Effect]fact{}, started: map[string]time.Time{},
		marks: map[rotation.Effect]marked{},
	}
	e.rotations = append(e.rotations, f)
	return f
}

// fact is that something happened, and where that is written.
type fact struct {
	At  time.Time
	Ref Ref
}

// exit is that a state was left, and what it did or found, in the narrator's words.
type exit struct {
	fact
	says string
}

func (f fact) known() bool { return !f.At.IsZero() }

// facts are what the histories tell of one rotation.
type facts struct {
	id   string
	asOf time.Time

	latest     rotation.Document // of the execution with the highest fence
	owner      string            // that execution
	executions []string
	firstFence int
	oldKeyMade time.Time

	milestones  []Milestone
	keys        []*Key
	done        map[rotation.Effect]fact // what is so now: undone effects are taken out
	planned     fact
	verified    fact
	identity    string
	readBack    *rotation.ReadBack
	checked     fact
	usage       rotation.UsageCheck
	canary      rotation.CanaryRun
	completed   *rotation.Summary
	started     map[string]time.Time // by cluster: the latest deployment's start
	deployments []span

	marks           map[rotation.Effect]marked // the journal's
	grace           grace
	goneEarly       fact // DeployClusters found the old key gone
	checkedBySeeing bool // the usage check recorded whether it saw the old key
	canaryFailed    exit // the latest
	undone          time.Time
}

// note takes over what a document says, whichever state left it.
func (f *facts) note(doc rotation.Document, ref Ref) {
	if !slices.Contains(f.executions, ref.Execution) {
		f.executions = append(f.executions, ref.Execution)
	}
	if f.firstFence == 0 || doc.Fence < f.firstFence {
		f.firstFence = doc.Fence
	}
	if doc.Fence < f.latest.Fence {
		return // an execution that another one has taken over from
	}
	f.owner = ref.Execution
	f.noteMarks(doc.Marks, ref)
	if len(doc.Deployment.Clusters) == 0 {
		// what an earlier execution proved is proven, until it is done again
		doc.Deployment.Clusters = f.latest.Deployment.Clusters
	}
	f.latest = doc
	f.oldKeyMade = cmp.Or(doc.OldKeyMade, f.oldKeyMade)
	for _, cluster := range doc.Deployment.Clusters {
		if !cluster.PostedAt.IsZero() {
			f.started[cluster.ID] = cluster.PostedAt
		}
	}
}

func (f *facts) tell(at time.Time, key, text string, ref *Ref) {
	f.milestones = append(f.milestones, Milestone{At: at, Key: key, Text: words.MaskKeys(words.Capital(text)), Ref: ref})
}

// tellStep tells what a step did or found, about a key.
func (f *facts) tellStep(key string, now exit) { f.tell(now.At, key, now.says, &now.Ref) }

// stepDone takes over what a state came to that was left without an error.
func (f *facts) stepDone(event statemachine.Event, doc rotation.Document, ref Ref) {
	if take, exists := taken[event.State]; exists {
		take(f, doc, exit{fact{event.Time, ref}, story.Step(event.State, doc)})
	}
}

var taken = map[string]func(*facts, rotation.Document, exit){
	"Preflight": (*facts).planDone, "CreateKey": (*facts).createDone, "VerifyKey": (*facts).verifyDone,
	"UpdateCredentials": (*facts).updateDone, "DeployClusters": (*facts).deployDone, "CheckUsage": (*facts).usageDone,
	"DeactivateKey": (*facts).deactivateDone, "VerifyDeployment": (*facts).canaryDone, "DeleteKey": (*facts).deleteDone,
	"ReactivateKey": (*facts).reactivateDone, "RestoreOldKey": (*facts).reactivateDone,
	"DiscardKey": (*facts).discardDone, "Complete": (*facts).completeDone,
}

func (f *facts) verifyDone(doc rotation.Document, now exit) {
	f.verified, f.identity = now.fact, doc.Identity
	f.tellStep(doc.NewKey, now)
}

func (f *facts) planDone(doc rotation.Document, now exit) {
	if old := f.key(doc.OldKey); !doc.OldKeyMade.IsZero() {
		old.seen(now.At)
	}
	if doc.NewKey != "" && f.newKey() == nil {
		f.key(doc.NewKey) // an earlier execution made it, whose history is not here
	}
	if len(f.executions) == 1 && !f.planned.known() && !doc.CarriedOn {
		f.planned = now.fact
		f.tell(now.At, doc.OldKey, f.noun()+" begins: "+doc.Plan.Reason, &now.Ref)
		return
	}
	f.tell(now.At, "", fmt.Sprintf("Execution %s resumes the %s: %s", now.Ref.Execution, f.noun(), doc.Plan.Reason),
		&now.Ref)
}

// retires: the facts are of a key's retirement, which replaces it by none.
func (f *facts) retires() bool { return f.latest.Kind == rotation.Retire }

func (f *facts) noun() string { return f.latest.Kind.Noun() }

func (f *facts) createDone(doc rotation.Document, now exit) {
	if last := f.newKey(); last != nil && last.ID != doc.NewKey && last.DeletedAt.IsZero() {
		last.DeletedAt = now.At // CreateKey clears up before it creates
		f.tell(now.At, last.ID, "Unused new key gone, before another one was created", &now.Ref)
	}
	key := f.key(doc.NewKey)
	if key.CreatedAt.IsZero() {
		key.CreatedAt = now.At
		f.tellStep(doc.NewKey, now)
	}
	f.done[rotation.Create] = now.fact
}

func (f *facts) updateDone(doc rotation.Document, now exit) {
	now.At = doc.UpdatedAt
	f.done[rotation.Update] = now.fact
	if doc.ReadBack != nil {
		f.readBack = doc.ReadBack
	}
	f.tellStep(doc.NewKey, now)
}

func (f *facts) deployDone(doc rotation.Document, now exit) {
	switch doc.Deployment.Next {
	case rotation.PollAgain:
		delete(f.done, rotation.Deploy)
		return
	case rotation.MovedBack:
		f.tellStep("", now)
		return
	}
	if f.done[rotation.Deploy].known() {
		return
	}
	f.done[rotation.Deploy] = now.fact
	if doc.Kind == rotation.Migrate {
		f.readBack = doc.ReadBack
	}
	f.seeOldKey(rotation.Deploy)
	if doc.Deployment.Next == rotation.OldKeyGone {
		f.goneEarly = now.fact
		f.foundGone(now.fact, rotation.Found)
	}
	waves := f.waves()
	f.deployments = append(f.deployments, deployments(waves, time.Time{})...)
	for _, wave := range waves {
		if at := wave.DoneAt(); !at.IsZero() {
			f.tell(at, doc.NewKey,
				fmt.Sprintf("Wave %d (%s) deployed%s", wave.Number, wave.Name, wave.passedOver()), &now.Ref)
		}
	}
	if !slices.ContainsFunc(doc.Deployment.Clusters, func(c rotation.ClusterProgress) bool { return !c.DoneAt.IsZero() }) {
		f.tellStep("", now)
	}
}

func (f *facts) usageDone(doc rotation.Document, now exit) {
	prolonged := f.usage.Extended > 0
	f.usage, f.checked, f.checkedBySeeing = doc.Usage, now.fact, doc.Marks != nil
	if doc.Usage.Gone {
		now.At = doc.Usage.CheckedAt
		f.foundGone(now.fact, rotation.Found)
		return
	}
	f.key(doc.OldKey).seen(doc.Usage.CheckedAt)
	if doc.Usage.Idle || !prolonged { // told once, not every quarter of an hour
		f.tellStep(doc.OldKey, now)
	}
}

func (f *facts) deactivateDone(doc rotation.Document, now exit) {
	now.At = doc.Deactivated
	f.done[rotation.Deactivate], f.undone = now.fact, time.Time{}
	f.grace = grace{now.fact, f.marks[rotation.Deploy], f.marks[rotation.Deactivate], f.lastDeployment()}
	f.seeOldKey(rotation.Deactivate)
	if mark := doc.Marks[rotation.Deactivate]; mark.FoundGone() {
		f.foundGone(now.fact, mark.How)
		return
	}
	old := f.key(doc.OldKey)
	old.seen(now.At)
	old.change(now.At, rotation.Inactive)
	f.tellStep(doc.OldKey, now)
}

func (f *facts) deleteDone(doc rotation.Document, now exit) {
	f.done[rotation.Delete] = now.fact
	f.seeOldKey(rotation.Delete)
	switch how := doc.Marks[rotation.Delete].How; how {
	case rotation.Found, rotation.Unclear:
		now.At = doc.Marks[rotation.Delete].Done
		f.foundGone(now.fact, how)
	default:
		f.key(doc.OldKey).DeletedAt = now.At
		f.tellStep(doc.OldKey, now)
	}
}

func (f *facts) canaryDone(doc rotation.Document, now exit) {
	f.canary = doc.Verification
	if doc.Verification.Next == rotation.PollAgain || f.done[rotation.Verify].known() {
		return
	}
	f.done[rotation.Verify] = now.fact
	f.seeOldKey(rotation.Verify)
	if canary := doc.Verification.Canary; canary != nil && !canary.DoneAt.IsZero() {
		f.tell(canary.DoneAt, doc.OldKey, now.says, &now.Ref)
	}
}

// reactivateDone: what had been made Inactive by this rotation is Active again,
// and what was proven meanwhile counts no more.
func (f *facts) reactivateDone(doc rotation.Document, now exit) {
	if f.done[rotation.Deactivate].known() {
		f.key(doc.OldKey).change(now.At, rotation.Active)
		f.undone = now.At
	}
	f.tellStep(doc.OldKey, now)
	for _, effect := range []rotation.Effect{rotation.Deactivate, rotation.Verify, rotation.Delete} {
		delete(f.done, effect)
	}
	f.canary = rotation.CanaryRun{}
}

func (f *facts) discardDone(_ rotation.Document, now exit) {
	f.done[rotation.Discard] = now.fact
	if key := f.newKey(); key != nil && key.DeletedAt.IsZero() {
		key.DeletedAt = now.At
		f.tellStep(key.ID, now)
		return
	}
	f.tellStep("", now)
}

func (f *facts) completeDone(doc rotation.Document, now exit) {
	for _, summary := range doc.Summaries {
		if summary.RotationID != f.id {
			continue
		}
		f.completed = &summary
		f.usage.TakenOver = cmp.Or(f.usage.TakenOver, summary.FirstUseOfNewKey)
		f.oldKeyMade = cmp.Or(f.oldKeyMade, summary.OldKeyCreatedAt)
		f.correct(summary)
	}
	f.tellStep("", now)
}

// correct takes over the journal's times, which are those of the effects and not
// those of the states that caused them, and what other executions did whose
// histories are not here.
func (f *facts) correct(summary rotation.Summary) {
	if !summary.NewKeyCreatedAt.IsZero() {
		f.key(summary.NewKey).CreatedAt = summary.NewKeyCreatedAt
	}
	old := f.key(summary.OldKey)
	if at := summary.OldKeyInactiveAt; !at.IsZero() && !f.done[rotation.Deactivate].known() {
		old.change(at, rotation.Inactive)
	}
	old.DeletedAt = cmp.Or(summary.OldKeyDeletedAt, old.DeletedAt)
	old.GoneBy = cmp.Or(old.GoneBy, summary.OldKeyGoneBy)
}

// newKey is the latest new key, or nil.
func (f *facts) newKey() *Key {
	if len(f.keys) < 2 {
		return nil
	}
	return f.keys[len(f.keys)-1]
}

// key is the key that a document names; the first one that is named is the old one.
func (f *facts) key(id string) *Key {
	for _, key := range f.keys {
		if key.ID == id {
			return key
		}
	}
	key := &Key{ID: id, Role: "new"}
	if len(f.keys) == 0 {
		key.Role = "old"
	}
	f.keys = append(f.keys, key)
	return key
}

// waves are the clusters by wave, as the latest document has them.
func (f *facts) waves() []Wave {
	waves := []Wave{{Number: 1, Name: "non-production"}, {Number: 2, Name: "production"}}
	if f.latest.Kind == rotation.Migrate {
		waves = []Wave{{Number: 1, Name: "the first cluster"}, {Number: 2, Name: "non-production"},
			{Number: 3, Name: "production"}}
	}
	for _, c := range f.latest.Deployment.Clusters {
		if c.Wave < 1 || c.Wave > len(waves) {
			continue
		}
		wave := &waves[c.Wave-1]
		wave.Clusters = append(wave.Clusters, Cluster{
			Name: words.MaskKeys(c.Name), ID: c.ID, StartedAt: f.started[c.ID], DoneAt: c.DoneAt, Attempts: c.Attempts,
			Skipped: c.Skipped, Maintenance: c.Maintenance,
		})
	}
	return slices.DeleteFunc(waves, func(w Wave) bool { return len(w.Clusters) == 0 })
}

// passedOver says how many clusters of the wave were, or "".
func (w Wave) passedOver() string {
	n := 0
	for _, c := range w.Clusters {
		if c.Skipped != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "; passed over: " + words.Count(n, "cluster")
}

// StartedAt is when the wave's first deployment was started, DoneAt when its last
// one was seen to be over; both are zero when that is not known.
func (w Wave) StartedAt() (first time.Time) {
	for _, c := range w.Clusters {
		if !c.StartedAt.IsZero() && (first.IsZero() || c.StartedAt.Before(first)) {
			first = c.StartedAt
		}
	}
	return first
}

// DoneAt is zero while a cluster of the wave is neither deployed nor passed over.
func (w Wave) DoneAt() (last time.Time) {
	for _, c := range w.Clusters {
		if c.DoneAt.IsZero() && c.Skipped == "" {
			return time.Time{}
		}
		last = later(last, c.DoneAt)
	}
	return last
}
