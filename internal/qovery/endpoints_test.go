package qovery

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// endpoints are those of endpoints.go.
var endpoints = []endpoint{
	listCredentials, putCredentials, listClusters, listStatuses, deployCluster, readLogs,
	listContainerRegistries, putContainerRegistry, listHelmRepositories, putHelmRepository, readDNSProvider,
	putDNSProvider, listServices, listVariables, readTerraform, readHelm, listLocks,
	readOrganization, readPointing, pointCluster, listEnvironmentStatuses,
}

// docs/install.md lists the requests that a token must allow: all that are
// made, and no other.
func TestProductionListsTheRequests(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]*)` \\|").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	var made []string
	for _, e := range endpoints {
		made = append(made, e.method+" "+e.path)
	}
	slices.Sort(listed)
	slices.Sort(made)
	if !slices.Equal(listed, made) {
		t.Errorf("docs/install.md lists\n%q\nand these are made:\n%q", listed, made)
	}
	source, err := os.ReadFile("endpoints.go")
	if err != nil {
		t.Fatal(err)
	}
	if all := regexp.MustCompile(`= endpoint\{`).FindAll(source, -1); len(all) != len(made) {
		t.Errorf("endpoints.go has %d, and %d were compared", len(all), len(made))
	}
}
