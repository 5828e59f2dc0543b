package notice

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/docs"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/rotationtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

type row struct {
	event string
	facts Facts
}

const (
	holdsOld = "Qovery holds the old key ****OLD1; there is no new key"
	holdsNew = "Qovery holds the new key ****NEW2; the old key ****OLD1 is still Active"
)

var (
	oneKey   = keys(active(keyO, 90*day))
	bothKeys = keys(active(keyO, 90*day), active(keyN, 6*hour))
	newKey   = keys(active(keyN, 6*hour))

	locked   = said(fault.ClustersLocked, "Clusters are locked: prod-eu: maintenance until Monday", "")
	stillUse = said(fault.OldKeyStillInUse, "The old key ****OLD1 is still used: at 2026-08-03T02:41:00Z, ecr in "+
		"eu-west-3, GetAuthorizationToken from 203.0.113.7 by docker", holdsNew)
	running = said(fault.RotationInProgress, "The execution "+otherExecution+" is rotating this key", "")
)

// Every kind of message there is, by the name of its golden file.
var table = map[string]row{
	// It went well.
	"succeeded": {execution("SUCCEEDED", output(completed(summary()))),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, nil))},
	"succeeded-and-failed-then": {execution("FAILED", failedWith(said(fault.Unreachable,
		"The request journal.Ended got no answer", ""))),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, new(summary())))},
	"succeeded-and-stopped-then": {execution("ABORTED"),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, new(summary())))},
	"succeeded-with-more": {execution("SUCCEEDED", output(completed(summary(extended)))), world(newKey, unscheduled)},
	"succeeded-with-uses": {execution("SUCCEEDED", output(completed(summary(used)))), world(newKey)},
	"succeeded-twice":     {execution("SUCCEEDED", output(completed(summary(earlier), summary()))), world(newKey)},
	"succeeded-iam-lags": {execution("SUCCEEDED", output(completed(summary()))),
		world(keys(active(keyN, 6*hour), inactive(keyO, 90*day)))},
	"succeeded-old-key-was-gone": {execution("SUCCEEDED", output(completed(summary(func(s *rotation.Summary) {
		s.OldKeyInactiveAt, s.OldKeyDeletedAt = time.Time{}, time.Time{}
	})))), world(newKey)},
	"succeeded-new-key-inactive": {execution("SUCCEEDED", output(completed(summary()))),
		world(keys(inactive(keyN, 6*hour)))},
	"succeeded-strange-key": {execution("SUCCEEDED", output(completed(summary()))),
		world(keys(active(keyN, 6*hour), active(keyX, hour)))},
	"succeeded-output-too-long": {execution("SUCCEEDED", with("outputDetails", map[string]bool{"included": false})),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, new(summary())))},
	"succeeded-nothing-known": {execution("SUCCEEDED"), world(newKey)},
	"already-running": {execution("SUCCEEDED", output(rotation.Document{Target: "production",
		Error: &rotation.CaughtError{Error: "RotationInProgress", Cause: lambdaCause(running)}})),
		world(bothKeys, open(updated, ofAnother))},
	"dry-run": {execution("SUCCEEDED", input(dryRun),
		output(plannedAs(rotation.PlanReport{Would: rotation.ActionCreate}))), world(oneKey)},
	"dry-run-carries-on": {execution("SUCCEEDED", input(dryRun),
		output(plannedAs(rotation.PlanReport{Would: rotation.ActionDeploy}))), world(bothKeys, open(updated, ofAnother))},
	"dry-run-refused": {execution("SUCCEEDED", input(dryRun), output(refused(locked))), world(oneKey)},
	"dry-run-would-wait": {execution("SUCCEEDED", input(dryRun),
		output(refused(said(fault.ClustersBusy, "Clusters are being deployed, perhaps with the old key: prod-eu "+
			"(DEPLOYING)", "")))), world(oneKey)},
	"dry-run-failed": {execution("FAILED", input(dryRun),
		failedWith(said(fault.TokenRefused, "Qovery does not accept the token", ""))), world(oneKey)},
	"dry-run-without-plan": {execution("SUCCEEDED", input(dryRun)), world(oneKey)},

	// A key was to be retired.
	"retired": {execution("SUCCEEDED", input(retire), output(completed(summary(ofRetirement)))), world(keys())},
	"retired-beside-another": {execution("SUCCEEDED", input(retire), output(completed(summary(ofRetirement)))),
		world(newKey, ended(rotation.Completed, otherExecution, 30*day, nil))},
	"retire-refused": {execution("FAILED", input(retire), failedWith(said(fault.KeyStillUsed, "The key ****OLD1 was used "+
		"at 2026-08-01T02:41:00Z, s3 in eu-west-3. It can be retired from 2026-08-15 02:56 UTC on, if nothing uses it until "+
		"then", "").Of(fault.Retire))), world(oneKey)},
	"retire-still-held": {execution("FAILED", input(retire), failedWith(said(fault.OldKeyHeld, `The old key ****OLD1 is `+
		`still held by container registry "images" (1c8e)`, "").Of(fault.Retire))),
		world(oneKey, open(retiring, did(rotation.Reactivate, time.Minute)))},
	"retire-stopped": {execution("ABORTED", input(retire)),
		world(keys(inactive(keyO, 90*day)), open(retiring, did(rotation.Deactivate, hour)))},
	"retire-aborted": {execution("FAILED", input(`{"target":"production","abort":true}`),
		failedWith(said(fault.AbortRequested, "The retirement of the key ****OLD1 was aborted on request",
			"").Of(fault.Retire))),
		world(oneKey, open(retiring, did(rotation.Reactivate, time.Minute)))},
	"retire-while-rotating": {execution("FAILED", input(retire), failedWith(said(fault.OtherKindOpen, "The rotation of "+
		"the key ****OLD1 of the IAM user qovery is open, which was begun 2026-08-02 21:04 UTC", "").Of(fault.Retire))),
		world(bothKeys, open(updated, ofAnother))},
	"rotate-while-retiring": {execution("FAILED", failedWith(said(fault.OtherKindOpen, "The retirement of the key "+
		"****OLD1 of the IAM user qovery is open, which was begun 2026-08-02 21:04 UTC", ""))),
		world(keys(inactive(keyO, 90*day), active(keyN, 30*day)), open(retiring, did(rotation.Deactivate, hour), ofAnother))},
	// Clusters were to be moved to a role.
	"migrated": {execution("SUCCEEDED", input(migrate), output(completed(summary(ofMigration)))), world(oneKey)},
	"migrated-key-inactive": {execution("SUCCEEDED", input(migrate), output(completed(summary(ofMigration)))),
		world(keys(inactive(keyO, 90*day)))},
	"migrated-before-key-inactive": {execution("FAILED", failedWith(locked)), world(keys(inactive(keyO, 90*day)),
		ended(rotation.Completed, otherExecution, day, nil), migratedLast)},
	"migrate-key-inactive": {execution("ABORTED", input(migrate)), world(keys(inactive(keyO, 90*day)),
		open(migrating(rotation.Move{Begun: ago(hour), Done: ago(hour)})))},
	"migrate-key-gone-in-between": {execution("ABORTED", input(migrate)), world(keys(),
		open(migrating(rotation.Move{Begun: ago(time.Minute)})))},
	"migrate-frozen": {execution("FAILED", input(migrate), failedWith(said(fault.Frozen, "No cluster may be moved "+
		"until 2026-08-04 12:00 UTC: sale", "").Of(fault.Migrate))),
		world(oneKey, open(migrating(rotation.Move{Begun: ago(hour), BackBegun: ago(hour), BackDone: ago(hour)})))},
	"migrate-refused": {execution("FAILED", input(migrate), failedWith(said(fault.ClusterNotMovable, "Clusters can't be "+
		"deployed with the role: own-1 (self-managed)", "").Of(fault.Migrate))), world(oneKey)},
	"migrate-moved-back": {execution("FAILED", input(migrate), failedWith(said(fault.DeploymentFailed, "Cluster prod-eu "+
		"is DEPLOYMENT_ERROR after 2 attempts to deploy it: no access. It was moved back", "").Of(fault.Migrate))),
		world(oneKey, open(migrating(rotation.Move{Begun: ago(hour), BackBegun: ago(hour), BackDone: ago(hour)})))},
	"migrate-environment-failed": {execution("FAILED", input(migrate), failedWith(said(fault.DeploymentFailed,
		"Deployments of these environments failed after their clusters were moved: shop/apps on prod-eu (DEPLOYMENT_ERROR, "+
			"2026-08-02 12:00 UTC)", "").Advise("Find out in Qovery whether AWS refused the role").Of(fault.Migrate))),
		world(oneKey, open(migrating(rotation.Move{Begun: ago(hour), Done: ago(hour)}), environmentFailed))},
	"migrate-stopped-in-between": {execution("ABORTED", input(migrate)),
		world(oneKey, open(migrating(rotation.Move{Begun: ago(time.Minute)})))},
	"migrate-aborted": {execution("FAILED", input(`{"target":"production","abort":true}`),
		failedWith(said(fault.AbortRequested, "The migration to AWS by role was aborted on request", "").Of(fault.Migrate))),
		world(oneKey, open(migrating(rotation.Move{Begun: ago(hour), BackBegun: ago(hour), BackDone: ago(hour)})))},
	"migrate-dry-run": {execution("SUCCEEDED", input(strings.Replace(migrate, "}", `,"dryRun":true}`, 1)),
		output(plannedAs(rotation.PlanReport{Would: rotation.ActionMigrate}))), world(oneKey)},
	"retire-dry-run": {execution("SUCCEEDED", input(strings.Replace(retire, "}", `,"dryRun":true}`, 1)),
		output(plannedAs(rotation.PlanReport{Would: rotation.ActionRetire}))), world(oneKey)},

	// It ended unchanged.
	"unchanged": {execution("FAILED", failedWith(locked)), world(oneKey)},
	"unchanged-after-discard": {execution("FAILED",
		failedWith(said(fault.NewKeyUnusable, "STS does not accept the new key ****NEW2",
			"Qovery holds the old key ****OLD1, still Active; the new key ****NEW2 isn't used anywhere in Qovery"))),
		world(oneKey, ended(rotation.Discarded, thisExecution, time.Minute, nil))},
	"unchanged-unscheduled": {execution("FAILED", failedWith(locked)), world(oneKey, unscheduled)},
	"unchanged-key-inactive": {execution("FAILED",
		failedWith(said(fault.OldKeyInactive, "The key ****OLD1, which Qovery holds, is Inactive", ""))),
		world(keys(inactive(keyO, 90*day)))},
	"unchanged-no-key": {execution("FAILED",
		failedWith(said(fault.NoAccessKey, `The IAM user qovery has no access key; awsCredentials "prod" holds ****OLD1`,
			""))), world(keys())},
	"unchanged-last-retired": {execution("FAILED",
		failedWith(said(fault.NoAccessKey, `The IAM user qovery has no access key; no location holds a key`, ""))),
		world(keys(), ended(rotation.Completed, otherExecution, 30*day, nil), retiredLast)},
	"unchanged-last-retired-and-held": {execution("FAILED",
		failedWith(using("****NEW2", said(fault.NoAccessKey,
			`The IAM user qovery has no access key; awsCredentials "prod" holds ****NEW2`, "")))),
		world(keys(), ended(rotation.Completed, otherExecution, 30*day, nil), retiredLast)},
	"unchanged-mismatch": {execution("FAILED",
		failedWith(said(fault.CredentialMismatch,
			"No AWS credentials in the organization hold a key of the IAM user qovery: the user has ****OLD1 (Active); no "+
				"location holds a key", ""))), world(oneKey)},
	"unchanged-mismatch-and-held": {execution("FAILED",
		failedWith(using("****ELS3", said(fault.CredentialMismatch,
			"No AWS credentials in the organization hold a key of the IAM user qovery: the user has ****OLD1 (Active); "+
				`AWS credentials "prod" holds ****ELS3`, "")))), world(oneKey)},
	"unchanged-moved": {execution("FAILED",
		failedWith(said(fault.MovedToRole,
			`awsCredentials "prod" (cred-1) hold a role, and no credentials in the organization a key of the IAM user qovery, `+
				"which has ****OLD1 (Active); no location holds a key", ""))), world(oneKey)},
	"unchanged-several-keys": {execution("FAILED",
		failedWith(using("****OLD1", said(fault.MultipleAccessKeys,
			"The IAM user qovery has 2 access keys: Qovery uses ****OLD1; beside it there is ****ELS3, Inactive, 300 days "+
				"old, never used", "")))), world(keys(active(keyO, 90*day), inactive(keyX, 300*day)))},
	"unchanged-several-keys-bad": {execution("FAILED",
		failedWith(using("****OLD1", said(fault.MultipleAccessKeys,
			"The IAM user qovery has 2 access keys: Qovery uses ****OLD1; beside it there is ****ELS3, Active, 3 days old, "+
				"never used", "")))), world(keys(inactive(keyO, 90*day), active(keyX, 3*day)))},
	"unchanged-key-replaced": {execution("FAILED", failedWith(locked)),
		world(keys(active(keyX, day)), ended(rotation.Completed, otherExecution, 90*day, nil))},
	"unchanged-no-such-target": {execution("FAILED", input(`{"target":"prodution"}`),
		failedWith(said(fault.TargetNotFound, "There is no target prodution: the parameter "+
			"/qovery-key-rotation/targets/prodution does not exist", ""))),
		world(noTarget(fault.Errorf(fault.TargetNotFound,
			"There is no target prodution: the parameter /qovery-key-rotation/targets/prodution does not exist")))},
	"unchanged-bad-input": {execution("FAILED", input(`{"target":5}`),
		failedWith(said(fault.InvalidInput, `The execution's input is not valid: target (for example {"target": `+
			`"production"})`, ""))), world(noTarget(fault.Errorf(fault.InvalidInput, "The execution's input names no "+
		"target")))},
	"unchanged-nothing-to-abort": {execution("FAILED", input(abort),
		failedWith(said(fault.NothingToAbort, "No rotation of the IAM user qovery is open", ""))), world(oneKey)},
	"unchanged-then-next-refused": {execution("FAILED", failedWith(locked)),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, new(summary())), resumedLate)},
	"unchanged-after-a-day": {execution("FAILED", failedWith(said(fault.ClustersBusy, "Clusters are being deployed, "+
		"perhaps with the old key: prod-eu (DEPLOYING)", ""))), world(oneKey)},

	// It is held.
	"paused-in-use": {execution("FAILED", failedWith(stillUse)), world(bothKeys, open(deployed))},
	"paused-by-unchanged-code": {execution("FAILED",
		failedWith(said(fault.ClustersLocked, locked.What.String(), holdsOld))),
		world(oneKey, open(ofAnother))},
	"paused-between": {execution("FAILED",
		failedWith(said(fault.UpdateFailed, `The location containerRegistry "images" was not updated: Qovery answered 500`,
			"Some locations in Qovery may hold the new key ****NEW2 already; the old key ****OLD1 is still Active"))),
		world(bothKeys, open(created, began(rotation.Update, 10*time.Minute)))},
	"paused-new-key-inactive": {execution("FAILED",
		failedWith(said(fault.NewKeyInactive, "The new key ****NEW2 is Inactive", holdsNew))),
		world(keys(active(keyO, 90*day), inactive(keyN, 6*hour)), open(deployed))},
	"leaked-begun":       {execution("RUNNING", input(ofLeak), with("stopDate", nil)), world(oneKey)},
	"exposed":            {exposure(string(keyO)), world()},
	"exposure-suspected": {risk("EXPOSURE_SUSPECTED", string(keyO)), world()},
	"compromised":        {risk("COMPROMISED", string(keyO)), world()},
	"compromise-suspected": {risk("COMPROMISE_SUSPECTED", string(keyO)), Facts{Now: night,
		NoTarget: fault.Errorf(fault.AccessDenied, "AWS denies iam:ListAccessKeys")}},
	"exposed-whose": {exposure(string(keyO)), Facts{Now: night,
		NoTarget: fault.Errorf(fault.Throttled, "AWS throttles iam:ListAccessKeys")}},
	"leaked-rotated": {execution("SUCCEEDED", input(ofLeak), output(completed(summary()))), world(newKey)},
	"leaked-broken":  {execution("SUCCEEDED", input(ofLeak), output(completed(summary(passedOver)))), world(newKey)},
	"leaked-refused": {execution("FAILED", input(ofLeak), failedWith(said(fault.MultipleAccessKeys,
		"A key of the IAM user qovery has leaked, and the user has a further one: ****ELS3, Active, 0 days old", ""))),
		world(keys(active(keyO, 90*day), active(keyX, hour)))},
	"leaked-while-retiring": {execution("FAILED", input(strings.ReplaceAll(ofLeak, string(keyO), string(keyN))),
		failedWith(deleting(said(fault.MultipleAccessKeys, "The key ****NEW2 leaked, and leaves no room for a new one while "+
			"the user has the key ****OLD1, which is being retired", "")))),
		world(keys(inactive(keyO, 90*day), active(keyN, 30*day)), open(retiring, did(rotation.Deactivate, hour), ofAnother))},
	"leaked-paused": {execution("FAILED", input(ofLeak), failedWith(said(fault.DeploymentFailed,
		"Cluster prod-eu is DEPLOYMENT_ERROR after 2 attempts to deploy it", holdsNew))),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated, leaked))},
	"leaked-held": {execution("FAILED", failedWith(said(fault.StagedSecretLost,
		"The secret of the new key ****NEW2 is gone", holdsNew))), world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)),
		open(deployed, leaked))},
	"leaked-aborted": {execution("FAILED", input(abort), failedWith(said(fault.AbortRequested,
		"The rotation was aborted on request", holdsNew))), world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)),
		open(deactivated, leaked))},
	"leaked-stopped": {execution("ABORTED", input(ofLeak)), world(bothKeys, open(updated, leaked))},
	"leaked-both": {execution("FAILED", input(ofLeak), failedWith(said(fault.NewKeyInactive,
		"The new key ****NEW2 is Inactive", holdsNew))), world(keys(active(keyO, 90*day), inactive(keyN, 6*hour)),
		open(deployed, bothLeaked))},
	"leaked-both-silent": {execution("FAILED", input(ofLeak), failedWith(denied)),
		world(open(deployed, bothLeaked), noKeys)},
	"leaked-deleted": {execution("FAILED", input(ofLeak), failedWith(said(fault.DeploymentFailed,
		"Cluster prod-eu is DEPLOYMENT_ERROR after 2 attempts to deploy it", holdsNew))),
		world(newKey, open(deployed, leaked))},
	"leaked-one-after-the-other": {execution("SUCCEEDED", input(ofLeak), output(leakedTwice)),
		world(keys(active(keyX, hour)))},
	"leaked-then-next-refused": {execution("FAILED", failedWith(locked)),
		world(newKey, ended(rotation.Completed, thisExecution, time.Minute, new(summary())), newKeyLeaked)},
	"leaked-and-held-by-qovery": {execution("FAILED", input(ofLeak), failedWith(locked)),
		world(keys(inactive(keyO, 90*day)), open(began(rotation.Create, time.Hour), leaked))},
	"leaked-only-key-inactive": {execution("FAILED", input(ofLeak), failedWith(locked)),
		world(keys(inactive(keyO, 90*day)))},
	"retire-held-and-inactive": {execution("FAILED", input(retire), failedWith(said(fault.OldKeyHeld,
		`The key ****OLD1 is still held by container registry "images" (1c8e)`, "").Of(fault.Retire))),
		world(keys(inactive(keyO, 90*day)), open(retiring, did(rotation.Deactivate, hour)))},
	"retire-held-and-leaked": {execution("FAILED", input(retire), failedWith(said(fault.OldKeyHeld,
		`The key ****OLD1 is still held by container registry "images" (1c8e)`, "").Of(fault.Retire))),
		world(keys(inactive(keyO, 90*day)), open(retiring, did(rotation.Deactivate, hour), leaked))},
	"unchanged-all-keys-inactive": {execution("FAILED", failedWith(locked)),
		world(keys(inactive(keyO, 90*day), inactive(keyX, day)))},
	"unchanged-deleted-key-still-listed": {execution("FAILED", failedWith(locked)),
		world(bothKeys, ended(rotation.Completed, otherExecution, 5*time.Minute, nil))},
	"paused-found-inactive": {execution("FAILED", failedWith(stillUse)),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deployed, foundInactive))},
	"aborted-dry-run": {execution("ABORTED", input(dryRun)), world(oneKey)},
	"paused-new-key-lost": {execution("FAILED",
		failedWith(said(fault.NewKeyLost, "The new key ****NEW2 does not exist any more", holdsNew))),
		world(oneKey, open(deployed))},
	"paused-moved": {execution("FAILED",
		failedWith(said(fault.MovedToRole,
			`awsCredentials "prod" (cred-1) hold a role, and no credentials in the organization a key of the IAM user qovery, `+
				"which has ****OLD1 (Active); no location holds a key", "A rotation of the key ****OLD1 is open"))),
		world(oneKey, open(deployed))},
	"paused-old-key-held": {execution("FAILED",
		failedWith(said(fault.OldKeyHeld, `The old key ****OLD1 is still held by awsCredentials "prod"`,
			"Qovery holds the new key ****NEW2; the old key ****OLD1 is Inactive"))),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated))},
	"paused-deployment-failed": {execution("FAILED",
		failedWith(said(fault.DeploymentFailed, "Cluster prod-eu is DEPLOYMENT_ERROR after 2 attempts to deploy it: "+
			"node group did not become ready", holdsNew))), world(bothKeys, open(updated))},
	"paused-invalid-credentials": {execution("FAILED",
		failedWith(said(fault.InvalidCredentials, "Cluster prod-eu is INVALID_CREDENTIALS after 2 attempts to deploy it: "+
			"its logs tell no reason", holdsNew))), world(bothKeys, open(updated))},
	"unchanged-quarantined": {execution("FAILED", failedWith(quarantined(&fault.Advice{First: "If the key that leaked " +
		"is out of service already, detach the policy: " + detach + ". Otherwise replace the key before anything is " +
		"deployed", Command: step("rotate start production --leaked ****OLD1 --at-once")}))),
		world(keys(active(keyO, 90*day)))},
	"leaked-quarantined": {execution("FAILED", input(ofLeak), failedWith(quarantined(&fault.Advice{
		First: "The leaked key is out of service. Detach the policy", Command: detach, Do: fault.Redrive}))),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated, leaked))},
	"paused-old-key-lost": {execution("FAILED", failedWith(said(fault.OldKeyLost, "The old key ****OLD1 does not "+
		"exist any more", "Qovery holds the new key ****NEW2; the old key ****OLD1 is Inactive"))),
		world(newKey, open(deactivated))},
	"paused-unusable": {execution("FAILED", failedWith(said(fault.NewKeyUnusableAfterUpdate, "STS does not accept the "+
		"new key ****NEW2", "Some locations in Qovery may hold the new key ****NEW2 already; the old key ****OLD1 is "+
		"still Active"))), world(bothKeys, open(created, began(rotation.Update, 10*time.Minute)))},
	"paused-iam-lags": {execution("FAILED", failedWith(said(fault.Unreachable, "iam:UpdateAccessKey (the IAM user "+
		"qovery) was not answered: it took too long", holdsOld))),
		world(keys(inactive(keyO, 90*day)), open(began(rotation.Reactivate, 3*time.Minute)))},
	"paused-two-bad-keys": {execution("FAILED", failedWith(said(fault.OldKeyInactive, "The old key ****OLD1 is "+
		"Inactive, and not by this rotation", ""))), world(keys(inactive(keyO, 90*day)), open(func(r *rotation.Record) {
		r.NewKey = keyN
		did(rotation.Create, 3*time.Minute)(r)
		began(rotation.Update, time.Minute)(r)
	}))},
	"paused-orphan": {execution("FAILED",
		failedWith(said(fault.UnexpectedAccessKey,
			"The IAM user qovery has a key ****ELS3 that this rotation did not create", holdsOld))),
		world(keys(active(keyO, 90*day), active(keyX, 5*hour)), open(asked))},
	"paused-foreign-key": {execution("FAILED",
		failedWith(using("****ELS3", said(fault.UnexpectedAccessKey,
			`AWS credentials "prod" (0f3d9a52) hold neither the old key ****OLD1 nor the new key ****NEW2`, holdsOld)))),
		world(keys(active(keyN, 5*time.Minute), active(keyX, 5*hour)), open(created))},
	"unchanged-foreign-key": {execution("FAILED",
		failedWith(using("****ELS3", said(fault.UnexpectedAccessKey,
			`AWS credentials "prod" (0f3d9a52) hold neither the old key ****OLD1 nor a new one`, "")))),
		world(keys(active(keyO, 90*day)), ended(rotation.Discarded, thisExecution, time.Minute, nil))},
	"paused-aborted-as-asked": {execution("FAILED", input(abort), with("error", "AbortRequested"),
		with("cause", said(fault.AbortRequested, "The rotation was aborted on request", holdsNew).Error())),
		world(bothKeys, open(deployed, did(rotation.Reactivate, 2*time.Minute)))},
	"paused-abort-failed": {execution("FAILED", input(abort), failedWith(denied)),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated))},
	"paused-lock-lost": {execution("FAILED",
		failedWith(said(fault.LockLost, "The rotation of production belongs to another execution now: "+otherExecution,
			""))), world(bothKeys, open(deployed, ofAnother))},
	"unchanged-after-release": {execution("FAILED",
		failedWith(using("****NEW2", said(fault.MultipleAccessKeys,
			"The IAM user qovery has 2 access keys: Qovery uses ****NEW2; beside it there is ****OLD1, Active, 90 days old, "+
				"never used", "")))), world(bothKeys, ended(rotation.Released, otherExecution, hour, nil))},
	"closed-meanwhile": {execution("FAILED",
		failedWith(said(fault.LockLost, "The journal has no open rotation of production", ""))),
		world(newKey, ended(rotation.Released, thisExecution, time.Minute, nil))},
	"paused-spoiled-secret": {execution("FAILED", failedWith(spoiled)), world(bothKeys, open(created))},
	"paused-secret-lost": {execution("FAILED",
		failedWith(said(fault.StagedSecretLost, "The secret of the new key ****NEW2 is not staged any more", holdsOld))),
		world(bothKeys, open(created))},
	"paused-secret-lost-between": {execution("FAILED",
		failedWith(said(fault.StagedSecretLost, `The secret of the new key ****NEW2 is gone; AWS credentials "prod" `+
			`holds ****NEW2, container registry "images" holds ****OLD1`, ""))),
		world(bothKeys, open(created, began(rotation.Update, 10*time.Minute)))},
	"paused-brought-back": {execution("FAILED", with("error", "DeploymentFailed"), with("cause", broughtBack)),
		world(bothKeys, open(deployed, did(rotation.Reactivate, 2*time.Minute)))},
	"paused-step-timed-out": {execution("FAILED", with("error", "States.Timeout")),
		world(bothKeys, open(deployed, atWork))},
	"paused-function-crashed": {execution("FAILED", with("error", "Runtime.ExitError"),
		with("cause", `{"errorMessage":"RequestId: 6f2a Error: Runtime exited with error: signal: killed",`+
			`"errorType":"Runtime.ExitError"}`)), world(bothKeys, open(deployed))},
	"paused-lambda-down": {execution("FAILED", with("error", "Lambda.ServiceException"),
		with("cause", "Service unavailable")), world(bothKeys, open(deployed))},
	"paused-lambda-full": {execution("FAILED", with("error", "Lambda.TooManyRequestsException"),
		with("cause", "Rate exceeded")), world(bothKeys, open(deployed))},
	"paused-document-too-long": {execution("FAILED", with("error", "States.DataLimitExceeded"),
		with("cause", "The state/task 'DeployClusters' returned a result with a size exceeding the maximum number of "+
			"bytes service limit.")), world(bothKeys, open(deployed))},
	"paused-definition-mismatch": {execution("FAILED", with("error", "States.Runtime"),
		with("cause", "An error occurred while executing the state 'IsDeployed' (entered at the event id #31). Invalid "+
			"path '$.deployment.next'")), world(bothKeys, open(deployed))},
	"paused-unknown-error": {execution("FAILED", with("error", "States.Whatever")), world(bothKeys, open(deployed))},

	// It was ended from outside.
	"aborted-before-anything": {execution("ABORTED"), world(oneKey)},
	"aborted-early":           {execution("ABORTED"), world(bothKeys, open(created, atWork))},
	"aborted-while-updating": {execution("ABORTED"),
		world(bothKeys, open(created, began(rotation.Update, time.Minute), atWork))},
	"aborted-while-observing": {execution("ABORTED", with("error", "Stopped"),
		with("cause", "paged about image pulls,\nalice")),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated))},
	"aborted-abort": {execution("ABORTED", input(abort)),
		world(keys(inactive(keyO, 90*day), active(keyN, 6*hour)), open(deactivated))},
	"aborted-before-release": {execution("ABORTED"), world(oneKey, ended(rotation.Released, otherExecution, day, nil))},
	"aborted-while-discarding": {execution("ABORTED"),
		world(oneKey, open(created, began(rotation.Discard, time.Minute)))},
	"aborted-history-silent": {execution("ABORTED"), world(oneKey, func(f *Facts) { f.NoHistory = denied })},
	"aborted-while-deleting": {execution("ABORTED"),
		world(newKey, open(deactivated, did(rotation.Verify, 10*time.Minute), began(rotation.Delete, time.Minute)))},
	"aborted-and-taken-over": {execution("ABORTED"), world(bothKeys, open(deployed, ofAnother))},
	"aborted-without-a-key":  {execution("ABORTED"), world(keys(active(keyX, hour)), open(deployed))},
	"timed-out": {execution("TIMED_OUT", with("startDate", ago(60*day).UnixMilli())),
		world(bothKeys, open(deployed))},
	"aborted-iam-silent":     {execution("ABORTED"), world(noKeys, open(deployed))},
	"aborted-journal-silent": {execution("ABORTED"), world(bothKeys, noJournal)},
	"aborted-all-silent":     {execution("ABORTED"), world(noKeys, noJournal)},
	"aborted-target-silent": {execution("ABORTED"),
		world(noTarget(fault.Errorf(fault.Throttled,
			"AWS throttles ssm:GetParameter (/qovery-key-rotation/targets/production) (ThrottlingException)")))},
	"paused-journal-silent": {execution("FAILED", failedWith(stillUse)),
		world(keys(active(keyO, 90*day), inactive(keyN, 6*hour)), noJournal)},
	"succeeded-journal-silent": {execution("SUCCEEDED", output(completed(summary()))), world(newKey, noJournal)},
	"timed-out-without-a-key":  {execution("TIMED_OUT"), world(keys(inactive(keyO, 90*day)), noJournal)},
	"failed-in-another-console": {execution("FAILED",
		with("executionArn",
			strings.ReplaceAll(strings.ReplaceAll(thisExecution, "arn:aws:", "arn:aws-cn:"), "eu-west-3", "cn-north-1")),
		failedWith(locked)), world(oneKey)},
	"failed-in-no-console": {execution("FAILED",
		with("executionArn",
			strings.ReplaceAll(strings.ReplaceAll(thisExecution, "arn:aws:", "arn:aws-iso:"), "eu-west-3", "us-iso-east-1")),
		failedWith(locked)), world(oneKey)},

	// It is of the past when it is told.
	"past-rotated": {execution("SUCCEEDED", output(completed(summary())), longAgo),
		world(keys(active(keyX, hour)), ended(rotation.Completed, otherExecution, hour, nil),
			ended(rotation.Completed, thisExecution, 90*day, nil))},
	"past-failed": {execution("FAILED", failedWith(stillUse), longAgo), world(bothKeys, open(deactivated, ofAnother))},
	"past-released": {execution("FAILED", failedWith(stillUse), longAgo),
		world(bothKeys, ended(rotation.Released, thisExecution, 80*day, nil))},
	"past-dry-run":  {execution("SUCCEEDED", input(dryRun), output(refused(locked)), longAgo), world(oneKey)},
	"past-but-open": {execution("FAILED", failedWith(stillUse), longAgo), world(bothKeys, open(deployed))},

	// Alarms.
	"alarm": {alarm("qovery-key-rotation-undelivered", "ALARM",
		"A rotation was not started by its schedule, or a notice was not delivered, although that was tried for a day. "+
			"Read the message in the queue qovery-key-rotation-undelivered, mend the cause, start the rotation by hand, and "+
			"delete the message.", "Threshold Crossed: 1 datapoint [1.0 (03/08/26 02:54:00)] was greater than or equal to "+
			"the threshold (1.0)."), Facts{Now: night}},
	"alarm-over": {alarm("qovery-key-rotation-undelivered", "OK", "A rotation was not started by its schedule.",
		"Threshold Crossed: 1 datapoint [0.0 (03/08/26 02:54:00)] was not greater than or equal to the threshold (1.0)."),
		Facts{Now: night}},
	"alarm-no-data": {alarm("Größe", "INSUFFICIENT_DATA", "", ""), Facts{Now: night}},
}

