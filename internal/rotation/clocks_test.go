package rotation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/simulator"
	"qovery-key-rotation/statemachine"
)

// skews are by how much the clock of a function is ahead of everybody else's.
var skews = []time.Duration{
	-5 * time.Minute, -61 * time.Second, -time.Minute, -30 * time.Second, -2 * time.Second,
	2 * time.Second, 30 * time.Second, time.Minute, 61 * time.Second, 5 * time.Minute,
}

// loops are scenarios that between them go round every loop of the definition, and
// wait in every state that waits.
var loops = []simulator.Scenario{
	scenario("deployment-under-way"),       // Preflight is tried again
	scenario("create-answer-lost"),         // CreateKey is, until IAM's lists have settled
	scenario("old-key-in-use-for-a-while"), // ExtendGrace
	scenario("verification-fails"),         // WaitForVerification, the way back
	scenario("abort-while-inactive"),       // RestoreOldKey
	scenario("aborted-for-90-days"),        // IsNextDue
	{
		Name: "long-deployments", Ends: "SUCCEEDED", // WaitForDeployment, WaitForVerification
		Setup:  simulator.Setup{DeployTime: 70 * time.Minute},
		Script: func(w *simulator.World) { startAndWait(w) },
	},
	{
		Name: "sent-back", Ends: "SUCCEEDED", // DeactivateKey to DeployClusters
		Setup: simulator.Setup{Clusters: 1},
		Script: func(w *simulator.World) {
			run, err := w.Start("rotation", `{"target": "production"}`)
			if err != nil {
				panic(err)
			}
			run.UntilIn("GracePeriod")
			w.Qovery.SetStatus(w.Clusters[0], "DEPLOYMENT_ERROR")
			run.Wait()
		},
	},
}

func scenario(name string) simulator.Scenario {
	found, exists := simulator.Find(name)
	if !exists {
		panic("there is no scenario " + name)
	}
	return found
}

func startAndWait(w *simulator.World) {
	run, err := w.Start("rotation", `{"target": "production"}`)
	if err != nil {
		panic(err)
	}
	run.Wait()
}

// cost is what a scenario took.
type cost struct {
	outcome     string
	invocations map[string]int // by state
	requests    int            // to Qovery
}

// playAt plays a scenario with clocks that are off.
func playAt(t *testing.T, s simulator.Scenario, off func(state string) time.Duration) cost {
	t.Helper()
	c := cost{invocations: map[string]int{}}
	result, err := s.Play(s.Setup, func(w *simulator.World) {
		w.ClockOff = off
		w.OnInvoke = func(state string) simulator.InvokeFault { c.invocations[state]++; return "" }
	})
	if err != nil {
		t.Fatal(err)
	}
	if harm := harmIn(result.World); harm != "" {
		t.Error(harm)
	}
	c.outcome = result.Outcome
	c.requests, _ = result.World.Qovery.Requests()
	return c
}

// requireLike requires that a scenario went as it does when all clocks are right:
// with the same end, and without going round any loop more than once or twice more.
func (c cost) requireLike(t *testing.T, right cost) {
	t.Helper()
	if c.outcome != right.outcome {
		t.Errorf("ends %s, want %s", c.outcome, right.outcome)
	}
	for state, n := range c.invocations {
		if most := right.invocations[state]*11/10 + 2; n > most {
			t.Errorf("%s is invoked %d times; with right clocks it is %d times", state, n, right.invocations[state])
		}
	}
	if most := right.requests*11/10 + 12; c.requests > most {
		t.Errorf("%d requests to Qovery; with right clocks it is %d", c.requests, right.requests)
	}
}

// The clocks of the machines that functions run on make no difference, whether all
// of them are off or that of one state's function.
func TestClocks(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	var visited []string
	for _, s := range loops {
		right := playAt(t, s, nil)
		if right.outcome != s.Ends {
			t.Fatalf("%s ends %s with right clocks", s.Name, right.outcome)
		}
		for state := range right.invocations {
			visited = append(visited, state)
		}
		for _, skew := range skews {
			t.Run(fmt.Sprintf("%s/all at %s", s.Name, skew), func(t *testing.T) {
				t.Parallel()
				playAt(t, s, func(string) time.Duration { return skew }).requireLike(t, right)
			})
			for state := range right.invocations {
				t.Run(fmt.Sprintf("%s/%s at %s", s.Name, state, skew), func(t *testing.T) {
					t.Parallel()
					off := func(s string) time.Duration {
						if s == state {
							return skew
						}
						return 0
					}
					playAt(t, s, off).requireLike(t, right)
				})
			}
		}
	}
	for _, s := range machine.States() {
		if s.Type == "Task" && s.Name != "DiscardKey" && !slices.Contains(visited, s.Name) {
			t.Errorf("%s is visited nowhere", s.Name)
		}
	}
}
