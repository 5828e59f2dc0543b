package fakeqovery

import "time"

// EachUse tells of everything that uses a key at a moment, without allocating:
// clusters, their deployments, deployments of applications, and whatever uses a
// location's key by itself. The moment must not lie before one that the server
// was already asked about, in a request or here: time only moves on. The server
// is locked meanwhile, so use must not call it.
func (s *Server) EachUse(at time.Time, use func(consumer, key string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		s.advance(c, at)
		c.eachUse(at, use)
	}
	for _, h := range s.holders {
		if key := h.key(); h.consumer != "" && key != "" {
			use(h.consumer, key)
		}
	}
}

func (c *clusterState) eachUse(at time.Time, use func(consumer, key string)) {
	if c.live && c.running.ID != "" {
		use(c.consumer, c.running.ID)
	}
	if c.live && c.dnsRunning.ID != "" {
		use(c.dnsConsumer, c.dnsRunning.ID)
	}
	if c.current.runs() && c.current.key.ID != "" {
		use(c.deployConsumer, c.current.key.ID)
	}
	for _, app := range c.apps {
		if app.until.After(at) && app.keyID != "" {
			use(c.appConsumer, app.keyID)
		}
	}
}
