package fakeqovery

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCredentials(t *testing.T) {
	w := newWorld(t)
	w.AddCredentials(Credentials{ID: "role", Name: "by role", ObjectType: "AWS_ROLE"})
	list := read[credentialEntryJSON](w, "/credentials")
	want := []credentialEntryJSON{
		{credentialJSON{"cred", "prod", "AWS", "OLD", "", ""}, []namedJSON{{"c", "c", "AWS"}}},
		{credentialJSON{"role", "by role", "AWS_ROLE", "", "", ""}, []namedJSON{}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v", list)
	}
	w.after(time.Minute).putNew()
	one := read[credentialEntryJSON](w, "/credentials")[0]
	if one.Credential != (credentialJSON{"cred", "prod", "AWS", "NEW", "", ""}) {
		t.Errorf("got %+v", one)
	}
	if !w.HasSecret("cred", newSecret) || w.HasSecret("cred", oldSecret) || w.KeyOf("cred") != "NEW" {
		t.Error("the new key is not there")
	}
}

// Credentials that no cluster uses can be deleted. A read may be older than that.
func TestDeletedCredentials(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CredentialsLag = 10 * time.Second })
	const spare = organization + "/aws/credentials/spare"
	w.AddCredentials(Credentials{ID: "spare", Name: "spare", Key: Key{"SPARE", oldSecret}})
	w.after(time.Minute)
	if status, answer := w.send(http.MethodDelete, spare, ""); status != 204 || answer != "" {
		t.Fatalf("%d %s", status, answer)
	}
	if list := read[credentialEntryJSON](w, "/credentials"); len(list) != 2 || len(w.Holders("SPARE")) != 0 {
		t.Errorf("a moment later: %+v", list)
	}
	w.after(time.Minute)
	if list := read[credentialEntryJSON](w, "/credentials"); len(list) != 1 {
		t.Errorf("a minute later: %+v", list)
	}
	const body = `{"type":"AWS_STATIC","name":"spare","access_key_id":"NEW","secret_access_key":"s"}`
	if status, answer := w.send(http.MethodPut, spare, body); status != http.StatusNotFound {
		t.Errorf("a PUT: %d %s", status, answer)
	}
}

func TestPutsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.AddContainerRegistry(Registry{ID: "ecr", Name: "ecr", Region: "eu-west-3", Key: Key{"OLD", oldSecret}})
	w.AddHelmRepository(Registry{ID: "helm", Name: "helm", Region: "eu-west-3", Key: Key{"OLD", oldSecret}})
	const credentials, registry, helm = "/aws/credentials/cred", "/containerRegistry/ecr", "/helmRepository/helm"
	tests := []struct{ path, body string }{
		{credentials, `{"name":"prod","access_key_id":"NEW","secret_access_key":"s"}`},
		{credentials, `{"type":"AWS_ROLE","name":"prod","access_key_id":"NEW","secret_access_key":"s"}`},
		{credentials, `{"type":"AWS_STATIC","access_key_id":"NEW","secret_access_key":"s"}`},
		{credentials, `{"type":"AWS_STATIC","name":"prod","secret_access_key":"s"}`},
		{credentials, `{"type":"AWS_STATIC","name":"prod","access_key_id":"NEW"}`},
		{credentials, `{"type":"AWS_STATIC","name":"prod","access_key":"NEW","secret_key":"s"}`},
		{credentials, `[]`},
		{registry, `{"kind":"ECR","config":{"region":"r","access_key_id":"NEW","secret_access_key":"s"}}`},
		{registry, `{"name":"ecr","config":{"region":"r","access_key_id":"NEW","secret_access_key":"s"}}`},
		{registry, `{"name":"ecr","kind":"ECR"}`},
		{registry, `{"name":"ecr","kind":"ECR","config":{"access_key_id":"NEW","secret_access_key":"s"}}`},
		{registry, `{"name":"ecr","kind":"ECR","config":{"region":"r","access_key_id":"NEW"}}`},
		{helm, `{"name":"helm","kind":"OCI_ECR","config":{"region":"r","access_key_id":"NEW","secret_access_key":"s"}}`},
		{helm, `{"name":"helm","kind":"OCI_ECR","skip_tls_verification":false,"config":{"region":"r",` +
			`"secret_access_key":"s"}}`},
	}
	for _, test := range tests {
		if status, answer := w.send(http.MethodPut, organization+test.path, test.body); status != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", test.path, test.body, status, answer)
		}
	}
	if held := len(w.Holders("OLD")); held != 3 {
		t.Errorf("%d locations still hold the old key", held)
	}
}

func TestReadsOfLocationsAreStale(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CredentialsLag = 30 * time.Second })
	w.after(time.Hour).putNew()
	key := func() string { return read[credentialEntryJSON](w, "/credentials")[0].Credential.AccessKeyID }
	if w.after(29 * time.Second); key() != "OLD" {
		t.Error("the answer is not stale")
	}
	if w.after(2 * time.Second); key() != "NEW" {
		t.Error("the answer is stale for too long")
	}
}

