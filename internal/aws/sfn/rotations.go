package sfn

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// longestPreflight is how long an execution may run before it takes a rotation:
// Preflight tries for a day.
const longestPreflight = 25 * time.Hour

// Rotation returns the histories of the executions, and of the others of their
// state machines that had to do with the same rotations. Of another whose history
// makes no sense nobody knows whether it had: those are unread.
func (e *Executions) Rotation(ctx context.Context, arns []string) (histories []statemachine.History, unread []string,
	err error) {
	for _, arn := range arns {
		if known(histories, arn) {
			continue
		}
		history, err := e.History(ctx, arn)
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
		others, err := e.startedSince(ctx, machineOf(history.ARN), since.Add(-longestPreflight))
		if err != nil {
			return nil, nil, err
		}
		for _, arn := range others {
			if known(histories, arn) || slices.Contains(unread, arn) {
				continue
			}
			other, err := e.History(ctx, arn)
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
		if !event.Exited() || json.Unmarshal(event.Output, &doc) != nil ||
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
func (e *Executions) startedSince(ctx context.Context, machine string, since time.Time) ([]string, error) {
	request := awsclient.Request{Action: "states:ListExecutions", On: words.Text(machine)}
	var arns []string
	pages := sfn.NewListExecutionsPaginator(e.client,
		&sfn.ListExecutionsInput{StateMachineArn: &machine, MaxResults: pageSize})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed(request.Action, machine, err)
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