func longAgo(d detail) {
	d["startDate"], d["stopDate"] = ago(90*day+6*hour).UnixMilli(), ago(90*day).UnixMilli()
}

const (
	dryRun = `{"target":"production","dryRun":true}`
	abort  = `{"target":"production","abort":true}`
)

// spoiled is an error that says itself what to do.
var spoiled = func() *fault.Error {
	err := said(fault.MalformedAnswer, "The answer to ssm:GetParameter (/qovery-key-rotation/staged/****NEW2) makes "+
		"no sense: the value isn't an access key", "According to the journal, "+holdsOld)
	err.Next = rotation.NextAfterWrongSecret()
	return err
}()

// broughtBack is the cause after the way back: what has happened since the step
// failed comes after the step's own words.
var broughtBack = fault.Amend(lambdaCause(said(fault.DeploymentFailed,
	"Cluster staging is DEPLOYMENT_ERROR after 2 attempts to deploy it: AuthFailure",
	"According to the journal, Qovery holds the new key ****NEW2; the old key ****OLD1 is Inactive")),
	step("Qovery holds the new key ****NEW2; the old key ****OLD1 is Active again"))

func used(s *rotation.Summary) {
	s.LastUseOfOldKey = ago(4 * hour)
	s.FirstUseOfNewKey = &rotation.Use{At: ago(5 * hour), Service: "eks", Event: "DescribeCluster", Region: "eu-west-3",
		UserAgent: "qovery-engine"}
}

