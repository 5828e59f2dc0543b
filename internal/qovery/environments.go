package qovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// mostProjects bounds the requests: one is made for each project, and they are to be over
// long before a function's time is.
const mostProjects = 100

// maxEnvironment is how much of an environment's name is told, in characters.
const maxEnvironment = 64

// serviceOn is where a service is.
type serviceOn struct {
	ProjectID     string `json:"project_id"`
	Project       string `json:"project_name"`
	EnvironmentID string `json:"environment_id"`
	Environment   string `json:"environment_name"`
	ClusterID     string `json:"cluster_id"`
}

// environmentStatus is what Qovery says of an environment's last deployment. Its state is left
// out: after a deployment of one service that is about all of them.
type environmentStatus struct {
	ID         string `json:"id"`
	State      string `json:"last_deployment_state"` // passed on as it is, known or not
	DeployedAt string `json:"last_deployment_date"`  // null, if it was never deployed
}

// Environments finds the environments by their services: in one that has none, nothing is
// deployed.
func (o *organization) Environments(ctx context.Context, clusters []string) ([]rotation.Environment, error) {
	onThese := func(body []byte) ([]serviceOn, error) { return decodePlaces(body, clusters) }
	places, err := learn(ctx, o, listServices, onThese, o.id)
	if err != nil {
		return nil, err
	}
	statuses, err := o.environmentStatuses(ctx, places)
	if err != nil {
		return nil, err
	}
	var environments []rotation.Environment
	for _, p := range places {
		status, known := statuses[p.EnvironmentID]
		if !known { // unless it has just been deleted: then the next try will not list it
			return nil, malformed(listEnvironmentStatuses, fmt.Errorf("there is no status of the environment%s",
				shownID(p.EnvironmentID)))
		}
		at, _ := time.Parse(time.RFC3339, status.DeployedAt) // zero: it isn't said
		environments = append(environments, rotation.Environment{Name: o.foreign(p.Project+"/"+p.Environment, maxEnvironment),
			Cluster: p.ClusterID, State: o.foreign(status.State, maxEnvironment), DeployedAt: at})
	}
	return environments, nil
}

// environmentStatuses reads those of every project that one of the places is in.
func (o *organization) environmentStatuses(ctx context.Context, places []serviceOn) (
	map[string]environmentStatus, error,
) {
	var projects []string
	for _, p := range places {
		if !slices.Contains(projects, p.ProjectID) {
			projects = append(projects, p.ProjectID)
		}
	}
	if len(projects) > mostProjects {
		return nil, fault.Errorf(fault.TooManyClusters, "The clusters have environments of %d projects; %d are the limit",
			len(projects), mostProjects)
	}
	statuses := map[string]environmentStatus{}
	for _, project := range projects {
		if o.client.Clock.Sleep(ctx, servicePause) != nil {
			return nil, fault.Errorf(fault.Unreachable, "%s was interrupted", listEnvironmentStatuses.doing)
		}
		body, err := o.ask(ctx, listEnvironmentStatuses, project)
		if err != nil {
			return nil, err
		}
		if err := decodeEnvironmentStatuses(body, statuses); err != nil {
			return nil, malformed(listEnvironmentStatuses, err)
		}
	}
	return statuses, nil
}

// decodePlaces returns each environment on the clusters once.
func decodePlaces(body []byte, clusters []string) (places []serviceOn, err error) {
	services, err := decodeList[serviceOn](body)
	if err != nil {
		return nil, err
	}
	for _, s := range services {
		isListed := slices.ContainsFunc(places, func(p serviceOn) bool { return p.EnvironmentID == s.EnvironmentID })
		switch {
		case !target.IsUUID(s.ProjectID) || !target.IsUUID(s.EnvironmentID) || s.ClusterID == "":
			return nil, errors.New(`a service has no "project_id", no "environment_id" or no "cluster_id"`)
		case slices.Contains(clusters, s.ClusterID) && !isListed:
			places = append(places, s)
		}
	}
	return places, nil
}

func decodeEnvironmentStatuses(body []byte, into map[string]environmentStatus) error {
	listed, err := decodeList[environmentStatus](body)
	if err != nil {
		return err
	}
	for _, status := range listed {
		if status.ID == "" || status.State == "" {
			return errors.New("there is a status without an environment, or without a state")
		}
		into[status.ID] = status
	}
	return nil
}
