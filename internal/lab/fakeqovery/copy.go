package fakeqovery

import (
	"math/rand/v2"
	"slices"
)

// CopyFrom makes this organization what another one is, on its own clock and with the keys
// that work in its own world. The other one doesn't go on before this one has come to its
// end: what only grows is shared.
func (s *Server) CopyFrom(other *Server) {
	now, works, gaveRole := s.config.Now, s.config.KeyWorks, s.config.GaveRole
	s.config = other.config
	s.config.Now, s.config.KeyWorks, s.config.GaveRole = now, works, gaveRole
	s.executed, s.refused, s.given, s.limit = other.executed, other.refused, slices.Clip(other.given), other.limit
	s.requests = other.requests
	s.requests.recent = slices.Clip(other.requests.recent)
	s.copyHolders(other)
	s.copyServices(other)
	s.copyClusters(other)
}

func (s *Server) copyHolders(other *Server) {
	s.holders, s.byHolder = nil, map[string]*holder{}
	for _, h := range other.holders {
		c := *h
		c.versions, c.ever = slices.Clip(h.versions), slices.Clip(h.ever)
		s.holders, s.byHolder[h.id] = append(s.holders, &c), &c
	}
}

func (s *Server) copyServices(other *Server) {
	s.services = slices.Clone(other.services)
	for i := range s.services {
		if e := s.services[i].environment; e != nil {
			c := *e
			c.states = slices.Clip(e.states)
			s.services[i].environment = &c
		}
	}
}

func (s *Server) copyClusters(other *Server) {
	mine := func(h *holder) *holder {
		if h == nil {
			return nil
		}
		return s.byHolder[h.id]
	}
	s.clusters, s.byCluster = nil, map[string]*clusterState{}
	for _, cluster := range other.clusters {
		c := *cluster
		c.applied, c.dns = mine(c.applied), mine(c.dns)
		c.credentials = slices.Clone(c.credentials)
		for i := range c.credentials {
			c.credentials[i].value = mine(c.credentials[i].value)
		}
		c.managers = slices.Clone(c.managers)
		for i := range c.managers {
			c.managers[i] = mine(c.managers[i])
		}
		c.pointings, c.apps = slices.Clone(c.pointings), slices.Clone(c.apps)
		c.statuses, c.script, c.logs = slices.Clip(c.statuses), slices.Clip(c.script), slices.Clip(c.logs)
		source := *c.source
		c.random, c.source = rand.New(&source), &source
		c.copyDeployments(mine)
		s.clusters, s.byCluster[c.ID] = append(s.clusters, &c), &c
	}
}

// copyDeployments makes those of a cluster its own.
func (c *clusterState) copyDeployments(mine func(*holder) *holder) {
	copies := map[*deployment]*deployment{nil: nil}
	all := slices.Clone(c.deployments)
	for i, d := range all {
		twin := *d
		twin.credentials = mine(d.credentials)
		all[i], copies[d] = &twin, &twin
	}
	c.deployments, c.waiting = all, slices.Clone(c.waiting)
	for i, d := range c.waiting {
		c.waiting[i] = copies[d]
	}
	c.current = copies[c.current]
}
