package fakeqovery

import (
	"net/http"
	"strings"
)

// route is one request of the API. In its path * stands for an id.
type route struct {
	method string
	path   string
	answer func(*Server, call) reply
}

// routes are all requests that this Qovery knows, the most frequent first.
var routes = parse(
	route{http.MethodGet, "organization/*/cluster/status", (*Server).listStatuses},
	route{http.MethodGet, "organization/*/cluster", (*Server).listClusters},
	route{http.MethodGet, "organization/*/credentials", (*Server).listCredentials},
	route{http.MethodPut, "organization/*/aws/credentials/*", (*Server).putCredentials},
	route{http.MethodDelete, "organization/*/aws/credentials/*", (*Server).deleteCredentials},
	route{http.MethodPost, "organization/*/cluster/*/deploy", (*Server).deployCluster},
	route{http.MethodGet, "organization/*/cluster/*/logs", (*Server).readLogs},
	route{http.MethodGet, "organization/*/lock", (*Server).listLocks},
	route{http.MethodGet, "organization/*", (*Server).readOrganization},
	route{http.MethodGet, "organization/*/cluster/*/cloudProviderInfo", (*Server).readPointing},
	route{http.MethodPost, "organization/*/cluster/*/cloudProviderInfo", (*Server).point},
	route{http.MethodGet, "organization/*/containerRegistry", (*Server).listContainerRegistries},
	route{http.MethodPut, "organization/*/containerRegistry/*", (*Server).putContainerRegistry},
	route{http.MethodGet, "organization/*/helmRepository", (*Server).listHelmRepositories},
	route{http.MethodPut, "organization/*/helmRepository/*", (*Server).putHelmRepository},
	route{http.MethodGet, "cluster/*/dnsProvider", (*Server).readDNSProvider},
	route{http.MethodPut, "cluster/*/dnsProvider", (*Server).putDNSProvider},
	route{http.MethodGet, "organization/*/services", (*Server).listServices},
	route{http.MethodGet, "project/*/environment/status", (*Server).listEnvironmentStatuses},
	route{http.MethodGet, "variable", (*Server).listVariables},
	route{http.MethodGet, "terraform/*", (*Server).readTerraform},
	route{http.MethodGet, "helm/*", (*Server).readHelm},
)

type parsedRoute struct {
	route
	parts []string
}

func parse(list ...route) []parsedRoute {
	parsed := make([]parsedRoute, len(list))
	for i, r := range list {
		parsed[i] = parsedRoute{r, strings.Split(r.path, "/")}
	}
	return parsed
}

// route finds what answers a request and has it answer.
func (s *Server) route(c call, method, path string) reply {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	// A token is for one organization. Qovery answers 403 for what belongs to
	// another, and for what does not exist.
	if len(parts) > 1 && parts[0] == "organization" && parts[1] != s.config.OrganizationID {
		return refused(http.StatusForbidden, "Access denied")
	}
	known := false
	for _, r := range routes {
		id, matches := r.match(parts)
		if !matches {
			continue
		}
		if known = true; r.method == method {
			c.id = id
			return r.answer(s, c)
		}
	}
	if known {
		return refused(http.StatusMethodNotAllowed, "Request method '"+method+"' is not supported")
	}
	return missing("Resource")
}

// match tells whether the path is the route's, and the last id in it.
func (r *parsedRoute) match(parts []string) (id string, matches bool) {
	if len(parts) != len(r.parts) {
		return "", false
	}
	for i, part := range r.parts {
		switch {
		case part == "*":
			id = parts[i]
		case part != parts[i]:
			return "", false
		}
	}
	return id, true
}
