package fakeqovery

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Statuses that this Qovery sets by itself.
const (
	deployed           = "DEPLOYED"
	deploymentQueued   = "DEPLOYMENT_QUEUED"
	deploying          = "DEPLOYING"
	deploymentError    = "DEPLOYMENT_ERROR"
	invalidCredentials = "INVALID_CREDENTIALS"
	canceled           = "CANCELED"
	stopped            = "STOPPED"
)

// Cluster is a cluster when it is added.
type Cluster struct {
	ID, Name   string
	Region     string // eu-west-3 when empty
	Production bool
	// SelfManaged: the customer runs it, and Qovery installs into it. It can't be
	// deployed; the deployments of its applications take the key that the credentials
	// hold when each begins. It has no status, nor a DNS provider.
	SelfManaged bool
	// Undeployed: something was saved that the next deployment rolls out.
	Undeployed    bool
	Upgrade       string // the newer Kubernetes that the next deployment installs, in three more hours
	CredentialsID string
	Status        string        // DEPLOYED when empty
	DeployTime    time.Duration // of a deployment; 7 minutes when zero
	// Applications: applications are deployed on it now and then.
	Applications bool
	// RegistryID is the id of the container registry that Qovery makes with the
	// cluster; none when empty. It starts with the key that the credentials hold,
	// and nothing but a PUT of its own changes it.
	RegistryID     string
	Route53        Key // of the cluster's DNS provider; none when empty
	SecretManagers []SecretManagerAccess
}

// clusterState is a cluster and what goes on in it.
type clusterState struct {
	Cluster
	credentials history[*holder] // that it points at
	applied     *holder          // those with which it was last deployed
	pointings   []Pointing       // the last one may not be over
	dns         *holder          // nil: Qovery's own
	dnsRunning  Key              // that the DNS provider's key was at the latest deployment
	managers    []*holder

	live     bool // pods run: not STOPPED, READY or DELETED
	running  Key  // the key that it runs with
	statuses history[statusVersion]

	current     *deployment   // queued or running
	waiting     []*deployment // behind it
	deployments []*deployment // all there were
	script      []Outcome
	logs        []logLine
	lock        *Lock

	apps    []application
	nextApp time.Time
	random  *rand.Rand
	source  *rand.PCG // of random

	// Who uses keys here, put together once because EachUse is called so often.
	consumer, deployConsumer, appConsumer, dnsConsumer string
}

type statusVersion struct {
	status      string
	executionID string
	deployedAt  time.Time
}

// AddCluster adds a cluster, which runs with the key that its credentials hold.
func (s *Server) AddCluster(c Cluster) {
	c.Region = cmp.Or(c.Region, "eu-west-3")
	c.Status = cmp.Or(c.Status, deployed)
	c.DeployTime = cmp.Or(c.DeployTime, 7*time.Minute)
	s.settled(func(now time.Time) {
		if _, taken := s.byCluster[c.ID]; taken || c.ID == "" {
			panic(fmt.Sprintf("fakeqovery: there is a cluster with the id %q already", c.ID))
		}
		state := &clusterState{
			Cluster:        c,
			applied:        s.holder(c.CredentialsID),
			live:           c.Status != stopped && c.Status != "READY" && c.Status != "DELETED" && !c.SelfManaged,
			nextApp:        never,
			source:         rand.NewPCG(s.config.Seed, uint64(len(s.clusters))),
			consumer:       "cluster " + c.Name,
			deployConsumer: "deployment of " + c.Name,
			appConsumer:    "application deployment on " + c.Name,
		}
		state.random = rand.New(state.source)
		state.credentials.set(now, state.applied)
		state.running = state.applied.now().key
		state.statuses.set(now, statusVersion{status: c.Status, executionID: s.executionID(now), deployedAt: now})
		if c.Applications {
			state.nextApp = now.Add(state.draw(appEvery))
		}
		s.addLocationsOf(state)
		s.clusters = append(s.clusters, state)
		s.byCluster[c.ID] = state
	})
}

