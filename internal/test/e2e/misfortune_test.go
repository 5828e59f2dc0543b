//go:build integration

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
)

// usedElsewhere has something outside Qovery use the old key every ten minutes.
func (w *world) usedElsewhere(yes bool) { w.set(func() { w.elsewhere = yes }) }

// refusing has Qovery answer all requests of a method with a status, or those
// that concern one id.
func (w *world) refusing(method string, status int, id string) {
	w.hook(fakeqovery.Answering(status, method, id))
}

// throttling throttles every n-th call of a function's to a service with a JSON
// protocol, by a code that the SDK does not repeat by itself: it waits in real time.
func (w *world) throttling(function, action string, n int) {
	throttled := &awstest.Reply{Status: 400, Body: []byte(`{"__type":"ThrottlingError","message":"Rate exceeded"}`)}
	w.gateway.Fault = func(call awstest.Call) awstest.Fault {
		if call.Caller == callerOf(function) && call.Action == action && call.N%n == 0 {
			return awstest.Fault{Lost: true, Answer: throttled}
		}
		return awstest.Fault{}
	}
}

// landingLate has Qovery not answer the first PUT, and carry it out later.
func (w *world) landingLate(delay time.Duration) {
	w.hook(func(r *http.Request) (apply bool, answer *fakeqovery.Answer) {
		if r.Method != http.MethodPut {
			return true, nil
		}
		w.hook(nil)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return true, nil
		}
		later := r.Clone(w.ctx)
		later.Body = io.NopCloser(bytes.NewReader(body))
		w.clock.At(w.clock.Now().Add(delay), func() { w.qovery.ServeHTTP(httptest.NewRecorder(), later) })
		return false, &fakeqovery.Answer{Dropped: true}
	})
}

func (w *world) hook(h fakeqovery.Hook) {
	w.qovery.Configure(func(c *fakeqovery.Config) { c.Hook = h })
}

// propagates says how long STS does not know keys that are created from now on.
func (t *trail) propagates(d time.Duration) {
	defer t.now()()
	t.iam.Settling.Propagation = lab.Exactly(d)
}

// keys are those that exist.
func (t *trail) keys() []rotation.AccessKey {
	defer t.now()()
	return t.iam.Present(lab.UserName)
}

// lives are all keys that there ever were.
func (t *trail) lives() (ids []rotation.KeyID) {
	defer t.now()()
	for _, life := range t.iam.Lives() {
		ids = append(ids, life.ID)
	}
	return ids
}
