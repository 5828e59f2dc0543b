package fakeqovery

import (
	"net/http"
	"time"
)

type clusterJSON struct {
	ID             string              `json:"id"`
	CreatedAt      time.Time           `json:"created_at"`
	Organization   referenceJSON       `json:"organization"`
	Name           string              `json:"name"`
	Region         string              `json:"region"`
	CloudProvider  string              `json:"cloud_provider"`
	Kubernetes     string              `json:"kubernetes"`
	Production     bool                `json:"production"`
	IsDemo         bool                `json:"is_demo"` // none is
	Status         string              `json:"status"`
	Deployment     string              `json:"deployment_status"`
	SecretManagers []secretManagerJSON `json:"secret_manager_accesses"`
}

type referenceJSON struct {
	ID string `json:"id"`
}

// createdAt is when all clusters were created: long ago.
var createdAt = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

type secretManagerJSON struct {
	ID             string             `json:"id"`
	Name           string             `json:"name"`
	CreatedAt      time.Time          `json:"created_at"`
	UpdatedAt      time.Time          `json:"updated_at"`
	Endpoint       endpointJSON       `json:"endpoint"`
	Authentication authenticationJSON `json:"authentication"`
}

type endpointJSON struct {
	Mode   string `json:"mode"`
	Region string `json:"region"`
}

type authenticationJSON struct {
	Mode      string `json:"mode"`
	Region    string `json:"region"`
	AccessKey string `json:"access_key"`
}

type clusterStatusJSON struct {
	ClusterID       string    `json:"cluster_id"`
	Status          string    `json:"status"`
	IsDeployed      bool      `json:"is_deployed"`
	Reason          string    `json:"reason"`
	NextKubernetes  string    `json:"next_k8s_available_version,omitempty"`
	LastExecutionID string    `json:"last_execution_id,omitempty"`
	LastDeployedAt  time.Time `json:"last_deployment_date,omitzero"`
}

func (s *Server) listClusters(c call) reply {
	then := c.now.Add(-s.config.StatusLag)
	list := make([]clusterJSON, len(s.clusters))
	for i, cluster := range s.clusters {
		list[i] = clusterJSON{
			ID: cluster.ID, CreatedAt: createdAt, Organization: referenceJSON{s.config.OrganizationID},
			Name: cluster.Name, Region: cluster.Region, CloudProvider: "AWS", Kubernetes: cluster.kubernetes(),
			Production:     cluster.Production,
			Status:         cluster.statuses.at(then).status,
			Deployment:     cluster.deploymentStatus(),
			SecretManagers: s.secretManagers(cluster.managers, c),
		}
	}
	return results(list)
}

func (c *clusterState) kubernetes() string {
	if c.SelfManaged {
		return "SELF_MANAGED"
	}
	return "MANAGED"
}

func (c *clusterState) deploymentStatus() string {
	if c.Undeployed {
		return "OUT_OF_DATE"
	}
	return "UP_TO_DATE"
}

func (s *Server) secretManagers(holders []*holder, c call) []secretManagerJSON {
	list := make([]secretManagerJSON, len(holders))
	for i, h := range holders {
		held := s.stale(h, c)
		list[i] = secretManagerJSON{
			ID: h.id, Name: held.name, CreatedAt: createdAt, UpdatedAt: createdAt,
			Endpoint:       endpointJSON{"AWS_SECRET_MANAGER", held.region},
			Authentication: authenticationJSON{"AWS_STATIC_CREDENTIALS", held.region, held.key.ID},
		}
	}
	return list
}

func (s *Server) listStatuses(c call) reply {
	then := c.now.Add(-s.config.StatusLag)
	list := make([]clusterStatusJSON, 0, len(s.clusters))
	for _, cluster := range s.clusters {
		if !cluster.SelfManaged {
			list = append(list, s.statusAt(cluster, then))
		}
	}
	return results(list)
}

func (s *Server) statusAt(c *clusterState, then time.Time) clusterStatusJSON {
	v := c.statuses.at(then)
	status := clusterStatusJSON{
		ClusterID: c.ID, Status: v.status, Reason: "UNSPECIFIED",
		IsDeployed:     c.live, // true long before a deployment is over, as at Qovery
		NextKubernetes: c.Upgrade,
	}
	if c.current != nil && c.current.maintenance {
		status.Reason = "MAINTENANCE"
	}
	if s.config.ChangesAt != ChangesNever {
		status.LastExecutionID, status.LastDeployedAt = v.executionID, v.deployedAt.UTC()
	}
	return status
}

