package rotation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// crashing are scenarios that between them visit every state which sets a lease.
var crashing = map[string][]string{
	"plain": {"CreateKey", "UpdateCredentials", "DeployClusters", "DeactivateKey", "VerifyDeployment",
		"DeleteKey", "Complete"},
	"update-refused":       {"DiscardKey"},
	"verification-fails":   {"ReactivateKey"},
	"abort-while-inactive": {"RestoreOldKey"},
}

// mostCrashes is how many crashes of its function a visit of the state is tried
// again after.
func mostCrashes(t *testing.T, state string) int {
	t.Helper()
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	s, exists := machine.State(state)
	for _, r := range s.Retry {
		if exists && slices.Contains(r.ErrorEquals, "Runtime.ExitError") {
			return r.MaxAttempts
		}
	}
	t.Fatalf("%s is not tried again after a crash", state)
	return 0
}

// crash kills the function of a state at each invocation, after its n-th write,
// until it has done so often enough. The first is its claim, so that it holds the
// lease. It returns how often that was.
func crash(w *lab.World, state string, n, most int) *int {
	crashes, writes := 0, 0
	given, invoked := w.Wire.Injector, w.OnInvoke
	w.OnInvoke = func(s string) lab.InvokeFault {
		writes = 0
		if invoked != nil {
			return invoked(s)
		}
		return ""
	}
	w.Wire.Injector = func(c lab.Call) lab.Fault {
		if strings.HasSuffix(c.Process, "/"+state) && c.Write {
			if writes++; writes == n && crashes < most {
				crashes++
				return lab.Fault{Kind: lab.KillAfter}
			}
		}
		if given != nil {
			return given(c)
		}
		return lab.Fault{}
	}
	return &crashes
}

// A function that crashes as often as it is tried again, each time while it holds
// the lease, pauses no rotation.
func TestCrashesWithTheLease(t *testing.T) {
	var visited []string
	for name, states := range crashing {
		scenario, _ := lab.Find(name)
		visited = append(visited, states...)
		for _, state := range states {
			t.Run(state, func(t *testing.T) {
				t.Parallel()
				for n := 1; crashAfter(t, scenario, state, n); n++ {
				}
			})
		}
	}
	for _, state := range fault.StepBusy.Info().Retried {
		reads := []string{"Preflight", "VerifyKey", "CheckUsage"} // these set no lease
		if !slices.Contains(slices.Concat(visited, reads), state) {
			t.Errorf("%s crashes nowhere", state)
		}
	}
}

// crashAfter crashes the state's function after its n-th write, and tells whether it
// has so many.
func crashAfter(t *testing.T, scenario lab.Scenario, state string, n int) bool {
	t.Helper()
	var crashes *int
	most := mostCrashes(t, state)
	result, err := scenario.Play(scenario.Setup, func(w *lab.World) { crashes = crash(w, state, n, most) })
	if err != nil {
		t.Fatal(err)
	}
	if n == 1 && *crashes < most {
		t.Errorf("it crashed %d times only", *crashes)
	}
	if keys := len(result.World.IAM.Lives()) - 1; keys == 3 && result.Outcome == "FAILED CreationFailed" {
		return true // it made as many keys as a rotation may, and lost each
	}
	if result.Outcome != scenario.Ends() {
		t.Errorf("after %d crashes after write %d: %s, want %s: %s", *crashes, n, result.Outcome, scenario.Ends(),
			result.Last.Cause())
	}
	if harm := harmIn(result.World); harm != "" {
		t.Errorf("after %d crashes after write %d: %s", *crashes, n, harm)
	}
	return *crashes > 0
}

// A function that panics is alive, and leaves no lease behind.
func TestAPanicLeavesNoLease(t *testing.T) {
	f := freeze(t, moment{state: "DeactivateKey"})
	step := f.step.(rotation.DeactivateKey)
	step.Keys = panicking{step.Keys}
	f.step = recovering{step}
	_, err := f.invoke(t)
	requireCode(t, err, fault.Unreachable)
	if lease := f.Journal.Current(lab.UserName).Lease; lease.Holder != "" {
		t.Errorf("the lease runs until %s", lease.Until)
	}
}

type panicking struct{ rotation.KeyReader }

func (panicking) List(context.Context, string) ([]rotation.AccessKey, error) { panic("a mistake") }

// recovering is a step in a function that recovers, as the Lambda functions do.
type recovering struct{ rotation.Step }

func (r recovering) Run(ctx context.Context, call rotation.Call) (doc rotation.Document, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it panicked")
		}
	}()
	return r.Step.Run(ctx, call)
}
