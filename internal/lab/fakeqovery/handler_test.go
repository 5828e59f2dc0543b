package fakeqovery

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		method, path string
		want         int
	}{
		{"GET", "/organization/another/cluster", 403},
		{"GET", "/nowhere", 404},
		{"GET", "/", 404},
		{"GET", organization + "/cluster/", 404},
		{"GET", organization + "/aws/credentials/x", 405},
		{"PUT", organization + "/aws/credentials/x", 404},
		{"POST", organization + "/cluster/x/deploy", 404},
		{"GET", organization + "/cluster/x/logs", 404},
		{"PUT", organization + "/containerRegistry/cred", 404}, // of another kind
		{"PUT", organization + "/helmRepository/x", 404},
		{"GET", "/cluster/x/dnsProvider", 404},
		{"DELETE", organization + "/aws/credentials/cred", 400}, // the cluster uses them
		{"DELETE", organization + "/aws/credentials/x", 404},
		{"DELETE", organization + "/containerRegistry/x", 405},
		{"POST", organization + "/credentials", 405},
	}
	for _, test := range tests {
		if status, body := w.send(test.method, test.path, ""); status != test.want ||
			!strings.HasPrefix(body, fmt.Sprintf(`{"status":%d,`, test.want)) {
			t.Errorf("%s %s: %d %s, want %d", test.method, test.path, status, body, test.want)
		}
	}
}

func TestTokensAndContentTypes(t *testing.T) {
	w := newWorld(t)
	for _, authorization := range []string{"", "Bearer qov_5f0b7c1e_fake", "Token other", "token qov_5f0b7c1e_fake"} {
		if status := w.raw("GET", "/credentials",
			http.Header{"Authorization": {authorization}}); status != http.StatusUnauthorized {
			t.Errorf("%q: %d", authorization, status)
		}
	}
	header := http.Header{"Authorization": {"Token qov_5f0b7c1e_fake"}, "Content-Type": {"text/plain"}}
	if status := w.raw("PUT", "/aws/credentials/cred", header); status != http.StatusUnsupportedMediaType {
		t.Errorf("a PUT of plain text: %d", status)
	}
}

func (w *world) raw(method, path string, header http.Header) int {
	request := httptest.NewRequest(method, organization+path, strings.NewReader(`{}`))
	request.Header = header
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, request)
	return recorder.Code
}

// Before the effect, after it, and both without an answer.
func TestHooks(t *testing.T) {
	tests := []struct {
		apply  bool
		answer *Answer
		status int // 0: no answer
		key    string
	}{
		{true, nil, 200, "NEW"},
		{true, &Answer{Status: 500, Body: "late", Header: http.Header{"X-Test": {"y"}}}, 500, "NEW"},
		{false, &Answer{Status: 503}, 503, "OLD"},
		{false, nil, 502, "OLD"},
		{true, &Answer{Dropped: true}, 0, "NEW"},
		{false, &Answer{Dropped: true}, 0, "OLD"},
	}
	const body = `{"type":"AWS_STATIC","name":"prod","access_key_id":"NEW","secret_access_key":"s"}`
	for _, test := range tests {
		w := newWorld(t, func(c *Config) { c.Hook = func(*http.Request) (bool, *Answer) { return test.apply, test.answer } })
		server := httptest.NewServer(w.Server)
		for name, transport := range map[string]http.RoundTripper{"socket": http.DefaultTransport,
			"process": Transport(w.Server)} {
			w.SetKey("cred", Key{"OLD", oldSecret})
			request, _ := http.NewRequest("PUT", server.URL+organization+"/aws/credentials/cred", strings.NewReader(body))
			request.Header.Set("Authorization", "Token qov_5f0b7c1e_fake")
			request.Header.Set("Content-Type", "application/json")
			status := 0
			if response, err := transport.RoundTrip(request); err == nil {
				status = response.StatusCode
				checkAnswer(t, test.answer, response)
			}
			if status != test.status || w.KeyOf("cred") != test.key {
				t.Errorf("%s, apply %t, answer %+v: status %d, key %s", name, test.apply, test.answer, status, w.KeyOf("cred"))
			}
		}
		server.Close()
	}
}

