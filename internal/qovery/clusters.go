package qovery

import (
	"context"
	"errors"
	"fmt"

	"qovery-key-rotation/internal/rotation"
)

type cluster struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Production *bool  `json:"production"`
}

// clusterStatus is what Qovery says of a cluster's deployments. Its is_deployed
// is left out: it is no sign that a deployment is over.
type clusterStatus struct {
	ClusterID       string `json:"cluster_id"`
	Status          string `json:"status"` // passed on as it is, known or not
	LastExecutionID string `json:"last_execution_id"`
	LastDeployedAt  string `json:"last_deployment_date"`
}

// Clusters joins the two lists that Qovery has: of clusters, and of their
// status. However many clusters there are, that is two requests.
func (o *organization) Clusters(ctx context.Context) ([]rotation.Cluster, error) {
	listed, err := o.ask(ctx, listClusters, o.id)
	if err != nil {
		return nil, err
	}
	clusters, err := decodeClusters(listed)
	if err != nil {
		return nil, malformed(listClusters, err)
	}
	// The status comes second, so that every cluster listed has one, unless it
	// has just been deleted: then the next try will not list it.
	listed, err = o.ask(ctx, listStatuses, o.id)
	if err != nil {
		return nil, err
	}
	statuses, err := decodeStatuses(listed)
	if err != nil {
		return nil, malformed(listStatuses, err)
	}
	if clusters, err = joinStatuses(clusters, statuses); err != nil {
		return nil, malformed(listStatuses, err)
	}
	return clusters, nil
}

func decodeClusters(body []byte) ([]rotation.Cluster, error) {
	listed, err := decodeList[cluster](body)
	if err != nil {
		return nil, err
	}
	clusters := make([]rotation.Cluster, len(listed))
	seen := make(map[string]bool, len(listed))
	for i, c := range listed {
		if c.ID == "" {
			return nil, errors.New("a cluster has no id")
		}
		if seen[c.ID] {
			return nil, errors.New("two clusters have the same id")
		}
		seen[c.ID] = true
		// Where it is not said whether a cluster is for production, it is
		// treated as one: deployed last.
		production := c.Production == nil || *c.Production
		clusters[i] = rotation.Cluster{ID: c.ID, Name: c.Name, Production: production}
	}
	return clusters, nil
}

func decodeStatuses(body []byte) (map[string]clusterStatus, error) {
	listed, err := decodeList[clusterStatus](body)
	if err != nil {
		return nil, err
	}
	statuses := make(map[string]clusterStatus, len(listed))
	for _, status := range listed {
		if status.ClusterID == "" || status.Status == "" {
			return nil, errors.New("there is a status without a cluster, or without a value")
		}
		if _, twice := statuses[status.ClusterID]; twice {
			return nil, errors.New("a cluster has two statuses")
		}
		statuses[status.ClusterID] = status
	}
	return statuses, nil
}

func joinStatuses(clusters []rotation.Cluster, statuses map[string]clusterStatus) ([]rotation.Cluster, error) {
	for i := range clusters {
		status, known := statuses[clusters[i].ID]
		if !known {
			return nil, fmt.Errorf("a cluster of %d that are listed has no status", len(clusters))
		}
		clusters[i].Status = status.Status
		clusters[i].LastExecutionID = status.LastExecutionID
		clusters[i].LastDeployedAt = status.LastDeployedAt
	}
	return clusters, nil
}

// Deploy starts a deployment. Its answer is a status, which is not looked at:
// it may be of the deployment before.
func (o *organization) Deploy(ctx context.Context, clusterID string) error {
	return o.tell(ctx, deployCluster, nil, o.id, clusterID)
}
