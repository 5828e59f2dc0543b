package story_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/statemachine"
)

// told is a scenario as it is told.
func told(t *testing.T, name string) string {
	t.Helper()
	scenario, found := lab.Find(name)
	if !found {
		t.Fatalf("there is no scenario %s", name)
	}
	var lines []string
	_, err := scenario.Play(scenario.Setup, func(w *lab.World) {
		w.Tell(func(l lab.Line) { lines = append(lines, l.State+": "+l.Text) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// What a rotation finds done it does not tell as its own deed.
func TestFoundIsNotDone(t *testing.T) {
	for scenario, test := range map[string]struct{ says, never []string }{
		"old-key-deleted-by-hand": {
			says:  []string{"DeactivateKey: old key", "found gone", "DeleteKey: old key"},
			never: []string{"is Inactive", "was Inactive", "deleted\nComplete", "and deleted", "no use of the old key is known"},
		},
		"roles/before-update": {
			says:  []string{"UpdateCredentials: no location takes the new key: each has a role now"},
			never: []string{"Qovery holds the new key"},
		},
		"every-cluster-stopped": {
			says: []string{"DeployClusters: nothing was deployed: 2 clusters passed over",
				"VerifyDeployment: nothing was deployed"},
			never: []string{"0 of 2", "since the clusters were deployed"},
		},
	} {
		text := told(t, scenario)
		for _, want := range test.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not told", scenario, want)
			}
		}
		for _, untrue := range test.never {
			if strings.Contains(text, untrue) {
				t.Errorf("%s: it is told that %q", scenario, untrue)
			}
		}
	}
}

// What others write is told on one line, however long it is, and a terminal obeys
// nothing in it.
func TestForeignTextsAreBounded(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x\x1b[2Jy\n", 1000)
	input, _ := json.Marshal(map[string]string{"target": long})
	for _, event := range []statemachine.Event{
		{Type: statemachine.ExecutionStarted, Input: input},
		{Type: statemachine.TaskFailed, State: "Preflight", Error: long, Cause: long},
		{Type: statemachine.ExecutionFailed, Error: long, Cause: long},
		{Type: "TaskStateExited", State: "VerifyKey", Output: json.RawMessage(`{"identity":"a\u001b` +
			strings.Repeat("x", 5000) + `"}`)},
	} {
		text := story.NewTeller(machine).Describe(event)
		if text == "" || len(text) > 600 || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%s: %d bytes, %.50q", event.Type, len(text), text)
		}
	}
}

// Without an open rotation there is no old key to tell of.
func TestNoOldKeyIsTold(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	text := story.NewTeller(machine).Describe(statemachine.Event{Type: "TaskStateExited", State: "Preflight",
		Output: json.RawMessage(`{"plan":{"reason":"abort without an open rotation"}}`)})
	if text != "abort without an open rotation" {
		t.Errorf("%q", text)
	}
}
