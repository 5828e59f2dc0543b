package qovery

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const oneCredential = `{"results":[{"credential":{"id":"cred-1","name":"prod & co","object_type":"AWS",` +
	`"access_key_id":"AKIAIOSFODNN7OLDKEY1"},"clusters":[{"id":"c-1"}]}]}`

const (
	oneRegistry = `{"results":[{"id":"reg-1","name":"images","kind":"ECR","config":{"region":"eu-west-3",` +
		`"access_key_id":"AKIAIOSFODNN7OLDKEY1"}}]}`
	oneRepository = `{"results":[{"id":"helm-1","name":"charts","kind":"OCI_ECR","skip_tls_verification":false,` +
		`"config":{"region":"eu-west-3","access_key_id":"AKIAIOSFODNN7OLDKEY1"}}]}`
	qoverysDNS = `{"dns_provider":{"provider":"QOVERY","domain":"example.com"}}`
)

// everyCall is every method of an organization, as a call.
var everyCall = []struct {
	name string
	call func(context.Context, rotation.Organization) error
}{
	{"Credentials", func(ctx context.Context, o rotation.Organization) error { _, err := o.Credentials(ctx); return err }},
	{"Editable", func(ctx context.Context, o rotation.Organization) error { _, err := o.Editable(ctx); return err }},
	{"Locations", func(ctx context.Context, o rotation.Organization) error { _, err := o.Locations(ctx); return err }},
	{"PutKey", putInto(creds)},
	{"PutKey of a registry", putInto(images)},
	{"PutKey of a repository", putInto(charts)},
	{"Clusters", func(ctx context.Context, o rotation.Organization) error { _, err := o.Clusters(ctx); return err }},
	{"Services", func(ctx context.Context, o rotation.Organization) error { _, err := o.Services(ctx); return err }},
	{"Copies", copiesOf(service("APPLICATION"))},
	{"Copies of a Terraform service", copiesOf(service("TERRAFORM"))},
	{"Copies of a Helm service", copiesOf(service("HELM"))},
	{"Environments", func(ctx context.Context, o rotation.Organization) error {
		_, err := o.Environments(ctx, []string{"cl-1"})
		return err
	}},
	{"Locks", func(ctx context.Context, o rotation.Organization) error { _, err := o.Locks(ctx); return err }},
	{"Restriction", func(ctx context.Context, o rotation.Organization) error { _, err := o.Restriction(ctx); return err }},
	{"Deploy", func(ctx context.Context, o rotation.Organization) error { return o.Deploy(ctx, "cl/1?x") }},
	{"Problem", func(ctx context.Context, o rotation.Organization) error { _, err := o.Problem(ctx, "cl-1"); return err }},
}

func copiesOf(s rotation.Service) func(context.Context, rotation.Organization) error {
	return func(ctx context.Context, o rotation.Organization) error {
		_, err := o.Copies(ctx, s, []rotation.KeyID{testKey})
		return err
	}
}

func putInto(ref rotation.LocationRef) func(context.Context, rotation.Organization) error {
	return func(ctx context.Context, o rotation.Organization) error {
		return o.PutKey(ctx, ref, testKey, rotation.NewSecret(testSecret))
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	const organization = "/organization/" + testOrganization
	tests := map[string][]string{
		"Credentials": {"GET " + organization + "/credentials"},
		"Editable": {"GET " + organization + "/credentials", "GET " + organization + "/containerRegistry", "GET " +
			organization + "/helmRepository"},
		"Locations": {
			"GET " + organization + "/cluster", "GET /cluster/c-1/dnsProvider", "GET /cluster/c-2/dnsProvider",
			"GET " + organization + "/credentials", "GET " + organization + "/containerRegistry", "GET " + organization +
				"/helmRepository",
		},
		"PutKey of a registry": {
			"GET " + organization + "/containerRegistry",
			"PUT " + organization + `/containerRegistry/reg-1 {"config":{"access_key_id":"` + string(testKey) +
				`","region":"eu-west-3","secret_access_key":"` + testSecret + `"},"kind":"ECR","name":"images"}`,
		},
		"PutKey of a repository": {
			"GET " + organization + "/helmRepository",
			"PUT " + organization + `/helmRepository/helm-1 {"config":{"access_key_id":"` + string(testKey) +
				`","region":"eu-west-3","secret_access_key":"` + testSecret +
				`"},"kind":"OCI_ECR","name":"charts","skip_tls_verification":false}`,
		},
		"PutKey": {
			"GET " + organization + "/credentials",
			"PUT " + organization + `/aws/credentials/cred-1 {"type":"AWS_STATIC","name":"prod \u0026 co","access_key_id":"` +
				string(testKey) + `","secret_access_key":"` + testSecret + `"}`,
		},
		"Clusters": {"GET " + organization + "/cluster", "GET " + organization + "/cluster/status"},
		"Services": {"GET " + organization + "/services"},
		"Copies":   {"GET /variable?parent_id=" + serviceID + "&scope=APPLICATION"},
		"Copies of a Terraform service": {"GET /variable?parent_id=" + serviceID + "&scope=TERRAFORM", "GET /terraform/" +
			serviceID},
		"Copies of a Helm service": {"GET /variable?parent_id=" + serviceID + "&scope=HELM", "GET /helm/" + serviceID},
		"Environments":             {"GET " + organization + "/services"},
		"Locks":                    {"GET " + organization + "/lock"},
		"Restriction":              {"GET " + organization},
		"Deploy":                   {"POST " + organization + "/cluster/cl%2F1%3Fx/deploy"},
		"Problem":                  {"GET " + organization + "/cluster/cl-1/logs"},
	}
	for _, test := range everyCall {
		t.Run(test.name, func(t *testing.T) {
			var seen []string
			opened, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, _ := io.ReadAll(r.Body)
				seen = append(seen, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(sent)))
				checkHeaders(t, r, len(sent) > 0)
				fmt.Fprint(w, answerOf(r.URL.Path))
			}))
			if err := test.call(t.Context(), opened); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(seen, tests[test.name]) {
				t.Errorf("sent\n%q\nwant\n%q", seen, tests[test.name])
			}
		})
	}
}

