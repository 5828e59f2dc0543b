package audit

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

const (
	failed   = statemachine.Failed
	ended    = statemachine.Succeeded
	startsIt = "start production-due-20260803 2026-08-03T08:00:00Z "
	resumes  = "redrive production-7f3a "
)

// TestDeed is when the audit starts or resumes something, and when it does not.
func TestDeed(t *testing.T) {
	overdue, young := user(active(keyN, 90*day)), user(active(keyN, 80*day))
	const (
		locked  = string(fault.ClustersLocked)
		denied  = string(fault.AccessDenied)
		offline = string(fault.Unreachable)
	)
	for _, test := range []struct {
		name, want string
		changes    []change
	}{
		{"a young key", "", []change{young}},
		{"an old key", startsIt, []change{overdue}},
		{"a minute before that", "", []change{user(active(keyN, 90*day-time.Minute))}},
		{"never rotated", startsIt, []change{overdue, neverRotated}},
		{"nothing was due before", startsIt, []change{overdue, ran(day, ended, "", byClock)}},

		{"refused for what passes", startsIt + locked, []change{young, ran(day, failed, locked, byClock)}},
		{"refused again and again", startsIt + locked, []change{young, ran(day, failed, locked, byAudit)}},
		{"refused by an outage", startsIt + offline, []change{young, ran(day, failed, offline, byClock)}},
		{"refused by Lambda", startsIt + "Lambda.Unknown",
			[]change{young, ran(day, failed, "Lambda.Unknown", byClock)}},
		{"failed without a reason", "", []change{overdue, ran(day, failed, "", byClock)}},
		{"refused by a mistake", "", []change{young, ran(day, failed, "States.Runtime", byClock)}},
		{"refused for what a person fixes", "", []change{young, ran(day, failed, denied, byClock)}},
		{"that, and the key is old", "", []change{overdue, ran(day, failed, denied, byClock)}},
		{"what a person started was refused", "", []change{young, ran(day, failed, locked)}},
		{"that, and the key is old, too", startsIt + locked, []change{overdue, ran(day, failed, locked)}},
		{"a person tried after the schedule", startsIt + locked,
			[]change{young, ran(day, failed, locked), ran(2*day, failed, locked, byClock)}},
		{"refused, then rotated", "", []change{young, ran(day, ended, ""), ran(2*day, failed, locked, byClock)}},
		{"refused for the key before", "",
			[]change{user(active(keyN, 2*day)), ran(day, failed, locked), ran(3*day, failed, locked, byClock)}},
		{"one waits", "", []change{overdue, ran(hour, statemachine.Running, "", byAudit)}},
		{"today's was refused already", "",
			[]change{overdue, ran(hour, failed, locked, byAudit), called("production-due-20260803")}},
		{"a person's is at Preflight", "", []change{overdue, ran(hour, statemachine.Running, "")}},
		{"a retirement was refused", startsIt, []change{overdue, ran(day, failed, string(fault.KeyStillUsed), toRetire)}},
		{"a person stopped a retirement", startsIt, []change{overdue, ran(day, statemachine.Aborted, "", toRetire)}},
		{"one runs", "", []change{overdue, ran(day, statemachine.Running, "", toRetire)}},
		{"a person stopped one", "", []change{overdue, ran(day, statemachine.Aborted, "")}},
		{"a person stopped one before", "",
			[]change{overdue, ran(day, failed, locked, byClock), ran(2*day, statemachine.Aborted, "")}},
		{"a person stopped one of the key before", startsIt + locked, []change{user(active(keyN, 2*day)),
			ran(day, failed, locked, byClock), ran(3*day, statemachine.Aborted, "")}},
		{"a person aborted", "", []change{overdue, ran(day, failed, string(fault.NothingToAbort), toAbort)}},
		{"a person released", "", []change{overdue, released(day)}},
		{"a person released two weeks ago", startsIt, []change{overdue, released(15 * day)}},
		{"one took sixty days", "", []change{overdue, ran(day, statemachine.TimedOut, "States.Timeout", byClock)}},
		{"the schedule is disabled", "", []change{overdue, notScheduled}},
		{"someone disabled it in AWS", "", []change{overdue, disabled}},
		{"someone deleted it", "", []change{overdue, scheduled(nil)}},
		{"the schedule starts one within a day", "", []change{overdue, nextStart(3 * hour)}},
		{"the schedule starts one next month", startsIt, []change{overdue, nextStart(30 * day)}},
		{"its first day is ahead", "", []change{overdue, startAt("2026-09-01T08:00:00Z")}},
		{"its time of day has just passed", "start production-due-20260803 2026-08-04T05:00:00Z ",
			[]change{overdue, startAt("2026-01-13T05:00:00Z")}},
		{"frozen then", "", []change{overdue, frozen("2026-08-03T08:00:00Z")}},
		{"frozen until then", startsIt + "Frozen",
			[]change{overdue, frozen("2026-08-02T08:00:00Z"), ran(day, failed, "Frozen", byClock)}},
		{"a further key", "", []change{user(active(keyN, 90*day), active(keyX, 9*day))}},
		{"an Inactive key", "", []change{user(inactive(keyN, 90*day))}},
		{"clusters that were moved to a role", "", []change{overdue, servedByRole}},
		{"a key that Qovery does not hold", "", []change{overdue, qoveryHolds(keyX)}},
		{"a rotation has just ended", "", []change{overdue, endedAgo(time.Minute)}},
		{"the journal changes", "", []change{overdue, moved}},
		{"Qovery does not answer", "", []change{overdue, silent(FromQovery, fault.Unreachable)}},
		{"the next rotation would be refused", "", []change{overdue, silent(FromNeeds, fault.RegionNotSearchable)}},
		{"the executions are not listed", "", []change{overdue, silent(fromRuns, fault.AccessDenied)}},
		{"an open rotation is not started again", "", []change{overdue, openSince()}},

		{"an outage", resumes + offline, []change{openSince(), broke(6*hour, offline)}},
		{"Lambda's", resumes + "Lambda.ServiceException",
			[]change{openSince(), broke(6*hour, "Lambda.ServiceException")}},
		{"also where nothing is planned", resumes + offline,
			[]change{openSince(), broke(6*hour, offline), notScheduled}},
		{"an hour ago", resumes + offline, []change{openSince(), broke(hour, offline)}},
		{"a minute less", "", []change{openSince(), broke(hour-time.Minute, offline)}},
		{"what a person fixes", "", []change{openSince(), broke(6*hour, string(fault.DeploymentFailed))}},
		{"too old for Step Functions", "", []change{openSince(), broke(6*hour, offline, forgotten)}},
		{"stopped", "", []change{openSince(), broke(6*hour, offline, as(statemachine.Aborted))}},
		{"took too long", "", []change{openSince(), broke(6*hour, "States.Timeout", as(statemachine.TimedOut))}},
		{"ended in a Fail state", "", []change{openSince(), broke(6*hour, offline), inFail}},
		{"resumed yesterday", resumes + offline, []change{openSince(), broke(6*hour, offline, redriven(6, 20*hour))}},
		{"resumed a few hours ago", "", []change{openSince(), broke(6*hour, offline, redriven(1, 19*hour))}},
		{"resumed for a week", "", []change{openSince(), broke(6*hour, offline, redriven(7, day))}},
		{"an abort", "", []change{openSince(), broke(6*hour, offline, anAbort)}},
		{"an abort that failed after it", "",
			[]change{openSince(), broke(6*hour, offline), ran(5*hour, failed, offline, toAbort)}},
		{"a start that was stopped", "",
			[]change{openSince(), broke(6*hour, offline), ran(5*hour, statemachine.Aborted, "")}},
		{"a start that was refused", resumes + offline,
			[]change{openSince(), broke(6*hour, offline), ran(5*hour, failed, string(fault.TokenRefused))}},
		{"a start is at Preflight", "",
			[]change{openSince(), broke(6*hour, offline), ran(hour, statemachine.Running, "")}},
		{"it runs", "", []change{openSince(running), broke(6*hour, offline)}},
		{"a step may be at work", "", []change{openSince(leased), broke(6*hour, offline)}},
		{"forgotten", "", []change{openSince()}},
		{"a retirement's outage", "", []change{beingRetired, stopped, broke(6*hour, offline)}},
		{"an outage that lasts", "",
			[]change{openSince(), broke(6*hour, offline), silent(FromQovery, fault.Unreachable)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			facts := world(append([]change{daily}, test.changes...)...)
			if got := told(facts.deed()); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// told is a deed in a line.
func told(d Deed) string {
	switch {
	case d.Redrive != "":
		return "redrive " + d.Redrive[strings.LastIndex(d.Redrive, ":")+1:] + " " + d.Error
	case d.Start == nil:
		return ""
	case !d.Start.Scheduled || rotation.KeyID(d.Start.Key) != keyN:
		return "start for another key"
	}
	return "start " + dueName(d.Start.Target, morning) + " " + d.Start.NotBefore.Format(time.RFC3339) + " " + d.Error
}

// What the audit starts is reported once, and every day where it was refused.
func TestStartsUntilOneBegins(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(daily, user(active(keyN, 90*day)))})
	const started = "production: the audit started the rotation of the key AKIANEWNEWNEWNEWNEW2"
	a.told(t, started)
	if want := `production-due-20260803 {"target":"production","scheduled":true,` +
		`"key":"AKIANEWNEWNEWNEWNEW2","notBefore":"2026-08-03T08:00:00Z"}`; a.began[0] != want {
		t.Errorf("began %s, want %s", a.began[0], want)
	}
	if log := a.logged.String(); !strings.Contains(log, `"key":"****NEW2"`) || strings.Contains(log, string(keyN)) {
		t.Errorf("logged %s", log)
	}
	for _, next := range []struct {
		last  *statemachine.Execution
		began int
		told  []string
	}{
		{execution(hour, statemachine.Running, "", byAudit), 1, nil}, // it waits
		{execution(day, failed, string(fault.ClustersLocked), byAudit), 2, []string{started}},
		{execution(day, failed, string(fault.ClustersLocked), byAudit), 3, []string{started}},
		{execution(day, failed, string(fault.ClustersBusy), byAudit), 4, []string{started}},
		{execution(day, failed, string(fault.TokenRefused), byAudit), 4, nil}, // of which there is a notice
	} {
		a.recent = []*statemachine.Execution{next.last}
		a.told(t, next.told...)
		if len(a.began) != next.began {
			t.Errorf("after %s: began %q", next.last.Error, a.began)
		}
	}
}

// What the audit resumes is reported once, and again when it is given up.
func TestResumes(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(openSince())})
	const left, resumed = "production: a rotation was left open", "production: the audit resumed a rotation"
	for _, next := range []struct {
		redrives int
		inFail   bool
		began    int
		told     []string
	}{
		{0, false, 1, []string{resumed}}, {6, false, 2, nil}, {7, false, 2, []string{left}}, {1, true, 2, nil},
	} {
		x := execution(7*hour, failed, string(fault.Unreachable))
		x.Redrives, x.RedrivenAt = next.redrives, ago(day)
		a.recent, a.inFail = []*statemachine.Execution{x}, next.inFail
		a.told(t, next.told...)
		if len(a.began) != next.began {
			t.Errorf("%d redrives: began %q", next.redrives, a.began)
		}
	}
}

// What cannot be read or begun is no reason to say that all is well, nor that it began.
func TestCannotBegin(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(daily, user(active(keyN, 90*day)))})
	a.refuses = fault.Errorf(fault.AccessDenied, "AWS denies states:StartExecution")
	if err := a.audit(t, t.Context()); !fault.HasCode(err, fault.AccessDenied) {
		t.Error(err)
	}
	a.wasTold(t)
	a.cannot = fault.Errorf(fault.AccessDenied, "AWS denies states:ListExecutions")
	a.told(t, "CHECK production: the target's executions could not be read")
	if len(a.began) != 1 {
		t.Errorf("began %q", a.began)
	}
}
