package rotation_test

import (
	"fmt"
	"slices"
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

// stops are the states in a path that say something; choices and polls don't.
func stops(path []string) string {
	kept := slices.DeleteFunc(slices.Clone(path), func(state string) bool {
		return strings.HasPrefix(state, "Is") || strings.HasPrefix(state, "WaitFor") || state == "ExtendGrace" ||
			state == "ChoosePlan"
	})
	return strings.Join(slices.Compact(kept), " ")
}

// oneKeyLeft: the user has one Active key, Qovery's, and nothing else is left.
func oneKeyLeft(w *lab.World) bool {
	keys := w.IAM.Present(lab.UserName)
	return len(keys) == 1 && keys[0].Status == rotation.Active && len(w.Qovery.Holders(string(keys[0].ID))) > 0 &&
		w.Journal.Current(lab.UserName) == nil && len(w.SSM.Staged()) == 0
}

// whatIsLeft says in words which keys there are, who is held, and whether the
// journal and the staging place are empty.
func whatIsLeft(w *lab.World) string {
	names := map[rotation.KeyID]string{}
	for i, life := range w.IAM.Lives() {
		names[life.ID] = fmt.Sprintf("key %d", i+1)
	}
	var left []string
	for _, key := range w.IAM.Present(lab.UserName) {
		text := names[key.ID] + " " + string(key.Status)
		if len(w.Qovery.Holders(string(key.ID))) > 0 {
			text += " and held"
		}
		left = append(left, text)
	}
	if w.Journal.Current(lab.UserName) != nil {
		left = append(left, "record open")
	}
	for _, id := range w.SSM.Staged() {
		left = append(left, "secret of "+names[id]+" staged")
	}
	return strings.Join(left, ", ")
}
