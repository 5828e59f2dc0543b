// Package target is what there is to rotate, as people configure it (target.go), and
// what an execution may say of it (input.go).
package target

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/strictjson"
	"qovery-key-rotation/internal/words"
)

// Target is one named thing to rotate: an IAM user, the Qovery organization
// that holds its key, and the timings. It is configured in rotation.json and deployed
// as one SSM parameter; ParseTarget checks it at both ends.
type Target struct {
	Name           string   `json:"name"`
	IAMUserName    string   `json:"iamUserName"`
	IAMUserPath    string   `json:"iamUserPath"`
	OrganizationID string   `json:"organizationId"`
	TokenParameter string   `json:"tokenParameter"` // name of the SecureString with Qovery's API token
	Schedule       Schedule `json:"schedule"`
	Timings
	MaxDeployAttempts int          `json:"maxDeployAttempts"` // for each cluster, 1 to 5
	Verification      Verification `json:"verification"`
	// UndeployedChanges says what becomes of changes that somebody has saved for a
	// cluster and not deployed: a deployment rolls them out.
	UndeployedChanges UndeployedChanges `json:"undeployedChanges"`
	// ids of locations that a person changes by hand
	HandledElsewhere []string `json:"handledElsewhere,omitempty"`
	// ids of clusters that a person answers for: half deleted, say, or broken on purpose
	ClustersHandledElsewhere []string `json:"clustersHandledElsewhere,omitempty"`
	Freeze                   []Freeze `json:"freeze,omitempty"`      // when no rotation begins
	AlertEmails              []string `json:"alertEmails,omitempty"` // who is notified of it beside all others
	// LookInVariables: the audit also looks for the key's id where no rotation changes it,
	// in plain variables and the settings of services.
	LookInVariables bool   `json:"lookInVariables,omitempty"`
	Account         string `json:"account"` // twelve digits; empty: the CLI's
	Region          string `json:"region"`  // empty: the CLI's
}

// Timings are the periods that protect production. An execution's input may
// lengthen them and never shorten them.
type Timings struct {
	GracePeriod Duration `json:"gracePeriod"` // both keys valid after the last deployment: 2h to 24h
	// the old key unused before it is deactivated: 15m to the grace period
	IdleFor Duration `json:"idleFor"`
	// how long a used old key may prolong the grace period: up to 7 days
	MaxGraceExtension Duration `json:"maxGraceExtension"`
	ObservationPeriod Duration `json:"observationPeriod"` // the old key Inactive before it is deleted: 5m to 24h
	DeploymentTimeout Duration `json:"deploymentTimeout"` // for each wave: 15m for each attempt, to 12h
}

// MostAttempts is how often a cluster may be told to deploy.
const MostAttempts = 5

// PerAttempt is the room that a wave's timeout leaves for each attempt: until it
// is clear that nothing shows, and until the next look after that.
const PerAttempt = 15 * time.Minute

// LongestTimeout is the longest that a wave may take.
const LongestTimeout = 12 * time.Hour

// Schedule says when rotations start by themselves.
type Schedule struct {
	RateDays              int    `json:"rateDays"`              // 7 to 365
	StartAt               string `json:"startAt"`               // RFC 3339 with offset: an anchor, possibly long past
	FlexibleWindowMinutes int    `json:"flexibleWindowMinutes"` // 0 to 1440
	Enabled               bool   `json:"enabled"`
}

const (
	// UsualAgeLimit is the age at which CIS and Security Hub count an Active key.
	UsualAgeLimit = 90 * 24 * time.Hour
	// ComplyingDays between rotations keep keys below that: they leave room for the overlap of
	// both, and are always the same weekday.
	ComplyingDays = 84
)

// Verification says whether a cluster is deployed once more while the old key is Inactive.
type Verification string

// Kinds of verification.
const (
	VerifyNone   Verification = "none"
	VerifyCanary Verification = "canary"
)

// UndeployedChanges says whether a rotation may roll out what was saved and not deployed.
type UndeployedChanges string

// What is done about undeployed changes.
const (
	DeployUndeployed UndeployedChanges = "deploy"
	RefuseUndeployed UndeployedChanges = "refuse"
)

// Default has the default of every field that has one.
func Default() Target {
	return Target{
		IAMUserPath:    "/",
		TokenParameter: "/qovery-key-rotation/qovery-token",
		Schedule:       Schedule{RateDays: 90, FlexibleWindowMinutes: 60, Enabled: true},
		Timings: Timings{
			GracePeriod:       Duration(2 * time.Hour),
			IdleFor:           Duration(time.Hour),
			MaxGraceExtension: Duration(24 * time.Hour),
			ObservationPeriod: Duration(30 * time.Minute),
			DeploymentTimeout: Duration(2 * time.Hour),
		},
		MaxDeployAttempts: 2,
		Verification:      VerifyCanary,
		UndeployedChanges: DeployUndeployed,
	}
}

