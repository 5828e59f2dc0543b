package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// executions is the executions of the stack's state machine.
type executions struct {
	*sfn.Executions
	machine string // ARN
	clock   rotation.Clock
}

// arn is the ARN of the machine's execution of that name.
func (e executions) arn(name string) string {
	return strings.Replace(e.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

func (e executions) start(ctx context.Context, name string, input target.Input) (*notice.Execution, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	return read(e.Start(ctx, e.machine, name, string(text)))
}

// stop ends an execution immediately, because another one takes its place.
func (e executions) stop(ctx context.Context, arn string) error {
	return e.Stop(ctx, arn, notice.StoppedToAbort, "A person stopped it with 'rotate abort' or 'rotate start --leaked'.")
}

// describe returns an execution, or nil when Step Functions doesn't know it: it
// forgets them after 90 days.
func (e executions) describe(ctx context.Context, arn string) (*notice.Execution, error) {
	return read(e.Describe(ctx, arn))
}

// running are the executions that run now, the latest first. Those that only wait for
// the time from which they may begin are left out: they hold nothing.
func (e executions) running(ctx context.Context) ([]*notice.Execution, error) {
	listed, err := e.Running(ctx, e.machine)
	var found []*notice.Execution
	for _, x := range listed {
		if execution, _ := read(x, nil); !execution.Waits(e.clock.Now()) {
			found = append(found, execution)
		}
	}
	return found, err
}

func read(x *statemachine.Execution, err error) (*notice.Execution, error) {
	if x == nil || err != nil {
		return nil, err
	}
	return notice.Describe(x), nil
}

// executionName names an execution after its target and the time, so that people
// find it, and so that a start that is sent twice starts one.
func executionName(target, kind string, now time.Time) string {
	if kind != "" {
		kind += "-"
	}
	return fmt.Sprintf("%s-%s%s", target, kind, now.UTC().Format("20060102T150405Z"))
}
