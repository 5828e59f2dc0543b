package lambda

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// margin is how long before Lambda's deadline a step is told to stop: long
// enough to say so, where the process would be killed in the middle of it.
const margin = 2 * time.Second

// handler serves the invocations of one function.
type handler struct {
	serve  func(ctx context.Context, event []byte, deadline time.Time) ([]byte, error)
	what   string     // "step" or "event", for the logs
	advice words.Text // in place of the codes' own, where that does not fit
	broken error      // what is wrong with the environment
	log    *slog.Logger
}

var _ lambda.Handler = (*handler)(nil)

// Invoke serves one event. The context that the step or listener gets ends before
// the function's deadline; a call's deadline is Lambda's, when the invocation is
// certainly over.
func (h *handler) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	began := time.Now()
	ctx = withRotation(ctx)
	defer func() {
		if value := recover(); value != nil {
			answer, err = nil, panicked()
		}
		err = h.advise(err)
		h.report(ctx, began, err)
		err = forLambda(err)
	}()
	if h.broken != nil {
		return nil, h.broken
	}
	deadline, known := ctx.Deadline()
	if !known {
		return nil, fault.Errorf(fault.Unreachable, "Lambda set no deadline")
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-margin))
	defer cancel()
	return h.serve(ctx, event, deadline)
}

func serveStep(step rotation.Step) func(context.Context, []byte, time.Time) ([]byte, error) {
	return func(ctx context.Context, event []byte, deadline time.Time) ([]byte, error) {
		return rotation.Handle(ctx, withAttrs{step}, event, invocationID(ctx, newID()), deadline)
	}
}

// serveListener answers nothing.
func serveListener(listener Listener) func(context.Context, []byte, time.Time) ([]byte, error) {
	return func(ctx context.Context, event []byte, _ time.Time) ([]byte, error) {
		return []byte("null"), listener.Handle(ctx, event)
	}
}

// toListener is what to do about a listener's error. The advice of most codes is
// about rotations.
const toListener = "Lambda tries again by itself; if this continues, fix the cause"

func (h *handler) advise(err error) error {
	if err == nil || h.advice == "" {
		return err
	}
	advised := *fault.AsError(err)
	if advised.Next == nil && advised.Code != fault.ConfigurationError {
		advised.Next = &fault.Advice{First: h.advice}
	}
	return &advised
}

// withAttrs notes for the logs which rotation a call is about.
type withAttrs struct{ step rotation.Step }

// Run runs the step.
func (n withAttrs) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
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
