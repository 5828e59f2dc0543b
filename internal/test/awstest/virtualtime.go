// Clock is a clock that real processes share. It stands still while any of them
// is at work, and moves on to the next moment that somebody waits for once all
// of them wait: hours pass at once, and in order.

package awstest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the time. Whoever is at work holds it still with Begin, and lets go
// of it with End; who sleeps or waits lets go of it meanwhile.
type Clock struct {
	// OnMinute, if not nil, is told of every whole minute that passes. It is
	// called with the clock locked and may ask it for the time, nothing else.
	OnMinute func(time.Time)

	now atomic.Int64 // nanoseconds since 1970

	mu       sync.Mutex
	working  int
	queue    []*entry // who waits, in the order in which they are due
	waiters  []*waiter
	scripts  int // waiters that were woken and are at work
	quiet    *sync.Cond
	finished bool
	paced    bool
}

// NewClock begins time.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	c.now.Store(start.UnixNano())
	c.quiet = sync.NewCond(&c.mu)
	return c
}

// Now is the time.
func (c *Clock) Now() time.Time { return time.Unix(0, c.now.Load()).UTC() }

// Begin holds the clock still, until End.
func (c *Clock) Begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working++
}

// End lets go of the clock.
func (c *Clock) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working--
	c.advance()
}

// Sleep lets go of the clock until the time has come or ctx has ended, and holds
// it still again.
func (c *Clock) Sleep(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	wake := make(chan struct{})
	e := c.push(until, func() { close(wake) })
	c.working--
	c.advance()
	c.mu.Unlock()
	select {
	case <-wake:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drop(e) { // else it was woken at the same moment, and holds the clock already
		c.working++
	}
	return context.Cause(ctx)
}

// At has f called at a time, while it holds the clock still. The function that
// is returned calls it off.
func (c *Clock) At(at time.Time, f func()) (off func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.push(at, func() {
		go func() {
			defer c.End()
			f()
		}()
	})
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.drop(e)
	}
}

// Tick lets a little time pass for a request, but nothing that is due earlier be
// passed over.
func (c *Clock) Tick(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.Now().Add(d)
	if len(c.queue) > 0 && c.queue[0].at.Before(next) {
		return
	}
	c.pass(next)
}

// Set moves the clock by hand, before anybody uses it.
func (c *Clock) Set(now time.Time) { c.now.Store(now.UnixNano()) }

// advance moves on while nobody is at work. It is called with the clock locked.
func (c *Clock) advance() {
	c.quiet.Broadcast()
	for c.working == 0 && len(c.queue) > 0 && !c.finished && !c.paced {
		c.wakeNext()
	}
}

func (c *Clock) pass(until time.Time) {
	for minute := c.Now().Truncate(time.Minute).Add(time.Minute); c.OnMinute != nil &&
		!minute.After(until); minute = minute.Add(time.Minute) {
		c.now.Store(minute.UnixNano())
		c.OnMinute(minute)
	}
	if until.After(c.Now()) {
		c.now.Store(until.UnixNano())
	}
}

// Stop makes time stand still for good.
func (c *Clock) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
}

// entry is somebody who waits for a time.
type entry struct {
	at  time.Time
	due func()
}

// push has somebody wait for a time, behind all who wait for the same.
func (c *Clock) push(at time.Time, due func()) *entry {
	if now := c.Now(); at.Before(now) {
		at = now
	}
	e := &entry{at, due}
	i := len(c.queue)
	for i > 0 && c.queue[i-1].at.After(at) {
		i--
	}
	c.queue = slices.Insert(c.queue, i, e)
	return e
}

// drop has somebody wait no more, and tells whether he did.
func (c *Clock) drop(e *entry) bool {
	i := slices.Index(c.queue, e)
	if i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
	}
	return i >= 0
}

// wakeNext moves on to the next time that somebody waits for, and wakes him.
func (c *Clock) wakeNext() {
	e := c.queue[0]
	c.drop(e)
	c.pass(e.at)
	c.working++
	e.due()
}