func TestRegistriesAndHelmRepositories(t *testing.T) {
	w := newWorld(t)
	w.AddContainerRegistry(Registry{ID: "ecr", Name: "images", URL: "https://ecr", Description: "ours",
		Region: "eu-west-3", ClusterID: "c", Key: Key{"OLD", oldSecret}})
	w.AddContainerRegistry(Registry{ID: "hub", Name: "hub", Kind: "DOCKER_HUB"})
	w.AddHelmRepository(Registry{ID: "helm", Name: "charts", URL: "oci://charts", Region: "eu-west-3",
		Key: Key{"OLD", oldSecret}})

	registries := read[registryJSON](w, "/containerRegistry")
	want := registryJSON{ID: "ecr", Name: "images", Kind: "ECR", URL: "https://ecr", Description: "ours",
		Cluster: &namedJSON{ID: "c", Name: "c"}, Config: &registryConfigJSON{Region: "eu-west-3", AccessKeyID: "OLD"},
		CreatedAt: start, Services: 1}
	if len(registries) != 2 || !reflect.DeepEqual(registries[0], want) || registries[1].Kind != "DOCKER_HUB" {
		t.Errorf("registries %+v", registries)
	}
	if charts := read[registryJSON](w, "/helmRepository"); len(charts) != 1 || charts[0].Kind != "OCI_ECR" ||
		charts[0].SkipTLS == nil {
		t.Errorf("Helm repositories %+v", charts)
	}
	w.wantUses("cluster c=OLD, image pulls from images=OLD, chart pulls from charts=OLD")

	config := fmt.Sprintf(`"config":{"region":"eu-west-3","access_key_id":"NEW","secret_access_key":%q}`, newSecret)
	put := must[registryJSON](w, http.MethodPut, organization+"/containerRegistry/ecr", `{"name":"images","kind":"ECR",`+
		config+`}`)
	if put.URL != "" || put.Description != "" || put.Config.AccessKeyID != "NEW" {
		t.Errorf("a PUT replaces all: %+v", put)
	}
	must[registryJSON](w, http.MethodPut, organization+"/helmRepository/helm",
		`{"name":"charts","kind":"OCI_ECR","skip_tls_verification":true,`+config+`}`)
	w.wantUses("cluster c=OLD, image pulls from images=NEW, chart pulls from charts=NEW")
	if !w.HasSecret("ecr", newSecret) || !w.HasSecret("helm", newSecret) {
		t.Error("the registries do not hold the new secret")
	}
}

func TestLocationsOfClusters(t *testing.T) {
	w := newWorld(t)
	w.AddCluster(Cluster{ID: "d", Name: "d", CredentialsID: "cred", Route53: Key{"OLD", oldSecret},
		SecretManagers: []SecretManagerAccess{{ID: "sm", Name: "vault", Key: Key{"OLD", oldSecret}}}})
	own := must[dnsProviderJSON](w, http.MethodGet, "/cluster/c/dnsProvider", "")
	route53 := must[dnsProviderJSON](w, http.MethodGet, "/cluster/d/dnsProvider", "")
	if own.Provider.Credentials != nil || route53.Provider.Credentials == nil ||
		route53.Provider.Credentials.AccessKeyID != "OLD" {
		t.Errorf("DNS providers %+v, %+v", own, route53)
	}
	clusters := read[clusterJSON](w, "/cluster")
	managers := clusters[1].SecretManagers
	if len(clusters[0].SecretManagers) != 0 || len(managers) != 1 ||
		managers[0].Authentication != (authenticationJSON{"AWS_STATIC_CREDENTIALS", "eu-west-3", "OLD"}) {
		t.Errorf("clusters %+v", clusters)
	}
	w.wantUses("cluster c=OLD, cluster d=OLD, DNS of d=OLD, secret manager of d=OLD")
	w.SetKey("d", Key{"DNS", "x"})
	w.SetKey("sm", Key{"SM", "x"})
	w.wantUses("cluster c=OLD, cluster d=OLD, DNS of d=OLD, secret manager of d=SM")
	w.Deploy("d")
	w.after(time.Hour).wantUses("cluster c=OLD, cluster d=OLD, DNS of d=DNS, secret manager of d=SM")
}

func TestHolders(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CredentialsLag = time.Hour })
	w.AddContainerRegistry(Registry{ID: "ecr", Name: "images", Key: Key{"OLD", oldSecret}})
	if got := w.Holders("OLD"); len(got) != 2 || got[0] != (Holder{AWSCredentials, "cred", "prod", start}) {
		t.Errorf("holders %+v", got)
	}
	w.after(time.Minute).putNew()
	if got := w.Holders("NEW"); len(got) != 1 ||
		got[0] != (Holder{AWSCredentials, "cred", "prod", start.Add(time.Minute)}) {
		t.Errorf("holders %+v", got) // at once, however stale reads are
	}
	if got := w.Holders("OLD"); len(got) != 1 || got[0].ID != "ecr" {
		t.Errorf("holders %+v", got)
	}
	if got := w.Holders(""); len(got) != 0 {
		t.Errorf("no key is held by %+v", got)
	}
}

