package qovery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

func listOf(entries ...string) string { return `{"results":[` + strings.Join(entries, ",") + `]}` }

// ecr is the JSON of a registry in ECR, with further fields first.
func ecr(id string, fields ...string) string {
	fields = append(fields, `"id":"`+id+`"`, `"name":"images"`, `"kind":"ECR"`,
		`"config":{"region":"eu-west-3","access_key_id":"AKIA1111111111111111"}`)
	return "{" + strings.Join(fields, ",") + "}"
}

func TestRegistries(t *testing.T) {
	entries := []string{
		ecr("1", `"cluster":{"id":"c-1","name":"a"}`, `"new_field":[1]`),
		ecr("2", `"cluster":null`),
		`{"id":"3","name":"role","kind":"ECR","config":{"region":"r","role_arn":"arn","access_key_id":null}}`,
		`{"id":"4","name":"both","kind":"ECR","config":{"region":"r","role_arn":"arn",` +
			`"access_key_id":"AKIA1111111111111111"}}`,
		`{"id":"5","name":"hub","kind":"DOCKER_HUB","config":{"username":"ada"}}`,
		`{"id":"6","kind":"GITHUB_CR"}`,
		`{"id":"7","name":"odd","kind":"GENERIC_CR","config":{"access_key_id":"AKIA1111111111111111"}}`,
		`{"id":"8","name":"public","kind":"PUBLIC_ECR","config":{"region":"us-east-1"}}`,
		`{"id":"9","name":"paris","kind":"SCALEWAY_CR","config":{"region":"fr-par","scaleway_access_key":"SCW1"}}`,
		`{"id":"10","name":"gcp","kind":"GCP_ARTIFACT_REGISTRY","config":{"region":"europe-west9"}}`,
	}
	got, err := containerRegistries.decode([]byte(listOf(entries...)))
	if err != nil {
		t.Fatal(err)
	}
	registry := func(id, name, kind, key string, rotatable bool, clusters ...string) rotation.Location {
		return rotation.Location{
			LocationRef: rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: id, Name: name},
			Key:         rotation.KeyID(key), Type: kind, Rotatable: rotatable, Clusters: clusters,
		}
	}
	want := []rotation.Location{
		registry("1", "images", "ECR", "AKIA1111111111111111", true, "c-1"),
		registry("2", "images", "ECR", "AKIA1111111111111111", true),
		registry("3", "role", "ECR", "", false),
		registry("4", "both", "ECR", "AKIA1111111111111111", false),
		registry("5", "hub", "DOCKER_HUB", "", false),
		registry("6", "", "GITHUB_CR", "", false),
		registry("7", "odd", "GENERIC_CR", "AKIA1111111111111111", false),
		registry("8", "public", "PUBLIC_ECR", "", false),
		registry("9", "paris", "SCALEWAY_CR", "", false),
		registry("10", "gcp", "GCP_ARTIFACT_REGISTRY", "", false),
	}
	want[2].Role, want[2].RoleARN, want[3].RoleARN = true, "arn", "arn"
	for i, region := range []string{"eu-west-3", "eu-west-3", "r", "r", 7: "us-east-1"} { // AWS's kinds alone
		want[i].Region = region
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

func TestHelmRepositories(t *testing.T) {
	got, err := helmRepositories.decode([]byte(listOf(
		`{"id":"1","name":"charts","kind":"OCI_ECR","skip_tls_verification":true,"config":{"region":"r",`+
			`"access_key_id":"AKIA1111111111111111"}}`,
		`{"id":"2","name":"bitnami","kind":"HTTPS","config":{}}`,
		`{"id":"3","name":"a registry's kind","kind":"ECR","config":{"access_key_id":"AKIA1111111111111111"}}`,
	)))
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := rotation.Location{LocationRef: rotation.LocationRef{Kind: rotation.HelmRepository, ID: "1", Name: "charts"},
		Key: "AKIA1111111111111111", Type: "OCI_ECR", Rotatable: true, Region: "r"}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	if got[1].Rotatable || got[1].Key != "" || got[2].Rotatable || got[2].Key != "AKIA1111111111111111" {
		t.Errorf("got %+v", got[1:])
	}
}

func TestMalformedRegistries(t *testing.T) {
	const uuid = "5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10"
	const config = `"config":{"region":"r","access_key_id":"AKIA1111111111111111"}`
	tests := []struct{ answer, says string }{
		{`{}`, noList},
		{`{"results":null}`, noList},
		{`<html>`, "it isn't JSON"},
		{listOf(`null`), "has no id"},
		{listOf(`[]`), "another type"},
		{listOf(`{"kind":"ECR",` + config + `}`), "has no id"},
		{listOf(`{"id":"1","name":"x",` + config + `}`), `has no "kind"`},
		{listOf(`{"id":"1","name":"x","kind":"ECR"}`), `has no "access_key_id" and no "role_arn"`},
		{listOf(`{"id":"` + uuid + `","name":"x","kind":"ECR","config":{"region":"r"}}`), `(` + uuid +
			`) has no "access_key_id"`},
		{listOf(`{"id":"1","name":"x","kind":"ECR","config":null}`), `has no "access_key_id"`},
		{listOf(`{"id":"1","name":"x","kind":"ECR","config":[]}`), `config" has another type`},
		{listOf(`{"id":"1","name":"x","kind":"DOCKER_HUB","config":{"access_key_id":1}}`), "another type"},
		{listOf(`{"id":"1","kind":"ECR",` + config + `}`), `has no "name", which a change must repeat`},
		{listOf(`{"id":"1","name":"x","kind":"ECR","config":{"access_key_id":"AKIA1111111111111111"}}`),
			`has no "region", which a change must repeat`},
		{listOf(ecr("1", `"cluster":{"name":"a"}`)), "has no id of its cluster"},
		{listOf(ecr("1"), ecr("1")), "is listed twice"},
	}
	for _, test := range tests {
		_, err := containerRegistries.decode([]byte(test.answer))
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.answer, err, test.says)
		}
	}
	const chart = `{"id":"1","name":"x","kind":"OCI_ECR",` + config + `}`
	if _, err := helmRepositories.decode([]byte(listOf(chart))); err == nil ||
		!strings.Contains(err.Error(), `has no "skip_tls_verification"`) {
		t.Errorf("a Helm repository that does not say whether it verifies TLS: %v", err)
	}
}

