package rotation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation/fault"
)

func named(name, status string) Cluster { return Cluster{ID: "id-" + name, Name: name, Status: status} }

func inProduction(c Cluster) Cluster { c.Production = true; return c }

// many are n deployed clusters.
func many(n int) (list []Cluster) {
	for i := range n {
		list = append(list, named(fmt.Sprintf("c%03d", i), "DEPLOYED"))
	}
	return list
}

func TestCheckClusters(t *testing.T) {
	frozen := map[string]string{"id-beta": "black friday"}
	for _, test := range []struct {
		name     string
		clusters []Cluster
		locks    map[string]string
		want     fault.Code
		says     []string // in the refusal
		deploys  string
		skips    string
	}{
		{"all deployed", []Cluster{named("alpha", "DEPLOYED"), named("beta", "RUNNING"), named("gamma", "RESTARTED")}, nil,
			"", nil, "alpha beta gamma", ""},
		{"a canceled one is deployed again", []Cluster{named("alpha", "CANCELED")}, nil, "", nil, "alpha", ""},
		{"a stopped one is passed over", []Cluster{named("alpha", "DEPLOYED"), named("beta", "STOPPED")}, nil, "", nil,
			"alpha", "beta (STOPPED)"},
		{"one that was never deployed is passed over", []Cluster{named("alpha", "READY"), named("beta", "DELETED")}, nil, "",
			nil, "", "alpha (READY) beta (DELETED)"},

		{"none", nil, nil, fault.NoClusters, nil, "", ""},
		{"250", many(250), nil, "", nil, "", ""},
		{"251", many(251), nil, fault.TooManyClusters, []string{"251 clusters; 250"}, "", ""},

		{"a locked one", []Cluster{named("alpha", "DEPLOYED"), named("beta", "DEPLOYED")}, frozen, fault.ClustersLocked,
			[]string{"beta: black friday"}, "alpha beta", ""},
		{"a locked one that is being deployed", []Cluster{named("beta", "DEPLOYING")}, frozen, fault.ClustersLocked,
			[]string{"beta"}, "beta", ""},
		{"a locked one that is stopped is not in the way", []Cluster{named("alpha", "DEPLOYED"), named("beta", "STOPPED")},
			frozen, "", nil, "alpha", "beta (STOPPED)"},
		{"a locked one that is none of ours", []Cluster{named("alpha", "DEPLOYED")}, frozen, "", nil, "alpha", ""},
		{"a self-managed one", []Cluster{named("alpha", "DEPLOYED"), named("beta", SelfManaged)}, nil, "", nil, "alpha",
			"beta (self-managed, takes the key with its next application deployment)"},
		{"one that a person answers for", []Cluster{named("alpha", "DEPLOYED"), named("beta", handledElsewhere)}, frozen, "",
			nil, "alpha", "beta (handled elsewhere, not deployed)"},
		{"in error", []Cluster{named("alpha", "DEPLOYMENT_ERROR"), named("beta", "DEPLOYED")}, nil, fault.ClustersInError,
			[]string{"alpha (DEPLOYMENT_ERROR)"}, "alpha beta", ""},
		{"with credentials that are refused", []Cluster{named("alpha", InvalidCredentials)}, nil, fault.InvalidCredentials,
			[]string{"INVALID_CREDENTIALS", "alpha"}, "alpha", ""},
		{"with credentials that are refused, and locked: it is urgent",
			[]Cluster{named("alpha", "STOP_ERROR"), named("beta", InvalidCredentials)}, frozen, fault.InvalidCredentials,
			[]string{"beta"}, "alpha beta", ""},
		{"being deployed", []Cluster{named("alpha", "DEPLOYING"), named("beta", "QUEUED")}, nil, fault.ClustersBusy,
			[]string{"alpha (DEPLOYING), beta (QUEUED)"}, "alpha beta", ""},
		{"of a status that is not known", []Cluster{named("alpha", "HIBERNATING")}, nil, fault.ClustersBusy,
			[]string{"alpha (HIBERNATING)"}, "alpha", ""},

		{"locked, in error and busy: the lock is told first",
			[]Cluster{named("alpha", "STOP_ERROR"), named("beta", "DEPLOYED"), named("gamma", "QUEUED")}, frozen,
			fault.ClustersLocked,
			nil, "alpha beta gamma", ""},
		{"in error and busy: waiting would not help", []Cluster{named("alpha", "QUEUED"), named("beta", "STOP_ERROR")}, nil,
			fault.ClustersInError, nil, "alpha beta", ""},
		{"many in error are counted", failingClusters(7), nil, fault.ClustersInError, []string{"and 2 more"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var plan PlanReport
			err := checkClusters(test.clusters, test.locks, &plan)
			if err == nil {
				wantCode(t, nil, test.want)
			} else {
				wantCode(t, err, test.want)
				wantText(t, err.What.String(), test.says...)
			}
			if len(test.clusters) > 5 {
				return // a list that long isn't written down here
			}
			var names []string
			for _, cluster := range plan.Clusters {
				names = append(names, cluster.Name)
			}
			if got := strings.Join(names, " "); got != test.deploys {
				t.Errorf("deploys %q, want %q", got, test.deploys)
			}
			if got := strings.Join(plan.Skipped, " "); got != test.skips {
				t.Errorf("passes over %q, want %q", got, test.skips)
			}
		})
	}
}

