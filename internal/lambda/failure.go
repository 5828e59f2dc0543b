package lambda

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"qovery-key-rotation/internal/rotation/fault"
)

// forLambda gives Lambda the code as errorType, and what the error says as errorMessage.
// Of any other error aws-lambda-go would report the name of its Go type, which
// Step Functions could not route by.
func forLambda(err error) error {
	if err == nil {
		return nil
	}
	coded := fault.AsError(err)
	return messages.InvokeResponse_Error{Type: string(coded.Code), Message: coded.Said().Message()}
}

// panicked is the error of a step that panicked, called while the panic is being
// recovered from. It tells where, and never the value, which may hold anything.
// A panic proves nothing, so that the step is tried again, as after a crash.
func panicked() *fault.Error {
	return fault.Errorf(fault.Unreachable, "The function stopped at a programming error in %s", panicSite())
}

// panicSite is the function, file and line that panicked.
func panicSite() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	inPanic := false
	for {
		frame, more := frames.Next()
		isRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if inPanic && !isRuntime {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, path.Base(frame.File), frame.Line)
		}
		inPanic = inPanic || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
