package rotation

import (
	"cmp"
	"slices"

	"qovery-key-rotation/internal/rotation/fault"
)

// class is what a cluster's status means for a rotation.
type class string

const (
	deployed   class = "deployed"
	failing    class = "failing"     // the last deployment failed
	canceled   class = "canceled"    // at rest, and the last deployment did not end well
	idle       class = "idle"        // at rest, and nothing runs: passed over and reported
	inProgress class = "in progress" // also every status that is not known
)

// SelfManaged stands for the status of a cluster that the customer runs. Qovery
// can't deploy it; its applications take the new key with their next deployments,
// and the usage check sees whether one still uses the old key.
const SelfManaged = "SELF_MANAGED"

// statuses are Qovery's values (its public OpenAPI description, 1.0.4; RUNNING
// is what its API of 2022 answered). Values that are not here count as in
// progress: they are waited for, never taken as done.
var statuses = map[string]class{
	"DEPLOYED": deployed, "RESTARTED": deployed, "RUNNING": deployed,

	"BUILD_ERROR": failing, "DEPLOYMENT_ERROR": failing, "DELETE_ERROR": failing, "STOP_ERROR": failing,
	"RESTART_ERROR": failing, "INVALID_CREDENTIALS": failing, "INTERNAL_ERROR": failing,

	"CANCELED": canceled,

	"STOPPED": idle, "READY": idle, "DELETED": idle, SelfManaged: idle,

	"BUILDING": inProgress, "DEPLOYING": inProgress, "CANCELING": inProgress, "DELETING": inProgress,
	"STOPPING": inProgress, "RESTARTING": inProgress, "DRY_RUN": inProgress, "QUEUED": inProgress,
	"DEPLOYMENT_QUEUED": inProgress, "DELETE_QUEUED": inProgress, "STOP_QUEUED": inProgress, "RESTART_QUEUED": inProgress,
}

func classOf(status string) class {
	if class, known := statuses[status]; known {
		return class
	}
	return inProgress
}

func knownStatus(status string) bool {
	_, known := statuses[status]
	return known
}

// Waves: clusters of the first are all deployed before one of the second is.
const (
	nonProduction = 1
	production    = 2
)

func waveOf(c Cluster) int {
	if c.Production {
		return production
	}
	return nonProduction
}

// trailRegion is where CloudTrail has the events of IAM and STS.
const trailRegion = "us-east-1"

// regions are where a key may have been used that these clusters are deployed with
// and that these locations hold. The other locations of an organization, those on
// other clouds among them, say nothing of the key.
func regions(clusters []Cluster, held []Location) []string {
	list := []string{trailRegion}
	for _, cluster := range clusters {
		if cluster.Region != "" {
			list = append(list, cluster.Region)
		}
	}
	for _, location := range held {
		if location.Region != "" {
			list = append(list, location.Region)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// servedClusters picks the clusters that the credentials among the locations
// serve, in the order of deployment. A served cluster that the organization does
// not list is a malformed answer, not a cluster less.
func servedClusters(all []Cluster, locations []Location) ([]Cluster, error) {
	byID := map[string]Cluster{}
	for _, cluster := range all {
		byID[cluster.ID] = cluster
	}
	var served []Cluster
	for _, location := range locations {
		if location.Kind != AWSCredentials {
			continue // a registry belongs to a cluster, and does not serve it
		}
		for _, id := range location.Clusters {
			cluster, listed := byID[id]
			if !listed {
				return nil,
					fault.Errorf(fault.MalformedAnswer, "Qovery says that %s %q serves the cluster %s, and does not list that cluster",
						location.Kind, location.Name, id)
			}
			if cluster.Status == "" {
				return nil, fault.Errorf(fault.MalformedAnswer, "Qovery says no status of the cluster %q, which %s %q serves",
					cluster.Name, location.Kind, location.Name)
			}
			served = append(served, cluster)
		}
	}
	slices.SortFunc(served, func(a, b Cluster) int {
		return cmp.Or(cmp.Compare(waveOf(a), waveOf(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(served, func(a, b Cluster) bool { return a.ID == b.ID }), nil
}

// concerned returns the clusters that hang on the rotation: those of every
// location that holds the old or the new key, or that was to be rotated, and
// those that hung on it before. A cluster that was given other credentials runs
// with the old key until it is deployed.
func (r *Record) concerned(all []Cluster, locations []Location, before []ClusterProgress) ([]Cluster, error) {
	credentials := r.concerning(locations)
	for _, cluster := range all {
		if slices.ContainsFunc(before, func(p ClusterProgress) bool { return p.ID == cluster.ID }) {
			credentials = append(credentials,
				Location{LocationRef: LocationRef{Kind: AWSCredentials}, Clusters: []string{cluster.ID}})
		}
	}
	return servedClusters(all, credentials)
}

// concerning are the locations that hold the old or the new key, or that were to
// be rotated.
func (r *Record) concerning(locations []Location) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool {
		return l.Key != r.OldKey && (r.NewKey == "" || l.Key != r.NewKey) && !r.rotates(l.LocationRef)
	})
}
