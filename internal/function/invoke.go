package function

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"qovery-key-rotation/internal/rotation"
)

// margin is how long before Lambda's deadline a step is told to stop: long
// enough to say so, where the process would be killed in the middle of it.
const margin = 2 * time.Second

// handler serves the invocations of one step.
type handler struct {
	step   rotation.Step
	broken error // what is wrong with the environment
	log    *slog.Logger
	newID  func() string
}

var _ lambda.Handler = (*handler)(nil)

// Invoke runs the step. The context that the step gets ends before the
// function's deadline; the call's deadline is Lambda's, when the invocation is
// certainly over.
func (h *handler) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	began := time.Now()
	ctx = withRotation(ctx)
	defer func() {
		if value := recover(); value != nil {
			answer, err = nil, panicked()
		}
		h.report(ctx, began, err)
		err = forLambda(err)
	}()
	if h.broken != nil {
		return nil, h.broken
	}
	deadline, known := ctx.Deadline()
	if !known {
		return nil, rotation.Errorf(rotation.Unreachable, "Lambda set no deadline")
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-margin))
	defer cancel()
	return rotation.Handle(ctx, noting{h.step}, event, invocationID(ctx, h.newID()), deadline)
}

// noting notes for the logs which rotation a call is about.
type noting struct{ step rotation.Step }

// Run runs the step.
func (n noting) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	note(ctx, call)
	doc, err := n.step.Run(ctx, call)
	if err == nil {
		noteRotation(ctx, doc.RotationID) // Preflight gives it its id
	}
	return doc, err
}

// invocationID is Lambda's request id, which the logs show, and a random part:
// Lambda repeats an asynchronous request under the same id, and a lease must
// never seem to be its own to another invocation.
func invocationID(ctx context.Context, random string) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok && lc.AwsRequestID != "" {
		return lc.AwsRequestID + "-" + random
	}
	return random
}

func newID() string { return strings.ToLower(rand.Text()[:8]) }

// NewRotationID makes the id of a rotation.
func NewRotationID() string { return strings.ToLower(rand.Text()) }
