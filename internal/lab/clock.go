package lab

import "time"

// stepClock is the clock of the machine that a function runs on, which need not
// be right.
type stepClock struct{ *Timeline }

// Now is what that clock shows.
func (c stepClock) Now() time.Time {
	now := c.Timeline.Now()
	if process := c.Current(); process != nil {
		now = now.Add(process.ahead)
	}
	return now
}

func (w *World) clockOff(state string) time.Duration {
	if w.ClockOff == nil {
		return 0
	}
	return w.ClockOff(state)
}
