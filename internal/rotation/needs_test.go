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
	"qovery-key-rotation/internal/rotation/fault"
)

// A dry run says what would refuse the rotation.
func TestADryRunNamesTheRegion(t *testing.T) {
	result := play(t, scenario("dry-run"), lab.Setup{Denied: []string{"us-east-1"}})
	var doc rotation.Document
	if err := json.Unmarshal(result.Last.Output(), &doc); err != nil {
		t.Fatal(err)
	}
	if a := doc.Plan.Advice; a == nil || !strings.HasPrefix(a.First.String(), "Allow cloudtrail:LookupEvents") {
		t.Errorf("the advice is %v", a)
	}
	if doc.Plan.Refused != string(fault.RegionNotSearchable) || doc.Plan.Would != "" {
		t.Errorf("the plan is %+v", doc.Plan)
	}
	for _, part := range []string{"us-east-1", "service control policy"} {
		if !strings.Contains(doc.Plan.Because.String(), part) {
			t.Errorf("%q is missing in: %s", part, doc.Plan.Because)
		}
	}
}

// Only what is about the key says where to look: the regions of its clusters and of
// the ECR registries that hold it.
func TestRegionsAreThoseOfTheKey(t *testing.T) {
	setup := lab.Setup{Registries: true, OtherClouds: []string{"SCALEWAY_CR", "GCP_ARTIFACT_REGISTRY", "DOCKER_HUB"}}
	var doc rotation.Document
	if err := json.Unmarshal(play(t, scenario("plain"), setup).Last.Output(), &doc); err != nil {
		t.Fatal(err)
	}
	if want := []string{"eu-west-3", "us-east-1"}; !slices.Equal(doc.Deployment.Regions, want) {
		t.Errorf("uses are looked for in %v, want %v", doc.Deployment.Regions, want)
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
