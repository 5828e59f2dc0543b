package sfn_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssfn "github.com/aws/aws-sdk-go-v2/service/sfn"

	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
	"qovery-key-rotation/internal/test/rotationtest"
)

const arn = "arn:aws:states:eu-west-3:123456789012:execution:rotation:one"

// moto runs no machine unless it is told to: an execution stays RUNNING until it
// is stopped.
func TestExecutionsAgainstMoto(t *testing.T) {
	cfg := awstest.Config(awstest.Moto(t))
	client := awssfn.NewFromConfig(cfg)
	machine, err := client.CreateStateMachine(t.Context(), &awssfn.CreateStateMachineInput{
		Name: aws.String("rotation"), RoleArn: aws.String("arn:aws:iam::123456789012:role/machine"),
		Definition: aws.String(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	started := 0
	rotationtest.Executions(t, rotationtest.RealTime(), func(*testing.T) rotationtest.Engine {
		return rotationtest.Engine{
			Executions: sfn.NewExecutions(cfg),
			Start: func(t *testing.T) string {
				started++
				execution, err := client.StartExecution(t.Context(), &awssfn.StartExecutionInput{
					StateMachineArn: machine.StateMachineArn, Name: aws.String(fmt.Sprintf("run-%d", started)),
				})
				if err != nil {
					t.Fatal(err)
				}
				return *execution.ExecutionArn
			},
			Stop: func(t *testing.T, arn string) {
				if _, err := client.StopExecution(t.Context(), &awssfn.StopExecutionInput{ExecutionArn: &arn}); err != nil {
					t.Fatal(err)
				}
			},
			Unknown: "arn:aws:states:eu-west-3:123456789012:execution:rotation:never",
		}
	})
}

func TestStates(t *testing.T) {
	for status, want := range map[string]rotation.ExecutionState{
		"RUNNING": rotation.ExecutionRunning, "PENDING_REDRIVE": rotation.ExecutionRunning,
		"SUCCEEDED": rotation.ExecutionEnded, "FAILED": rotation.ExecutionEnded, "TIMED_OUT": rotation.ExecutionEnded,
		"ABORTED": rotation.ExecutionEnded,
		"PAUSED":  "", "": "", "running": "",
	} {
		state, err := ask(t, awstest.JSON(200, fmt.Sprintf(`{"executionArn":%q,"status":%q}`, arn, status)))
		if state != want || (want == "") != fault.HasCode(err, fault.MalformedAnswer) {
			t.Errorf("%q: %q, %v", status, state, err)
		}
	}
}

func TestUnknown(t *testing.T) {
	state, err := ask(t, awstest.JSONError(400, "ExecutionDoesNotExist", "Execution Does Not Exist"))
	if state != rotation.ExecutionUnknown || err != nil {
		t.Errorf("%q, %v", state, err)
	}
	for name, answer := range map[string]awstest.Answer{
		"another machine":   awstest.JSONError(400, "StateMachineDoesNotExist", ""),
		"invalid ARN":       awstest.JSONError(400, "InvalidArn", "Invalid Arn"),
		"another execution": awstest.JSON(200, `{"executionArn":"arn:another","status":"FAILED"}`),
	} {
		if state, err := ask(t, answer); state != "" || !fault.HasCode(err, fault.MalformedAnswer) {
			t.Errorf("%s: %q, %v", name, state, err)
		}
	}
}

func TestFaults(t *testing.T) {
	awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.JSONProtocol, Reads: true,
		Call: func(ctx context.Context, cfg aws.Config) error {
			_, err := sfn.NewExecutions(cfg).State(ctx, arn)
			return err
		}})
}

func ask(t *testing.T, answer awstest.Answer) (rotation.ExecutionState, error) {
	t.Helper()
	server := awstest.Serve(t, awstest.Always(answer))
	return sfn.NewExecutions(awstest.Config(server.URL)).State(t.Context(), arn)
}
