package sfn

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Machine is one state machine, whose executions the audit reads, starts and redrives.
type Machine struct {
	*Executions
	arn string
}

// Of returns the state machine of that ARN.
func (e *Executions) Of(machine string) Machine { return Machine{e, machine} }

// Recent returns the executions that were started since a time, the latest first.
func (m Machine) Recent(ctx context.Context, since time.Time) ([]*statemachine.Execution, error) {
	arns, err := m.startedSince(ctx, m.arn, since)
	if err != nil {
		return nil, err
	}
	var found []*statemachine.Execution
	for _, arn := range arns {
		x, err := m.Describe(ctx, arn)
		if err != nil {
			return nil, err
		}
		if x != nil {
			found = append(found, x)
		}
	}
	return found, nil
}

// EndedInFail tells whether an execution ended in a Fail state, which a redrive would
// only enter again.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
func (m Machine) EndedInFail(ctx context.Context, arn string) (bool, error) {
	events, err := m.SinceState(ctx, arn)
	if err == nil && len(events) == 0 {
		request := awsclient.Request{Action: "states:GetExecutionHistory", On: words.Text(arn)}
		return false, request.Malformed("it has no events")
	}
	return err == nil && events[0].Type == types.HistoryEventTypeFailStateEntered, err
}

// alreadyExists is the answer where an execution of that name has ended already.
const alreadyExists = "ExecutionAlreadyExists"

// Start starts an execution, unless there is or was one of that name.
func (m Machine) Start(ctx context.Context, name, input string) error {
	_, err := m.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.arn, Name: &name, Input: &input})
	if err == nil || awsclient.Code(err) == alreadyExists {
		return nil
	}
	return failed("states:StartExecution", name, err)
}

// Redrive continues a failed execution in the state that failed.
func (m Machine) Redrive(ctx context.Context, arn string) error {
	if _, err := m.client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn}); err != nil {
		return failed("states:RedriveExecution", arn, err)
	}
	return nil
}
