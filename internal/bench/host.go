package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
)

// host is Lambda's Runtime API for one process after another, on this machine.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type host struct {
	api *httptest.Server

	mu      sync.Mutex
	started int      // processes
	process *process // the last of them, the only one that is served
}

func newHost() *host {
	h := &host{}
	h.api = httptest.NewServer(http.HandlerFunc(h.serve))
	return h
}

func (h *host) close() {
	h.api.CloseClientConnections()
	h.api.Close()
}

// process is a running function.
type process struct {
	path     string // of its requests, so that a late one is not taken for the next process's
	command  *exec.Cmd
	log      bytes.Buffer // complete once it has ended
	timeout  time.Duration
	asked    chan time.Time // when it first asked for work
	events   chan []byte
	answers  chan answer
	ended    chan struct{}
	askedFor sync.Once
}

// answer is a function's answer to an event.
type answer struct {
	body []byte
	code string // of an error; empty when it succeeded
}

// patience is how long anything that takes milliseconds may take.
const patience = time.Minute

// start starts a program with an environment and nothing else in it, and
// measures how long it takes until it asks for work.
func (h *host) start(program string, env map[string]string) (*process, time.Duration, error) {
	p := &process{
		command: exec.Command(program), asked: make(chan time.Time, 1),
		events: make(chan []byte), answers: make(chan answer, 1), ended: make(chan struct{}),
	}
	h.serveNow(p)
	p.command.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(h.api.URL, "http://") + p.path, "AWS_LAMBDA_LOG_FORMAT=JSON"}
	for name, value := range env {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	p.command.Stdout, p.command.Stderr = &p.log, &p.log
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, 0, fmt.Errorf("starting %s: %w", program, err)
	}
	go func() { defer close(p.ended); _ = p.command.Wait() }()
	select {
	case at := <-p.asked:
		return p, at.Sub(began), nil
	case <-p.ended:
		return nil, 0, fmt.Errorf("%s ended at its start:\n%s", program, p.log.String())
	case <-time.After(patience):
		p.end()
		return nil, 0, fmt.Errorf("%s does not ask for work:\n%s", program, p.log.String())
	}
}

// invoke hands over an event and waits for the answer.
func (p *process) invoke(event []byte, timeout time.Duration) (answer, error) {
	p.timeout = timeout
	p.events <- event
	select {
	case got := <-p.answers:
		return got, nil
	case <-p.ended:
		return answer{}, fmt.Errorf("the process ended:\n%s", p.log.String())
	case <-time.After(patience):
		_ = p.command.Process.Signal(syscall.SIGQUIT) // it tells what it is at
		<-p.ended
		return answer{}, fmt.Errorf("there was no answer:\n%s", p.log.String())
	}
}

// usage is what a process has used when it ended.
type usage struct {
	cpu    time.Duration // user and system
	memory int64         // the most that was resident, in bytes
	log    []byte        // what it wrote
}

// end ends the process.
func (p *process) end() usage {
	memory := peakMemory(p.command.Process.Pid)
	_ = p.command.Process.Kill()
	<-p.ended
	state := p.command.ProcessState
	return usage{cpu: state.UserTime() + state.SystemTime(), memory: memory, log: p.log.Bytes()}
}

// peakMemory is the most that a running process has had resident, in bytes. What
// wait4 tells of an ended one (ru_maxrss) is no less than this program's own,
// which a new process shares until it becomes another program.
// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
func peakMemory(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // one that has ended has none
	for line := range strings.Lines(string(text)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// serveNow makes a process the one that is served.
func (h *host) serveNow(p *process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started++
	p.path = fmt.Sprintf("/%d", h.started)
	h.process = p
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	p := h.process
	h.mu.Unlock()
	switch what := path.Base(r.URL.Path); {
	case p == nil || !strings.HasPrefix(r.URL.Path, p.path+"/"):
		http.NotFound(w, r)
	case what == "next":
		p.next(w, r)
	case what == "response", what == "error":
		p.answered(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *process) next(w http.ResponseWriter, r *http.Request) {
	p.askedFor.Do(func() { p.asked <- time.Now() })
	select {
	case event := <-p.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000001")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(p.timeout).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":"+account+":function:bench")
		_, _ = w.Write(event)
	case <-p.ended:
	case <-r.Context().Done():
	}
}

func (p *process) answered(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got := answer{body: body}
	if path.Base(r.URL.Path) == "error" {
		var failure struct{ ErrorType string }
		_ = json.Unmarshal(body, &failure) // what is no JSON has no type
		got.code = failure.ErrorType
	}
	w.WriteHeader(http.StatusAccepted)
	select {
	case p.answers <- got:
	default: // nobody waits for a second one
	}
}
