package fakeqovery

import (
	"strings"
	"testing"
	"time"
)

// A deployment takes the key when it starts, not when it is asked for, and the
// cluster runs with it when it has succeeded.
func TestDeploymentTakesTheKeyWhenItStarts(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.wantStatus("DEPLOYMENT_QUEUED")
	w.after(4 * time.Second).putNew() // still in time
	w.after(2 * time.Second).wantStatus("DEPLOYING")
	w.wantUses("cluster c=OLD, deployment of c=NEW")
	w.after(6 * time.Minute).wantUses("cluster c=OLD, deployment of c=NEW")
	w.after(time.Minute).wantStatus("DEPLOYED")
	w.wantUses("cluster c=NEW")
	if got := w.RunningKey("c"); got != "NEW" {
		t.Errorf("runs with %s", got)
	}
}

func TestDeploymentDoesNotSeeALaterKey(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.after(6 * time.Second).putNew() // a second too late, and nobody looked in between
	w.wantUses("cluster c=OLD, deployment of c=OLD")
	w.after(10 * time.Minute).wantStatus("DEPLOYED")
	w.wantUses("cluster c=OLD")
	w.deploy()
	w.after(10 * time.Minute).wantUses("cluster c=NEW")
}

func TestStatusOfADeployment(t *testing.T) {
	for name, point := range map[string]ChangePoint{"at its start": ChangesAtStart, "at its end": ChangesAtEnd} {
		w := newWorld(t, func(c *Config) { c.ChangesAt = point })
		before := w.after(time.Hour).status()
		if posted := w.deploy(); posted.Status != "DEPLOYMENT_QUEUED" || posted.LastExecutionID != before.LastExecutionID {
			t.Errorf("%s: the POST is answered %+v", name, posted)
		}
		during := w.after(time.Minute).status()
		after := w.after(time.Hour).status()
		changed := during.LastExecutionID != before.LastExecutionID
		if changed != (point == ChangesAtStart) || changed == during.LastDeployedAt.Equal(before.LastDeployedAt) {
			t.Errorf("%s: during the deployment %+v, before %+v", name, during, before)
		}
		if after.LastExecutionID == before.LastExecutionID || after.LastDeployedAt.Equal(before.LastDeployedAt) ||
			!during.IsDeployed {
			t.Errorf("%s: after the deployment %+v, before %+v", name, after, before)
		}
	}
}

// The API may leave out both of what shows that there was a deployment.
func TestADeploymentThatDoesNotShow(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ChangesAt = ChangesNever })
	before := w.after(time.Hour).status()
	w.deploy()
	if after := w.after(time.Hour).status(); after != before || after.LastExecutionID != "" ||
		!after.LastDeployedAt.IsZero() {
		t.Errorf("after the deployment %+v, before %+v", after, before)
	}
}

func TestStatusesAreStale(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.StatusLag = 10 * time.Second })
	w.after(time.Hour).deploy()
	w.after(9 * time.Second).wantStatus("DEPLOYED")
	w.after(2 * time.Second).wantStatus("DEPLOYMENT_QUEUED")
	w.after(5 * time.Second).wantStatus("DEPLOYING")
	if got := w.Status("c"); got != "DEPLOYING" {
		t.Errorf("the real status is %s", got)
	}
	w.Configure(func(c *Config) { c.StatusLag = 0 })
	w.after(7*time.Minute - 11*time.Second).wantStatus("DEPLOYED")
}

func TestOutcomes(t *testing.T) {
	tests := []struct {
		outcome    Outcome
		during     string // six minutes after the POST
		end        string // an hour after it
		key, inLog string
	}{
		{Succeeds(), "DEPLOYING", "DEPLOYED", "NEW", ""},
		{Fails("No capacity", "Ask AWS"), "DEPLOYING", "DEPLOYMENT_ERROR", "OLD", "No capacity"},
		{EndsAs("CANCELED"), "DEPLOYING", "CANCELED", "OLD", "CANCELED"},
		{EndsAs("INVALID_CREDENTIALS"), "DEPLOYING", "INVALID_CREDENTIALS", "OLD", "refuses the credentials"},
		{Succeeds().After(3 * time.Minute), "DEPLOYED", "DEPLOYED", "NEW", ""},
		{Succeeds().After(24 * time.Hour), "DEPLOYING", "DEPLOYING", "OLD", ""},
		{Ignored(), "DEPLOYED", "DEPLOYED", "OLD", ""},
	}
	for _, test := range tests {
		w := newWorld(t)
		w.putNew()
		w.Script("c", test.outcome)
		w.deploy()
		during := w.after(6 * time.Minute).status().Status
		end := w.after(54 * time.Minute).status().Status
		if during != test.during || end != test.end || w.RunningKey("c") != test.key {
			t.Errorf("%+v: %s, then %s, with %s", test.outcome, during, end, w.RunningKey("c"))
		}
		problem := ""
		for _, line := range read[logLine](w, "/cluster/c/logs") {
			if line.Error != nil {
				problem = line.Error.UserLogMessage
			}
		}
		if !strings.Contains(problem, test.inLog) || (problem == "") != (test.inLog == "") {
			t.Errorf("%+v: the log says %q", test.outcome, problem)
		}
	}
}

