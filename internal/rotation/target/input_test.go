package target

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

func TestParseInput(t *testing.T) {
	hours := func(h int) *Duration { d := Duration(time.Duration(h) * time.Hour); return &d }
	for _, test := range []struct {
		input string
		want  Input
		says  string // why it is refused
	}{
		{`{"target": "production"}`, Input{Target: "production"}, ""},
		{`{"target": "production", "dryRun": true}`, Input{Target: "production", DryRun: true}, ""},
		{`{"target": "production", "abort": true}`, Input{Target: "production", Abort: true}, ""},
		{`{"target": "production", "gracePeriod": "4h", "maxGraceExtension": "48h"}`,
			Input{Target: "production", GracePeriod: hours(4), MaxGraceExtension: hours(48)}, ""},
		{`{"target": "production", "idleFor": null}`, Input{Target: "production"}, ""},

		{`{"target": "production", "scheduled": true, "key": "AKIAIOSFODNN7EXAMPLE", "notBefore": "2026-01-13T08:00:00Z"}`,
			Input{Target: "production", Scheduled: true, Key: "AKIAIOSFODNN7EXAMPLE",
				NotBefore: time.Date(2026, 1, 13, 8, 0, 0, 0, time.UTC)}, ""},

		{`{"target": "production", "retire": "AKIAIOSFODNN7EXAMPLE", "dryRun": true}`,
			Input{Target: "production", Retire: "AKIAIOSFODNN7EXAMPLE", DryRun: true}, ""},
		{`{"target": "production", "retire": "AKIAIOSFODNN7EXAMPLE", "abort": true}`, Input{}, "beside retire"},
		{`{"target": "production", "retire": "AKIAIOSFODNN7EXAMPLE", "scheduled": true}`, Input{}, "beside retire"},
		{`{"target": "production", "retire": "AKIAIOSFODNN7EXAMPLE", "gracePeriod": "4h"}`, Input{}, "beside retire"},
		{`{"target": "production", "retire": true}`, Input{}, "retire"},
		{`{"target": "production", "Retire": "AKIAIOSFODNN7EXAMPLE"}`, Input{}, "Retire: is no field"},

		{`{"target": "production", "migrateTo": "aws-role", "first": "staging", "soak": "2h"}`,
			Input{Target: "production", MigrateTo: "aws-role", First: "staging", Soak: hours(2)}, ""},
		{`{"target": "production", "migrateTo": "aws-role", "abort": true}`, Input{}, "beside migrateTo"},
		{`{"target": "production", "migrateTo": "aws-role", "gracePeriod": "4h"}`, Input{}, "beside migrateTo"},
		{`{"target": "production", "migrateTo": "aws-role", "scheduled": true}`, Input{}, "beside migrateTo"},
		{`{"target": "production", "first": "staging"}`, Input{}, "first or soak without migrateTo"},
		{`{"target": "production", "soak": "2h"}`, Input{}, "first or soak without migrateTo"},

		{`{"target": "production", "notBefore": "tomorrow"}`, Input{}, "notBefore"},
		{`{"target": "production", "notBefore": 1768291200}`, Input{}, "notBefore"},
		{`{"target": "production", "abort": true, "scheduled": true}`, Input{},
			"beside abort, dryRun or leaked"},
		{`{"target": "production", "abort": true, "notBefore": "2026-01-13T08:00:00Z"}`, Input{},
			"beside abort, dryRun or leaked"},

		{`{"target": "production", "dryRun": true, "scheduled": true}`, Input{},
			"beside abort, dryRun or leaked"},

		{`{}`, Input{}, `names no target in "target"`},
		{`null`, Input{}, "it is null, not an object"},
		{`{"target": ""}`, Input{}, `names no target`},
		{`{"target": "Production"}`, Input{}, `names no target`},
		{`{"target": "../../other"}`, Input{}, `names no target`},
		{`{"target": 1}`, Input{}, "target"},
		{`{"target": "production", "dryrn": true}`, Input{}, "dryrn: is no field that is known"},
		// an execution can't redirect the API
		{`{"target": "production", "apiUrl": "https://example.com"}`, Input{}, "apiUrl: is no field that is known"},
		{`{"target": "production", "maxDeployAttempts": 5}`, Input{}, "maxDeployAttempts: is no field that is known"},
		{`{"target": "production", "dryRun": "yes"}`, Input{}, "dryRun"},
		{`{"target": "production", "gracePeriod": "4 hours"}`, Input{}, "gracePeriod"},
		{`{"target": "production", "gracePeriod": 4}`, Input{}, "gracePeriod"},
		{`{"target": "production"} {}`, Input{}, "more than one JSON value"},
		{`{"target": "production"`, Input{}, "EOF"},
		{``, Input{}, "it is empty"},
		{"{\"target\": \"production\"}\x00", Input{}, "has more than its JSON value"},

		// Another program would read these otherwise.
		{`{"Target": "production"}`, Input{}, "Target: is no field"},
		{`{"target": "production", "dryRun": true, "DryRun": false}`, Input{}, "DryRun: is no field"},
		{`{"target": "production", "dryRun": true, "dryRun": false}`, Input{}, "dryRun: is there more than once"},
		{`{"target": "production", "leaked": {"key": "AKIAIOSFODNN7EXAMPLE", "how": "atOnce"}}`,
			Input{Target: "production", Leaked: &Leaked{"AKIAIOSFODNN7EXAMPLE", AtOnce}}, ""},
		{`{"target": "production", "leaked": {"key": "AKIAIOSFODNN7EXAMPLE", "how": "now"}}`, Input{},
			"neither afterDeployment"},
		{`{"target": "production", "leaked": {"key": "AKIAIOSFODNN7EXAMPLE"}}`, Input{}, "neither afterDeployment"},
		{`{"target": "production", "leaked": {"how": "atOnce"}}`, Input{}, "names no key"},
		{`{"target": "production", "leaked": "AKIAIOSFODNN7EXAMPLE"}`, Input{}, "leaked: is a string"},
		{`{"target": "production", "leaked": {"key": "AKIAIOSFODNN7EXAMPLE", "how": "atOnce", "why": ""}}`, Input{},
			"leaked.why: is no field"},
		{`{"target": "production", "abort": true, "leaked": {"key": "AKIAIOSFODNN7EXAMPLE", "how": "atOnce"}}`, Input{},
			"leaked beside abort"},
		{`{"target": "production", "scheduled": true, "leaked": {"key": "AKIAIOSFODNN7EXAMPLE", "how": "atOnce"}}`, Input{},
			"a person's"},
		{`{"target": "production", "target": "staging"}`, Input{}, "target: is there more than once"},
		{`{"target": "production", "gracePeriod": "4h", "graceperiod": "24h"}`, Input{}, "graceperiod: is no field"},
		{`{"target": "production", "dryRun": null}`, Input{}, "dryRun: is null"},
		{`"production"`, Input{}, "it is a string, not an object"},
	} {
		t.Run(test.input, func(t *testing.T) {
			got, err := ParseInput(json.RawMessage(test.input))
			if test.says == "" {
				wantCode(t, err, "")
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				return
			}
			wantCode(t, err, fault.InvalidInput)
			if err != nil {
				wantText(t, err.Error(), test.says, `A right one is {"target": "production"}.`)
			}
		})
	}
}

