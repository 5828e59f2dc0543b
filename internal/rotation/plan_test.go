package rotation

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// A fact is something that holds at noon, when the plan is made.
type fact func(*Situation)

// given is a situation: this execution finds the record's owner ended, and no
// lease, unless the facts say otherwise.
func given(r *Record, facts ...fact) Situation {
	s := Situation{
		Now: noon, Execution: thisExecution, IAMUser: "qovery", Record: r, Owner: ExecutionEnded,
		HandledElsewhere: []string{elsewhereID}, LastUses: map[KeyID]Use{},
	}
	for _, holds := range facts {
		holds(&s)
	}
	return s
}

func keys(keys ...AccessKey) fact       { return func(s *Situation) { s.Keys = keys } }
func places(locations ...Location) fact { return func(s *Situation) { s.Locations = locations } }
func owner(state ExecutionState) fact   { return func(s *Situation) { s.Owner = state } }
func used(id KeyID, d time.Duration) fact {
	return func(s *Situation) { s.LastUses[id] = Use{At: ago(d), Service: "ecr"} }
}
func staged(s *Situation) { s.Staged = true }

func frozen(s *Situation) {
	s.Frozen = fault.Errorf(fault.Frozen, "No rotation may begin until 2027-01-04 00:00 UTC: Year's end")
}
func cameFor(id KeyID) fact          { return func(s *Situation) { s.Scheduled, s.CameFor = true, id } }
func scheduled(d time.Duration) fact { return func(s *Situation) { s.Scheduled, s.DueAt = true, d } }
func aged(d time.Duration, id KeyID) AccessKey {
	return created(ago(d), active(id))
}

func abort(s *Situation) { s.Abort = true }

func retires(id KeyID) fact { return func(s *Situation) { s.Retire = id } }
func unheld(s *Situation)   { s.Unheld = true }
func copied(s *Situation) {
	s.Copies = []Copy{{ID: "v", Name: "variable AWS_ACCESS_KEY_ID", Key: s.Retire}}
}

// migrates: to those credentials, which serve clusters of their own if it says so.
func migrates(to string, served ...string) fact {
	return func(s *Situation) {
		s.MigrateTo, s.Account = "aws-role", "123456789012"
		key := credentials(keyO)
		key.Clusters = []string{"production"}
		role := Location{LocationRef: LocationRef{AWSCredentials, to, "by role"}, Type: "AWS_ROLE", Role: true,
			RoleARN: "arn:aws:iam::123456789012:role/qovery", Clusters: served}
		s.Locations = []Location{key, role}
		s.To = findCredentials(s.Locations, s.MigrateTo)
	}
}
func roleIs(change func(*Location)) fact { return func(s *Situation) { change(s.To) } }
func allServedByRole(s *Situation)       { s.Locations[0].Clusters = nil }

// leaked: by the record; justLeaked: by the input, too.
func leaked(id KeyID) fact {
	return func(s *Situation) {
		if s.Leaked = (Leaked{id: target.AfterDeployment}); s.Record != nil {
			changed := s.Record.Clone()
			changed.Leaked = s.Leaked
			s.Record = &changed
		}
	}
}
func justLeaked(id KeyID) fact { return func(s *Situation) { leaked(id)(s); s.Named = id } }

// all three rotated places in one word.
func allHold(id KeyID) fact { return places(credentials(id), registry(id)) }
func allRoles(s *Situation) {
	s.Locations = []Location{withRoleNow(credentials("")), withRoleNow(registry(""))}
}
func someHoldBoth() fact { return places(credentials(keyO), registry(keyN)) }

var (
	bothActive  = keys(active(keyO), active(keyN))
	oldInactive = keys(inactive(keyO), active(keyN))
	oldGone     = keys(active(keyN))
	newGone     = keys(active(keyO))
)

// An outcome is what a decision comes to.
type outcome struct {
	action Action
	code   fault.Code
	urgent bool
	closes bool
	says   []string
}

func does(action Action) outcome                      { return outcome{action: action} }
func refuses(code fault.Code, says ...string) outcome { return outcome{code: code, says: says} }
func (o outcome) urgently() outcome                   { o.urgent = true; return o }
func afterClosing(o outcome) outcome                  { o.closes = true; return o }
func (o outcome) check(t *testing.T, d Decision) {
	t.Helper()
	got := outcome{action: d.Action, closes: d.CloseRecord}
	if d.Refusal != nil {
		got.code, got.urgent = d.Refusal.Code, d.Refusal.Urgent
		wantText(t, d.Refusal.What.String(), o.says...)
		wantNoText(t, d.Refusal.What.String(), string(keyO), string(keyN), string(keyX)) // only their last four
	}
	if o.says = nil; !reflect.DeepEqual(got, o) {
		t.Errorf("decided %+v (%s), want %+v", got, d.Reason, o)
	}
}

