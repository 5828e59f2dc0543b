package rotation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
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

// InvalidCredentials is the status of a cluster whose credentials AWS refuses. Qovery
// may remove one that stays so for thirty days.
const InvalidCredentials = "INVALID_CREDENTIALS"

// What stands for the status of a cluster that a rotation never deploys. The usage
// check sees whether it still uses the old key.
const (
	// SelfManaged: the customer runs it. Qovery can't deploy it; its applications take
	// the new key with their next deployments.
	SelfManaged = "SELF_MANAGED"
	// handledElsewhere: a person answers for it, by the target's configuration.
	handledElsewhere = "HANDLED_ELSEWHERE"
	// Broken: it did not deploy, or is locked, and the key that leaked could not wait for it.
	Broken = "BROKEN"
)

// ClustersOf reads the clusters of the target's organization. What Qovery says of the
// status of those that a person answers for does not count.
func ClustersOf(ctx context.Context, organization OrganizationReader, t target.Target) ([]Cluster, error) {
	clusters, err := organization.Clusters(ctx)
	for i := range clusters {
		if hasID(t.ClustersHandledElsewhere, clusters[i].ID) {
			clusters[i].Status = handledElsewhere
		}
	}
	return clusters, err
}

// UnknownClusters are the ids under clustersHandledElsewhere that no cluster has: of one
// that was deleted, or mistyped, and then the cluster that was meant is deployed.
func UnknownClusters(all []Cluster, t target.Target) []string {
	return slices.DeleteFunc(slices.Clone(t.ClustersHandledElsewhere), func(id string) bool {
		return slices.ContainsFunc(all, func(c Cluster) bool { return strings.EqualFold(c.ID, id) })
	})
}

// hasID tells whether an id is in a list that a person wrote.
func hasID(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(listed string) bool { return strings.EqualFold(listed, id) })
}

// PassedOver names a cluster that is not deployed, and why.
func PassedOver(name, status string) string {
	why := status
	switch status {
	case SelfManaged:
		why = "self-managed, takes the key with its next application deployment"
	case handledElsewhere:
		why = "handled elsewhere, not deployed"
	case OnRole:
		why = "points at the role already, and can't be deployed"
	case Broken:
		why = "failed, locked or too slow, and uses the leaked key"
	}
	return fmt.Sprintf("%s (%s)", name, why)
}

// statuses are Qovery's values (its public OpenAPI description, 1.0.4; RUNNING
// is what its API of 2022 answered). Values that are not here count as in
// progress: they are waited for, never taken as done.
var statuses = map[string]class{
	"DEPLOYED": deployed, "RESTARTED": deployed, "RUNNING": deployed,

	"BUILD_ERROR": failing, "DEPLOYMENT_ERROR": failing, "DELETE_ERROR": failing, "STOP_ERROR": failing,
	"RESTART_ERROR": failing, InvalidCredentials: failing, "INTERNAL_ERROR": failing,

	"CANCELED": canceled,

	"STOPPED": idle, "READY": idle, "DELETED": idle, SelfManaged: idle,
	handledElsewhere: idle,

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

// PassedOver tells whether a rotation deploys the cluster not at all.
func (c Cluster) PassedOver() bool { return classOf(c.Status) == idle }

// KnownStatus tells whether a status is one of those that Qovery documents.
func KnownStatus(status string) bool {
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
		if location.Kind != AWSCredentials && !(location.Kind == DNSProvider && location.Rotatable) {
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
		if slices.Contains(r.dnsClusters(), cluster.ID) ||
			slices.ContainsFunc(before, func(p ClusterProgress) bool { return p.ID == cluster.ID }) {
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
