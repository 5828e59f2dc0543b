package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
)

// request is what Qovery asks the policy of an API policy token about.
// https://www.qovery.com/docs/configuration/organization/api-policy-token
type request struct {
	Method string   `json:"method"`
	Path   []string `json:"path"`
	Body   any      `json:"body"`
}

// recorder remembers each different request, and counts them all.
type recorder struct {
	mutex sync.Mutex
	seen  map[string]request
	count int
}

// front is a handler in front of Qovery's that remembers what is asked.
func (r *recorder) front(qovery http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, asked *http.Request) {
		body, err := io.ReadAll(asked.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		asked.Body = io.NopCloser(bytes.NewReader(body))
		r.add(asked, body)
		qovery.ServeHTTP(w, asked)
	})
}

func (r *recorder) add(asked *http.Request, body []byte) {
	got := request{Method: asked.Method, Path: strings.Split("api"+asked.URL.Path, "/")}
	if len(body) > 0 && json.Unmarshal(body, &got.Body) != nil {
		panic("a body isn't JSON")
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.count++
	r.seen[fmt.Sprint(got)] = got
}

// policy is one of docs, in a package as Qovery puts it into one.
func policy(t *testing.T, file string) (allows func(organization string, asked request) bool) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/" + file)
	if err != nil {
		t.Fatal(err)
	}
	query, err := rego.New(rego.Query("data.token.allow"),
		rego.Module("policy.rego", "package token\n"+string(text))).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func(organization string, asked request) bool {
		result, err := query.Eval(t.Context(), rego.EvalInput(map[string]any{
			"request": asked, "qovery_metadata": map[string]any{"organization_id": organization},
		}))
		if err != nil {
			t.Fatal(err)
		}
		return result.Allowed()
	}
}

// The policy allows every request of every scenario, and none of them with one thing
// changed. Those of migrations have one of their own, which allows more.
func TestPolicy(t *testing.T) {
	isMigration := func(s lab.Scenario) bool { return strings.HasPrefix(s.Name, "migrate/") }
	requirePolicy(t, "qovery-token-policy.rego", slices.DeleteFunc(slices.Clone(lab.Scenarios), isMigration))
	all := requirePolicy(t, "qovery-token-policy-migration.rego", lab.Scenarios)
	requireNoMigration(t, "qovery-token-policy.rego", all)
}

// ofMigrations tells the requests that migrations alone make.
var ofMigrations = map[string]func(request) bool{
	"reads which credentials a cluster points at": func(r request) bool { return r.is("GET", "cloudProviderInfo") },
	"points a cluster at other credentials":       func(r request) bool { return r.is("POST", "cloudProviderInfo") },
	"reads how environments are":                  func(r request) bool { return r.is("GET", "environment") },
	"gives a container registry a role":           func(r request) bool { return r.givesRole("containerRegistry") },
	"gives a Helm repository a role":              func(r request) bool { return r.givesRole("helmRepository") },
}

func (r request) is(method, of string) bool { return r.Method == method && slices.Contains(r.Path, of) }

func (r request) givesRole(to string) bool { return r.is("PUT", to) && r.role() != nil }

// role is what a registry is given; nil: a key.
func (r request) role() any {
	body, _ := r.Body.(map[string]any)
	config, _ := body["config"].(map[string]any)
	return config["role_arn"]
}

// requireNoMigration: the policy without migrations refuses what they alone ask for, and each
// of that was asked for.
func requireNoMigration(t *testing.T, file string, asked []request) {
	t.Helper()
	allows := policy(t, file)
	for what, is := range ofMigrations {
		refused := 0
		for _, request := range asked {
			if !is(request) {
				continue
			}
			if refused++; allows(fakeqovery.DefaultConfig(nil).OrganizationID, request) {
				t.Errorf("%s allows what %s: %v", file, what, request)
			}
		}
		fmt.Printf("%s refuses what %s: %d different requests.\n", file, what, refused)
		if refused == 0 {
			t.Errorf("no migration %s", what)
		}
	}
}

