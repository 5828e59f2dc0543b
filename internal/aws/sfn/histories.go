// A Reader reads what Step Functions keeps of executions, for reports.

package sfn

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
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// Reader reads histories in the configuration's account and region. It needs
// states:GetExecutionHistory and states:ListExecutions.
type Reader struct{ client *sfn.Client }

// NewReader returns a reader.
func NewReader(cfg aws.Config) *Reader { return &Reader{sfn.NewFromConfig(cfg)} }

// pageSize is the most events, or executions, of one answer.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
const pageSize = 1000

// longestPreflight is how long an execution may run before it takes a rotation:
// Preflight tries for a day.
const longestPreflight = 25 * time.Hour

// Rotation returns the histories of the executions, and of the others of their
// state machines that had to do with the same rotations. Of another whose history
// makes no sense nobody knows whether it had: those are unread.
func (r *Reader) Rotation(ctx context.Context, arns []string) (histories []statemachine.History, unread []string,
	err error) {
	for _, arn := range arns {
		if known(histories, arn) {
			continue
		}
		history, err := r.History(ctx, arn)
		if err != nil {
			return nil, nil, err
		}
		histories = append(histories, history)
	}
	for _, history := range slices.Clone(histories) {
		ids, since := rotations(history)
		if len(ids) == 0 {
			continue
		}
		others, err := r.startedSince(ctx, machineOf(history.ARN), since.Add(-longestPreflight))
		if err != nil {
			return nil, nil, err
		}
		for _, arn := range others {
			if known(histories, arn) || slices.Contains(unread, arn) {
				continue
			}
			other, err := r.History(ctx, arn)
			switch {
			case fault.HasCode(err, fault.MalformedAnswer):
				unread = append(unread, arn)
				continue
			case err != nil:
				return nil, nil, err
			}
			otherIDs, _ := rotations(other)
			if slices.ContainsFunc(otherIDs, func(id string) bool { return slices.Contains(ids, id) }) {
				histories = append(histories, other)
			}
		}
	}
	return histories, unread, nil
}

func known(histories []statemachine.History, arn string) bool {
	return slices.ContainsFunc(histories, func(h statemachine.History) bool { return h.ARN == arn })
}

// machineOf is the ARN of the state machine of an execution.
func machineOf(execution string) string {
	machine := execution[:strings.LastIndex(execution, ":")]
	return strings.Replace(machine, ":execution:", ":stateMachine:", 1)
}

// rotations are the ids of the rotations that an execution had to do with, and
// when the earliest of them was begun.
func rotations(history statemachine.History) (ids []string, since time.Time) {
	for _, event := range history.Events {
		var doc rotation.Document
		if !strings.HasSuffix(string(event.Type), "StateExited") || json.Unmarshal(event.Output, &doc) != nil ||
			doc.RotationID == "" {
			continue
		}
		if !slices.Contains(ids, doc.RotationID) {
			ids = append(ids, doc.RotationID)
		}
		if since.IsZero() || doc.TakenAt.Before(since) {
			since = doc.TakenAt
		}
	}
	return ids, since
}

// startedSince returns the executions that were started since a time. Step
// Functions lists the latest first.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
func (r *Reader) startedSince(ctx context.Context, machine string, since time.Time) ([]string, error) {
	request := awsclient.Request{Action: "states:ListExecutions", On: machine}
	var arns []string
	pages := sfn.NewListExecutionsPaginator(r.client,
		&sfn.ListExecutionsInput{StateMachineArn: &machine, MaxResults: pageSize})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed(request, err)
		}
		for _, execution := range page.Executions {
			if execution.ExecutionArn == nil || execution.StartDate == nil {
				return nil, request.Malformed("an execution has no ARN or no start")
			}
			if execution.StartDate.Before(since) {
				return arns, nil
			}
			arns = append(arns, *execution.ExecutionArn)
		}
	}
	return arns, nil
}

