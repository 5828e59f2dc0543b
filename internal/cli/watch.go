package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/words"
)

func (p Program) newWatch() *cobra.Command {
	var f *stackFlags
	cmd := &cobra.Command{
		Use:   "watch [TARGET|EXECUTION]",
		Short: "Watch a rotation to its end",
		Long: `watch shows what an execution does until it ends: its phases with the clusters of
each wave, both keys, what comes next, and when it is expected to end. It ends with
a verdict and what to do, with --full with all that is known, and with the exit code
for that.

The execution is the one that is at work on the target, or the one of that name or
ARN. Without an argument it is the one that runs. Ctrl-C ends the watching, not the
execution. On a terminal all this is kept up to date; elsewhere there is one line for
each thing that happens, and one every five minutes; with --output json one object a
line, the last of which says how the execution ended. An execution that ended over a
day ago, or that others have followed, is shown as what it was: it says nothing of how
things are.`,
		Example: `  rotate watch
  rotate watch production
  rotate watch production-20260112T080000Z --output json`,
		Args: atMostOne("target or execution"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.watch(cmd.Context(), f, strings.Join(args, ""))
		},
	}
	f = p.onStack(cmd, "text")
	f.addFull(cmd)
	return cmd
}

func (p Program) watch(ctx context.Context, f *stackFlags, what string) error {
	f.regionOf(what)
	s, err := p.open(ctx, f)
	if err != nil {
		return err
	}
	x, err := s.findExecution(ctx, what)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.prose(), "%s, begun %s\n", x.Name, words.At(x.StartedAt))
	return s.followToEnd(ctx, x)
}

// findExecution finds the execution that is meant: by its ARN, its name, or the target
// that it is at work on. Nothing means the one that runs.
func (s *stack) findExecution(ctx context.Context, what string) (*notice.Execution, error) {
	isTarget, err := s.isTarget(ctx, what)
	switch {
	case err != nil:
		return nil, err
	case isTarget:
		return s.findAtWork(ctx, what)
	case what != "":
		return s.named(ctx, what)
	}
	running, err := s.states.running(ctx)
	found := slices.DeleteFunc(running, func(x *notice.Execution) bool { return x.DryRun }) // which hold nothing
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, &problem{"No execution is running", "To see how things are: rotate status", ExitNothing}
	case len(found) > 1:
		names := namesOf(found, func(x *notice.Execution) string { return x.Name })
		return nil,
			&problem{"Several executions are running: " + strings.Join(names, ", "), "Name the one to watch", ExitUsage}
	}
	return found[0], nil
}

// findAtWork finds the execution that is at work on a target.
func (s *stack) findAtWork(ctx context.Context, name string) (*notice.Execution, error) {
	target, err := s.target(ctx, name)
	if err != nil {
		return nil, err
	}
	_, found, err := s.openOn(ctx, target)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &problem{"No execution is at work on " + name,
			fmt.Sprintf("To see how the last rotations ended: rotate history %[1]s; to start one: rotate start %[1]s --watch",
				name), ExitNothing}
	}
	return found[0], nil
}

// isTarget tells whether the stack has a target of that name.
func (s *stack) isTarget(ctx context.Context, name string) (bool, error) {
	if name == "" || strings.HasPrefix(name, "arn:") {
		return false, nil
	}
	names, err := s.targets.Names(ctx)
	return slices.Contains(names, name), err
}

// named finds an execution by its name or ARN.
func (s *stack) named(ctx context.Context, what string) (*notice.Execution, error) {
	arn := what
	if !strings.HasPrefix(what, "arn:") {
		arn = s.states.arn(what)
	}
	if !strings.HasPrefix(arn, s.states.arn("")) {
		return nil, &problem{fmt.Sprintf("%s isn't an execution of the state machine of the stack", what), "Check --stack, " +
			"--region and --profile", ExitUsage}
	}
	x, err := s.states.describe(ctx, arn)
	switch {
	case err != nil || x != nil:
		return x, err
	case arn == what:
		return nil, &problem{"Step Functions does not know the execution " + what + "; it forgets one 90 days after its end",
			"What the journal keeps of every rotation: rotate history TARGET", ExitNothing}
	}
	return nil, &problem{fmt.Sprintf("There is no target and no execution %q", what), "To see all targets: rotate " +
		"status; all rotations with their executions: rotate history TARGET", ExitNothing}
}
