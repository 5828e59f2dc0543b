package awstest

import (
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// sandbox is a process of a function.
type sandbox struct {
	function string
	process  *exec.Cmd
	events   chan *Invocation
	gone     chan struct{} // closed when the process has ended and its log is whole
	asked    chan struct{} // closed when the process first asks for an event
	asks     sync.Once

	mu   sync.Mutex
	busy bool
	dead bool
	work *Invocation // that it was handed last
}

func startSandbox(function, program string, env []string, output *log) (*sandbox, error) {
	s := &sandbox{function: function, events: make(chan *Invocation, 1), gone: make(chan struct{}),
		asked: make(chan struct{}), busy: true}
	s.process = exec.Command(program)
	s.process.Env, s.process.Stdout, s.process.Stderr = env, output, output
	s.process.WaitDelay = time.Second
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", function, err)
	}
	go s.watch()
	return s, nil
}

// watch answers in the place of a process that has ended.
func (s *sandbox) watch() {
	_ = s.process.Wait()
	defer close(s.gone)
	s.mu.Lock()
	s.dead = true
	work := s.work
	s.mu.Unlock()
	if work != nil {
		work.finish(Failure(exited, "RequestId: "+work.id+" Error: Runtime exited"))
	}
}

func (s *sandbox) kill() {
	s.mu.Lock()
	s.dead = true
	s.mu.Unlock()
	_ = s.process.Process.Kill()
}

// timeOut kills it at the deadline of what it was handed last, which has its answer elsewhere.
func (s *sandbox) timeOut() {
	s.mu.Lock()
	s.work = nil
	s.mu.Unlock()
	s.kill()
}

// reserve takes the sandbox for an invocation, if it is free.
func (s *sandbox) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy || s.dead {
		return false
	}
	s.busy = true
	return true
}

// free gives the sandbox back.
func (s *sandbox) free() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
}

// begin hands over an invocation, for which the sandbox was reserved.
func (s *sandbox) begin(work *Invocation) {
	s.mu.Lock()
	s.work = work
	dead := s.dead
	s.mu.Unlock()
	if dead {
		work.finish(Failure(exited, "The process ended at start"))
		return
	}
	s.events <- work
}
