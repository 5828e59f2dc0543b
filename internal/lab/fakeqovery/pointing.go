package fakeqovery

import (
	"net/http"
	"slices"
	"time"
)

// A cluster points at credentials. Which ones can be changed, as well as what they hold;
// the cluster takes either up with its next deployment. Until that has ended, those who
// were pointed at have no access to it, and deployments of applications fail.

type pointingJSON struct {
	CloudProvider string    `json:"cloud_provider"`
	Credentials   namedJSON `json:"credentials"`
	Region        string    `json:"region"`
}

func (c *clusterState) pointsAt() *holder { return c.credentials.last().value }

// stalePointing is what the cluster pointed at when the answer to a read was true.
func (s *Server) stalePointing(cluster *clusterState, c call) *holder {
	return cluster.credentials.at(c.now.Add(-s.config.CredentialsLag))
}

func (s *Server) readPointing(c call) reply {
	cluster, known := s.byCluster[c.id]
	if !known {
		return missing("Cluster")
	}
	return ok(cluster.pointing(s.stalePointing(cluster, c)))
}

func (c *clusterState) pointing(at *holder) pointingJSON {
	return pointingJSON{"AWS", namedJSON{ID: at.id, Name: at.now().name}, c.Region}
}

func (s *Server) point(c call) reply {
	cluster, known := s.byCluster[c.id]
	if !known {
		return missing("Cluster")
	}
	var request pointingJSON
	if problem := c.read(&request); problem != nil {
		return *problem
	}
	at := s.credentials(request.Credentials.ID)
	if at == nil || request.CloudProvider != "AWS" || request.Region != cluster.Region {
		return wrong(http.StatusBadRequest, "cloud_provider, credentials and region are required")
	}
	cluster.pointAt(c.now, at, false)
	return reply{http.StatusCreated, cluster.pointing(at)}
}

// Point is a person who points a cluster at other credentials.
func (s *Server) Point(clusterID, credentialsID string) {
	s.settled(func(now time.Time) { s.cluster(clusterID).pointAt(now, s.holder(credentialsID), true) })
}

// Pointing is a time in which a cluster pointed at other credentials than it was to be
// deployed with.
type Pointing struct {
	Since    time.Time
	Until    time.Time // a deployment was started, or it pointed back; zero: neither yet
	ByPerson bool
	Ignored  bool // a deployment was asked for that never happened
	Stopped  bool // the cluster was stopped, and no deployment takes anything up
}

// open is the pointing that is not over; nil: there is none.
func (c *clusterState) open() *Pointing {
	if n := len(c.pointings); n > 0 && c.pointings[n-1].Until.IsZero() {
		return &c.pointings[n-1]
	}
	return nil
}

func (c *clusterState) pointAt(now time.Time, at *holder, byPerson bool) {
	open := c.open()
	switch {
	case open == nil && at != c.applied && at != c.pointsAt():
		c.pointings = append(c.pointings, Pointing{Since: now, ByPerson: byPerson, Stopped: !c.live})
	case open != nil && at == c.applied:
		open.Until = now
	case open != nil:
		open.ByPerson = open.ByPerson || byPerson
	}
	c.credentials.set(now, at)
}

// Applied are the ids of the credentials that a cluster points at, and of those with
// which it was last deployed.
func (s *Server) Applied(clusterID string) (pointsAt, applied string) {
	s.settled(func(time.Time) {
		c := s.cluster(clusterID)
		pointsAt, applied = c.pointsAt().id, c.applied.id
	})
	return pointsAt, applied
}

// NameOf is the name of a cluster.
func (s *Server) NameOf(clusterID string) (name string) {
	s.settled(func(time.Time) { name = s.cluster(clusterID).Name })
	return name
}

// Pointings are the times in which a cluster pointed at other credentials than it was to be
// deployed with, the earliest first.
func (s *Server) Pointings(clusterID string) (pointings []Pointing) {
	s.settled(func(time.Time) { pointings = slices.Clone(s.cluster(clusterID).pointings) })
	return pointings
}

// RefusedApplications is how many deployments of applications failed because their
// cluster pointed at other credentials than it was deployed with.
func (s *Server) RefusedApplications() (refused int) {
	s.settled(func(time.Time) { refused = s.refused })
	return refused
}
