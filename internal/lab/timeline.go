package lab

import (
	"context"
	"math"
	"sync"
	"time"
)

// Forever is a wait without a limit.
const Forever = time.Duration(math.MaxInt64)

// Timeline is virtual time and what happens in it: processes, of which exactly
// one runs while all others are parked, and events. What comes next is decided
// by time and then by who asked first, never by the Go scheduler, so that the
// same program has the same history each time.
//
// A timeline has no lock. It may be used by the process or event that it runs
// and, while it runs none, by whoever made it: "outside". Outside, waiting means
// running the timeline for as long; in an event, waiting is a mistake.
type Timeline struct {
	start   time.Time
	elapsed time.Duration // since start
	queue   []*entry      // in the order in which they are due

	minutes    []func(time.Time)
	nextMinute time.Duration // meaningful once there are minutes
	tick       func()        // tells all of minutes

	processes  []*Process // those that are not over, oldest first
	current    *Process   // nil: outside, or in an event
	running    bool       // inside run
	horizon    time.Duration
	stop       func() bool   // nil, or whether to leave run early
	home       chan struct{} // gives control back to run
	failure    *Panic
	closed     bool
	goroutines sync.WaitGroup
}

// NewTimeline begins time.
func NewTimeline(start time.Time) *Timeline {
	t := &Timeline{start: start.Round(0).UTC(), home: make(chan struct{})}
	t.tick = func() {
		now := t.Now()
		for _, tell := range t.minutes {
			tell(now)
		}
	}
	return t
}

// Now is the virtual time.
func (t *Timeline) Now() time.Time { return t.start.Add(t.elapsed) }

// Sleep parks the process until the duration has passed, or returns the cause of
// ctx's end when that comes first. A sleep of nothing lets all others that are
// due go first.
func (t *Timeline) Sleep(ctx context.Context, d time.Duration) error {
	return t.wait(ctx, d, nil)
}

// At runs f at a time, or as soon as possible when that is past. An event does
// not wait; it may start processes, which do.
func (t *Timeline) At(at time.Time, f func()) {
	if !t.closed {
		t.push(&entry{event: f}, at.Sub(t.start))
	}
}

// OnMinute calls f for every whole minute that passes from now on, before
// anything else that happens at that minute or later.
func (t *Timeline) OnMinute(f func(time.Time)) {
	if len(t.minutes) == 0 {
		now := t.Now()
		t.nextMinute = now.Truncate(time.Minute).Add(time.Minute).Sub(t.start)
	}
	t.minutes = append(t.minutes, f)
}

// Current is the running process; nil outside and in an event.
func (t *Timeline) Current() *Process { return t.current }

// wait parks the current process for d or until something wakes it. Outside, it
// runs the timeline instead, until ready (when given) says so.
func (t *Timeline) wait(ctx context.Context, d time.Duration, ready func() bool) error {
	switch {
	case t.current != nil:
		return t.current.wait(ctx, d)
	case t.running:
		panic("lab: an event cannot wait; let it start a process")
	case ctx.Err() == nil:
		t.run(t.after(d), func() bool { return ctx.Err() != nil || ready != nil && ready() })
	}
	return ended(ctx)
}

// after is when d will have passed.
func (t *Timeline) after(d time.Duration) time.Duration {
	if d = max(d, 0); d > Forever-t.elapsed {
		return Forever
	}
	return t.elapsed + d
}

// ended is nil, or the cause of ctx's end.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}