// A cluster listing has what Qovery's has.
func TestClusterListing(t *testing.T) {
	w := newWorld(t)
	_, content := w.send(http.MethodGet, organization+"/cluster", "")
	const want = `{"results":[{"id":"c","created_at":"2025-01-01T00:00:00Z",` +
		`"organization":{"id":"5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10"},"name":"c","region":"eu-west-3",` +
		`"cloud_provider":"AWS","kubernetes":"MANAGED",` +
		`"production":false,"is_demo":false,"status":"DEPLOYED","deployment_status":"UP_TO_DATE",` +
		`"secret_manager_accesses":[]}]}`
	if content != want {
		t.Errorf("got %s", content)
	}
	_, content = w.send(http.MethodGet, organization+"/cluster/status", "")
	if !strings.HasPrefix(content, `{"results":[{"cluster_id":"c","status":"DEPLOYED","is_deployed":true,`+
		`"reason":"UNSPECIFIED","last_execution_id":"00000001-`) {
		t.Errorf("got %s", content)
	}
}

// The registry that is made with a cluster keeps its key whatever becomes of the
// credentials and the cluster.
func TestARegistryMadeWithItsCluster(t *testing.T) {
	w := newWorld(t)
	w.AddCluster(Cluster{ID: "d", Name: "d", CredentialsID: "cred", Region: "us-east-2", RegistryID: "reg-d"})
	made := read[registryJSON](w, "/containerRegistry")
	if len(made) != 1 || made[0].ID != "reg-d" || made[0].Kind != "ECR" ||
		*made[0].Cluster != (namedJSON{ID: "d", Name: "d"}) ||
		*made[0].Config != (registryConfigJSON{Region: "us-east-2", AccessKeyID: "OLD"}) {
		t.Errorf("made with the cluster: %+v", made)
	}
	w.putNew()
	w.Deploy("d")
	w.after(time.Hour).wantUses("cluster c=OLD, cluster d=NEW, image pulls from d=OLD")
	if !w.HasSecret("reg-d", oldSecret) {
		t.Error("the registry has not the credentials' secret")
	}
}

func TestARegistryWithARole(t *testing.T) {
	w := newWorld(t)
	w.AddContainerRegistry(Registry{ID: "ecr", Name: "ecr", Region: "eu-west-3", RoleARN: "arn"})
	const byRole = `{"name":"ecr","kind":"ECR","config":{"region":"r","role_arn":"other"}}`
	if put := must[registryJSON](w, http.MethodPut, organization+"/containerRegistry/ecr",
		byRole); put.Config.RoleARN != "other" || put.Config.AccessKeyID != "" {
		t.Errorf("got %+v", put)
	}
	w.wantUses("cluster c=OLD")
}

func TestReadsOfClustersLocationsAreStale(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CredentialsLag = 30 * time.Second })
	w.AddCluster(Cluster{ID: "d", Name: "d", CredentialsID: "cred", Route53: Key{"OLD", oldSecret},
		SecretManagers: []SecretManagerAccess{{ID: "sm", Name: "vault", Key: Key{"OLD", oldSecret}}}})
	w.after(time.Hour)
	w.SetKey("d", Key{"NEW", newSecret})
	w.SetKey("sm", Key{"NEW", newSecret})
	for _, want := range []string{"OLD", "NEW"} {
		dns := must[dnsProviderJSON](w, http.MethodGet, "/cluster/d/dnsProvider", "")
		manager := read[clusterJSON](w, "/cluster")[1].SecretManagers[0]
		if dns.Provider.Credentials.AccessKeyID != want || manager.Authentication.AccessKey != want {
			t.Errorf("want %s: %+v, %+v", want, dns, manager)
		}
		w.after(31 * time.Second)
	}
}

func TestDNSProvidersOutsideOfThePlan(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DNSNotInPlan = true })
	if status, answer := w.send(http.MethodGet, "/cluster/c/dnsProvider", ""); status != http.StatusForbidden ||
		answer != `{"status":403,"detail":"Enterprise plan required"}` {
		t.Errorf("%d %s", status, answer)
	}
}

func TestPutsThatAHookRefuses(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Hook = Answering(403, "PUT", "cred") })
	w.AddContainerRegistry(Registry{ID: "ecr", Name: "ecr", Region: "eu-west-3", Key: Key{"OLD", oldSecret}})
	if status, _ := w.send(http.MethodPut, organization+"/aws/credentials/cred", `{}`); status != 403 ||
		w.KeyOf("cred") != "OLD" {
		t.Errorf("answered %d", status)
	}
	for path, method := range map[string]string{"/credentials": http.MethodGet, "/containerRegistry/ecr": http.MethodPut} {
		body := `{"name":"ecr","kind":"ECR","config":{"region":"r","access_key_id":"NEW","secret_access_key":"s"}}`
		if status, answer := w.send(method, organization+path, body); status != http.StatusOK {
			t.Errorf("%s %s: %d %s", method, path, status, answer)
		}
	}
}
