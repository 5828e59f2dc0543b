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
	Region     string `json:"region"`
	Production *bool  `json:"production"`
	Kubernetes string `json:"kubernetes"` // MANAGED, SELF_MANAGED or PARTIALLY_MANAGED; younger than the rest
	// DeploymentStatus is NEVER_DEPLOYED, OUT_OF_DATE or UP_TO_DATE. Absent it says
	// nothing.
	DeploymentStatus string `json:"deployment_status"`
	// SecretManagers may be absent: the field is younger than the rest, and the
	// API's description does not require it. Absent is none.
	SecretManagers []secretManager `json:"secret_manager_accesses"`
}

// clusterStatus is what Qovery says of a cluster's deployments. Its is_deployed
// is left out: it is no sign that a deployment is over.
type clusterStatus struct {
	ClusterID       string `json:"cluster_id"`
	Status          string `json:"status"` // passed on as it is, known or not
	LastExecutionID string `json:"last_execution_id"`
	LastDeployedAt  string `json:"last_deployment_date"`
	Reason          string `json:"reason"` // MAINTENANCE while Qovery deploys the cluster by itself
	NextKubernetes  string `json:"next_k8s_available_version"`
}

// Clusters joins the two lists that Qovery has: of clusters, and of their
// status. However many clusters there are, that is two requests.
func (o *organization) Clusters(ctx context.Context) ([]rotation.Cluster, error) {
	listed, err := o.listClusters(ctx)
	if err != nil {
		return nil, err
	}
	// The status comes second, so that every cluster listed has one that Qovery
	// deploys, unless it has just been deleted: then the next try will not list it.
	statuses, err := learn(ctx, o, listStatuses, decodeStatuses, o.id)
	if err != nil {
		return nil, err
	}
	return joinStatuses(listed, statuses), nil
}

func (o *organization) listClusters(ctx context.Context) ([]cluster, error) {
	return learn(ctx, o, listClusters, decodeClusters, o.id)
}

// decodeClusters requires the region too: uses of a key are looked for there.
func decodeClusters(body []byte) ([]cluster, error) {
	clusters, err := decodeList[cluster](body)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(clusters))
	for _, c := range clusters {
		switch {
		case c.ID == "":
			return nil, errors.New("a cluster has no id")
		case c.Region == "":
			return nil, fmt.Errorf("the cluster%s has no region", shownID(c.ID))
		case seen[c.ID]:
			return nil, errors.New("two clusters have the same id")
		}
		seen[c.ID] = true
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

// selfManaged is a cluster that the customer runs and Qovery installs into. The API
// can't deploy it.
const selfManaged = "SELF_MANAGED"

// joinStatuses leaves the status of a cluster empty that has none. Whoever serves it
// with the key has to have one.
func joinStatuses(listed []cluster, statuses map[string]clusterStatus) []rotation.Cluster {
	clusters := make([]rotation.Cluster, len(listed))
	for i, c := range listed {
		status := statuses[c.ID]
		clusters[i] = rotation.Cluster{
			ID: c.ID, Name: c.Name, Region: c.Region,
			// Where it is not said whether a cluster is for production, it is
			// treated as one: deployed last.
			Production:      c.Production == nil || *c.Production,
			Status:          status.Status,
			Undeployed:      c.DeploymentStatus == "OUT_OF_DATE",
			Maintenance:     status.Reason == "MAINTENANCE",
			Upgrade:         status.NextKubernetes != "",
			LastExecutionID: status.LastExecutionID,
			LastDeployedAt:  status.LastDeployedAt,
		}
		if c.Kubernetes == selfManaged {
			clusters[i].Status = rotation.SelfManaged
		}
	}
	return clusters
}

// Deploy starts a deployment. Its answer is a status, which is not looked at:
// it may be of the deployment before.
func (o *organization) Deploy(ctx context.Context, clusterID string) error {
	return o.tell(ctx, deployCluster, nil, o.id, clusterID)
}