// Example has a right value for every field. Mistakes show them.
func Example() Target {
	target := Default()
	target.Name = "production"
	target.IAMUserName = "qovery"
	target.OrganizationID = "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
	target.Schedule.StartAt = "2026-01-13T09:00:00+01:00"
	target.HandledElsewhere = []string{"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"}
	target.ClustersHandledElsewhere = []string{"c8e1f0a3-5b7d-4c29-9e64-17d2ab90f3c5"}
	target.Freeze = []Freeze{{"2026-12-20T00:00:00+01:00", "2027-01-04T00:00:00+01:00", "Year's end"}}
	target.AlertEmails = []string{"team@example.com"}
	target.LookInVariables = true
	target.Account = "123456789012"
	target.Region = "eu-west-3"
	return target
}

// Parse reads a target strictly, fills in the defaults and checks every
// field. The error names each field that is wrong, says what is, and gives a
// right example.
func Parse(data []byte) (Target, error) {
	target := Default()
	if mistakes := strictjson.Read("", data, &target, Example()); len(mistakes) > 0 {
		return Target{}, strictjson.Err(mistakes)
	}
	if err := target.Check(); err != nil {
		return Target{}, err
	}
	return target, nil
}

// Misconfigured says what is wrong with a target as it is deployed.
func Misconfigured(format string, values ...any) *fault.Error {
	return fault.Errorf(fault.InvalidInput, format, values...).
		Advise("Correct the target in rotation.json, and deploy the stack")
}

// Mistake is one mistake in a configuration or an input.
type Mistake = strictjson.Mistake

// Check checks every field. All mistakes are joined into one error.
func (t Target) Check() error {
	var found mistakes
	found.check("name", t.Name, nameProblem(t.Name), `"production"`)
	found.check("iamUserName", t.IAMUserName, userNameProblem(t.IAMUserName), `"qovery"`)
	found.check("iamUserPath", t.IAMUserPath, userPathProblem(t.IAMUserPath), `"/automation/"`)
	found.check("organizationId", t.OrganizationID, uuidProblem(t.OrganizationID),
		`"6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"`)
	found.check("tokenParameter", t.TokenParameter, SecretParameterProblem(t.TokenParameter, t.Region),
		`"/qovery-key-rotation/qovery-token"`)
	found.check("account", t.Account, accountProblem(t.Account), `"123456789012"`)
	found.check("region", t.Region, RegionProblem(t.Region), `"eu-west-3"`)
	if t.Verification != VerifyNone && t.Verification != VerifyCanary {
		found.add("verification", words.Quote(string(t.Verification))+" is neither none nor canary", `"canary"`)
	}
	if t.UndeployedChanges != DeployUndeployed && t.UndeployedChanges != RefuseUndeployed {
		found.add("undeployedChanges", fmt.Sprintf("%q is neither deploy nor refuse", t.UndeployedChanges), `"refuse"`)
	}
	if t.MaxDeployAttempts < 1 || t.MaxDeployAttempts > MostAttempts {
		found.add("maxDeployAttempts", fmt.Sprintf("%d is not 1 to %d", t.MaxDeployAttempts, MostAttempts), "2")
	}
	found.checkIDs("handledElsewhere", t.HandledElsewhere, `"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"`)
	found.checkIDs("clustersHandledElsewhere", t.ClustersHandledElsewhere, `"c8e1f0a3-5b7d-4c29-9e64-17d2ab90f3c5"`)
	found = append(found, checkFreezes(t.Freeze)...)
	found = append(found, t.Schedule.check()...)
	found = append(found, t.Timings.check(t.MaxDeployAttempts)...)
	return errors.Join(found...)
}

// mistakes are those of a target.
type mistakes []error

func (m *mistakes) add(field, problem, example string) {
	*m = append(*m, &Mistake{Field: field, Problem: problem, Example: example})
}

// check adds what is wrong with a text, if anything is. In the place of its
// parameter's name there may be the token itself, which is not to be shown.
func (m *mistakes) check(field, value, problem, example string) {
	switch {
	case problem == "":
	case value == "":
		m.add(field, "is required", example)
	case field == "tokenParameter" && !strings.HasPrefix(value, "/"):
		m.add(field, problem, example)
	default:
		m.add(field, words.Quote(value)+" "+problem, example)
	}
}

func (m *mistakes) checkIDs(field string, ids []string, example string) {
	for i, id := range ids {
		m.check(fmt.Sprintf("%s[%d]", field, i), id, uuidProblem(id), example)
	}
}

