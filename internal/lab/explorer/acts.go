package explorer

import (
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// act is what a person, Qovery or AWS does while rotations run, in the words of
// scenarios; RUN is the execution that enters a state.
type act struct {
	kind   Kind
	alters alters
	lines  []string
}

// alters is what an act alters, for which a person may have to do something.
type alters int

const (
	nothing    alters = iota // the rotation copes by itself
	conditions               // clusters, further keys, or what Qovery and AWS answer
	heldKeys                 // a key that Qovery may hold, or what it holds
	toRoles                  // the same, and Qovery uses roles from then on
)

// toExecutions are what may happen to an execution: on entering a state, and
// while a function of it is at work, which then goes on by itself.
var toExecutions = []act{
	{Stop, nothing, []string{"stop"}},
	{StopStart, nothing, []string{"stop", "start"}},
	{StopRedrive, nothing, []string{"stop", "after 1m redrive RUN"}},
	{StopStartRedrive, nothing, []string{"stop", "start", "after 1m redrive RUN"}},
	{Abort, nothing, []string{"abort"}},
	{Second, nothing, []string{"start"}},
}

// onEntry are what else may happen when an execution enters a state. What becomes of
// clusters and what is refused, a walk lets happen in worlds that aren't alike alone.
var onEntry = slices.Concat(people, failures, refusals)

// people are what people do to keys, credentials and clusters.
var people = []act{
	{"deactivate-old", heldKeys, []string{"deactivate old"}},
	{"deactivate-new", heldKeys, []string{"deactivate new"}},
	{"activate-old", heldKeys, []string{"activate old"}},
	{"delete-old", heldKeys, []string{"delete old"}},
	{"delete-new", heldKeys, []string{"delete new"}},
	{"create-key", conditions, []string{"create key"}},
	{PutOld, heldKeys, []string{"put old into credentials"}},
	{"put-foreign", heldKeys, []string{"put foreign into credentials"}},
	{"put-own", heldKeys, []string{"put own into credentials"}},
	{"give-role", toRoles, []string{"give credentials role"}},
	{"give-roles", toRoles, []string{"give everything role"}},
	// for longer than anything is tried again
	{"mask-key", nothing, []string{"write credentials masked", "after 3h write credentials right"}},
	{"deploy", nothing, []string{"cluster 1 deploy"}},
	{"stop-cluster", conditions, []string{"cluster last stop"}},
	{"start-cluster", conditions, []string{"cluster last stop", "after 1h cluster last deploy"}},
	{"leak-old", nothing, []string{"leak old"}},
	{"leak-old-now", nothing, []string{"leak old at-once"}},
	{"leak-new", nothing, []string{"leak new"}},
	{"quarantine", conditions, []string{"quarantine"}},            // AWS does it
	{"restrict", conditions, []string{"restrict UNPAID_INVOICE"}}, // Qovery does it
	{FailEnvironment, conditions, []string{"cluster 1 environment DEPLOYMENT_ERROR"}},
	{"come-for", nothing, []string{"start " + cameFor + ` {"target": "production", "scheduled": true, "key": "KEY-1"}`}},
}

// failures are what becomes of clusters and their deployments.
var failures = []act{
	{"maintain", nothing, []string{"cluster last maintain"}},
	{"fail-once", nothing, []string{"cluster 1 fails"}},
	{"fail", conditions, []string{"cluster 1 fails", "cluster 1 fails", "cluster 1 fails"}},
	{"fail-credentials", conditions, []string{"cluster 1 ends INVALID_CREDENTIALS", "cluster 1 ends INVALID_CREDENTIALS",
		"cluster 1 ends INVALID_CREDENTIALS"}},
	{"break", conditions, []string{"cluster 1 becomes DEPLOYMENT_ERROR"}},
	{"refuse-credentials", conditions, []string{"cluster 1 becomes INVALID_CREDENTIALS"}},
	{"deploy-for-ever", conditions, []string{"cluster 1 takes 9h"}},
	{"ignore-deployments", conditions, []string{"cluster 1 is-ignored", "cluster 1 is-ignored", "cluster 1 is-ignored"}},
	{"be-busy", conditions, []string{"cluster last becomes DEPLOYING"}},
}

// refusals are what keeps a rotation from its work, and what Qovery and AWS answer from
// then on, for longer than anything is tried again, or until someone sees to it.
var refusals = []act{
	{"lock", conditions, []string{"cluster 1 lock for a demonstration"}},
	{"lock-for-a-while", nothing, []string{"cluster 1 lock for a moment", "after 1h cluster 1 unlock"}},
	{"freeze", conditions, []string{"freeze 2026-02-01T00:00:00Z the launch"}},
	{"refuse-undeployed", conditions, []string{`target {"undeployedChanges": "refuse"}`}},
	{"add-credentials", heldKeys, []string{"add credentials EKS_ANYWHERE_VSPHERE"}},
	{"move-user", conditions, []string{"move-user /moved/"}},
	{"revoke-token", conditions, []string{"qovery answers 401", "after 5h qovery recovers"}},
	{"forbid-reads", conditions, []string{"qovery answers 403 GET", "after 5h qovery recovers"}},
	{"miss-reads", conditions, []string{"qovery answers 404 GET", "after 5h qovery recovers"}},
	{"forbid-keys", conditions, []string{"qovery answers 403 PUT", "after 5h qovery recovers"}},
	{"reject-keys", conditions, []string{"qovery answers 400 PUT", "after 5h qovery recovers"}},
	{"miss-keys", conditions, []string{"qovery answers 404 PUT", "after 5h qovery recovers"}},
	{"contradict-keys", conditions, []string{"qovery answers 409 PUT", "after 5h qovery recovers"}},
	{"forbid-deployments", conditions, []string{"qovery answers 403 POST", "after 5h qovery recovers"}},
	{"reject-deployments", conditions, []string{"qovery answers 400 POST", "after 5h qovery recovers"}},
	{"contradict-deployments", conditions, []string{"qovery answers 409 POST", "after 5h qovery recovers"}},
	{"go-down", conditions, []string{"qovery drops", "after 26h qovery recovers"}},
	{"limit", conditions, []string{"qovery answers 429", "after 3h qovery recovers"}},
	{"use-old-elsewhere", conditions, []string{"elsewhere uses old s3 10m", "after 30h elsewhere ends"}},
	{RefuseNew, heldKeys, []string{"refuse new"}},
}

// Ids of acts that more than the table speaks of.
const (
	PutOld Kind = "put-old" // a person puts the old key into the credentials
	// FailEnvironment: applications are deployed to a cluster in vain. It makes a difference
	// where clusters are moved, alone.
	FailEnvironment Kind = "fail-environment"
	RefuseNew       Kind = "refuse-new" // a policy of the organization denies everything to the new key for three hours
	// cameFor is the name of the execution that comes for the old key.
	cameFor = "came-for"
)

// actOf is the act of the kind.
func actOf(kind Kind) (act, bool) {
	for _, a := range slices.Concat(toExecutions, onEntry) {
		if a.kind == kind {
			return a, true
		}
	}
	return act{}, false
}

func isOf(acts []act, kind Kind) bool {
	return slices.ContainsFunc(acts, func(a act) bool { return a.kind == kind })
}

// isTrouble tells whether it is a cluster's failure, or a refusal.
func (k Kind) isTrouble() bool { return isOf(failures, k) || isOf(refusals, k) }

// isAct tells whether the kind is an act's, and not a fault's of calls or invocations.
func (k Kind) isAct() bool {
	_, is := actOf(k)
	return is
}

// kindsOf are the kinds of acts, for a schedule.
func kindsOf(acts []act) (kinds []faultKind) {
	for _, a := range acts {
		kinds = append(kinds, faultKind{kind: a.kind})
	}
	return kinds
}

// act does it, and tells whether there was anything to do.
func (p *player) act(kind Kind, run *lab.Run) bool {
	a, _ := actOf(kind)
	if p.mayFail() { // what ends it may come too late for a notice
		p.failedAt = p.Timeline.Now()
	}
	if kind == RefuseNew {
		p.allowLater()
	}
	for _, line := range a.lines {
		if p.Do(run, strings.ReplaceAll(line, "RUN", run.Name())) != nil {
			return false
		}
	}
	return true
}

// allowLater ends what refuses the new key in three hours. What that breaks is excused.
func (p *player) allowLater() {
	record := p.record()
	if record == nil || record.NewKey == "" {
		return
	}
	p.excused = append(p.excused, record.NewKey)
	p.After(3*time.Hour, func(w *lab.World) {
		if _, exists := w.IAM.Status(record.NewKey); exists {
			w.IAM.AllowByHand(record.NewKey)
		}
	})
}

// notePut notes that a person is about to put a key into the credentials. If it does
// not work, or does not yet, what that breaks is the person's doing.
func (p *player) notePut(id rotation.KeyID) {
	if status, _ := p.IAM.Status(id); status != rotation.Active || id != p.KeyToReplace() {
		p.excused = append(p.excused, id)
	}
	for _, location := range p.Qovery.Locations() {
		if held := rotation.KeyID(p.Qovery.KeyOf(location)); held != id {
			p.replaced = append(p.replaced, held)
		}
	}
	p.putAt[id] = p.Timeline.Now()
}

// isOwn tells whether a person has created the key while rotations ran.
func (p *player) isOwn(id rotation.KeyID) bool {
	for _, life := range p.IAM.Lives() {
		if life.ID == id {
			return life.Changes[0].By == lab.Person && id != p.OldKey.ID
		}
	}
	return false
}
