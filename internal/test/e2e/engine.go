package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/test/awstest"
)

// serve answers whoever asks on the lane's address: the engine, which wants the
// time and the functions, and everybody who wants AWS.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/engine/"):
		w.serveEngine(rw, r)
	case strings.HasSuffix(r.URL.Path, "/invocations"):
		w.serveInvocation(rw, r)
	default:
		w.gateway.ServeHTTP(rw, r)
	}
}

// serveEngine answers what engine.py asks.
func (w *world) serveEngine(rw http.ResponseWriter, r *http.Request) {
	var asked struct {
		Execution, State string
		Seconds          float64
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	what := path.Base(r.URL.Path)
	run := w.run(asked.Execution)
	if run == nil && what == "entered" && w.adopts {
		run = w.adopt(asked.Execution)
	}
	switch {
	case what == "now":
		_, _ = io.WriteString(rw, w.clock.Now().Format("2006-01-02T15:04:05.000000"))
	case run == nil: // of a world that is over
	case what == "entered":
		w.set(func() { run.state = asked.State })
	case what == "wait": // the engine counts from whole seconds
		w.pause(run, w.clock.Now().Truncate(time.Second).Add(time.Duration(asked.Seconds*float64(time.Second))))
	case what == "retry":
		w.pause(run, w.clock.Now().Add(time.Duration(asked.Seconds*float64(time.Second))))
	case what == "ended":
		w.set(func() { run.ended, run.endedAt = true, w.clock.Now() })
		go func() {
			w.clock.Changed()
			w.notify(run)
			w.set(func() { run.settled = true })
			w.clock.Changed()
			w.clock.End()
		}()
	}
}

// pause lets time pass for an execution, until someone stops it.
func (w *world) pause(run *execution, until time.Time) {
	w.set(func() { run.blocked = true })
	if w.changed(run.ctx) == nil {
		_ = w.clock.Sleep(run.ctx, until)
	}
	w.set(func() { run.blocked = false })
}

// changed lets a script act on what is so now. A script that stops the execution
// in question is not waited for.
func (w *world) changed(ctx context.Context) error {
	acted := make(chan struct{})
	go func() { defer close(acted); w.clock.Changed() }()
	select {
	case <-acted:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// serveInvocation is Lambda's Invoke.
func (w *world) serveInvocation(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	arn := strings.Split(parts[len(parts)-2], ":")
	name := strings.TrimPrefix(arn[len(arn)-1], "qovery-key-rotation-")
	function, exists := w.function(name)
	payload, err := io.ReadAll(r.Body)
	var event struct {
		Execution struct {
			ID string `json:"Id"`
		} `json:"execution"`
	}
	if !exists || err != nil || json.Unmarshal(payload, &event) != nil {
		http.NotFound(rw, r)
		return
	}
	run := w.run(event.Execution.ID)
	if run == nil {
		http.NotFound(rw, r)
		return
	}
	answer := w.invoke(run, function, payload)
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if answer.ErrorType != "" {
		rw.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = rw.Write(answer.Body)
}

// invoke calls a function for an execution. When that is stopped, the engine is
// answered immediately, with nothing, and the function goes on.
func (w *world) invoke(run *execution, function awstest.HostedFunction, payload []byte) awstest.FunctionAnswer {
	w.set(func() { run.blocked = true })
	defer w.set(func() { run.blocked = false })
	_ = w.changed(run.ctx)
	ctx, cancel := context.WithCancelCause(run.ctx)
	defer cancel(nil)
	var fault lab.InvokeFault
	if w.onInvoke != nil {
		fault = w.onInvoke(run.state)
	}
	answer, err := w.host.Invoke(ctx, function, payload, func(work *awstest.Invocation) {
		w.set(func() { w.working[function.Name] = work })
		if fault == lab.Abandoned {
			cancel(errAbandoned)
		}
	})
	switch {
	case errors.Is(err, errAbandoned):
		return awstest.Failure("Lambda.SdkClientException", "The answer could not be awaited")
	case err != nil:
		return awstest.FunctionAnswer{Body: []byte("{}")}
	case fault == lab.AnswerLost:
		return awstest.Failure("Lambda.Unknown", "The answer was lost")
	}
	return answer
}

var errAbandoned = errors.New("the answer is not awaited")

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) run(arn string) *execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.runs[arn]
}
