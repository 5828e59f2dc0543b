package qovery

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
)

var oldKey = fakeqovery.Key{ID: "AKIAIOSFODNN7OLDKEY1", Secret: "old"}

// withEverything adds one of each kind of location to the fake.
func withEverything(t *testing.T, socket bool) (*organization, *fakeqovery.Server, *fakeClock) {
	t.Helper()
	opened, fake, clock := withFake(t, socket)
	fake.AddContainerRegistry(fakeqovery.Registry{ID: "reg-1", Name: "images", URL: "https://ecr?a&b", Description: "ours",
		Region: "eu-west-3", Key: oldKey})
	fake.AddContainerRegistry(fakeqovery.Registry{ID: "hub", Name: "hub", Kind: "DOCKER_HUB"})
	fake.AddContainerRegistry(fakeqovery.Registry{ID: "role-reg", Name: "by role", Region: "eu-west-3",
		RoleARN: "arn:aws:iam::1:role/x"})
	fake.AddHelmRepository(fakeqovery.Registry{ID: "helm-1", Name: "charts", URL: "oci://charts", Region: "eu-west-3",
		SkipTLS: true, Key: oldKey})
	fake.AddCluster(fakeqovery.Cluster{ID: "c-3", Name: "edge", CredentialsID: "cred-1", Region: "us-east-2",
		RegistryID: "reg-3",
		Route53:    oldKey, SecretManagers: []fakeqovery.SecretManagerAccess{{ID: "vault", Name: "vault", Key: oldKey}}})
	clock.now = clock.now.Add(time.Hour)
	return opened, fake, clock
}

// holdersOf tells which locations hold a key, as "kind id".
func holdersOf(locations []rotation.Location, id string) (holders []string) {
	for _, l := range locations {
		if string(l.Key) == id {
			holders = append(holders, string(l.Kind)+" "+l.ID+" "+fmt.Sprint(l.Rotatable, l.Clusters))
		}
	}
	return holders
}

func TestLocationsOfTheFake(t *testing.T) {
	for name, socket := range map[string]bool{"over a socket": true, "in process": false} {
		t.Run(name, func(t *testing.T) {
			opened, fake, clock := withEverything(t, socket)
			locations, err := opened.Locations(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := []string{
				"awsCredentials cred-1 true [c-1 c-2 c-3]", "containerRegistry reg-1 true []", "containerRegistry reg-3 true [c-3]",
				"helmRepository helm-1 true []", "dnsProvider c-3 true [c-3]", "secretManager vault false [c-3]",
			}
			if got := holdersOf(locations, oldKey.ID); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if len(locations) != 9 { // and those by role, and Docker Hub
				t.Errorf("locations %+v", locations)
			}
			before := registriesOf(t, opened)
			for _, ref := range []rotation.LocationRef{creds, images, {Kind: rotation.ContainerRegistry, ID: "reg-3"}, charts,
				{Kind: rotation.DNSProvider, ID: "c-3"}} {
				if err := putInto(ref)(t.Context(), opened); err != nil {
					t.Error(err)
				}
				if fake.KeyOf(ref.ID) != string(testKey) || !fake.HasSecret(ref.ID, testSecret) {
					t.Errorf("%s does not hold the new key", ref.ID)
				}
			}
			clock.now = clock.now.Add(time.Minute)
			if got, want := registriesOf(t, opened), strings.ReplaceAll(before, oldKey.ID, string(testKey)); got != want {
				t.Errorf("after the PUTs\n%s\nwant\n%s", got, want)
			}
			editable, err := opened.Editable(t.Context())
			if err != nil || !slices.Equal(holdersOf(editable, string(testKey)), want[:4]) {
				t.Errorf("editable %+v, %v", editable, err)
			}
		})
	}
}

// TestLocationsReadLast: what takes one request for each cluster may take minutes,
// so the credentials and registries are read after it: they are as of the end.
func TestLocationsReadLast(t *testing.T) {
	opened, fake, clock := withEverything(t, false)
	fake.Configure(func(c *fakeqovery.Config) {
		c.Hook = func(r *http.Request) (bool, *fakeqovery.Answer) {
			if strings.HasSuffix(r.URL.Path, "/dnsProvider") || strings.HasSuffix(r.URL.Path, "/secretManagers") {
				fake.SetKey("cred-1", fakeqovery.Key{ID: "AKIAIOSFODNN7ANOTHER", Secret: "another"})
				clock.now = clock.now.Add(3 * time.Minute)
			}
			return true, nil
		}
	})
	locations, err := opened.Locations(t.Context())
	if err != nil || len(locations) == 0 || locations[0].Kind != rotation.AWSCredentials ||
		locations[0].Key != "AKIAIOSFODNN7ANOTHER" {
		t.Errorf("%+v, %v", locations, err)
	}
}

// registriesOf is all that Qovery answers of registries and repositories.
func registriesOf(t *testing.T, opened *organization) string {
	t.Helper()
	registries, err := opened.ask(t.Context(), listContainerRegistries, testOrganization)
	if err != nil {
		t.Fatal(err)
	}
	repositories, err := opened.ask(t.Context(), listHelmRepositories, testOrganization)
	if err != nil {
		t.Fatal(err)
	}
	return string(registries) + string(repositories)
}

func TestRefusalsOfTheFakesRegistries(t *testing.T) {
	opened, fake, _ := withEverything(t, true)
	fake.Configure(func(c *fakeqovery.Config) { c.Hook = fakeqovery.Answering(403, "PUT", "reg-3") })
	if err := putInto(images)(t.Context(), opened); err != nil {
		t.Error(err)
	}
	if err := putInto(rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: "reg-3"})(t.Context(),
		opened); refusal(err) != 403 {
		t.Errorf("error %v", err)
	}
	for _, id := range []string{"hub", "role-reg"} {
		if err := putInto(rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: id})(t.Context(),
			opened); refusal(err) != 0 {
			t.Errorf("putting a key into %s: %v", id, err)
		}
	}
	if fake.KeyOf("reg-3") != oldKey.ID || fake.KeyOf("hub") != "" {
		t.Error("a registry was changed")
	}
}