func extended(s *rotation.Summary) {
	s.ClustersDeployed, s.ClustersSkipped, s.GraceExtendedBy = 1, []string{"sandbox (STOPPED)"},
		target.Duration(90*time.Minute)
	s.RolledOut = []string{"staging"}
}

// leakedTwice: the key that replaced the leaked one leaked in its turn.
var leakedTwice = func() rotation.Document {
	doc := completed(summary(), summary(func(s *rotation.Summary) {
		s.OldKey, s.NewKey, s.OldKeyCreatedAt = keyN.String(), keyX.String(), ago(6*hour)
	}))
	doc.Leaked = map[string]target.How{keyN.String(): target.AtOnce}
	return doc
}()

func bothLeaked(r *rotation.Record) {
	r.Leaked = rotation.Leaked{keyO: target.AtOnce, keyN: target.AfterDeployment}
}

// newKeyLeaked: the new key of the rotation that ended did.
func newKeyLeaked(f *Facts) { f.History[0].Record.Leaked = rotation.Leaked{keyN: target.AtOnce} }

// foundInactive: someone made the old key Inactive before the rotation did.
func foundInactive(r *rotation.Record) {
	r.Marks[rotation.Deactivate] = rotation.Mark{Begun: ago(hour), Done: ago(hour), How: rotation.Found,
		Saw: rotation.Inactive}
}

