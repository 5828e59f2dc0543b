package qovery

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// withFake opens an organization of the fake Qovery, over a socket or in process.
func withFake(t *testing.T, socket bool) (*organization, *fakeqovery.Server, *fakeClock) {
	t.Helper()
	clock := newClock()
	config := fakeqovery.DefaultConfig(clock.Now)
	config.OrganizationID, config.Token = testOrganization, testToken
	fake := fakeqovery.New(config)
	fake.AddCredentials(fakeqovery.Credentials{ID: "cred-1", Name: "production",
		Key: fakeqovery.Key{ID: "AKIAIOSFODNN7OLDKEY1", Secret: "old"}})
	fake.AddCredentials(fakeqovery.Credentials{ID: "role", Name: "by role", ObjectType: "AWS_ROLE"})
	fake.AddCluster(fakeqovery.Cluster{ID: "c-1", Name: "staging", CredentialsID: "cred-1"})
	fake.AddCluster(fakeqovery.Cluster{ID: "c-2", Name: "production", CredentialsID: "cred-1", Production: true})

	options := Options{Transport: fakeqovery.Transport(fake)}
	if socket {
		server := httptest.NewServer(fake)
		t.Cleanup(server.Close)
		options = Options{BaseURL: server.URL, Transport: &http.Transport{DisableKeepAlives: true}}
	}
	opened, _ := open(t, options)
	opened.client.Clock = clock
	return opened, fake, clock
}

func TestAgainstTheFake(t *testing.T) {
	for name, socket := range map[string]bool{"over a socket": true, "in process": false} {
		t.Run(name, func(t *testing.T) {
			opened, fake, clock := withFake(t, socket)
			old := checkCredentials(t, opened)

			if err := opened.PutKey(t.Context(), old.LocationRef, testKey, rotation.NewSecret(testSecret)); err != nil {
				t.Fatal(err)
			}
			if !fake.HasSecret("cred-1", testSecret) || fake.KeyOf("cred-1") != string(testKey) {
				t.Error("the credentials do not hold the new key")
			}
			if got := credentialsOf(t, opened); got.Key != old.Key {
				t.Errorf("the read was not stale: %+v", got)
			}
			clock.now = clock.now.Add(time.Minute)
			if got := credentialsOf(t, opened); got.Key != testKey || got.Name != "production" {
				t.Errorf("the read after a minute: %+v", got)
			}
			checkDeployment(t, opened, clock)
		})
	}
}

// credentialsOf reads the static credentials again.
func credentialsOf(t *testing.T, opened *organization) rotation.Location {
	t.Helper()
	locations, err := opened.Credentials(t.Context())
	if err != nil || len(locations) == 0 {
		t.Fatalf("locations %+v, %v", locations, err)
	}
	return locations[0]
}

func checkCredentials(t *testing.T, opened *organization) rotation.Location {
	t.Helper()
	locations, err := opened.Credentials(t.Context())
	if err != nil || len(locations) != 2 {
		t.Fatalf("locations %+v, %v", locations, err)
	}
	want := rotation.Location{LocationRef: creds, Key: "AKIAIOSFODNN7OLDKEY1", Type: "AWS", Rotatable: true,
		Clusters: []string{"c-1", "c-2"}}
	if !reflect.DeepEqual(locations[0], want) {
		t.Errorf("got %+v, want %+v", locations[0], want)
	}
	if locations[1].Rotatable || locations[1].Key != "" {
		t.Errorf("role credentials %+v", locations[1])
	}
	return locations[0]
}

