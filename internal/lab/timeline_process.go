package lab

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// Process is a function that runs on a timeline.
type Process struct {
	name     string
	ahead    time.Duration // how far the clock of its machine is ahead
	timeline *Timeline
	f        func()
	entry    entry // its place in the queue
	wake     chan struct{}
	started  bool
	parked   bool
	ctx      context.Context // what it is parked under
	killed   bool
	done     bool
	joiners  []*Process
}

// Go starts a process, which runs when all that is due now has had its turn.
func (t *Timeline) Go(name string, f func()) *Process {
	p := &Process{name: name, timeline: t, f: f, wake: make(chan struct{})}
	p.entry.process = p
	if t.closed {
		p.killed, p.done = true, true
		return p
	}
	t.processes = append(t.processes, p)
	t.push(&p.entry, t.elapsed)
	return p
}

// Name is the name that the process was started with.
func (p *Process) Name() string { return p.name }

// Done tells whether the process is over.
func (p *Process) Done() bool { return p.done }

// Killed tells whether the process was killed.
func (p *Process) Killed() bool { return p.killed }

// Kill ends the process at its next scheduling point: at once when it is parked,
// else when it would wait. It ends as runtime.Goexit ends a goroutine, and its
// deferred functions end in turn where they would wait.
func (p *Process) Kill() {
	if p.done {
		return
	}
	p.killed = true
	if !p.started {
		p.timeline.drop(&p.entry)
		p.finish()
		return
	}
	p.rouse()
}

// Join parks the caller until the process is over, and tells whether it is: it
// is not when the timeout passes first, or when ctx ends first, whose cause is
// the error. Without a positive timeout it only asks; Forever has no limit.
func (p *Process) Join(ctx context.Context, timeout time.Duration) (finished bool, err error) {
	t := p.timeline
	if p.done || timeout <= 0 {
		return p.done, nil
	}
	if caller := t.current; caller != nil {
		p.joiners = append(p.joiners, caller)
		defer func() {
			p.joiners = slices.DeleteFunc(p.joiners, func(j *Process) bool { return j == caller })
		}()
	}
	if err := t.wait(ctx, timeout, p.Done); err != nil && !p.done {
		return false, err
	}
	return p.done, nil
}

// body runs the process from its beginning to its end, and gives control away. So it does
// when it was killed: the goroutine ends, as runtime.Goexit has it.
func (p *Process) body() {
	t := p.timeline
	defer func() {
		p.finish()
		t.current = nil
		t.give(t.next())
	}()
	defer t.catch("process " + p.name)
	p.f()
}

// finish marks the process as over and rouses who waits for that.
func (p *Process) finish() {
	t := p.timeline
	p.done = true
	t.processes = slices.DeleteFunc(t.processes, func(other *Process) bool { return other == p })
	for _, joiner := range p.joiners {
		joiner.rouse()
	}
}

// wait parks the process, which must be the current one.
func (p *Process) wait(ctx context.Context, d time.Duration) error {
	p.checkpoint()
	if ctx.Err() != nil {
		return ended(ctx)
	}
	if wake := p.timeline.after(d); wake != Forever {
		p.timeline.push(&p.entry, wake)
	}
	p.park(ctx)
	return ended(ctx)
}

// park gives control away, and returns when it comes back.
func (p *Process) park(ctx context.Context) {
	t := p.timeline
	p.parked, p.ctx = true, ctx
	t.current = nil
	if next := t.next(); next == p {
		t.current = p
	} else {
		t.give(next)
		<-p.wake
	}
	p.parked, p.ctx = false, nil
	p.checkpoint()
}

// rouse makes a parked process go on now, behind those that are due now already.
func (p *Process) rouse() {
	t := p.timeline
	isDue := p.entry.at <= t.elapsed && slices.Contains(t.queue, &p.entry)
	if p.parked && !isDue {
		t.push(&p.entry, t.elapsed)
	}
}

// checkpoint ends the goroutine when its process was killed.
func (p *Process) checkpoint() {
	if p.killed {
		runtime.Goexit()
	}
}
