package qovery

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// endpoint is one kind of request. Its path has an id in each pair of braces.
type endpoint struct {
	method, path string
	doing        string // how sentences begin that tell of it
	// guarded: the request carries a secret, so nothing of its answer but the
	// status is ever told.
	guarded bool
}

// All requests that this package makes.
var (
	listCredentials = endpoint{method: http.MethodGet, path: "/organization/{organization}/credentials",
		doing: "Listing the credentials at Qovery"}
	putCredentials = endpoint{method: http.MethodPut, path: "/organization/{organization}/aws/credentials/{credentials}",
		doing: "Putting the key into the AWS credentials at Qovery", guarded: true}
	listClusters = endpoint{method: http.MethodGet, path: "/organization/{organization}/cluster",
		doing: "Listing the clusters at Qovery"}
	listStatuses = endpoint{method: http.MethodGet, path: "/organization/{organization}/cluster/status",
		doing: "Reading the clusters' status at Qovery"}
	deployCluster = endpoint{method: http.MethodPost, path: "/organization/{organization}/cluster/{cluster}/deploy",
		doing: "Starting a cluster's deployment at Qovery"}
	readPointing = endpoint{method: http.MethodGet,
		path:  "/organization/{organization}/cluster/{cluster}/cloudProviderInfo",
		doing: "Reading which credentials a cluster points at at Qovery"}
	pointCluster = endpoint{method: http.MethodPost,
		path:  "/organization/{organization}/cluster/{cluster}/cloudProviderInfo",
		doing: "Pointing a cluster at other credentials at Qovery"}
	readLogs = endpoint{method: http.MethodGet, path: "/organization/{organization}/cluster/{cluster}/logs",
		doing: "Reading a cluster's logs at Qovery"}
	listContainerRegistries = endpoint{method: http.MethodGet, path: "/organization/{organization}/containerRegistry",
		doing: "Listing the container registries at Qovery"}
	putContainerRegistry = endpoint{method: http.MethodPut,
		path:  "/organization/{organization}/containerRegistry/{registry}",
		doing: "Putting the key into the container registry at Qovery", guarded: true}
	listHelmRepositories = endpoint{method: http.MethodGet, path: "/organization/{organization}/helmRepository",
		doing: "Listing the Helm repositories at Qovery"}
	putHelmRepository = endpoint{method: http.MethodPut, path: "/organization/{organization}/helmRepository/{repository}",
		doing: "Putting the key into the Helm repository at Qovery", guarded: true}
	readDNSProvider = endpoint{method: http.MethodGet, path: "/cluster/{cluster}/dnsProvider",
		doing: "Reading a cluster's DNS provider at Qovery"}
	putDNSProvider = endpoint{method: http.MethodPut, path: "/cluster/{cluster}/dnsProvider",
		doing: "Putting the key into the DNS provider at Qovery", guarded: true}
	listServices = endpoint{method: http.MethodGet, path: "/organization/{organization}/services",
		doing: "Listing the services at Qovery"}
	listEnvironmentStatuses = endpoint{method: http.MethodGet, path: "/project/{project}/environment/status",
		doing: "Reading the environments' status at Qovery"}
	listVariables = endpoint{method: http.MethodGet, path: "/variable?parent_id={service}&scope={kind}",
		doing: "Listing a service's variables at Qovery"}
	readTerraform = endpoint{method: http.MethodGet, path: "/terraform/{service}",
		doing: "Reading a Terraform service at Qovery"}
	readHelm = endpoint{method: http.MethodGet, path: "/helm/{service}",
		doing: "Reading a Helm service at Qovery"}
	readOrganization = endpoint{method: http.MethodGet, path: "/organization/{organization}",
		doing: "Reading the organization at Qovery"}
	listLocks = endpoint{method: http.MethodGet, path: "/organization/{organization}/lock",
		doing: "Listing the locked clusters at Qovery"}
)

// with puts the ids into the path. An id that would lead to another path, or to
// none, is a mistake of the caller.
func (e endpoint) with(ids ...string) (string, error) {
	path := e.path
	for _, id := range ids {
		if id == "" || id == "." || id == ".." {
			return "", fmt.Errorf("%q isn't an id", id)
		}
		before, rest, found := strings.Cut(path, "{")
		_, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return "", fmt.Errorf("%s has no place for %d ids", e.path, len(ids))
		}
		path = before + url.PathEscape(id) + after
	}
	if strings.Contains(path, "{") {
		return "", fmt.Errorf("%s needs more than %d ids", e.path, len(ids))
	}
	return path, nil
}
