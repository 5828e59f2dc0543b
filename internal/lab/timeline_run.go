package lab

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// Run runs everything until nothing is due any more. Processes that wait for
// something that never comes are left parked: see Left.
func (t *Timeline) Run() { t.run(Forever, nil) }

// RunUntil runs everything that is due up to the time, and lets time pass until then.
func (t *Timeline) RunUntil(until time.Time) { t.run(max(until.Sub(t.start), t.elapsed), nil) }

// RunUntilDone runs until the process is over, and tells whether it is: it is
// not when nothing is due any more and the process still waits.
func (t *Timeline) RunUntilDone(p *Process) bool {
	t.run(Forever, p.Done)
	return p.Done()
}

// Left returns the names of the processes that are not over.
func (t *Timeline) Left() []string {
	var names []string
	for _, p := range t.processes {
		names = append(names, p.name)
	}
	return names
}

// Close forgets all events and kills all processes that are left. Nothing
// happens on the timeline from then on.
func (t *Timeline) Close() {
	t.closed, t.minutes = true, nil
	t.queue = slices.DeleteFunc(t.queue, func(e *entry) bool { return e.event != nil })
	for _, p := range slices.Clone(t.processes) {
		p.Kill()
	}
	t.run(Forever, nil)
	t.goroutines.Wait()
}

// Panic is what Run panics with when a process or an event does.
type Panic struct {
	Where string // the name of the process, or "an event"
	Value any    // what it panicked with
	Stack string // where that was
}

// Error tells all of it.
func (p *Panic) Error() string {
	return fmt.Sprintf("%s panicked: %v\n\n%s", p.Where, p.Value, p.Stack)
}

func (t *Timeline) run(horizon time.Duration, stop func() bool) {
	if t.running {
		panic("lab: the timeline runs already")
	}
	t.running, t.horizon, t.stop = true, horizon, stop
	if p := t.next(); p != nil {
		t.give(p)
		<-t.home
	}
	t.running = false
	if failure := t.failure; failure != nil {
		t.failure = nil
		panic(failure)
	}
}

// next lets time pass and events happen until a process is to run. It returns
// nil when control goes back to run. Whoever gives control away calls it, on its
// own goroutine: a process that is the next one itself goes on without a switch.
func (t *Timeline) next() *Process {
	for t.failure == nil && (t.stop == nil || !t.stop()) {
		due := t.horizon
		if len(t.queue) > 0 {
			due = min(due, t.queue[0].at)
		}
		if due == Forever {
			return nil
		}
		if len(t.minutes) > 0 && t.nextMinute <= due {
			t.elapsed = t.nextMinute
			t.nextMinute += time.Minute
			t.happen(t.tick)
			continue // a minute may bring something that is due before the rest
		}
		t.elapsed = due
		if len(t.queue) == 0 || t.queue[0].at > due {
			return nil
		}
		e := t.queue[0]
		t.drop(e)
		if e.process != nil {
			return e.process
		}
		t.happen(e.event)
	}
	return nil
}

// happen runs an event. It may run on any process's goroutine, whose business
// its panic is not.
func (t *Timeline) happen(event func()) {
	defer t.catch("an event")
	event()
}

// catch keeps a panic for run. The first one counts.
func (t *Timeline) catch(where string) {
	if value := recover(); value != nil && t.failure == nil {
		t.failure = &Panic{Where: where, Value: value, Stack: string(debug.Stack())}
	}
}

// give lets a process go on, or run when there is none. The caller must not
// touch the timeline any more until it is given control itself.
func (t *Timeline) give(p *Process) {
	t.current = p
	switch {
	case p == nil:
		t.home <- struct{}{}
	case !p.started:
		p.started = true
		t.goroutines.Go(p.body)
	default:
		p.wake <- struct{}{}
	}
}

// entry is something that is due at a time: a process to go on, or an event.
type entry struct {
	at      time.Duration
	process *Process
	event   func()
}

// push puts an entry into the queue, or moves it, behind all others of its new time.
func (t *Timeline) push(e *entry, at time.Duration) {
	t.drop(e)
	e.at = max(at, t.elapsed)
	i := len(t.queue)
	for i > 0 && t.queue[i-1].at > e.at {
		i--
	}
	t.queue = slices.Insert(t.queue, i, e)
}

// drop takes an entry out of the queue, if it is there.
func (t *Timeline) drop(e *entry) {
	if i := slices.Index(t.queue, e); i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
	}
}