func failingClusters(n int) []Cluster {
	list := many(n)
	for i := range list {
		list[i].Status = "BUILD_ERROR"
	}
	return list
}

func TestServedClusters(t *testing.T) {
	all := []Cluster{
		inProduction(named("alpha", "DEPLOYED")), named("zeta", "DEPLOYED"), named("beta", "STOPPED"),
		inProduction(named("gamma", "DEPLOYED")),
		{ID: "id-2", Name: "twin", Status: "DEPLOYED"}, {ID: "id-1", Name: "twin", Status: "DEPLOYED"},
		named("lost", ""),
	}
	for _, test := range []struct {
		name      string
		locations []Location
		want      string
	}{
		{"non-production first, then by name",
			[]Location{serving(credentials(keyO), "id-gamma", "id-alpha", "id-zeta", "id-beta")},
			"id-beta id-zeta id-alpha id-gamma"},
		{"the same name: by id", []Location{serving(credentials(keyO), "id-2", "id-1")}, "id-1 id-2"},
		{"a cluster that two credentials serve counts once",
			[]Location{serving(credentials(keyO), "id-zeta", "id-alpha"), serving(elsewhere(keyO), "id-alpha")},
			"id-zeta id-alpha"},
		{"a location that serves none", []Location{credentials(keyO)}, ""},
		{"no location", nil, ""},
		{"clusters that no location serves are none of ours", []Location{serving(credentials(keyO), "id-beta")}, "id-beta"},
		{"a registry belongs to a cluster, and does not serve it", []Location{serving(registry(keyO), "id-beta")}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := servedClusters(all, test.locations)
			wantCode(t, err, "")
			wantClusters(t, got, test.want)
		})
	}

	// Unknown is not "no": a cluster that is served and not listed is a wrong answer.
	_, err := servedClusters(all, []Location{serving(credentials(keyO), "id-alpha", "id-gone")})
	wantCode(t, err, fault.MalformedAnswer)
	wantText(t, err.Error(), "id-gone", `"prod"`)
	// Nor is one without a status, which only those may lack that the key does not serve.
	_, err = servedClusters(all, []Location{serving(credentials(keyO), "id-alpha", "id-lost")})
	wantCode(t, err, fault.MalformedAnswer)
	wantText(t, err.Error(), `"lost"`, `"prod"`)
}

// Rule 3 speaks of every cluster that any of the credentials serve: those that
// hold either key, those that were to be rotated, those handled elsewhere.
func TestConcerned(t *testing.T) {
	all := []Cluster{named("a", "DEPLOYED"), named("b", "DEPLOYED"), named("c", "STOPPED"), named("d", SelfManaged)}
	for _, test := range []struct {
		name      string
		r         *Record
		locations []Location
		want      string
	}{
		{"either key", record(made(day)), []Location{serving(credentials(keyO), "id-a"), serving(elsewhere(keyN), "id-b")},
			"id-a id-b"},
		{"handled elsewhere", record(made(day)), []Location{serving(elsewhere(keyO), "id-c")}, "id-c"},
		{"to be rotated, whatever it holds", record(made(day)),
			[]Location{serving(credentials(keyX), "id-a"), serving(elsewhere(""), "id-d")}, "id-a"},
		{"another location that holds another key", record(made(day)), []Location{serving(elsewhere(keyX), "id-c")}, ""},
		{"another location that holds none, before there is a new key", record(), []Location{serving(elsewhere(""), "id-c")},
			""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.r.concerned(all, test.locations, nil)
			wantCode(t, err, "")
			wantClusters(t, got, test.want)
		})
	}
}

func wantClusters(t *testing.T, got []Cluster, want string) {
	t.Helper()
	var ids []string
	for _, c := range got {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, strings.Fields(want)) {
		t.Errorf("got %v, want %v", ids, want)
	}
}
