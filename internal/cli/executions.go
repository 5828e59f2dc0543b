package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/target"
)

// executions is the executions of the stack's state machine.
type executions struct {
	client  *sfn.Client
	machine string // ARN
}

func newExecutions(cfg aws.Config, machine string) *executions {
	return &executions{sfn.NewFromConfig(cfg), machine}
}

// running is the status of an execution that has not ended.
const running notice.Status = "RUNNING"

// arn is the ARN of the machine's execution of that name.
func (e *executions) arn(name string) string {
	return strings.Replace(e.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

// start starts an execution. The name makes that safe to repeat: Step Functions
// knows a second start with the same name and input for the same.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (e *executions) start(ctx context.Context, name string, input target.Input) (*notice.Execution, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	answer, err := e.client.StartExecution(ctx,
		&sfn.StartExecutionInput{StateMachineArn: &e.machine, Name: &name, Input: aws.String(string(text))})
	if err != nil {
		return nil, failedAt("states:StartExecution", name, err)
	}
	return notice.Detail{
		ExecutionARN: aws.ToString(answer.ExecutionArn), Status: running, StartDate: aws.ToTime(answer.StartDate).UnixMilli(),
		Input: string(text),
	}.Execution(), nil
}

// stop ends an execution at once, for an abort. The function that it has called
// goes on.
func (e *executions) stop(ctx context.Context, arn string) error {
	_, err := e.client.StopExecution(ctx, &sfn.StopExecutionInput{
		ExecutionArn: &arn, Error: aws.String(notice.StoppedToAbort),
		Cause: aws.String("A person aborted the rotation with 'rotate abort'."),
	})
	if err != nil {
		return failedAt("states:StopExecution", arn, err)
	}
	return nil
}

const doesNotExist = "ExecutionDoesNotExist"

// describe tells how an execution is doing, or nil when Step Functions knows of
// none: it forgets them after 90 days.
func (e *executions) describe(ctx context.Context, arn string) (*notice.Execution, error) {
	answer, err := e.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	switch {
	case awsclient.Code(err) == doesNotExist:
		return nil, nil
	case err != nil:
		return nil, failedAt("states:DescribeExecution", arn, err)
	case answer.StartDate == nil:
		return nil, awsclient.Request{Action: "states:DescribeExecution", On: arn}.Malformed("it does not say when the " +
			"execution began")
	}
	detail := notice.Detail{
		ExecutionARN: arn, Status: notice.Status(answer.Status), StartDate: aws.ToTime(answer.StartDate).UnixMilli(),
		Input: aws.ToString(answer.Input), Output: aws.ToString(answer.Output), Error: aws.ToString(answer.Error),
		Cause: aws.ToString(answer.Cause),
	}
	if detail.Status == "PENDING_REDRIVE" {
		detail.Status = running
	}
	if answer.StopDate != nil && detail.Status != running {
		detail.StopDate = answer.StopDate.UnixMilli()
	}
	return detail.Execution(), nil
}

// maxRunning bounds the list of those that run: one for each target, and dry runs.
const maxRunning = 200

// running are the executions that run now, the latest first.
func (e *executions) running(ctx context.Context) ([]*notice.Execution, error) {
	answer, err := e.client.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &e.machine, StatusFilter: types.ExecutionStatusRunning, MaxResults: maxRunning,
	})
	if err != nil {
		return nil, failedAt("states:ListExecutions", e.machine, err)
	}
	var found []*notice.Execution
	for _, listed := range answer.Executions {
		x, err := e.describe(ctx, aws.ToString(listed.ExecutionArn))
		if err != nil {
			return nil, err
		}
		if x != nil && x.Status == running {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *notice.Execution) int { return b.StartedAt.Compare(a.StartedAt) })
	return found, nil
}

// page is how many events are asked for at once. Each may carry the document,
// 75 KB where it is at its largest.
const page = 20

// maxPages bounds how far back a history is read: as far as an undisturbed
// rotation goes. Step Functions keeps up to 25,000 events.
const maxPages = 25

// since returns the events after the given one, oldest first; after 0, as many of
// the latest as are read at most.
func (e *executions) since(ctx context.Context, arn string, after int64) ([]types.HistoryEvent, error) {
	return e.backTo(ctx, arn, func(event types.HistoryEvent) (found, included bool) { return event.Id <= after, false })
}

// sinceState returns the events since the execution entered the state that it is in.
func (e *executions) sinceState(ctx context.Context, arn string) ([]types.HistoryEvent, error) {
	return e.backTo(ctx, arn, func(event types.HistoryEvent) (found, included bool) {
		return event.StateEnteredEventDetails != nil, true
	})
}

// backTo reads a history from its end back to an event, and returns it in order.
func (e *executions) backTo(ctx context.Context, arn string,
	stop func(types.HistoryEvent) (found, included bool)) ([]types.HistoryEvent, error) {
	var events []types.HistoryEvent
	input := &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, ReverseOrder: true, MaxResults: page}
	found := false
	for n := 0; n < maxPages && !found; n++ {
		answer, err := e.client.GetExecutionHistory(ctx, input)
		if err != nil {
			return nil, failedAt("states:GetExecutionHistory", arn, err)
		}
		for _, event := range answer.Events {
			var included bool
			if found, included = stop(event); !found || included {
				events = append(events, event)
			}
			if found {
				break
			}
		}
		if aws.ToString(answer.NextToken) == "" {
			break
		}
		input.NextToken = answer.NextToken
	}
	slices.Reverse(events)
	return events, nil
}

func failedAt(action, on string, err error) error {
	request := awsclient.Request{Action: action, On: on[strings.LastIndex(on, ":")+1:]}
	if awsclient.Code(err) == "StateMachineDoesNotExist" {
		return &problem{"The state machine of the stack does not exist", "Deploy the stack again", ExitHeld}
	}
	return request.Failed(err)
}

// executionName names an execution after its target and the time, so that people
// find it, and so that a start that is sent twice starts one.
func executionName(target, kind string, now time.Time) string {
	if kind != "" {
		kind += "-"
	}
	return fmt.Sprintf("%s-%s%s", target, kind, now.UTC().Format("20060102T150405Z"))
}
