package target

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// aTarget is a right target with nothing but what is required.
const aTarget = `{
	"name": "production",
	"iamUserName": "qovery",
	"organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	"schedule": {"startAt": "2026-01-13T09:00:00+01:00"}
}`

// configured is that target with fields changed: "schedule.rateDays=30". An
// empty value takes a field away.
func configured(t *testing.T, changes ...string) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(aTarget), &fields); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		path, value, _ := strings.Cut(change, "=")
		in := fields
		if outer, inner, nested := strings.Cut(path, "."); nested {
			in, path = fields[outer].(map[string]any), inner
		}
		if delete(in, path); value != "" {
			in[path] = json.RawMessage(value)
		}
	}
	return []byte(asJSON(t, fields))
}

func TestTargetDefaults(t *testing.T) {
	got, err := Parse([]byte(aTarget))
	if err != nil {
		t.Fatal(err)
	}
	want := Target{
		Name: "production", IAMUserName: "qovery", IAMUserPath: "/", OrganizationID: "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
		TokenParameter: "/qovery-key-rotation/qovery-token",
		Schedule: Schedule{RateDays: 90, StartAt: "2026-01-13T09:00:00+01:00", FlexibleWindowMinutes: 60,
			Enabled: true},
		Timings: Timings{
			GracePeriod: Duration(2 * time.Hour), IdleFor: Duration(time.Hour), MaxGraceExtension: Duration(24 * time.Hour),
			ObservationPeriod: Duration(30 * time.Minute), DeploymentTimeout: Duration(2 * time.Hour),
		},
		MaxDeployAttempts: 2, Verification: VerifyCanary, UndeployedChanges: DeployUndeployed,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Every bound, just inside (want "") and just outside. What is wrong is told
// with the path of the field and a right example.
func TestTargetBounds(t *testing.T) {
	name32 := strings.Repeat("n", 32)
	user64 := strings.Repeat("u", 64)
	for _, test := range []struct{ change, want string }{
		{`name="a"`, ""},
		{`name="` + name32 + `"`, ""},
		{`name="eu-2"`, ""},
		{`name="` + name32 + `n"`, `name: "` + name32 +
			`n" is not 1 to 32 characters of a-z, 0-9 and - (for example "production")`},
		{`name="Production"`, `name: "Production" is not`},
		{`name="a b"`, `name: "a b" is not`},
		{`name="a\n"`, `name: "a\n" is not`},
		{`name="a/b"`, `name: "a/b" is not`},
		{`name=""`, `name: is required (for example "production")`},
		{`name`, `name: is required`},

		{`iamUserName="` + user64 + `"`, ""},
		{`iamUserName="a+b=c,d.e@f-g_h"`, ""},
		{`iamUserName="` + user64 + `u"`, `iamUserName: "` + user64 + `u" is no IAM user name (for example "qovery")`},
		{`iamUserName="a/b"`, `iamUserName: "a/b" is no IAM user name`},
		{`iamUserName`, `iamUserName: is required`},
		{`iamUserPath="/"`, ""},
		{`iamUserPath="/automation/qovery/"`, ""},
		{`iamUserPath="automation/"`, `iamUserPath: "automation/" does not begin and end with a slash (for example ` +
			`"/automation/")`},
		{`iamUserPath="/automation"`, `iamUserPath: "/automation" does not`},
		{`iamUserPath="//"`, `iamUserPath: "//" does not`},
		{`iamUserPath=""`, `iamUserPath: is required`},

		{`organizationId="6C4F9E2A-1D3B-4B57-9A0E-2F8D7C5B1A90"`, ""},
		{`organizationId="6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a9"`,
			`organizationId: "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a9" is no UUID (for example "`},
		{`organizationId="6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a900"`, `is no UUID`},
		{`organizationId="6c4f9e2a1d3b4b579a0e2f8d7c5b1a90"`, `is no UUID`},
		{`organizationId="6c4f9e2g-1d3b-4b57-9a0e-2f8d7c5b1a90"`, `is no UUID`},
		{`organizationId="../organization/6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"`, `is no UUID`},
		{`organizationId`, `organizationId: is required`},
		{`tokenParameter="/a"`, ""},
		{`tokenParameter="/a/b.c_d-E9"`, ""},
		{`tokenParameter="a"`, `tokenParameter: is no SSM parameter name that begins with a slash (for example ` +
			`"/qovery-key-rotation/qovery-token")`},
		{`tokenParameter="/a/"`, `is no SSM parameter name`},
		{`tokenParameter="/a b"`, `is no SSM parameter name`},
		{`tokenParameter=""`, `tokenParameter: is required`},

		{`schedule.rateDays=7`, ""},
		{`schedule.rateDays=6`, `schedule.rateDays: 6 is not 7 to 365 (for example 90)`},
		{`schedule.rateDays=365`, ""},
		{`schedule.rateDays=366`, `schedule.rateDays: 366 is not 7 to 365`},
		{`schedule.flexibleWindowMinutes=0`, ""},
		{`schedule.flexibleWindowMinutes=-1`, `schedule.flexibleWindowMinutes: -1 is not 0 to 1440 (for example 60)`},
		{`schedule.flexibleWindowMinutes=1440`, ""},
		{`schedule.flexibleWindowMinutes=1441`, `schedule.flexibleWindowMinutes: 1441 is not 0 to 1440`},
		{`schedule.enabled=false`, ""},
		{`schedule.startAt="2020-02-29T00:00:00Z"`, ""},
		{`schedule.startAt="2026-01-13T09:00:00"`, `schedule.startAt: "2026-01-13T09:00:00" is no RFC 3339 time with ` +
			`offset (for example "2026-01-13T09:00:00+01:00")`},
		{`schedule.startAt="2026-01-12 09:00:00+01:00"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-02-30T09:00:00Z"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-01-13T09:00:00+24:00"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-01-13T09:00:00+01:60"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-01-13T09:00:00,5Z"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-01-12T9:00:00Z"`, `is no RFC 3339 time with offset`},
		{`schedule.startAt="2026-01-13T09:00:00.5-23:59"`, ""},
		{`schedule.startAt`, `schedule.startAt: is required`},
		{`schedule`, `schedule.startAt: is required`},

		{`gracePeriod="2h"`, ""},
		{`gracePeriod="1h59m59s"`, `gracePeriod: 1h59m59s is not 2h to 24h (for example "2h")`},
		{`gracePeriod="24h"`, ""},
		{`gracePeriod="24h1s"`, `gracePeriod: 24h0m1s is not 2h to 24h`},
		{`idleFor="15m"`, ""},
		{`idleFor="14m59s"`, `idleFor: 14m59s is not 15m to 2h (for example "1h")`},
		{`idleFor="2h"`, ""},
		{`idleFor="2h1s"`, `idleFor: 2h0m1s is not 15m to 2h`},
		{`maxGraceExtension="0s"`, ""},
		{`maxGraceExtension="-1s"`, `maxGraceExtension: -1s is not 0s to 168h (for example "24h")`},
		{`maxGraceExtension="168h"`, ""},
		{`maxGraceExtension="168h1s"`, `maxGraceExtension: 168h0m1s is not 0s to 168h`},
		{`observationPeriod="5m"`, ""},
		{`observationPeriod="4m59s"`, `observationPeriod: 4m59s is not 5m to 24h (for example "30m")`},
		{`observationPeriod="24h"`, ""},
		{`observationPeriod="24h1s"`, `observationPeriod: 24h0m1s is not 5m to 24h`},
		{`deploymentTimeout="30m"`, ""},
		{`deploymentTimeout="29m59s"`, `deploymentTimeout: 29m59s is not 30m to 12h: at least 15m for each of ` +
			`maxDeployAttempts (for example "2h")`},
		{`deploymentTimeout="12h"`, ""},
		{`deploymentTimeout="12h1s"`, `deploymentTimeout: 12h0m1s is not 30m to 12h`},

		{`maxDeployAttempts=1`, ""},
		{`maxDeployAttempts=0`, `maxDeployAttempts: 0 is not 1 to 5 (for example 2)`},
		{`maxDeployAttempts=5`, ""},
		{`maxDeployAttempts=6`, `maxDeployAttempts: 6 is not 1 to 5`},
		{`verification="none"`, ""},
		{`verification="canary"`, ""},
		{`verification="all"`, `verification: "all" is neither none nor canary (for example "canary")`},
		{`verification=""`, `verification: "" is neither none nor canary`},
		{`handledElsewhere=[]`, ""},
		{`handledElsewhere=["0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"]`, ""},
		{`handledElsewhere=["0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12", "mine"]`,
			`handledElsewhere[1]: "mine" is no UUID (for example "`},
		{`handledElsewhere=[""]`, `handledElsewhere[0]: is required`},
		{`clustersHandledElsewhere=["0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"]`, ""},
		{`clustersHandledElsewhere=["staging"]`, `clustersHandledElsewhere[0]: "staging" is no UUID`},
		{`account="012345678901"`, ""},
		{`account=""`, ""},
		{`account="12345678901"`, `account: "12345678901" is not twelve digits (for example "123456789012")`},
		{`account="1234567890123"`, `is not twelve digits`},
		{`region="eu-west-3"`, ""},
		{`region=""`, ""},
		{`region="Paris"`, `region: "Paris" is no region of the partition aws`},

		{`colour="red"`, "colour: is no field that is known"},
		{`schedule.rate=1`, `schedule.rate: is no field that is known (for example "rateDays")`},
		{`qoveryUrl="https://example.com"`, "qoveryUrl: is no field that is known"},
	} {
		t.Run(test.change, func(t *testing.T) { wantMistake(t, parseError(configured(t, test.change)), test.want) })
	}
}

// The timeout leaves room for all attempts. Of a number of attempts that is wrong
// itself, that is the mistake.
func TestTheTimeoutHasRoomForTheAttempts(t *testing.T) {
	for _, test := range []struct {
		attempts int
		timeout  time.Duration
		want     string
	}{
		{1, 15 * time.Minute, ""},
		{1, 15*time.Minute - 1, "deploymentTimeout: 14m59.999999999s is not 15m to 12h"},
		{5, 75 * time.Minute, ""},
		{5, 75*time.Minute - 1, "is not 1h15m to 12h: at least 15m for each of maxDeployAttempts"},
		{-1, 15 * time.Minute, "maxDeployAttempts: -1 is not 1 to 5"},
		{9e9, 75 * time.Minute, "maxDeployAttempts: 9000000000 is not 1 to 5"},
	} {
		target, err := Parse(configured(t, `verification="canary"`))
		if err != nil {
			t.Fatal(err)
		}
		target.MaxDeployAttempts, target.DeploymentTimeout = test.attempts, Duration(test.timeout)
		wantMistake(t, target.Check(), test.want)
	}
}

func TestIdleForFollowsTheGracePeriod(t *testing.T) {
	for _, test := range []struct{ grace, idle, want string }{
		{`gracePeriod="5h"`, `idleFor="5h"`, ""},
		{`gracePeriod="5h"`, `idleFor="5h1m"`, "idleFor: 5h1m is not 15m to 5h"},
		{`gracePeriod="1m"`, `idleFor="15m"`, "gracePeriod: 1m is not 2h to 24h"},
	} {
		wantMistake(t, parseError(configured(t, test.grace, test.idle)), test.want)
	}
}

// Whoever wrote a configuration wants to hear of all mistakes at once, and of
// each where it is, also of values that are not even of the right kind.
func TestTargetMistakesNameTheirFields(t *testing.T) {
	err := parseError(configured(t, `name="A"`, `gracePeriod="1h"`, `schedule.rateDays=1`, `handledElsewhere=["x"]`))
	if err == nil || strings.Count(err.Error(), "(for example ") != 4 {
		t.Errorf("want four mistakes, got: %v", err)
	}
	wantMistake(t, err, "gracePeriod: 1h is not")
	for _, test := range []struct{ change, want string }{
		{`gracePeriod="2 hours"`, "gracePeriod"},
		{`gracePeriod=2`, "gracePeriod"},
		{`gracePeriod=""`, "gracePeriod"},
		{`schedule.rateDays="90"`, "schedule.rateDays"},
		{`schedule.enabled="yes"`, "schedule.enabled"},
		{`handledElsewhere="x"`, "handledElsewhere"},
	} {
		t.Run(test.change, func(t *testing.T) { wantMistake(t, parseError(configured(t, test.change)), test.want) })
	}
}

func TestTargetIsOneJSONValue(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{aTarget + "\n", ""},
		{aTarget + "{}", "more than one JSON value"},
		{aTarget + "}", "more than its JSON value"},
		{"", "it is empty"},
		{"[]", "it is a list, not an object"},
		{"null", "it is null, not an object"},
	} {
		wantMistake(t, parseError([]byte(test.data)), test.want)
	}
}

// A target is read as it is written: a name in another case, or one that comes
// twice, is read otherwise by the next program.
func TestTargetNamesAreExactAndComeOnce(t *testing.T) {
	for _, test := range []struct{ old, changed, want string }{
		{`"name"`, `"Name"`, "Name: is no field"},
		{`"startAt"`, `"startat"`, "schedule.startat: is no field"},
		{`"iamUserName"`, `"iamUserName": "other", "iamUserName"`, "iamUserName: is there more than once"},
		{`"startAt"`, `"rateDays": 30, "rateDays": 90, "startAt"`, "schedule.rateDays: is there more than once"},
		{`"schedule"`, `"gracePeriod": "12h", "GracePeriod": "2h", "schedule"`, "GracePeriod: is no field"},
	} {
		t.Run(test.changed, func(t *testing.T) {
			wantMistake(t, parseError([]byte(strings.Replace(aTarget, test.old, test.changed, 1))), test.want)
		})
	}
}

func parseError(data []byte) error {
	_, err := Parse(data)
	return err
}

func wantMistake(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("accepted, want %q", want)
	case want != "":
		wantText(t, err.Error(), want)
	}
}