func checkDeployment(t *testing.T, opened *organization, clock *fakeClock) {
	t.Helper()
	read := func(after time.Duration) rotation.Cluster {
		clock.now = clock.now.Add(after)
		clusters, err := opened.Clusters(t.Context())
		if err != nil || len(clusters) != 2 {
			t.Fatalf("clusters %+v, %v", clusters, err)
		}
		return clusters[0]
	}
	before := read(0)
	if before.ID != "c-1" || before.Production || before.LastExecutionID == "" || before.LastDeployedAt == "" {
		t.Errorf("cluster %+v", before)
	}
	if err := opened.Deploy(t.Context(), "c-1"); err != nil {
		t.Fatal(err)
	}
	if got := read(time.Second); got != before {
		t.Errorf("straight after the POST: %+v, want the status before", got)
	}
	if got := read(20 * time.Second); got.Status != "DEPLOYING" || got.LastExecutionID == before.LastExecutionID {
		t.Errorf("while it deploys: %+v", got)
	}
	if got := read(10 * time.Minute); got.Status != "DEPLOYED" {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestLocksLogsAndRefusalsOfTheFake(t *testing.T) {
	opened, fake, clock := withFake(t, true)
	fake.Lock("c-2", "upgrade", "Ada")
	locks, err := opened.Locks(t.Context())
	if err != nil || len(locks) != 1 || locks["c-2"] != "upgrade (by Ada, since 2026-05-04 09:00 UTC, "+
		"until 2026-05-11 09:00 UTC)" {
		t.Errorf("locks %q, %v", locks, err)
	}

	fake.Configure(func(c *fakeqovery.Config) { c.Restriction = "Payment overdue" })
	if why, err := opened.Restriction(t.Context()); err != nil || why != "Payment overdue" {
		t.Errorf("restricted: %q, %v", why, err)
	}
	var refused *rotation.Refusal
	if err := opened.Deploy(t.Context(), "c-1"); !errors.As(err, &refused) {
		t.Errorf("a deployment while restricted: %v", err)
	}
	fake.Configure(func(c *fakeqovery.Config) { c.Restriction = "" })
	if why, err := opened.Restriction(t.Context()); err != nil || why != "" {
		t.Errorf("not restricted: %q, %v", why, err)
	}

	fake.Script("c-1", fakeqovery.Fails("No more addresses", "Ask for a larger subnet"))
	if err := opened.Deploy(t.Context(), "c-1"); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(time.Hour)
	problem, err := opened.Problem(t.Context(), "c-1")
	if err != nil || problem != "No more addresses. Hint: Ask for a larger subnet" {
		t.Errorf("problem %q, %v", problem, err)
	}

	if err := opened.Deploy(t.Context(), "nowhere"); refusal(err) != 404 {
		t.Errorf("deploying an unknown cluster: %v", err)
	}
	role := rotation.LocationRef{Kind: rotation.AWSCredentials, ID: "role", Name: "by role"}
	if err := opened.PutKey(t.Context(), role, testKey, rotation.NewSecret(testSecret)); refusal(err) != 0 {
		t.Errorf("putting a key into role credentials: %v", err)
	}
	if fake.KeyOf("role") != "" {
		t.Error("the role credentials were changed")
	}

	fake.Configure(func(c *fakeqovery.Config) { c.Token = "another" })
	if _, err := opened.Clusters(t.Context()); !fault.HasCode(err, fault.TokenRefused) {
		t.Errorf("with a token that is not valid any more: %v", err)
	}
}

// A role takes the place of the key, and all else stays; where there is none, and where the
// location takes no role, nothing is sent.
func TestGivingARole(t *testing.T) {
	opened, fake, clock := withFake(t, true)
	const arn = "arn:aws:iam::123456789012:role/qovery"
	key := fakeqovery.Key{ID: "AKIAIOSFODNN7EXAMPLE", Secret: "s"}
	fake.AddContainerRegistry(fakeqovery.Registry{ID: "r-1", Name: "images", Region: "eu-west-3", Key: key})
	fake.AddHelmRepository(fakeqovery.Registry{ID: "r-2", Name: "charts", Region: "eu-west-3", Key: key})
	fake.AddContainerRegistry(fakeqovery.Registry{ID: "r-3", Name: "hub", Kind: "DOCKER_HUB"})
	before, err := opened.Editable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range before {
		err := opened.GiveRole(t.Context(), l.LocationRef, arn)
		if takes := l.Rotatable && l.Kind != rotation.AWSCredentials; takes != (err == nil) {
			t.Errorf("%s %s: %v", l.Kind, l.Name, err)
		} else if !takes && refusal(err) != 0 {
			t.Errorf("%s %s: a request was sent: %v", l.Kind, l.Name, err)
		}
		if err := opened.GiveRole(t.Context(), l.LocationRef, ""); refusal(err) != 0 {
			t.Errorf("%s %s takes no role at all: %v", l.Kind, l.Name, err)
		}
	}
	if len(fake.GaveRole()) == 0 {
		t.Error("nothing was given a role")
	}
	clock.now = clock.now.Add(time.Hour)
	after, err := opened.Editable(t.Context())
	for i, l := range after {
		want := before[i]
		if want.Rotatable && want.Kind != rotation.AWSCredentials {
			want.Key, want.Rotatable, want.Role, want.RoleARN = "", false, true, arn
		}
		if !reflect.DeepEqual(l, want) {
			t.Errorf("got  %+v\nwant %+v", l, want)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// Faults of the fake: before the effect, after it, and an answer that is lost.
func TestEffectsOfFailedRequests(t *testing.T) {
	tests := []struct {
		name    string
		apply   bool
		answer  *fakeqovery.Answer
		changed bool
		code    fault.Code
	}{
		{"none", true, nil, true, ""},
		{"before the effect", false, &fakeqovery.Answer{Status: 502}, false, fault.Unreachable},
		{"after the effect", true, &fakeqovery.Answer{Status: 504, Body: testSecret}, true, fault.Unreachable},
		{"the answer is lost", true, &fakeqovery.Answer{Dropped: true}, true, fault.Unreachable},
		{"the request is lost", false, &fakeqovery.Answer{Dropped: true}, false, fault.Unreachable},
	}
	for _, test := range tests {
		for name, socket := range map[string]bool{"over a socket": true, "in process": false} {
			opened, fake, _ := withFake(t, socket)
			fake.Configure(func(c *fakeqovery.Config) {
				c.Hook = func(r *http.Request) (bool, *fakeqovery.Answer) {
					if r.Method == http.MethodPut {
						return test.apply, test.answer
					}
					return true, nil
				}
			})
			err := opened.PutKey(t.Context(), creds, testKey, rotation.NewSecret(testSecret))
			if !isCode(err, test.code) {
				t.Errorf("%s %s: %v, want %q", test.name, name, err, test.code)
			}
			if changed := fake.KeyOf("cred-1") == string(testKey); changed != test.changed {
				t.Errorf("%s %s: changed %t", test.name, name, changed)
			}
		}
	}
}

func TestRateLimitOfTheFake(t *testing.T) {
	opened, fake, clock := withFake(t, true)
	fake.Configure(func(c *fakeqovery.Config) { c.RequestsAnHour = 3 })
	for range 3 {
		if _, err := opened.Locks(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := opened.Locks(t.Context()); !fault.HasCode(err, fault.Throttled) {
		t.Errorf("over the limit: %v", err)
	}
	clock.now = start.Add(time.Hour - 10*time.Second)
	if _, err := opened.Locks(t.Context()); err != nil {
		t.Errorf("ten seconds before the limit resets: %v", err)
	}
}

// BenchmarkRequest is what a read costs in process, client and fake together.
func BenchmarkRequest(b *testing.B) {
	clock := newClock()
	config := fakeqovery.DefaultConfig(clock.Now)
	config.OrganizationID, config.Token = testOrganization, testToken
	fake := fakeqovery.New(config)
	fake.AddCredentials(fakeqovery.Credentials{ID: "cred-1", Name: "production",
		Key: fakeqovery.Key{ID: "AKIAIOSFODNN7OLDKEY1", Secret: "old"}})
	for _, id := range []string{"c-1", "c-2", "c-3"} {
		fake.AddCluster(fakeqovery.Cluster{ID: id, Name: id, CredentialsID: "cred-1"})
	}
	opened, _ := open(b, Options{Transport: fakeqovery.Transport(fake)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opened.Clusters(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