func earlier(s *rotation.Summary) {
	s.OldKey, s.NewKey = keyX.String(), keyO.String()
	s.StartedAt, s.NewKeyCreatedAt, s.UpdatedAt = ago(40*day), ago(40*day), ago(40*day)
	s.OldKeyInactiveAt, s.OldKeyDeletedAt, s.CompletedAt = ago(7*hour), ago(6*hour+10*time.Minute),
		ago(6*hour+9*time.Minute)
}

func asked(r *rotation.Record) { r.Attempts = []time.Time{ago(5 * hour)} }

func plannedAs(plan rotation.PlanReport) rotation.Document {
	plan.Action = rotation.ActionDryRun
	if plan.Refused == "" {
		plan.Locations = newRecord().Locations
		plan.Clusters = []rotation.PlannedCluster{{Name: "staging", Status: "DEPLOYED", Wave: 1},
			{Name: "prod-eu", Status: "DEPLOYED", Wave: 2, Undeployed: true}}
		plan.Skipped = []string{"sandbox (STOPPED)"}
	}
	return rotation.Document{Target: "production", OldKey: keyO.String(), Plan: plan, Settings: target.Default()}
}

// using is an error of Preflight's, which has seen that Qovery uses the key.
func using(key string, err *fault.Error) *fault.Error { err.Key = key; return err }