func TestDNSOutsideOfTheFakesPlan(t *testing.T) {
	opened, fake, _ := withEverything(t, true)
	fake.Configure(func(c *fakeqovery.Config) { c.DNSNotInPlan = true })
	locations, err := opened.Locations(t.Context())
	if err != nil || len(locations) != 8 {
		t.Errorf("%+v, %v", locations, err)
	}
}

// large is the fake with many clusters, each with a registry of its own.
func large(clusters int) (*fakeqovery.Server, *fakeClock) {
	clock := newClock()
	config := fakeqovery.DefaultConfig(clock.Now)
	config.OrganizationID, config.Token = testOrganization, testToken
	fake := fakeqovery.New(config)
	fake.AddCredentials(fakeqovery.Credentials{ID: "cred-1", Name: "production", Key: oldKey})
	for i := range clusters {
		id := fmt.Sprint("c-", i)
		fake.AddCluster(fakeqovery.Cluster{ID: id, Name: id, CredentialsID: "cred-1", RegistryID: "reg-" + id})
	}
	return fake, clock
}

// What 250 clusters cost of the 1,000 requests that Qovery allows in an hour.
func TestRequestsWith250Clusters(t *testing.T) {
	fake, clock := large(250)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	opened, _ := open(t, Options{BaseURL: server.URL})
	opened.client.Clock = clock
	last := 0
	cost := func(what string, want int, call func() error) {
		t.Helper()
		if err := call(); err != nil {
			t.Fatal(err)
		}
		total, _ := fake.Requests()
		if got := total - last; got != want {
			t.Errorf("%s: %d requests, want %d", what, got, want)
		}
		last = total
	}
	var locations []rotation.Location
	cost("Credentials", 1, func() (err error) { _, err = opened.Credentials(t.Context()); return err })
	cost("Editable", 3, func() (err error) { _, err = opened.Editable(t.Context()); return err })
	cost("Clusters", 2, func() (err error) { _, err = opened.Clusters(t.Context()); return err })
	cost("Locations", 254, func() (err error) { locations, err = opened.Locations(t.Context()); return err })
	cost("PutKey into all", 2+1+250, func() error {
		for _, location := range locations {
			if err := putInto(location.LocationRef)(t.Context(), opened); err != nil {
				return err
			}
		}
		return nil
	})
	if len(locations) != 251 || len(fake.Holders(string(testKey))) != 251 {
		t.Errorf("%d locations, %d hold the new key", len(locations), len(fake.Holders(string(testKey))))
	}
	if took := clock.Now().Sub(start); took > 15*time.Second {
		t.Errorf("the pauses take %s", took)
	}
}

func BenchmarkLocations(b *testing.B) {
	fake, clock := large(250)
	opened, _ := open(b, Options{Transport: fakeqovery.Transport(fake)})
	opened.client.Clock = clock
	for name, call := range everyRead(opened) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				clock.slept = clock.slept[:0]
				if err := call(b); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func everyRead(o *organization) map[string]func(*testing.B) error {
	return map[string]func(*testing.B) error{
		"all":      func(b *testing.B) error { _, err := o.Locations(b.Context()); return err },
		"editable": func(b *testing.B) error { _, err := o.Editable(b.Context()); return err },
		"clusters": func(b *testing.B) error { _, err := o.Clusters(b.Context()); return err },
	}
}
