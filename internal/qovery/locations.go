package qovery

import (
	"context"

	"qovery-key-rotation/internal/rotation"
)

// locationKind is how one kind of location is listed, read and changed. Each
// kind has a file of its own.
type locationKind struct {
	list func(*organization, context.Context) ([]rotation.Location, error)
	read func(*organization, context.Context, rotation.LocationRef) (rotation.Location, error)
	put  func(*organization, context.Context, rotation.LocationRef, rotation.KeyID, rotation.Secret) error
}

// kindOrder is the order in which the kinds are listed.
var kindOrder = []rotation.LocationKind{rotation.AWSCredentials}

var locationKinds = map[rotation.LocationKind]locationKind{
	rotation.AWSCredentials: {list: (*organization).credentials, read: (*organization).oneCredentials, put: (*organization).putCredentials},
}

// Locations lists every kind of location. One that cannot be listed is an
// error: the key may be there.
func (o *organization) Locations(ctx context.Context) ([]rotation.Location, error) {
	locations := []rotation.Location{}
	for _, kind := range kindOrder {
		listed, err := locationKinds[kind].list(o, ctx)
		if err != nil {
			return nil, err
		}
		locations = append(locations, listed...)
	}
	return locations, nil
}

// Credentials lists the cloud credentials alone.
func (o *organization) Credentials(ctx context.Context) ([]rotation.Location, error) {
	return o.credentials(ctx)
}

// Location reads one location again. Its answer does not say which clusters the
// location serves.
func (o *organization) Location(ctx context.Context, ref rotation.LocationRef) (rotation.Location, error) {
	kind, known := locationKinds[ref.Kind]
	if !known {
		return rotation.Location{}, rotation.Errorf(rotation.InvalidInput, "There is no kind of location called %q", ref.Kind)
	}
	return kind.read(o, ctx, ref)
}

// PutKey puts a key into a location. It reads the location first, because a PUT
// replaces all of it; when that read fails its coded error is returned as it is,
// and nothing was sent, though the port leaves room for the opposite.
func (o *organization) PutKey(ctx context.Context, ref rotation.LocationRef, id rotation.KeyID, secret rotation.Secret) error {
	kind, known := locationKinds[ref.Kind]
	switch {
	case !known:
		return notSent("there is no kind of location called %q", ref.Kind)
	case id == "" || secret.Empty():
		return notSent("there is no whole key to put into %s", ref.Name)
	}
	return kind.put(o, ctx, ref, id, secret)
}
