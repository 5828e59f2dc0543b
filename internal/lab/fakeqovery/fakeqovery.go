// Package fakeqovery is a Qovery that tests and the simulated world talk to:
// one organization in memory, behind the requests that internal/qovery makes.
//
// Nothing happens by itself in it. Its clusters deploy, its deployments end and
// its applications are deployed by the injected clock alone, computed whenever
// somebody looks, so that a virtual clock can pass months in a moment and the
// same calls always lead to the same state. It is safe for concurrent use.
//
// What it models of Qovery is what matters to a key: a deployment takes the key
// that its credentials hold when it starts and uses it until it ends; from then
// on the cluster runs with it; an application's deployment uses, for up to two
// hours, the key that the cluster ran with when it started; a registry's pulls
// use the registry's own key (locations.go). Answers may be stale, and what is
// unknown of the real API can be chosen (Config).
package fakeqovery

import (
	"net/http"
	"sync"
	"time"
)

// Config says how this Qovery behaves. Start from DefaultConfig.
type Config struct {
	OrganizationID string
	Token          string
	Now            func() time.Time
	Seed           uint64 // of everything that is drawn

	// KeyWorks tells whether the world accepts a key now; nil: always. A running
	// deployment whose key is refused, whenever somebody looks, ends in
	// INVALID_CREDENTIALS. It is called with the server locked, so it must not
	// call the server.
	KeyWorks func(keyID, secret string) bool
	// GaveRole is called, with the server locked, of each cluster that a request to give a
	// registry a role comes too early for: it has the registry's key, and never had none. Nil: it isn't.
	GaveRole func(registry, cluster string)
	// Hook sees every request first. See Answer.
	Hook Hook

	// StatusLag and CredentialsLag are how old the answers to reads of statuses, and of
	// locations, are.
	StatusLag, CredentialsLag time.Duration

	DeploymentsFail bool // all with a key that end, whatever was scripted

	Restriction  string // why no request may deploy a cluster; "": each may
	RestrictedAt time.Time

	QueueTime time.Duration // from a POST to the deployment's start
	// Whether last_execution_id and last_deployment_date change when a
	// deployment starts or when it ends is not known of the real API.
	ChangesAt ChangePoint
	// DNSNotInPlan: the organization's plan has no DNS providers of clusters' own,
	// and reading one is refused. Clusters that have one keep it.
	DNSNotInPlan bool

	RequestsAnHour int // more are answered 429; 0: no limit
}

// ChangePoint is when a deployment shows in a status.
type ChangePoint int

// When last_execution_id and last_deployment_date change. The API may leave both
// out, and always does with ChangesNever.
const (
	ChangesAtStart ChangePoint = iota
	ChangesAtEnd
	ChangesNever
)

// DefaultConfig is a Qovery as one may hope for: a little stale, without limits.
func DefaultConfig(now func() time.Time) Config {
	return Config{
		OrganizationID: "5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10",
		Token:          "qov_5f0b7c1e_fake",
		Now:            now,
		StatusLag:      10 * time.Second,
		CredentialsLag: 2 * time.Second,
		QueueTime:      5 * time.Second,
	}
}

// Server is one organization at Qovery. It is an http.Handler.
type Server struct {
	mu        sync.Mutex
	config    Config
	clusters  []*clusterState
	holders   []*holder
	services  []Service
	executed  int      // deployments so far, to name the next
	given     []string // names of what requests have given a role, in place of a key
	refused   int      // deployments of applications between a cluster's pointing and its deployment
	requests  counter
	limit     limiter
	byCluster map[string]*clusterState
	byHolder  map[string]*holder
}

var _ http.Handler = (*Server)(nil)

// New returns an organization without anything in it.
func New(config Config) *Server {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Server{config: config, byCluster: map[string]*clusterState{}, byHolder: map[string]*holder{}}
}

// Configure changes the behaviour from now on.
func (s *Server) Configure(change func(*Config)) {
	s.settled(func(time.Time) { change(&s.config) })
}

// RestrictedSince is since when no request may deploy a cluster; zero: each may.
func (s *Server) RestrictedSince() (since time.Time) {
	s.settled(func(time.Time) {
		if s.config.Restriction != "" {
			since = s.config.RestrictedAt
		}
	})
	return since
}

// settled runs an action at the present time, after all that time has brought
// since somebody looked last.
func (s *Server) settled(action func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceAll(now)
	action(now)
}
