package qovery

import (
	"context"
	"encoding/json"
	"errors"

	"qovery-key-rotation/internal/rotation"
)

// pointing says which credentials a cluster takes with its next deployment. A change
// repeats what else it says.
type pointing struct {
	CloudProvider string          `json:"cloud_provider"`
	Credentials   credentialsName `json:"credentials"`
	Region        string          `json:"region"`
}

type credentialsName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// PointsAt returns the credentials that the cluster points at.
func (o *organization) PointsAt(ctx context.Context, clusterID string) (rotation.LocationRef, error) {
	now, err := o.pointing(ctx, clusterID)
	return rotation.LocationRef{Kind: rotation.AWSCredentials, ID: now.Credentials.ID, Name: now.Credentials.Name}, err
}

func (o *organization) pointing(ctx context.Context, clusterID string) (pointing, error) {
	return learn(ctx, o, readPointing, decodePointing, o.id, clusterID)
}

func decodePointing(body []byte) (now pointing, err error) {
	err = decode(body, &now)
	if err == nil && (now.CloudProvider == "" || now.Credentials.ID == "" || now.Region == "") {
		err = errors.New("a cluster has no cloud_provider, no region, or no credentials with an id")
	}
	return now, err
}

// Point points the cluster at credentials, and reads first what the request must repeat.
func (o *organization) Point(ctx context.Context, clusterID string, at rotation.LocationRef) error {
	next, err := o.pointing(ctx, clusterID)
	if err != nil {
		return err
	}
	if at.ID == "" {
		return notSent("the credentials have no id")
	}
	next.Credentials = credentialsName{at.ID, at.Name}
	body, err := json.Marshal(next)
	if err != nil {
		return notSent("the request could not be written")
	}
	return o.tell(ctx, pointCluster, body, o.id, clusterID)
}
