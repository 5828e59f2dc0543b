package rotation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// skews are by how much the clock of a function is ahead of everybody else's.
var skews = []time.Duration{
	-5 * time.Minute, -61 * time.Second, -time.Minute, -30 * time.Second, -2 * time.Second,
	2 * time.Second, 30 * time.Second, time.Minute, 61 * time.Second, 5 * time.Minute,
}

// loops are scenarios that between them go round every loop of the definition, and
// wait in every state that waits.
var loops = []lab.Scenario{
	scenario("deployment-under-way"),       // Preflight is tried again
	scenario("create-answer-lost"),         // CreateKey is, until IAM's lists have settled
	scenario("old-key-in-use-for-a-while"), // ExtendGrace
	scenario("verification-fails"),         // WaitForVerification, the way back
	scenario("abort-while-inactive"),       // RestoreOldKey
	scenario("aborted-for-90-days"),        // IsNextDue
	scenario("long-deployments"),           // WaitForDeployment, WaitForVerification
	scenario("sent-back"),                  // DeactivateKey to DeployClusters
}

func scenario(name string) lab.Scenario {
	found, exists := lab.Find(name)
	if !exists {
		panic("there is no scenario " + name)
	}
	return found
}

// cost is what a scenario took.
type cost struct {
	outcome     string
	invocations map[string]int // by state
	requests    int            // to Qovery
	waitsSince  time.Time
	shortest    time.Duration // of the waits
}

// wait notes how long Wait states last.
func (c *cost) wait(_ *lab.Run, e statemachine.Event) {
	switch e.Type {
	case "WaitStateEntered":
		c.waitsSince = e.Time
	case "WaitStateExited":
		if took := e.Time.Sub(c.waitsSince); c.shortest == 0 || took < c.shortest {
			c.shortest = took
		}
	}
}

// playAt plays a scenario with clocks that are off.
func playAt(t *testing.T, s lab.Scenario, off func(state string) time.Duration) cost {
	t.Helper()
	c := cost{invocations: map[string]int{}}
	result, err := s.Play(s.Setup, func(w *lab.World) {
		w.ClockOff = off
		w.OnInvoke = func(state string) lab.InvokeFault { c.invocations[state]++; return "" }
		w.OnEvent = c.wait
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

// requireLike requires that a scenario took about as much as it does when all clocks
// are right, or so many times that, and that no Wait was short.
func (c cost) requireLike(t *testing.T, right cost, times float64) {
	t.Helper()
	if c.shortest != 0 && c.shortest < 15*time.Second {
		t.Errorf("a Wait lasted %s", c.shortest)
	}
	for state, n := range c.invocations {
		if most := 2 + int(times*float64(right.invocations[state])); n > most {
			t.Errorf("%s is invoked %d times; with right clocks it is %d times", state, n, right.invocations[state])
		}
	}
	if most := 12 + int(times*float64(right.requests)); c.requests > most {
		t.Errorf("%d requests to Qovery; with right clocks it is %d", c.requests, right.requests)
	}
}

// alone is a clock that is off for one state's function.
func alone(state string, skew time.Duration) func(string) time.Duration {
	return func(s string) time.Duration {
		if s == state {
			return skew
		}
		return 0
	}
}

// everySkew plays each loop with all clocks off, and with that of each state's
// function. It returns the states that were visited.
func everySkew(t *testing.T,
	play func(t *testing.T, s lab.Scenario, right cost, off func(string) time.Duration)) (visited []string) {
	t.Helper()
	for _, s := range loops {
		right := playAt(t, s, nil)
		if right.outcome != s.Ends() {
			t.Fatalf("%s ends %s with right clocks", s.Name, right.outcome)
		}
		for _, skew := range skews {
			t.Run(fmt.Sprintf("%s/all at %s", s.Name, skew), func(t *testing.T) {
				t.Parallel()
				play(t, s, right, func(string) time.Duration { return skew })
			})
		}
		for state := range right.invocations {
			visited = append(visited, state)
			for _, skew := range []time.Duration{-5 * time.Minute, -time.Minute, time.Minute, 5 * time.Minute} {
				t.Run(fmt.Sprintf("%s/%s at %s", s.Name, state, skew), func(t *testing.T) {
					t.Parallel()
					play(t, s, right, alone(state, skew))
				})
			}
		}
	}
	return visited
}

// The clocks of the machines that functions run on make no difference, whether all
// of them are off or that of one state's function.
func TestClocks(t *testing.T) {
	visited := everySkew(t, func(t *testing.T, s lab.Scenario, right cost, off func(string) time.Duration) {
		got := playAt(t, s, off)
		got.requireLike(t, right, 1.1)
		if got.outcome != right.outcome {
			t.Errorf("ends %s, want %s", got.outcome, right.outcome)
		}
	})
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range machine.States() {
		if s.Type == "Task" && s.Name != "DiscardKey" && !slices.Contains(visited, s.Name) {
			t.Errorf("%s is visited nowhere", s.Name)
		}
	}
}

// A lease runs until its function is over, by everybody's clock.
func TestLeasesOfClocksThatAreOff(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	for _, skew := range skews {
		leases := 0
		_, err := scenario("plain").Play(lab.Setup{}, func(w *lab.World) {
			w.ClockOff = func(string) time.Duration { return skew }
			holder := ""
			w.Journal.OnWrite(func(write lab.JournalWrite) {
				lease := write.Record.Lease
				if lease.Holder == "" || lease.Holder == holder {
					return
				}
				holder = lease.Holder
				leases++
				_, name, _ := strings.Cut(write.By, "/")
				state, _ := machine.State(name)
				timeout := rotation.FunctionTimeouts[strings.Trim(state.FunctionName, "${}")]
				if left := lease.Until.Sub(write.At); (left - timeout).Abs() > 2*time.Second {
					t.Errorf("at %s the lease of %s runs for %s, and its function for %s", skew, name, left, timeout)
				}
			})
		})
		if err != nil || leases == 0 {
			t.Errorf("at %s: %d leases, %v", skew, leases, err)
		}
	}
}

// Where the journal tells each function the time of its own clock, and so nothing
// but the state's entry corrects it, no loop is faster and all executions end.
// What a lost creation left is somebody else's then, by a clock that is ahead.
func TestClocksThatTheJournalDoesNotSet(t *testing.T) {
	everySkew(t, func(t *testing.T, s lab.Scenario, right cost, off func(string) time.Duration) {
		s.Setup.Through = func(_ *lab.World, p *lab.Ports) { p.Journal = credulous{p.Journal, p.Clock} }
		got := playAt(t, s, off)
		if stranded := off("CreateKey") > 30*time.Second && got.outcome == "FAILED UnexpectedAccessKey"; stranded {
			return
		}
		got.requireLike(t, right, 2)
		if got.outcome != right.outcome {
			t.Errorf("ends %s, want %s", got.outcome, right.outcome)
		}
	})
}

// credulous is a journal that takes the time from whoever asks.
type credulous struct {
	rotation.Journal
	clock rotation.Clock
}

func (j credulous) Load(ctx context.Context, user string) (*rotation.Record, error) {
	record, err := j.Journal.Load(ctx, user)
	if record != nil {
		record.ReadAt = j.clock.Now()
	}
	return record, err
}
