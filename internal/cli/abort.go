package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

func (p Program) newAbort() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "abort TARGET",
		Short: "Stop a rotation, and bring the old key back",
		Long: `abort stops the execution that is at work on the target, and then starts one that
makes the old key Active again if the rotation had made it Inactive, unless that key
leaked. It does not change what Qovery holds, and deletes nothing. It ends by saying
which keys exist in which state. Of a migration it moves every cluster back, the first
alone, and deploys it: it asks for the target's name, and wants --yes where no one can
be asked. What is aborted stays open: the command that began it resumes it, 'rotate
release' closes it once a person has resolved it.

It waits for a step that is still at work, ten minutes at most.

Where a rotation is open and no execution is at work, there is nothing to stop, and
the old key is brought back all the same. Where no rotation is open, nothing is
done, and the exit code is 4. Exit code 0 means that the abort went through.`,
		Example: `  rotate abort production
  rotate abort production --yes`,
	}
	run := func(ctx context.Context, s *stack, t target.Target) error { return s.abort(ctx, t, yes) }
	p.onTarget(cmd, run).addFull(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (s *stack) abort(ctx context.Context, t target.Target, yes bool) error {
	record, unread := s.journal.Load(ctx, t.IAMUserName)
	found, err := s.atWork(ctx, t.Name, record)
	if len(found) == 0 { // what inputs name is stopped, whether the record can be read or not
		err = cmp.Or(unread, err)
	}
	if err != nil {
		return err
	}
	for _, x := range found {
		if x.Abort {
			fmt.Fprintf(s.prose(), "%s is aborting the rotation already.\n", x.Name)
			return s.followAbort(ctx, x)
		}
	}
	if err := s.mayMoveBack(ctx, yes, t.Name, record, found); err != nil {
		return err
	}
	// From the first stop on Ctrl-C waits: who stops an execution, and starts none,
	// may leave the old key Inactive with no one at work on it.
	acting := context.WithoutCancel(ctx)
	begun, err := s.bringBack(acting, t, found)
	switch {
	case err != nil:
		return halfDone(begun.Stopped, "brings the old key back", "As soon as that is possible: rotate abort "+t.Name, err)
	case begun.open == nil:
		return s.nothingOpen(t.Name, begun.Stopped)
	}
	if err := s.show(ctx, false, begun); err != nil {
		return err
	}
	return s.followAbort(ctx, begun.x)
}

// bringBack stops what is at work and starts the execution that brings the old key back, if a
// rotation is open then.
func (s *stack) bringBack(ctx context.Context, t target.Target, found []*notice.Execution) (begun started, err error) {
	begun.Abort = true
	if begun.Stopped, err = s.stopAll(ctx, found); err != nil {
		return begun, err
	}
	// Read again: what was stopped in Preflight may have opened one or not.
	if begun.open, err = s.journal.Load(ctx, t.IAMUserName); err != nil || begun.open == nil {
		return begun, err
	}
	if len(found) == 0 {
		fmt.Fprintf(s.prose(), "No execution is at work on %s; the %s that was begun %s is open.\n", t.Name,
			begun.open.Kind.Noun(), words.At(begun.open.TakenAt))
	}
	begun.x, err = s.states.start(ctx, "abort", target.Input{Target: t.Name, Abort: true})
	return begun, err
}

// nothingOpen is the end of an abort that found no rotation to bring back.
func (s *stack) nothingOpen(name string, stopped []string) error {
	if len(stopped) == 0 {
		return &problem{fmt.Sprintf("There is nothing to abort: no rotation of %s is open, and no execution is at work on it",
			name), "Nothing needs to be done", ExitNothing}
	}
	return s.answer(s.flags.output, halted{name, stopped}, func() {
		fmt.Fprintf(s.Out, "No rotation of %s was open: nothing has been changed.\n", name)
	})
}

// mayMoveBack asks a person, who types the target's name, before clusters are moved back.
func (s *stack) mayMoveBack(ctx context.Context, yes bool, name string, record *rotation.Record,
	found []*notice.Execution) error {
	moves := func(x *notice.Execution) bool { return x.MigrateTo != "" }
	if !record.Migrating() && !slices.ContainsFunc(found, moves) {
		return nil
	}
	return s.confirm(ctx, yes, question{whether: "to move the clusters of " + name + " back",
		text: "This points every cluster that was moved at the credentials that it had, and deploys it. While a cluster is " +
			"deployed, deployments of its applications can fail. A registry or a Helm repository that has the role " +
			"keeps it.\nTo move them back, type the target's name:",
		yes: "move them back", answer: name})
}

// halfDone is an error after which executions are stopped, and none has taken their place.
func halfDone(stopped []string, does, then string, err error) error {
	if err == nil || len(stopped) == 0 {
		return err
	}
	why := problemOf(err)
	what := fmt.Sprintf("%s is stopped, and the execution that %s could not be started: %s", strings.Join(stopped, ", "),
		does, why.what)
	return &problem{what, words.Sentences(why.todo, then), ExitFailed}
}

// stopAll stops executions, and says so of each.
func (s *stack) stopAll(ctx context.Context, found []*notice.Execution) (stopped []string, err error) {
	for _, x := range found {
		if err := s.stop(ctx, x); err != nil {
			return stopped, err
		}
		stopped = append(stopped, x.Name)
		fmt.Fprintf(s.prose(), "stopped  %s\n", x.Name)
	}
	return stopped, nil
}

// stopWithin is how long Step Functions may take to show that an execution has
// been stopped.
const stopWithin = time.Minute

// stop stops an execution and waits until Step Functions says that it has ended.
func (s *stack) stop(ctx context.Context, x *notice.Execution) error {
	if err := s.states.stop(ctx, x.ARN); err != nil {
		return err
	}
	for deadline := s.clock.Now().Add(stopWithin); s.clock.Now().Before(deadline); {
		now, err := s.states.describe(ctx, x.ARN)
		if err != nil || now == nil || now.Status != statemachine.Running {
			return err
		}
		if err := s.clock.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return &problem{fmt.Sprintf("%s was stopped, and Step Functions still says that it runs", x.Name),
		"To continue: rotate abort " + x.Target, ExitFailed}
}

// followAbort shows an abort to its end.
func (s *stack) followAbort(ctx context.Context, x *notice.Execution) error {
	e, err := s.followed(ctx, x)
	switch {
	case err != nil:
		return err
	case e.Error == string(fault.NothingToAbort):
		return exit(ExitNothing)
	}
	return exit(e.exit())
}
