package qovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// staticAWS is the object_type of static AWS credentials. Other types cannot be
// rotated: a PUT could turn them into static ones.
const staticAWS = "AWS"

// roleAWS is the object_type of AWS credentials that hold a role in place of a key.
const roleAWS = "AWS_ROLE"

// credential is one of the organization's cloud credentials as Qovery answers
// it, never with a secret.
type credential struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ObjectType  string `json:"object_type"`
	AccessKeyID string `json:"access_key_id"`
	RoleARN     string `json:"role_arn"`
}

type credentialEntry struct {
	Credential *credential   `json:"credential"`
	Clusters   []clusterName `json:"clusters"`
}

type clusterName struct {
	ID string `json:"id"`
}

// Credentials lists the organization's cloud credentials of every type: one
// that cannot be rotated may hold the key all the same.
func (o *organization) Credentials(ctx context.Context) ([]rotation.Location, error) {
	return learn(ctx, o, listCredentials, decodeCredentials, o.id)
}

func (o *organization) listedCredentials(ctx context.Context, _ []cluster) ([]rotation.Location, error) {
	return o.Credentials(ctx)
}

func decodeCredentials(body []byte) ([]rotation.Location, error) {
	entries, err := decodeList[credentialEntry](body)
	if err != nil {
		return nil, err
	}
	locations := make([]rotation.Location, 0, len(entries))
	seen := make(map[string]bool, len(entries))
	for _, entry := range entries {
		location, err := entry.location()
		if err != nil {
			return nil, err
		}
		if seen[location.ID] {
			return nil, errors.New("two credentials have the same id")
		}
		seen[location.ID] = true
		locations = append(locations, location)
	}
	return locations, nil
}

func (entry credentialEntry) location() (rotation.Location, error) {
	if entry.Credential == nil {
		return rotation.Location{}, errors.New(`an entry has no "credential"`)
	}
	location, err := entry.Credential.location()
	if err != nil {
		return rotation.Location{}, err
	}
	// Without the list nobody knows whom a key serves. Where there is no key
	// nobody needs to.
	if entry.Clusters == nil && location.Key != "" {
		return rotation.Location{}, errors.New(`credentials with an access key have no "clusters"`)
	}
	location.Role = location.Role && entry.Clusters != nil // clusters may still run with the key that was there
	for _, cluster := range entry.Clusters {
		if cluster.ID == "" {
			return rotation.Location{}, errors.New("a cluster of the credentials has no id")
		}
		location.Clusters = append(location.Clusters, cluster.ID)
	}
	return location, nil
}

// location requires what every later decision rests on: the id, the type, and
// of static credentials the key.
func (c credential) location() (rotation.Location, error) {
	switch {
	case c.ID == "":
		return rotation.Location{}, errors.New("credentials have no id")
	case c.ObjectType == "":
		return rotation.Location{}, errors.New(`credentials have no "object_type"`)
	case c.ObjectType == staticAWS && c.AccessKeyID == "":
		return rotation.Location{}, errors.New(`static AWS credentials have no "access_key_id"`)
	}
	ref := rotation.LocationRef{Kind: rotation.AWSCredentials, ID: c.ID, Name: c.Name}
	key, err := heldKey(c.AccessKeyID, c.ofAWS(), ref)
	return rotation.Location{LocationRef: ref, Key: key, Type: c.ObjectType, Rotatable: c.ObjectType == staticAWS,
		Role: c.ObjectType == roleAWS && key == "", RoleARN: c.RoleARN}, err
}

// ofAWS: the credentials are of AWS, or of EKS Anywhere, which has a key there too.
func (c credential) ofAWS() bool {
	return strings.HasPrefix(c.ObjectType, "AWS") || strings.HasPrefix(c.ObjectType, "EKS")
}

// awsCredentialsRequest replaces credentials as a whole, so all four fields are
// needed. It is the only type here that holds a secret in the clear.
type awsCredentialsRequest struct {
	Type            string `json:"type"`
	Name            string `json:"name"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

// putCredentials puts the key into AWS credentials and keeps their name, which the
// list says: of one by itself a token might be refused the reading, and only now.
func (o *organization) putCredentials(ctx context.Context, ref rotation.LocationRef, id rotation.KeyID,
	secret rotation.Secret) error {
	listed, err := o.Credentials(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(listed, func(l rotation.Location) bool { return l.ID == ref.ID })
	if i < 0 {
		return notSent("the credentials %s do not exist any more", ref.Name)
	}
	now := listed[i]
	switch {
	case !now.Rotatable:
		return notSent("the credentials %s are of the type %s, not static AWS ones", ref.Name, words.Line(now.Type))
	case now.Name == "":
		return malformed(listCredentials, fmt.Errorf(`the credentials have no "name", which a change must repeat`))
	}
	body, err := json.Marshal(awsCredentialsRequest{"AWS_STATIC", now.Name, string(id), secret.Reveal()})
	if err != nil {
		return notSent("the request could not be written") // the error could quote it
	}
	return o.tell(ctx, putCredentials, body, o.id, ref.ID)
}