// deployCluster answers 200 with the new status, though 201 is documented.
func (s *Server) deployCluster(c call) reply {
	cluster, known := s.byCluster[c.id]
	if !known {
		return missing("Cluster")
	}
	if cluster.SelfManaged {
		return refused(http.StatusBadRequest, "A self-managed cluster can't be deployed")
	}
	if s.config.Restriction != "" {
		return wrong(http.StatusForbidden, "Deployments are restricted on your organization")
	}
	s.post(cluster, c.now)
	return ok(s.statusAt(cluster, c.now))
}

func (s *Server) readLogs(c call) reply {
	cluster, known := s.byCluster[c.id]
	if !known {
		return missing("Cluster")
	}
	return results(cluster.logs)
}

func (s *Server) readOrganization(call) reply {
	answer := map[string]any{"id": s.config.OrganizationID, "created_at": "2025-01-01T00:00:00Z", "name": "acme",
		"plan": "ENTERPRISE_2025", "billing_deployment_restriction": nil}
	if s.config.Restriction != "" {
		answer["billing_deployment_restriction"] = s.config.Restriction
	}
	return ok(answer)
}

type lockJSON struct {
	ClusterID string    `json:"cluster_id"`
	Reason    string    `json:"reason"`
	LockedAt  time.Time `json:"locked_at"`
	OwnerName string    `json:"owner_name"`
	Days      int       `json:"ttl_in_days"`
}

func (s *Server) listLocks(call) reply {
	var list []lockJSON
	for _, cluster := range s.clusters {
		if lock := cluster.lock; lock != nil {
			list = append(list, lockJSON{cluster.ID, lock.Reason, lock.At.UTC(), lock.Owner, lock.Days})
		}
	}
	return results(list)
}

type dnsProviderJSON struct {
	Provider struct {
		Provider    string              `json:"provider"`
		Domain      string              `json:"domain"`
		Region      string              `json:"aws_region,omitempty"`
		Credentials *dnsCredentialsJSON `json:"credentials,omitempty"`
	} `json:"dns_provider"`
}

type dnsCredentialsJSON struct {
	Type            string `json:"type"`
	AccessKeyID     string `json:"aws_access_key_id"`
	SecretAccessKey string `json:"aws_secret_access_key,omitempty"` // in requests only
}

func (s *Server) readDNSProvider(c call) reply {
	cluster, known := s.byCluster[c.id]
	if !known || cluster.SelfManaged {
		return missing("Cluster")
	}
	if s.config.DNSNotInPlan {
		return wrong(http.StatusForbidden, "Enterprise plan required")
	}
	return ok(s.dnsProvider(cluster, c))
}

func (s *Server) dnsProvider(cluster *clusterState, c call) (answer dnsProviderJSON) {
	answer.Provider.Provider = "QOVERY"
	answer.Provider.Domain = cluster.Name + ".example.com"
	if cluster.dns == nil {
		return answer
	}
	if held := s.stale(cluster.dns, c); held.key.ID != "" { // or the domain was given to Qovery
		answer.Provider.Provider = "ROUTE53"
		answer.Provider.Region = held.region
		answer.Provider.Credentials = &dnsCredentialsJSON{Type: "STATIC", AccessKeyID: held.key.ID}
	}
	return answer
}

// putDNSProvider replaces the key of a Route 53 provider. What runs in the cluster takes
// it with the next deployment.
func (s *Server) putDNSProvider(c call) reply {
	cluster, known := s.byCluster[c.id]
	switch {
	case !known || cluster.SelfManaged:
		return missing("Cluster")
	case s.config.DNSNotInPlan || cluster.dns == nil:
		return wrong(http.StatusForbidden, "Enterprise plan required")
	}
	var request dnsProviderJSON
	if problem := c.read(&request); problem != nil {
		return *problem
	}
	provider, held := request.Provider, request.Provider.Credentials
	if provider.Provider != "ROUTE53" || provider.Domain == "" || provider.Region == "" || held == nil ||
		held.Type != "STATIC" || held.AccessKeyID == "" || held.SecretAccessKey == "" {
		return wrong(http.StatusBadRequest, "provider, domain, aws_region and credentials are required")
	}
	changed := cluster.dns.now()
	changed.region, changed.key = provider.Region, Key{held.AccessKeyID, held.SecretAccessKey}
	cluster.dns.hold(c.now, changed)
	return ok(s.dnsProvider(cluster, c))
}
