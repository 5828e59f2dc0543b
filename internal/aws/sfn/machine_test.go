package sfn_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/statemachine"
)

const machineARN = "arn:aws:states:eu-west-3:123456789012:stateMachine:rotation"

// answers serves each operation an answer.
func answers(t *testing.T, by map[string]string) sfn.Machine {
	t.Helper()
	server := awstest.Serve(t, func(w http.ResponseWriter, r awstest.Request, _ int) {
		awstest.JSON(200, by[r.Operation])(w)
	})
	return sfn.NewExecutions(awstest.Config(server.URL)).Of(machineARN)
}

// The list is the latest first, and is read as far back as was asked.
func TestRecent(t *testing.T) {
	m := answers(t, map[string]string{
		"ListExecutions": fmt.Sprintf(`{"executions":[{"executionArn":%[1]q,"startDate":200},`+
			`{"executionArn":%[1]q,"startDate":50}]}`, arn),
		"DescribeExecution": fmt.Sprintf(`{"executionArn":%q,"status":"FAILED","startDate":200,"stopDate":300,`+
			`"error":"Throttled","redriveStatus":"REDRIVABLE","redriveCount":2,"redriveDate":250}`, arn),
	})
	recent, err := m.Recent(t.Context(), time.Unix(100, 0))
	if err != nil || len(recent) != 1 {
		t.Fatalf("%v, %v", recent, err)
	}
	x := recent[0]
	if x.ARN != arn || x.Status != statemachine.Failed || x.Error != "Throttled" || !x.Redrivable || x.Redrives != 2 ||
		x.RedrivenAt.Unix() != 250 {
		t.Errorf("%+v", x)
	}
}

func TestEndedInFail(t *testing.T) {
	const entered = `{"id":%d,"timestamp":1,"type":%q,"stateEnteredEventDetails":{"name":"A"}}`
	event := func(id int, kind string) string { return fmt.Sprintf(entered, id, kind) }
	for name, test := range map[string]struct {
		events string // the latest first
		want   bool
		code   fault.Code
	}{
		"in a Fail state": {event(9, "FailStateEntered") + "," + event(5, "TaskStateEntered"), true, ""},
		"in a Task": {`{"id":10,"timestamp":1,"type":"TaskFailed"},` + event(9, "TaskStateEntered") + "," +
			event(5, "FailStateEntered"), false, ""},
		"nobody knows": {"", false, fault.MalformedAnswer},
	} {
		m := answers(t, map[string]string{"GetExecutionHistory": `{"events":[` + test.events + `]}`})
		got, err := m.EndedInFail(t.Context(), arn)
		if got != test.want || test.code != "" != (err != nil) || err != nil && !fault.HasCode(err, test.code) {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
}

// A second start of the day finds the first, also where that has ended.
func TestStartTwice(t *testing.T) {
	for code, want := range map[string]fault.Code{"ExecutionAlreadyExists": "",
		"StateMachineDoesNotExist": fault.ConfigurationError, "ExecutionLimitExceeded": fault.MalformedAnswer} {
		server := awstest.Serve(t, awstest.Always(awstest.JSONError(400, code, "")))
		err := sfn.NewExecutions(awstest.Config(server.URL)).Of(machineARN).Start(t.Context(), "one", "{}")
		if want == "" != (err == nil) || err != nil && !fault.HasCode(err, want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestMachineFaults(t *testing.T) {
	for _, call := range []func(context.Context, sfn.Machine) error{
		func(ctx context.Context, m sfn.Machine) error { return m.Start(ctx, "one", "{}") },
		func(ctx context.Context, m sfn.Machine) error { return m.Redrive(ctx, arn) },
	} {
		awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.JSONProtocol,
			Call: func(ctx context.Context, cfg aws.Config) error {
				return call(ctx, sfn.NewExecutions(cfg).Of(machineARN))
			}})
	}
}