func checkAnswer(t *testing.T, want *Answer, got *http.Response) {
	t.Helper()
	body, err := io.ReadAll(got.Body)
	got.Body.Close()
	if want != nil && (err != nil || string(body) != want.Body || got.Header.Get("X-Test") != want.Header.Get("X-Test")) {
		t.Errorf("answered %q %v, want %+v", body, got.Header, want)
	}
}

func TestTransport(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil {
			t.Error("the handler has no body to read")
		}
		r.Header = http.Header{}
		fmt.Fprint(w, "hello")
		w.WriteHeader(500) // too late
	})
	request, _ := http.NewRequest("GET", "http://x/path", nil)
	request.Header.Set("A", "b")
	response, err := Transport(handler).RoundTrip(request)
	if err != nil || response.StatusCode != 200 || response.ContentLength != 5 {
		t.Fatalf("%+v, %v", response, err)
	}
	if request.Header.Get("A") != "b" || request.Body != nil {
		t.Error("the request was changed")
	}
	silent := Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if response, err := silent.RoundTrip(request); err != nil || response.StatusCode != 200 {
		t.Errorf("a handler that does nothing: %+v, %v", response, err)
	}
	aborting := Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if _, err := aborting.RoundTrip(request); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a handler that aborts: %v", err)
	}
}

func TestRateLimit(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RequestsAnHour = 2 })
	ask := func() *http.Response {
		request, _ := http.NewRequest("GET", "http://x"+organization+"/lock", nil)
		request.Header.Set("Authorization", "Token qov_5f0b7c1e_fake")
		response, err := Transport(w.Server).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	for i, want := range []struct {
		status    int
		remaining string
	}{{200, "1"}, {200, "0"}, {429, "0"}} {
		got := ask()
		if got.StatusCode != want.status || got.Header.Get("X-RateLimit-Remaining") != want.remaining ||
			got.Header.Get("X-RateLimit-Limit") != "2" ||
			got.Header.Get("X-RateLimit-Reset") != fmt.Sprint(start.Add(time.Hour).Unix()) {
			t.Errorf("request %d: %d %v", i, got.StatusCode, got.Header)
		}
	}
	w.after(time.Hour)
	if got := ask(); got.StatusCode != 200 {
		t.Errorf("an hour later: %d", got.StatusCode)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	w := newWorld(t)
	for range 90 {
		w.after(time.Minute).status()
	}
	w.after(time.Hour)
	for range 5 {
		w.status()
	}
	if total, busiest := w.Requests(); total != 95 || busiest != 60 {
		t.Errorf("%d requests, %d in the busiest hour", total, busiest)
	}
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := New(DefaultConfig(time.Now))
	s.AddCredentials(Credentials{ID: "cred", Name: "prod", Key: Key{"OLD", oldSecret}})
	s.AddCluster(Cluster{ID: "c", Name: "c", CredentialsID: "cred", Applications: true})
	w := &world{T: t, Server: s}
	var all sync.WaitGroup
	for range 4 {
		for _, action := range []func(){
			func() { w.deploy() }, func() { w.status() }, w.putNew, func() { s.SetKey("cred", Key{"OLD", oldSecret}) },
			func() { s.Holders("OLD") }, func() { s.Uses(time.Now()) }, func() { s.Requests() }, func() { s.Deployments("c") },
			func() { s.Configure(func(c *Config) { c.StatusLag = 0 }) },
		} {
			all.Go(func() {
				for range 20 {
					action()
				}
			})
		}
	}
	all.Wait()
}

func TestMistakesOfTestsPanic(t *testing.T) {
	w := newWorld(t)
	for name, mistake := range map[string]func(){
		"no such cluster":     func() { w.Stop("x") },
		"no such location":    func() { w.SetKey("x", Key{}) },
		"a cluster twice":     func() { w.AddCluster(Cluster{ID: "c", CredentialsID: "cred"}) },
		"a location twice":    func() { w.AddCredentials(Credentials{ID: "cred"}) },
		"no such credentials": func() { w.AddCluster(Cluster{ID: "d", CredentialsID: "x"}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s goes unnoticed", name)
				}
			}()
			mistake()
		}()
		w.wantStatus("DEPLOYED") // and the server is not left locked
	}
}
