package fakeqovery

import (
	"slices"
	"time"
)

const (
	appEvery          = 20 * time.Minute               // between the starts of two on a cluster
	shortest, longest = 2 * time.Minute, 2 * time.Hour // how long an application's deployment takes
)

// application is a deployment of an application. It uses the key that the
// cluster ran with when it started, to its end, up to two hours later.
type application struct {
	until time.Time
	keyID string
}

// deployApplication starts the deployment of an application that is due, and
// draws up the next.
func (s *Server) deployApplication(c *clusterState, at time.Time) {
	c.nextApp = at.Add(appEvery)
	key := c.running
	switch {
	case c.SelfManaged:
		key = c.pointsAt().now().key
	case !c.live:
		return
	case c.pointsAt() != c.applied: // which has no access to the cluster until that is deployed
		s.refused++
		return
	}
	c.apps = slices.DeleteFunc(c.apps, func(app application) bool { return !app.until.After(at) })
	c.apps = append(c.apps, application{until: at.Add(c.appLength()), keyID: key.ID})
}

// appLength makes one in four as long as they get: those are what a grace
// period is for.
func (c *clusterState) appLength() time.Duration {
	if c.random.IntN(4) == 0 {
		return longest
	}
	return shortest + c.draw(longest-shortest)
}

// draw returns a time under the limit.
func (c *clusterState) draw(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(c.random.Int64N(int64(limit)))
}

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
