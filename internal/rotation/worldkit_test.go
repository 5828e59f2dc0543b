package rotation_test

import (
	"fmt"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

func play(t *testing.T, scenario lab.Scenario, setup lab.Setup) lab.Result {
	t.Helper()
	result, err := scenario.Play(setup, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func playText(t *testing.T, setup lab.Setup, text string) lab.Result {
	t.Helper()
	script, err := lab.ParseScript(t.Name(), text)
	if err != nil {
		t.Fatal(err)
	}
	return play(t, script, setup)
}

// begin starts an execution of the target, with more input if there is any.
func begin(w *lab.World, name, more string) *lab.Run {
	run, err := w.Start(name, fmt.Sprintf(`{"target": %q%s}`, lab.TargetName, more))
	if err != nil {
		panic(err) // the test itself is wrong
	}
	return run
}

// requireNoHarm is what holds whatever happens.
func requireNoHarm(t *testing.T, w *lab.World) {
	t.Helper()
	if harm := harmIn(w); harm != "" {
		t.Error(harm)
	}
}

func harmIn(w *lab.World) string {
	var harm []string
	if w.Judge.Refusals > 0 {
		harm = append(harm, fmt.Sprintf("%d failed authentications: %v", w.Judge.Refusals, w.Judge.Refused))
	}
	harm = append(harm, w.Judge.Violations...)
	harm = append(harm, w.Judge.Leaks()...)
	return strings.Join(harm, "; ")
}

// stops are the states in a path that say something.
func stops(path []string) string { return strings.Join(lab.Stops(path), " ") }

// oneKeyLeft: the user has one Active key, Qovery's, and nothing else is left.
func oneKeyLeft(w *lab.World) bool {
	keys := w.IAM.Present(lab.UserName)
	return len(keys) == 1 && keys[0].Status == rotation.Active && len(w.Qovery.Holders(string(keys[0].ID))) > 0 &&
		w.Journal.Current(lab.UserName) == nil && len(w.SSM.Staged()) == 0
}

func whatIsLeft(w *lab.World) string { return w.Left() }
