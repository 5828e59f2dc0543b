package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
)

// stoppingClock is on which someone presses Ctrl-C while a command waits.
type stoppingClock struct {
	testClock
	press context.CancelFunc
}

func (c stoppingClock) Sleep(ctx context.Context, _ time.Duration) error {
	c.press()
	return ctx.Err()
}

// Ctrl-C ends the watching with an exit code of its own, and the rotation goes on.
func TestInterrupted(t *testing.T) {
	a, err := newAccount(lab.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	for name, value := range a.environment() {
		t.Setenv(name, value)
	}
	ctx, press := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	code := cli.Program{Clock: stoppingClock{press: press}, Out: &out, Err: &errs}.Run(ctx,
		[]string{"start", "production", "--watch", "--yes"})
	const want = "rotate: Interrupted. What was started in AWS continues; to see it: rotate watch.\n"
	if code != cli.ExitInterrupted || errs.String() != want {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
	if runs := a.world.Runs(); len(runs) != 1 || runs[0].Ended() {
		t.Errorf("what was started has ended: %v", runs)
	}
}

// An exploration that is interrupted does not read like one that is over: it says
// where it was, and that what it found is not all there may be.
func TestInterruptedExploration(t *testing.T) {
	for _, row := range []struct{ args, want string }{
		{"explore", `(?m)^INTERRUPTED in [a-z, ]+, of which \d+ % were played: what comes after is not explored$`},
		{"explore --random 1 --singles=false --pairs",
			`(?m)^INTERRUPTED in [a-z, ]+, of which \d+ % were played: what comes after is not explored$`},
		{"explore --output json", `"unfinished": \{\n    "stage": "[a-z ]+",\n    "done": 0\.?\d*\n  \}`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		var out, errs bytes.Buffer
		code := cli.Program{Clock: testClock{}, Out: &out, Err: &errs}.Run(ctx, strings.Fields(row.args))
		cancel()
		if code != cli.ExitInterrupted || !regexp.MustCompile(row.want).MatchString(out.String()) {
			t.Errorf("rotate %s: exit code %d, no %s in\n%s%s", row.args, code, row.want, out.String(), errs.String())
		}
		if strings.Contains(out.String(), "\n0 violations\n") {
			t.Errorf("rotate %s: it says that there is no violation", row.args)
		}
	}
}

// Nothing was started in AWS by what runs on this machine alone.
func TestInterruptedMutations(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out, errs bytes.Buffer
	code := cli.Program{Clock: testClock{}, Out: &out, Err: &errs}.Run(ctx, []string{"explore", "--mutations"})
	want := regexp.MustCompile(`^rotate: Interrupted after \d+ of \d+ mutations\. To see the others, run it again\.\n$`)
	if code != cli.ExitInterrupted || !want.MatchString(errs.String()) {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

// What was found until then is minutes of work: a program gets it, too, and how far it is.
func TestInterruptedMutationsAsJSON(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out, errs bytes.Buffer
	code := cli.Program{Clock: testClock{}, Out: &out, Err: &errs}.Run(ctx,
		[]string{"explore", "--mutations", "--output", "json"})
	want := regexp.MustCompile(`"findings": \[(?s:.*)\],\n  "unfinished": \{\n    "stage": "[a-z-]+",\n    "done": \d`)
	if code != cli.ExitInterrupted || !want.MatchString(out.String()) ||
		!strings.Contains(errs.String(), "Interrupted after") {
		t.Errorf("exit code %d, %q, %s", code, errs.String(), &out)
	}
}

// Who presses Ctrl-C while an abort stops the execution leaves no old key Inactive
// with no one at work on it: the execution that brings it back is started first.
func TestInterruptedAbort(t *testing.T) {
	a, err := newAccount(lab.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	for name, value := range a.environment() {
		t.Setenv(name, value)
	}
	running(t, a.world)
	ctx, press := context.WithCancel(t.Context())
	a.onStop = press
	var out, errs bytes.Buffer
	code := cli.Program{Clock: testClock{a.aws.URL}, Out: &out, Err: &errs}.Run(ctx, []string{"abort", "production"})
	if runs := a.world.Runs(); code != cli.ExitInterrupted || len(runs) != 2 ||
		!strings.Contains(string(runs[1].Input()), `"abort":true`) {
		t.Errorf("exit code %d, %d executions, %q", code, len(runs), errs.String())
	}
}

// A story has no end that a script can't put off. Who interrupts it, or reads no more of it,
// waits no longer.
func TestInterruptedSimulation(t *testing.T) {
	script := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(script, []byte("run a\n"+strings.Repeat("wait 8760h\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"simulate --script " + script, "simulate --output json --script " + script} {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		var out, errs bytes.Buffer
		code := cli.Program{Clock: testClock{}, Out: &out, Err: &errs}.Run(ctx, strings.Fields(args))
		cancel()
		const want = "rotate: Interrupted. To see the rest of the story, run it again.\n"
		if code != cli.ExitInterrupted || errs.String() != want {
			t.Errorf("%s: exit code %d, %s", args, code, &errs)
		}
		isText := !strings.Contains(args, "json")
		if strings.Contains(out.String(), "== execution a SUCCEEDED") != isText {
			t.Errorf("%s: it wrote %s", args, &out)
		}
	}
	code := cli.Program{Clock: testClock{}, Out: &closesAfter{left: 1}, Err: io.Discard}.Run(t.Context(),
		[]string{"simulate", "--script", script})
	if code != cli.ExitClosedPipe {
		t.Errorf("nobody reads on: exit code %d", code)
	}
}

// closesAfter is read for a few writes, and then no more.
type closesAfter struct{ left int }

func (c *closesAfter) Write(data []byte) (int, error) {
	if c.left--; c.left < 0 {
		return 0, syscall.EPIPE
	}
	return len(data), nil
}
