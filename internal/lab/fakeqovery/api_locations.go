package fakeqovery

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

type credentialJSON struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ObjectType  string `json:"object_type"`
	AccessKeyID string `json:"access_key_id,omitempty"`
	RoleARN     string `json:"role_arn,omitempty"`
	VSphereUser string `json:"vsphere_user,omitempty"` // with EKS Anywhere alone
}

// namedJSON is a cluster of something, or what something is of.
type namedJSON struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	CloudProvider string `json:"cloud_provider,omitempty"`
}

type credentialEntryJSON struct {
	Credential credentialJSON `json:"credential"`
	Clusters   []namedJSON    `json:"clusters"`
}

func (h *holder) credential(held contents) credentialJSON {
	credential := credentialJSON{ID: h.id, Name: held.name, ObjectType: held.objectType, AccessKeyID: held.key.ID,
		RoleARN: held.roleARN}
	if strings.HasPrefix(held.objectType, "EKS_ANYWHERE_VSPHERE") {
		credential.VSphereUser = "vsphere"
	}
	return credential
}

// stale is what a location held when the answer to a read was true.
func (s *Server) stale(h *holder, c call) contents {
	held := h.versions.at(c.now.Add(-s.config.CredentialsLag))
	if h.written != nil && held.key.ID != "" {
		held.key.ID = h.written(held.key.ID)
	}
	return held
}

func (s *Server) listCredentials(c call) reply {
	list := []credentialEntryJSON{}
	for _, h := range s.holders {
		if held := s.stale(h, c); h.kind == AWSCredentials && !held.deleted {
			list = append(list, credentialEntryJSON{h.credential(held), s.clustersOf(h, c)})
		}
	}
	return results(list)
}

func (s *Server) clustersOf(h *holder, c call) []namedJSON {
	list := []namedJSON{}
	for _, cluster := range s.clusters {
		if s.stalePointing(cluster, c) == h {
			list = append(list, namedJSON{cluster.ID, cluster.Name, "AWS"})
		}
	}
	return list
}

