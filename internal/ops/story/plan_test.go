package story_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

var update = flag.Bool("update", false, "write testdata anew")

func dryRun(plan rotation.PlanReport, change ...func(*rotation.Document)) rotation.Document {
	plan.Action = rotation.ActionDryRun
	plan.Clusters = []rotation.PlannedCluster{{Name: "staging", Status: "DEPLOYED", Wave: 1},
		{Name: "prod-eu", Status: "DEPLOYED", Wave: 2, Undeployed: true}, {Name: "prod-us", Status: "DEPLOYED", Wave: 2}}
	plan.Locations = []rotation.LocationRef{{Kind: rotation.AWSCredentials, ID: "a", Name: "aws"},
		{Kind: rotation.ContainerRegistry, ID: "b", Name: "images"}}
	doc := rotation.Document{Target: "production", OldKey: "****OLD1", Settings: target.Default(), Plan: plan}
	for _, change := range change {
		change(&doc)
	}
	return doc
}

func would(action rotation.Action) rotation.PlanReport { return rotation.PlanReport{Would: action} }

func leaked(how target.How) func(*rotation.Document) {
	return func(d *rotation.Document) { d.Leaked = map[string]target.How{d.OldKey: how} }
}

func retires(d *rotation.Document) { d.Kind, d.Plan.Clusters = rotation.Retire, nil }

func noCluster(d *rotation.Document) {
	d.Plan.Clusters, d.Plan.Skipped = nil, []string{"sandbox (STOPPED)", "own (SELF_MANAGED)"}
}

func byHand(d *rotation.Document) { d.Settings.HandledElsewhere = []string{"b"} }

func unverified(d *rotation.Document) { d.Settings.Verification = target.VerifyNone }

// completed is a rotation whose deployments took so long.
func completed(deploy, canary time.Duration) rotation.HistoryItem {
	at := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)
	return rotation.HistoryItem{Outcome: rotation.Completed, Record: rotation.Record{
		Marks: map[rotation.Effect]rotation.Mark{rotation.Update: {Done: at}, rotation.Deploy: {Done: at.Add(deploy)},
			rotation.Verify: {Begun: at.Add(4 * time.Hour), Done: at.Add(4*time.Hour + canary)}}}}
}

var measured = []rotation.HistoryItem{completed(40*time.Minute, 12*time.Minute),
	{Outcome: rotation.Discarded}, completed(60*time.Minute, 18*time.Minute)}

// TestPlans holds what people read against the file.
func TestPlans(t *testing.T) {
	var all strings.Builder
	for _, row := range []struct {
		name    string
		doc     rotation.Document
		history []rotation.HistoryItem
		width   int
	}{
		{"a rotation", dryRun(would(rotation.ActionCreate)), nil, 80},
		{"with a history, on a narrow terminal", dryRun(would(rotation.ActionCreate), byHand, unverified), measured, 50},
		{"nothing to deploy", dryRun(would(rotation.ActionCreate), noCluster), nil, 80},
		{"resumed with the new key", dryRun(would(rotation.ActionVerify)), measured[:1], 80},
		{"resumed after the update", dryRun(would(rotation.ActionDeploy)), measured, 80},
		{"the old key is needed", dryRun(would(rotation.ActionReactivate)), measured, 80},
		{"resumed at the end", dryRun(would(rotation.ActionDelete)), nil, 80},
		{"aborted", dryRun(would(rotation.ActionAbort)), nil, 80},
		{"retired", dryRun(would(rotation.ActionRetire), retires), nil, 80},
		{"leaked", dryRun(would(rotation.ActionCreate), leaked(target.AfterDeployment)), nil, 80},
		{"leaked, at once", dryRun(would(rotation.ActionCreate), leaked(target.AtOnce)), nil, 80},
		{"would wait", dryRun(rotation.PlanReport{Refused: string(fault.ClustersBusy), Because: "Busy."}), nil, 80},
	} {
		plan := story.PlanOf(row.doc, story.PaceOf(row.history), words.AsSaid)
		fmt.Fprintf(&all, "== %s\n%s\n%s\n\n", row.name, plan.Verdict, strings.Join(plan.Lines(row.width), "\n"))
	}
	const file = "testdata/plans.txt"
	if *update {
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != all.String() {
		t.Errorf("%s says something else (%v); 'go test ./internal/ops/plan -update' writes it:\n%s", file, err, all.String())
	}
}
