package story_test

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
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
			says:  []string{"DeactivateKey: the old key", "is gone", "DeleteKey: the old key"},
			never: []string{"is Inactive", "was Inactive", "deleted\nComplete", "and deleted", "no use of the old key is known"},
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
