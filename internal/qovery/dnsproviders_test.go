package qovery

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const (
	route53 = `{"dns_provider":{"provider":"ROUTE53","domain":"example.com","aws_region":"eu-west-3",` +
		`"credentials":{"type":"STATIC","aws_access_key_id":"AKIA1111111111111111"}}}`
	cloudflare = `{"dns_provider":{"provider":"CLOUDFLARE","domain":"example.com","email":"x@example.com","proxied":true}}`
)

// clustersNamed are clusters with these ids and names.
func clustersNamed(ids ...string) (clusters []cluster) {
	for _, id := range ids {
		clusters = append(clusters, cluster{ID: id, Name: "cluster " + id, Region: "eu-west-3"})
	}
	return clusters
}

func TestDNSProviders(t *testing.T) {
	handler := answers(body(qoverysDNS), body(route53), body(cloudflare),
		body(`{"dns_provider":{"provider":"ROUTE53","credentials":{"type":"ROLE","role_arn":"arn"}}}`),
		body(`{"dns_provider":{"provider":"SOMETHING_NEW","credentials":{"aws_access_key_id":"AKIA2222222222222222"}}}`))
	opened, clock := serve(t, handler)
	got, err := opened.dnsProviders(t.Context(), clustersNamed("1", "2", "3", "4", "5"))
	if err != nil {
		t.Fatal(err)
	}
	provider := func(id, key, kind string) rotation.Location {
		return rotation.Location{
			LocationRef: rotation.LocationRef{Kind: rotation.DNSProvider, ID: id, Name: "cluster " + id},
			Key:         rotation.KeyID(key), Type: kind, Clusters: []string{id},
		}
	}
	rotatable := provider("2", "AKIA1111111111111111", "ROUTE53")
	rotatable.Rotatable = true
	want := []rotation.Location{
		rotatable, provider("3", "", "CLOUDFLARE"), provider("4", "", "ROUTE53"),
		provider("5", "AKIA2222222222222222", "SOMETHING_NEW"),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(handler.all()) != 5 || fmt.Sprint(clock.slept) != "[50ms 50ms 50ms 50ms]" {
		t.Errorf("asked %q, slept %v", handler.all(), clock.slept)
	}
}

func TestMalformedDNSProviders(t *testing.T) {
	tests := map[string]string{
		``:                              "it isn't JSON",
		`{}`:                            `no "dns_provider"`,
		`{"dns_provider":null}`:         `no "dns_provider"`,
		`{"dns_provider":{}}`:           "does not say which it is",
		`{"dns_provider":"QOVERY"}`:     "another type",
		`{"dns_provider":{"provider":{`: "it isn't JSON",
		`{"provider":"QOVERY"}`:         `no "dns_provider"`,
		`{"results":[]}`:                `no "dns_provider"`,
		strings.ReplaceAll(route53, "aws_access_key_id",
			"aws_key"): `a Route 53 provider has no "aws_access_key_id"`,
		`{"dns_provider":{"provider":"ROUTE53"}}`: `a Route 53 provider has no ` +
			`"aws_access_key_id"`,
		`{"dns_provider":{"provider":"ROUTE53","credentials":{"aws_access_key_id":""}}}`: `a Route 53 provider has no ` +
			`"aws_access_key_id"`,
		`{"dns_provider":{"provider":"ROUTE53","credentials":{"aws_access_key_id":1}}}`:  "another type",
		`{"dns_provider":{"provider":"ROUTE53","credentials":["AKIAIOSFODNN7OLDKEY1"]}}`: "another type",
	}
	for answer, says := range tests {
		opened, _ := serve(t, answers(body(answer)))
		_, err := opened.dnsProviders(t.Context(), clustersNamed("1"))
		if !fault.HasCode(err, fault.MalformedAnswer) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", answer, err, says)
		}
	}
}