type credentialRequest struct {
	Type            string `json:"type"`
	Name            string `json:"name"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

// putCredentials replaces credentials, whatever type they were of: a PUT with
// another type converts them.
func (s *Server) putCredentials(c call) reply {
	h := s.credentials(c.id)
	if h == nil {
		return missing("Credentials")
	}
	var request credentialRequest
	if problem := c.read(&request); problem != nil {
		return *problem
	}
	if request.Type != "AWS_STATIC" || request.Name == "" || request.AccessKeyID == "" || request.SecretAccessKey == "" {
		return wrong(http.StatusBadRequest, "type, name, access_key_id and secret_access_key are required")
	}
	key := Key{request.AccessKeyID, request.SecretAccessKey}
	h.hold(c.now, contents{name: request.Name, objectType: staticAWS, key: key})
	return ok(h.credential(h.now()))
}

// credentials are those with the id; nil: there are none, or they are deleted.
func (s *Server) credentials(id string) *holder {
	if h := s.byHolder[id]; h != nil && h.kind == AWSCredentials && !h.now().deleted {
		return h
	}
	return nil
}

// deleteCredentials is a person's request: this system deletes none. What Qovery answers while a
// cluster points at them, its description doesn't say; here it refuses.
func (s *Server) deleteCredentials(c call) reply {
	h := s.credentials(c.id)
	switch {
	case h == nil:
		return missing("Credentials")
	case slices.ContainsFunc(s.clusters, func(cluster *clusterState) bool { return cluster.pointsAt() == h }):
		return wrong(http.StatusBadRequest, "The credentials are used by a cluster")
	}
	h.hold(c.now, contents{deleted: true})
	return reply{status: http.StatusNoContent}
}

// read decodes the request's body.
func (c call) read(into any) *reply {
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		problem := refused(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return &problem
	}
	if json.Unmarshal(c.body, into) != nil {
		problem := wrong(http.StatusBadRequest, "The request is not readable")
		return &problem
	}
	return nil
}

type registryJSON struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Kind        string              `json:"kind"`
	URL         string              `json:"url,omitempty"`
	Description string              `json:"description,omitempty"`
	SkipTLS     *bool               `json:"skip_tls_verification,omitempty"` // of Helm repositories only
	Cluster     *namedJSON          `json:"cluster,omitempty"`
	Config      *registryConfigJSON `json:"config"`
	// Of answers only.
	CreatedAt time.Time `json:"created_at"`
	Services  int       `json:"associated_services_count"`
}

type registryConfigJSON struct {
	Region          string `json:"region,omitempty"`
	AccessKeyID     string `json:"access_key_id,omitempty"`
	RoleARN         string `json:"role_arn,omitempty"`
	SecretAccessKey string `json:"secret_access_key,omitempty"` // in requests only
}

func (s *Server) listContainerRegistries(c call) reply { return s.listRegistries(c, ContainerRegistry) }
func (s *Server) listHelmRepositories(c call) reply    { return s.listRegistries(c, HelmRepository) }

func (s *Server) listRegistries(c call, kind Kind) reply {
	list := []registryJSON{}
	for _, h := range s.holders {
		if h.kind == kind {
			list = append(list, s.registry(h, s.stale(h, c)))
		}
	}
	return results(list)
}

func (s *Server) registry(h *holder, held contents) registryJSON {
	answer := registryJSON{
		ID: h.id, Name: held.name, Kind: held.objectType, URL: held.url, Description: held.description,
		Config:    &registryConfigJSON{Region: held.region, AccessKeyID: held.key.ID, RoleARN: held.roleARN},
		CreatedAt: h.created.UTC(), Services: 1,
	}
	if h.kind == HelmRepository {
		answer.SkipTLS = &held.skipTLS
	}
	if cluster, known := s.byCluster[h.clusterID]; known {
		answer.Cluster = &namedJSON{ID: cluster.ID, Name: cluster.Name}
	}
	return answer
}

func (s *Server) putContainerRegistry(c call) reply { return s.putRegistry(c, ContainerRegistry) }
func (s *Server) putHelmRepository(c call) reply    { return s.putRegistry(c, HelmRepository) }

// putRegistry replaces a registry as a whole: what the request leaves out is gone.
func (s *Server) putRegistry(c call, kind Kind) reply {
	h := s.byHolder[c.id]
	if h == nil || h.kind != kind {
		return missing(string(kind))
	}
	var request registryJSON
	if problem := c.read(&request); problem != nil {
		return *problem
	}
	if complaint := request.complaint(kind); complaint != "" {
		return wrong(http.StatusBadRequest, complaint)
	}
	changed := contents{
		name: request.Name, objectType: request.Kind, url: request.URL, description: request.Description,
		region: request.Config.Region, roleARN: request.Config.RoleARN,
		key:     Key{request.Config.AccessKeyID, request.Config.SecretAccessKey},
		skipTLS: request.SkipTLS != nil && *request.SkipTLS,
	}
	if changed.roleARN != "" && h.key() != "" {
		s.gaveRole(h.key(), changed.name)
	}
	h.hold(c.now, changed)
	return ok(s.registry(h, changed))
}

// gaveRole notes that a registry is given a role, in place of a key.
func (s *Server) gaveRole(key, registry string) {
	s.given = append(s.given, registry)
	for _, cluster := range s.clusters {
		has := cluster.running.ID == key || cluster.pointsAt().now().key.ID == key
		if has && !cluster.hadNoKey() && s.config.GaveRole != nil {
			s.config.GaveRole(registry, cluster.Name)
		}
	}
}

// hadNoKey: the cluster was deployed without a key before, as when it was moved and moved back.
func (c *clusterState) hadNoKey() bool {
	return slices.ContainsFunc(c.deployments, func(d *deployment) bool { return d.Status == deployed && d.KeyID == "" })
}

// GaveRole are the names of what requests have given a role, in place of a key.
func (s *Server) GaveRole() (names []string) {
	s.settled(func(time.Time) { names = slices.Clone(s.given) })
	return names
}

func (r registryJSON) complaint(kind Kind) string {
	isECR := r.Kind == "ECR" || r.Kind == "OCI_ECR"
	switch {
	case r.Name == "" || r.Kind == "" || r.Config == nil:
		return "name, kind and config are required"
	case kind == HelmRepository && r.SkipTLS == nil:
		return "skip_tls_verification is required"
	case isECR && r.Config.Region == "":
		return "region is required"
	case isECR && r.Config.RoleARN == "" && (r.Config.AccessKeyID == "" || r.Config.SecretAccessKey == ""):
		return "access_key_id and secret_access_key, or role_arn, are required"
	}
	return ""
}
