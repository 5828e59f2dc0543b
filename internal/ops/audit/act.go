package audit

import (
	"context"
	"encoding/json"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/statemachine"
)

// Machine is what the audit reads of the state machine. Errors are those of rotation's
// ports.
type Machine interface {
	// Recent returns the executions that were started since a time, the latest first.
	Recent(ctx context.Context, since time.Time) ([]*statemachine.Execution, error)
	// Describe returns an execution, or nil when Step Functions doesn't know it.
	Describe(ctx context.Context, arn string) (*statemachine.Execution, error)
	// EndedInFail tells whether it ended in a Fail state: a redrive would only enter that again.
	EndedInFail(ctx context.Context, arn string) (bool, error)
}

// Starter is all that the audit does by itself.
type Starter interface {
	// Start starts an execution, unless there is or was one of that name.
	Start(ctx context.Context, name, input string) error
	// Redrive continues a failed execution in the state that failed.
	Redrive(ctx context.Context, arn string) error
}

// runs are the executions of the last two weeks, by target. Dry runs are none.
func (a Auditor) runs(ctx context.Context) (map[string][]*notice.Execution, error) {
	recent, err := a.Machine.Recent(ctx, a.Clock.Now().Add(-LookBack))
	all := map[string][]*notice.Execution{}
	for _, x := range recent {
		if run := notice.Describe(x); !run.DryRun {
			all[run.Target] = append(all[run.Target], run)
		}
	}
	return all, err
}

// act does what there is to do by itself about a target, and adds that to the facts.
func (a Auditor) act(ctx context.Context, f *Facts) (err error) {
	if f.Record != nil && f.atRest() {
		if err := a.readOwner(ctx, f); err != nil {
			f.Unread[fromRuns] = err
		}
	}
	deed := f.deed()
	switch {
	case deed.Start != nil:
		input, _ := json.Marshal(deed.Start)
		err = a.Starter.Start(ctx, dueName(f.Target.Name, f.Now), string(input))
	case deed.Redrive != "":
		err = a.Starter.Redrive(ctx, deed.Redrive)
	default:
		return nil
	}
	if err == nil {
		f.Done = deed
		a.Log.InfoContext(ctx, "the audit began an execution", "target", f.Target.Name, "deed", deed)
	}
	return err
}

// readOwner reads how the execution of the open rotation ended.
func (a Auditor) readOwner(ctx context.Context, f *Facts) (err error) {
	if f.OwnerRun, err = a.Machine.Describe(ctx, f.Record.Owner); err != nil || f.OwnerRun == nil {
		return err
	}
	if f.OwnerRun.Status == statemachine.Failed && f.OwnerRun.Redrivable {
		f.EndedInFail, err = a.Machine.EndedInFail(ctx, f.Record.Owner)
	}
	return err
}
