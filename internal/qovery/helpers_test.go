package qovery

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

const (
	testOrganization = "5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10"
	testToken        = "qov_TOKENtokenTOKENtoken_9f8e7d"
	testSecret       = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETkey1"
	testKey          = rotation.KeyID("AKIAIOSFODNN7NEWKEY1")
)

var (
	start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	creds = rotation.LocationRef{Kind: rotation.AWSCredentials, ID: "cred-1", Name: "production"}

	images = rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: "reg-1", Name: "images"}
	charts = rotation.LocationRef{Kind: rotation.HelmRepository, ID: "helm-1", Name: "charts"}
)

// fakeClock is a clock on which sleeping takes no time, and is remembered.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: start} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

// transportFunc is a function as a transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// always is the largest jitter, so that pauses are predictable.
func always() float64 { return 1 }

func tokenOf(value string) func(context.Context, string) (rotation.Secret, error) {
	return func(context.Context, string) (rotation.Secret, error) { return rotation.NewSecret(value), nil }
}

func testTarget() target.Target {
	target := target.Default()
	target.OrganizationID = testOrganization
	return target
}

// serve starts a server on this machine and opens the organization there.
func serve(t *testing.T, handler http.Handler) (*organization, *fakeClock) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	// A new connection for each request: Go's transport repeats reads by itself
	// when a connection that it uses again is dead, and attempts are counted here.
	transport := &http.Transport{DisableKeepAlives: true}
	return open(t, Options{BaseURL: server.URL, Transport: transport})
}

// open opens the organization with a fake clock and what the options leave out.
func open(t testing.TB, options Options) (*organization, *fakeClock) {
	t.Helper()
	clock := newClock()
	options.Clock, options.Jitter = clock, always
	if options.Token == nil {
		options.Token = tokenOf(testToken)
	}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := client.Open(context.Background(), testTarget())
	if err != nil {
		t.Fatal(err)
	}
	return opened.(*organization), clock
}

// scripted answers one request after another, and repeats the last answer.
type scripted struct {
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	seen    []string // methods and paths
}

func answers(list ...func(http.ResponseWriter)) *scripted { return &scripted{answers: list} }

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	next := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen = append(s.seen, r.Method+" "+r.URL.EscapedPath())
	s.mu.Unlock()
	next(w)
}

// all are the requests that arrived.
func (s *scripted) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func (s *scripted) count(method string) int {
	return len(slices.DeleteFunc(s.all(), func(seen string) bool { return !strings.HasPrefix(seen, method+" ") }))
}

// status answers with a status, a body, and headers given as name, value, ...
func status(code int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

func body(text string) func(http.ResponseWriter) { return status(http.StatusOK, text) }

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

const emptyList = `{"results":[]}`

// isCode tells whether err carries the code; "" is no error.
func isCode(err error, code fault.Code) bool {
	if code == "" {
		return err == nil
	}
	return fault.HasCode(err, code)
}

// refusal is the status with which err refuses, or -1.
func refusal(err error) int {
	var refused *rotation.Refusal
	if !errors.As(err, &refused) {
		return -1
	}
	return refused.Status
}

// byPath answers each path with a body.
type byPath func(path string) string

func (f byPath) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(f(r.URL.Path)))
}
