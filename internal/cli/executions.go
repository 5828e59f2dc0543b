package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
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

// start starts an execution for the input's target. Its name has that, a kind and the time, so that
// people find it, and so that a start that is sent twice starts one.
func (e executions) start(ctx context.Context, kind string, input target.Input) (*notice.Execution, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		kind += "-"
	}
	name := fmt.Sprintf("%s-%s%s", input.Target, kind, e.clock.Now().UTC().Format("20060102T150405Z"))
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

// recent are those that were started since then, the latest first.
func (e executions) recent(ctx context.Context, since time.Time) (recent []*notice.Execution, err error) {
	listed, err := e.Of(e.machine).Recent(ctx, since)
	for _, x := range listed {
		recent = append(recent, notice.Describe(x))
	}
	return recent, err
}

func read(x *statemachine.Execution, err error) (*notice.Execution, error) {
	if x == nil || err != nil {
		return nil, err
	}
	return notice.Describe(x), nil
}

// atWork are the executions that are at work on a target, given its open record
// if there is one. The record's owner comes first, whatever its input says. Beside
// it are those whose inputs name the target: they have not taken the record yet, or
// will find that they can't. Dry runs hold nothing and are left out.
func (s *stack) atWork(ctx context.Context, target string, record *rotation.Record) ([]*notice.Execution, error) {
	listed, err := s.states.running(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := s.owner(ctx, record, listed)
	return atWork(target, owner, listed), err
}

// openOn is what is open on a target, nil if nothing is, and the executions that are at work on it.
func (s *stack) openOn(ctx context.Context, t target.Target) (record *rotation.Record, found []*notice.Execution,
	err error) {
	if record, err = s.journal.Load(ctx, t.IAMUserName); err == nil {
		found, err = s.atWork(ctx, t.Name, record)
	}
	return record, found, err
}

func atWork(target string, owner *notice.Execution, listed []*notice.Execution) []*notice.Execution {
	var found []*notice.Execution
	if owner != nil && owner.Status == statemachine.Running {
		found = append(found, owner)
	}
	for _, x := range listed {
		if x.Target == target && !x.DryRun && (owner == nil || x.ARN != owner.ARN) {
			found = append(found, x)
		}
	}
	return found
}

// owner is the execution that a record belongs to, given those that run, even if Step
// Functions has forgotten it; nil without a record.
func (s *stack) owner(ctx context.Context, record *rotation.Record, listed []*notice.Execution) (*notice.Execution,
	error) {
	if record == nil {
		return nil, nil
	}
	owner := &notice.Execution{}
	if at := slices.IndexFunc(listed, func(x *notice.Execution) bool { return x.ARN == record.Owner }); at >= 0 {
		*owner = *listed[at]
	} else if described, err := s.states.describe(ctx, record.Owner); err != nil {
		return nil, err
	} else {
		owner = cmp.Or(described, notice.Forgotten(*record))
	}
	owner.Target, owner.DryRun = record.Target, false
	return owner, nil
}