func (s *Server) addLocationsOf(c *clusterState) {
	if c.RegistryID != "" {
		s.addHolder(registryHolder(ContainerRegistry, c.RegistryID, c.Name, c.ID), contents{
			name: c.Name, objectType: "ECR", description: "made with the cluster " + c.Name, region: c.Region, key: c.running,
			url: "https://000000000000.dkr.ecr." + c.Region + ".amazonaws.com",
		})
	}
	if c.Route53.ID != "" {
		c.dns = &holder{kind: DNSProvider, id: c.ID, clusterID: c.ID}
		c.dnsRunning, c.dnsConsumer = c.Route53, "DNS of "+c.Name
		s.addHolder(c.dns, contents{name: "Route 53 of " + c.Name, region: c.Region, key: c.Route53})
	}
	for _, access := range c.SecretManagers {
		manager := &holder{kind: SecretManager, id: access.ID, clusterID: c.ID, consumer: "secret manager of " + c.Name}
		s.addHolder(manager, contents{name: access.Name, region: c.Region, key: access.Key})
		c.managers = append(c.managers, manager)
	}
}

func (c *clusterState) setStatus(at time.Time, status string) {
	changed := c.statuses.last().value
	changed.status = status
	c.statuses.set(at, changed)
}

// Stop is a person who stops a cluster. Nothing runs in it any more.
func (s *Server) Stop(clusterID string) {
	s.settled(func(now time.Time) {
		c := s.cluster(clusterID)
		if c.current != nil {
			c.current.EndedAt, c.current.Status = now, canceled
		}
		c.current, c.waiting, c.apps, c.live = nil, nil, nil, false
		if open := c.open(); open != nil {
			open.Stopped = true
		}
		c.setStatus(now, stopped)
	})
}

// SetStatus gives a cluster a status that nothing here leads to.
func (s *Server) SetStatus(clusterID, status string) {
	s.settled(func(now time.Time) { s.cluster(clusterID).setStatus(now, status) })
}

// Status is a cluster's status, not stale.
func (s *Server) Status(clusterID string) (status string) {
	s.settled(func(time.Time) { status = s.cluster(clusterID).statuses.last().value.status })
	return status
}

// RunningKey is the id of the key that a cluster runs with.
func (s *Server) RunningKey(clusterID string) (keyID string) {
	s.settled(func(time.Time) { keyID = s.cluster(clusterID).running.ID })
	return keyID
}

// Lock says that a cluster is locked, by whom and why.
type Lock struct {
	Reason, Owner string
	At            time.Time
	Days          int
}

// Lock is a person who locks a cluster. Whether that refuses deployments at
// Qovery is not known; here it does not.
func (s *Server) Lock(clusterID, reason, owner string) {
	s.settled(func(now time.Time) {
		s.cluster(clusterID).lock = &Lock{Reason: reason, Owner: owner, At: now, Days: 7}
	})
}

// Maintain is Qovery that deploys a cluster by itself.
func (s *Server) Maintain(clusterID string) {
	s.settled(func(now time.Time) {
		c := s.cluster(clusterID)
		before := len(c.deployments)
		s.post(c, now)
		for _, d := range c.deployments[before:] { // none, if it is ignored
			d.maintenance = true
		}
	})
}

// Unlock is a person who unlocks a cluster.
func (s *Server) Unlock(clusterID string) {
	s.settled(func(time.Time) { s.cluster(clusterID).lock = nil })
}

func (s *Server) cluster(id string) *clusterState {
	c, ok := s.byCluster[id]
	if !ok {
		panic(fmt.Sprintf("fakeqovery: there is no cluster %q", id))
	}
	return c
}

// Disturbed says what keeps the cluster from its next deployment, or will make that end
// other than well; empty: nothing.
func (s *Server) Disturbed(clusterID string) string {
	var what []string
	s.settled(func(time.Time) {
		c := s.cluster(clusterID)
		if c.lock != nil {
			what = append(what, "locked")
		}
		if len(c.waiting) > 0 {
			what = append(what, "deployments wait")
		}
		if len(c.script) > 0 {
			what = append(what, "its next deployments are scripted")
		}
	})
	return strings.Join(what, ", ")
}
