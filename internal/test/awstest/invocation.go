package awstest

import (
	"context"
	"sync"
	"time"
)

// Invocation is an event that a function was handed.
type Invocation struct {
	Function string
	Deadline time.Time

	host    *LambdaHost
	sandbox *sandbox
	id      string
	event   []byte
	off     func() // the deadline's, set before the event is handed over

	life context.Context // ends with the invocation
	end  context.CancelFunc
	over chan struct{}
	once sync.Once

	mu        sync.Mutex
	answer    FunctionAnswer
	finished  bool
	abandoned bool // nobody waits for the answer
	sleeps    int
	sleeping  sync.WaitGroup
}

// Kill ends the process in the middle of its work.
func (i *Invocation) Kill() { i.sandbox.kill() }

// sleep lets the clock move on. The parts of a function that sleep side by side
// let go of it once: the first one that falls asleep lets go of the function's
// hold, the others take one of their own for it, and who wakes last keeps his.
func (i *Invocation) sleep(ctx context.Context, d time.Duration) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(i.life, stop)()
	i.mu.Lock()
	if i.finished {
		i.mu.Unlock()
		return
	}
	if i.sleeps++; i.sleeps > 1 {
		i.host.clock.Begin()
	}
	i.sleeping.Add(1)
	i.mu.Unlock()
	defer i.sleeping.Done()
	_ = i.host.clock.Sleep(ctx, i.host.clock.Now().Add(d))
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.sleeps--; i.sleeps > 0 {
		i.host.clock.End()
	}
}

// finish is the end of an invocation: by an answer, by the end of the process or
// by the deadline. The first one counts. The hold on the clock goes to whoever
// waits for the answer.
func (i *Invocation) finish(answer FunctionAnswer) {
	i.once.Do(func() {
		i.mu.Lock()
		i.finished = true
		i.mu.Unlock()
		i.end()
		i.sleeping.Wait()
		i.off()
		i.mu.Lock()
		defer i.mu.Unlock()
		i.answer = answer
		close(i.over)
		if i.abandoned {
			i.host.clock.End()
		}
	})
}

// wait waits for the answer, or for the end of ctx: then the caller gets a hold
// on the clock of its own, and the function keeps the one that it has.
func (i *Invocation) wait(ctx context.Context) (FunctionAnswer, error) {
	select {
	case <-i.over:
		return i.answer, nil
	case <-ctx.Done():
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case <-i.over:
		return i.answer, nil
	default:
	}
	i.abandoned = true
	i.host.clock.Begin()
	return FunctionAnswer{}, context.Cause(ctx)
}