// Input can lengthen a protection, never shorten it, and never beyond what a
// target may say.
func TestApply(t *testing.T) {
	target, err := Parse(configured(t, `gracePeriod="4h"`, `maxGraceExtension="24h"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		override string
		changed  func(*Target) *Duration
		want     time.Duration
		says     string
	}{
		{`{}`, grace, 4 * time.Hour, ""},
		{`"gracePeriod": "4h"`, grace, 4 * time.Hour, ""},
		{`"gracePeriod": "4h0m1s"`, grace, 4*time.Hour + time.Second, ""},
		{`"gracePeriod": "24h"`, grace, 24 * time.Hour, ""},
		{`"gracePeriod": "24h1s"`, nil, 0, "gracePeriod: 24h0m1s is not 2h to 24h"},
		{`"gracePeriod": "3h59m59s"`, nil, 0, "gracePeriod 3h59m59s is shorter than the target's 4h"},
		{`"gracePeriod": "0s"`, nil, 0, "gracePeriod 0s is shorter than the target's 4h"},
		{`"gracePeriod": "-4h"`, nil, 0, "gracePeriod -4h is shorter"},
		{`"idleFor": "4h"`, idleFor, 4 * time.Hour, ""},
		{`"idleFor": "4h1m"`, nil, 0, "idleFor: 4h1m is not 15m to 4h"},
		{`"idleFor": "59m"`, nil, 0, "idleFor 59m is shorter than the target's 1h"},
		{`"gracePeriod": "6h", "idleFor": "6h"`, idleFor, 6 * time.Hour, ""},
		{`"maxGraceExtension": "168h"`, extension, 168 * time.Hour, ""},
		{`"maxGraceExtension": "168h1s"`, nil, 0, "maxGraceExtension: 168h0m1s is not 0s to 168h"},
		{`"maxGraceExtension": "23h"`, nil, 0, "maxGraceExtension 23h is shorter"},
		{`"observationPeriod": "24h"`, observation, 24 * time.Hour, ""},
		{`"observationPeriod": "29m"`, nil, 0, "observationPeriod 29m is shorter"},
		{`"deploymentTimeout": "12h"`, timeout, 12 * time.Hour, ""},
		{`"deploymentTimeout": "1h"`, nil, 0, "deploymentTimeout 1h is shorter"},
		{`"deploymentTimeout": "13h"`, nil, 0, "deploymentTimeout: 13h is not 30m to 12h"},
		{`"retire": "AKIAIOSFODNN7EXAMPLE"`, observation, 168 * time.Hour, ""},
		{`"retire": "AKIAIOSFODNN7EXAMPLE"`, idleFor, 336 * time.Hour, ""},
		{`"retire": "AKIAIOSFODNN7EXAMPLE", "observationPeriod": "24h"`, observation, 24 * time.Hour, ""},
		{`"retire": "AKIAIOSFODNN7EXAMPLE", "observationPeriod": "720h"`, observation, 720 * time.Hour, ""},
		{`"retire": "AKIAIOSFODNN7EXAMPLE", "observationPeriod": "23h59m"`, nil, 0, "23h59m is not 24h to 720h"},
		{`"retire": "AKIAIOSFODNN7EXAMPLE", "observationPeriod": "720h1s"`, nil, 0, "720h0m1s is not 24h to 720h"},
		{`"migrateTo": "aws-role"`, observation, time.Hour, ""},
		{`"migrateTo": "aws-role", "soak": "168h"`, observation, 168 * time.Hour, ""},
		{`"migrateTo": "aws-role", "soak": "59m"`, nil, 0, "soak 59m is not 1h to 168h"},
		{`"migrateTo": "aws-role", "soak": "168h1s"`, nil, 0, "soak 168h0m1s is not 1h to 168h"},
		{`"idleFor": "1m", "observationPeriod": "1m"`, nil, 0,
			"idleFor 1m is shorter than the target's 1h; observationPeriod 1m is shorter than the target's 30m"},
	} {
		t.Run(test.override, func(t *testing.T) {
			input, err := ParseInput(json.RawMessage(strings.Replace(`{"target": "production", `+
				strings.Trim(test.override, "{}")+`}`, ", }", "}", 1)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := input.Apply(target)
			if test.says != "" {
				wantCode(t, err, fault.InvalidInput)
				wantText(t, err.Error(), test.says)
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("more than one line: %v", err)
				}
				return
			}
			wantCode(t, err, "")
			if err != nil {
				return
			}
			if d := test.changed(&got); time.Duration(*d) != test.want {
				t.Errorf("the period is %s, want %s", d, test.want)
			}
			if target.GracePeriod != Duration(4*time.Hour) || target.IdleFor != Duration(time.Hour) {
				t.Error("the target itself has changed")
			}
		})
	}
}

func grace(t *Target) *Duration       { return &t.GracePeriod }
func idleFor(t *Target) *Duration     { return &t.IdleFor }
func extension(t *Target) *Duration   { return &t.MaxGraceExtension }
func observation(t *Target) *Duration { return &t.ObservationPeriod }
func timeout(t *Target) *Duration     { return &t.DeploymentTimeout }

func FuzzParseInput(f *testing.F) {
	f.Add([]byte(`{"target": "production", "dryRun": true, "gracePeriod": "2h30m"}`))
	f.Add([]byte(`{"target": "production", "abort": true, "idleFor": "-1.5h", "observationPeriod": "9e9s"}`))
	f.Add([]byte(`{"TARGET": "a"}{`))
	target, err := Parse([]byte(aTarget))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		input, err := ParseInput(data)
		if err != nil {
			wantCode(t, err, fault.InvalidInput)
			return
		}
		back, err := ParseInput(json.RawMessage(asJSON(t, input)))
		if err != nil {
			t.Fatalf("written, and not accepted: %v", err)
		}
		if !reflect.DeepEqual(back, input) {
			t.Errorf("came back as %+v, was %+v", back, input)
		}
		applied, err := input.Apply(target)
		if err != nil {
			wantCode(t, err, fault.InvalidInput)
			return
		}
		if input.Retire != "" {
			return // whose timings are its own
		}
		if err := applied.Check(); err != nil {
			t.Errorf("applied, and does not pass the target's check: %v", err)
		}
		if applied.GracePeriod < target.GracePeriod || applied.IdleFor < target.IdleFor ||
			applied.ObservationPeriod < target.ObservationPeriod {
			t.Errorf("an input has shortened a period: %+v", applied.Timings)
		}
	})
}
