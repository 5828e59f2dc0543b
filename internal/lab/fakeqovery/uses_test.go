package fakeqovery

import (
	"strings"
	"testing"
	"time"
)

// After the cluster's deployment with the new key, deployments of applications
// go on with the old one, for up to two hours and not longer.
func TestApplicationDeploymentsKeepTheirKeyForTwoHours(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, func(c *Config) { c.Seed = seed })
		w.AddCluster(Cluster{ID: "apps", Name: "apps", CredentialsID: "cred", Applications: true})
		w.after(6 * time.Hour).putNew()
		w.Deploy("apps")
		w.after(7*time.Minute + 5*time.Second)
		if w.RunningKey("apps") != "NEW" {
			t.Fatal("the cluster does not run with the new key")
		}
		last := time.Duration(0)
		for minutes := range 240 {
			if strings.Contains(w.uses(), "application deployment on apps=OLD") {
				last = time.Duration(minutes) * time.Minute
			}
			w.after(time.Minute)
		}
		if last < 30*time.Minute || last >= 2*time.Hour {
			t.Errorf("seed %d: the old key was used for %s more", seed, last)
		}
	}
}

// Over many clusters, somebody uses the old key until just before the two hours.
func TestSomeApplicationDeploymentsTakeTwoHours(t *testing.T) {
	w := newWorld(t)
	for _, id := range strings.Split("abdefghijklmnopqrstuvwxyz", "") {
		w.AddCluster(Cluster{ID: id, Name: id, CredentialsID: "cred", Applications: true})
	}
	w.after(6 * time.Hour).putNew()
	for _, id := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		w.Deploy(id)
	}
	w.after(7*time.Minute + 5*time.Second)
	if w.after(110 * time.Minute); !strings.Contains(w.uses(), "=OLD") {
		t.Error("nobody uses the old key after 110 minutes")
	}
	if w.after(10 * time.Minute); strings.Contains(w.uses(), "=OLD") {
		t.Error("somebody uses the old key after 120 minutes")
	}
}

func TestApplicationsAreNotDeployedOnStoppedClusters(t *testing.T) {
	w := newWorld(t)
	w.AddCluster(Cluster{ID: "apps", Name: "apps", CredentialsID: "cred", Applications: true})
	w.after(3 * time.Hour)
	if !strings.Contains(w.uses(), "application deployment on apps") {
		t.Error("there are no deployments of applications")
	}
	w.Stop("apps")
	w.after(3 * time.Hour).wantUses("cluster c=OLD")
}

func TestSeedsDecide(t *testing.T) {
	day := func(seed uint64) string {
		w := newWorld(t, func(c *Config) { c.Seed = seed })
		w.AddCluster(Cluster{ID: "apps", Name: "apps", CredentialsID: "cred", Applications: true})
		var all strings.Builder
		for range 24 * 12 {
			all.WriteString(w.after(5*time.Minute).uses() + "\n")
		}
		return all.String()
	}
	if first, again := day(1), day(1); first != again {
		t.Error("the same seed leads to different days")
	}
	if day(1) == day(2) {
		t.Error("two seeds lead to the same day")
	}
}

// A minute of a world of 250 clusters, which there are 130,000 of in 90 days.
func BenchmarkEachUse(b *testing.B) {
	now := start
	s := New(DefaultConfig(func() time.Time { return now }))
	s.AddCredentials(Credentials{ID: "cred", Name: "prod", Key: Key{"OLD", oldSecret}})
	for i := range 250 {
		id := "c" + string(rune('0'+i))
		s.AddCluster(Cluster{ID: id, Name: id, CredentialsID: "cred", Applications: true})
	}
	uses := 0
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Minute)
		s.EachUse(now, func(string, string) { uses++ })
	}
	b.ReportMetric(float64(uses)/float64(b.N), "uses/op")
}

func TestEachUseDoesNotAllocate(t *testing.T) {
	w := newWorld(t)
	for _, id := range strings.Split("abdefghij", "") {
		w.AddCluster(Cluster{ID: id, Name: id, CredentialsID: "cred", Applications: true})
	}
	w.after(48 * time.Hour).Uses(w.now) // until no list grows any more
	uses := 0
	if allocated := testing.AllocsPerRun(1000, func() {
		w.after(time.Minute)
		w.EachUse(w.now, func(string, string) { uses++ })
	}); allocated > 0 {
		t.Errorf("%v allocations a minute", allocated)
	}
	if uses < 10_000 {
		t.Errorf("%d uses", uses)
	}
}