// History returns all events of an execution, with their data.
func (r *Reader) History(ctx context.Context, arn string) (statemachine.History, error) {
	request := awsclient.Request{Action: "states:GetExecutionHistory", On: arn}
	pages := sfn.NewGetExecutionHistoryPaginator(r.client, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, IncludeExecutionData: aws.Bool(true), MaxResults: pageSize,
	})
	history := statemachine.History{ARN: arn}
	var translator Translator
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if awsclient.Code(err) == "ExecutionDoesNotExist" {
			return history,
				fmt.Errorf("the execution %s is unknown to Step Functions, which forgets one 90 days after its end", arn)
		}
		if err != nil {
			return history, failed(request, err)
		}
		for _, told := range page.Events {
			if told.Timestamp == nil {
				return history, request.Malformed("an event has no time")
			}
			history.Events = append(history.Events, translator.Event(told))
		}
	}
	return history, nil
}

// failed says what went wrong to a person, whose advice is not that for a function.
func failed(request awsclient.Request, err error) error {
	coded := request.Failed(err)
	coded.Next = "Run the command again"
	if coded.Code == fault.AccessDenied {
		coded.Next = "Use credentials of that account with states:GetExecutionHistory and states:ListExecutions"
	}
	return coded
}

// Translator turns Step Functions' events into the interpreter's, which are named
// alike. It is to see them in their order.
type Translator struct {
	State string // that was entered last
}

// Event is an event with the state that it belongs to: one state at a time, so
// what is not said to belong to one belongs to the one that was entered last.
func (t *Translator) Event(told types.HistoryEvent) statemachine.Event {
	event := eventOf(told)
	if event.State != "" {
		t.State = event.State
	} else if strings.HasPrefix(string(event.Type), "Task") {
		event.State = t.State
	}
	return event
}

// eventOf takes an event's details together. Those of types that the state
// machine has no use for are left out.
func eventOf(told types.HistoryEvent) statemachine.Event {
	event := statemachine.Event{
		ID: int(told.Id), PreviousID: int(told.PreviousEventId), Time: aws.ToTime(told.Timestamp).UTC(),
		Type: statemachine.EventType(told.Type),
	}
	var input, output, name, code, cause *string
	switch {
	case told.StateEnteredEventDetails != nil:
		name, input = told.StateEnteredEventDetails.Name, told.StateEnteredEventDetails.Input
	case told.StateExitedEventDetails != nil:
		name, output = told.StateExitedEventDetails.Name, told.StateExitedEventDetails.Output
	case told.ExecutionStartedEventDetails != nil:
		input = told.ExecutionStartedEventDetails.Input
	case told.ExecutionSucceededEventDetails != nil:
		output = told.ExecutionSucceededEventDetails.Output
	case told.ExecutionFailedEventDetails != nil:
		code, cause = told.ExecutionFailedEventDetails.Error, told.ExecutionFailedEventDetails.Cause
	case told.ExecutionAbortedEventDetails != nil:
		code, cause = told.ExecutionAbortedEventDetails.Error, told.ExecutionAbortedEventDetails.Cause
	case told.ExecutionTimedOutEventDetails != nil:
		code, cause = told.ExecutionTimedOutEventDetails.Error, told.ExecutionTimedOutEventDetails.Cause
	case told.TaskFailedEventDetails != nil:
		code, cause = told.TaskFailedEventDetails.Error, told.TaskFailedEventDetails.Cause
	case told.TaskTimedOutEventDetails != nil:
		code, cause = told.TaskTimedOutEventDetails.Error, told.TaskTimedOutEventDetails.Cause
	case told.TaskStartFailedEventDetails != nil:
		code, cause = told.TaskStartFailedEventDetails.Error, told.TaskStartFailedEventDetails.Cause
	case told.TaskSubmitFailedEventDetails != nil:
		code, cause = told.TaskSubmitFailedEventDetails.Error, told.TaskSubmitFailedEventDetails.Cause
	case told.ExecutionRedrivenEventDetails != nil:
		event.RedriveCount = int(aws.ToInt32(told.ExecutionRedrivenEventDetails.RedriveCount))
	}
	event.State, event.Error, event.Cause = aws.ToString(name), aws.ToString(code), aws.ToString(cause)
	event.Input, event.Output = json.RawMessage(aws.ToString(input)), json.RawMessage(aws.ToString(output))
	return event
}
