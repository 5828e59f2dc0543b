package rotation

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qovery-key-rotation/internal/rotation/target"
)

// allStatuses are Qovery's values by what they mean, and one that is not known.
var allStatuses = map[class][]string{
	deployed: {"DEPLOYED", "RESTARTED", "RUNNING"},
	failing: {"BUILD_ERROR", "DEPLOYMENT_ERROR", "DELETE_ERROR", "STOP_ERROR", "RESTART_ERROR", "INVALID_CREDENTIALS",
		"INTERNAL_ERROR"},
	canceled: {"CANCELED"},
	idle:     {"STOPPED", "READY", "DELETED"},
	inProgress: {"BUILDING", "DEPLOYING", "CANCELING", "DELETING", "STOPPING", "RESTARTING", "DRY_RUN", "QUEUED",
		"DEPLOYMENT_QUEUED", "DELETE_QUEUED", "STOP_QUEUED", "RESTART_QUEUED", "HIBERNATING", "deployed", ""},
}

func TestStatuses(t *testing.T) {
	for want, list := range allStatuses {
		for _, status := range list {
			if got := classOf(status); got != want {
				t.Errorf("%q is taken as %s, want %s", status, got, want)
			}
		}
	}
	for status, known := range map[string]bool{"DEPLOYED": true, "QUEUED": true, "HIBERNATING": false, "deployed": false,
		"": false} {
		if KnownStatus(status) != known {
			t.Errorf("%q known: %v, want %v", status, !known, known)
		}
	}
}

// A cluster as the API shows it: before the POST, with the execution and the
// date of the deployment before ours, and after it.
const (
	execution1 = "0d9be5a4-6f0e-4a6f-9a51-0f1f9f1c2a77-1785750000"
	execution2 = "7a1c9f52-2a1b-4cc3-8f0e-5b8f4cf7d1e0-1785758400"
	deployed1  = "2026-08-01T10:00:00.000000Z"
	deployed2  = "2026-08-03T11:58:00.000000Z"
)

func cluster(status string) Cluster {
	return Cluster{ID: "c1", Name: "alpha", Status: status, LastExecutionID: execution1, LastDeployedAt: deployed1}
}

func newExecution(c Cluster) Cluster { c.LastExecutionID = execution2; return c }
func newDate(c Cluster) Cluster      { c.LastDeployedAt = deployed2; return c }

// What we did to it: nothing, or a POST some time ago, after which it was or
// wasn't seen in progress.
func untouched() ClusterProgress { return newProgress(cluster("DEPLOYED")) }

func posted(d time.Duration) ClusterProgress {
	p := untouched()
	p.posted(cluster("DEPLOYED"), ago(d))
	return p
}

func seen(p ClusterProgress) ClusterProgress { p.Seen = true; return p }

func TestJudge(t *testing.T) {
	type look struct {
		name    string
		p       ClusterProgress
		cluster func(status string) Cluster
		want    verdict
	}
	same := cluster
	executed := func(status string) Cluster { return newExecution(cluster(status)) }
	dated := func(status string) Cluster { return newDate(cluster(status)) }
	emptied := func(status string) Cluster { return Cluster{ID: "c1", Name: "alpha", Status: status} }

	for status, looks := range map[class][]look{
		deployed: {
			{"not started by us", untouched(), same, startIt},
			{"not started by us, changed since we looked", untouched(), executed, startIt},
			{"just after the POST it is the old deployment's", posted(0), same, waiting},
			{"just under ten minutes after it, nothing seen", posted(10*time.Minute - 1), same, waiting},
			{"ten minutes after it, nothing seen", posted(10 * time.Minute), same, notObserved},
			{"another execution", posted(time.Minute), executed, isDeployed},
			{"another date", posted(time.Minute), dated, isDeployed},
			{"seen in progress", seen(posted(time.Minute)), same, isDeployed},
			{"seen in progress, hours ago", seen(posted(5 * time.Hour)), same, isDeployed},
			{"another execution, hours ago", posted(5 * time.Hour), executed, isDeployed},
		},
		failing: {
			{"not started by us", untouched(), same, startIt},
			{"just after the POST it is the old deployment's", posted(0), same, waiting},
			{"ten minutes after it, nothing seen", posted(10 * time.Minute), same, notObserved},
			{"another execution", posted(time.Minute), executed, failed},
			{"seen in progress", seen(posted(time.Minute)), same, failed},
		},
		canceled: {
			{"not started by us", untouched(), same, startIt},
			{"just after the POST", posted(0), same, waiting},
			{"ten minutes after it, nothing seen", posted(10 * time.Minute), same, notObserved},
			{"another date", posted(time.Minute), dated, failed},
			{"seen in progress", seen(posted(time.Minute)), same, failed},
		},
		idle: {
			{"not started by us", untouched(), same, passOver},
			{"started by us, and stopped by somebody", seen(posted(time.Minute)), executed, passOver},
			{"just after the POST", posted(0), same, passOver},
		},
		inProgress: {
			{"it may carry the old key: ours comes after it", untouched(), same, waiting},
			{"ours", posted(time.Minute), same, waiting},
			{"ours, for hours", posted(5 * time.Hour), executed, waiting},
		},
	} {
		for _, status := range allStatuses[status] {
			for _, test := range looks {
				t.Run(status+"/"+test.name, func(t *testing.T) {
					p := test.p
					if got := p.judge(test.cluster(status), noon); got != test.want {
						t.Errorf("judged %q, want %q", got, test.want)
					}
					after := test.p
					after.Seen = after.Seen || classOf(status) == inProgress && !after.PostedAt.IsZero()
					if p != after {
						t.Errorf("noted %+v, want %+v", p, after)
					}
				})
			}
		}
	}

	// The API may leave both fields out.
	bare := newProgress(emptied("DEPLOYED"))
	bare.posted(emptied("DEPLOYED"), ago(time.Minute))
	for _, test := range []struct {
		cluster Cluster
		want    verdict
	}{{emptied("DEPLOYED"), waiting}, {executed("DEPLOYED"), isDeployed}} {
		if got := bare.judge(test.cluster, noon); got != test.want {
			t.Errorf("without a baseline %q is judged %q, want %q", baseline(test.cluster), got, test.want)
		}
	}
}

