package fakeqovery

import (
	"fmt"
	"time"
)

// An environment is what applications are deployed to a cluster in. All are in one project.

// Environment is the environment of a cluster, with its last deployment.
type Environment struct {
	Name      string // its project's and its own
	ClusterID string
	State     string
	At        time.Time // when the deployment came to that
}

type environment struct {
	id, clusterID string
	states        history[environmentState]
}

type environmentState struct {
	state string
	at    time.Time
}

const (
	project         = "shop"
	environmentName = "apps"
)

// DeployEnvironment is a deployment of the cluster's environment that comes to a state. The
// first one makes the environment, which has one service.
func (s *Server) DeployEnvironment(clusterID, state string) {
	s.settled(func(now time.Time) {
		e := s.environmentOn(s.cluster(clusterID))
		e.states.set(now, environmentState{state, now})
	})
}

func (s *Server) environmentOn(c *clusterState) *environment {
	for _, service := range s.services {
		if e := service.environment; e != nil && e.clusterID == c.ID {
			return e
		}
	}
	n := len(s.services) + 101
	e := &environment{id: fmt.Sprintf("e0000000-0000-4000-8000-%012d", n), clusterID: c.ID}
	s.services = append(s.services, Service{ID: fmt.Sprintf("5e41ce00-0000-4000-8000-%012d", n), Name: "api",
		Type: "APPLICATION", environment: e})
	return e
}

// Environments are all that there are, not stale.
func (s *Server) Environments() (environments []Environment) {
	s.settled(func(time.Time) {
		for _, service := range s.services {
			if e := service.environment; e != nil {
				last := e.states.last().value
				environments = append(environments, Environment{project + "/" + environmentName, e.clusterID, last.state, last.at})
			}
		}
	})
	return environments
}

type environmentStatusJSON struct {
	ID             string    `json:"id"`
	State          string    `json:"state"`
	LastState      string    `json:"last_deployment_state"`
	LastDeployedAt time.Time `json:"last_deployment_date"`
	Deployment     string    `json:"deployment_status"`
}

func (s *Server) listEnvironmentStatuses(c call) reply {
	if c.id != projectID {
		return missing("Project")
	}
	then := c.now.Add(-s.config.StatusLag)
	list := []environmentStatusJSON{{environmentID, deployed, deployed, createdAt, "UP_TO_DATE"}}
	for _, service := range s.services {
		if e := service.environment; e != nil {
			at := e.states.at(then)
			list = append(list, environmentStatusJSON{e.id, at.state, at.state, at.at.UTC(), "UP_TO_DATE"})
		}
	}
	return results(list)
}