func (s Schedule) check() (found mistakes) {
	if s.RateDays < 7 || s.RateDays > 365 {
		found.add("schedule.rateDays", fmt.Sprintf("%d is not 7 to 365", s.RateDays), "90")
	}
	if s.FlexibleWindowMinutes < 0 || s.FlexibleWindowMinutes > 1440 {
		found.add("schedule.flexibleWindowMinutes", fmt.Sprintf("%d is not 0 to 1440", s.FlexibleWindowMinutes), "60")
	}
	found.check("schedule.startAt", s.StartAt, startAtProblem(s.StartAt), `"2026-01-13T09:00:00+01:00"`)
	return found
}

func (t Timings) check(attempts int) []error {
	var mistakes []error
	between := func(field string, value, low, high Duration, example string) {
		if value < low || value > high {
			mistakes = append(mistakes,
				&Mistake{Field: field, Problem: fmt.Sprintf("%s is not %s to %s", value, low, high), Example: example})
		}
	}
	hour, minute := Duration(time.Hour), Duration(time.Minute)
	between("gracePeriod", t.GracePeriod, 2*hour, 24*hour, `"2h"`)
	between("idleFor", t.IdleFor, 15*minute, max(t.GracePeriod, 15*minute), `"1h"`)
	between("maxGraceExtension", t.MaxGraceExtension, 0, 7*24*hour, `"24h"`)
	between("observationPeriod", t.ObservationPeriod, 5*minute, 24*hour, `"30m"`)
	shortest := Duration(PerAttempt) * Duration(min(max(attempts, 1), MostAttempts))
	if t.DeploymentTimeout < shortest || t.DeploymentTimeout > Duration(LongestTimeout) {
		problem := fmt.Sprintf("%s is not %s to 12h: at least %s for each of maxDeployAttempts", t.DeploymentTimeout,
			shortest, Duration(PerAttempt))
		mistakes = append(mistakes, &Mistake{Field: "deploymentTimeout", Problem: problem, Example: `"2h"`})
	}
	return mistakes
}

// LongestRun is the longest that a rotation takes which nothing ends: a day until
// clusters are at rest; both waves and the grace period, three times when it has to
// go back; the longest extension, the observation and the verification.
func (t Timings) LongestRun() time.Duration {
	const waves, rounds = 2, 3
	round := waves*t.DeploymentTimeout + t.GracePeriod
	return 24*time.Hour + time.Duration(rounds*round+t.MaxGraceExtension+t.ObservationPeriod+t.DeploymentTimeout)
}

// DueAt is the age of a key from which on a scheduled run rotates it: one that is
// younger stays under the limit until the next scheduled run has ended.
func (t Target) DueAt(limit time.Duration) time.Duration {
	return limit - time.Duration(t.Schedule.RateDays)*24*time.Hour - t.LongestRun()
}

// Begins is when the rotation of a key begins by itself, given the schedule's next run: with
// the first run that finds the key due, or at the time of day after the audit finds it as
// old as the schedule lets one become.
func (t Target) Begins(run, created, audited time.Time, limit time.Duration) time.Time {
	const day = 24 * time.Hour
	period := time.Duration(t.Schedule.RateDays) * day
	for run.Sub(created) < t.DueAt(limit) {
		run = run.Add(period)
	}
	if old := created.Add(period); old.After(audited) {
		audited = old
	}
	daily := t.Schedule
	daily.RateDays = 1
	if begins, err := daily.FirstRun(audited); err == nil && run.Sub(begins) > day { // else it is left to the schedule
		run = begins
	}
	for t.FrozenAt(run) != nil { // then the audit tries every day
		run = run.Add(day)
	}
	return run
}

// Expression is the schedule as EventBridge Scheduler writes it: "rate(90 days)".
func (s Schedule) Expression() string { return fmt.Sprintf("rate(%d days)", s.RateDays) }

// minimumLead is how far ahead a schedule's first run lies at least, so that
// it is still ahead when the deployment arrives there.
const minimumLead = 10 * time.Minute

// FirstRun is the first startAt + n * rateDays that lies at least ten minutes
// ahead of now. A day is 24 hours, as EventBridge Scheduler counts rates.
func (s Schedule) FirstRun(now time.Time) (time.Time, error) {
	anchor, err := time.Parse(time.RFC3339, s.StartAt)
	if err != nil {
		return time.Time{}, fmt.Errorf("schedule.startAt: %w", err)
	}
	// In seconds: a time.Duration ends after 292 years, and a slip of the finger
	// makes an anchor older than that.
	period := int64(s.RateDays) * 24 * 60 * 60
	earliest := now.Add(minimumLead)
	if behind := earliest.Unix() - anchor.Unix(); anchor.Before(earliest) {
		anchor = time.Unix(anchor.Unix()+behind/period*period, int64(anchor.Nanosecond())).In(anchor.Location())
		if anchor.Before(earliest) {
			anchor = anchor.Add(time.Duration(period) * time.Second)
		}
	}
	return anchor, nil
}
