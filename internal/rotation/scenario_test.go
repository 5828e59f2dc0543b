package rotation_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/simulator"
)

// Where a scenario leaves the world. Keys are numbered as they were created: the
// first is the old one.
const (
	oldDeleted    = "key 2 Active and held"
	nothingDone   = "key 1 Active and held"
	heldBoth      = "key 1 Active, key 2 Active and held, record open"
	userHasTwo    = "key 1 Active and held, key 2 Active"
	replacedTwice = "key 3 Active and held"
)

const (
	toGrace = "Preflight CreateKey VerifyKey UpdateCredentials DeployClusters GracePeriod"
	toEnd   = "CheckUsage DeactivateKey ObservationPeriod VerifyDeployment DeleteKey Complete RotationComplete"
	whole   = toGrace + " " + toEnd
	carryOn = "Preflight DeployClusters GracePeriod " + toEnd
)

// stories are what each scenario's executions go through, polls and choices
// aside, and where they leave the world.
var stories = map[string]struct {
	paths []string
	ends  string
}{
	"plain":                        {[]string{whole}, oldDeleted},
	"long-application-deployments": {[]string{whole}, oldDeleted},
	"slow-propagation":             {[]string{whole}, oldDeleted},
	"key-never-works":              {[]string{"Preflight CreateKey VerifyKey DiscardKey RotationAborted"}, nothingDone},
	"deployment-fails-once":        {[]string{whole}, oldDeleted},
	"deployment-keeps-failing":     {[]string{whole}, oldDeleted},
	"invalid-credentials":          {[]string{"Preflight CreateKey VerifyKey UpdateCredentials DeployClusters", carryOn}, oldDeleted},
	"deployment-not-observed":      {[]string{"Preflight CreateKey VerifyKey UpdateCredentials DeployClusters"}, heldBoth},
	"deployment-under-way":         {[]string{whole}, oldDeleted},
	"deployment-in-between":        {[]string{whole}, oldDeleted},
	"old-key-in-use":               {[]string{toGrace + " CheckUsage"}, heldBoth},
	"old-key-in-use-for-a-while":   {[]string{whole}, oldDeleted},
	"verification-fails":           {[]string{toGrace + " CheckUsage DeactivateKey ObservationPeriod VerifyDeployment ReactivateKey RotationHeld"}, heldBoth},
	"two-keys":                     {[]string{"Preflight"}, userHasTwo},
	"create-answer-lost":           {[]string{whole}, replacedTwice},
	"parameters-throttled":         {[]string{"Preflight CreateKey DiscardKey RotationAborted"}, nothingDone},
	"secrets-not-staged":           {[]string{"Preflight CreateKey DiscardKey RotationAborted"}, nothingDone},
	"put-lands-late":               {[]string{whole}, oldDeleted},
	"update-refused":               {[]string{"Preflight CreateKey VerifyKey UpdateCredentials DiscardKey RotationAborted"}, nothingDone},
	"aborted-in-grace":             {[]string{toGrace, carryOn}, oldDeleted},
	"aborted-for-90-days":          {[]string{toGrace, strings.TrimSuffix(carryOn, "RotationComplete") + whole}, replacedTwice},
	"abort-while-inactive":         {[]string{toGrace + " CheckUsage DeactivateKey ObservationPeriod", "Preflight RestoreOldKey RotationHeld"}, heldBoth},
	"old-key-deactivated-by-hand":  {[]string{toGrace + " CheckUsage DeactivateKey " + toEnd}, oldDeleted}, // the usage check is stale by then
	"old-key-deleted-by-hand":      {[]string{whole}, oldDeleted},
	"second-execution":             {[]string{whole, "Preflight AlreadyRunning"}, oldDeleted},
	"redriven-after-takeover":      {[]string{"Preflight CreateKey VerifyKey UpdateCredentials DeployClusters", carryOn}, oldDeleted},
	"registry-with-cluster":        {[]string{whole}, oldDeleted},
	"helm-repository":              {[]string{whole}, oldDeleted},
	"route53-provider":             {[]string{"Preflight"}, nothingDone},
	"partial-update":               {[]string{"Preflight CreateKey VerifyKey UpdateCredentials", "Preflight VerifyKey UpdateCredentials DeployClusters GracePeriod " + toEnd}, oldDeleted},
	"cloudtrail-throttled":         {[]string{toGrace + " CheckUsage"}, heldBoth},
	"stopped-cluster":              {[]string{whole}, oldDeleted},
	"every-cluster-stopped":        {[]string{whole}, oldDeleted},
	"forty-clusters":               {[]string{whole}, oldDeleted},
	"dry-run":                      {[]string{"Preflight PlanReported"}, nothingDone},
}

// TestLongApplicationsExtendTheGrace: what that scenario is there for.
func TestLongApplicationsExtendTheGrace(t *testing.T) {
	scenario, _ := simulator.Find("long-application-deployments")
	for seed := range uint64(5) {
		setup := scenario.Setup
		setup.Seed = seed
		if path := play(t, scenario, setup).Last.Path(); !slices.Contains(path, "ExtendGrace") {
			t.Errorf("seed %d: the grace period is not extended: %v", seed, path)
		}
	}
}

func TestScenarios(t *testing.T) {
	for _, scenario := range simulator.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			story, told := stories[scenario.Name]
			if !told {
				t.Fatal("no story is told of this scenario")
			}
			for seed := range uint64(3) {
				setup := scenario.Setup
				setup.Seed = seed
				result := play(t, scenario, setup)
				if result.Outcome != scenario.Ends {
					t.Errorf("seed %d: ends with %s, want %s: %s", seed, result.Outcome, scenario.Ends, result.Last.Cause())
				}
				var paths []string
				for _, run := range result.World.Runs() {
					paths = append(paths, stops(run.Path()))
				}
				if !slices.Equal(paths, story.paths) {
					t.Errorf("seed %d: goes through\n%s\nwant\n%s", seed, strings.Join(paths, "\n"), strings.Join(story.paths, "\n"))
				}
				if left := whatIsLeft(result.World); left != story.ends {
					t.Errorf("seed %d: leaves %s, want %s", seed, left, story.ends)
				}
				requireNoHarm(t, result.World)
			}
		})
	}
}

// TestSummariesClaimNoMore: a summary says of the old key what the rotation did to
// it, and of the clusters what was deployed.
func TestSummariesClaimNoMore(t *testing.T) {
	summary := func(name string) rotation.Summary {
		scenario, _ := simulator.Find(name)
		result := play(t, scenario, scenario.Setup)
		var doc rotation.Document
		if err := json.Unmarshal(result.Last.Output(), &doc); err != nil || len(doc.Summaries) != 1 {
			t.Fatalf("%s: %v, %s", name, err, result.Last.Output())
		}
		return doc.Summaries[0]
	}
	if s := summary("old-key-deleted-by-hand"); !s.OldKeyInactiveAt.IsZero() || !s.OldKeyDeletedAt.IsZero() {
		t.Errorf("a person deleted the key, and the rotation says that it made it Inactive %s, and deleted it %s", s.OldKeyInactiveAt, s.OldKeyDeletedAt)
	}
	if s := summary("every-cluster-stopped"); s.ClustersDeployed != 0 || s.Verification != rotation.VerifyNone {
		t.Errorf("%d clusters were deployed, and the verification was %s", s.ClustersDeployed, s.Verification)
	}
	if s := summary("plain"); s.OldKeyInactiveAt.IsZero() || s.OldKeyDeletedAt.IsZero() || s.ClustersDeployed != 2 || s.Verification != rotation.VerifyCanary {
		t.Errorf("the plain rotation says %+v", s)
	}
}
