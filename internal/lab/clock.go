package lab

import (
	"strings"
	"time"
)

// stepClock is the clock of the machine that a function runs on, which need not
// be right.
type stepClock struct {
	*Timeline
	world *World
}

// Now is what that clock shows.
func (c stepClock) Now() time.Time {
	now := c.Timeline.Now()
	if process := c.Current(); process != nil {
		if _, state, isFunction := strings.Cut(process.Name(), "/"); isFunction {
			now = now.Add(c.world.clockOff(state))
		}
	}
	return now
}

func (w *World) clockOff(state string) time.Duration {
	if w.ClockOff == nil {
		return 0
	}
	return w.ClockOff(state)
}
