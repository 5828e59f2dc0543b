// The gateway stands in front of the moto server: it knows each caller by its
// credentials, notes what is called, answers what moto lacks, and lets calls go
// wrong.

package awstest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// latency is how long a call takes on the virtual clock.
const latency = 50 * time.Millisecond

// Gateway is an http.Handler for the requests to AWS.
type Gateway struct {
	Behind string // the moto server
	Clock  *Clock
	// Users tells what IAM authorizes on, by the name of a user or by the id of a key:
	// the user's ARN, or for want of a user "user NAME" or "access key ID".
	Users func(name, key string) string
	// Authorize refuses a call, as AWS does before it carries one out; nil: never.
	Authorize func(Call) *Reply
	// Stubs answer in moto's place, by action; nil: moto is to answer.
	Stubs map[string]func(Call) *Reply
	// Fault decides what goes wrong with a call; nil: nothing.
	Fault func(Call) Fault
	// Amend changes what was answered; nil: nothing.
	Amend func(Call, Reply) Reply
	// Seen is told of every call that was carried out.
	Seen func(Call, Reply)

	mu    sync.Mutex
	calls []Call
	turn  sync.Mutex // held by the request that moto is at
}

// Reply is an answer of a service.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	Lost   bool   // the call is not carried out
	Answer *Reply // given in place of the service's
	Drop   bool   // there is no answer, the connection ends
	Then   func() // called before the answer is given
}

// ServeHTTP answers a request to AWS.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	call := g.read(r, body)
	g.Clock.Tick(latency)
	g.mu.Lock()
	call.N = 1
	for _, earlier := range g.calls {
		if earlier.Caller == call.Caller && earlier.Action == call.Action {
			call.N++
		}
	}
	g.calls = append(g.calls, call)
	g.mu.Unlock()
	var fault Fault
	if g.Fault != nil {
		fault = g.Fault(call)
	}
	var answer Reply
	if !fault.Lost {
		answer = g.carryOut(r, body, call)
	}
	if fault.Then != nil {
		fault.Then()
	}
	if fault.Answer != nil {
		answer = *fault.Answer
	}
	if fault.Drop {
		answer = Reply{}
	}
	if g.Amend != nil {
		answer = g.Amend(call, answer)
	}
	answer.Header = maps.Clone(answer.Header)
	if answer.Header == nil {
		answer.Header = http.Header{}
	}
	answer.Header.Set("Date", g.Clock.Now().Format(http.TimeFormat)) // AWS's time is the virtual one
	answer.write(w)
}

// write answers; without a status, as a connection that is lost does.
func (r Reply) write(w http.ResponseWriter) {
	if r.Status == 0 {
		panic(http.ErrAbortHandler) // net/http ends the connection
	}
	for name, values := range r.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}

func (g *Gateway) carryOut(r *http.Request, body []byte, call Call) Reply {
	if g.Authorize != nil {
		if refusal := g.Authorize(call); refusal != nil {
			return *refusal
		}
	}
	if stub := g.Stubs[call.Action]; stub != nil {
		if answer := stub(call); answer != nil {
			return *answer
		}
	}
	answer := g.forward(r, body)
	if g.Seen != nil {
		g.Seen(call, answer)
	}
	return answer
}

// forward puts requests to moto one after another. AWS decides about a condition
// and writes in one step; moto, with a thread for each request, looks first and
// writes later, so that of two writers at the same moment both would win. A caller
// that has gone does not stop it.
func (g *Gateway) forward(r *http.Request, body []byte) Reply {
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, g.Behind+r.URL.RequestURI(),
		bytes.NewReader(body))
	if err != nil {
		return Reply{}
	}
	request.Header = r.Header.Clone()
	g.turn.Lock()
	defer g.turn.Unlock()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return Reply{}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Reply{}
	}
	header := response.Header
	header.Del("Content-Length")
	return Reply{Status: response.StatusCode, Header: header, Body: text}
}

// Calls are all calls so far.
func (g *Gateway) Calls() []Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Call(nil), g.calls...)
}
