package sfn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// pageSize is the most events, or executions, of one answer.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
const pageSize = 1000

// History returns all events of an execution, with their data.
func (e *Executions) History(ctx context.Context, arn string) (statemachine.History, error) {
	request := awsclient.Request{Action: "states:GetExecutionHistory", On: words.Text(arn)}
	pages := sfn.NewGetExecutionHistoryPaginator(e.client, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, IncludeExecutionData: aws.Bool(true), MaxResults: pageSize,
	})
	history := statemachine.History{ARN: arn}
	var translator Translator
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if awsclient.Code(err) == doesNotExist {
			return history,
				fmt.Errorf("the execution %s is unknown to Step Functions, which forgets one 90 days after its end", arn)
		}
		if err != nil {
			return history, request.Failed(err)
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

// latestPage is how many of the latest events are asked for at a time. Each may
// carry the document, 75 KB where it is at its largest.
const latestPage = 20

// maxPages bounds how far back the latest are read: as far as an undisturbed
// rotation goes. Step Functions keeps up to 25,000 events.
const maxPages = 25

// Since returns the events after the given one, oldest first; after 0, as many of
// the latest as are read at most.
func (e *Executions) Since(ctx context.Context, arn string, after int64) ([]types.HistoryEvent, error) {
	return e.backTo(ctx, arn, func(event types.HistoryEvent) (found, included bool) { return event.Id <= after, false })
}

// SinceState returns the events since the execution entered its current state.
func (e *Executions) SinceState(ctx context.Context, arn string) ([]types.HistoryEvent, error) {
	return e.backTo(ctx, arn, func(event types.HistoryEvent) (found, included bool) {
		return event.StateEnteredEventDetails != nil, true
	})
}

// backTo reads a history from its end back to an event, and returns it in order.
func (e *Executions) backTo(ctx context.Context, arn string,
	stop func(types.HistoryEvent) (found, included bool)) ([]types.HistoryEvent, error) {
	var events []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(e.client,
		&sfn.GetExecutionHistoryInput{ExecutionArn: &arn, ReverseOrder: true, MaxResults: latestPage})
	found := false
	for n := 0; n < maxPages && pages.HasMorePages() && !found; n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("states:GetExecutionHistory", arn, err)
		}
		for _, event := range page.Events {
			var included bool
			if found, included = stop(event); !found || included {
				events = append(events, event)
			}
			if found {
				break
			}
		}
	}
	slices.Reverse(events)
	return events, nil
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