// puts is a server with lists of registries, which records PUTs.
type puts struct {
	list   string
	listed int
	bodies []string
}

func (p *puts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		sent, _ := io.ReadAll(r.Body)
		p.bodies = append(p.bodies, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+" "+string(sent))
		return
	}
	p.listed++
	fmt.Fprint(w, p.list)
}

// All that is read and may be sent is repeated, whether anybody here knows it
// or not; what a request does not have is left out.
func TestAChangeKeepsAllElse(t *testing.T) {
	server := &puts{list: listOf(`{
		"id":"reg-1","created_at":"2026-01-01T00:00:00Z","updated_at":null,"associated_services_count":3,
			"cluster":{"id":"c-1"},
		"name":"images & <co>","kind":"ECR","description":null,"url":"https://x?a=1&b=2","skip_tls_verification":true,
		"new":{"deep":[1,2.50,12345678901234567890]},
		"config":{"region":"eu-west-3","access_key_id":"AKIAOLDOLDOLDOLDOLD1","new_too":[true],"username":""}}`)}
	opened, _ := serve(t, server)
	if err := putInto(images)(t.Context(), opened); err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"images & <co>","kind":"ECR","description":null,"url":"https://x?a=1&b=2",
		"skip_tls_verification":true,
		"new":{"deep":[1,2.50,12345678901234567890]},
		"config":{"region":"eu-west-3","access_key_id":"` + string(testKey) + `",
			"secret_access_key":"` + testSecret + `","new_too":[true],"username":""}}`
	body := strings.TrimPrefix(server.bodies[0], "reg-1 ")
	if !reflect.DeepEqual(exact(t, body), exact(t, want)) {
		t.Errorf("sent %s", body)
	}
}

// exact decodes JSON and keeps numbers as they are written.
func exact(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// One list serves the PUTs of a minute, each registry once.
func TestOneListServesManyPuts(t *testing.T) {
	var entries []string
	for i := range 250 {
		entries = append(entries, ecr(fmt.Sprint("reg-", i)))
	}
	server := &puts{list: listOf(entries...)}
	opened, clock := serve(t, server)
	put := func(id string) {
		t.Helper()
		if err := putInto(rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: id})(t.Context(), opened); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 249 {
		put(fmt.Sprint("reg-", i))
	}
	if server.listed != 1 || len(server.bodies) != 249 {
		t.Errorf("%d lists for %d PUTs", server.listed, len(server.bodies))
	}
	if put("reg-0"); server.listed != 2 {
		t.Error("what was listed before a change was used for another")
	}
	clock.now = clock.now.Add(59 * time.Second)
	if put("reg-249"); server.listed != 2 {
		t.Error("a list of this minute was not used")
	}
	clock.now = clock.now.Add(time.Second)
	if put("reg-1"); server.listed != 3 {
		t.Error("an old list was used")
	}
	again, _ := opened.client.Open(t.Context(), testTarget())
	if err := putInto(rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: "reg-2"})(t.Context(),
		again); err != nil || server.listed != 4 {
		t.Errorf("an organization that is opened again has another's list: %v", err)
	}
}

func TestChangesOfRegistriesThatAreNotSent(t *testing.T) {
	changed := func(old, new string) string { return strings.ReplaceAll(oneRegistry, old, new) }
	tests := []struct {
		name    string
		answer  func(http.ResponseWriter)
		code    fault.Code
		refused int
	}{
		{"refused", status(403, ""), fault.TokenRefused, -1},
		{"down", status(500, ""), fault.Unreachable, -1},
		{"limited", status(429, "", "X-RateLimit-Reset", "99999999999"), fault.Throttled, -1},
		{"no list", body(`{}`), fault.MalformedAnswer, -1},
		{"gone", body(changed("reg-1", "reg-2")), "", 0},
		{"a role by now", body(changed(`"access_key_id":"AKIAIOSFODNN7OLDKEY1"`, `"role_arn":"arn"`)), "", 0},
		{"of another kind by now", body(changed("ECR", "GENERIC_CR")), "", 0},
		{"a key in another spelling", body(changed("access_key_id", "Access_Key_ID")), fault.MalformedAnswer, -1},
		{"a config in another spelling", body(changed("config", "CONFIG")), fault.MalformedAnswer, -1},
	}
	for _, test := range tests {
		handler := answers(test.answer)
		opened, _ := serve(t, handler)
		err := putInto(images)(t.Context(), opened)
		if refusal(err) != test.refused || test.refused < 0 && !isCode(err, test.code) {
			t.Errorf("%s: error %v", test.name, err)
		}
		if handler.count("PUT") != 0 {
			t.Errorf("%s: a PUT was sent", test.name)
		}
		checkNoLeak(t, test.name, err)
	}
}

func TestRefusedChangesOfRegistries(t *testing.T) {
	tests := []struct {
		answer  func(http.ResponseWriter)
		refused int
		code    fault.Code
	}{
		{body(""), -1, ""},
		{status(201, "{}"), -1, ""},
		{status(400, `{"detail":"`+testSecret+`"}`), 400, ""},
		{status(404, ""), 404, ""},
		{status(408, ""), -1, fault.Unreachable},
		{status(429, ""), -1, fault.Throttled},
		{status(502, testSecret), -1, fault.Unreachable},
		{hangUp, -1, fault.Unreachable},
	}
	for _, test := range tests {
		for kind, first := range map[rotation.LocationRef]string{images: oneRegistry, charts: oneRepository} {
			handler := answers(body(first), test.answer)
			opened, clock := serve(t, handler)
			err := putInto(kind)(t.Context(), opened)
			if refusal(err) != test.refused || test.refused < 0 && !isCode(err, test.code) {
				t.Errorf("%s: error %v, want %d %s", kind.Kind, err, test.refused, test.code)
			}
			if handler.count("PUT") != 1 || len(clock.slept) != 0 {
				t.Errorf("%s: sent %q", kind.Kind, handler.all())
			}
			checkNoLeak(t, string(kind.Kind), err)
		}
	}
}
