package fakeqovery

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Key is an access key. The server never gives its secret away.
type Key struct{ ID, Secret string }

// Kind is a kind of place that holds a key.
type Kind string

// All kinds of places that hold a key.
const (
	AWSCredentials    Kind = "AWS credentials"
	ContainerRegistry Kind = "container registry"
	HelmRepository    Kind = "Helm repository"
	DNSProvider       Kind = "DNS provider"
	SecretManager     Kind = "secret manager"
)

// Types of AWS credentials.
const (
	staticAWS = "AWS"
	roleAWS   = "AWS_ROLE"
)

// Credentials are cloud credentials of the organization.
type Credentials struct {
	ID, Name   string
	ObjectType string // static ones of AWS when empty
	RoleARN    string
	Key        Key
}

// Registry is a container registry or a Helm repository.
type Registry struct {
	ID, Name         string
	Kind             string // ECR, or OCI_ECR of a Helm repository, when empty
	URL, Description string
	Region           string
	RoleARN          string // of one that is read with a role, in place of a key
	SkipTLS          bool   // skip_tls_verification of Helm repositories
	ClusterID        string // of a registry that belongs to a cluster
	Key              Key
}

// SecretManagerAccess is a cluster's access to AWS Secrets Manager by a static key.
type SecretManagerAccess struct {
	ID, Name string
	Key      Key
}

// holder is a place that holds a key, of any kind.
type holder struct {
	kind      Kind
	id        string
	clusterID string
	created   time.Time
	consumer  string                    // who uses the key all the time; of credentials, the clusters do
	written   func(keyID string) string // how answers write its key's id; nil: as it is
	versions  history[contents]
	ever      []Held // all keys that it ever held, in order
}

// contents are what a holder holds; a PUT replaces all of it.
type contents struct {
	name        string
	objectType  string // object_type of credentials, kind of registries
	url         string
	description string
	region      string
	roleARN     string
	skipTLS     bool
	key         Key
	deleted     bool // then it holds nothing
}

func (h *holder) now() contents { return h.versions.last().value }

// hold has it hold something else from now on.
func (h *holder) hold(at time.Time, c contents) {
	h.versions.set(at, c)
	if n := len(h.ever); n == 0 || h.ever[n-1].KeyID != c.key.ID {
		h.ever = append(h.ever, Held{c.key.ID, at})
	}
}

// key is the id of the key that it holds now.
func (h *holder) key() string { return h.versions[len(h.versions)-1].value.key.ID }

func (s *Server) addHolder(h *holder, c contents) {
	if _, taken := s.byHolder[h.id]; taken || h.id == "" {
		panic(fmt.Sprintf("fakeqovery: there is something with the id %q already", h.id))
	}
	h.created = s.config.Now()
	h.hold(h.created, c)
	s.holders = append(s.holders, h)
	s.byHolder[h.id] = h
}

// AddCredentials adds credentials.
func (s *Server) AddCredentials(c Credentials) {
	s.settled(func(time.Time) {
		s.addHolder(&holder{kind: AWSCredentials, id: c.ID},
			contents{name: c.Name, objectType: cmp.Or(c.ObjectType, staticAWS), roleARN: c.RoleARN,
				key: c.Key})
	})
}

// AddContainerRegistry adds a container registry. Its images are pulled with its
// own key all the time.
func (s *Server) AddContainerRegistry(r Registry) {
	s.addRegistry(ContainerRegistry, cmp.Or(r.Kind, "ECR"), r)
}

// AddHelmRepository adds a Helm repository. It is read with its own key all the
// time.
func (s *Server) AddHelmRepository(r Registry) {
	s.addRegistry(HelmRepository, cmp.Or(r.Kind, "OCI_ECR"), r)
}

func (s *Server) addRegistry(kind Kind, objectType string, r Registry) {
	s.settled(func(time.Time) {
		s.addHolder(registryHolder(kind, r.ID, r.Name, r.ClusterID), contents{
			name: r.Name, objectType: objectType, url: r.URL, description: r.Description,
			region: r.Region, roleARN: r.RoleARN, skipTLS: r.SkipTLS, key: r.Key,
		})
	})
}