func requirePolicy(t *testing.T, file string, scenarios []lab.Scenario) []request {
	t.Helper()
	allows := policy(t, file)
	asked := &recorder{seen: map[string]request{}}
	for _, scenario := range scenarios {
		if _, err := scenario.Play(scenario.Setup, func(w *lab.World) { w.Front = asked.front }); err != nil {
			t.Errorf("%s: %v", scenario.Name, err)
		}
	}
	organization, refused := fakeqovery.DefaultConfig(nil).OrganizationID, 0
	for _, request := range asked.seen {
		if !allows(organization, request) {
			t.Errorf("the policy refuses %v", request)
		}
		if request.Path[1] == "organization" && allows("another", request) {
			t.Errorf("the policy allows %v in another organization", request)
		}
		for _, changed := range changes(request) {
			if _, own := asked.seen[fmt.Sprint(changed)]; own {
				continue
			}
			if refused++; allows(organization, changed) {
				t.Errorf("the policy allows %v", changed)
			}
		}
	}
	fmt.Printf("%s allows all %d requests of %d scenarios, and refuses each of %d with one thing changed.\n",
		file, asked.count, len(scenarios), refused)
	if len(asked.seen) < 100 {
		t.Errorf("only %d different requests were seen", len(asked.seen))
	}
	return slices.Collect(maps.Values(asked.seen))
}

// changes are requests that differ from one in a single thing.
func changes(of request) []request {
	var changed []request
	for _, method := range []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} {
		if method != of.Method {
			changed = append(changed, request{method, of.Path, of.Body})
		}
	}
	for i, segment := range of.Path {
		if !isID(segment) {
			path := slices.Clone(of.Path)
			path[i] = "else"
			changed = append(changed, request{of.Method, path, of.Body})
		}
	}
	changed = append(changed, request{of.Method, of.Path[:len(of.Path)-1], of.Body},
		request{of.Method, append(slices.Clone(of.Path), "else"), of.Body})
	for _, body := range bodies(of) {
		changed = append(changed, request{of.Method, of.Path, body})
	}
	return changed
}

// isID tells whether a segment of a path is an id, which may be any.
func isID(segment string) bool { return strings.ContainsAny(segment, "0123456789") }

// bodies are bodies that differ from a request's in a single thing that matters.
func bodies(of request) []any {
	body, has := of.Body.(map[string]any)
	if !has {
		return []any{map[string]any{}}
	}
	changed := []any{nil, map[string]any{}, []any{body}}
	if provider, isDNS := body["dns_provider"].(map[string]any); isDNS {
		credentials := provider["credentials"].(map[string]any)
		for name, value := range map[string]any{"type": "ROLE", "aws_access_key_id": "", "aws_secret_access_key": nil} {
			changed = append(changed, with(body, "dns_provider", with(provider, "credentials", with(credentials, name, value))))
		}
		return append(changed, with(body, "dns_provider", with(provider, "provider", "CLOUDFLARE")))
	}
	if credentials, isPointing := body["credentials"].(map[string]any); isPointing {
		for name := range credentials {
			changed = append(changed, with(body, "credentials", with(credentials, name, nil)),
				with(body, "credentials", without(credentials, name)))
		}
		for name := range body {
			changed = append(changed, with(body, name, nil), without(body, name))
		}
		return append(changed, with(body, "cloud_provider", "GCP"), with(body, "other", "x"),
			with(body, "credentials", with(credentials, "access_key_id", "AKIA234567ABCDEF1234")))
	}
	config, inConfig := body["config"].(map[string]any)
	if !inConfig {
		return append(changed, with(body, "type", "AWS_ROLE"), with(body, "role_arn", "arn:aws:iam::1:role/r"),
			with(body, "name", nil), with(body, "access_key_id", "ASIA234567ABCDEF1234"), with(body, "secret_access_key", ""))
	}
	changed = append(changed, with(body, "kind", "DOCKER_HUB"), with(body, "config", nil))
	wrong := map[string][]any{
		"role_arn":          {"arn:aws:iam::1:role/r", "arn:aws:iam::123456789012:user/r", "r", 1},
		"access_key_id":     {"", nil},
		"secret_access_key": {"", nil},
	}
	if of.role() == nil { // it puts a key there
		wrong["role_arn"] = append(wrong["role_arn"], "arn:aws:iam::123456789012:role/r")
	} else {
		wrong["role_arn"] = append(wrong["role_arn"], "", nil)
		wrong["access_key_id"] = append(wrong["access_key_id"], "AKIA234567ABCDEF1234")
		wrong["secret_access_key"] = append(wrong["secret_access_key"], "secret")
	}
	for name, values := range wrong {
		changed = append(changed, with(body, "config", without(config, name)))
		for _, value := range values {
			changed = append(changed, with(body, "config", with(config, name, value)))
		}
	}
	return changed
}

func without(object map[string]any, name string) map[string]any {
	changed := maps.Clone(object)
	delete(changed, name)
	return changed
}

func with(object map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(object)
	changed[name] = value
	return changed
}
