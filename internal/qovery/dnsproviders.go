package qovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const (
	// Providers of a cluster's DNS, in Qovery's words. Every cluster that Qovery
	// deploys has one.
	qoveryDNS  = "QOVERY" // Qovery's own, where nobody's key is
	route53DNS = "ROUTE53"
	staticDNS  = "STATIC" // the type of credentials with a key
	// dnsPause is between two clusters' requests, so that hundreds of them are
	// no burst.
	dnsPause = 50 * time.Millisecond
	// notInPlan is in the detail of the 403 with which Qovery answers an
	// organization whose plan does not let clusters have a DNS provider of their
	// own.
	notInPlan = "plan required"
)

type dnsAnswer struct {
	Provider *dnsProvider `json:"dns_provider"`
}

// dnsProvider is a cluster's DNS provider as Qovery answers it, never with a secret.
type dnsProvider struct {
	Provider    string         `json:"provider"`
	Domain      string         `json:"domain"`
	Region      string         `json:"aws_region"`
	Credentials dnsCredentials `json:"credentials"`
}

type dnsCredentials struct {
	Type        string `json:"type"`
	AccessKeyID string `json:"aws_access_key_id"`
}

// dnsProviders lists the DNS providers that clusters have of their own. There is
// one request for each cluster. Qovery has no id for a DNS provider, so each has
// that of its cluster.
func (o *organization) dnsProviders(ctx context.Context, clusters []cluster) ([]rotation.Location, error) {
	clusters = slices.DeleteFunc(slices.Clone(clusters), func(c cluster) bool { return c.Kubernetes == selfManaged })
	var locations []rotation.Location
	for i, c := range clusters {
		if i > 0 && o.client.Clock.Sleep(ctx, dnsPause) != nil {
			return nil, fault.Errorf(fault.Unreachable, "%s was interrupted", readDNSProvider.doing)
		}
		got, problem := o.read(ctx, readDNSProvider, c.ID)
		if i == 0 && isNotInPlan(got) {
			return nil, nil // the plan is the organization's, so no cluster has one
		}
		provider, err := dnsProviderIn(c, got, problem)
		if err != nil {
			return nil, err
		}
		if provider.Provider == qoveryDNS && provider.Credentials.AccessKeyID == "" {
			continue
		}
		location, err := provider.location(c)
		if err != nil {
			return nil, malformed(readDNSProvider, err)
		}
		locations = append(locations, location)
	}
	return locations, nil
}

func isNotInPlan(got answer) bool {
	return got.status == http.StatusForbidden && strings.Contains(strings.ToLower(errorText(got.body)), notInPlan)
}

// dnsProviderIn takes the provider from an answer. A 404 is no "none": a cluster
// with Qovery's own provider is answered as any other, and one that was deleted
// since the clusters were listed will not be listed the next time.
func dnsProviderIn(c cluster, got answer, problem *fault.Error) (dnsProvider, error) {
	switch {
	case problem != nil && got.status == http.StatusNotFound:
		return dnsProvider{}, malformed(readDNSProvider, errors.New("the cluster"+shownID(c.ID)+" is listed, and now it "+
			"is not found"))
	case problem != nil:
		return dnsProvider{}, problem
	}
	provider, err := decodeDNSProvider(got.body)
	if err != nil {
		return dnsProvider{}, malformed(readDNSProvider, fmt.Errorf("of the cluster%s, %w", shownID(c.ID), err))
	}
	return provider, nil
}

// decodeDNSProvider requires the provider's name, and of Route 53 the key unless
// the credentials say that they are of another type than static ones.
func decodeDNSProvider(body []byte) (dnsProvider, error) {
	var read dnsAnswer
	if err := decode(body, &read); err != nil {
		return dnsProvider{}, err
	}
	if read.Provider == nil || read.Provider.Provider == "" {
		return dnsProvider{}, errors.New(`there is no "dns_provider", or it does not say which it is`)
	}
	held := read.Provider.Credentials
	static := held.Type == "" || held.Type == staticDNS
	if read.Provider.Provider == route53DNS && static && held.AccessKeyID == "" {
		return dnsProvider{}, errors.New(`a Route 53 provider has no "aws_access_key_id"`)
	}
	return *read.Provider, nil
}

func (p dnsProvider) location(c cluster) (rotation.Location, error) {
	ref := rotation.LocationRef{Kind: rotation.DNSProvider, ID: c.ID, Name: c.Name}
	key, err := heldKey(p.Credentials.AccessKeyID, p.Provider == route53DNS, ref)
	return rotation.Location{LocationRef: ref, Key: key, Type: p.Provider, Rotatable: p.rotatable(),
		Clusters: []string{c.ID}}, err
}

// rotatable: it holds a static key of AWS, and all else that a change must repeat.
func (p dnsProvider) rotatable() bool {
	return p.Provider == route53DNS && p.Credentials.Type == staticDNS && p.Credentials.AccessKeyID != "" &&
		p.Domain != "" && p.Region != ""
}

// DNSProviders reads those of some clusters alone.
func (o *organization) DNSProviders(ctx context.Context, ids []string) ([]rotation.Location, error) {
	clusters, err := o.listClusters(ctx)
	if err != nil {
		return nil, err
	}
	return o.dnsProviders(ctx, slices.DeleteFunc(clusters, func(c cluster) bool { return !slices.Contains(ids, c.ID) }))
}

// putDNSProvider puts the key into a cluster's Route 53 provider and keeps all else
// that it holds. What runs in the cluster takes the key with the next deployment.
func (o *organization) putDNSProvider(ctx context.Context, ref rotation.LocationRef, id rotation.KeyID,
	secret rotation.Secret) error {
	body, err := o.ask(ctx, readDNSProvider, ref.ID)
	if err != nil {
		return err
	}
	now, err := decodeDNSProvider(body)
	switch {
	case err != nil:
		return malformed(readDNSProvider, err)
	case !now.rotatable():
		return notSent("the DNS provider of the cluster %s is not Route 53 with a static key", ref.Name)
	}
	body, err = withDNSKey(body, id, secret)
	if err != nil {
		return malformed(readDNSProvider, err)
	}
	return o.tell(ctx, putDNSProvider, body, ref.ID)
}

// withDNSKey is the body of the PUT: the answer with another key. Its errors quote
// nothing.
func withDNSKey(answer []byte, id rotation.KeyID, secret rotation.Secret) ([]byte, error) {
	var read struct {
		Provider map[string]json.RawMessage `json:"dns_provider"`
	}
	if json.Unmarshal(answer, &read) != nil || read.Provider["credentials"] == nil {
		return nil, errors.New(`there are no "credentials"`)
	}
	credentials, err := json.Marshal(map[string]string{"type": staticDNS, "aws_access_key_id": string(id),
		"aws_secret_access_key": secret.Reveal()})
	if err == nil {
		read.Provider["credentials"] = credentials
		answer, err = json.Marshal(map[string]any{"dns_provider": read.Provider})
	}
	if err != nil {
		return nil, errors.New("it cannot be repeated") // the error could quote it
	}
	return answer, nil
}
