package rotation_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

var update = flag.Bool("update", false, "write anew what is expected of the scenarios")

// Where a story may leave the world. Keys are numbered as they were created: the
// first is the old one.
const (
	oldDeleted  = "key 2 Active and held"
	nothingDone = "key 1 Active and held"
	heldBoth    = "key 1 Active, key 2 Active and held, record open"
)

// TestLongApplicationsExtendTheGrace: what that scenario is there for.
func TestLongApplicationsExtendTheGrace(t *testing.T) {
	scenario, _ := lab.Find("long-application-deployments")
	for seed := range uint64(5) {
		setup := scenario.Setup
		setup.Seed = seed
		if path := play(t, scenario, setup).Last.Path(); !slices.Contains(path, "ExtendGrace") {
			t.Errorf("seed %d: the grace period is not extended: %v", seed, path)
		}
	}
}

// TestScenarios: what is expected of each is written below it; -update writes it anew.
//
// A dry run in any of them changes nothing.
func TestScenarios(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds(scenario) {
				setup := scenario.Setup
				setup.Seed = seed
				result := play(t, scenario, setup)
				told := result.Told
				for _, call := range result.World.Wire.Calls() {
					if call.Write && strings.HasPrefix(call.Process, "dry-run/") {
						t.Errorf("the dry run sends %s", call.Site)
					}
				}
				if *update && told != scenario.Want {
					path := "../lab/scenarios/" + scenario.Name + ".txt"
					if err := os.WriteFile(path, []byte(scenario.Text(told)), 0o600); err != nil {
						t.Fatal(err)
					}
					return
				}
				if told != scenario.Want {
					t.Errorf("seed %d: it goes\n%s\nwant\n%s", seed, told, scenario.Want)
				}
			}
		})
	}
}

// seeds are how often a scenario is played: those in folders once, in which people
// do what chance has no part in.
func seeds(scenario lab.Scenario) uint64 {
	if strings.Contains(scenario.Name, "/") {
		return 1
	}
	return 3
}

// TestSummariesClaimNoMore: a summary says of the old key what the rotation did to
// it, and of the clusters what was deployed.
func TestSummariesClaimNoMore(t *testing.T) {
	summary := func(name string) rotation.Summary {
		scenario, _ := lab.Find(name)
		result := play(t, scenario, scenario.Setup)
		var doc rotation.Document
		if err := json.Unmarshal(result.Last.Output(), &doc); err != nil || len(doc.Summaries) != 1 {
			t.Fatalf("%s: %v, %s", name, err, result.Last.Output())
		}
		return doc.Summaries[0]
	}
	if s := summary("old-key-deleted-by-hand"); !s.OldKeyInactiveAt.IsZero() || !s.OldKeyDeletedAt.IsZero() {
		t.Errorf("a person deleted the key, and the rotation says that it made it Inactive %s, and deleted it %s",
			s.OldKeyInactiveAt, s.OldKeyDeletedAt)
	}
	if s := summary("every-cluster-stopped"); s.ClustersDeployed != 0 || s.Verification != target.VerifyNone {
		t.Errorf("%d clusters were deployed, and the verification was %s", s.ClustersDeployed, s.Verification)
	}
	if s := summary("migrate/plain"); s.ClustersDeployed != 3 || s.Verification != target.VerifyNone {
		t.Errorf("a migration verifies no rotation, and says %+v", s)
	}
	if s := summary("plain"); s.OldKeyInactiveAt.IsZero() || s.OldKeyDeletedAt.IsZero() || s.ClustersDeployed != 2 ||
		s.Verification != target.VerifyCanary {
		t.Errorf("the plain rotation says %+v", s)
	}
}

