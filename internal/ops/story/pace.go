package story

import (
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// Pace is how long deployments take, by the last rotations.
type Pace struct {
	deploy, canary time.Duration // of all waves, and of one cluster
	rotations      int
}

const (
	unmeasured = 10 * time.Minute // a deployment takes five to ten
	remembered = 3                // rotations
)

// PaceOf is the average of the last rotations of the history, whose latest comes first.
func PaceOf(history []rotation.HistoryItem) (p Pace) {
	for _, item := range history {
		marks := item.Record.Marks
		deploy := between(marks[rotation.Update], marks[rotation.Deploy])
		if item.Outcome != rotation.Completed || deploy <= 0 || p.rotations == remembered {
			continue
		}
		verify := marks[rotation.Verify]
		p.deploy, p.canary = p.deploy+deploy, p.canary+max(verify.Done.Sub(verify.Begun), 0)
		p.rotations++
	}
	if p.rotations > 0 {
		p.deploy, p.canary = p.deploy/time.Duration(p.rotations), p.canary/time.Duration(p.rotations)
	}
	return p
}

// between is how long one effect was done after another.
func between(before, after rotation.Mark) time.Duration {
	if before.Done.IsZero() || after.Done.IsZero() {
		return 0
	}
	return after.Done.Sub(before.Done)
}

// waveTakes is how long one of so many waves is expected to take.
func (p Pace) waveTakes(waves int) time.Duration {
	if p.rotations == 0 {
		return unmeasured
	}
	return (p.deploy / time.Duration(waves)).Round(time.Minute)
}

// canaryTakes is how long the canary's deployment is expected to take.
func (p Pace) canaryTakes() time.Duration {
	if p.canary == 0 {
		return p.waveTakes(1)
	}
	return p.canary.Round(time.Minute)
}

// String says what the estimate is made of.
func (p Pace) String() string {
	if p.rotations == 0 {
		return fmt.Sprintf("estimate: %s for each wave, because no rotation has been recorded yet",
			words.Duration(unmeasured))
	}
	if p.rotations == 1 {
		return "estimate, by the deployments of the last rotation"
	}
	return fmt.Sprintf("estimate, by the deployments of the last %d rotations", p.rotations)
}
