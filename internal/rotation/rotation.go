// Package rotation replaces the AWS access key that Qovery holds, without
// downtime. It is the domain and nothing else: it knows no AWS SDK and no HTTP.
//
// A rotation is carried out by steps (one file each: preflight.go, createkey.go,
// verifykey.go, ...), which a state machine calls one after another. Steps pass
// a Document along, read the world through the ports of ports.go, and agree with
// each other, and with steps of earlier or later executions, through the journal
// (journal.go). What changes anything is the guard's (guard.go), which hands it out
// to a claim. What to do at the start is decided by one pure function (plan.go);
// everything that can go wrong has a code (package fault).
//
// # Words
//
// The target is one named thing to rotate. The old key is the access key that
// Qovery holds at the start, the new key the one that replaces it. A location
// is a place in Qovery that stores an access key id. A wave is a group of
// clusters deployed together. An unchanged end leaves everything as it was before; a
// held end leaves Qovery with a good, Active key, and starting again carries on.
package rotation

import (
	"context"
	"encoding/json"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// A Step does one Task of the state machine. It returns the document for the
// next state; when it returns an error the document is lost, as in Step
// Functions, and only the journal remembers.
type Step interface {
	Run(ctx context.Context, call Call) (Document, error)
}

// Call is one invocation of a step.
type Call struct {
	Document  Document  `json:"document"`
	Execution Execution `json:"execution"`
	// EnteredTime is when Step Functions entered the state ($$.State.EnteredTime), by
	// its own clock. A retry does not enter it anew.
	EnteredTime time.Time `json:"enteredTime"`

	// InvocationID names this invocation; two invocations never share one.
	InvocationID string `json:"-"`
	// Deadline is when this invocation is certainly over. A lease runs until
	// then, and no effect starts after it.
	Deadline time.Time `json:"-"`
}

// Execution is what Step Functions says of the execution ($$.Execution).
type Execution struct {
	ARN          string          `json:"Id"`
	Name         string          `json:"Name"`
	Input        json.RawMessage `json:"Input"`
	StartTime    time.Time       `json:"StartTime"`
	RedriveCount int             `json:"RedriveCount"` // absent before the first redrive
}

// Handle decodes one event of the state machine, runs the step and encodes the
// document it returns. Every error is an *Error.
func Handle(ctx context.Context, step Step, event []byte, invocationID string, deadline time.Time) ([]byte, error) {
	call := Call{InvocationID: invocationID, Deadline: deadline}
	if err := json.Unmarshal(event, &call); err != nil {
		if _, refused := target.ParseInput(call.Execution.Input); call.Execution.Input != nil && refused != nil {
			return nil, refused // the first state's document is the input
		}
		return nil, fault.Errorf(fault.InvalidInput, "The event is not what the state machine sends: %v", err)
	}
	if call.Execution.ARN == "" {
		return nil, fault.Errorf(fault.InvalidInput, "The event names no execution; this function is called by the state "+
			"machine only")
	}
	document, err := step.Run(ctx, call)
	if err != nil {
		return nil, fault.AsError(err)
	}
	return json.Marshal(document)
}