// Only an answer that says so is a "none".
func TestDNSProvidersThatCannotBeRead(t *testing.T) {
	const noPlan = `{"status":403,"detail":"Enterprise plan required"}`
	tests := []struct {
		name    string
		answers []func(http.ResponseWriter)
		code    fault.Code
		asked   int
	}{
		{"not in the organization's plan", []func(http.ResponseWriter){status(403, noPlan)}, "", 1},
		{"in the plan, and then not", []func(http.ResponseWriter){body(qoverysDNS), status(403, noPlan)},
			fault.TokenRefused, 2},
		{"not allowed", []func(http.ResponseWriter){status(403, `{"detail":"Access denied"}`)}, fault.TokenRefused, 1},
		{"not allowed, without a word", []func(http.ResponseWriter){status(403, "")}, fault.TokenRefused, 1},
		{"not found, with the words of the plan", []func(http.ResponseWriter){status(404, noPlan)}, fault.MalformedAnswer,
			1},
		{"not found", []func(http.ResponseWriter){body(qoverysDNS), status(404, `{"detail":"Cluster not found"}`)},
			fault.MalformedAnswer, 2},
		{"no token", []func(http.ResponseWriter){status(401, "")}, fault.TokenRefused, 1},
		{"down", []func(http.ResponseWriter){status(503, "")}, fault.Unreachable, 4},
		{"limited", []func(http.ResponseWriter){body(qoverysDNS), status(429, "", "X-RateLimit-Reset", at(time.Hour))},
			fault.Throttled, 2},
		{"down for a moment", []func(http.ResponseWriter){status(503, ""), body(qoverysDNS)}, "", 4},
	}
	for _, test := range tests {
		handler := answers(test.answers...)
		opened, _ := serve(t, handler)
		got, err := opened.dnsProviders(t.Context(), clustersNamed("1", "2", "3"))
		if !isCode(err, test.code) || len(got) != 0 || len(handler.all()) != test.asked {
			t.Errorf("%s: %+v, %v after %d requests", test.name, got, err, len(handler.all()))
		}
	}
}

func TestInterruptedBetweenDNSProviders(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	handler := answers(body(qoverysDNS))
	opened, clock := serve(t, handler)
	opened.client.Clock = stopping{clock, cancel}
	if _, err := opened.dnsProviders(ctx, clustersNamed("1", "2")); !fault.HasCode(err, fault.Unreachable) {
		t.Errorf("error %v", err)
	}
	if len(handler.all()) != 1 {
		t.Errorf("asked %q", handler.all())
	}
}

// stopping is a clock on which the first sleep is interrupted.
type stopping struct {
	*fakeClock
	cancel func()
}

func (s stopping) Sleep(ctx context.Context, d time.Duration) error {
	s.cancel()
	return s.fakeClock.Sleep(ctx, d)
}

// A PUT repeats all that the provider holds, those that nobody here knows of included.
func TestPutDNSProvider(t *testing.T) {
	answer := strings.Replace(route53, `"domain"`, `"hosted_zone_id":"Z1","domain"`, 1)
	handler := answers(body(answer), body(answer))
	opened, _ := serve(t, handler)
	ref := rotation.LocationRef{Kind: rotation.DNSProvider, ID: "c-1", Name: "edge"}
	if err := putInto(ref)(t.Context(), opened); err != nil {
		t.Fatal(err)
	}
	sent, err := withDNSKey([]byte(answer), testKey, rotation.NewSecret(testSecret))
	want := `{"dns_provider":{"aws_region":"eu-west-3","credentials":{"aws_access_key_id":"` + string(testKey) +
		`","aws_secret_access_key":"` + testSecret + `","type":"STATIC"},"domain":"example.com","hosted_zone_id":"Z1",` +
		`"provider":"ROUTE53"}}`
	if err != nil || string(sent) != want || handler.count("PUT") != 1 {
		t.Errorf("sent %s, %v", sent, err)
	}
	for _, other := range []string{cloudflare, qoverysDNS, strings.Replace(route53, `"STATIC"`, `"ROLE"`, 1),
		strings.Replace(route53, `"aws_region"`, `"region"`, 1)} {
		opened, _ := serve(t, answers(body(other)))
		if err := putInto(ref)(t.Context(), opened); refusal(err) != 0 {
			t.Errorf("%s: %v", other, err)
		}
	}
}