func registryHolder(kind Kind, id, name, clusterID string) *holder {
	pulled := map[Kind]string{ContainerRegistry: "image", HelmRepository: "chart"}
	return &holder{kind: kind, id: id, clusterID: clusterID, consumer: pulled[kind] + " pulls from " + name}
}

// SetKey is a person who puts another key somewhere by hand.
func (s *Server) SetKey(id string, key Key) {
	s.settled(func(now time.Time) {
		h := s.holder(id)
		changed := h.now()
		if changed.key = key; changed.roleARN != "" && changed.objectType == roleAWS {
			changed.objectType = staticAWS
		}
		changed.roleARN = ""
		h.hold(now, changed)
	})
}

// GiveRole is a person who has a location use a role, in place of its key. Route 53
// providers know none: that one's domain is given to Qovery.
func (s *Server) GiveRole(id string) {
	s.settled(func(now time.Time) {
		h := s.holder(id)
		changed := h.now()
		if changed.objectType == staticAWS {
			changed.objectType = roleAWS
		}
		changed.key, changed.roleARN = Key{}, "arn:aws:iam::123456789012:role/qovery"
		h.hold(now, changed)
	})
}

// WriteKeyAs has answers write the id of a location's key in another way from now
// on, as a person may have typed it, or as masked ones are written; nil: as it is.
func (s *Server) WriteKeyAs(id string, written func(keyID string) string) {
	s.settled(func(time.Time) { s.holder(id).written = written })
}

// Locations are the ids of all locations. What a service has is none of them.
func (s *Server) Locations() (ids []string) {
	s.settled(func(time.Time) {
		for _, h := range s.holders {
			if h.kind != Variable && h.kind != Secret && h.kind != Arguments {
				ids = append(ids, h.id)
			}
		}
	})
	return ids
}

// Has tells whether there is such a location, or such a thing of a service.
func (s *Server) Has(id string) (is bool) {
	s.settled(func(time.Time) { _, is = s.byHolder[id] })
	return is
}

// EverHeld tells whether any location has ever held the key.
func (s *Server) EverHeld(keyID string) (held bool) {
	s.settled(func(time.Time) {
		held = slices.ContainsFunc(s.holders, func(h *holder) bool {
			return slices.ContainsFunc(h.ever, func(held Held) bool { return held.KeyID == keyID })
		})
	})
	return held
}

// Held is a key that a location held from a time on.
type Held struct {
	KeyID string
	Since time.Time
}

// Held are all keys that a location ever held, in order.
func (s *Server) Held(id string) (held []Held) {
	s.settled(func(time.Time) { held = slices.Clone(s.holder(id).ever) })
	return held
}

// KeyOf is the id of the key that a location holds.
func (s *Server) KeyOf(id string) (keyID string) {
	s.settled(func(time.Time) { keyID = s.holder(id).now().key.ID })
	return keyID
}

// KindOf is the kind of a location.
func (s *Server) KindOf(id string) (kind Kind) {
	s.settled(func(time.Time) { kind = s.holder(id).kind })
	return kind
}

// HasSecret tells whether the secret is the one that the location holds.
func (s *Server) HasSecret(id, secret string) (same bool) {
	s.settled(func(time.Time) { same = s.holder(id).now().key.Secret == secret })
	return same
}

// holder is for ids that tests and worlds name themselves; a wrong one is a
// mistake in them.
func (s *Server) holder(id string) *holder {
	h, ok := s.byHolder[id]
	if !ok {
		panic(fmt.Sprintf("fakeqovery: there is no location %q", id))
	}
	return h
}

// Holder is a place that holds a key.
type Holder struct {
	Kind     Kind
	ID, Name string
	Since    time.Time // of its latest change
}

// Holders are all places that hold the key at this moment, however stale the
// answers to reads are.
func (s *Server) Holders(keyID string) (holders []Holder) {
	s.settled(func(time.Time) {
		for _, h := range s.holders {
			if latest := h.versions.last(); keyID != "" && latest.value.key.ID == keyID {
				holders = append(holders, Holder{h.kind, h.id, latest.value.name, latest.since})
			}
		}
	})
	return holders
}
