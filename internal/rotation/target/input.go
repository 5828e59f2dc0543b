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
	Abort  bool   `json:"abort,omitzero"` // after a StopExecution: bring the old key back and end held

	GracePeriod       *Duration `json:"gracePeriod,omitzero"`
	IdleFor           *Duration `json:"idleFor,omitzero"`
	MaxGraceExtension *Duration `json:"maxGraceExtension,omitzero"`
	ObservationPeriod *Duration `json:"observationPeriod,omitzero"`
	DeploymentTimeout *Duration `json:"deploymentTimeout,omitzero"`
}

const inputExample = `{"target": "production"}`

// exampleInput has right values, which the mistakes show.
func exampleInput() Input {
	longer := Duration(4 * time.Hour)
	return Input{
		Target: "production", DryRun: true, Abort: true, GracePeriod: &longer, IdleFor: &longer,
		MaxGraceExtension: &longer, ObservationPeriod: &longer, DeploymentTimeout: &longer,
	}
}

// ParseInput reads an execution's input strictly. Whoever wants to know what an
// execution works on asks it: an input that it refuses works on no target.
func ParseInput(data json.RawMessage) (Input, error) {
	var input Input
	if mistakes := strictjson.Read("", data, &input, exampleInput()); len(mistakes) > 0 {
		return Input{}, fault.Errorf(fault.InvalidInput, "The execution's input is not valid: %s. A right one is %s",
			strings.ReplaceAll(strictjson.Err(mistakes).Error(), "\n", "; "), inputExample)
	}
	if !IsName(input.Target) {
		return Input{},
			fault.Errorf(fault.InvalidInput, "The execution's input names no target in \"target\". A right one is %s",
				inputExample)
	}
	return input, nil
}

// Apply returns the target with the input's longer timings.
func (in Input) Apply(target Target) (Target, error) {
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
				strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return target, nil
}