// A deployment from its POST to its end, look by look.
func TestJudgeStory(t *testing.T) {
	p := untouched()
	var verdicts []string
	for minute, c := range []Cluster{
		cluster("DEPLOYING"), // somebody else's
		newDate(cluster("DEPLOYED")),
		newDate(cluster("DEPLOYED")), // stale: still theirs
		newDate(cluster("DEPLOYMENT_QUEUED")),
		newDate(newExecution(cluster("DEPLOYMENT_ERROR"))),
		newDate(newExecution(cluster("DEPLOYMENT_ERROR"))), // stale: still our first
		newDate(newExecution(cluster("DEPLOYING"))),
		newDate(newExecution(cluster("DEPLOYED"))),
	} {
		now := noon.Add(time.Duration(minute) * time.Minute)
		verdict := p.judge(c, now)
		if verdict == startIt || verdict == failed {
			p.posted(c, now)
		}
		verdicts = append(verdicts, string(verdict))
	}
	want := "waiting, start it, waiting, waiting, failed, waiting, waiting, deployed"
	if got := strings.Join(verdicts, ", "); got != want {
		t.Errorf("judged %s\nwant %s", got, want)
	}
	if p.Attempts != 2 {
		t.Errorf("%d attempts, want 2", p.Attempts)
	}
}

// Rule 3: what this rotation observed, and live state must not contradict it.
func TestProven(t *testing.T) {
	finished := func() ClusterProgress { p := untouched(); p.DoneAt = ago(time.Hour); return p }
	skipped := func() ClusterProgress { p := untouched(); p.Skipped = "STOPPED"; return p }
	for _, test := range []struct {
		name   string
		p      ClusterProgress
		status class
		want   bool
	}{
		{"observed, and deployed now", finished(), deployed, true},
		{"observed, and being deployed once more with the new key", finished(), inProgress, true},
		{"observed, and failing now", finished(), failing, false},
		{"observed, and canceled now", finished(), canceled, false},
		{"observed, and stopped now", finished(), idle, true},
		{"never observed, whatever it says", untouched(), deployed, false},
		{"never observed, on its way", seen(posted(time.Minute)), inProgress, false},
		{"never seen at all", ClusterProgress{}, deployed, false},
		{"stopped", skipped(), idle, true},
		{"stopped when we looked, and woken since", skipped(), deployed, false},
		{"stopped when we looked, and being woken", skipped(), inProgress, false},
	} {
		for _, status := range allStatuses[test.status] {
			if got := test.p.proven(cluster(status)); got != test.want {
				t.Errorf("%s (%s): proven %v, want %v", test.name, status, got, test.want)
			}
		}
	}
}

