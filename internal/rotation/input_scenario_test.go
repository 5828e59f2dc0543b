package rotation_test

import (
	"encoding/json"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// TestBadInputChangesNothing: whatever is wrong is said in a sentence, before
// anything is changed.
func TestBadInputChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		input  string
		target string // the deployed configuration, when it is not the usual one
		code   fault.Code
		says   string
	}{
		{"masked key", `{"target": "production", "key": "****MPLE"}`, "", fault.InvalidInput, "an asterisk is in it"},
		{"unknown target", `{"target": "staging"}`, "", fault.TargetNotFound, "staging"},
		{"no target", `{}`, "", fault.InvalidInput, `{"target": "production"}`},
		{"a number for a target", `{"target": 5}`, "", fault.InvalidInput, "target"},
		{"a list", `[]`, "", fault.InvalidInput, "it is a list"},
		{"unknown field", `{"target": "production", "force": true}`, "", fault.InvalidInput, "force: is no field"},
		{"a forged plan", `{"target": "production", "plan": {"action": "DELETE"}}`, "", fault.InvalidInput,
			"plan: is no field"},
		{"shorter grace period", `{"target": "production", "gracePeriod": "1h"}`, "", fault.InvalidInput,
			"gracePeriod 1h is shorter than the target's 2h"},
		{"shorter idle time", `{"target": "production", "idleFor": "30m"}`, "", fault.InvalidInput,
			"idleFor 30m is shorter"},
		{"too long a grace period", `{"target": "production", "gracePeriod": "48h"}`, "", fault.InvalidInput,
			"48h is not 2h to 24h"},
		{"another case", `{"Target": "production"}`, "", fault.InvalidInput,
			`Target: is no field that is known (for example "target")`},
		{"another case beside it", `{"target": "production", "dryRun": true, "DryRun": false}`, "", fault.InvalidInput,
			"DryRun: is no field"},
		{"twice", `{"target": "production", "dryRun": true, "dryRun": false}`, "", fault.InvalidInput,
			"dryRun: is there more than once"},
		{"no duration", `{"target": "production", "gracePeriod": "long"}`, "", fault.InvalidInput,
			`"long" is not a duration`},
		{"deployed grace period under two hours", `{"target": "production"}`, `"gracePeriod": "1h59m"`, fault.InvalidInput,
			"Correct the target in rotation.json, and deploy the stack"},
		{"deployed organization is no UUID", `{"target": "production"}`, `"organizationId": "acme"`, fault.InvalidInput,
			`organizationId: "acme" is no UUID`},
		{"deployed unknown field", `{"target": "production"}`, `"colour": "red"`, fault.InvalidInput,
			"colour: is no field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := lab.NewWorld(lab.Setup{Clusters: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Timeline.Close()
			if c.target != "" {
				w.SSM.SetTarget("production", override(t, w.Target, c.target))
			}
			run, err := w.Start("rotation", c.input)
			if err != nil {
				t.Fatal(err)
			}
			w.Timeline.Run()
			if got := run.ErrorName(); got != string(c.code) {
				t.Errorf("ends with %s %q, want %s", run.Status(), got, c.code)
			}
			if !strings.Contains(unquote(run.Cause()), c.says) {
				t.Errorf("says %s, and not %q", run.Cause(), c.says)
			}
			if left := whatIsLeft(w); left != nothingDone {
				t.Errorf("leaves %s", left)
			}
		})
	}
}

// override changes one field of the document that a target is deployed as.
func override(t *testing.T, target target.Target, field string) []byte {
	t.Helper()
	document, err := json.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(document, &fields); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+field+"}"), &fields); err != nil {
		t.Fatal(err)
	}
	if document, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return document
}

func unquote(cause string) string {
	var failure struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &failure) != nil {
		return cause
	}
	return failure.ErrorMessage
}

// TestLargestTarget: 250 clusters are rotated, with a document that leaves room;
// 251 are refused before anything is changed.
func TestLargestTarget(t *testing.T) {
	plain, _ := lab.Find("plain")
	result := play(t, plain, lab.Setup{Clusters: rotation.MaxClusters, Registries: true, HelmRepository: true})
	if result.Outcome != "SUCCEEDED" {
		t.Errorf("%d clusters: %s: %s", rotation.MaxClusters, result.Outcome, result.Last.Cause())
	}
	requireNoHarm(t, result.World)
	largest := result.Last.LargestDocument()
	t.Logf("%d clusters: largest document %d bytes", rotation.MaxClusters, largest)
	if largest > 100*1024 {
		t.Errorf("the largest document has %d bytes", largest)
	}
	_, busiest := result.World.Qovery.Requests()
	t.Logf("%d requests to Qovery in the busiest hour", busiest)
	if busiest > 1000 {
		t.Errorf("%d requests to Qovery in the busiest hour", busiest)
	}

	result = play(t, plain, lab.Setup{Clusters: rotation.MaxClusters + 1})
	if want := "FAILED " + string(fault.TooManyClusters); result.Outcome != want {
		t.Errorf("%d clusters: %s, want %s", rotation.MaxClusters+1, result.Outcome, want)
	}
	if left := whatIsLeft(result.World); left != nothingDone {
		t.Errorf("leaves %s", left)
	}
}

// TestTransitionsDontDependOnClusters of a wave.
func TestTransitionsDontDependOnClusters(t *testing.T) {
	plain, _ := lab.Find("plain")
	var transitions []int
	for _, clusters := range []int{2, 20} {
		setup := plain.Setup
		setup.Clusters = clusters
		transitions = append(transitions, play(t, plain, setup).Last.Transitions())
	}
	if transitions[0] != transitions[1] {
		t.Errorf("transitions of 2 and 20 clusters: %v", transitions)
	}
}
