// LambdaHost runs the functions' bootstraps as Lambda does: it starts a process
// with the function's environment, speaks the Runtime API to it, hands it one
// invocation after another and ends it at its deadline. Beside the Runtime API
// it serves the time, which builds with the tag testclock ask for.

package awstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// HostedFunction is one function as it is deployed.
type HostedFunction struct {
	Name        string
	Program     string // its file
	Environment map[string]string
	Timeout     time.Duration
}

// LambdaHost runs functions. It starts a process when all that it has of a function are
// at work, as Lambda starts another sandbox.
type LambdaHost struct {
	// Off is how far the clock of a function's machine is ahead; nil: it is right.
	Off func(function string) time.Duration

	clock *Clock
	api   *httptest.Server

	mu        sync.Mutex
	sandboxes map[string]*sandbox // by the path that it reaches the host under
	count     int                 // of invocations
	started   int                 // processes
	logs      map[string]*log     // by function
}

// NewLambdaHost starts a host.
func NewLambdaHost(clock *Clock) *LambdaHost {
	h := &LambdaHost{clock: clock, sandboxes: map[string]*sandbox{}, logs: map[string]*log{}}
	h.api = httptest.NewServer(http.HandlerFunc(h.serve))
	return h
}

// machineTime is what the clock of a function's machine shows at a time.
func (h *LambdaHost) machineTime(function string, at time.Time) time.Time {
	if h.Off == nil {
		return at
	}
	return at.Add(h.Off(function))
}

// Close ends all processes. Their logs are whole from then on.
func (h *LambdaHost) Close() {
	h.mu.Lock()
	all := h.sandboxes
	h.sandboxes = map[string]*sandbox{}
	h.mu.Unlock()
	for _, s := range all {
		s.kill()
		<-s.gone
	}
	h.api.CloseClientConnections()
	h.api.Close()
}

// FunctionAnswer is what became of an invocation. Of one that failed, Body is Lambda's
// {"errorMessage", "errorType"}.
type FunctionAnswer struct {
	Body      []byte
	ErrorType string // empty when it succeeded
	Message   string
}

// What Lambda says of a process that ended, and of one that it ended.
const (
	exited   = "Runtime.ExitError"
	timedOut = "Sandbox.Timedout"
)

// Invoke hands a function an event and waits for its answer. When ctx ends
// nobody waits any more, and the function goes on. The caller holds the clock,
// the function meanwhile in its place. Started, if not nil, is told of the
// invocation before the function is.
func (h *LambdaHost) Invoke(ctx context.Context, f HostedFunction, event []byte,
	started func(*Invocation)) (FunctionAnswer,
	error) {
	s, err := h.sandbox(f)
	if err != nil {
		return FunctionAnswer{}, err
	}
	work := &Invocation{
		Function: f.Name, Deadline: h.clock.Now().Add(f.Timeout), host: h, sandbox: s,
		id: fmt.Sprintf("00000000-0000-4000-8000-%012d", h.next()), event: event, over: make(chan struct{}),
	}
	work.life, work.end = context.WithCancel(context.Background())
	work.off = h.clock.At(work.Deadline, func() {
		s.timeOut()
		work.finish(Failure(timedOut, "The function timed out"))
	})
	if started != nil {
		started(work)
	}
	s.begin(work)
	return work.wait(ctx)
}

// Logs are what each function has written so far.
func (h *LambdaHost) Logs() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]string{}
	for name, l := range h.logs {
		all[name] = l.String()
	}
	return all
}

// Print adds to a function's log what its process might have written.
func (h *LambdaHost) Print(function, line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.logs[function] == nil {
		h.logs[function] = &log{}
	}
	_, _ = h.logs[function].Write([]byte(line + "\n"))
}

func (h *LambdaHost) next() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	return h.count
}

// sandbox is a process of the function that has nothing to do, or a new one.
func (h *LambdaHost) sandbox(f HostedFunction) (*sandbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sandboxes {
		if s.function == f.Name && s.reserve() {
			return s, nil
		}
	}
	if h.logs[f.Name] == nil {
		h.logs[f.Name] = &log{}
	}
	h.started++
	path := fmt.Sprintf("sandbox-%d", h.started)
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(h.api.URL, "http://") + "/" + path,
		"AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_FUNCTION_NAME=" + f.Name,
	}
	for name, value := range f.Environment {
		env = append(env, name+"="+value)
	}
	s, err := startSandbox(f.Name, f.Program, env, h.logs[f.Name])
	if err != nil {
		return nil, err
	}
	h.sandboxes[path] = s
	return s, nil
}

// Failure is the answer of a function that failed.
func Failure(kind, message string) FunctionAnswer {
	body, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // two strings always encode
	return FunctionAnswer{Body: body, ErrorType: kind, Message: message}
}
