package cli_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/simulator"
)

// stoppingClock is on which somebody presses Ctrl-C while a command waits.
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
	a, err := newAccount(simulator.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	for name, value := range a.environment() {
		t.Setenv(name, value)
	}
	ctx, press := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	code := cli.Program{Clock: stoppingClock{press: press}, Out: &out, Err: &errs}.Run(ctx, []string{"start", "production", "--watch"})
	const want = "rotate: Interrupted. What was started in AWS goes on; to see it: rotate watch.\n"
	if code != cli.ExitInterrupted || errs.String() != want {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
	if runs := a.world.Runs(); len(runs) != 1 || runs[0].Ended() {
		t.Errorf("what was started has ended: %v", runs)
	}
}
