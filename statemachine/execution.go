package statemachine

import "time"

// Status is the status of an execution.
type Status string

// What an execution's status can be.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is how an execution is doing, as Step Functions describes it.
type Execution struct {
	ARN                  string
	Status               Status // PENDING_REDRIVE is RUNNING
	StartedAt, StoppedAt time.Time
	Input, Output        string
	Error, Cause         string
	// Redrivable is what Step Functions says of a failed execution, for 14 days.
	Redrivable bool
	Redrives   int
	RedrivenAt time.Time // the last time; zero: never
}

// Error names that Step Functions itself reports.
const (
	ErrorTimeout           = "States.Timeout"
	ErrorRuntime           = "States.Runtime"
	ErrorDataLimitExceeded = "States.DataLimitExceeded"
	ErrorNoChoiceMatched   = "States.NoChoiceMatched"
	ErrorResultPath        = "States.ResultPathMatchFailure"
)
