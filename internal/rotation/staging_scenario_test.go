package rotation_test

import (
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// Keys are not created to be thrown away: none where a secret can't be staged,
// and at most three where staging one keeps failing or answers keep getting lost.
// The rotation ends unchanged then, and succeeds once that is over.
func TestKeysAreNotCreatedToBeThrownAway(t *testing.T) {
	const put, create = "staging.Put", "iam.CreateAccessKey"
	every := func(site string, nth int, kind lab.FaultKind) func(lab.Call) lab.Fault {
		return func(call lab.Call) lab.Fault {
			if call.Site != site || call.N%nth != 0 {
				return lab.Fault{}
			}
			return lab.Fault{Kind: kind}
		}
	}
	for name, test := range map[string]struct {
		injector func(lab.Call) lab.Fault
		most     int // keys created
	}{
		"no parameter can be written":         {every(put, 1, lab.FailBefore), 0},
		"nor while SSM throttles":             {every(put, 1, lab.Throttle), 0},
		"every second one can't":              {every(put, 2, lab.FailBefore), 3},
		"every creation's answer is lost":     {every(create, 1, lab.FailAfter), 3},
		"every creation's answer is nonsense": {every(create, 1, lab.Malformed), 3},
		"createkey dies after every creation": {every(create, 1, lab.KillAfter), 3},
	} {
		t.Run(name, func(t *testing.T) {
			scenario := lab.Scenario{Name: name, Script: func(w *lab.World) {
				w.Wire.Injector = test.injector
				begin(w, "rotation-1", "").Wait()
				w.Sleep(time.Hour)
				w.Wire.Injector = nil
				begin(w, "rotation-2", "").Wait()
			}}
			w := play(t, scenario, lab.Setup{Clusters: 1}).World
			first, second := w.Runs()[0], w.Runs()[1]
			if path := first.Path(); path[len(path)-1] != "RotationUnchanged" {
				t.Errorf("ends %s after %v: %s", first.Outcome(), path, first.Cause())
			}
			made := slices.DeleteFunc(w.IAM.Lives(), func(life lab.KeyLife) bool {
				return !life.CreatedAt.Before(second.StartTime())
			})
			if n := len(made) - 1; n > test.most {
				t.Errorf("%d keys were created and thrown away", n)
			}
			if second.Outcome() != "SUCCEEDED" || !oneKeyLeft(w) {
				t.Errorf("then ends %s: %s; left is %s", second.Outcome(), second.Cause(), whatIsLeft(w))
			}
			requireNoHarm(t, w)
		})
	}
}

// What is staged to find out whether a secret can be is gone at every end, and
// whatever became of writing it.
func TestNoProofOfStagingIsLeft(t *testing.T) {
	for _, kind := range []lab.FaultKind{lab.LandLate, lab.KillAfter, lab.FailAfter, lab.HangAfter} {
		for _, site := range []string{"staging.Put", "staging.Delete", "staging.Get"} {
			t.Run(string(kind)+" "+site, func(t *testing.T) {
				scenario := lab.Scenario{Script: func(w *lab.World) {
					w.IAM.Settling.Propagation = lab.Exactly(24 * time.Hour) // so that it ends soon, unchanged
					w.Wire.Injector = func(call lab.Call) lab.Fault {
						if call.Site != site || call.N != 1 || !kind.Matters(call) {
							return lab.Fault{}
						}
						return lab.Fault{Kind: kind, Delay: 9 * time.Minute}
					}
					begin(w, "rotation", "").Wait()
					w.Sleep(time.Hour)
				}}
				result := play(t, scenario, lab.Setup{Clusters: 1})
				if result.Outcome != "FAILED "+string(rotation.NewKeyUnusable) || whatIsLeft(result.World) != nothingDone {
					t.Errorf("ends %s: %s; left is %s", result.Outcome, result.Last.Cause(), whatIsLeft(result.World))
				}
				requireNoHarm(t, result.World)
			})
		}
	}
}
