package lab

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// Auditor is the name of the process that is the daily audit, as opposed to those of executions.
const Auditor = "audit"

// audit runs the shipped daily audit once, as a process of its own. What it starts or
// resumes is the execution that the lines after it mean.
func (o *Operator) audit() (err error) {
	// Without a deadline: package context would compare it with the real time.
	ctx, cancel := o.Timeline.WithCancel(context.Background())
	o.Timeline.At(o.Timeline.Now().Add(auditTimeout), func() { cancel(context.DeadlineExceeded) })
	process := o.Timeline.Go(Auditor, func() {
		auditor := o.auditor()
		if o.seen.Audit != nil {
			auditor = o.seen.Audit(auditor)
		}
		err = auditor.Handle(ctx, nil)
	})
	if _, joined := process.Join(context.Background(), Forever); joined != nil {
		return joined
	}
	return err
}

// auditTimeout is that of the function.
const auditTimeout = 15 * time.Minute

func (o *Operator) auditor() audit.Auditor {
	p, account := o.seen, auditedAccount{o}
	return audit.Auditor{
		Reader: audit.Reader{
			Clock: p.Clock, Targets: p.Targets, Journal: o.Journal, Executions: p.Executions, Keys: p.Keys,
			Needs:  rotation.Needs{Usage: p.Usage, Trail: p.Trail, Staging: p.Staging},
			Qovery: p.Qovery, Schedules: account, Memory: account,
		},
		Names: []string{o.Target.Name}, AgeLimit: ageLimit, Machine: account, Starter: account,
		Sender:  &notice.Sender{Topic: account, Log: slog.New(slog.NewJSONHandler(&o.logs, nil))},
		Metrics: lambda.MetricsTo(io.Discard, false),
	}
}

// auditedAccount is what an audit asks of the account, and what it does there.
type auditedAccount struct{ *Operator }

// Recall reads the audits' memory.
func (a auditedAccount) Recall(ctx context.Context, name string, into any) error {
	return a.Journal.Recall(ctx, name, into)
}

// Remember replaces it.
func (a auditedAccount) Remember(ctx context.Context, name string, document any) error {
	return a.Wire.do(ctx, Call{Site: "journal.Remember", Write: true}, func(time.Time) error {
		return a.Journal.Remember(name, document)
	})
}

// Publish tells people.
func (a auditedAccount) Publish(_ context.Context, subject, body string, attributes map[string]string) error {
	a.tell(Told{Subject: subject, Body: body, Urgency: notice.Urgency(attributes["urgency"])})
	return nil
}

// Schedule is the target's, as it was deployed when the world began.
func (a auditedAccount) Schedule(ctx context.Context, _ string) (*rotation.DeployedSchedule, error) {
	return fetch(ctx, a.Wire, Call{Site: "scheduler.GetSchedule"}, func(time.Time) (*rotation.DeployedSchedule, error) {
		wanted := a.Target.Schedule
		first, err := wanted.FirstRun(Beginning)
		return &rotation.DeployedSchedule{Enabled: wanted.Enabled, Expression: wanted.Expression(), StartAt: first}, err
	})
}

// Recent are the executions since a time, the latest first.
func (a auditedAccount) Recent(ctx context.Context, since time.Time) ([]*statemachine.Execution, error) {
	type list = []*statemachine.Execution
	return fetch(ctx, a.Wire, Call{Site: "states.ListExecutions"}, func(time.Time) (all list, _ error) {
		for _, run := range slices.Backward(a.runs) {
			if run.StartTime().After(since) {
				all = append(all, run.described())
			}
		}
		return all, nil
	})
}

// Describe describes one, or is nil.
func (a auditedAccount) Describe(ctx context.Context, arn string) (*statemachine.Execution, error) {
	return fetch(ctx, a.Wire, Call{Site: "states.DescribeExecution"}, func(time.Time) (*statemachine.Execution, error) {
		if run := a.withARN(arn); run != nil {
			return run.described(), nil
		}
		return nil, nil
	})
}

// EndedInFail tells whether it ended in a Fail state.
func (a auditedAccount) EndedInFail(ctx context.Context, arn string) (bool, error) {
	return fetch(ctx, a.Wire, Call{Site: "states.GetExecutionHistory"}, func(time.Time) (bool, error) {
		return a.EndedIn(a.withARN(arn)) == "Fail", nil
	})
}

// EndedIn is the type of the state that the execution ended in.
func (w *World) EndedIn(run *Run) string {
	state, _ := w.machine.State(run.CurrentState())
	return state.Type
}

// Start starts an execution, unless there is or was one of that name.
func (a auditedAccount) Start(ctx context.Context, name, input string) error {
	return a.Wire.do(ctx, Call{Site: "states.StartExecution", Write: true}, func(time.Time) error {
		a.Judge.auditStarts(name)
		if slices.ContainsFunc(a.runs, func(run *Run) bool { return run.Name() == name }) {
			return nil
		}
		run, err := a.World.Start(name, input)
		a.run, a.open[run] = run, true
		return err
	})
}

// Redrive continues a failed execution in the state that failed.
func (a auditedAccount) Redrive(ctx context.Context, arn string) error {
	return a.Wire.do(ctx, Call{Site: "states.RedriveExecution", Write: true}, func(time.Time) error {
		run := a.withARN(arn)
		a.Judge.auditRedrives(run)
		a.run, a.open[run] = run, true
		return run.Redrive()
	})
}

func (a auditedAccount) withARN(arn string) *Run {
	if i := slices.IndexFunc(a.runs, func(run *Run) bool { return run.ARN() == arn }); i >= 0 {
		return a.runs[i]
	}
	return nil
}

// described is the execution as Step Functions describes it.
func (r *Run) described() *statemachine.Execution {
	return &statemachine.Execution{
		ARN: r.ARN(), Status: r.Status(), StartedAt: r.StartTime(), StoppedAt: r.StopTime(), Input: string(r.Input()),
		Output: string(r.Output()), Error: r.ErrorName(), Cause: r.Cause(), Redrivable: r.Redrivable() == nil,
		Redrives: r.RedriveCount(), RedrivenAt: r.RedriveTime(),
	}
}
