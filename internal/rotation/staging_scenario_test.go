package rotation_test

import (
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/simulator"
)

// Keys are not created to be thrown away: none where a secret can't be staged,
// and at most three where staging one keeps failing or answers keep getting lost.
// The rotation ends unchanged then, and succeeds once that is over.
func TestKeysAreNotCreatedToBeThrownAway(t *testing.T) {
	const put, create = "staging.Put", "iam.CreateAccessKey"
	every := func(site string, nth int, kind simulator.FaultKind) func(simulator.Call) simulator.Fault {
		return func(call simulator.Call) simulator.Fault {
			if call.Site != site || call.N%nth != 0 {
				return simulator.Fault{}
			}
			return simulator.Fault{Kind: kind}
		}
	}
	for name, test := range map[string]struct {
		injector func(simulator.Call) simulator.Fault
		most     int // keys created
	}{
		"no parameter can be written":         {every(put, 1, simulator.FailBefore), 0},
		"nor while SSM throttles":             {every(put, 1, simulator.Throttle), 0},
		"every second one can't":              {every(put, 2, simulator.FailBefore), 3},
		"every creation's answer is lost":     {every(create, 1, simulator.FailAfter), 3},
		"every creation's answer is nonsense": {every(create, 1, simulator.Malformed), 3},
		"createkey dies after every creation": {every(create, 1, simulator.KillAfter), 3},
	} {
		t.Run(name, func(t *testing.T) {
			scenario := simulator.Scenario{Name: name, Script: func(w *simulator.World) {
				w.Wire.Injector = test.injector
				begin(w, "rotation-1", "").Wait()
				w.Sleep(time.Hour)
				w.Wire.Injector = nil
				begin(w, "rotation-2", "").Wait()
			}}
			w := play(t, scenario, simulator.Setup{Clusters: 1}).World
			first, second := w.Runs()[0], w.Runs()[1]
			if path := first.Path(); path[len(path)-1] != "RotationAborted" {
				t.Errorf("ends %s after %v: %s", first.Outcome(), path, first.Cause())
			}
			made := slices.DeleteFunc(w.IAM.Lives(), func(life simulator.KeyLife) bool { return !life.CreatedAt.Before(second.StartTime()) })
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
	for _, kind := range []simulator.FaultKind{simulator.LandLate, simulator.KillAfter, simulator.FailAfter, simulator.HangAfter} {
		for _, site := range []string{"staging.Put", "staging.Delete", "staging.Get"} {
			t.Run(string(kind)+" "+site, func(t *testing.T) {
				scenario := simulator.Scenario{Script: func(w *simulator.World) {
					w.IAM.Settling.Propagation = simulator.Exactly(24 * time.Hour) // so that it ends soon, unchanged
					w.Wire.Injector = func(call simulator.Call) simulator.Fault {
						if call.Site != site || call.N != 1 || !kind.Matters(call) {
							return simulator.Fault{}
						}
						return simulator.Fault{Kind: kind, Delay: 9 * time.Minute}
					}
					begin(w, "rotation", "").Wait()
					w.Sleep(time.Hour)
				}}
				result := play(t, scenario, simulator.Setup{Clusters: 1})
				if result.Outcome != "FAILED "+string(rotation.NewKeyUnusable) || whatIsLeft(result.World) != nothingDone {
					t.Errorf("ends %s: %s; left is %s", result.Outcome, result.Last.Cause(), whatIsLeft(result.World))
				}
				requireNoHarm(t, result.World)
			})
		}
	}
}
