// Package sfn is the client of Step Functions: which executions there are and how
// they are doing (executions.go), what happened in one (events.go), and all that
// had to do with one rotation (rotations.go). It implements the port
// rotation.Executions.
package sfn

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Executions is the executions in the configuration's account and region.
type Executions struct{ client *sfn.Client }

var _ rotation.Executions = (*Executions)(nil)

// NewExecutions returns the executions.
func NewExecutions(cfg aws.Config) *Executions { return &Executions{sfn.NewFromConfig(cfg)} }

// doesNotExist is also the answer to an execution that ended over 90 days ago,
// and may be the one to an execution that has just begun: "This API action is
// eventually consistent."
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
const doesNotExist = "ExecutionDoesNotExist"

// State tells whether an execution still runs.
func (e *Executions) State(ctx context.Context, arn string) (rotation.ExecutionState, error) {
	request := awsclient.Request{Action: "states:DescribeExecution", On: words.Text(arn)}
	answer, err := e.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{
		ExecutionArn: &arn,
		IncludedData: types.IncludedDataMetadataOnly, // input and output may be large, and are not needed here
	})
	switch {
	case awsclient.Code(err) == doesNotExist:
		return rotation.ExecutionUnknown, nil
	case err != nil:
		return "", request.Failed(err)
	case aws.ToString(answer.ExecutionArn) != arn:
		return "", request.Malformed("it is about another execution")
	}
	return state(request, answer.Status)
}

// state knows all statuses there are. One that comes to be later is neither
// running nor ended until somebody has looked at what it means.
func state(request awsclient.Request, status types.ExecutionStatus) (rotation.ExecutionState, error) {
	switch status {
	case types.ExecutionStatusRunning, types.ExecutionStatusPendingRedrive:
		return rotation.ExecutionRunning, nil
	case types.ExecutionStatusSucceeded, types.ExecutionStatusFailed, types.ExecutionStatusTimedOut,
		types.ExecutionStatusAborted:
		return rotation.ExecutionEnded, nil
	}
	return "", request.Malformed("the execution's status is none that is known")
}

// Describe returns an execution, or nil when Step Functions doesn't know it.
func (e *Executions) Describe(ctx context.Context, arn string) (*statemachine.Execution, error) {
	request := awsclient.Request{Action: "states:DescribeExecution", On: words.Text(words.Last(arn))}
	answer, err := e.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	switch {
	case awsclient.Code(err) == doesNotExist:
		return nil, nil
	case err != nil:
		return nil, request.Failed(err)
	case answer.StartDate == nil:
		return nil, request.Malformed("it does not say when the execution began")
	}
	now, err := state(request, answer.Status)
	if err != nil {
		return nil, err
	}
	x := &statemachine.Execution{
		ARN: arn, Status: statemachine.Status(answer.Status), StartedAt: *answer.StartDate, Input: aws.ToString(answer.Input),
		Output: aws.ToString(answer.Output), Error: aws.ToString(answer.Error), Cause: aws.ToString(answer.Cause),
		Redrivable: answer.RedriveStatus == types.ExecutionRedriveStatusRedrivable,
		Redrives:   int(aws.ToInt32(answer.RedriveCount)), RedrivenAt: aws.ToTime(answer.RedriveDate),
	}
	if now == rotation.ExecutionRunning {
		x.Status = statemachine.Running
	} else {
		x.StoppedAt = aws.ToTime(answer.StopDate)
	}
	return x, nil
}

// maxRunning bounds the list of those that run: one for each target, and dry runs.
const maxRunning = 200

// Running returns a state machine's executions that run now, the latest first.
func (e *Executions) Running(ctx context.Context, machine string) ([]*statemachine.Execution, error) {
	answer, err := e.client.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &machine, StatusFilter: types.ExecutionStatusRunning, MaxResults: maxRunning,
	})
	if err != nil {
		return nil, failed("states:ListExecutions", machine, err)
	}
	var found []*statemachine.Execution
	for _, listed := range answer.Executions {
		x, err := e.Describe(ctx, aws.ToString(listed.ExecutionArn))
		if err != nil {
			return nil, err
		}
		if x != nil && x.Status == statemachine.Running {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *statemachine.Execution) int { return b.StartedAt.Compare(a.StartedAt) })
	return found, nil
}

// Start starts an execution. The name makes that safe to repeat: Step Functions
// takes a second start with the same name and input for the same one.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (e *Executions) Start(ctx context.Context, machine, name, input string) (*statemachine.Execution, error) {
	answer, err := e.client.StartExecution(ctx,
		&sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &input})
	if err != nil {
		return nil, failed("states:StartExecution", name, err)
	}
	return &statemachine.Execution{ARN: aws.ToString(answer.ExecutionArn), Status: statemachine.Running,
		StartedAt: aws.ToTime(answer.StartDate), Input: input}, nil
}

// Stop ends an execution. The function that it has called continues.
func (e *Executions) Stop(ctx context.Context, arn, name, cause string) error {
	_, err := e.client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &arn, Error: &name, Cause: &cause})
	if err != nil {
		return failed("states:StopExecution", arn, err)
	}
	return nil
}

func failed(action, on string, err error) error {
	if awsclient.Code(err) == "StateMachineDoesNotExist" {
		return fault.Errorf(fault.ConfigurationError, "The state machine of the stack does not exist")
	}
	return awsclient.Request{Action: action, On: words.Text(words.Last(on))}.Failed(err)
}
