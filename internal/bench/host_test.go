package main

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// TestALateRequestTakesNoEvent: what a process that has been ended still asks
// for is not given the next one's event, and does not count as its start.
func TestALateRequestTakesNoEvent(t *testing.T) {
	h := newHost()
	defer h.close()
	newProcess := func() *process {
		p := &process{asked: make(chan time.Time, 1), events: make(chan []byte), answers: make(chan answer, 1), ended: make(chan struct{})}
		h.serveNow(p)
		return p
	}
	ended, served := newProcess(), newProcess()
	ask := func(p *process) int {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.api.URL+p.path+"/2018-06-01/runtime/invocation/next", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if got := ask(ended); got != http.StatusNotFound || len(served.asked) != 0 {
		t.Errorf("the late request got %d; the next process has asked %d times", got, len(served.asked))
	}
	go func() { served.events <- []byte("{}") }()
	if got := ask(served); got != http.StatusOK || len(served.asked) != 1 {
		t.Errorf("the process got %d and has asked %d times", got, len(served.asked))
	}
}