func refused(err *fault.Error) rotation.Document {
	return plannedAs(rotation.PlanReport{Refused: string(err.Code), Because: err.What, Advice: err.Said().Advice})
}

func TestMessages(t *testing.T) {
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			m := Compose(parse(t, row.event), row.facts)
			checkForm(t, m)
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(whole(m)), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := whole(m); got != string(want) {
				t.Errorf("got\n%s\nwant\n%s(go test -update writes the files anew)", got, want)
			}
		})
	}
}

// Every golden file is one of the table.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".txt"))
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(table)); !slices.Equal(names, want) {
		t.Errorf("files %v, table %v", names, want)
	}
}

var command = regexp.MustCompile(`(?m)^    rotate (start|watch|status|history|abort|release|retire|migrate)( |$)`)

// checkForm holds for every message: SNS takes the subject; a phone shows the body; the
// sections are there, in order; there is a command to type.
func checkForm(t *testing.T, m Message) {
	t.Helper()
	if m.Subject == "" || len(m.Subject) >= 100 ||
		strings.ContainsFunc(m.Subject, func(c rune) bool { return c < ' ' || c > '~' }) {
		t.Errorf("subject %q", m.Subject)
	}
	if lines := strings.Count(m.Body, "\n"); lines > mostLines {
		t.Errorf("%d lines in\n%s", lines, m.Body)
	}
	checkText(t, m.Urgency, m.Body)
	if m.Ending == "" {
		return
	}
	checkText(t, m.Urgency, m.Whole)
	rest := m.Whole
	for _, section := range []string{"\n\nWHAT HAPPENED\n", "\nWHAT TO DO\n", "\n\nDETAILS\n"} {
		var found bool
		if _, rest, found = strings.Cut(rest, section); !found {
			t.Errorf("no %q where it belongs in\n%s", section, m.Whole)
		}
	}
}

