package fakeqovery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Hook sees every request before it is carried out. It may have it carried out
// or not (apply), and may answer in place of the organization: false and an
// answer fails before the effect, true and an answer after it, true and nil is
// the normal case. If it reads the request's body it must put it back. The
// server is not locked.
type Hook func(r *http.Request) (apply bool, answer *Answer)

// Answering is a Hook that answers requests of a method (empty: any) whose path
// contains a part, in place of carrying them out.
func Answering(status int, method, part string) Hook {
	return func(r *http.Request) (apply bool, answer *Answer) {
		if method != "" && r.Method != method || !strings.Contains(r.URL.Path, part) {
			return true, nil
		}
		return false, &Answer{Status: status, Body: fmt.Sprintf(`{"status":%d,"detail":"Refused"}`, status)}
	}
}

// Answer is an answer that a Hook gives.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	// Dropped: there is no answer, the connection ends.
	Dropped bool
}

// reply is what the organization itself answers.
type reply struct {
	status int
	body   any
}

// ServeHTTP answers a request of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hook, limited := s.arrived(w.Header())
	if limited {
		write(w, refused(http.StatusTooManyRequests, "Rate limit exceeded"))
		return
	}
	apply, answer := true, (*Answer)(nil)
	if hook != nil {
		apply, answer = hook(r)
	}
	var own reply
	if apply {
		own = s.carryOut(r)
	}
	switch {
	case answer != nil:
		answer.write(w)
	case !apply:
		write(w, refused(http.StatusBadGateway, "Not carried out"))
	default:
		write(w, own)
	}
}

// arrived counts a request, also one that is then refused.
func (s *Server) arrived(header http.Header) (hook Hook, limited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.requests.add(now)
	return s.config.Hook, s.limit.exceeded(now, s.config.RequestsAnHour, header)
}

// carryOut does what the request asks for.
func (s *Server) carryOut(r *http.Request) (answer reply) {
	var body []byte
	if r.Body != http.NoBody { // most requests have none, and ReadAll would make room for it
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, 1<<20)); err != nil {
			return refused(http.StatusBadRequest, "The request could not be read")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	if r.Header.Get("Authorization") != "Token "+s.config.Token {
		return refused(http.StatusUnauthorized, "Full authentication is required to access this resource")
	}
	// All clusters, because a change of credentials concerns any of them.
	s.advanceAll(now)
	return s.route(call{now: now, query: r.URL.Query(), header: r.Header, body: body}, r.Method, r.URL.Path)
}

// call is a request on its way to what answers it.
type call struct {
	now    time.Time
	id     string // the last id in the path
	query  url.Values
	header http.Header
	body   []byte
}

func (a *Answer) write(w http.ResponseWriter) {
	if a.Dropped {
		panic(http.ErrAbortHandler) // net/http ends the connection, Transport fails
	}
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

func write(w http.ResponseWriter, r reply) {
	if r.body == nil {
		w.WriteHeader(r.status)
		return
	}
	body, err := json.Marshal(r.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(body)
}

func ok(body any) reply { return reply{http.StatusOK, body} }

// results is how every list is answered.
func results[T any](list []T) reply {
	if list == nil {
		list = []T{}
	}
	return ok(struct {
		Results []T `json:"results"`
	}{list})
}

// Qovery's error bodies have no fixed schema. refused and wrong are the two
// forms that are seen.
func refused(status int, message string) reply {
	return reply{status, struct {
		Status  int    `json:"status"`
		Error   string `json:"error"`
		Message string `json:"message"`
	}{status, http.StatusText(status), message}}
}

func wrong(status int, detail string) reply {
	return reply{status, struct {
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{status, detail}}
}

func missing(what string) reply { return wrong(http.StatusNotFound, what+" not found") }