// TestEffectsSayHow: what the journal says of how each goal came to be reached.
func TestEffectsSayHow(t *testing.T) {
	failing := func(site string, n int, kind lab.FaultKind) func(*lab.World) {
		return func(w *lab.World) {
			w.Wire.Injector = func(call lab.Call) lab.Fault {
				if call.Site == site && call.N == n {
					return lab.Fault{Kind: kind}
				}
				return lab.Fault{}
			}
		}
	}
	entering := func(state string, act func(*lab.World)) func(*lab.World) {
		return func(w *lab.World) {
			w.OnEvent = func(_ *lab.Run, event statemachine.Event) {
				if event.Entered() && event.State == state {
					act(w)
				}
			}
		}
	}
	before := func(site string, act func(*lab.World)) func(*lab.World) {
		return func(w *lab.World) {
			w.Wire.Injector = func(call lab.Call) lab.Fault {
				if call.Site == site && call.N == 1 {
					act(w)
				}
				return lab.Fault{}
			}
		}
	}
	type hows map[rotation.Effect]rotation.How
	for name, test := range map[string]struct {
		scenario string
		disturb  func(*lab.World)
		want     hows
	}{
		"nothing goes wrong": {"plain", nil, hows{
			rotation.Create: rotation.Did, rotation.Update: rotation.Did, rotation.Deploy: rotation.Did,
			rotation.Deactivate: rotation.Did, rotation.Verify: rotation.Did, rotation.Delete: rotation.Did,
		}},
		"a person deleted the key": {"old-key-deleted-by-hand", nil,
			hows{rotation.Deactivate: rotation.Found, rotation.Delete: rotation.Found}},
		"nothing runs": {"every-cluster-stopped", nil,
			hows{rotation.Deploy: rotation.NotNeeded, rotation.Verify: rotation.NotNeeded}},
		"a deletion without an answer": {"plain", failing("iam.DeleteAccessKey", 1, lab.FailAfter),
			hows{rotation.Delete: rotation.Unclear}},
		"a deletion that did not arrive": {"plain", failing("iam.DeleteAccessKey", 1, lab.FailBefore),
			hows{rotation.Delete: rotation.Did}},
		"a deactivation without an answer": {"plain", failing("iam.UpdateAccessKey", 1, lab.HangAfter),
			hows{rotation.Deactivate: rotation.Unclear}},
		"a deactivation that did not arrive": {"plain", failing("iam.UpdateAccessKey", 1, lab.FailBefore),
			hows{rotation.Deactivate: rotation.Did}},
		"a PUT without an answer": {"plain", failing("qovery.PUT /aws/credentials", 1, lab.KillAfter),
			hows{rotation.Update: rotation.Unclear}},
		"the secret was staged, and the answer lost": {"plain", failing("staging.Put", 2, lab.KillAfter),
			hows{rotation.Create: rotation.Unclear}},
		"a lost creation's key": {"create-answer-lost", nil, hows{rotation.Discard: rotation.Did}},
		"a person was faster to delete it": {"create-answer-lost", before("iam.DeleteAccessKey", func(w *lab.World) {
			w.IAM.DeleteByHand(lab.UserName, w.IAM.Present(lab.UserName)[1].ID)
		}), hows{rotation.Discard: rotation.Found}},
		"a person put the new key there": {"plain", entering("VerifyKey", func(w *lab.World) {
			w.PutByHand(w.Journal.Current(lab.UserName).NewKey)
		}), hows{rotation.Update: rotation.Found}},
	} {
		scenario, _ := lab.Find(test.scenario)
		result, err := scenario.Play(scenario.Setup, test.disturb)
		if err != nil || result.Outcome != scenario.Ends() {
			t.Fatalf("%s: %s, %v", name, result.Outcome, err)
		}
		var doc rotation.Document
		if err := json.Unmarshal(result.Last.Output(), &doc); err != nil {
			t.Fatal(err)
		}
		for effect, want := range test.want {
			if got := doc.Marks[effect].How; got != want {
				t.Errorf("%s: %s is %q, want %q", name, effect, got, want)
			}
		}
	}
}

// TestDryRunsChangeNothing: in the world of every story, a dry run ends without a
// single request that changes anything.
func TestDryRunsChangeNothing(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			setup := scenario.Setup
			setup.DryRun = true
			w := play(t, scenario, setup).World
			path := stops(w.Runs()[0].Path())
			if len(w.Runs()) != 1 || path != "Preflight PlanReported" && path != "Preflight" {
				t.Errorf("%d executions, the first one through %s", len(w.Runs()), path)
			}
			for _, call := range w.Wire.Calls() {
				if call.Write {
					t.Errorf("it sends %s", call.Site)
				}
			}
		})
	}
}
