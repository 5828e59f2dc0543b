package awstest

import (
	"context"
	"time"
)

// waiter is a script that waits for something to be so.
type waiter struct {
	condition func() bool
	wake      chan struct{}
}

// Script runs f, which holds the clock still but when it waits in Until or Doze.
func (c *Clock) Script(f func()) {
	c.mu.Lock()
	c.working++
	c.scripts++
	c.mu.Unlock()
	defer c.scriptRests()
	f()
}

func (c *Clock) scriptRests() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working--
	c.scripts--
	c.advance()
}

// Until lets go of the clock until the condition holds, which is looked at when
// Changed is called. For scripts only.
func (c *Clock) Until(ctx context.Context, condition func() bool) error {
	c.mu.Lock()
	if condition() {
		c.mu.Unlock()
		return nil
	}
	w := &waiter{condition, make(chan struct{})}
	c.waiters = append(c.waiters, w)
	c.mu.Unlock()
	c.scriptRests()
	select {
	case <-w.wake:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Doze is Sleep for scripts.
func (c *Clock) Doze(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	c.scripts--
	c.mu.Unlock()
	err := c.Sleep(ctx, until)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scripts++
	return err
}

// Changed looks at what scripts wait for, and returns when those that had waited
// for what is now so have done what they had in mind.
func (c *Clock) Changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rest []*waiter
	woken := false
	for _, w := range c.waiters {
		if !w.condition() {
			rest = append(rest, w)
			continue
		}
		woken = true
		c.working++
		c.scripts++
		close(w.wake)
	}
	c.waiters = rest
	for woken && c.scripts > 0 && !c.finished {
		c.quiet.Wait()
	}
}