// Scripted outcomes are for one deployment each.
func TestScriptIsUsedUp(t *testing.T) {
	w := newWorld(t)
	w.Script("c", Fails("x", ""), Ignored())
	for _, want := range []string{"DEPLOYMENT_ERROR", "DEPLOYMENT_ERROR", "DEPLOYED"} {
		w.deploy()
		w.after(time.Hour).wantStatus(want)
	}
}

func TestPostDuringADeployment(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.after(time.Minute).putNew()
	w.deploy()
	w.wantStatus("DEPLOYING")
	w.after(6*time.Minute + 7*time.Second).wantStatus("DEPLOYMENT_QUEUED") // the first is over
	w.wantUses("cluster c=OLD")
	w.after(5 * time.Second).wantUses("cluster c=OLD, deployment of c=NEW")
	w.after(8 * time.Minute).wantUses("cluster c=NEW")
	w.wantStatus("DEPLOYED")

	deployments := w.Deployments("c")
	if len(deployments) != 2 || deployments[0].KeyID != "OLD" || deployments[1].KeyID != "NEW" ||
		!deployments[1].StartedAt.Equal(deployments[0].EndedAt.Add(5*time.Second)) || deployments[1].Status != "DEPLOYED" {
		t.Errorf("deployments %+v", deployments)
	}
}

// A key that dies ends the deployment that uses it.
func TestDeploymentWithADeadKey(t *testing.T) {
	dead := ""
	works := func(id, secret string) bool { return id != dead && (id == "OLD") == (secret == oldSecret) }
	w := newWorld(t, func(c *Config) { c.KeyWorks = works })
	w.deploy()
	w.after(3 * time.Minute).wantUses("cluster c=OLD, deployment of c=OLD")
	dead = "OLD"
	w.after(time.Minute).wantStatus("INVALID_CREDENTIALS")
	w.wantUses("cluster c=OLD") // which the world counts
	w.deploy()
	w.after(time.Minute).wantStatus("INVALID_CREDENTIALS") // as soon as it starts
	w.putNew()
	w.deploy()
	w.after(10 * time.Minute).wantStatus("DEPLOYED")
	w.wantUses("cluster c=NEW")

	w.deploy()
	w.after(time.Minute).wantUses("cluster c=NEW, deployment of c=NEW")
	dead = "NEW" // and nobody looks until the deployment should be over
	w.after(time.Hour).wantStatus("INVALID_CREDENTIALS")
}

// The right id with a wrong secret is refused as well.
func TestDeploymentWithAWrongSecret(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.KeyWorks = func(_, secret string) bool { return secret == oldSecret } })
	w.putNew()
	w.deploy()
	w.after(time.Minute).wantStatus("INVALID_CREDENTIALS")
	w.wantUses("cluster c=OLD")
}

func TestStoppedClusters(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.after(time.Minute).Stop("c")
	w.wantStatus("STOPPED")
	w.wantUses("")
	w.after(time.Hour).wantStatus("STOPPED")
	w.putNew()
	w.deploy() // wakes it
	w.after(time.Minute).wantStatus("DEPLOYING")
	w.wantUses("deployment of c=NEW")
	w.after(time.Hour).wantUses("cluster c=NEW")

	w.AddCluster(Cluster{ID: "s", Name: "s", CredentialsID: "cred", Status: "STOPPED"})
	w.wantUses("cluster c=NEW")
}

func TestWhatPeopleDo(t *testing.T) {
	w := newWorld(t)
	w.SetKey("cred", Key{"HAND", "made"})
	w.Deploy("c")
	w.after(time.Hour).wantUses("cluster c=HAND")
	w.SetStatus("c", "BUILD_ERROR")
	w.wantStatus("BUILD_ERROR")
	w.Lock("c", "upgrade", "Ada")
	if locks := read[lockJSON](w, "/lock"); len(locks) != 1 || locks[0] != (lockJSON{"c", "upgrade", w.now, "Ada", 7}) {
		t.Errorf("locks %+v", locks)
	}
	w.Unlock("c")
	if locks := read[lockJSON](w, "/lock"); len(locks) != 0 {
		t.Errorf("locks %+v", locks)
	}
}

// Whoever looks how often: what has happened by a time is the same.
func TestLookingChangesNothing(t *testing.T) {
	happen := func(looks time.Duration) []Deployment {
		w := newWorld(t, func(c *Config) { c.Seed = 7 })
		w.AddCluster(Cluster{ID: "apps", Name: "apps", CredentialsID: "cred", Applications: true})
		w.deploy()
		w.Script("c", Fails("x", ""))
		w.deploy()
		for end := start.Add(2 * time.Hour); w.now.Before(end); {
			w.after(looks)
			w.Uses(w.now)
		}
		return append(w.Deployments("c"), Deployment{Status: w.uses()})
	}
	often, rarely := happen(time.Second), happen(2*time.Hour)
	for i := range often {
		if often[i] != rarely[i] {
			t.Errorf("looking every second %+v, once %+v", often[i], rarely[i])
		}
	}
}

// TestIgnoredMaintenance: a deployment that is ignored is no one's maintenance.
func TestIgnoredMaintenance(t *testing.T) {
	w := newWorld(t)
	w.Script("c", Ignored())
	w.Maintain("c")
	if n := len(w.Deployments("c")); n != 0 {
		t.Errorf("%d deployments", n)
	}
}
