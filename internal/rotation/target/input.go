package target

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/strictjson"
)

// Input is what starts an execution: {"target": "production"}, and optionally
// what follows. Input can lengthen a protection, never shorten it.
type Input struct {
	Target string `json:"target"`
	DryRun bool   `json:"dryRun,omitzero"`
	Abort  bool   `json:"abort,omitzero"` // after a StopExecution: bring the old key back and end paused

	// Scheduled: no person started it, so it ends as NotDue where the key is young.
	Scheduled bool `json:"scheduled,omitzero"`
	// Key is the whole id of the key that it came for. It ends as NotDue once Qovery
	// no longer holds that, and never resumes another execution's rotation.
	Key string `json:"key,omitzero"`
	// NotBefore is when it begins; until then it waits and holds nothing. A day ahead at most.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Leaked is the key that a person says has leaked. For that key alone, protections
	// are shortened.
	Leaked *Leaked `json:"leaked,omitzero"`

	// Retire is the whole id of a key that nothing in Qovery holds, to be deleted.
	Retire string `json:"retire,omitzero"`

	// MigrateTo names the credentials, by their id or name, to which the clusters are moved
	// that use the key. First is the cluster that is moved before all others, which soaks
	// as each wave after it does.
	MigrateTo string    `json:"migrateTo,omitzero"`
	First     string    `json:"first,omitzero"`
	Soak      *Duration `json:"soak,omitzero"`

	GracePeriod       *Duration `json:"gracePeriod,omitzero"`
	IdleFor           *Duration `json:"idleFor,omitzero"`
	MaxGraceExtension *Duration `json:"maxGraceExtension,omitzero"`
	ObservationPeriod *Duration `json:"observationPeriod,omitzero"`
	DeploymentTimeout *Duration `json:"deploymentTimeout,omitzero"`
}

// Leaked names a key that leaked, and when it goes out of service.
type Leaked struct {
	Key string `json:"key"` // the whole id
	How How    `json:"how"`
}

// How says when a key that leaked goes out of service.
type How string

// A key that leaked goes out of service once every cluster was deployed with another
// one, or as soon as no location holds it any more: until they are deployed, what the
// clusters do with it fails.
const (
	AfterDeployment How = "afterDeployment"
	AtOnce          How = "atOnce"
)

const inputExample = `{"target": "production"}`

// exampleInput has right values, which the mistakes show.
func exampleInput() Input {
	longer := Duration(4 * time.Hour)
	return Input{
		Target: "production", DryRun: true, Abort: true, GracePeriod: &longer, IdleFor: &longer,
		MaxGraceExtension: &longer, ObservationPeriod: &longer, DeploymentTimeout: &longer,
		Scheduled: true, Key: "AKIAIOSFODNN7EXAMPLE", NotBefore: time.Date(2026, 1, 13, 8, 0, 0, 0, time.UTC),
		MigrateTo: "aws-role", First: "staging", Soak: &longer,
		Retire: "AKIAIOSFODNN7EXAMPLE", Leaked: &Leaked{"AKIAIOSFODNN7EXAMPLE", AfterDeployment},
	}
}

// ParseInput reads an execution's input strictly. Whoever wants to know what an
// execution works on asks it: an input that it refuses works on no target.
func ParseInput(data json.RawMessage) (Input, error) {
	var input Input
	problem := ""
	mistakes := strictjson.Read("", data, &input, exampleInput())
	switch {
	case len(mistakes) > 0:
		problem = "is not valid: " + strictjson.Line(strictjson.Err(mistakes))
	case !IsName(input.Target):
		problem = `names no target in "target"`
	case (input.Abort || input.DryRun || input.Leaked != nil) &&
		(input.Scheduled || input.Key != "" || !input.NotBefore.IsZero()):
		problem = "has scheduled, key or notBefore beside abort, dryRun or leaked, which are a person's, for now"
	case input.Retire != "" && input.isOfRotation():
		problem = "has more beside retire than dryRun and observationPeriod"
	case input.MigrateTo != "" && input.isOfOthers():
		problem = "has more beside migrateTo than dryRun, first, soak and deploymentTimeout"
	case input.MigrateTo == "" && (input.First != "" || input.Soak != nil):
		problem = "has first or soak without migrateTo"
	case input.Abort && input.Leaked != nil:
		problem = "has leaked beside abort"
	case input.Leaked != nil && input.Leaked.Key == "":
		problem = `names no key in "leaked"`
	case input.Leaked != nil && input.Leaked.How != AfterDeployment && input.Leaked.How != AtOnce:
		problem = `has under "how" in "leaked" neither afterDeployment nor atOnce`
	default:
		return input, nil
	}
	return Input{}, fault.Errorf(fault.InvalidInput, "The execution's input %s. A right one is %s", problem, inputExample)
}

