// Clock is a clock that real processes share. It stands still while any of them
// is at work, and moves on to the next moment that somebody waits for once all
// of them wait: hours pass at once, and in order.

package awstest

import (
	"container/heap"
	"context"
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
	queue    queue
	seq      int
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
	if e.index >= 0 { // else it was woken at the same moment, and holds the clock already
		heap.Remove(&c.queue, e.index)
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
		if e.index >= 0 {
			heap.Remove(&c.queue, e.index)
		}
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
		e := heap.Pop(&c.queue).(*entry)
		c.pass(e.at)
		c.working++
		e.due()
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
	at    time.Time
	seq   int // who asked first is first
	index int // in the queue; -1 outside
	due   func()
}

func (c *Clock) push(at time.Time, due func()) *entry {
	if now := c.Now(); at.Before(now) {
		at = now
	}
	c.seq++
	e := &entry{at: at, seq: c.seq, due: due}
	heap.Push(&c.queue, e)
	return e
}

type queue []*entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *queue) Push(x any) { e := x.(*entry); e.index = len(*q); *q = append(*q, e) }
func (q *queue) Pop() any {
	e := (*q)[len(*q)-1]
	e.index = -1
	*q = (*q)[:len(*q)-1]
	return e
}
