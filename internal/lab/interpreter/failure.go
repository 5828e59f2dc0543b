package interpreter

import (
	"encoding/json"
	"errors"
	"fmt"

	"qovery-key-rotation/statemachine"
)

// ErrTimeout is what Host.Invoke answers when the time it was given has passed.
var ErrTimeout = errors.New("the task timed out")

// TaskError is a failure as Step Functions sees it: a name that Retry and Catch match, and a text.
// A host returns it from Invoke; as the cause of a cancelled context it is the error and cause of a StopExecution.
type TaskError struct {
	Name  string
	Cause string
}

// Error makes a TaskError an error.
func (e *TaskError) Error() string { return e.Name + ": " + e.Cause }

// FunctionError is the TaskError of a Lambda function that answered with an error: its name is the type of the error,
// its cause the JSON text that the Lambda runtime for Go produces.
func FunctionError(errorType, errorMessage string) *TaskError {
	cause, err := json.Marshal(struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{errorMessage, errorType})
	if err != nil {
		cause = []byte(`{}`) // two strings always encode
	}
	return &TaskError{Name: errorType, Cause: string(cause)}
}

// stopped ends an execution as ABORTED.
type stopped struct{ cause error }

func (s *stopped) Error() string { return fmt.Sprintf("stopped: %v", s.cause) }

// errExecutionTimeout ends an execution as TIMED_OUT.
var errExecutionTimeout = errors.New("the execution timed out")

// errHistoryFull is what Step Functions says when there is no room for another event.
var errHistoryFull = &TaskError{
	Name:  statemachine.ErrorRuntime,
	Cause: fmt.Sprintf("The execution reached the maximum number of history events (%d).", statemachine.MaxHistoryEvents),
}
