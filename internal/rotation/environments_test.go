package rotation

import (
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// TestFailedOn: which last deployments stop a migration.
func TestFailedOn(t *testing.T) {
	done := noon
	of := func(state string, after time.Duration) Environment {
		return Environment{Name: "shop/main", Cluster: "staging", State: state, DeployedAt: done.Add(after)}
	}
	for name, test := range map[string]struct {
		environment Environment
		accepted    time.Duration // failures until then, after the move, a person knows of
		counts      bool
	}{
		"a success":                     {environment: of("DEPLOYED", time.Minute)},
		"a deployment under way":        {environment: of("DEPLOYING", time.Minute)},
		"a build that failed":           {environment: of("BUILD_ERROR", time.Minute)},
		"a failure":                     {environment: of("DEPLOYMENT_ERROR", time.Minute), counts: true},
		"a restart that failed":         {environment: of("RESTART_ERROR", time.Minute), counts: true},
		"a state that isn't known":      {environment: of("PUZZLED", time.Minute), counts: true},
		"a failure before the move":     {environment: of("DEPLOYMENT_ERROR", -time.Minute)},
		"a failure that a person knows": {environment: of("DEPLOYMENT_ERROR", time.Minute), accepted: time.Minute},
		"another one after that":        {of("DEPLOYMENT_ERROR", 2*time.Minute), time.Minute, true},
		"a success without a time":      {environment: Environment{Cluster: "staging", State: "READY"}},
	} {
		m := Migration{Moves: map[string]Move{"staging": {Done: done}}}
		if test.accepted > 0 {
			m.Reported, m.Accepted = done.Add(test.accepted), done.Add(test.accepted)
		}
		failed, err := m.failedOn([]Environment{test.environment})
		if err != nil || len(failed) == 1 != test.counts {
			t.Errorf("%s: %+v, %v", name, failed, err)
		}
	}
	var m Migration
	_, err := m.failedOn([]Environment{{Name: "shop/main", State: "DEPLOYMENT_ERROR"}})
	wantCode(t, err, fault.MalformedAnswer)
}

// TestFailuresOpen: between a report and the resumption, alone.
func TestFailuresOpen(t *testing.T) {
	m := Migration{}
	if m.FailuresOpen() {
		t.Error("nothing was reported")
	}
	if m.Reported = noon; !m.FailuresOpen() {
		t.Error("what was reported isn't open")
	}
	if m.takeUp(nil, keyO); m.FailuresOpen() || !m.Accepted.Equal(noon) {
		t.Errorf("it was resumed: %+v", m)
	}
}
