package lab

import (
	"context"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// deliberate is a Qovery that is slow to answer that a cluster is pointed.
type deliberate struct {
	rotation.Qovery
	world *World
	takes time.Duration
}

type deliberateOrganization struct {
	rotation.Organization
	deliberate
}

func (q deliberate) Open(ctx context.Context, t target.Target) (rotation.Organization, error) {
	organization, err := q.Qovery.Open(ctx, t)
	return deliberateOrganization{organization, q}, err
}

func (o deliberateOrganization) Point(ctx context.Context, id string, at rotation.LocationRef) error {
	err := o.Organization.Point(ctx, id, at)
	o.world.Sleep(o.takes)
	return err
}

// TestJudgeSeesClustersThatAreDeployedLate: a minute after they are pointed, and where the
// function is killed, a minute after the next one is at work. What doesn't answer excuses
// the migration.
func TestJudgeSeesClustersThatAreDeployedLate(t *testing.T) {
	t.Parallel()
	killed := `fault "qovery.POST /cluster/cloudProviderInfo#1" kill-after`
	for name, test := range map[string]struct {
		takes  time.Duration
		before string // the migration
		late   string
	}{
		"in time":                {takes: 50 * time.Second},
		"late":                   {61 * time.Second, "", "staging-1 pointed for 1m1s at credentials that no deployment"},
		"killed":                 {40 * time.Second, killed, ""},
		"killed, and late after": {95 * time.Second, killed, "and may for 6m30s"},
		"without an answer":      {61 * time.Second, `fault "qovery.POST /cluster/deploy#1" fail-before`, ""},
		"an answer that is none": {61 * time.Second, "qovery answers 503 POST /deploy\nafter 3m qovery recovers", ""},
	} {
		setup := Setup{Clusters: 1, Prompt: true, Through: func(w *World, p *Ports) {
			p.Qovery = deliberate{p.Qovery, w, test.takes}
		}}
		result := playText(t, setup, "add credentials role\n"+test.before+"\nmigrate staging-1\nuntil ended")
		late := strings.Join(result.World.Judge.LatePointings(), "\n")
		if !strings.Contains(late, test.late) || (late == "") != (test.late == "") {
			t.Errorf("%s: the judge says %q, not %q", name, late, test.late)
		}
		if !strings.Contains(result.Told, late) {
			t.Errorf("%s: the scenario doesn't say so:\n%s", name, result.Told)
		}
	}
}
