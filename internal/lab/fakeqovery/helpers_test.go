package fakeqovery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	organization = "/organization/5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10"
	oldSecret    = "old-SECRET-0000000000000000000000000000"
	newSecret    = "new-SECRET-1111111111111111111111111111"
)

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// world is a server and the time in it.
type world struct {
	*testing.T
	*Server
	now time.Time
}

// newWorld is an organization with credentials "cred" and the cluster "c", which
// takes seven minutes to deploy after five seconds in the queue. Nothing is
// stale unless a test says so.
func newWorld(t *testing.T, options ...func(*Config)) *world {
	t.Helper()
	w := &world{T: t, now: start}
	config := DefaultConfig(func() time.Time { return w.now })
	config.StatusLag, config.CredentialsLag = 0, 0
	for _, option := range options {
		option(&config)
	}
	w.Server = New(config)
	w.AddCredentials(Credentials{ID: "cred", Name: "prod", Key: Key{"OLD", oldSecret}})
	w.AddCluster(Cluster{ID: "c", Name: "c", CredentialsID: "cred"})
	return w
}

// after lets time pass.
func (w *world) after(d time.Duration) *world {
	w.now = w.now.Add(d)
	return w
}

// send sends a request and returns the status and the body of the answer.
func (w *world) send(method, path, body string) (int, string) {
	w.Helper()
	request, err := http.NewRequest(method, "http://qovery"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("Authorization", "Token "+DefaultConfig(nil).Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := Transport(w.Server).RoundTrip(request)
	if err != nil {
		w.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	for _, secret := range []string{oldSecret, newSecret} {
		if strings.Contains(string(content), secret) {
			w.Errorf("%s %s answers with a secret", method, path)
		}
	}
	return response.StatusCode, string(content)
}

// must sends a request that succeeds and decodes the answer.
func must[T any](w *world, method, path, body string) (answer T) {
	w.Helper()
	status, content := w.send(method, path, body)
	if status != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, status, content)
	}
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// read returns the results of a list.
func read[T any](w *world, path string) []T {
	w.Helper()
	list := must[struct{ Results *[]T }](w, http.MethodGet, organization+path, "")
	if list.Results == nil {
		w.Fatalf("%s has no results", path)
	}
	return *list.Results
}

func (w *world) deploy() clusterStatusJSON {
	w.Helper()
	return must[clusterStatusJSON](w, http.MethodPost, organization+"/cluster/c/deploy", "")
}

func (w *world) status() clusterStatusJSON {
	w.Helper()
	return read[clusterStatusJSON](w, "/cluster/status")[0]
}

func (w *world) putNew() {
	w.Helper()
	must[credentialJSON](w, http.MethodPut, organization+"/aws/credentials/cred",
		fmt.Sprintf(`{"type":"AWS_STATIC","name":"prod","access_key_id":"NEW","secret_access_key":%q}`, newSecret))
}

// uses are the present uses as "consumer=key".
func (w *world) uses() string {
	var uses []string
	for _, use := range w.Uses(w.now) {
		uses = append(uses, use.Consumer+"="+use.Key)
	}
	return strings.Join(uses, ", ")
}

func (w *world) wantUses(want string) {
	w.Helper()
	if got := w.uses(); got != want {
		w.Errorf("after %s: uses %q, want %q", w.now.Sub(start), got, want)
	}
}

func (w *world) wantStatus(want string) {
	w.Helper()
	if got := w.status().Status; got != want {
		w.Errorf("after %s: status %s, want %s", w.now.Sub(start), got, want)
	}
}

// Use is a consumer and the key that it uses.
type Use struct{ Consumer, Key string }

// Uses are all uses of keys at a moment.
func (s *Server) Uses(at time.Time) []Use {
	var uses []Use
	s.EachUse(at, func(consumer, key string) { uses = append(uses, Use{consumer, key}) })
	return uses
}