func TestProgressNotes(t *testing.T) {
	p := untouched()
	if p.over() {
		t.Error("over before it began")
	}
	p.refused(409)
	if p.Attempts != 1 || p.Refused != 409 || !p.PostedAt.IsZero() {
		t.Errorf("a refusal is noted as %+v", p)
	}
	p.posted(cluster("DEPLOYED"), noon)
	if p.Attempts != 2 || p.Refused != 0 || p.PostedAt != noon || p.Baseline != baseline(cluster("BUILDING")) {
		t.Errorf("a POST is noted as %+v", p)
	}
	p.Seen = true
	p.posted(newDate(cluster("CANCELED")), noon)
	if p.Attempts != 3 || p.Seen || p.Baseline != baseline(newDate(cluster("BUILDING"))) {
		t.Errorf("a second POST is noted as %+v", p)
	}
	p.DoneAt = noon
	if !p.over() {
		t.Error("deployed, and not over")
	}
	if p.restart(); p != untouched() {
		t.Errorf("after a restart it is %+v", p)
	}
	if p.Skipped = "STOPPED"; !p.over() {
		t.Error("passed over, and not over")
	}
}

func TestNamesAreCut(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"alpha", "alpha"},
		{strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{strings.Repeat("a", 33), strings.Repeat("a", 32)},
		{strings.Repeat("é", 16), strings.Repeat("é", 16)},
		{strings.Repeat("é", 17), strings.Repeat("é", 16)},
		{"a" + strings.Repeat("é", 16), "a" + strings.Repeat("é", 15)},
		{strings.Repeat("界", 11), strings.Repeat("界", 10)},
		{strings.Repeat("🚀", 9), strings.Repeat("🚀", 8)},
		{"R&D <eu> \"1\" a\\b", "R_D _eu_ _1_ a_b"}, // JSON would write six bytes for one
		{"a\x00b\nc\u2028d", "a_b_c_d"},
	} {
		got := newProgress(Cluster{ID: "c1", Name: test.name, Production: true})
		if got.Name != test.want || !utf8.ValidString(got.Name) || got.ID != "c1" || got.Wave != production {
			t.Errorf("%q is noted as %+v", test.name, got)
		}
	}
}

// The baseline changes with the execution and with the date, and with nothing else.
func TestBaseline(t *testing.T) {
	at := func(execution, date string) string {
		return baseline(Cluster{LastExecutionID: execution, LastDeployedAt: date})
	}
	before := at(execution1, deployed1)
	for _, other := range []string{at(execution2, deployed1), at(execution1, deployed2), at(execution1, ""),
		at("", deployed1), at("", ""), at(deployed1, execution1), at(execution1+" "+deployed1, "")} {
		if other == before {
			t.Errorf("%s is the baseline of two deployments", before)
		}
	}
	if c := inProduction(named("other", "DEPLOYING")); baseline(c) != at("", "") || before != baseline(cluster("FAILED")) {
		t.Error("the baseline depends on more than the last deployment")
	}
}

// 250 clusters with the longest of everything fit into a document: under 300
// bytes each, and far from the 256 KiB that Step Functions carries.
func TestDocumentStaysSmall(t *testing.T) {
	longest := func(name string) ClusterProgress {
		p := newProgress(Cluster{ID: "7a1c9f52-2a1b-4cc3-8f0e-5b8f4cf7d1e0", Name: name, Production: true})
		at := time.Date(2026, 12, 31, 23, 59, 59, 123456789, time.UTC)
		p.Attempts = 4
		p.posted(Cluster{LastExecutionID: strings.Repeat(execution2, 4), LastDeployedAt: at.Format(time.RFC3339Nano)}, at)
		p.Seen = true
		return p
	}
	done := func(name string) ClusterProgress {
		p := longest(name)
		p.resolved()
		p.DoneAt = time.Date(2026, 12, 31, 23, 59, 59, 123456789, time.UTC)
		return p
	}
	passedOver := func(name string) ClusterProgress {
		p := newProgress(Cluster{ID: "7a1c9f52-2a1b-4cc3-8f0e-5b8f4cf7d1e0", Name: name, Production: true})
		p.Skipped = "STOPPED"
		return p
	}
	for _, test := range []struct {
		name     string
		cluster  string
		progress func(name string) ClusterProgress
	}{
		{"being deployed", strings.Repeat("n", 64), longest},
		{"being deployed, in another script", strings.Repeat("界", 64), longest},
		{"being deployed, with signs that JSON escapes", strings.Repeat("R&D <1> ", 8), longest},
		{"being deployed, with nothing but such signs", strings.Repeat("<", 64), longest},
		{"deployed", strings.Repeat("n", 64), done},
		{"passed over", strings.Repeat("n", 64), passedOver},
	} {
		t.Run(test.name, func(t *testing.T) {
			settings := target.Example()
			// The rotation before this one passed all clusters over, and said so.
			doc := Document{Target: settings.Name, Settings: settings, Summaries: []Summary{{}}}
			doc.OldKey, doc.NewKey, doc.RotationID = keyO.String(), keyN.String(), "7a1c9f52-2a1b-4cc3-8f0e-5b8f4cf7d1e0"
			bare := len(asJSON(t, doc))
			var registries []Location // one came with each cluster
			for range MaxClusters {
				doc.Deployment.Clusters = append(doc.Deployment.Clusters, test.progress(test.cluster))
				registries = append(registries, Location{LocationRef: LocationRef{Kind: ContainerRegistry, Name: test.cluster}})
				doc.Summaries[0].ClustersSkipped = append(doc.Summaries[0].ClustersSkipped,
					newProgress(Cluster{Name: test.cluster}).Name+" (STOPPED)")
			}
			doc.ReadBack = newReadBack(registries, nil, noon)
			size := len(asJSON(t, doc))
			each := (size - bare + MaxClusters - 1) / MaxClusters
			t.Logf("%d bytes, %d of them for each of %d clusters, %d without", size, each, MaxClusters, bare)
			if each >= 300 || size >= 100*1024 {
				t.Errorf("%d bytes, %d for each cluster", size, each)
			}
		})
	}
}

