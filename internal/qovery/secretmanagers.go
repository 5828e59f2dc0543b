package qovery

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// staticManager is the mode of a secret manager that is read with a static key.
const staticManager = "AWS_STATIC_CREDENTIALS"

// secretManager is a cluster's access to a secret manager. The list of clusters
// holds all of them.
type secretManager struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Authentication struct {
		Mode      string `json:"mode"`
		AccessKey string `json:"access_key"`
	} `json:"authentication"`
}

// secretManagers takes the secret managers from the clusters that were listed.
func (o *organization) secretManagers(_ context.Context, clusters []cluster) ([]rotation.Location, error) {
	locations, err := managersOf(clusters)
	if err != nil {
		return nil, malformed(listClusters, err)
	}
	return locations, nil
}

func managersOf(clusters []cluster) ([]rotation.Location, error) {
	var locations []rotation.Location
	seen := map[string]bool{}
	for _, c := range clusters {
		for _, manager := range c.SecretManagers {
			location, err := manager.location(c)
			if err != nil {
				return nil, err
			}
			if seen[manager.ID] {
				return nil, errors.New("two secret managers have the same id")
			}
			seen[manager.ID] = true
			locations = append(locations, location)
		}
	}
	return locations, nil
}

// location requires the id, the mode, and of the static mode the key.
func (m secretManager) location(c cluster) (rotation.Location, error) {
	authentication := m.Authentication
	switch {
	case m.ID == "":
		return rotation.Location{}, fmt.Errorf("a secret manager of the cluster%s has no id", shownID(c.ID))
	case authentication.Mode == "":
		return rotation.Location{}, fmt.Errorf(`the secret manager%s has no "mode" of authentication`, shownID(m.ID))
	case authentication.Mode == staticManager && authentication.AccessKey == "":
		return rotation.Location{}, fmt.Errorf(`the secret manager%s has no "access_key"`, shownID(m.ID))
	}
	ref := rotation.LocationRef{Kind: rotation.SecretManager, ID: m.ID, Name: m.Name}
	key, err := heldKey(authentication.AccessKey, strings.HasPrefix(authentication.Mode, "AWS"), ref)
	return rotation.Location{LocationRef: ref, Key: key, Type: authentication.Mode, Clusters: []string{c.ID}}, err
}