// checkText holds for both texts of a message.
func checkText(t *testing.T, urgency Urgency, text string) {
	t.Helper()
	if !command.MatchString(text) {
		t.Errorf("nothing to type in\n%s", text)
	}
	first, _, _ := strings.Cut(text, "\n")
	for of, beginning := range map[Urgency]string{Urgent: "URGENT. ", Check: "CHECK. ", Calm: "Nothing is "} {
		if (of == urgency) != strings.HasPrefix(first, beginning) {
			t.Errorf("urgency %s begins with %q", urgency, first)
		}
	}
	for _, line := range rotationtest.Sentences(text) {
		if wrong := rotationtest.Wrong(line); wrong != "" {
			t.Errorf("%s in %q", wrong, line)
		}
	}
	for _, bad := range []string{"%!", "<nil>", "0001-01-01", "****.", "{"} {
		if strings.Contains(strings.ReplaceAll(text, `{"target": "production"}`, ""), bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
}

// Every message that sends people to the runbook or to the codes sends
// them to a heading there.
func TestRunbookPages(t *testing.T) {
	var anchors []string
	for _, section := range docs.Chapters() {
		anchors = append(anchors, "docs/runbook.md#"+section.Name+", or: rotate explain "+section.Name)
	}
	for _, info := range fault.Codes {
		code := string(info.Code)
		anchors = append(anchors, "docs/codes.md#"+strings.ToLower(code)+", or: rotate explain "+code)
	}
	messages := map[string]string{}
	for name, row := range table {
		messages[name] = Compose(parse(t, row.event), row.facts).Whole
	}
	page, sent := regexp.MustCompile(`(?m)^runbook +(.*)$`), 0
	for name, body := range messages {
		for _, found := range page.FindAllStringSubmatch(body, -1) {
			if sent++; !slices.Contains(anchors, found[1]) {
				t.Errorf("%s: %s is no heading of the runbook", name, found[1])
			}
		}
	}
	if sent < len(table)/2 {
		t.Errorf("only %d messages name the runbook", sent)
	}
}

// Whatever the code, and wherever the rotation stood, the advice is that code's.
func TestEveryCodeGivesItsAdvice(t *testing.T) {
	for _, info := range fault.Codes {
		for name, facts := range map[string]Facts{"unchanged": world(oneKey), "paused": world(bothKeys, open(deployed)),
			"nothing known": world(noKeys, noJournal)} {
			failed := execution("FAILED", failedWith(said(info.Code, "Something is so", holdsNew)))
			m := Compose(parse(t, failed), facts)
			checkForm(t, m)
			if name == "unchanged" && !info.MayEndUnchanged() {
				if !strings.Contains(m.Whole, "No rotation is open any more") {
					t.Errorf("%s: it leaves a rotation open, and none is:\n%s", info.Code, m.Whole)
				}
				continue
			}
			_, todo, _ := strings.Cut(m.Whole, "WHAT TO DO\n")
			first := info.Advice.First.String()
			if first != "" && strings.Count(m.Whole, first) != 1 || !strings.Contains(todo, first) {
				t.Errorf("%s, %s: not once %q in\n%s", info.Code, name, first, m.Whole)
			}
			inWords := []fault.Code{fault.LockLost, fault.AbortRequested, fault.NothingToAbort}
			if !strings.Contains(m.Subject, string(info.Code)) && !slices.Contains(inWords, info.Code) {
				t.Errorf("%s, %s: subject %q", info.Code, name, m.Subject)
			}
			if info.Advice.Once(true).Do == fault.Release && name == "paused" &&
				!strings.Contains(todo, "    rotate release production\n") {
				t.Errorf("%s, %s: no command for %q in\n%s", info.Code, name, info.Advice, m.Whole)
			}
		}
	}
}

// An end is unchanged if no rotation is open, and paused if one is, whatever the class
// that the code has by itself. Who fails with a code that always leaves one open,
// while none is, has had it closed since.
func TestTheJournalTellsCleanFromHeld(t *testing.T) {
	for _, info := range fault.Codes {
		if info.Code == fault.LockLost || info.Code == fault.AbortRequested {
			continue // another execution's; and what was asked for
		}
		failed := parse(t, execution("FAILED", failedWith(said(info.Code, "Something is so", ""))))
		if r := newReport(*failed.Execution, world(oneKey)); r.ending != unchanged &&
			(r.ending != closed || info.MayEndUnchanged()) {
			t.Errorf("%s without a record: %s", info.Code, r.ending)
		}
		if info.Code == fault.OtherKindOpen {
			continue // which is about a record that is not the execution's
		}
		if r := newReport(*failed.Execution, world(bothKeys, open(deployed))); r.ending != paused {
			t.Errorf("%s with a record: %s", info.Code, r.ending)
		}
		r := newReport(*failed.Execution, world(bothKeys, noJournal))
		if (r.ending == unchanged) != (info.Class == fault.Unchanged) {
			t.Errorf("%s without the journal: %s", info.Code, r.ending)
		}
	}
}

// TestNoticesClaimNoMore: a notice of a rotation that found its old key gone, or
// that deployed nothing, says so.
func TestNoticesClaimNoMore(t *testing.T) {
	for name, test := range map[string]struct {
		row         row
		says, never string
	}{
		"nothing deployed": {
			row{execution("SUCCEEDED", output(completed(summary(func(s *rotation.Summary) {
				s.ClustersDeployed, s.ClustersSkipped = 0, []string{"staging (STOPPED)"}
			})))), world(newKey)},
			"Nothing was deployed; passed over: staging (STOPPED).", "0 clusters",
		},
		"nothing to deploy": {
			row{execution("SUCCEEDED", input(dryRun), output(rotation.Document{Target: "production", Plan: rotation.PlanReport{
				Action: rotation.ActionDryRun, Would: rotation.ActionCreate, Skipped: []string{"staging (STOPPED)"},
			}})), world(oneKey)},
			"no cluster is deployed: every one is passed over", "0 clusters",
		},
		"the key was gone before its deactivation": {
			row{execution("SUCCEEDED", output(completed(summary(func(s *rotation.Summary) {
				s.OldKeyInactiveAt, s.OldKeyDeletedAt = time.Time{}, time.Time{}
			})))), world(newKey)},
			"the old key was gone", "went Inactive",
		},
		"a person deleted the key": {
			row{execution("SUCCEEDED", output(completed(summary(gone(rotation.Found))))), world(newKey)},
			"old key found gone: someone else deleted it", "old key deleted",
		},
		"a deletion had no answer": {
			row{execution("SUCCEEDED", output(completed(summary(gone(rotation.Unclear))))), world(newKey)},
			"old key found gone: a request of this rotation that had no answer deleted it, or someone else did",
			"old key deleted",
		},
		"an open rotation that deployed nothing and found the key gone": {
			row{execution("ABORTED"),
				world(newKey, open(updated, how(rotation.Deploy, rotation.NotNeeded), how(rotation.Deactivate, rotation.Found)))},
			"old key found gone", "deployed with the new key",
		},
		"a deployment verified after the key was gone": {
			row{execution("ABORTED"), world(newKey, open(updated, sawGone(rotation.Verify)))},
			"a deployment verified\n", "with the old key Inactive",
		},
	} {
		body := Compose(parse(t, test.row.event), test.row.facts).Whole
		if !strings.Contains(body, test.says) || strings.Contains(body, test.never) {
			t.Errorf("%s: want %q, and not %q:\n%s", name, test.says, test.never, body)
		}
	}
}

// gone is a summary of a rotation that found its old key gone.
func gone(how rotation.How) func(*rotation.Summary) {
	return func(s *rotation.Summary) {
		s.OldKeyInactiveAt, s.OldKeyDeletedAt, s.OldKeyGoneBy, s.OldKeyDeletion = time.Time{}, time.Time{}, ago(time.Hour),
			how
	}
}

// how is an effect that was done an hour ago, in a way; sawGone one that was done
// while IAM did not list the old key.
func how(e rotation.Effect, how rotation.How) past {
	return func(r *rotation.Record) { r.Marks[e] = rotation.Mark{Begun: ago(hour), Done: ago(hour), How: how} }
}

func sawGone(e rotation.Effect) past {
	return func(r *rotation.Record) {
		r.Marks[e] = rotation.Mark{Begun: ago(hour), Done: ago(hour), How: rotation.Did, Saw: rotation.Gone}
	}
}
