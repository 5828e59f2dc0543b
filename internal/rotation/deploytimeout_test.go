package rotation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation/target"
)

// shortestTimeout is the shortest deploymentTimeout, in whole minutes, that a
// target with so many attempts may have.
func shortestTimeout(t *testing.T, of target.Target, attempts int) target.Duration {
	t.Helper()
	of.MaxDeployAttempts = attempts
	for timeout := time.Minute; timeout <= 12*time.Hour; timeout += time.Minute {
		of.DeploymentTimeout = target.Duration(timeout)
		if of.Check() == nil {
			return of.DeploymentTimeout
		}
	}
	t.Fatalf("no timeout is legal with %d attempts", attempts)
	return 0
}

// A deployment that nothing shows of is tried as often as the target says, and
// then the error is that nothing was seen of it, whatever the target's timeout.
func TestTheShortestTimeoutLeavesRoomForTheAttempts(t *testing.T) {
	for attempts := 1; attempts <= 5; attempts++ {
		for _, clusters := range []int{1, 250} {
			t.Run(fmt.Sprintf("%d attempts of %d clusters", attempts, clusters), func(t *testing.T) {
				p := attentive(t, lab.Setup{
					Clusters: clusters, Production: 1, DeployTime: 3 * time.Second,
					Target: func(target *target.Target) {
						target.DeploymentTimeout = shortestTimeout(t, *target, attempts)
						target.MaxDeployAttempts = attempts
					},
				})
				p.Qovery.Configure(func(c *fakeqovery.Config) { c.ChangesAt = fakeqovery.ChangesNever })
				var run *lab.Run
				p.operate(t, func() { run = p.start(); run.Wait() })
				want := fmt.Sprintf("told to deploy %d times", attempts)
				if run.Outcome() != "FAILED DeploymentNotObserved" || !strings.Contains(run.Cause(), want) {
					t.Errorf("with a timeout of %s it ends %s: %s", p.Target.DeploymentTimeout, run.Outcome(), run.Cause())
				}
				if posts := len(p.Qovery.Deployments(p.Clusters[0])); posts != attempts {
					t.Errorf("%d deployments, want %d", posts, attempts)
				}
				requireNoHarm(t, p.World)
			})
		}
	}
}

// The timeout's sentence says of each cluster what was not seen.
func TestTheTimeoutSaysWhatWasNotSeen(t *testing.T) {
	p := attentive(t, lab.Setup{Clusters: 4, Production: 1, Target: func(t *target.Target) {
		t.DeploymentTimeout, t.MaxDeployAttempts = target.Duration(30*time.Minute), 2
	}})
	late := p.Clusters[1]
	p.Qovery.Script(p.Clusters[0], fakeqovery.Succeeds().After(3*time.Hour))
	p.Qovery.Script(late, fakeqovery.Succeeds().After(27*time.Minute), fakeqovery.Ignored())
	p.Qovery.Script(p.Clusters[2], fakeqovery.Succeeds().After(3*time.Hour))
	p.OnInvoke = func(state string) lab.InvokeFault {
		if state == "UpdateCredentials" { // a person's, which may take the old key
			p.Qovery.Deploy(late)
			p.Qovery.Deploy(p.Clusters[2])
		}
		return ""
	}
	var run *lab.Run
	p.operate(t, func() { run = p.start(); run.Wait() })
	if run.Outcome() != "FAILED DeploymentTimeout" {
		t.Fatalf("ends %s: %s", run.Outcome(), run.Cause())
	}
	for _, says := range []string{
		"staging-1 (DEPLOYING, started at 08:0",
		"staging-2 (DEPLOYED, and nothing was seen of the deployment that was started at 08:2",
		"staging-3 (DEPLOYING, and not by this rotation)",
	} {
		if !strings.Contains(run.Cause(), says) {
			t.Errorf("does not say %q: %s", says, run.Cause())
		}
	}
}