// When to look again: not before Qovery's reads can be trusted, then every minute, and more
// slowly after an hour. After a start, once the slowest deployment of this rotation would be over.
func TestNextPoll(t *testing.T) {
	for _, test := range []struct {
		name              string
		updated, waveAge  time.Duration
		startedByThisLook bool
		slowest           time.Duration // so far
		want              time.Duration
	}{
		{"a deployment was started", time.Hour, 0, true, 0, time.Minute},
		{"the last ones took seven minutes", time.Hour, 0, true, 7 * time.Minute, 7 * time.Minute},
		{"the last ones took half a minute", time.Hour, 0, true, 30 * time.Second, time.Minute},
		{"longer than a deployment may stay invisible", time.Hour, 0, true, time.Hour, observeWithin},
		{"a deployment was started late", day, 5 * time.Hour, true, 0, 5 * time.Minute},
		{"late, and the last ones took seven minutes", day, 5 * time.Hour, true, 7 * time.Minute, 7 * time.Minute},
		{"the last PUT is younger than a minute", 20 * time.Second, 0, false, 0, 40 * time.Second},
		{"the last PUT is a minute old", time.Minute, 0, false, 0, time.Minute},
		{"in the wave's first hour", 3 * time.Hour, time.Hour - 1, false, 7 * time.Minute, time.Minute},
		{"after it", 3 * time.Hour, time.Hour, false, 0, 5 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &look{claim: &claim{guard: Guard{Clock: &stoppedClock{noon}}}, started: test.startedByThisLook}
			doc := &Document{UpdatedAt: ago(test.updated)}
			doc.Deployment.Clusters = []ClusterProgress{{}, {Took: target.Duration(test.slowest)}, {}}
			if got := l.nextPoll(doc, ago(test.waveAge)).Sub(noon); got != test.want {
				t.Errorf("looks again in %s, want %s", got, test.want)
			}
		})
	}
}

// The grace period begins with the last PUT or the last deployment, whichever is later.
func TestGraceEnds(t *testing.T) {
	ended := func(times ...time.Duration) (list []ClusterProgress) {
		for i, d := range times {
			list = append(list, ClusterProgress{ID: fmt.Sprint(i), DoneAt: ago(d)})
		}
		return append(list, ClusterProgress{ID: "skipped", Skipped: "STOPPED"})
	}
	for _, test := range []struct {
		name     string
		r        *Record
		clusters []ClusterProgress
		want     time.Duration // before noon it began
	}{
		{"the last deployment is later", record(done(Update, 3*time.Hour)), ended(2*time.Hour, time.Hour), time.Hour},
		{"the last PUT is later", record(done(Update, time.Minute)), ended(2*time.Hour, time.Hour), time.Minute},
		{"all clusters are passed over", record(done(Update, time.Hour)), ended(), time.Hour},
		{"a person put the new key there", record(done(Deploy, time.Hour)), ended(2 * time.Hour), time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := &Document{Settings: target.Default(), Deployment: Deployment{Clusters: test.clusters}}
			if want, got := ago(test.want).Add(2*time.Hour), doc.graceEnds(*test.r); !got.Equal(want) {
				t.Errorf("ends at %s, want %s", got, want)
			}
		})
	}
}