// isOfRotation: the input has what only a rotation knows, or an abort.
func (in Input) isOfRotation() bool {
	in.Target, in.DryRun, in.ObservationPeriod, in.Retire = "", false, nil, ""
	return in != Input{}
}

// isOfOthers: the input has what a migration doesn't know, or an abort.
func (in Input) isOfOthers() bool {
	in.Target, in.DryRun, in.DeploymentTimeout, in.MigrateTo, in.First, in.Soak = "", false, nil, "", "", nil
	return in != Input{}
}

// Apply returns the target with the input's longer timings, or a retirement's.
func (in Input) Apply(target Target) (Target, error) {
	if in.Retire != "" {
		return in.retire(target)
	}
	if in.Soak != nil && (*in.Soak < Soak || *in.Soak > longestSoak) {
		return Target{}, fault.Errorf(fault.InvalidInput, "soak %s is not %s to %s", in.Soak, Soak, longestSoak)
	}
	var shorter []string
	lengthen := func(field string, value *Duration, wanted *Duration) {
		switch {
		case wanted == nil:
		case *wanted < *value:
			shorter = append(shorter, fmt.Sprintf("%s %s is shorter than the target's %s", field, wanted, value))
		default:
			*value = *wanted
		}
	}
	lengthen("gracePeriod", &target.GracePeriod, in.GracePeriod)
	lengthen("idleFor", &target.IdleFor, in.IdleFor)
	lengthen("maxGraceExtension", &target.MaxGraceExtension, in.MaxGraceExtension)
	lengthen("observationPeriod", &target.ObservationPeriod, in.ObservationPeriod)
	lengthen("deploymentTimeout", &target.DeploymentTimeout, in.DeploymentTimeout)
	if len(shorter) > 0 {
		return Target{},
			fault.Errorf(fault.InvalidInput, "An execution may lengthen a period and never shorten it: %s",
				strings.Join(shorter, "; "))
	}
	if err := target.Check(); err != nil {
		return Target{},
			fault.Errorf(fault.InvalidInput, "With the execution's input the target is not valid: %s",
				strictjson.Line(err))
	}
	if in.MigrateTo != "" {
		target.ObservationPeriod = Soak
	}
	if in.Soak != nil {
		target.ObservationPeriod = *in.Soak
	}
	return target, nil
}

// Soak is how long the clusters of a wave run with a role before the next one is moved,
// if the input doesn't say more.
const (
	Soak        = Duration(time.Hour)
	longestSoak = Duration(7 * 24 * time.Hour)
)

// UnusedFor is how long a key must have been unused to be retired.
const UnusedFor = Duration(14 * 24 * time.Hour)

// retire returns the target with the timings of a retirement: the key has been unused
// for two weeks, and stays Inactive for one. It deploys nothing.
func (in Input) retire(target Target) (Target, error) {
	const day = Duration(24 * time.Hour)
	target.IdleFor, target.MaxGraceExtension, target.ObservationPeriod = UnusedFor, 0, 7*day
	target.Verification = VerifyNone
	if in.ObservationPeriod != nil {
		target.ObservationPeriod = *in.ObservationPeriod
	}
	if target.ObservationPeriod < day || target.ObservationPeriod > 30*day {
		return Target{}, fault.Errorf(fault.InvalidInput, "observationPeriod %s is not 24h to 720h, as a retirement's is",
			target.ObservationPeriod)
	}
	return target, nil
}
