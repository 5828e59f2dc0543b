package explorer

import (
	"slices"
	"strings"
	"testing"
)

// found are schedules under which a defeated rule shows.
var found = map[string]string{
	"no-lock":            "one: journal.Save#3 stop-start",
	"held-nowhere":       "one: GracePeriod#1 stop, GracePeriod#2 put-old",
	"no-copies":          "variables:",
	"all-deployed":       "one: qovery.POST /cluster/deploy#1 fail-before",
	"slow-clock":         "one:",
	"always-inactive":    "one: ObservationPeriod#1 activate-old",
	"all-ours":           "one: iam.CreateAccessKey#1 fail-before:45m0s, DiscardKey#1 create-key",
	"own-time":           "one: CreateKey#1 clock-ahead:5m0s, iam.CreateAccessKey#1 fail-after",
	"refused-puts":       "one: qovery.PUT /aws/credentials#1 land-late:9m0s",
	"forgotten-attempts": "one: iam.CreateAccessKey#1 fail-before:45m0s, iam.CreateAccessKey#2 fail-after",
	"quoted-secret":      "one: staging.Put#2 fail-before",
	"unread-is-empty":    "one: GracePeriod#1 put-old, qovery.GET /cluster#9 malformed",
	"deactivated-by-us":  "one: GracePeriod#1 deactivate-old, CheckUsage#1 stop",
	"always-alarmed":     "one:",
	"start-again":        "one:",
	"untold":             "one: iam.CreateAccessKey#1 deny:45m0s",
	"all-is-well":        "one: IsDeployed#1 delete-new",
	"own-clock":          "one: DeployClusters#1 clock-behind:5m0s",

	"retired-unheld": "retire: ObservationPeriod#1 put-old",

	"points-only":      "migrate:",
	"registries-first": "migrate:",

	"healthy-environments": "migrate: WaitForDeployment#6 fail-environment",

	"retired-pointed": "retire-after-move: ObservationPeriod#1 put-old",

	"forgotten-leak":  "one: ObservationPeriod#1 leak-old, VerifyDeployment#1 abort",
	"leak-of-another": "one:",

	"claims-what-it-found": "one: GracePeriod#1 delete-old",

	"unproved-regions": "denied:",
	"unproved-staging": "one: staging.Put#1 fail-before:45m0s",

	"unseen-quarantine":  "one: Preflight#1 stop, Preflight#2 quarantine",
	"unseen-restriction": "one: Preflight#1 stop, Preflight#2 restrict",

	"resumed-after-a-stop": "audited: GracePeriod#1 stop",
	"always-due":           "one: RotationComplete#1 stop, RotationComplete#2 come-for",
}

// TestDefeatedRules: each defeated rule does the harm that it keeps off, under a
// schedule that does none while the rule holds. That exploration comes upon such
// schedules by itself is for 'rotate explore --mutations'.
func TestDefeatedRules(t *testing.T) {
	rules := map[int]bool{}
	for _, m := range Mutations {
		rules[m.Rule] = true
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			schedule, err := Parse(found[m.Name])
			if err != nil {
				t.Fatal(err)
			}
			if broken := mustPlay(t, schedule, m.Lens); !broken.shows(m.Shows) || !broken.AllFired() {
				t.Errorf("the rule is defeated, and %q does not show: %q, not come to pass: %v", m.Shows, broken.Wrong,
					broken.Missed())
			}
			if whole := mustPlay(t, schedule, nil); len(whole.Wrong) > 0 {
				t.Errorf("the rule holds, and still: %q", whole.Wrong)
			}
		})
	}
	if len(rules) != 15 || len(found) != len(Mutations) {
		t.Errorf("%d rules are defeated by %d mutations, of which %d are tested", len(rules), len(Mutations), len(found))
	}
}

func mustPlay(t *testing.T, s Schedule, lens Lens) Result {
	t.Helper()
	result, err := Play(s, lens)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestFind: exploration comes upon a defeated rule, and makes what it found short.
func TestFind(t *testing.T) {
	for _, m := range Mutations {
		if m.Name != "quoted-secret" {
			continue
		}
		finding, err := m.Find(t.Context())
		if err != nil || finding.Rule != 7 || finding.Played == 0 ||
			!slices.ContainsFunc(finding.Wrong, func(wrong string) bool { return strings.Contains(wrong, m.Shows) }) {
			t.Errorf("%+v, %v", finding, err)
		}
		if s, err := Parse(finding.Schedule); err != nil || len(s.Faults) != 1 {
			t.Errorf("the shortest schedule is %q, %v", finding.Schedule, err)
		}
	}
}

func TestShrink(t *testing.T) {
	var lens Lens
	for _, m := range Mutations {
		if m.Name == "always-inactive" {
			lens = m.Lens
		}
	}
	long, err := Parse("waves seed=9: iam.ListAccessKeys#1 hang, DeployClusters#2 answer-lost, ObservationPeriod#1 " +
		"activate-old")
	if err != nil {
		t.Fatal(err)
	}
	short, err := Shrink(long, lens, "which was Active")
	if err != nil || short.String() != "one: ObservationPeriod#1 activate-old" {
		t.Errorf("%q, %v", short, err)
	}
	unharmed, err := Shrink(long, nil, "")
	if err != nil || unharmed.String() != long.String() {
		t.Errorf("where nothing goes wrong, there is nothing to shrink: %q, %v", unharmed, err)
	}
	if v, err := (Violation{Schedule: long.String()}).Shrink(); err != nil || v.Schedule != long.String() ||
		len(v.Wrong) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := (Violation{Schedule: "nowhere"}).Shrink(); err == nil {
		t.Error("a violation of no schedule is shrunk")
	}
}
