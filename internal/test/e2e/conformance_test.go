//go:build integration

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// TestScenarios tells every scenario of the simulator again on the engine, and
// wants the same states, the same failed attempts, the same ends and the same
// documents, and Qovery to be left the same.
func TestScenarios(t *testing.T) {
	for _, scenario := range lab.Scenarios {
		script, exists := scripts[scenario.Name]
		if !exists && strings.Contains(scenario.Name, "/") {
			continue // what people do in most of those, moto can't be told
		}
		if why, cannot := notTold[scenario.Name]; cannot {
			row("%-30s not told: %s", scenario.Name, why)
			continue
		}
		if !exists {
			t.Errorf("the scenario %s is not told here, and nothing says why not", scenario.Name)
			continue
		}
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w := testWorld(t, scenario.Setup)
			w.clock.Script(func() { script(w) })
			same(w, scenario)
			w.check()
			if !t.Failed() {
				row("%-30s %s, the same path   (%.1f s)", scenario.Name, w.summaryOfRuns(), time.Since(began).Seconds())
			} else {
				row("%-30s DIFFERS", scenario.Name)
			}
		})
	}
}

func row(format string, args ...any) {
	summary.mu.Lock()
	defer summary.mu.Unlock()
	summary.rows = append(summary.rows, fmt.Sprintf(format, args...))
}

func (w *world) summaryOfRuns() string {
	var parts []string
	for _, run := range w.order {
		told := run.told()
		states, attempts := 0, 0
		for _, step := range told.Path {
			if isFailure(step) {
				attempts++
			} else {
				states++
			}
		}
		parts = append(parts, fmt.Sprintf("%d states, %d failed attempts, %s", states, attempts, told.Ended))
	}
	return strings.Join(parts, " | ")
}

// same compares the executions of this world with those of the simulator's, in
// which IAM and Step Functions are told to be as quick as moto.
func same(w *world, scenario lab.Scenario) {
	w.Helper()
	setup := scenario.Setup
	setup.Target = func(t *target.Target) { t.IAMUserPath = userPath }
	result, err := scenario.Play(setup, func(sim *lab.World) {
		sim.IAM.Settling = lab.Settling{Usage: usageLag}
		sim.Executions.Lag = lab.Exactly(0)
		sim.Wire.Latency = lab.Exactly(latency)
	})
	w.must(nil, err)
	if len(result.World.Runs()) != len(w.order) {
		w.Fatalf("%d executions, %d on the simulator", len(w.order), len(result.World.Runs()))
	}
	for i, run := range w.order {
		got, want := run.told(), toldOf(result.World.Runs()[i])
		if !slices.Equal(got.Path, want.Path) || got.Ended != want.Ended {
			w.Errorf("%s:\nmoto:      %s, %s %s\nsimulator: %s, %s", run.name, strings.Join(got.Path, " "), got.Ended, got.Cause,
				strings.Join(want.Path, " "), want.Ended)
		}
		if a, b := got.Took, want.Took; !slices.ContainsFunc(want.Path, isFailure) && (a-b).Abs() > similar {
			w.Errorf("%s took %s, %s on the simulator", run.name, a, b)
		}
		if a, b := plain(got.Output), plain(want.Output); a != b {
			w.Errorf("%s ended with another document:\nmoto:      %s\nsimulator: %s", run.name, a, b)
		}
	}
	sameRoles(w, result.World.Qovery)
	sameEvidence(w, result.World)
}

// sameRoles compares which credentials clusters use, and what was given a role.
func sameRoles(w *world, sim *fakeqovery.Server) {
	w.Helper()
	for _, cluster := range w.clusters {
		at, applied := w.qovery.Applied(cluster)
		if simAt, simApplied := sim.Applied(cluster); at != simAt || applied != simApplied {
			w.Errorf("in the end %s points at %s and is deployed with %s; on the simulator at %s and with %s",
				w.qovery.NameOf(cluster), at, applied, simAt, simApplied)
		}
	}
	if got, want := w.qovery.GaveRole(), sim.GaveRole(); !slices.Equal(got, want) {
		w.Errorf("a role was given to %v; on the simulator to %v", got, want)
	}
}

// similar is how much longer an execution without retries, whose delays are
// drawn, may take on one engine.
const similar = 2 * time.Minute

func isFailure(step string) bool { return strings.HasPrefix(step, "!") }

const latency = 50 * time.Millisecond

func toldOf(run *lab.Run) told {
	t := told{Ended: run.Outcome(), Output: string(run.Output()), Took: run.StopTime().Sub(run.StartTime())}
	for _, event := range run.History() {
		switch {
		case event.Entered():
			t.Path = append(t.Path, event.State)
		case event.Type == statemachine.TaskFailed || event.Type == statemachine.TaskTimedOut:
			t.Path = append(t.Path, "!"+event.Error)
		}
	}
	return t
}

// What no two runs have in common: times to the second, random ids, the ends of keys; and how
// an engine writes a character in JSON, as itself or escaped.
var (
	escape    = regexp.MustCompile(`\\+u[0-9a-f]{4}`)
	took      = regexp.MustCompile(`"took":"[^"]*"`)
	timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	someKey   = regexp.MustCompile(`\.\.\.[A-Z0-9]{4}|…[A-Z0-9]{4}|\*+[A-Z0-9]{4}`)
	someID    = regexp.MustCompile(`"rotationId":"[^"]*"|"lastExecutionId":"[^"]*"`)
	keyField  = regexp.MustCompile(`"(oldKey|newKey)":"[^"]*"`)
)

// plain is a document without that, its members in order.
func plain(document string) string {
	var value any
	if json.Unmarshal([]byte(document), &value) != nil {
		return document
	}
	text, _ := json.Marshal(value)
	plain := timestamp.ReplaceAllString(string(text), "TIME")
	plain = took.ReplaceAllString(plain, `"took":"TIME"`)
	plain = someID.ReplaceAllString(plain, `"ID"`)
	plain = keyField.ReplaceAllString(plain, `"$1":"KEY"`)
	plain = someKey.ReplaceAllString(plain, "KEY")
	return escape.ReplaceAllStringFunc(plain, func(escape string) string {
		r, _ := strconv.ParseUint(escape[len(escape)-4:], 16, 16) // four digits
		return string(rune(r))
	})
}

// sameAs compares with a script of the simulator's.
func sameAs(w *world, lines ...string) {
	w.Helper()
	scenario, err := lab.ParseScript("the same", strings.Join(lines, "\n"))
	w.must(nil, err)
	same(w, scenario)
}
