package audit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
	"qovery-key-rotation/statemachine"
)

var update = flag.Bool("update", false, "write the golden files anew")

// all are the kinds that are judged when everything is read and at rest.
const all = "drift due invalid-credentials leaked left-over open quarantined schedule services too-old undeployed " +
	"unknown-cluster unread-Qovery unread-execution unread-journal unread-keys unread-needs unread-runs unread-schedule " +
	"unread-services unread-target unread-uses unused"

const busy = "quarantined schedule services too-old unread-Qovery unread-execution unread-journal unread-keys " +
	"unread-needs unread-runs unread-schedule unread-services unread-target unread-uses"

// beingRetiredJudged are those that are judged while a key is being retired, too.
const beingRetiredJudged = "drift invalid-credentials leaked quarantined schedule services too-old undeployed " +
	"unknown-cluster unread-Qovery unread-execution unread-journal unread-keys unread-needs unread-runs unread-schedule " +
	"unread-services unread-target unread-uses"

// migratingJudged are those that are judged while clusters are moved, too.
const migratingJudged = "drift " + busy

// blind are those that are judged without an answer of Qovery's, beside open.
var blind = strings.Replace(busy, "unread-needs ", "", 1)

// cases are situations, with what is found in them. The message of each finding
// is in testdata.
var cases = map[string]struct {
	facts    Facts
	findings string // ids
	figures  string
	judged   string
}{
	"fine": {world(), "", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"fine-before-rotating": {world(neverRotated), "", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1",
		all},
	"fine-anothers-key-elsewhere": {world(qoveryHolds(keyN, keyN, keyX)), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"fine-unscheduled-on-purpose": {world(notScheduled,
		scheduled(&rotation.DeployedSchedule{Enabled: false, Expression: "rate(90 days)"})), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"fine-place-without-a-key": {world(qoveryHolds(keyN, "")), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},

	"fine-clusters": {world(serves(false, "DEPLOYED", "DEPLOYMENT_ERROR", "DEPLOYING")), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"fine-passed-over-clusters": {world(serves(true, "STOPPED", rotation.SelfManaged)), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"fine-clusters-of-another-user": {world(serves(true, rotation.InvalidCredentials),
		func(f *Facts) { f.Locations[0].Clusters = nil }), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"quarantined": {world(attached(quarantinePolicy)), "quarantined#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"quarantined-still": {world(attached(quarantinePolicy), hadLeaked(keyO)),
		"quarantined#", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"quarantined-and-the-leaked-key-is-active": {world(attached(quarantinePolicy), hadLeaked(keyN)),
		"leaked#NEW2 quarantined#", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"quarantined-and-open": {world(user(active(keyO, 90*day), active(keyN, hour)), qoveryHolds(keyO, keyO),
		attached(quarantinePolicy), openSince()), "open#k3v9 quarantined#",
		"KeyAge=90 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"leaked": {world(user(active(keyN, 30*day), active(keyO, 120*day)), hadLeaked(keyO)), "leaked#OLD1",
		"KeyAge=30 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1", all},
	"leaked-and-held": {world(hadLeaked(keyN)), "leaked#NEW2",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"invalid-credentials": {world(serves(false, "DEPLOYED", rotation.InvalidCredentials)), "invalid-credentials#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"invalid-credentials-while-rotating": {world(serves(false, rotation.InvalidCredentials), openSince(running)), "",
		"KeyAge=30 Keys=1 Audited=1", busy},
	"undeployed": {world(serves(true, "DEPLOYED", "DEPLOYING")), "undeployed#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"unknown-cluster": {world(serves(false, "DEPLOYED"), func(f *Facts) {
		f.Target.ClustersHandledElsewhere = []string{"0", "c8e1f0a3-5b7d-4c29-9e64-17d2ab90f3c5"}
	}), "unknown-cluster#c8e1f0a3-5b7d-4c29-9e64-17d2ab90f3c5",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"undeployed-and-refused": {world(serves(true, "DEPLOYED"), refusesUndeployed), "undeployed#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},

	"in-services": {world(copied(keyN, "v-1", "v-2"), copied("", "v-3")), "services# services#NEW2",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"in-services-handled-elsewhere": {world(copied(keyN, "v-1"), copied("", "v-1"), func(f *Facts) {
		f.Target.HandledElsewhere = []string{"v-1"}
	}), "", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"in-services-of-another-user": {world(copied(keyX, "v-1")), "",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"unread-services": {world(copied(keyN, "v-1"), silent(fromServices, fault.TokenRefused)),
		"services#NEW2 unread-services#", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0",
		strings.Replace(all, " services", "", 1)},

	"too-old-by-a-minute-less": {world(user(active(keyN, limit-hour/60))), "",
		"KeyAge=97 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"too-old": {world(user(active(keyN, limit))), "too-old#NEW2",
		"KeyAge=97 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"too-old-and-held-nowhere": {world(neverRotated, user(active(keyN, limit)), qoveryHolds()),
		"drift#nowhere too-old#NEW2", "KeyAge=97 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"too-old-and-open": {world(user(active(keyO, 100*day), active(keyN, hour)), qoveryHolds(keyO, keyO), openSince()),
		"open#k3v9 too-old#OLD1", "KeyAge=100 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"too-old-while-rotating": {world(user(active(keyO, 100*day), active(keyN, hour)), qoveryHolds(keyO, keyO),
		openSince(running)),
		"too-old#OLD1", "KeyAge=100 Keys=2 Audited=1", busy},
	"too-old-or-left-over": {world(user(active(keyN, 30*day), active(keyX, 200*day)),
		silent(FromQovery, fault.AccessDenied)), "unread-Qovery#",
		"Keys=2 OpenRecords=0 Audited=0", "due open " + strings.Replace(blind, "too-old ", "", 1)},
	"too-old-or-left-over-beside-an-open-rotation": {world(user(active(keyO, 100*day), active(keyX, 200*day)),
		qoveryHolds(keyO, keyO), openSince(running)), "too-old#OLD1",
		"KeyAge=100 Keys=2 Audited=1", strings.Replace(busy, "too-old ", "", 1)},
	"too-old-is-the-only-key": {world(user(active(keyN, limit)), silent(FromQovery, fault.AccessDenied)),
		"too-old#NEW2 unread-Qovery#", "KeyAge=97 Keys=1 OpenRecords=0 Audited=0", "due open " + blind},
	"young-or-left-over": {world(user(active(keyN, 30*day), active(keyX, 40*day)),
		silent(FromQovery, fault.AccessDenied)), "unread-Qovery#", "KeyAge=40 Keys=2 OpenRecords=0 Audited=0", "due open " +
		blind},
	"due": {world(user(active(keyN, 90*day)), started("")), "due#NEW2",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"due-and-refused": {world(user(active(keyN, 91*day)), started("ClustersLocked")), "due#NEW2",
		"KeyAge=91 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"due-and-waiting": {world(user(active(keyN, 90*day)), ran(hour, statemachine.Running, "", byAudit)), "",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", strings.Replace(all, " due", "", 1)},
	"unread-runs": {world(silent(fromRuns, fault.AccessDenied)), "unread-runs#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0", strings.Replace(all, " due", "", 1)},
	"open-and-resumed": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(), resumed), "open#k3v9",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"open-and-refused": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(),
		broke(6*hour, "AbortRequested"), ran(5*hour, statemachine.Failed, "ClustersLocked"),
		said("Clusters are locked: prod-eu: a release")), "open#k3v9",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"open-and-refused-before": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(),
		broke(6*hour, "AbortRequested"), ran(8*hour, statemachine.Failed, "ClustersLocked")), "open#k3v9",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"open-and-released-next": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(),
		broke(6*hour, "AbortRequested"), ran(5*hour, statemachine.Failed, "UnexpectedAccessKey"),
		said("Credentials hold neither key")), "open#k3v9",
		"KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"unused": {world(user(active(keyN, 60*day).usedLast(45 * day))), "unused#NEW2",
		"KeyAge=60 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"unused-since-creation": {world(user(active(keyN, 46*day).neverUsed())), "unused#NEW2",
		"KeyAge=46 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"young-and-unused": {world(user(active(keyN, 44*day).neverUsed())), "",
		"KeyAge=44 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},

	"left-over": {world(user(active(keyN, 30*day), active(keyX, 200*day).usedLast(3*day))), "left-over#ELS3",
		"KeyAge=30 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-by-a-move-to-a-role": {world(user(active(keyN, 30*day)), servedByRole), "left-over#NEW2",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-by-a-move-and-inactive": {world(user(inactive(keyN, 30*day)), qoveryHolds(keyN),
		servedByRole), "left-over#NEW2",
		"Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-by-a-move-and-deleted": {world(retired, qoveryHolds(keyN), servedByRole), "left-over#NEW2",
		"Keys=0 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-in-a-registry-and-inactive": {world(user(inactive(keyN, 30*day)), servedByRole),
		"drift#NEW2 left-over#NEW2", "Keys=1 LeftoverKeys=0 Drift=2 OpenRecords=0 Audited=1", all},
	"left-over-and-its-use-unread": {world(user(active(keyN, 30*day), active(keyX, 200*day)), unasked(keyX),
		silent(fromUses, fault.Throttled)), "left-over#ELS3 unread-uses#",
		"KeyAge=30 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=0",
		strings.Replace(strings.TrimSuffix(all, " unused"), "unread-needs ", "", 1)},
	"left-over-inactive": {world(user(active(keyN, 30*day), inactive(keyO, 120*day).neverUsed())), "left-over#OLD1",
		"KeyAge=30 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-beside-an-open-rotation": {world(user(active(keyO, 90*day), active(keyX, hour).neverUsed()),
		qoveryHolds(keyO, keyO), openSince()), "left-over#ELS3 open#k3v9",
		"KeyAge=90 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=1 Audited=1", all},
	"left-over-is-not-known-while-rotating": {world(user(active(keyO, 90*day), active(keyX, hour)),
		qoveryHolds(keyO, keyO), openSince(running)), "",
		"KeyAge=90 Keys=2 Audited=1", busy},
	"left-over-is-not-known-right-after": {world(user(active(keyN, hour), inactive(keyO, 90*day)), endedAgo(hour/6-1)), "",
		"KeyAge=0.04 Keys=2 Audited=1", busy},
	"left-over-some-time-after": {world(user(active(keyN, hour), inactive(keyO, 90*day)), endedAgo(hour/6)),
		"left-over#OLD1",
		"KeyAge=0.04 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1", all},
	"left-over-is-not-known-when-the-journal-moves": {world(user(active(keyN, hour), inactive(keyO, 90*day)), moved), "",
		"KeyAge=0.04 Keys=2 Audited=1", busy},

	"drift-inactive": {world(user(inactive(keyN, 30*day))), "drift#NEW2",
		"Keys=1 LeftoverKeys=0 Drift=2 OpenRecords=0 Audited=1", all},
	"drift-deleted": {world(qoveryHolds(keyN, keyN, keyO)), "drift#OLD1",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-new-key-deleted": {world(user(active(keyX, 20*day)), qoveryHolds(keyX, keyX, keyN)), "drift#NEW2",
		"KeyAge=20 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-put-back": {world(qoveryHolds(keyO, keyN)), "drift#OLD1",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"retired": {world(retired, qoveryHolds("")), "", "Keys=0 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"retired-anothers-key-now": {world(retired, qoveryHolds(keyX)), "",
		"Keys=0 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"retired-and-put-back": {world(retired, qoveryHolds(keyN)), "drift#NEW2",
		"Keys=0 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"being-retired": {world(beingRetired, qoveryHolds(keyN, keyN)), "", "KeyAge=30 Keys=2 Drift=0 Audited=1",
		beingRetiredJudged},
	"being-retired-and-held": {world(beingRetired, qoveryHolds(keyN, keyO)), "drift#OLD1",
		"KeyAge=30 Keys=2 Drift=1 Audited=1", beingRetiredJudged},
	"retirement-left-open": {world(beingRetired, qoveryHolds(keyN, keyN), stopped), "open#k3v9",
		"KeyAge=30 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"leak-left-open": {world(user(active(keyO, 90*day), active(keyN, hour)), qoveryHolds(keyN, keyN), openSince(leaked)),
		"open#k3v9", "KeyAge=90 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"migration-left-in-between": {world(openSince(migrating)), "open#k3v9",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"migration-left-open-and-key-inactive": {world(user(inactive(keyN, 30*day)), openSince(migrating)),
		"drift#NEW2 open#k3v9", "Keys=1 LeftoverKeys=0 Drift=2 OpenRecords=1 Audited=1", all},
	"migrating-and-key-inactive": {world(user(inactive(keyN, 30*day)), openSince(migrating, running)),
		"drift#NEW2", "Keys=1 Drift=2 Audited=1", migratingJudged},
	"migrating-and-key-deleted": {world(user(active(keyX, 30*day)), openSince(migrating, running)),
		"drift#NEW2", "KeyAge=30 Keys=1 Drift=2 Audited=1", migratingJudged},
	"migrating": {world(openSince(migrating, running), serves(true, rotation.InvalidCredentials)), "",
		"KeyAge=30 Keys=1 Drift=0 Audited=1", migratingJudged},
	"migration-left-open-and-key-deleted": {world(user(active(keyX, 30*day)), openSince(migrating)),
		"drift#NEW2 open#k3v9", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=2 OpenRecords=1 Audited=1", all},
	"migration-left-open-and-no-cluster-uses-the-key": {world(user(inactive(keyN, 30*day)), qoveryHolds(keyN),
		openSince(migrating), servedByRole), "open#k3v9", "Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"drift-strangers": {world(qoveryHolds(keyN, keyX)), "drift#ELS3",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-several": {world(user(active(keyN, 30*day), active(keyX, 20*day)), qoveryHolds(keyN, keyN, keyX)),
		"drift#several",
		"KeyAge=30 Keys=2 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-nowhere": {world(neverRotated, qoveryHolds(keyX, keyX)), "drift#nowhere",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-no-key-at-all": {world(neverRotated, user(), qoveryHolds(keyX)), "drift#nowhere",
		"Keys=0 LeftoverKeys=0 Drift=1 OpenRecords=0 Audited=1", all},
	"drift-in-an-open-rotation": {world(user(inactive(keyO, 90*day), active(keyN, hour)), qoveryHolds(keyN, keyO),
		openSince(deactivated)), "drift#OLD1 open#k3v9",
		"KeyAge=0.04 Keys=2 LeftoverKeys=0 Drift=1 OpenRecords=1 Audited=1", all},
	"drift-in-an-open-rotation-by-a-person": {world(user(active(keyO, 90*day), inactive(keyN, hour)),
		qoveryHolds(keyN, keyN), openSince()), "drift#NEW2 open#k3v9",
		"KeyAge=90 Keys=2 LeftoverKeys=0 Drift=2 OpenRecords=1 Audited=1", all},
	"drift-of-a-new-key-that-leaked": {world(user(active(keyO, 90*day), inactive(keyN, hour)),
		qoveryHolds(keyN, keyN), openSince(newLeaked)), "drift#NEW2 open#k3v9",
		"KeyAge=90 Keys=2 LeftoverKeys=0 Drift=2 OpenRecords=1 Audited=1", all},
	"drift-of-an-old-key-that-leaked": {world(user(inactive(keyO, 90*day), active(keyN, hour)),
		qoveryHolds(keyN, keyO), openSince(leaked, deactivated)), "drift#OLD1 open#k3v9",
		"KeyAge=0.04 Keys=2 LeftoverKeys=0 Drift=1 OpenRecords=1 Audited=1", all},
	"drift-of-a-key-that-leaked-before": {world(user(inactive(keyN, 30*day)), hadLeaked(keyN)), "drift#NEW2",
		"Keys=1 LeftoverKeys=0 Drift=2 OpenRecords=0 Audited=1", all},
	"two-keys-of-an-open-rotation": {world(user(active(keyO, 90*day), active(keyN, hour)), qoveryHolds(keyN, keyO),
		openSince()), "open#k3v9",
		"KeyAge=90 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},

	"open-with-the-old-key-inactive": {world(user(inactive(keyO, 90*day), active(keyN, hour)), qoveryHolds(keyN, keyN),
		openSince(deactivated)), "open#k3v9",
		"KeyAge=0.04 Keys=2 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},
	"open-a-step-at-work": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(leased)), "",
		"KeyAge=90 Keys=1 Audited=1", busy},
	"open-touched-just-now": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO), openSince(touched(hour/12))),
		"", "KeyAge=90 Keys=1 Audited=1", busy},
	"open-without-its-keys": {world(silent(fromKeys, fault.AccessDenied), openSince()), "open#k3v9 unread-keys#",
		"OpenRecords=1 Audited=0", "due open schedule unread-Qovery unread-execution unread-journal unread-keys " +
			"unread-runs unread-schedule unread-services unread-target"},
	"open-of-who-knows-whom": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO),
		openSince(silent(FromOwner, fault.Throttled))), "unread-execution#", "KeyAge=90 Keys=1 Audited=0", busy},
	"open-of-a-forgotten-one": {world(user(active(keyO, 90*day)), qoveryHolds(keyO, keyO),
		openSince(touched(25*hour), func(f *Facts) {
			f.Owner = rotation.ExecutionUnknown
		})), "open#k3v9", "KeyAge=90 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=1 Audited=1", all},

	"schedule-missing": {world(scheduled(nil)), "schedule#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"schedule-disabled": {world(scheduled(&rotation.DeployedSchedule{Enabled: false, Expression: "rate(90 days)"})),
		"schedule#", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},
	"schedule-changed": {world(scheduled(&rotation.DeployedSchedule{Enabled: true, Expression: "rate(365 days)"})),
		"schedule#", "KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=1", all},

	"unread-target": {world(silent(fromTarget, fault.TargetNotFound)), "unread-target#", "Audited=0",
		"unread-runs unread-target"},
	"unread-journal": {world(silent(FromJournal, fault.MalformedAnswer)), "unread-journal#",
		"KeyAge=30 Keys=1 Audited=0", "quarantined schedule services too-old unread-Qovery unread-journal " +
			"unread-keys unread-needs unread-runs unread-schedule unread-services unread-target unread-uses"},
	"unread-keys": {world(silent(fromKeys, fault.TargetNotFound)), "unread-keys#", "OpenRecords=0 Audited=0",
		"due open schedule unread-Qovery unread-execution unread-journal unread-keys unread-runs unread-schedule " +
			"unread-services unread-target"},
	"unread-uses": {world(silent(fromUses, fault.AccessDenied)), "unread-uses#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0",
		strings.Replace(strings.TrimSuffix(all, " unused"), "unread-needs ", "", 1)},
	"unread-qovery": {world(silent(FromQovery, fault.Unreachable)), "unread-Qovery#",
		"KeyAge=30 Keys=1 OpenRecords=0 Audited=0", "due open " + blind},
	"unread-token": {world(silent(FromQovery, fault.TokenRefused)), "unread-Qovery#",
		"KeyAge=30 Keys=1 OpenRecords=0 Audited=0", "due open " + blind},
	"unread-schedule": {world(silent(FromSchedule, fault.AccessDenied)), "unread-schedule#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0",
		strings.Replace(all, " schedule", "", 1)},
	"unread-needs": {world(silent(FromNeeds, fault.RegionNotSearchable)), "unread-needs#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0", all},
	"unread-needs-for-now": {world(silent(FromNeeds, fault.Throttled)), "unread-needs#",
		"KeyAge=30 Keys=1 LeftoverKeys=0 Drift=0 OpenRecords=0 Audited=0", all},
}

func TestJudge(t *testing.T) {
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			j := Judge("production", test.facts, limit)
			var findings, figures, judged []string
			for _, f := range j.Findings {
				findings = append(findings, regexp.MustCompile(`#AKIA.*(....)$`).ReplaceAllString(f.id(), "#$1"))
			}
			for _, m := range j.Figures.metrics() {
				figures = append(figures, fmt.Sprintf("%s=%g", m.Name, m.Value))
			}
			for kind, is := range j.Judged {
				if is {
					judged = append(judged, string(kind))
				}
			}
			slices.Sort(findings)
			slices.Sort(judged)
			for what, pair := range map[string][2]string{
				"findings": {strings.Join(findings, " "), test.findings},
				"figures":  {strings.Join(figures, " "), test.figures},
				"judged":   {strings.Join(judged, " "), test.judged},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: %s\nwant %s", what, pair[0], pair[1])
				}
			}
			if j.Target.Name != "production" {
				t.Errorf("it is about %q", j.Target.Name)
			}
		})
	}
}

// Every finding's message reads well, names whole keys, and fits.
func TestMessages(t *testing.T) {
	written := map[string]bool{}
	for name, test := range cases {
		j := Judge("production", test.facts, limit)
		var text string
		for _, f := range j.Findings {
			m := f.message(j, Told{})
			text += fmt.Sprintf("Subject: %s\nUrgency: %s\n\n%s\n", m.Subject, m.Urgency, m.Body)
			for _, line := range rotationtest.Sentences(m.Body) {
				if wrong := rotationtest.Wrong(line); wrong != "" {
					t.Errorf("%s: %s in %q", name, wrong, line)
				}
			}
			for id := range test.facts.leaks() {
				if strings.Contains(m.Body, notice.ActivateCommand("qovery", id)) {
					t.Errorf("%s: %q makes a key Active that leaked", name, m.Subject)
				}
			}
			if m.Urgency == notice.Calm && len(j.alarming()) > 0 {
				t.Errorf("%s: %q says that nothing is broken beside %q", name, m.Subject, j.alarming())
			}
			if (f.Command != "" && !strings.HasPrefix(f.Command, "rotate ") && !strings.HasPrefix(f.Command, "aws iam ")) ||
				len(m.Subject) > 99 ||
				m.Target != "production" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if strings.Contains(text, "****") {
			t.Errorf("%s: a key isn't whole in\n%s", name, text)
		}
		if text != "" {
			written[name+".txt"] = true
			golden(t, name, text)
		}
	}
	files, _ := os.ReadDir("testdata")
	for _, file := range files {
		if !written[file.Name()] && file.Name() != "over.txt" && file.Name() != "changed.txt" {
			t.Errorf("testdata/%s is nothing's", file.Name())
		}
	}
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != text {
		t.Errorf("%s: got\n%s\nwant\n%s(go test -update writes the files anew; %v)", name, text, want, err)
	}
}

// What is over and what has changed is told in its own words.
func TestChangedAndOver(t *testing.T) {
	show := func(m notice.Message) string {
		return fmt.Sprintf("Subject: %s\nUrgency: %s\n\n%s", m.Subject, m.Urgency, m.Body)
	}
	j := Judge("production", cases["left-over"].facts, limit)
	before := Told{"Inactive", "a leftover key " + string(keyX), ago(3 * day)}
	golden(t, "changed", show(j.Findings[0].message(j, before)))
	golden(t, "over", show(before.over(j)))
}

// Each kind of finding is in one area.
func TestAreas(t *testing.T) {
	var kinds []string
	for _, of := range areas {
		for _, kind := range of {
			kinds = append(kinds, string(kind))
		}
	}
	slices.Sort(kinds)
	if got := strings.Join(kinds, " "); got != all {
		t.Errorf("the areas have %s, want %s", got, all)
	}
	j := Judge("production", world(qoveryHolds(keyN, keyO)), limit)
	if found, whole := j.In(TheLocations); len(found) != 1 || found[0].Kind != drift || !whole {
		t.Errorf("%v, %t", found, whole)
	}
	j = Judge("production", world(openSince(running)), limit)
	if found, whole := j.In(TheLocations); len(found) > 0 || whole {
		t.Errorf("while a rotation runs: %v, %t", found, whole)
	}
}
