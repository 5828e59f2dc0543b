// StartFunction runs a function's process as Lambda does: it serves the Runtime
// API on this machine, and hands out one invocation after another.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"
	"time"
)

// Function is a running process of a function.
type Function struct {
	invocations chan invocation
	answers     chan FunctionAnswer
	asked       chan struct{} // closed when the process first asks for an invocation
	asks        sync.Once
	over        chan struct{} // closed when the process has ended
	logs        *buffer
	count       int
	kill        func() error
}

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
}

// FunctionAnswer is what became of an invocation.
type FunctionAnswer struct {
	Body      []byte
	ErrorType string // empty when it succeeded
	Message   string
}

// StartFunction starts a program with an environment, and nothing else in it. It ends
// with the test.
func StartFunction(t testing.TB, env map[string]string, program string, args ...string) *Function {
	t.Helper()
	f := &Function{invocations: make(chan invocation), answers: make(chan FunctionAnswer), asked: make(chan struct{}),
		over: make(chan struct{}), logs: &buffer{}}
	api := httptest.NewServer(http.HandlerFunc(f.serve))
	process := exec.CommandContext(t.Context(), program, args...)
	process.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"),
		"AWS_LAMBDA_LOG_FORMAT=JSON"}
	for name, value := range env {
		process.Env = append(process.Env, name+"="+value)
	}
	process.Stdout, process.Stderr = f.logs, f.logs
	process.WaitDelay = 5 * time.Second
	if err := process.Start(); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	go func() { defer close(f.over); _ = process.Wait() }()
	f.kill = process.Process.Kill
	t.Cleanup(func() {
		f.Stop()
		api.CloseClientConnections()
		api.Close()
	})
	return f
}

// Asked waits until the process has started: it asks for an invocation.
func (f *Function) Asked(t testing.TB) {
	t.Helper()
	select {
	case <-f.asked:
	case <-f.over:
		t.Fatalf("the function ended at start:\n%s", f.Logs())
	case <-time.After(time.Minute):
		t.Fatalf("the function does not ask for an invocation:\n%s", f.Logs())
	}
}

// Invoke hands the function an event, to be answered within the timeout.
func (f *Function) Invoke(t testing.TB, event string, timeout time.Duration) FunctionAnswer {
	t.Helper()
	f.count++
	next := invocation{fmt.Sprintf("00000000-0000-4000-8000-%012d", f.count), []byte(event), time.Now().Add(timeout)}
	giveUp := time.After(timeout + 10*time.Second)
	select {
	case f.invocations <- next:
	case <-f.over:
		t.Fatalf("the function ended at start:\n%s", f.Logs())
	case <-giveUp:
		t.Fatalf("the function does not ask for an invocation:\n%s", f.Logs())
	}
	select {
	case answer := <-f.answers:
		return answer
	case <-f.over:
		t.Fatalf("the function ended in an invocation:\n%s", f.Logs())
	case <-giveUp:
		t.Fatalf("the function did not answer:\n%s", f.Logs())
	}
	return FunctionAnswer{}
}

// Logs is what the process has written so far; after Stop, all of it.
func (f *Function) Logs() string { return f.logs.String() }

// Stop ends the process.
func (f *Function) Stop() {
	_ = f.kill()
	<-f.over
}

func (f *Function) serve(w http.ResponseWriter, r *http.Request) {
	switch path.Base(r.URL.Path) {
	case "next":
		f.next(w, r)
	case "response", "error":
		f.answered(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.asks.Do(func() { close(f.asked) })
	select {
	case next := <-f.invocations:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", next.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(next.deadline.UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-3:123456789012:function:test")
		_, _ = w.Write(next.event)
	case <-r.Context().Done():
	}
}

func (f *Function) answered(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	answer := FunctionAnswer{Body: body}
	if path.Base(r.URL.Path) == "error" {
		var failure struct{ ErrorType, ErrorMessage string }
		_ = json.Unmarshal(body, &failure)
		answer.ErrorType, answer.Message = failure.ErrorType, failure.ErrorMessage
	}
	w.WriteHeader(http.StatusAccepted)
	select {
	case f.answers <- answer:
	case <-r.Context().Done():
	case <-f.over:
	}
}

// buffer is written by the process while the test reads it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the buffer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is all that was written.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
