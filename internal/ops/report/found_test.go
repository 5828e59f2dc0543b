package report_test

import (
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/statemachine"
)

// With the old key deleted by hand in the grace period the rotation completes,
// and what it did not do is not proven: the report says that it found the key gone.
func TestFoundIsNotDone(t *testing.T) {
	result, histories := play(t, "old-key-deleted-by-hand")
	built := build(t, result.World.Timeline.Now(), histories...)
	untrue := []report.Claim{report.GraceKept, report.OldKeyIdle, report.CanaryDeployed, report.ObservationKept,
		report.OldKeyDeleted}
	for _, proof := range built.Rotations[0].Proofs {
		if slices.Contains(untrue, proof.Claim) != (proof.Proven == report.NotProven) {
			t.Errorf("%q is %s by %q", proof.Claim, proof.Proven, proof.How)
		}
	}
	page := html(t, built)
	for _, claim := range []string{"DeleteAccessKey succeeded", "Old key made Inactive", "Old key deleted",
		"was deployed while the old key was Inactive"} {
		if strings.Contains(page, claim) {
			t.Errorf("the page says %q", claim)
		}
	}
	if !strings.Contains(page, "gone") {
		t.Error("the page does not say that the old key was gone")
	}
}

// With every cluster stopped nothing is deployed, and the evidence says so.
func TestNothingDeployed(t *testing.T) {
	result, histories := play(t, "every-cluster-stopped")
	built := build(t, result.World.Timeline.Now(), histories...)
	for _, proof := range built.Rotations[0].Proofs {
		if (proof.Claim == report.ClustersDeployed || proof.Claim == report.CanaryDeployed) &&
			proof.Proven != report.DoesNotApply {
			t.Errorf("%q is %s by %q", proof.Claim, proof.Proven, proof.How)
		}
	}
	page := html(t, built)
	if !strings.Contains(page, "Nothing was deployed") ||
		strings.Contains(page, "(non-production) deployed") {
		t.Error("the page does not say that nothing was deployed")
	}
}

// The answer of the look that saw the canary deployed is lost: the journal knows
// what it saw.
func TestVerificationAnswerLost(t *testing.T) {
	scenario, _ := lab.Find("plain")
	calls := 0
	result, err := scenario.Play(scenario.Setup, func(w *lab.World) {
		w.OnInvoke = func(state string) lab.InvokeFault {
			if state != "VerifyDeployment" {
				return ""
			}
			if calls++; calls != 2 { // the one that sees it deployed
				return ""
			}
			return lab.AnswerLost
		}
	})
	if err != nil || calls < 3 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	run := result.World.Runs()[0]
	built := build(t, result.World.Timeline.Now(), statemachine.History{ARN: run.ARN(), Events: run.History()})
	for _, proof := range built.Rotations[0].Proofs {
		if proof.Proven != report.IsProven {
			t.Errorf("%q is %s, because %q", proof.Claim, proof.Proven, proof.How)
		}
	}
	if found := unknown.FindString(jsonText(t, built) + html(t, built)); found != "" {
		t.Errorf("something has no value: %s", found)
	}
}

// A key that a person made Inactive in a migration is still there: nothing says that it is
// gone.
func TestInactiveIsNotGone(t *testing.T) {
	result, histories := play(t, "migrate/old-key-deactivated-by-hand")
	for _, line := range strings.Split(html(t, build(t, result.World.Timeline.Now(), histories...)), "\n") {
		if strings.Contains(line, "gone") && !strings.Contains(line, "a cross: deleted") {
			t.Errorf("the page says %q", line)
		}
	}
}
