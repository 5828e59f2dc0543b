package statemachine

// Error names that Step Functions itself reports.
const (
	ErrorTimeout           = "States.Timeout"
	ErrorRuntime           = "States.Runtime"
	ErrorDataLimitExceeded = "States.DataLimitExceeded"
	ErrorNoChoiceMatched   = "States.NoChoiceMatched"
	ErrorResultPath        = "States.ResultPathMatchFailure"
)
