// Package sfn asks Step Functions how executions are doing (executions.go), and
// for what it keeps of them (histories.go). It implements the port
// rotation.Executions.
package sfn

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
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
	request := awsclient.Request{Action: "states:DescribeExecution", On: arn}
	answer, err := e.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{
		ExecutionArn: &arn,
		IncludedData: types.IncludedDataMetadataOnly, // input and output may be large, and are nobody's business here
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
