//go:build integration

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/statemachine"
)

// wayTo says what it takes for a rotation to come to a state that the plain one
// does not visit, on the simulator and here.
var wayTo = map[string]struct {
	sim  string
	here func(*world)
}{
	"ExtendGrace": {
		"elsewhere uses old ecr 10m",
		func(w *world) { w.usedElsewhere(true) },
	},
	"DiscardKey": {
		"lag propagation 24h",
		func(w *world) { w.trail.propagates(24 * time.Hour) },
	},
	"ReactivateKey": {
		"cluster 1 succeeds\n" + strings.Repeat("cluster 1 fails "+strconv.Quote(authFailure)+"\n", 2),
		func(w *world) { w.qovery.Script(w.clusters[0], deployedOnce()...) },
	},
}

const authFailure = "AuthFailure: AWS was not able to validate the provided access credentials"

// deployedOnce is a cluster that deploys the first time and then fails twice.
func deployedOnce() []fakeqovery.Outcome {
	fails := fakeqovery.Fails(authFailure, "")
	return []fakeqovery.Outcome{fakeqovery.Succeeds(), fails, fails}
}

// TestStoppedAnywhere stops an execution in each Wait and in each Task, whose
// function goes on, and has the next one carry on: as on the simulator.
func TestStoppedAnywhere(t *testing.T) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range machine.States() {
		if state.Type != "Task" && state.Type != "Wait" || state.Name == "RestoreOldKey" { // which TestRestoreOldKey stops in
			continue
		}
		t.Run(state.Name, func(t *testing.T) {
			t.Parallel()
			interrupted(t, state.Name)
		})
	}
}

func interrupted(t *testing.T, state string) {
	w := testWorld(t, lab.Setup{})
	way := wayTo[state]
	if way.here != nil {
		way.here(w)
	}
	more := func(now time.Time) string {
		if state != "AwaitWindow" {
			return ""
		}
		return fmt.Sprintf(`, "notBefore": %q`, now.Add(4*time.Hour).UTC().Format(time.RFC3339))
	}
	w.clock.Script(func() {
		run := w.start("rotation-1", more(w.clock.Now()))
		run.untilIn(state)
		run.stop()
		w.usedElsewhere(false)
		w.sleep(20 * time.Minute)
		w.trail.propagates(0)
		w.start("rotation-2", "").wait()
	})
	begin := fmt.Sprintf(`start rotation-1 {"target": %q%s}`, lab.TargetName, more(lab.Beginning))
	sameAs(w, way.sim, begin, "until "+state, "stop", "elsewhere ends", "wait 20m", "lag propagation 0s",
		"run rotation-2")
	w.check()
	w.completed()
	if !t.Failed() {
		row("%-30s %s, the same path", "stopped in "+state, w.summaryOfRuns())
	}
}

// TestRestoreOldKey stops an execution while the old key is Inactive, and the
// next one in the state that brings it back.
func TestRestoreOldKey(t *testing.T) {
	t.Parallel()
	w := testWorld(t, lab.Setup{})
	w.clock.Script(func() {
		run := w.start("rotation-1", "")
		run.untilIn("ObservationPeriod")
		run.stop()
		w.sleep(time.Minute)
		run = w.start("rotation-2", "")
		run.untilIn("RestoreOldKey")
		run.stop()
		w.sleep(20 * time.Minute)
		w.start("rotation-3", "").wait()
	})
	sameAs(w, "start rotation-1", "until ObservationPeriod", "stop", "wait 1m",
		"start rotation-2", "until RestoreOldKey", "stop", "wait 20m", "run rotation-3")
	w.check()
	w.completed()
	if !t.Failed() {
		row("%-30s %s, the same path", "stopped in RestoreOldKey", w.summaryOfRuns())
	}
}

// TestTwoAtOnce starts two executions at the same moment: one of them rotates.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := testWorld(t, lab.Setup{})
	w.clock.Script(func() {
		first, second := w.start("rotation-1", ""), w.start("rotation-2", "")
		first.wait()
		second.wait()
	})
	w.check()
	w.completed()
	rotated, stoodBack := 0, 0
	for _, run := range w.order {
		told := run.told()
		switch {
		case slices.Contains(told.Path, "CreateKey") && told.Ended == "SUCCEEDED":
			rotated++
		case slices.Contains(told.Path, "AlreadyRunning") && told.Ended == "SUCCEEDED":
			stoodBack++
		}
	}
	if rotated != 1 || stoodBack != 1 {
		t.Errorf("%s | %s", w.order[0].told().Path, w.order[1].told().Path)
	}
	row("%-30s %s", "two immediately", w.summaryOfRuns())
}