func TestFirstRun(t *testing.T) {
	paris := "2026-01-12T09:00:00+01:00" // a Monday, 08:00 UTC
	for _, test := range []struct {
		name, startAt string
		rateDays      int
		now, want     string
	}{
		{"the anchor is ahead", paris, 90, "2026-01-01T00:00:00Z", "2026-01-12T08:00:00Z"},
		{"the anchor is ten minutes ahead", paris, 90, "2026-01-12T07:50:00Z", "2026-01-12T08:00:00Z"},
		{"the anchor is just under ten minutes ahead", paris, 90, "2026-01-12T07:50:00.000000001Z", "2026-04-12T08:00:00Z"},
		{"the anchor is now", paris, 90, "2026-01-12T08:00:00Z", "2026-04-12T08:00:00Z"},
		{"the second run is ten minutes ahead", paris, 90, "2026-04-12T07:50:00Z", "2026-04-12T08:00:00Z"},
		{"the second run is just under ten minutes ahead", paris, 90, "2026-04-12T07:50:01Z", "2026-07-11T08:00:00Z"},
		{"summer time changes nothing: a day is 24 hours", paris, 84, "2026-04-01T00:00:00Z", "2026-04-06T08:00:00Z"},
		{"the anchor is long past", "2000-01-01T00:00:00Z", 7, "2026-08-03T12:00:00Z", "2026-08-08T00:00:00Z"},
		{"the anchor is as long past as a slip of the finger makes it", "0026-01-12T09:00:00Z", 7, "2026-08-03T12:00:00Z",
			"2026-08-10T09:00:00Z"},
		{"the anchor is in the far future", "2999-01-01T00:00:00Z", 365, "2026-08-03T12:00:00Z", "2999-01-01T00:00:00Z"},
		{"once a year, over a leap year", "2027-03-01T00:00:00Z", 365, "2027-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339Nano, test.now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Schedule{RateDays: test.rateDays, StartAt: test.startAt}.FirstRun(now)
			if err != nil {
				t.Fatal(err)
			}
			if text := got.UTC().Format(time.RFC3339Nano); text != test.want {
				t.Errorf("first run at %s, want %s", text, test.want)
			}
		})
	}
	if _, err := (Schedule{RateDays: 7, StartAt: "soon"}).FirstRun(time.Now()); err == nil {
		t.Error("an anchor that is no time was accepted")
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add([]byte(aTarget))
	f.Add([]byte(
		`{"name": "a", "gracePeriod": "1.5h", "idleFor": "1e9h", "schedule": {"startAt": "0001-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"handledElsewhere": ["0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"], "region": "eu-west-3"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		target, err := Parse(data)
		if err != nil {
			return
		}
		if err := target.Check(); err != nil {
			t.Errorf("parsed, and does not pass its own check: %v", err)
		}
		back, err := Parse([]byte(asJSON(t, target)))
		if err != nil {
			t.Fatalf("written, and not accepted: %v", err)
		}
		if asJSON(t, back) != asJSON(t, target) {
			t.Errorf("came back as %+v, was %+v", back, target)
		}
	})
}

// However long a value is, and whatever is in it, a mistake quotes what can be read.
func TestMistakesQuoteWhatCanBeRead(t *testing.T) {
	long := strings.Repeat("\x1b[2J", 1000)
	target := Example()
	target.Name, target.IAMUserName, target.IAMUserPath, target.OrganizationID = long, long, "/"+long, long
	target.TokenParameter, target.Account, target.Region, target.Verification = "/"+long, long, long, Verification(long)
	target.Schedule.StartAt = long
	for _, line := range strings.Split(target.Check().Error(), "\n") {
		if len(line) > 900 || strings.ContainsRune(line, '\x1b') {
			t.Errorf("%d bytes: %.200q", len(line), line)
		}
	}
	var d Duration
	if err := d.UnmarshalText([]byte(long)); err == nil || len(err.Error()) > 900 {
		t.Errorf("%.200v", err)
	}
}

// A scheduled run rotates no key that stays under the limit until the next one has ended,
// and the audit starts what the schedule would leave for too long.
func TestBegins(t *testing.T) {
	const day = 24 * time.Hour
	made := Default()
	made.Schedule = Schedule{RateDays: 90, StartAt: "2026-01-12T08:00:00Z", Enabled: true}
	made.Freeze = []Freeze{{"2026-10-09T00:00:00Z", "2026-10-11T00:00:00Z", "autumn"}}
	anchor := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct{ run, created, audited, want time.Duration }{ // since the anchor
		"the schedule's own key":             {90 * day, time.Minute, day, 90 * day},
		"rotated by hand a month before":     {90 * day, 60 * day, 61 * day, 90 * day},
		"and a day before":                   {90 * day, 89 * day, 89 * day, 180 * day},
		"a key that is too old":              {90 * day, -90 * day, 10*day + time.Hour, 11 * day},
		"an hour before the schedule":        {90 * day, -90 * day, 89*day + 23*time.Hour, 90 * day},
		"frozen for two days then":           {270 * day, 180 * day, 181 * day, 272 * day},
		"refused, which a person puts right": {90 * day, -90 * day, 90 * day, 90 * day},
	} {
		begins := made.Begins(anchor.Add(test.run), anchor.Add(test.created), anchor.Add(test.audited), 97*day)
		if want := anchor.Add(test.want); !begins.Equal(want) {
			t.Errorf("%s: %s, want %s", name, begins, want)
		}
	}
}
