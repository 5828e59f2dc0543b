package rotation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/simulator"
)

// small is the smallest world: one cluster.
var small = simulator.Setup{Clusters: 1}

// mostStarts is how many executions may be needed once nothing fails any more.
const mostStarts = 3

// rotate starts executions until one succeeds, and says what went wrong on the
// way. Between two of them a day passes.
func rotate(t *testing.T, setup simulator.Setup, disturb func(*simulator.World)) (*simulator.World, string) {
	t.Helper()
	w, err := simulator.NewWorld(setup)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Timeline.Close()
	disturb(w)
	var outcomes []string
	operator := w.Timeline.Go("operator", func() {
		for i := range 1 + mostStarts {
			run, err := w.Start(fmt.Sprintf("rotation-%d", i+1), `{"target": "production"}`)
			if err != nil {
				panic(err)
			}
			run.Wait()
			outcomes = append(outcomes, run.Outcome())
			if run.Outcome() == "SUCCEEDED" {
				return
			}
			w.Sleep(24 * time.Hour)
		}
	})
	if !w.Timeline.RunUntilDone(operator) {
		return w, "the executions don't end"
	}
	wrong := harmIn(w)
	if outcomes[len(outcomes)-1] != "SUCCEEDED" {
		wrong += fmt.Sprintf("; no execution succeeds: %v: %s", outcomes, w.Runs()[len(outcomes)-1].Cause())
	}
	if left := whatIsLeft(w); !oneKeyLeft(w) {
		wrong += "; what is left: " + left
	}
	return w, wrong
}

// oneKeyLeft: the user has one Active key, Qovery's, and nothing else is left.
func oneKeyLeft(w *simulator.World) bool {
	keys := w.IAM.Present(simulator.UserName)
	return len(keys) == 1 && keys[0].Status == rotation.Active && len(w.Qovery.Holders(string(keys[0].ID))) > 0 &&
		w.Journal.Current(simulator.UserName) == nil && len(w.SSM.Staged()) == 0
}

// TestEveryCallFails lets every single remote call of a rotation go wrong in
// every way, the step's process dying before and after it included.
func TestEveryCallFails(t *testing.T) {
	var calls []simulator.Call
	w, wrong := rotate(t, small, func(w *simulator.World) { w.Wire.Injector = nil })
	if wrong != "" {
		t.Fatal("undisturbed:", wrong)
	}
	calls = w.Wire.Calls()
	tried := 0
	for _, call := range calls {
		for _, kind := range simulator.FaultKinds {
			if !kind.Matters(call) {
				continue
			}
			tried++
			fault := simulator.Fault{Kind: kind, Delay: time.Minute}
			_, wrong := rotate(t, small, func(w *simulator.World) {
				w.Wire.Injector = func(c simulator.Call) simulator.Fault {
					if c.Seq == call.Seq {
						return fault
					}
					return simulator.Fault{}
				}
			})
			if wrong != "" {
				t.Errorf("call %d, %s #%d by %s, %s: %s", call.Seq, call.Site, call.N, call.Process, kind, wrong)
			}
		}
	}
	t.Logf("%d calls, %d faults", len(calls), tried)
}

// TestEveryStepTwice runs every step twice: once more after it has ended and its
// answer was lost, and beside an earlier run of itself that is still at work.
func TestEveryStepTwice(t *testing.T) {
	w, wrong := rotate(t, small, func(*simulator.World) {})
	if wrong != "" {
		t.Fatal("undisturbed:", wrong)
	}
	states := w.Runs()[0].Path()
	slices.Sort(states)
	for _, state := range slices.Compact(states) {
		for _, fault := range []simulator.InvokeFault{simulator.AnswerLost, simulator.Abandoned} {
			for nth := 1; nth <= 3; nth++ {
				visits := 0
				_, wrong := rotate(t, small, func(w *simulator.World) {
					w.OnInvoke = func(s string) simulator.InvokeFault {
						if s == state {
							visits++
							if visits == nth {
								return fault
							}
						}
						return ""
					}
				})
				if wrong != "" {
					t.Errorf("%s, run %d, %s: %s", state, nth, fault, wrong)
				}
			}
		}
	}
}