// answerOf is what an organization with a little of everything answers.
func answerOf(path string) string {
	answers := []struct{ ends, body string }{
		{"/credentials", oneCredential},
		{"/containerRegistry", oneRegistry},
		{"/helmRepository", oneRepository},
		{"/cluster", `{"results":[{"id":"c-1","region":"eu-west-3"},{"id":"c-2","region":"eu-west-3"}]}`},
		{"/cluster/status",
			`{"results":[{"cluster_id":"c-1","status":"DEPLOYED"},{"cluster_id":"c-2","status":"DEPLOYED"}]}`},
		{"/dnsProvider", qoverysDNS},
		{"/terraform/" + serviceID, `{"id":"x","terraform_variables_source":{},"action_extra_arguments":{}}`},
		{"/helm/" + serviceID, `{"id":"x","arguments":[],"values_override":{}}`},
		{"/organization/" + testOrganization, `{"id":"x","billing_deployment_restriction":null}`},
	}
	for _, answer := range answers {
		if strings.HasSuffix(path, answer.ends) {
			return answer.body
		}
	}
	return emptyList
}

func checkHeaders(t *testing.T, r *http.Request, hasBody bool) {
	t.Helper()
	contentType := ""
	if hasBody {
		contentType = "application/json"
	}
	for name, want := range map[string]string{
		"Authorization": "Token " + testToken,
		"Accept":        "application/json",
		"User-Agent":    "qovery-key-rotation",
		"Content-Type":  contentType,
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s %s: header %s is %q, want %q", r.Method, r.URL.Path, name, got, want)
		}
	}
}

func TestObserverSeesEveryAttempt(t *testing.T) {
	var seen []string
	handler := answers(status(503, ""), hangUp, body(emptyList))
	opened, _ := serve(t, handler)
	opened.client.Observe = func(method, path string, status int) {
		seen = append(seen, fmt.Sprint(method, " ", path, " ", status))
	}
	if _, err := opened.Locks(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /organization/{organization}/lock 503", "GET /organization/{organization}/lock 0",
		"GET /organization/{organization}/lock 200"}
	if !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
}

// An id from elsewhere must not lead to another request than the one meant.
func TestIDsStayInTheirPlace(t *testing.T) {
	tests := []struct{ id, want string }{
		{"c-1", "/organization/o/cluster/c-1/deploy"},
		{"a/../b", "/organization/o/cluster/a%2F..%2Fb/deploy"},
		{"{x}", "/organization/o/cluster/%7Bx%7D/deploy"},
		{"a?b#c", "/organization/o/cluster/a%3Fb%23c/deploy"},
		{"", ""},
		{".", ""},
		{"..", ""},
	}
	for _, test := range tests {
		got, err := deployCluster.with("o", test.id)
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("id %q: path %q, error %v; want %q", test.id, got, err, test.want)
		}
	}
	if _, err := listLocks.with("o", "one too many"); err == nil {
		t.Error("a path took more ids than it has places for")
	}
	if _, err := deployCluster.with("o"); err == nil {
		t.Error("a path did with fewer ids than it needs")
	}
}

func TestEmptyIDsAreNotSent(t *testing.T) {
	handler := answers(body(emptyList))
	opened, _ := serve(t, handler)
	if _, err := opened.Problem(t.Context(), ""); !fault.HasCode(err, fault.InvalidInput) {
		t.Errorf("Problem without a cluster: %v", err)
	}
	if err := opened.Deploy(t.Context(), ""); refusal(err) != 0 {
		t.Errorf("Deploy without a cluster: %v", err)
	}
	if len(handler.all()) != 0 {
		t.Errorf("sent %q", handler.all())
	}
}
