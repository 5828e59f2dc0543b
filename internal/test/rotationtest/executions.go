package rotationtest

import (
	"fmt"
	"testing"

	"qovery-key-rotation/internal/rotation"
)

// Engine runs executions for the suite to ask about.
type Engine struct {
	Executions rotation.Executions
	// Start begins an execution that runs until Stop, and returns its ARN.
	Start func(t *testing.T) string
	Stop  func(t *testing.T, arn string)
	// Unknown is the ARN of an execution that never was.
	Unknown string
}

// Executions holds the view of executions against its contract.
func Executions(t *testing.T, host Host, open func(t *testing.T) Engine) {
	engine := open(t)
	want := func(arn string, state rotation.ExecutionState) {
		t.Helper()
		host.eventually(t, func() string {
			found, err := engine.Executions.State(t.Context(), arn)
			if err != nil || found != state {
				return fmt.Sprintf("%s, %v, want %s", found, err, state)
			}
			return ""
		})
	}
	want(engine.Unknown, rotation.ExecutionUnknown)
	first, second := engine.Start(t), engine.Start(t)
	want(first, rotation.ExecutionRunning)
	want(second, rotation.ExecutionRunning)
	engine.Stop(t, first)
	want(first, rotation.ExecutionEnded)
	want(second, rotation.ExecutionRunning)
	engine.Stop(t, second)
	want(second, rotation.ExecutionEnded)
	want(engine.Unknown, rotation.ExecutionUnknown)
}
