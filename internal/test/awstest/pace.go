package awstest

import (
	"context"
	"time"
)

// tick is how often a paced clock moves on, in real time.
const tick = 20 * time.Millisecond

// Pace has the clock go on by itself until ctx ends, for people to watch: so many
// times as fast as real time while somebody sleeps, faster still while that is for
// days, and as fast as real time while nobody does. It still stands still while
// somebody is at work.
func (c *Clock) Pace(ctx context.Context, factor int) {
	c.mu.Lock()
	c.paced = true
	c.mu.Unlock()
	beat := time.NewTicker(tick)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			c.beat(factor)
		case <-ctx.Done():
			return
		}
	}
}

// beat moves on by one tick, and wakes who is due by then.
func (c *Clock) beat(factor int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	step := tick
	if len(c.queue) > 0 {
		const part = 500 // of what is left: a week is over in a minute
		step = max(step*time.Duration(factor), c.queue[0].at.Sub(c.Now())/part)
	}
	until := c.Now().Add(step)
	for c.working == 0 && !c.finished {
		if len(c.queue) == 0 || c.queue[0].at.After(until) {
			c.pass(until)
			return
		}
		c.wakeNext()
	}
}
