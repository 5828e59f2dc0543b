package fakeqovery

import (
	"cmp"
	"fmt"
	"time"
)

// never is when something happens that does not.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Outcome is what becomes of a deployment.
type Outcome struct {
	Status        string        // how it ends; DEPLOYED when empty
	Takes         time.Duration // the cluster's DeployTime when zero
	Problem, Hint string        // what the logs tell of it
	// Ignored: the POST is answered as any other, and nothing happens.
	Ignored bool
}

// Succeeds is a deployment that succeeds.
func Succeeds() Outcome { return Outcome{Status: deployed} }

// Fails is a deployment that ends in DEPLOYMENT_ERROR.
func Fails(problem, hint string) Outcome {
	return Outcome{Status: deploymentError, Problem: problem, Hint: hint}
}

// EndsAs is a deployment that ends in a status: INVALID_CREDENTIALS, CANCELED, ...
func EndsAs(status string) Outcome { return Outcome{Status: status} }

// Ignored is a deployment that is accepted and never happens.
func Ignored() Outcome { return Outcome{Ignored: true} }

// After is the same outcome after another time than the cluster's own.
func (o Outcome) After(takes time.Duration) Outcome {
	o.Takes = takes
	return o
}

// Deployment is a deployment of a cluster as it turned out.
type Deployment struct {
	ExecutionID        string
	StartedAt, EndedAt time.Time // zero: not yet
	KeyID              string    // the key that it took when it started
	Status             string    // how it ended; empty until then
}

type deployment struct {
	Deployment
	outcome     Outcome
	credentials *holder
	key         Key
	dnsKey      Key
	turnAt      time.Time // when it starts, then when it ends

	maintenance bool // Qovery started it by itself
}

func (d *deployment) runs() bool { return d != nil && !d.StartedAt.IsZero() }

// Script says what becomes of the cluster's next deployments, one after another,
// whoever starts them. All after those succeed.
func (s *Server) Script(clusterID string, outcomes ...Outcome) {
	s.settled(func(time.Time) {
		c := s.cluster(clusterID)
		c.script = append(c.script, outcomes...)
	})
}

// Deploy is a person who starts a deployment; it also starts a stopped cluster.
func (s *Server) Deploy(clusterID string) {
	s.settled(func(now time.Time) { s.post(s.cluster(clusterID), now) })
}

// Deployments are all deployments of a cluster, in the order of their POSTs.
func (s *Server) Deployments(clusterID string) (deployments []Deployment) {
	s.settled(func(time.Time) {
		for _, d := range s.cluster(clusterID).deployments {
			deployments = append(deployments, d.Deployment)
		}
	})
	return deployments
}

// post is what a POST of a deployment does.
func (s *Server) post(c *clusterState, now time.Time) {
	outcome := Succeeds()
	if len(c.script) > 0 {
		outcome, c.script = c.script[0], c.script[1:]
	}
	open := c.open()
	if outcome.Ignored {
		if open != nil {
			open.Ignored = true
		}
		return
	}
	if open != nil {
		open.Until = now
	}
	d := &deployment{outcome: outcome, Deployment: Deployment{ExecutionID: s.executionID(now)}}
	c.deployments = append(c.deployments, d)
	if c.current != nil {
		c.waiting = append(c.waiting, d)
		return
	}
	s.enqueue(c, d, now)
}

func (s *Server) enqueue(c *clusterState, d *deployment, at time.Time) {
	c.current = d
	d.turnAt = at.Add(s.config.QueueTime)
	c.setStatus(at, deploymentQueued)
}

// advanceAll brings all clusters to a time.
func (s *Server) advanceAll(at time.Time) {
	for _, c := range s.clusters {
		s.advance(c, at)
	}
}

// advance lets everything happen in a cluster that is due by a time, in order.
func (s *Server) advance(c *clusterState, at time.Time) {
	for due := c.due(); !due.After(at); due = c.due() {
		// At the same moment the application's deployment is first: it still
		// takes the earlier key, which is the harder case.
		if due.Equal(c.nextApp) {
			s.deployApplication(c, due)
		} else {
			s.turn(c, due)
		}
	}
	if c.current.runs() && !s.works(c.current.key) {
		s.end(c, at, invalidCredentials)
	}
}

func (c *clusterState) due() time.Time {
	if c.current != nil && c.current.turnAt.Before(c.nextApp) {
		return c.current.turnAt
	}
	return c.nextApp
}

// turn starts or ends the current deployment.
func (s *Server) turn(c *clusterState, at time.Time) {
	switch d := c.current; {
	case !d.runs():
		s.start(c, d, at)
	case !s.works(d.key):
		s.end(c, at, invalidCredentials)
	default:
		if s.config.DeploymentsFail && d.key.ID != "" {
			d.outcome = Fails("An error occurred (UnauthorizedOperation) when calling the RunInstances operation", "")
		}
		s.end(c, at, cmp.Or(d.outcome.Status, deployed))
	}
}

// start takes the key: what is put into the credentials later is not seen by
// this deployment. Nothing is put there before all that was due has happened, so
// what the credentials hold now is what they held at that time.
func (s *Server) start(c *clusterState, d *deployment, at time.Time) {
	d.StartedAt = at
	d.credentials = c.pointsAt()
	d.key = d.credentials.now().key
	d.KeyID = d.key.ID
	if c.dns != nil {
		d.dnsKey = c.dns.now().key
	}
	d.turnAt = at.Add(cmp.Or(d.outcome.Takes, c.DeployTime))
	if c.Upgrade != "" {
		d.turnAt = d.turnAt.Add(3 * time.Hour)
	}
	c.setStatus(at, deploying)
	c.log(at, logLine{Type: "INFO", Step: "Create", Message: &logMessage{"Deployment of the cluster started"}})
	if s.config.ChangesAt == ChangesAtStart {
		c.showExecution(d, at)
	}
}

func (s *Server) end(c *clusterState, at time.Time, status string) {
	d := c.current
	d.EndedAt, d.Status = at, status
	if status == deployed {
		c.running, c.live, c.Undeployed = d.key, true, false
		c.applied = d.credentials
		c.Upgrade, c.dnsRunning = "", d.dnsKey
	} else {
		c.logProblem(at, status, d.outcome)
	}
	c.setStatus(at, status)
	if s.config.ChangesAt == ChangesAtEnd {
		c.showExecution(d, at)
	}
	c.current = nil
	if len(c.waiting) > 0 {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		s.enqueue(c, next, at)
	}
}

func (c *clusterState) showExecution(d *deployment, at time.Time) {
	changed := c.statuses.last().value
	changed.executionID, changed.deployedAt = d.ExecutionID, at
	c.statuses.set(at, changed)
}

func (s *Server) works(key Key) bool {
	return s.config.KeyWorks == nil || key.ID == "" || s.config.KeyWorks(key.ID, key.Secret)
}

// executionID looks like Qovery's: a UUID and a Unix time.
func (s *Server) executionID(at time.Time) string {
	s.executed++
	return fmt.Sprintf("%08x-0000-4000-8000-000000000000-%d", s.executed, at.Unix())
}
