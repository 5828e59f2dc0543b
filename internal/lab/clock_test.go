package lab

import (
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// TestJudgeSeesLoopsThatRunAway: ten entries in a minute are too many, and nine or
// those of another execution are not.
func TestJudgeSeesLoopsThatRunAway(t *testing.T) {
	for every, wrong := range map[time.Duration]bool{
		time.Second: true, 6600 * time.Millisecond: true, 6700 * time.Millisecond: false, 15 * time.Second: false,
	} {
		w := newTestWorld(t)
		for i := range mostVisits {
			entered := statemachine.Event{Type: "TaskStateEntered", State: "DeployClusters",
				Time: Beginning.Add(time.Duration(i) * every)}
			w.Judge.entered("rotation-1", entered)
			if i < mostVisits-1 {
				w.Judge.entered("rotation-2", entered)
			}
		}
		all := strings.Join(w.Judge.Violations, "\n")
		if strings.Contains(all, "rotation-1 entered DeployClusters 10 times within a minute") != wrong ||
			strings.Contains(all, "rotation-2") {
			t.Errorf("every %s: %q", every, all)
		}
	}
}

// TestStepsAreWrappedForCalls: people who run a step's parts by hand still can.
func TestStepsAreWrappedForCalls(t *testing.T) {
	wrapped := 0
	setup := Setup{Clusters: 1, Through: func(_ *World, p *Ports) {
		p.Around = func(step rotation.Step) rotation.Step { return counted{step, &wrapped} }
	}}
	result := playText(t, setup, "start rotation\nuntil GracePeriod\nstop\nwait 1h\nrelease")
	if open := result.World.Journal.Current(UserName); wrapped < 5 || open != nil {
		t.Errorf("%d calls were wrapped; open is %v", wrapped, open)
	}
}

type counted struct {
	rotation.Step
	calls *int
}

func (c counted) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	*c.calls++
	return c.Step.Run(ctx, call)
}
