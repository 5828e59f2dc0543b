package awstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

// serve answers a sandbox.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (h *LambdaHost) serve(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	h.mu.Lock()
	s := h.sandboxes[name]
	h.mu.Unlock()
	if s == nil {
		http.NotFound(w, r)
		return
	}
	switch path.Base(r.URL.Path) {
	case "next":
		s.next(w, r)
	case "response", "error":
		s.answered(w, r)
	case "now":
		_, _ = io.WriteString(w, h.machineTime(s.function, h.clock.Now()).Format(time.RFC3339Nano))
	case "sleep":
		h.sleep(w, r, s)
	default:
		http.NotFound(w, r)
	}
}

func (s *sandbox) next(w http.ResponseWriter, r *http.Request) {
	s.asks.Do(func() { close(s.asked) })
	select {
	case work := <-s.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", work.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(work.host.machineTime(s.function, work.Deadline).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-3:123456789012:function:"+s.function)
		_, _ = w.Write(work.event)
	case <-r.Context().Done():
	}
}

func (s *sandbox) answered(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := FunctionAnswer{Body: body}
	if path.Base(r.URL.Path) == "error" {
		var said struct{ ErrorType, ErrorMessage string }
		_ = json.Unmarshal(body, &said) // what isn't JSON has no type
		answer = Failure(said.ErrorType, said.ErrorMessage)
	}
	w.WriteHeader(http.StatusAccepted)
	s.mu.Lock()
	work := s.work
	s.busy = false // it asks for the next event at once
	s.mu.Unlock()
	work.finish(answer)
}

func (h *LambdaHost) sleep(w http.ResponseWriter, r *http.Request, s *sandbox) {
	d, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	work := s.work
	s.mu.Unlock()
	work.sleep(r.Context(), d)
}
