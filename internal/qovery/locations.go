package qovery

import (
	"context"
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// locationKind is how one kind of location is listed and changed.
type locationKind struct {
	kind      rotation.LocationKind
	ofCluster bool // each belongs to a cluster, and is not in a list of its own
	// list is given the clusters for the kinds that they have.
	list func(*organization, context.Context, []cluster) ([]rotation.Location, error)
	// put is nil where this system knows no request that changes the key alone:
	// a person does that.
	put func(*organization, context.Context, rotation.LocationRef, rotation.KeyID, rotation.Secret) error
	// giveRole is nil where a role is not given by a change of that location.
	giveRole func(*organization, context.Context, rotation.LocationRef, string) error
}

// locationKinds are all kinds, in the order in which they are listed.
var locationKinds = []locationKind{
	{rotation.AWSCredentials, false, (*organization).listedCredentials, (*organization).putCredentials, nil},
	{rotation.ContainerRegistry, false, containerRegistries.locations, containerRegistries.putKey,
		containerRegistries.giveRole},
	{rotation.HelmRepository, false, helmRepositories.locations, helmRepositories.putKey, helmRepositories.giveRole},
	{rotation.DNSProvider, true, (*organization).dnsProviders, (*organization).putDNSProvider, nil},
	{rotation.SecretManager, true, (*organization).secretManagers, nil, nil},
}

// Locations lists every kind of location. One that cannot be listed is an
// error: the key may be there. It makes four requests and one for each cluster.
// Those of the clusters may take minutes, so they come first: the kinds that
// people change most are as of the end.
func (o *organization) Locations(ctx context.Context) ([]rotation.Location, error) {
	clusters, err := o.listClusters(ctx)
	if err != nil {
		return nil, err
	}
	others, err := o.listed(ctx, true, clusters)
	if err != nil {
		return nil, err
	}
	locations, err := o.Editable(ctx)
	if err != nil {
		return nil, err
	}
	return append(locations, others...), nil
}

// Editable lists the kinds that have lists of their own.
func (o *organization) Editable(ctx context.Context) ([]rotation.Location, error) {
	return o.listed(ctx, false, nil)
}

func (o *organization) listed(ctx context.Context, ofCluster bool, clusters []cluster) ([]rotation.Location, error) {
	locations := []rotation.Location{}
	for _, kind := range locationKinds {
		if kind.ofCluster != ofCluster {
			continue
		}
		listed, err := kind.list(o, ctx, clusters)
		if err != nil {
			return nil, err
		}
		locations = append(locations, listed...)
	}
	return locations, nil
}

// PutKey puts a key into a location. What the location holds is read first,
// because a PUT replaces all of it; when that read fails its coded error is
// returned as it is, and nothing was sent, though the port leaves room for the
// opposite.
func (o *organization) PutKey(ctx context.Context, ref rotation.LocationRef, id rotation.KeyID,
	secret rotation.Secret) error {
	if id == "" || secret.Empty() {
		return notSent("there is no whole key to put into %s", ref.Name)
	}
	for _, kind := range locationKinds {
		switch {
		case kind.kind != ref.Kind:
		case kind.put == nil:
			return notSent("the key of %s %s is changed by hand", ref.Kind, ref.Name)
		default:
			return kind.put(o, ctx, ref, id, secret)
		}
	}
	return notSent("there is no kind of location called %q", ref.Kind)
}

// GiveRole puts a role into a location, in place of its key.
func (o *organization) GiveRole(ctx context.Context, ref rotation.LocationRef, arn string) error {
	for _, kind := range locationKinds {
		if kind.kind == ref.Kind && kind.giveRole != nil && arn != "" {
			return kind.giveRole(o, ctx, ref, arn)
		}
	}
	return notSent("%s %s can't be given the role %q here", ref.Kind, ref.Name, words.Line(arn))
}

// heldKey is the access key id that stands in a location, "" where there is none. In
// a location of AWS it must be one: what is masked or mistyped may be the very key
// that is to be deleted. What another cloud calls so is no key of AWS.
func heldKey(text string, ofAWS bool, ref rotation.LocationRef) (rotation.KeyID, error) {
	id, err := rotation.ParseKeyID(text)
	if err != nil && ofAWS {
		return "", fmt.Errorf("%s %q%s holds %w", ref.Kind, words.Line(ref.Name), shownID(ref.ID), err)
	}
	return id, nil
}
