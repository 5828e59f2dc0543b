//go:build integration

package main

import (
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/statemachine"
)

// sameEvidence reports what the executions of this world left in the engine's
// histories, and what the simulator's left, and wants both reports to say the
// same: outcomes, states, keys' lives, proofs, controls and clusters.
func sameEvidence(w *world, sim *lab.World) {
	w.Helper()
	var arns []string
	for _, run := range w.order {
		arns = append(arns, run.arn)
	}
	histories, _, err := sfn.NewExecutions(w.cfg).Rotation(w.ctx, arns)
	w.must(nil, err)
	var simulated []statemachine.History
	for _, run := range sim.Runs() {
		simulated = append(simulated, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	got, gotLives := substance(w, histories, w.clock.Now())
	want, wantLives := substance(w, simulated, sim.Timeline.Now())
	if got != want {
		w.Errorf("the evidence differs:\nmoto:\n%s\nsimulator:\n%s", got, want)
		return
	}
	for i := range gotLives {
		if a, b := gotLives[i], wantLives[i]; !strings.Contains(want, "!") && (a-b).Abs() > similar {
			w.Errorf("a key was in a status for %s, %s on the simulator:\n%s", a, b, want)
		}
	}
}

// substance is a report without what no two runs have in common, and how long
// each key was in each status.
func substance(w *world, histories []statemachine.History, asOf time.Time) (text string, lives []time.Duration) {
	w.Helper()
	evidence, err := report.Build(histories, asOf, "")
	w.must(nil, err)
	var b strings.Builder
	for _, x := range evidence.Executions {
		fmt.Fprintf(&b, "%s %s:", x.Name, x.Outcome)
		for _, visit := range x.Visits {
			fmt.Fprintf(&b, " %s", visit.State)
			for _, failure := range visit.Failures {
				fmt.Fprintf(&b, " !%s", failure.Error)
			}
		}
		b.WriteString("\n")
	}
	for _, r := range evidence.Rotations {
		fmt.Fprintf(&b, "rotation %s by %v\n", r.Outcome, r.Executions)
		for _, key := range r.Keys {
			fmt.Fprintf(&b, "  %s key, deleted %t:", key.Role, !key.DeletedAt.IsZero())
			for _, period := range key.Periods {
				fmt.Fprintf(&b, " %s", period.Status)
				lives = append(lives, period.To.Sub(period.From))
			}
			b.WriteString("\n")
		}
		for _, proof := range r.Proofs {
			fmt.Fprintf(&b, "  %s: %s\n", proof.Claim, proof.Proven)
		}
		for _, control := range r.Controls {
			fmt.Fprintf(&b, "  %s: %s\n", control.Name, control.Verdict)
		}
		for _, wave := range r.Waves {
			fmt.Fprintf(&b, "  wave of %d\n", len(wave.Clusters))
		}
	}
	return b.String(), lives
}
