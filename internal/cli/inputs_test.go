package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// inputs are executions' inputs as people write them, right ones and wrong ones.
var inputs = []string{
	`{"target": "production"}`,
	` {"target":"production","gracePeriod":"4h"} `,
	`{"target": "production", "dryRun": true}`,
	`{"target": "production", "dryRun": false, "abort": false}`,
	`{"target": "production", "abort": true}`,
	`{"target": "staging"}`,
	`{"target": "production", "gracePeriod": "1h"}`, // which is for the target to refuse

	`{"Target": "production"}`,
	`{"TARGET": "production", "target": "production"}`,
	`{"target": "production", "dryRun": true, "DryRun": false}`,
	`{"target": "production", "DryRun": true}`,
	`{"target": "production", "dryRun": true, "dryRun": false}`,
	`{"target": "staging", "target": "production"}`,
	`{"target":"x","dryRun":true,"target":"production","dryRun":false}`,
	`{"target": "production", "abort": false, "Abort": true}`,
	`{"target": "production", "dryrn": true}`,
	`{"target": "production", "dryRun": "true"}`,
	`{"target": "production", "dryRun": null}`,
	`{"target": "production", "gracePeriod": "4 hours"}`,
	`{"target": "Production"}`,
	`{"target": ["production"]}`,
	`{}`, `null`, `"production"`, `[{"target": "production"}]`,
}

// collapsible are the inputs whose names come twice, and the target that is left
// where Step Functions passes the last one on. Whether it does, no one has seen: such
// an execution may be at work, and Preflight refuses the text as it stands.
var collapsible = map[string]string{
	`{"target": "production", "dryRun": true, "dryRun": false}`:         "production",
	`{"target": "staging", "target": "production"}`:                     "production",
	`{"target":"x","dryRun":true,"target":"production","dryRun":false}`: "production",
}

// TestConsumersOfAnInputAgree: whoever reads what an execution works on reads the
// same, and of an input that Preflight refuses all say that it works on no target.
func TestConsumersOfAnInputAgree(t *testing.T) {
	for _, input := range inputs {
		t.Run(input, func(t *testing.T) {
			a, err := newAccount(lab.Setup{Clusters: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer a.close()
			parsed, refused := target.ParseInput(json.RawMessage(input))
			run, err := a.world.Start("begun", input)
			if err != nil {
				t.Fatal(err)
			}
			reaches, mayReach := parsed, refused
			if collapsed, exists := collapsible[input]; exists {
				reaches, mayReach = target.Input{Target: collapsed}, nil
			}
			atWork := mayReach == nil && reaches.Target == "production" && !reaches.DryRun
			commandLineAgrees(t, a, atWork)
			preflightAgrees(t, a, run, refused)
			noticeAgrees(t, a, run, reaches, refused)
		})
	}
}

// commandLineAgrees asks whether the execution is at work, before it has done
// anything. What stops or starts one is asked of accounts of their own.
func commandLineAgrees(t *testing.T, a *account, atWork bool) {
	t.Helper()
	for _, question := range []struct {
		args     []string
		yes, no  int
		says     string
		onlyWhen bool // it says so when one is at work, and not when none is
	}{
		{[]string{"status"}, cli.ExitSucceeded, cli.ExitSucceeded, "running: begun", true},
		{[]string{"status", "--output", "json"}, cli.ExitSucceeded, cli.ExitSucceeded, `"state": "running"`, true},
		{[]string{"history", "production"}, cli.ExitSucceeded, cli.ExitSucceeded,
			"No rotation of production has been recorded yet", false},
		{[]string{"release", "production", "--yes"}, cli.ExitNothing, cli.ExitNothing, "", false},
		{[]string{"start", "production", "--yes"}, cli.ExitRunning, cli.ExitSucceeded,
			"is at work on production already: begun",
			true},
	} {
		code, said := a.types(t, question.args...)
		want := question.no
		if atWork {
			want = question.yes
		}
		if code != want || strings.Contains(said, question.says) != (atWork || !question.onlyWhen) {
			t.Errorf("rotate %s: exit code %d, want %d:\n%s", strings.Join(question.args, " "), code, want, said)
		}
	}
}

// preflightAgrees lets the execution run.
func preflightAgrees(t *testing.T, a *account, run *lab.Run, refused error) {
	t.Helper()
	a.world.Sleep(time.Minute)
	if isRefused := run.ErrorName() == string(fault.InvalidInput); isRefused != (refused != nil) &&
		!strings.Contains(run.Cause(), "is shorter than the target's") {
		t.Errorf("Preflight: %s %s, and the input is %v", run.ErrorName(), run.Cause(), refused)
	}
}

// noticeAgrees reads the execution as a notice about its end does.
func noticeAgrees(t *testing.T, a *account, run *lab.Run, parsed target.Input, refused error) {
	t.Helper()
	x := notice.Describe(&statemachine.Execution{ARN: run.ARN(), Status: statemachine.Running, StartedAt: run.StartTime(),
		Input: string(run.Input())})
	if x.Target != parsed.Target || x.DryRun != parsed.DryRun || x.Abort != parsed.Abort {
		t.Errorf("a notice reads %q, dry run %t, abort %t; Preflight %+v", x.Target, x.DryRun, x.Abort, parsed)
	}
	if refused == nil {
		return
	}
	code, said := a.types(t, "watch", "begun")
	for _, want := range []string{"Nothing is ", "The execution's input"} {
		if code != cli.ExitRefused || !strings.Contains(said, want) {
			t.Errorf("rotate watch: exit code %d, and %q is missing in:\n%s", code, want, said)
		}
	}
}

// types has a person type a command.
func (a *account) types(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	for name, value := range a.environment() {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	program := cli.Program{Clock: testClock{a.aws.URL}, In: strings.NewReader(""), Out: &out, Err: &out}
	code = program.Run(context.Background(), args)
	if strings.Contains(out.String(), "0001-01-01") {
		t.Errorf("rotate %s shows a time that there is not:\n%s", strings.Join(args, " "), &out)
	}
	return code, out.String()
}

// TestAbortStopsTheOwner: whatever the input says that Step Functions tells of, the
// execution that owns the record is the one to stop.
func TestAbortStopsTheOwner(t *testing.T) {
	for _, input := range inputs {
		t.Run(input, func(t *testing.T) {
			a, err := newAccount(lab.Setup{Clusters: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer a.close()
			run, err := a.world.Start("begun", `{"target": "production"}`)
			if err != nil || !run.UntilIn("ObservationPeriod") {
				t.Fatal("no execution comes to the observation period", err)
			}
			if parsed, err := target.ParseInput(json.RawMessage(input)); err == nil && parsed.Abort {
				return // an abort that runs is let go on
			}
			a.inputs[run.ARN()] = input
			code, said := a.types(t, "abort", "production")
			keys := a.world.IAM.Present(lab.UserName)
			inactive := slices.ContainsFunc(keys, func(k rotation.AccessKey) bool { return k.Status != rotation.Active })
			if code != cli.ExitSucceeded || !run.Ended() || inactive || len(keys) != 2 {
				t.Errorf("exit code %d, and the keys are %v:\n%s", code, keys, said)
			}
			code, said = a.types(t, "watch", "begun")
			if code != cli.ExitPaused || strings.Contains(said, "not known") {
				t.Errorf("rotate watch of what was stopped: exit code %d:\n%s", code, said)
			}
		})
	}
}
