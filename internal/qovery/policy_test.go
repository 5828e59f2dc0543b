package qovery

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/qovery-token-policy.rego anew")

// docs/qovery-token-policy.rego allows the requests of endpoints.go, without those of
// migrations alone, and its variant allows them all. Every request of every scenario is
// held against them in internal/test/contract.
func TestPolicyIsCurrent(t *testing.T) {
	rotation, migration := policyIntroduction, policyIntroduction+ofMigrations
	for _, e := range endpoints {
		allowed := e.allowed(t)
		migration += allowed
		if body, gives := roles[e]; gives {
			migration += e.rule("Giving it a role in place of the key", body)
		}
		if !slices.Contains(ofMigrationsAlone, e) {
			rotation += allowed
		}
	}
	requireFile(t, "../../docs/qovery-token-policy.rego", rotation)
	requireFile(t, "../../docs/qovery-token-policy-migration.rego", migration)
}

func requireFile(t *testing.T, file, policy string) {
	if *update {
		if err := os.WriteFile(file, []byte(policy), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != policy {
		t.Errorf("%s says something else (%v): run go test ./internal/qovery -run Policy -update", file, err)
	}
}

// ofMigrationsAlone are made by no rotation.
var ofMigrationsAlone = []endpoint{readPointing, pointCluster, listEnvironmentStatuses}

// bodies are what the policy requires of the requests that have a body.
var bodies = map[endpoint]string{
	putCredentials:       "is_static(input.request.body)",
	putContainerRegistry: fmt.Sprintf("is_in_ecr(input.request.body, %q)", containerRegistries.ecr),
	putHelmRepository:    fmt.Sprintf("is_in_ecr(input.request.body, %q)", helmRepositories.ecr),
	putDNSProvider:       "is_route53(input.request.body.dns_provider)",
	pointCluster:         "is_pointing(input.request.body)",
}

// roles are what the policy of migrations requires of the same, where they give a role.
var roles = map[endpoint]string{
	putContainerRegistry: fmt.Sprintf("gives_role(input.request.body, %q)", containerRegistries.ecr),
	putHelmRepository:    fmt.Sprintf("gives_role(input.request.body, %q)", helmRepositories.ecr),
}

// allowed is the rule that allows the endpoint's requests.
func (e endpoint) allowed(t *testing.T) string {
	body, has := bodies[e]
	if has != (e.method == http.MethodPut || e == pointCluster) || has != e.guarded && e != pointCluster {
		t.Errorf("%s %s: bodies and the endpoint say different things of a body", e.method, e.path)
	}
	if !has {
		body = "input.request.body == null"
	}
	return e.rule(e.doing, body)
}

// rule allows the endpoint's requests whose body is so.
func (e endpoint) rule(doing, body string) string {
	path, _, _ := strings.Cut(e.path, "?")
	segments := strings.Split("api"+path, "/")
	for i, segment := range segments {
		switch {
		case segment == "{organization}":
			segments[i] = "input.qovery_metadata.organization_id"
		case strings.HasPrefix(segment, "{"):
			segments[i] = "_"
		default:
			segments[i] = fmt.Sprintf("%q", segment)
		}
	}
	return fmt.Sprintf("\n# %s\nallow if {\n\tinput.request.method == %q\n\t[%s] = input.request.path\n\t%s\n}\n",
		doing, e.method, strings.Join(segments, ", "), body)
}

const ofMigrations = `
# The body points a cluster at credentials, and changes nothing else.
is_pointing(body) if {
	object.keys(body) == {"cloud_provider", "credentials", "region"}
	body.cloud_provider == "AWS"
	is_string(body.region)
	object.keys(body.credentials) == {"id", "name"}
	is_string(body.credentials.id)
	is_string(body.credentials.name)
}

# The body gives a registry or repository in ECR a role, and no key. What else it holds is
# repeated as it is.
gives_role(body, kind) if {
	body.kind == kind
	regex.match(` + "`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`" + `, body.config.role_arn)
	object.keys(body.config) & {"access_key_id", "secret_access_key"} == set()
}
`

const policyIntroduction = `# The policy of an API policy token at Qovery for qovery-key-rotation: it allows the
# requests that the rotation makes, in the token's own organization, and no others.
# 'go test ./internal/qovery -run Policy -update' writes it from the table of requests.

default allow := false

# The body puts a static key into AWS credentials, and changes nothing else.
is_static(body) if {
	object.keys(body) == {"type", "name", "access_key_id", "secret_access_key"}
	body.type == "AWS_STATIC"
	is_string(body.name)
	holds_key(body)
}

# The body puts a static key into a registry or repository in ECR. What else it holds
# is repeated as it is.
is_in_ecr(body, kind) if {
	body.kind == kind
	object.get(body.config, "role_arn", null) in {null, ""}
	holds_key(body.config)
}

# The provider is Route 53 with a static key. What else it holds is repeated as it is.
is_route53(provider) if {
	provider.provider == "ROUTE53"
	provider.credentials.type == "STATIC"
	regex.match(` + "`^AKIA[A-Z0-9]{12,124}$`" + `, provider.credentials.aws_access_key_id)
	regex.match(` + "`^.+$`" + `, provider.credentials.aws_secret_access_key)
}

# It holds a key of an IAM user, with its secret.
holds_key(holder) if {
	regex.match(` + "`^AKIA[A-Z0-9]{12,124}$`" + `, holder.access_key_id)
	regex.match(` + "`^.+$`" + `, holder.secret_access_key)
}
`
