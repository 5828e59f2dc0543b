package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

type abortFlags struct {
	*stackFlags
	yes bool
}

func (p Program) newAbort() *cobra.Command {
	var f abortFlags
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
		Args: oneTarget,
		RunE: func(cmd *cobra.Command, args []string) error { return p.abort(cmd, f, args[0]) },
	}
	f.stackFlags = addStackFlags(cmd, "text")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	f.addFull(cmd)
	cmd.ValidArgsFunction = p.completeTargets(f.stackFlags)
	return cmd
}

func (p Program) abort(cmd *cobra.Command, flags abortFlags, name string) error {
	ctx, f := cmd.Context(), flags.stackFlags
	s, configured, err := p.openFor(ctx, f, name)
	if err != nil {
		return err
	}
	record, unread := s.journal.Load(ctx, configured.IAMUserName)
	found, err := s.atWork(ctx, name, record)
	if len(found) == 0 { // what inputs name is stopped, whether the record can be read or not
		err = cmp.Or(unread, err)
	}
	if err != nil {
		return err
	}
	tell := cmd.OutOrStdout()
	if f.json() {
		tell = io.Discard
	}
	for _, x := range found {
		if x.Abort {
			fmt.Fprintf(tell, "%s is aborting the rotation already.\n", x.Name)
			return s.followAbort(cmd, f, x)
		}
	}
	if err := p.mayMoveBack(ctx, flags, name, record, found); err != nil {
		return err
	}
	// From the first stop on Ctrl-C waits: who stops an execution, and starts none,
	// may leave the old key Inactive with no one at work on it.
	acting := context.WithoutCancel(ctx)
	stopped, err := s.stopAll(acting, found, tell)
	if err != nil {
		return halfAborted(name, stopped, err)
	}
	// Read again: what was stopped in Preflight may have opened one or not.
	record, err = s.journal.Load(acting, configured.IAMUserName)
	switch {
	case err != nil:
		return halfAborted(name, stopped, err)
	case record == nil && len(found) > 0 && f.json():
		return writeLine(cmd.OutOrStdout(), halted{name, stopped})
	case record == nil && len(found) > 0:
		fmt.Fprintf(tell, "No rotation of %s was open: nothing has been changed.\n", name)
		return nil
	case record == nil:
		return &problem{fmt.Sprintf("There is nothing to abort: no rotation of %s is open, and no execution is at work on it",
			name),
			"Nothing needs to be done", ExitNothing}
	case len(found) == 0:
		fmt.Fprintf(tell, "No execution is at work on %s; the %s that was begun %s is open.\n", name, record.Kind.Noun(),
			words.At(record.TakenAt))
	}
	x, err := s.states.start(acting, executionName(name, "abort", s.clock.Now()),
		target.Input{Target: name, Abort: true})
	if err != nil {
		return halfAborted(name, stopped, err)
	}
	if err := showStarted(cmd, f, started{x: x, carriesOn: record, abort: true, stopped: stopped}); err != nil {
		return err
	}
	return s.followAbort(cmd, f, x)
}

// mayMoveBack asks a person, who types the target's name, before clusters are moved back.
func (p Program) mayMoveBack(ctx context.Context, f abortFlags, name string, record *rotation.Record,
	found []*notice.Execution) error {
	moves := func(x *notice.Execution) bool { return x.MigrateTo != "" }
	if f.yes || !record.Migrating() && !slices.ContainsFunc(found, moves) {
		return nil
	}
	return p.confirm(ctx, question{whether: "move the clusters of " + name + " back",
		text: "This points every cluster that was moved at the credentials that it had, and deploys it. While a cluster is " +
			"deployed, deployments of its applications can fail. A registry or a Helm repository that has the role " +
			"keeps it.\nTo move them back, type the target's name:",
		yes: "move them back", answer: name})
}

// halfAborted is an abort that has stopped what was at work, and no more.
func halfAborted(target string, stopped []string, err error) error {
	if len(stopped) == 0 {
		return err
	}
	why := problemOf(err)
	what := fmt.Sprintf("%s is stopped, and the execution that brings the old key back could not be started: %s",
		strings.Join(stopped, ", "), why.what)
	return &problem{what, words.Sentences(why.todo, "As soon as that is possible: rotate abort "+target), ExitFailed}
}

// stopAll stops executions, and says so of each.
func (s *stack) stopAll(ctx context.Context, found []*notice.Execution, tell io.Writer) (stopped []string, err error) {
	for _, x := range found {
		if err := s.stop(ctx, x); err != nil {
			return stopped, err
		}
		stopped = append(stopped, x.Name)
		fmt.Fprintf(tell, "stopped  %s\n", x.Name)
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
		if err != nil || now == nil || now.Status != notice.Running {
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
func (s *stack) followAbort(cmd *cobra.Command, f *stackFlags, x *notice.Execution) error {
	e, err := s.follow(cmd.Context(), x, newView(cmd, f))
	if err != nil {
		return err
	}
	if err := showEnd(cmd, f, e); err != nil {
		return err
	}
	if e.Error == string(fault.NothingToAbort) {
		return exit(ExitNothing)
	}
	return exit(e.exit())
}