func TestPlan(t *testing.T) {
	fresh := func(facts ...fact) Situation { return given(nil, facts...) }
	// A creation was lost two hours ago, and left a key a minute after it.
	lost := attempted(2 * time.Hour)
	orphan := created(ago(2*time.Hour-time.Minute), active(keyX))
	// The new key is a day old, and Qovery has it.
	updated := []past{made(day), done(Update, day)}
	after := func(more ...past) *Record { return record(slices.Concat(updated, more)...) }
	deactivated := after(done(Deactivate, time.Hour))
	dying := after(done(Deactivate, time.Hour), done(Verify, time.Hour), begun(Delete, time.Minute))

	seen := map[string]bool{} // rows of the plan
	for _, test := range []struct {
		name string
		s    Situation
		want outcome
	}{
		// Is anything due for an execution that no person started?
		{"the key that it came for is being rotated", given(record(), cameFor(keyO), keys(active(keyO)), allHold(keyO)),
			does(ActionNotDue)},
		{"the same, and another execution runs", given(record(), cameFor(keyO), owner(ExecutionRunning)),
			does(ActionNotDue)},
		{"it came for the key, and began itself", given(record(mine), cameFor(keyO), owner(ExecutionRunning),
			keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"it came for the key that Qovery holds", fresh(cameFor(keyO), keys(active(keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"Qovery holds another key by now", fresh(cameFor(keyO), keys(active(keyN)), allHold(keyN)), does(ActionNotDue)},
		{"no key is left", fresh(cameFor(keyO), keys(), places()), does(ActionNotDue)},
		{"the schedule comes, and the last key was retired", fresh(scheduled(0), allRoles), does(ActionNotDue)},
		{"the schedule comes, and a key is left to be retired", fresh(scheduled(0), keys(active(keyO)), allRoles),
			refuses(fault.MovedToRole)},
		{"the schedule comes for a young key", fresh(scheduled(3*day), keys(aged(3*day-ms, keyO)), allHold(keyO)),
			does(ActionNotDue)},
		{"the schedule comes for a key that is due", fresh(scheduled(3*day), keys(aged(3*day, keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"a person rotates a young key", fresh(keys(aged(time.Hour, keyO)), allHold(keyO)), does(ActionCreate)},
		{"the schedule comes for a young key that is Inactive", fresh(scheduled(3*day), keys(inactive(keyO)), allHold(keyO)),
			refuses(fault.OldKeyInactive).urgently()},
		{"the schedule resumes what is open, however young", given(record(), scheduled(3*day), keys(aged(time.Hour, keyO)),
			allHold(keyO)), does(ActionCreate)},
		{"no rotation may begin", fresh(frozen, keys(active(keyO)), allHold(keyO)),
			refuses(fault.Frozen, "until", "Year's end")},
		{"no rotation may begin, and one is open", given(record(), frozen, keys(active(keyO)), allHold(keyO)),
			does(ActionCreate)},
		// Whose record is it?
		{"another execution runs", given(record(), owner(ExecutionRunning)),
			refuses(fault.RotationInProgress, otherExecution)},
		{"another execution runs, and there is an abort", given(record(), owner(ExecutionRunning), abort),
			refuses(fault.StepBusy, otherExecution)},
		{"its owner ended, and a step may still be at work", given(record(leased(time.Second))),
			refuses(fault.StepBusy, otherExecution)},
		{"its owner ended, and the lease is just over", given(record(leased(0)), keys(active(keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"its owner is unknown, and wrote a moment ago", given(record(touched(time.Second)), owner(ExecutionUnknown)),
			refuses(fault.StepBusy)},
		{"its owner is unknown, and wrote just under a day ago", given(record(touched(day-ms)), owner(ExecutionUnknown)),
			refuses(fault.StepBusy)},
		{"its owner is unknown, and wrote a day ago",
			given(record(touched(day)), owner(ExecutionUnknown), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"its owner ended a moment ago", given(record(touched(ms)), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"it is this execution's own", given(record(mine), owner(ExecutionRunning), keys(active(keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"it is this execution's own, and Step Functions does not know it yet",
			given(record(mine, touched(0)), owner(ExecutionUnknown), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"it is this execution's own, and an earlier try is at work",
			given(record(mine, leased(time.Minute)), owner(ExecutionRunning)), refuses(fault.StepBusy)},

		// Abort.
		{"credentials of another type hold the key", fresh(keys(active(keyO)), places(byRole(keyO))),
			refuses(fault.UnsupportedCredentials, "OLD1", "AWS_ROLE")},
		{"the old key was brought back a moment ago, and the new one is gone",
			given(record(made(day), done(Reactivate, time.Minute)), keys(inactive(keyO)), allHold(keyO)),
			refuses(fault.IAMSettling, "OLD1")},
		{"abort, and no rotation is open", fresh(abort, keys(active(keyO)), allHold(keyO)),
			refuses(fault.NothingToAbort, "qovery")},
		{"abort before there is a new key", given(record(), abort, keys(active(keyO)), allHold(keyO)), does(ActionAbort)},
		{"abort in the grace period", given(after(), abort, bothActive, allHold(keyN)), does(ActionAbort)},
		{"abort in the observation period", given(deactivated, abort, oldInactive, allHold(keyN)), does(ActionAbort)},
		{"abort while a restoration is under way",
			given(after(done(Deactivate, day), begun(Reactivate, time.Hour)), abort, oldInactive, allHold(keyN)),
			does(ActionAbort)},
		{"abort, and a person deactivated the old key", given(after(), abort, oldInactive, allHold(keyN)),
			refuses(fault.OldKeyInactive, "OLD1")},
		{"abort, and a person deactivated the old key, which is held", given(after(), abort, oldInactive, someHoldBoth()),
			refuses(fault.OldKeyInactive, "OLD1").urgently()},
		{"abort just after a restoration", given(after(done(Reactivate, time.Minute)), abort, oldInactive, allHold(keyN)),
			refuses(fault.IAMSettling, "OLD1")},

		// IAM's lists lag.
		{"the new key is missing, and young", given(record(made(10*time.Minute-ms)), newGone, allHold(keyO)),
			refuses(fault.IAMSettling)},
		{"the new key is missing, and ten minutes old", given(record(made(10*time.Minute)), newGone, allHold(keyO)),
			afterClosing(does(ActionCreate))},
		{"a creation is unresolved, and young", given(record(attempted(10*time.Minute-ms)), newGone, allHold(keyO)),
			refuses(fault.IAMSettling)},
		{"a creation is unresolved, and ten minutes old", given(record(attempted(10*time.Minute)), newGone, allHold(keyO)),
			does(ActionCreate)},
		{"of two unresolved creations one is young",
			given(record(attempted(time.Hour), attempted(time.Minute)), newGone, allHold(keyO)), refuses(fault.IAMSettling)},

		// No key at all.
		{"the user has no key", fresh(allHold(keyX)),
			refuses(fault.NoAccessKey, "qovery", `AWS credentials "prod" holds ****ELS3`)},
		{"the user has no key, a rotation is open", given(after(), allHold(keyN)), refuses(fault.NoAccessKey, "****NEW2")},

		// Qovery was given roles.
		{"the credentials hold a role, and the user a key", fresh(keys(active(keyO)), allRoles),
			refuses(fault.MovedToRole, `AWS credentials "prod"`, `"images"`, "****OLD1 (Active)", "no location holds a key")},
		{"the credentials hold a role, and the user has no key", fresh(allRoles),
			refuses(fault.MovedToRole, "which has none")},
		{"the credentials hold a role, and a registry the key",
			fresh(keys(active(keyO)), places(withRoleNow(credentials("")), registry(keyO))),
			refuses(fault.MovedToRole, `container registry "images" holds ****OLD1`)},
		{"some credentials hold a role, and others the key",
			fresh(keys(active(keyO)), places(withRoleNow(byRole("")), credentials(keyO))), does(ActionCreate)},
		{"only a registry holds a role", fresh(keys(active(keyO)), places(credentials(keyX), withRoleNow(registry("")))),
			refuses(fault.CredentialMismatch)},
		{"credentials handled elsewhere hold a role",
			fresh(keys(active(keyO)), places(credentials(keyX), withRoleNow(elsewhere("")))), refuses(fault.CredentialMismatch)},
		{"roles before there is a new key", given(record(), keys(active(keyO)), allRoles),
			afterClosing(refuses(fault.MovedToRole, "****OLD1"))},
		{"a role before there is a new key, and a registry holds the old one",
			given(record(), keys(active(keyO)), places(withRoleNow(credentials("")), registry(keyO))),
			afterClosing(refuses(fault.MovedToRole, `"images" holds ****OLD1`))},
		{"roles before there is a new key, and a lost creation left a key",
			given(record(lost), keys(active(keyO), orphan), allRoles), refuses(fault.MovedToRole, "****ELS3 (Active)")},
		{"a registry was given a role before there is a new key",
			given(record(), keys(active(keyO)), places(credentials(keyO), withRoleNow(registry("")))), does(ActionCreate)},
		{"roles before the new key was handed out", given(record(made(day)), bothActive, staged, allRoles),
			does(ActionVerify)},
		{"roles while the new key is being discarded",
			given(record(made(day), begun(Discard, time.Hour)), bothActive, allRoles), does(ActionDeploy)},
		{"roles after the update", given(after(), bothActive, allRoles), does(ActionDeploy)},
		{"a role after the update, and a registry holds the new key",
			given(after(), bothActive, places(withRoleNow(credentials("")), registry(keyN))), does(ActionDeploy)},
		{"a role, and a registry still holds the old key",
			given(record(made(day)), bothActive, staged, places(withRoleNow(credentials("")), registry(keyO))),
			does(ActionVerify)},
		{"roles, and a location that is handled elsewhere holds the old key",
			given(after(), bothActive, places(withRoleNow(credentials("")), elsewhere(keyO))), does(ActionDeploy)},
		{"roles, and the old key is gone", given(after(), oldGone, allRoles), does(ActionDeploy)},
		{"roles while the old key is Inactive", given(deactivated, oldInactive, allRoles), does(ActionReactivate)},
		{"roles while the old key is being deleted", given(dying, oldInactive, allRoles), does(ActionDelete)},
		{"roles, and a person has deleted the new key", given(after(), newGone, allRoles), refuses(fault.MovedToRole)},
		{"roles, and a person has deactivated the new key", given(after(), keys(active(keyO), inactive(keyN)), allRoles),
			refuses(fault.MovedToRole)},
		{"roles, and a person has deactivated the old key", given(after(), oldInactive, allRoles),
			refuses(fault.MovedToRole)},
		{"roles, and a person has deleted both keys", given(after(), allRoles), refuses(fault.MovedToRole)},

		// One kind at a time.
		{"a rotation is open, and a key is to be retired", given(after(), retires(keyO), bothActive, allHold(keyN)),
			refuses(fault.OtherKindOpen, "The rotation of the key ****OLD1")},
		{"a rotation runs, and a key is to be retired", given(record(), retires(keyO), owner(ExecutionRunning)),
			refuses(fault.OtherKindOpen)},
		{"a retirement runs, and a rotation is to begin", given(record(retiring), owner(ExecutionRunning)),
			refuses(fault.OtherKindOpen, "The retirement of the key ****OLD1")},
		{"a retirement has begun, and a rotation is to begin",
			given(record(retiring, done(Deactivate, day)), oldInactive, allHold(keyN)), refuses(fault.OtherKindOpen)},
		{"a retirement has begun, and so has that of another key",
			given(record(retiring, done(Deactivate, day)), retires(keyN), oldInactive), refuses(fault.OtherKindOpen)},
		{"a retirement has begun, and the schedule comes",
			given(record(retiring, done(Deactivate, day)), scheduled(0), oldInactive, allHold(keyN)), does(ActionNotDue)},
		{"a retirement has changed nothing, and a rotation is to begin",
			given(record(retiring), keys(active(keyN)), allHold(keyN)), afterClosing(does(ActionCreate))},
		{"a retirement was aborted, and a rotation is to begin",
			given(record(retiring, done(Reactivate, day)), bothActive, allHold(keyN)),
			afterClosing(refuses(fault.MultipleAccessKeys))},
		{"a step of a retirement may be at work", given(record(retiring, leased(time.Minute)), keys(active(keyN))),
			refuses(fault.StepBusy)},
		{"abort a retirement", given(record(retiring, done(Deactivate, day)), abort, oldInactive), does(ActionAbort)},

		// The end of a key.
		{"retire a key that no location holds", fresh(retires(keyO), keys(active(keyO)), allRoles), does(ActionAwait)},
		{"the same, a minute later", fresh(retires(keyO), unheld, keys(active(keyO)), allRoles), does(ActionRetire)},
		{"retire the second key", fresh(retires(keyO), unheld, bothActive, allHold(keyN)), does(ActionRetire)},
		{"retire a key that a location holds", fresh(retires(keyO), unheld, bothActive, someHoldBoth()),
			refuses(fault.KeyStillHeld, "****OLD1", `"prod"`)},
		{"retire a key that a location holds which is handled elsewhere",
			fresh(retires(keyO), unheld, bothActive, places(elsewhere(keyO))), refuses(fault.KeyStillHeld, `"by hand"`)},
		{"retire a key that is copied", fresh(retires(keyO), unheld, copied, keys(active(keyO)), allRoles),
			refuses(fault.KeyStillHeld, "variable AWS_ACCESS_KEY_ID (v)")},
		{"retire a key that is not the user's", fresh(retires(keyX), keys(active(keyO)), allRoles),
			refuses(fault.InvalidInput, "no key ****ELS3", "****OLD1 (Active)")},
		{"retire a key that a person made Inactive", fresh(retires(keyO), unheld, keys(inactive(keyO)), allRoles),
			refuses(fault.OldKeyInactive, "****OLD1")},
		{"retire a key that was used last week",
			fresh(retires(keyO), unheld, keys(active(keyO)), allRoles, used(keyO, 7*day)),
			refuses(fault.KeyStillUsed, "at 2026-07-27T12:00:00Z, ecr", "from 2026-08-10 12:15 UTC on")},
		{"retire a key that was used two weeks ago",
			fresh(retires(keyO), unheld, keys(active(keyO)), allRoles, used(keyO, 14*day+trailLag)), does(ActionRetire)},
		{"retire a key in a freeze", fresh(retires(keyO), frozen, keys(active(keyO)), allRoles), refuses(fault.Frozen)},
		{"the retirement is this execution's own", given(record(retiring, mine), retires(keyO), unheld, keys(active(keyO)),
			allRoles), does(ActionRetire)},
		{"the same, and the key was Active again in between",
			given(record(retiring, mine, done(Reactivate, time.Hour)), retires(keyO), keys(active(keyO)), allRoles),
			does(ActionAwait)},
		{"the retirement is this execution's own, and was undone a moment ago",
			given(record(retiring, mine, done(Reactivate, time.Minute)), retires(keyO), keys(inactive(keyO)), allRoles),
			refuses(fault.IAMSettling)},
		{"resume a retirement", given(record(retiring, done(Deactivate, day)), retires(keyO), frozen, keys(inactive(keyO)),
			allRoles, used(keyO, day)), does(ActionRetire)},
		{"resume a retirement whose key is gone",
			given(record(retiring, done(Deactivate, day), begun(Delete, time.Hour)), retires(keyO), keys(), allRoles),
			does(ActionRetire)},
		{"resume a retirement whose key a location took again",
			given(record(retiring, done(Deactivate, day)), retires(keyO), keys(inactive(keyO)), allHold(keyO)),
			does(ActionReactivate)},
		{"resume a retirement whose key a person made Active",
			given(record(retiring, done(Deactivate, day)), retires(keyO), keys(active(keyO)), allRoles),
			does(ActionReactivate)},
		{"resume a retirement whose key is listed as Active yet",
			given(record(retiring, done(Deactivate, time.Minute)), retires(keyO), keys(active(keyO)), allRoles),
			does(ActionRetire)},
		{"a retirement that changed nothing begins anew", given(record(retiring), retires(keyO), unheld, keys(active(keyO)),
			allRoles), afterClosing(does(ActionRetire))},

		// Are clusters to be moved to a role?
		{"move clusters", fresh(migrates("aws-role"), keys(active(keyO))), does(ActionMigrate)},
		{"move clusters to what isn't there", fresh(migrates("another"), keys(active(keyO))),
			refuses(fault.InvalidInput, `"aws-role"`, "by role")},
		{"move clusters to credentials that hold a key", fresh(migrates("aws-role"), keys(active(keyO)),
			roleIs(func(l *Location) { l.Role, l.Type = false, "AWS" })), refuses(fault.UnsupportedCredentials, "type AWS")},
		{"move clusters to another account's role", fresh(migrates("aws-role"), keys(active(keyO)),
			roleIs(func(l *Location) { l.RoleARN = "" })), refuses(fault.UnsupportedCredentials)},
		{"move clusters whose key leaked", fresh(migrates("aws-role"), leaked(keyO), keys(active(keyO))),
			refuses(fault.OtherKindOpen, "has leaked").urgently()},
		{"move clusters in a freeze", fresh(migrates("aws-role"), frozen, keys(active(keyO))), refuses(fault.Frozen)},
		{"move clusters whose key is Inactive", fresh(migrates("aws-role"), keys(inactive(keyO))),
			refuses(fault.OldKeyInactive).urgently()},
		{"move clusters that use the role", fresh(migrates("aws-role", "staging"), allServedByRole, keys(active(keyO))),
			refuses(fault.MovedToRole, "No cluster uses the key")},
		{"a rotation is open, and clusters are to be moved",
			given(after(), migrates("aws-role"), bothActive), refuses(fault.OtherKindOpen)},
		{"a migration has begun", given(record(migrating), migrates("aws-role"), keys(active(keyO))), does(ActionMigrate)},
		{"a migration has begun, and its key is gone", given(record(migrating), migrates("aws-role"), keys()),
			does(ActionMigrate)},
		{"a migration to others has begun", given(record(migrating, func(r *Record) { r.Migration.To.ID = "other" }),
			migrates("aws-role"), keys(active(keyO))), refuses(fault.OtherKindOpen, "The migration to by role")},
		{"a migration has begun, and a rotation is to begin", given(record(migrating), keys(active(keyO)), allHold(keyO)),
			refuses(fault.OtherKindOpen)},
		{"a migration has begun, and the schedule comes",
			given(record(migrating), scheduled(0), keys(active(keyO)), allHold(keyO)), does(ActionNotDue)},
		{"a migration has moved nothing, and a rotation is to begin",
			given(record(unmoved), keys(active(keyO)), allHold(keyO)), afterClosing(does(ActionCreate))},
		{"a migration has moved nothing, and begins anew",
			given(record(unmoved), migrates("aws-role"), keys(active(keyO))), afterClosing(does(ActionMigrate))},
		{"abort a migration", given(record(migrating), abort, keys(active(keyO))), does(ActionMoveBack)},
		{"abort a migration that has moved nothing", given(record(unmoved), abort, keys(active(keyO))), does(ActionAbort)},
		{"abort a migration whose key is Inactive", given(record(migrating), abort, keys(inactive(keyO))),
			refuses(fault.OldKeyInactive)},
		{"abort a migration whose key is gone", given(record(migrating), abort, keys()),
			refuses(fault.OldKeyInactive).urgently()},
		{"a key leaks while clusters are moved",
			given(record(migrating), justLeaked(keyO), keys(active(keyO)), allHold(keyO)),
			refuses(fault.OtherKindOpen).urgently()},
		{"a key leaks after a migration whose clusters are back, but for one that a person moved",
			given(record(pointedByHand), justLeaked(keyO), keys(active(keyO)), allHold(keyO)), afterClosing(does(ActionCreate))},

		// No rotation is open.
		{"one Active key, held", fresh(keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"one Inactive key, held", fresh(keys(inactive(keyO)), allHold(keyO)),
			refuses(fault.OldKeyInactive, "****OLD1").urgently()},
		{"Qovery holds another user's key", fresh(keys(active(keyO)), allHold(keyX)),
			refuses(fault.CredentialMismatch, "the user has ****OLD1 (Active)", `AWS credentials "prod" holds ****ELS3`,
				`container registry "images" holds ****ELS3`)},
		{"Qovery holds no key", fresh(keys(active(keyO), inactive(keyX)), places(credentials(""))),
			refuses(fault.CredentialMismatch, "****OLD1 (Active), ****ELS3 (Inactive)", "no location holds a key")},
		{"only a registry holds the key", fresh(keys(active(keyO)), places(credentials(keyX), registry(keyO))),
			refuses(fault.CredentialMismatch, `container registry "images" holds ****OLD1`)},
		{"two keys",
			fresh(keys(active(keyO), created(ago(12*day+time.Hour), inactive(keyX))), allHold(keyO), used(keyX, 36*time.Hour)),
			refuses(fault.MultipleAccessKeys, "2 access keys", "Qovery uses ****OLD1",
				"****ELS3, Inactive, 12 days old, last used 2026-08-02T00:00:00Z")},
		{"two keys, the one that Qovery uses listed last",
			fresh(keys(created(ago(day), active(keyX)), active(keyO)), allHold(keyO)),
			refuses(fault.MultipleAccessKeys, "Qovery uses ****OLD1", "****ELS3, Active, 1 days old, never used")},
		{"three keys", fresh(keys(active(keyN), active(keyO), inactive(keyX)), allHold(keyO)),
			refuses(fault.MultipleAccessKeys, "3 access keys", "****NEW2, Active, 90 days old, never used",
				"****ELS3, Inactive, 90 days old, never used")},

		// Somebody put another key into a location.
		{"a location holds another key",
			given(record(made(day)), bothActive, staged, places(credentials(keyO), registry(keyX))),
			refuses(fault.UnexpectedAccessKey, `"images" (registry)`, "****OLD1", "****NEW2")},
		{"a location was emptied", given(after(), bothActive, places(credentials(keyN), registry(""))),
			refuses(fault.UnexpectedAccessKey, `"images" (registry)`)},
		{"a location was removed", given(after(), bothActive, places(credentials(keyN))), does(ActionDeploy)},
		{"a location that is handled elsewhere holds another key",
			given(after(), bothActive, places(credentials(keyN), elsewhere(keyX))), does(ActionDeploy)},
		{"the new key is put back to a location before there is one",
			given(record(), keys(active(keyO)), places(credentials(keyO), registry(keyN))), refuses(fault.UnexpectedAccessKey)},

		// No new key yet.
		{"no new key yet", given(record(), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"no new key yet, the old one is held by one location",
			given(record(), keys(active(keyO)), places(credentials(keyO))), does(ActionCreate)},
		{"a lost creation left nothing behind", given(record(lost), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"a lost creation left a key behind", given(record(lost), keys(active(keyO), orphan), allHold(keyO)),
			does(ActionCreate)},
		{"rule 4: no creation was lost", given(record(), keys(active(keyO), orphan), allHold(keyO)),
			refuses(fault.UnexpectedAccessKey, "****ELS3 (Active)")},
		{"rule 4: the key was used", given(record(lost), keys(active(keyO), orphan), allHold(keyO), used(keyX, time.Minute)),
			refuses(fault.UnexpectedAccessKey)},
		{"rule 4: the key is held",
			given(record(lost), keys(active(keyO), orphan),
				places(credentials(keyO), Location{LocationRef: LocationRef{HelmRepository, "h", "h"}, Key: keyX})),
			refuses(fault.UnexpectedAccessKey)},
		{"rule 4: the key is held elsewhere",
			given(record(lost), keys(active(keyO), orphan), places(credentials(keyO), elsewhere(keyX))),
			refuses(fault.UnexpectedAccessKey)},
		{"rule 4: the key is too old",
			given(record(lost), keys(active(keyO), created(ago(2*time.Hour+time.Minute+ms), orphan)), allHold(keyO)),
			refuses(fault.UnexpectedAccessKey)},
		{"rule 4: the key is too young",
			given(record(lost), keys(active(keyO), created(ago(2*time.Hour-10*time.Minute-ms), orphan)), allHold(keyO)),
			refuses(fault.UnexpectedAccessKey)},
		{"rule 4: of two further keys one is somebody's",
			given(record(lost), keys(active(keyO), orphan, active(keyN)), allHold(keyO)), refuses(fault.UnexpectedAccessKey)},
		{"a key that this rotation deleted is listed late",
			given(record(discarded), keys(active(keyO), active(keyX)), allHold(keyO)), does(ActionCreate)},
		{"no new key yet, and the old one is Inactive", given(record(), keys(inactive(keyO)), allHold(keyO)),
			refuses(fault.OldKeyInactive, "****OLD1").urgently()},
		{"no new key yet, and the old one is gone", given(record(), keys(active(keyX)), allHold(keyO)),
			refuses(fault.UnexpectedAccessKey, "****OLD1", "****ELS3 (Active)")},
		{"no new key yet, and the old one is not held", given(record(), keys(active(keyO)), places()),
			refuses(fault.UnexpectedAccessKey, "no location holds a key")},

		// A key leaked.
		{"it leaked", fresh(justLeaked(keyO), keys(active(keyO)), allHold(keyO)), does(ActionCreate)},
		{"it leaked, and a person deactivated it", fresh(justLeaked(keyO), keys(inactive(keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"it leaked while no rotation may begin", fresh(justLeaked(keyO), frozen, keys(active(keyO)), allHold(keyO)),
			does(ActionCreate)},
		{"another key leaked while no rotation may begin", fresh(leaked(keyX), frozen, keys(active(keyO)), allHold(keyO)),
			refuses(fault.Frozen)},
		{"a key leaked that isn't the user's", fresh(justLeaked(keyX), keys(active(keyO)), allHold(keyO)),
			refuses(fault.InvalidInput, "****ELS3", "****OLD1 (Active)")},
		{"a key leaked that the open rotation does not know", given(after(), justLeaked(keyX), bothActive, allHold(keyN)),
			refuses(fault.InvalidInput, "****ELS3")},
		{"a further key leaked", given(record(), justLeaked(keyX), keys(active(keyO), active(keyX)), allHold(keyO)),
			refuses(fault.MultipleAccessKeys, "****ELS3", "no location that is rotated holds it")},
		{"a key leaked that Qovery doesn't use", fresh(justLeaked(keyX), keys(active(keyO), active(keyX)), allHold(keyO)),
			refuses(fault.MultipleAccessKeys, "****ELS3", "no location that is rotated holds it")},
		{"it leaked, and the user has another", fresh(justLeaked(keyO), keys(active(keyO), active(keyX)), allHold(keyO)),
			refuses(fault.MultipleAccessKeys, "****ELS3, Active")},
		{"it leaked while another execution runs", given(after(), justLeaked(keyO), owner(ExecutionRunning)),
			refuses(fault.StepBusy, otherExecution)},
		{"it leaked while another key is being retired",
			given(record(retiring, done(Deactivate, day)), justLeaked(keyN), oldInactive, allHold(keyN)),
			refuses(fault.MultipleAccessKeys, "****NEW2 leaked", "****OLD1, which is being retired")},
		{"the same, and that one was deleted",
			given(record(retiring, done(Deactivate, day)), justLeaked(keyN), keys(active(keyN)), allHold(keyN)),
			afterClosing(does(ActionCreate))},
		{"the same, and the retirement has changed nothing",
			given(record(retiring), justLeaked(keyO), keys(active(keyO)), allHold(keyO)), afterClosing(does(ActionCreate))},
		{"the schedule keeps away", given(after(), leaked(keyO), scheduled(day), bothActive, allHold(keyN)),
			does(ActionNotDue)},
		{"it leaked before there was a new key, and a person deactivated it",
			given(record(), leaked(keyO), keys(inactive(keyO)), allHold(keyO)), does(ActionCreate)},
		{"it leaked, and Qovery holds the new one", given(after(), leaked(keyO), bothActive, allHold(keyN)),
			does(ActionDeploy)},
		{"it leaked, and we deactivated it", given(deactivated, leaked(keyO), oldInactive, allHold(keyN)),
			does(ActionDeploy)},
		{"it leaked, and a person deactivated it after the update", given(after(), leaked(keyO), oldInactive, allHold(keyN)),
			does(ActionDeploy)},
		{"it leaked, and somebody put it back", given(deactivated, leaked(keyO), oldInactive, someHoldBoth()),
			refuses(fault.StagedSecretLost)},
		{"it leaked, and somebody put it back before the secret was destroyed",
			given(deactivated, leaked(keyO), staged, oldInactive, someHoldBoth()), does(ActionVerify)},
		{"it leaked, and we were bringing it back",
			given(after(done(Deactivate, day), begun(Reactivate, time.Hour)), leaked(keyO), oldInactive, allHold(keyN)),
			does(ActionDeploy)},
		{"it leaked, is Inactive and held, and the new key is gone",
			given(deactivated, leaked(keyO), keys(inactive(keyO)), allHold(keyO)), afterClosing(does(ActionCreate))},
		{"it leaked, and its deletion was begun", given(dying, leaked(keyO), oldInactive, allHold(keyN)), does(ActionDelete)},
		{"it leaked, and there is an abort", given(deactivated, leaked(keyO), abort, oldInactive), does(ActionAbort)},
		{"it leaked, a person deactivated it, and there is an abort", given(after(), leaked(keyO), abort, oldInactive),
			does(ActionAbort)},
		{"the new key leaked before it was handed out", given(record(made(day)), leaked(keyN), bothActive, staged,
			allHold(keyO)), does(ActionCreate)},
		{"the new key leaked, and a person deactivated it before it was handed out", given(record(made(day)), leaked(keyN),
			keys(active(keyO), inactive(keyN)), staged, allHold(keyO)), does(ActionCreate)},
		{"the new key leaked when it was perhaps handed out", given(record(made(day), begun(Update, day)), leaked(keyN),
			bothActive, staged, allHold(keyO)), does(ActionVerify)},
		{"the new key leaked, and Qovery holds it", given(after(), leaked(keyN), bothActive, allHold(keyN)),
			does(ActionDeploy)},
		{"the new key leaked, and we deactivated the old one", given(deactivated, leaked(keyN), oldInactive, allHold(keyN)),
			does(ActionDeploy)},

		// The new key is given up, or gone.
		{"a discard was begun", given(record(made(day), begun(Discard, time.Hour)), bothActive, allHold(keyO)),
			does(ActionCreate)},
		{"a discard was begun, and the secret is still staged",
			given(record(made(day), begun(Discard, time.Hour)), bothActive, staged, allHold(keyO)), does(ActionCreate)},
		{"a discard was begun, and its key is gone",
			given(record(made(day), begun(Discard, time.Hour)), newGone, allHold(keyO)), does(ActionCreate)},
		{"a discard was begun of a key that is held",
			given(record(made(day), begun(Discard, time.Hour)), bothActive, staged, someHoldBoth()), does(ActionVerify)},
		{"the new key is gone and not used anywhere in Qovery", given(record(made(day)), newGone, allHold(keyO)),
			afterClosing(does(ActionCreate))},
		{"the same, and there is another key", given(record(made(day)), keys(active(keyO), active(keyX)), allHold(keyO)),
			afterClosing(refuses(fault.MultipleAccessKeys, "****OLD1", "****ELS3"))},
		{"the same, and the old key is Inactive", given(record(made(day)), keys(inactive(keyO)), allHold(keyO)),
			afterClosing(refuses(fault.OldKeyInactive).urgently())},
		{"the same, and Qovery holds neither", given(record(made(day)), newGone, places()),
			afterClosing(refuses(fault.CredentialMismatch, "****OLD1"))},
		{"the new key is gone and held", given(after(), newGone, allHold(keyN)),
			refuses(fault.NewKeyLost, "****NEW2").urgently()},
		{"both keys are gone", given(record(made(day)), keys(active(keyX)), allHold(keyO)),
			refuses(fault.NewKeyLost, "****NEW2")},
		{"the new key is Inactive and held", given(after(), keys(active(keyO), inactive(keyN)), allHold(keyN)),
			refuses(fault.NewKeyInactive, "****NEW2").urgently()},
		{"the new key is Inactive and not used anywhere in Qovery",
			given(record(made(day)), keys(active(keyO), inactive(keyN)), staged, allHold(keyO)),
			refuses(fault.NewKeyInactive, "****NEW2")},

		// The old key is Inactive: by whom?
		{"a person deactivated the old key, which is held", given(record(made(day)), oldInactive, staged, allHold(keyO)),
			refuses(fault.OldKeyInactive, "****OLD1").urgently()},
		{"a person deactivated the old key, which is not held", given(after(), oldInactive, allHold(keyN)),
			refuses(fault.OldKeyInactive, "****OLD1")},
		{"it was brought back a moment ago", given(after(done(Reactivate, 10*time.Minute-ms)), oldInactive, allHold(keyN)),
			refuses(fault.IAMSettling, "****OLD1")},
		{"it was brought back ten minutes ago", given(after(done(Reactivate, 10*time.Minute)), oldInactive, allHold(keyN)),
			refuses(fault.OldKeyInactive)},
		{"we deactivated it, and it is still listed as Active", given(deactivated, bothActive, allHold(keyN)),
			does(ActionReactivate)},
		{"we deactivated it, and the new key is Inactive",
			given(deactivated, keys(inactive(keyO), inactive(keyN)), someHoldBoth()), does(ActionReactivate)},
		{"we deactivated it, and it is gone", given(deactivated, oldGone, allHold(keyN)), does(ActionDeploy)},
		{"we deactivated it, and somebody put it back", given(deactivated, oldInactive, someHoldBoth()),
			does(ActionReactivate)},
		{"we deactivated it", given(deactivated, oldInactive, allHold(keyN)), does(ActionReactivate)},
		{"we may have deactivated it", given(after(begun(Deactivate, time.Hour)), oldInactive, allHold(keyN)),
			does(ActionReactivate)},
		{"we were bringing it back",
			given(after(done(Deactivate, day), begun(Reactivate, time.Hour)), oldInactive, allHold(keyN)),
			does(ActionReactivate)},

		// The new key is Active: carry on.
		{"created, not handed out", given(record(made(day)), bothActive, staged, allHold(keyO)), does(ActionVerify)},
		{"handed out to some", given(record(made(day), begun(Update, day)), bothActive, staged, someHoldBoth()),
			does(ActionVerify)},
		{"handed out to all, and the secret is still staged",
			given(record(made(day), begun(Update, day)), bothActive, staged, allHold(keyN)), does(ActionVerify)},
		{"not handed out, and its secret is lost", given(record(made(day)), bothActive, allHold(keyO)), does(ActionCreate)},
		{"perhaps handed out, and its secret is lost",
			given(record(made(day), begun(Update, day)), bothActive, allHold(keyO)),
			refuses(fault.StagedSecretLost, "****NEW2", `"prod" holds ****OLD1`)},
		{"handed out to some, and its secret is lost",
			given(record(made(day), begun(Update, day)), bothActive, someHoldBoth()),
			refuses(fault.StagedSecretLost, "****NEW2", `"images" holds ****NEW2`)},
		{"a person handed it to some, and its secret is lost", given(record(made(day)), bothActive, someHoldBoth()),
			refuses(fault.StagedSecretLost)},
		{"its deletion was begun", given(dying, oldInactive, allHold(keyN)), does(ActionDelete)},
		{"its deletion was begun, and it is gone", given(dying, oldGone, allHold(keyN)), does(ActionDelete)},
		{"its deletion was begun, and it is listed as Active", given(dying, bothActive, allHold(keyN)),
			does(ActionReactivate)},
		{"its deletion was begun, and a location holds it", given(dying, oldInactive, someHoldBoth()),
			does(ActionReactivate)},
		{"all hold the new key", given(after(), bothActive, allHold(keyN)), does(ActionDeploy)},
		{"all hold the new key, and a place handled elsewhere the old one",
			given(after(), bothActive, places(credentials(keyN), elsewhere(keyO))), does(ActionDeploy)},
		{"all hold the new key, and the old one is gone", given(after(), oldGone, allHold(keyN)), does(ActionDeploy)},
		{"no location is left", given(record(made(day)), bothActive, staged, places()),
			refuses(fault.UnexpectedAccessKey, "****OLD1 (Active), ****NEW2 (Active)", "no location holds a key")},
	} {
		t.Run(test.name, func(t *testing.T) {
			decision := Decide(test.s)
			test.want.check(t, decision)
			seen[firstRow(test.s)] = true
		})
	}
	for _, row := range plan {
		if !seen[row.situation] {
			t.Errorf("no situation above is decided by the row %q", row.situation)
		}
	}
}

func firstRow(s Situation) string {
	i := slices.IndexFunc(plan, func(r row) bool { return r.applies(&s) })
	return plan[i].situation
}

// A place that a person changes by hand says nothing about which key Qovery
// uses: with only such places, a new key would be created that nobody is given.
func TestPlacesHandledElsewhereAreNotRotated(t *testing.T) {
	refuses(fault.CredentialMismatch, "****OLD1").check(t, Decide(given(nil, keys(active(keyO)), places(elsewhere(keyO)))))
}

// Which key Qovery holds instead is for those who judge whether anything is broken.
func TestTheKeyThatQoveryHoldsInstead(t *testing.T) {
	for _, test := range []struct {
		held Location
		want string
	}{{credentials(keyX), keyX.String()}, {credentials(""), ""}, {registry(keyX), ""}} {
		decision := Decide(given(nil, keys(active(keyO)), places(test.held)))
		if refusal := decision.Refusal; refusal.Code != fault.CredentialMismatch || refusal.Key != test.want {
			t.Errorf("%+v: %s names the key %q, want %q", test.held, refusal.Code, refusal.Key, test.want)
		}
	}
}

// Whoever reads "delete the key that nobody uses" must be told that Qovery uses both.
func TestTwoKeysThatQoveryUsesBoth(t *testing.T) {
	s := given(nil, keys(active(keyO), active(keyX)), places(credentials(keyO), registry(keyX)))
	refuses(fault.MultipleAccessKeys, "Qovery uses ****OLD1",
		"****ELS3, Active, 90 days old, never used, held by container registry \"images\"").check(t, Decide(s))
	if next := Decide(s).Refusal.Next.First; !strings.HasPrefix(next.String(), "Both are in use") {
		t.Errorf("what to do: %q", next)
	}
}

// The record is the only proof that the old key may be made Active again (rule
// 9), and a refusal without a record is told as an unchanged end. So a record that
// made the held key Inactive isn't closed while the key is.
func TestARecordThatDeactivatedTheHeldKeyIsNotClosed(t *testing.T) {
	s := given(record(made(day), done(Update, day), done(Deactivate, time.Hour)), keys(inactive(keyO)), allHold(keyO))
	does(ActionReactivate).check(t, Decide(s))
}

// The walk: every combination of what the plan depends on.

// pastsOfARecord are all states of a record that can occur, step after step.
// Those with a new key are told with its secret staged and not.
var pastsOfARecord = map[string]*Record{
	"none": nil,

	"opened":                      record(),
	"a creation lost, young":      record(attempted(time.Minute)),
	"a creation lost, old":        record(attempted(2 * time.Hour)),
	"two creations lost":          record(attempted(2*time.Hour), attempted(time.Minute)),
	"two creations lost, old":     record(attempted(2*time.Hour), attempted(time.Hour)),
	"a key discarded":             record(attempted(2*time.Hour), discarded),
	"a creation denied after one": record(attempted(2*time.Hour), func(r *Record) { delete(r.Marks, Create) }),

	"created, not staged":        record(begunNew(time.Hour)),
	"created, not staged, young": record(begunNew(time.Minute)),
	"created":                    record(made(time.Hour)),
	"created, young":             record(made(time.Minute)),
	"created after a lost one":   record(attempted(2*time.Hour), made(time.Hour)),
	"discard begun":              record(made(time.Hour), begun(Discard, time.Minute)),
	"discard begun, young":       record(made(time.Minute), begun(Discard, time.Second)),

	"update begun":        record(made(day), begun(Update, time.Hour)),
	"update begun, young": record(made(time.Minute), begun(Update, time.Second)),
	"update done":         record(made(day), done(Update, time.Hour)),
	"deploy begun":        record(made(day), done(Update, time.Hour), begun(Deploy, time.Minute)),
	"deploy done":         record(deployedPasts...),
	"deployed by hand":    record(made(day), done(Deploy, time.Hour)),

	"deactivate begun": record(append(deployedPasts, begun(Deactivate, time.Minute))...),
	"deactivate done":  record(append(deployedPasts, done(Deactivate, time.Minute))...),
	"verify begun": record(append(deployedPasts, done(Deactivate, time.Hour),
		begun(Verify, time.Minute))...),
	"verify done": record(append(deployedPasts, done(Deactivate, time.Hour), done(Verify, time.Minute))...),
	"delete begun": record(append(deployedPasts, done(Deactivate, time.Hour), done(Verify, time.Hour),
		begun(Delete, time.Minute))...),
	"delete done": record(append(deployedPasts, done(Deactivate, time.Hour), done(Verify, time.Hour),
		done(Delete, time.Minute))...),
	"reactivate begun": record(append(deployedPasts, done(Deactivate, time.Hour),
		begun(Reactivate, time.Minute))...),
	"reactivate done, young": record(append(deployedPasts, done(Reactivate, time.Minute))...),
	"reactivate done":        record(append(deployedPasts, done(Reactivate, time.Hour))...),
	"deactivate begun once more": record(append(deployedPasts, done(Reactivate, time.Hour),
		begun(Deactivate, time.Minute))...),
	"reactivate after a delete": record(append(deployedPasts, begun(Delete, time.Hour), done(Reactivate, time.Hour))...),
}

var deployedPasts = []past{made(day), done(Update, 3*time.Hour), done(Deploy, 2*time.Hour)}

func begunNew(d time.Duration) past {
	return func(r *Record) { r.NewKey = keyN; begun(Create, d)(r) }
}

// A keySet is what IAM says of the user's keys.
type keySet struct {
	keys []AccessKey
	uses map[KeyID]Use
}

// keySets are none to three keys, each Active or Inactive. Where the age of the
// third matters, it also comes as an orphan of the creation that was lost two
// hours ago, unused and used, and listed first.
func keySets(ages bool) (sets []keySet) {
	versions := func(id KeyID) [][]AccessKey { return [][]AccessKey{nil, {active(id)}, {inactive(id)}} }
	for _, o := range versions(keyO) {
		for _, n := range versions(keyN) {
			for _, x := range versions(keyX) {
				sets = append(sets, keySet{keys: slices.Concat(o, n, x)})
				if x == nil || !ages {
					continue
				}
				orphan := []AccessKey{created(ago(2*time.Hour), x[0])}
				sets = append(sets,
					keySet{keys: slices.Concat(o, n, orphan)},
					keySet{keys: slices.Concat(orphan, o, n), uses: map[KeyID]Use{keyX: {At: ago(time.Minute)}}})
			}
		}
	}
	return sets
}

// placings say who holds what: the credentials, the registry and the place
// handled elsewhere the old key, the new one, somebody's, none, a role, or are gone.
// (One rotated place with somebody's key, or none, is as good as two.)
func placings() (all [][]Location) {
	gone, role := KeyID("gone"), KeyID("role")
	for _, c := range []KeyID{keyO, keyN, keyX, "", role, gone} {
		for _, r := range []KeyID{keyO, keyN, role, gone} {
			for _, e := range []KeyID{keyO, keyN, keyX, gone} {
				held := []Location{credentials(c), registry(r), elsewhere(e)}
				for i := range held {
					if held[i].Key == role {
						held[i] = withRoleNow(held[i])
					}
				}
				all = append(all, slices.DeleteFunc(held, func(l Location) bool { return l.Key == gone }))
			}
		}
	}
	return all
}

// TestEveryCombination walks over everything below the question of ownership,
// and checks each decision against the rules.
func TestEveryCombination(t *testing.T) {
	t.Parallel()
	combinations, destructive := 0, map[string]bool{}
	held := placings()
	for name, r := range pastsOfARecord {
		named := r != nil && r.NewKey != ""
		sets := keySets(!named) // once the new key is named, no row asks how old a third one is
		try := func(s Situation) {
			combinations++
			d := Decide(s)
			if problem := violated(s, d); problem != "" {
				t.Fatalf("%s: %s\nin %s\ndecided %s %s %v", name, problem, tell(s), d.Action, d.Reason, d.Refusal)
			}
			if what := destroys(s, d); what != "" {
				destructive[fmt.Sprintf("%s, %s: %s", d.Action, d.Reason, what)] = true
			}
		}
		s := given(r)
		for _, set := range sets {
			s.Keys, s.LastUses = set.keys, set.uses
			for _, s.Locations = range held {
				for _, s.Abort = range []bool{false, true} {
					s.Staged = false
					try(s)
					if s.Staged = true; named {
						try(s)
					}
				}
			}
		}
	}
	t.Logf("%d combinations", combinations)

	for found := range destructive {
		if justified[found] == "" {
			t.Errorf("not justified: %s", found)
		}
	}
	for listed := range justified {
		if !destructive[listed] {
			t.Errorf("never decided: %s", listed)
		}
	}
}

// justified are all outcomes that delete a key or make one Active, and why each
// is right. What a plan names is deleted by steps, which check rules 2, 4 and 5
// again from live state.
var justified = map[string]string{
	"CREATE, no new key yet; a lost creation left keys behind: deletes orphans": "" +
		"rule 4: in no location, never used, as " +
		"old as an attempt of unknown outcome; nobody ever had the secret",
	"CREATE, the new key is being discarded: deletes the new key": "the record names it (rule 4), no update was begun " +
		"(rule 5) and no rotated location holds it (rule 2); a discard that was begun may have destroyed the secret already",
	"CREATE, the new key was never handed out and its secret is gone: deletes the new key": "the record names it (rule " +
		"4), no update was begun (rule 5), no rotated location holds it (rule 2), " +
		"and without its secret it can never be handed out",
	"DELETE, the old key's deletion was begun: deletes the old key": "" +
		"all conditions of rule 3 held when it was begun, and no rotated location holds it (rule 2)",
	"REACTIVATE, the old key is held, and this rotation may have made it Inactive: makes the old key Active": "" +
		"the record may have made it Inactive (rule 9), and something needs it now",
	"REACTIVATE, all locations hold the new key, or a role; the old key may be Inactive: makes the old key Active": "" +
		"the record may have made it Inactive (rule 9); nothing is lost, and this execution proves rule 3 for itself",
	"ABORT, abort: makes the old key Active": "" +
		"asked for, and the record made it Inactive (rule 9)",
}

// destroys says what a decision is about to do that can't be undone, or that
// brings a key to life.
func destroys(s Situation, d Decision) string {
	exists := func(id KeyID) bool {
		_, exists := findKey(s.Keys, id)
		return exists && !(s.Record != nil && id != keyO && slices.Contains(s.Record.KnownKeys, id))
	}
	old, _ := findKey(s.Keys, keyO)
	switch {
	case d.Action == ActionCreate && s.Record != nil && s.Record.NewKey != "" && exists(keyN):
		return "deletes the new key"
	case d.Action == ActionCreate && s.Record != nil && s.Record.NewKey == "" && (exists(keyN) || exists(keyX)):
		return "deletes orphans"
	case d.Action == ActionDelete && exists(keyO):
		return "deletes the old key"
	case d.Action == ActionReactivate, d.Action == ActionAbort && old.Status == Inactive:
		return "makes the old key Active"
	}
	return ""
}

// violated names the rule that a decision breaks, or "". It asks the situation
// itself and none of the plan's own helpers.
func violated(s Situation, d Decision) string {
	view := viewOf(s)
	for _, law := range laws {
		if !law.holds(s, d, view) {
			return law.name
		}
	}
	return ""
}

// A view is what the laws ask of a situation.
type view struct {
	old, new                         KeyStatus // "" when there is no such key
	oldHeld, newHeld                 bool      // by a rotated place
	moved                            bool      // all places of the record that are left hold a role
	stranger                         bool      // a place of the record holds neither
	updating, deleting, deactivating bool
	justCreated                      bool
}

func viewOf(s Situation) view {
	v := view{}
	for _, key := range s.Keys {
		switch key.ID {
		case keyO:
			v.old = key.Status
		case keyN:
			v.new = key.Status
		}
	}
	named := s.Record != nil && s.Record.NewKey == keyN
	keyed := slices.ContainsFunc(s.Locations, func(l Location) bool { return l.ID != elsewhereID && !l.Role })
	v.moved = !keyed && slices.ContainsFunc(s.Locations, func(l Location) bool { return l.Role })
	for _, location := range s.Locations {
		if location.ID == elsewhereID {
			continue
		}
		v.oldHeld = v.oldHeld || location.Key == keyO
		v.newHeld = v.newHeld || location.Key == keyN
		known := location.Role || location.Key == keyO || named && location.Key == keyN
		v.stranger = v.stranger || s.Record != nil && !known
	}
	if r := s.Record; r != nil {
		v.updating = !r.Marks[Update].Begun.IsZero()
		v.deleting = !r.Marks[Delete].Begun.IsZero()
		restoring := !r.Marks[Reactivate].Begun.IsZero() && r.Marks[Reactivate].Done.IsZero()
		v.deactivating = !r.Marks[Deactivate].Begun.IsZero() || restoring
		v.justCreated = noon.Sub(r.Marks[Create].Begun) < 10*time.Minute
	}
	return v
}

type law struct {
	name  string
	holds func(s Situation, d Decision, v view) bool
}

func onlyFor(action Action, holds func(s Situation, d Decision, v view) bool) func(Situation, Decision, view) bool {
	return func(s Situation, d Decision, v view) bool { return d.Action != action || holds(s, d, v) }
}

var laws = []law{
	{"there is one outcome, and a reason", func(_ Situation, d Decision, _ view) bool {
		known := []Action{ActionCreate, ActionVerify, ActionDeploy, ActionDelete, ActionReactivate, ActionAbort}
		return d.Reason != "" && (d.Refusal != nil) == (d.Action == "") &&
			(d.Refusal != nil || slices.Contains(known, d.Action))
	}},
	{"a refusal has a code that Preflight raises", func(_ Situation, d Decision, _ view) bool {
		if d.Refusal == nil {
			return true
		}
		info := d.Refusal.Code.Info()
		return slices.Contains(slices.Concat(info.Retried, info.Caught, info.Uncaught), "Preflight") && d.Refusal.What != ""
	}},
	{"an abort never carries a rotation on", func(s Situation, d Decision, _ view) bool {
		return !s.Abort || d.Action == "" || d.Action == ActionAbort
	}},
	{"without a record there is nothing to carry on", func(s Situation, d Decision, _ view) bool {
		return s.Record != nil || d.Action == "" || d.Action == ActionCreate
	}},
	{"where somebody else put a key, only an abort goes on", func(_ Situation, d Decision, v view) bool {
		return !v.stranger || d.Action == "" || d.Action == ActionAbort
	}},
	// IAM's lists lag: a young new key that isn't listed proves nothing.
	{"a young new key that is missing is waited for", func(s Situation, d Decision, v view) bool {
		missing := s.Record != nil && s.Record.NewKey == keyN && v.new == "" && v.justCreated
		return !missing || d.Action == ActionAbort || d.Refusal != nil && !d.CloseRecord
	}},

	{"ABORT is asked for", onlyFor(ActionAbort, func(s Situation, _ Decision, _ view) bool {
		return s.Abort && s.Record != nil
	})},
	// Rule 9: whoever else made the key Inactive had a reason.
	{"ABORT makes a key Active only if this record made it Inactive",
		onlyFor(ActionAbort, func(_ Situation, _ Decision, v view) bool {
			return v.old != Inactive || v.deactivating
		})},
	// What IAM lists may lag behind, or a deactivation land late: so the key may
	// also be listed as Active.
	{"REACTIVATE is for a key that this record may have made Inactive",
		onlyFor(ActionReactivate, func(_ Situation, _ Decision, v view) bool {
			return v.old != "" && v.deactivating
		})},

	// Rules 2 and 3: the deletion passed its checks when it was begun; what can
	// have changed since is who holds the key, and the key's status.
	{"DELETE finishes a deletion of a key that is out of use",
		onlyFor(ActionDelete, func(_ Situation, _ Decision, v view) bool {
			return v.deleting && !v.oldHeld && v.old != Active
		})},
	{"DELETE leaves Qovery with a good key", onlyFor(ActionDelete, func(_ Situation, _ Decision, v view) bool {
		return (v.newHeld || v.moved) && v.new == Active
	})},

	// Rule 5: CreateKey discards the new key that it finds, and a PUT may yet land.
	{"CREATE comes before any update", onlyFor(ActionCreate, func(_ Situation, d Decision, v view) bool {
		return !v.updating || d.CloseRecord
	})},
	// A discard that was begun is finished first, whatever Qovery holds: what
	// follows it, CreateKey decides from live state.
	{"CREATE replaces a key that Qovery holds", onlyFor(ActionCreate, func(s Situation, d Decision, v view) bool {
		discarding := s.Record != nil && !s.Record.Marks[Discard].Begun.IsZero()
		return v.oldHeld || discarding || s.Record == nil || d.CloseRecord
	})},
	// Rule 2: a new key that a location holds isn't discarded.
	{"CREATE discards no key that is held", onlyFor(ActionCreate, func(s Situation, _ Decision, v view) bool {
		return s.Record == nil || s.Record.NewKey == "" || v.new == "" || !v.newHeld
	})},
	// A new key that can still be handed out is, unless its discard was begun.
	{"CREATE discards no key that is whole", onlyFor(ActionCreate, func(s Situation, _ Decision, v view) bool {
		discarding := s.Record != nil && !s.Record.Marks[Discard].Begun.IsZero()
		return v.new == "" || !s.Staged || discarding
	})},
	// Rule 4, told once more in other words.
	{"CREATE deletes only what a lost creation left", onlyFor(ActionCreate, func(s Situation, _ Decision, v view) bool {
		if s.Record == nil || s.Record.NewKey != "" {
			return true
		}
		return !slices.ContainsFunc(s.Keys, func(key AccessKey) bool {
			held := slices.ContainsFunc(s.Locations, func(l Location) bool { return l.Key == key.ID })
			lost := slices.ContainsFunc(s.Record.Attempts, func(at time.Time) bool {
				since := key.CreatedAt.Sub(at)
				return since >= -time.Minute && since <= 10*time.Minute
			})
			return !slices.Contains(s.Record.KnownKeys, key.ID) && (held || !s.LastUses[key.ID].At.IsZero() || !lost)
		})
	})},
	{"a first CREATE finds one Active key", onlyFor(ActionCreate, func(s Situation, d Decision, _ view) bool {
		if s.Record != nil && !d.CloseRecord {
			return true
		}
		return len(s.Keys) == 1 && s.Keys[0].Status == Active && slices.ContainsFunc(s.Locations, func(l Location) bool {
			return l.Kind == AWSCredentials && l.ID != elsewhereID && l.Key == s.Keys[0].ID
		})
	})},

	// What is handed out, or deployed with, works.
	{"VERIFY has a key and its secret", onlyFor(ActionVerify, func(s Situation, _ Decision, v view) bool {
		return v.new == Active && s.Staged && s.Record.NewKey == keyN
	})},
	// The old key may be gone; if it is there, running deployments may need it.
	{"DEPLOY finds the new key, or a role, everywhere, and the old one not Inactive",
		onlyFor(ActionDeploy, func(_ Situation, _ Decision, v view) bool {
			return v.new == Active && (v.newHeld || v.moved) && !v.oldHeld && v.old != Inactive
		})},
	// The record is the proof for rules 4 and 9: it goes only when it has come to nothing.
	{"a record is closed only when its new key is gone and not used anywhere in Qovery, or roles came before it",
		func(s Situation, d Decision, v view) bool {
			switch {
			case !d.CloseRecord:
				return true
			case s.Record.NewKey == "":
				strange := slices.ContainsFunc(s.Keys, func(key AccessKey) bool {
					return !slices.Contains(s.Record.KnownKeys, key.ID)
				})
				return d.Refusal != nil && d.Refusal.Code == fault.MovedToRole && !strange
			}
			return v.new == "" && !v.newHeld && v.old != "" && !v.justCreated
		}},
	// Urgent means that something may be failing now: Qovery holds a key that doesn't work.
	{"a key that is held and does not work is urgent", func(s Situation, d Decision, v view) bool {
		if d.Refusal == nil {
			return true
		}
		switch d.Refusal.Code {
		case fault.OldKeyInactive:
			return d.Refusal.Urgent || !v.oldHeld
		case fault.NewKeyInactive, fault.NewKeyLost:
			return d.Refusal.Urgent == v.newHeld
		case fault.StagedSecretLost: // locations hold the old key
			return d.Refusal.Urgent == !s.exists(s.Record.OldKey)
		default:
			return !d.Refusal.Urgent
		}
	}},
}

// Who owns the record is asked before everything else, and changes nothing else:
// an owner that has ended, one that Step Functions has forgotten, a lease that
// is over and the execution's own record all lead to the same decision.
func TestOwnershipComesFirst(t *testing.T) {
	t.Parallel()
	combinations := 0
	same := func(a, b Decision) bool {
		return a.Action == b.Action && a.Reason == b.Reason && a.CloseRecord == b.CloseRecord &&
			reflect.DeepEqual(a.Refusal, b.Refusal)
	}
	sets := keySets(false)
	for name, told := range pastsOfARecord {
		if told == nil {
			continue
		}
		for _, set := range sets {
			for _, placed := range []fact{allHold(keyO), allHold(keyN), someHoldBoth(), places(credentials(keyX))} {
				for version := range 4 {
					s := given(told, keys(set.keys...), placed)
					s.Abort, s.Staged = version%2 == 1, version >= 2 && told.NewKey != ""
					with := func(tell past, state ExecutionState) Decision {
						combinations++
						r := told.Clone()
						tell(&r)
						owned := s
						owned.Record, owned.Owner = &r, state
						return Decide(owned)
					}
					nothing := touched(2 * day)
					plain := with(nothing, ExecutionEnded)
					for what, other := range map[string]Decision{
						"asked twice":                with(nothing, ExecutionEnded),
						"forgotten":                  with(nothing, ExecutionUnknown),
						"a lease that is over":       with(leased(-time.Second), ExecutionEnded),
						"touched a moment ago":       with(touched(time.Second), ExecutionEnded),
						"this execution's own":       with(mine, ExecutionRunning),
						"this execution's own, late": with(mine, ExecutionUnknown),
					} {
						if !same(plain, other) {
							t.Fatalf("%s, %s\n%s: decided %s %v, want %s %v", name, tell(s), what, other.Action, other.Refusal, plain.Action,
								plain.Refusal)
						}
					}
					for what, waiting := range map[string]struct {
						got  Decision
						want fault.Code
					}{
						"owner runs":           {with(nothing, ExecutionRunning), fault.RotationInProgress},
						"owner runs, leased":   {with(leased(time.Minute), ExecutionRunning), fault.RotationInProgress},
						"owner unknown, young": {with(touched(time.Hour), ExecutionUnknown), fault.StepBusy},
						"leased":               {with(leased(time.Minute), ExecutionEnded), fault.StepBusy},
						"leased, unknown":      {with(leased(time.Minute), ExecutionUnknown), fault.StepBusy},
						"own, leased": {with(func(r *Record) {
							mine(r)
							leased(time.Minute)(r)
						}, ExecutionRunning), fault.StepBusy},
					} {
						if s.Abort && waiting.want == fault.RotationInProgress {
							waiting.want = fault.StepBusy // the execution that was stopped may still seem to run
						}
						if waiting.got.Action != "" || waiting.got.Refusal.Code != waiting.want {
							t.Fatalf("%s, %s\n%s: decided %s %v, want %s", name, tell(s), what, waiting.got.Action, waiting.got.Refusal,
								waiting.want)
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations", combinations)
}

// The plan doesn't change what it looks at.
func TestDecideLeavesTheSituationAlone(t *testing.T) {
	s := given(record(made(day), attempted(2*time.Hour)), keys(active(keyO), active(keyN), active(keyX)), staged,
		someHoldBoth())
	r := s.Record.Clone()
	before := s
	before.Record, before.Keys, before.Locations, before.LastUses = &r, slices.Clone(s.Keys), slices.Clone(s.Locations),
		maps.Clone(s.LastUses)
	before.HandledElsewhere = slices.Clone(s.HandledElsewhere)
	Decide(s)
	if !reflect.DeepEqual(s, before) {
		t.Errorf("after: %s\nbefore: %s", tell(s), tell(before))
	}
}

// tell shows a situation when a law is broken.
func tell(s Situation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "abort %v, staged %v; the user has %s%s", s.Abort, s.Staged, s.keysText(), s.heldText())
	if s.Record != nil {
		fmt.Fprintf(&b, "; record: new key %s, attempts %v", s.Record.NewKey, s.Record.Attempts)
		for _, e := range slices.Sorted(maps.Keys(s.Record.Marks)) {
			fmt.Fprintf(&b, ", %s %v", e, s.Record.Marks[e])
		}
	}
	return b.String()
}

// discarded has a key behind it that was deleted a moment ago.
func discarded(r *Record) {
	r.Marks[Discard] = Mark{Done: noon, How: Did}
	r.forget(keyX)
}
