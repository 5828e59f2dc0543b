package rotation_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// A dry run says what would refuse the rotation.
func TestADryRunNamesTheRegion(t *testing.T) {
	scenario := lab.Scenario{Script: func(w *lab.World) { begin(w, "dry-run", `, "dryRun": true`).Wait() }}
	result := play(t, scenario, lab.Setup{Denied: []string{"us-east-1"}})
	var doc rotation.Document
	if err := json.Unmarshal(result.Last.Output(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Plan.Refused != string(rotation.RegionNotSearchable) || doc.Plan.Would != "" {
		t.Errorf("the plan is %+v", doc.Plan)
	}
	for _, part := range []string{"us-east-1", "service control policy", "Allow cloudtrail:LookupEvents"} {
		if !strings.Contains(doc.Plan.Because, part) {
			t.Errorf("%q is missing in: %s", part, doc.Plan.Because)
		}
	}
}

// Only what is about the key says where to look: the regions of its clusters and of
// the ECR registries that hold it.
func TestRegionsAreThoseOfTheKey(t *testing.T) {
	scenario := lab.Scenario{Script: func(w *lab.World) { begin(w, "rotation", "").Wait() }}
	setup := lab.Setup{Registries: true, OtherClouds: []string{"SCALEWAY_CR", "GCP_ARTIFACT_REGISTRY", "DOCKER_HUB"}}
	var doc rotation.Document
	if err := json.Unmarshal(play(t, scenario, setup).Last.Output(), &doc); err != nil {
		t.Fatal(err)
	}
	if want := []string{"eu-west-3", "us-east-1"}; !slices.Equal(doc.Deployment.Regions, want) {
		t.Errorf("uses are looked for in %v, want %v", doc.Deployment.Regions, want)
	}
}

// A rotation that is carried on is refused as well, before its clusters are
// deployed once more, and goes through once the region can be searched. One whose
// old key is gone has nothing to look for.
func TestCarriedOnIntoADeniedRegion(t *testing.T) {
	for name, test := range map[string]struct {
		gone bool
		ends string
		path string
	}{
		"the old key is there": {false, "FAILED " + string(rotation.RegionNotSearchable), "Preflight"},
		"the old key is gone":  {true, "SUCCEEDED", "Preflight DeployClusters Complete RotationComplete"},
	} {
		t.Run(name, func(t *testing.T) {
			scenario := lab.Scenario{Script: func(w *lab.World) {
				run := begin(w, "rotation-1", "")
				run.UntilIn("GracePeriod")
				run.Stop()
				w.Trail.Denied = []string{"eu-west-3"}
				if test.gone {
					w.IAM.DeleteByHand(lab.UserName, w.OldKey.ID)
				}
				w.Sleep(24 * time.Hour)
				begin(w, "rotation-2", "").Wait()
				if !test.gone {
					w.Trail.Denied = nil
					begin(w, "rotation-3", "").Wait()
				}
			}}
			w := play(t, scenario, lab.Setup{}).World
			if run := w.Runs()[1]; run.Outcome() != test.ends || stops(run.Path()) != test.path {
				t.Errorf("ends %s after %s: %s", run.Outcome(), stops(run.Path()), run.Cause())
			}
			if !oneKeyLeft(w) {
				t.Errorf("left is %s", whatIsLeft(w))
			}
			requireNoHarm(t, w)
		})
	}
}

// lookedUp is a CloudTrail that notes from when on it is searched.
type lookedUp struct {
	rotation.Trail
	since *time.Time
}

func (l lookedUp) LatestUses(_ context.Context, _ rotation.KeyID, since time.Time, _ []string) ([]rotation.Use, error) {
	*l.since = since
	return nil, nil
}

// CloudTrail refuses to search from a time that is yet to come, and the clock that
// asks may be minutes ahead of its own.
func TestProofsAskForThePast(t *testing.T) {
	w, err := lab.NewWorld(lab.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Timeline.Close()
	var since time.Time
	needs := rotation.Needs{Usage: w.IAM, Trail: lookedUp{w.Trail, &since}, Staging: w.SSM}
	if _, err := needs.Prove(t.Context(), lab.UserName, w.OldKey.ID, nil, nil, lab.Beginning); err != nil {
		t.Fatal(err)
	}
	if ahead := lab.Beginning.Sub(since); ahead < 5*time.Minute {
		t.Errorf("the search begins %s before now", ahead)
	}
}
