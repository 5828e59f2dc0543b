package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// showDryRun makes a dry run, and shows its plan.
func (s *stack) showDryRun(cmd *cobra.Command, f startFlags, t target.Target, input target.Input) error {
	x, err := s.beginDryRun(cmd.Context(), input)
	if err != nil {
		return err
	}
	if f.json() {
		f.watch = true
		return s.show(cmd, f, started{x: x, dryRun: true})
	}
	e, view, err := s.planOf(cmd.Context(), t, x, planView{cmd.ErrOrStderr(), terminalOf(cmd.ErrOrStderr())})
	switch {
	case err != nil:
		return err
	case view == nil:
		err = showEnd(cmd, f.stackFlags, e)
	case f.file != "":
		page := func(out io.Writer) error { return report.WritePlan(out, *view, e.StoppedAt) }
		err = writePage(cmd, "The plan", f.file, "the plan to "+f.file+", as an HTML page", page)
	default:
		showPlan(cmd.OutOrStdout(), *view)
		fmt.Fprintf(cmd.OutOrStdout(), "\nNothing was changed. %s\n", nextAfterPlan(*view))
	}
	if err != nil {
		return err
	}
	return exit(e.exit())
}

func nextAfterPlan(view story.Plan) string {
	if view.Refused != "" {
		return fmt.Sprintf("To read about %[1]s: rotate explain %[1]s", view.Refused)
	}
	return "To start it, leave out --dry-run"
}

// mayStart shows the plan, and asks.
func (p Program) mayStart(cmd *cobra.Command, s *stack, f startFlags, t target.Target, input target.Input) error {
	if !isTerminal(p.In) {
		return usageError{fmt.Errorf("no one can be asked here whether to rotate %s: give --yes", t.Name)}
	}
	ctx := cmd.Context()
	x, err := s.beginDryRun(ctx, input)
	if err != nil {
		return err
	}
	e, view, err := s.planOf(ctx, t, x, planView{p.Err, terminalOf(p.Err)})
	if err != nil {
		return err
	}
	if view == nil {
		_ = showEnd(cmd, f.stackFlags, e)
		return exit(e.exit())
	}
	showPlan(p.Err, *view)
	if refused := fault.Code(view.Refused); refused != "" && refused.Class() != fault.Transient {
		return &problem{"Nothing was started", fmt.Sprintf("To read about it: rotate explain %s", refused), ExitRefused}
	}
	text, doc, now := "\n", e.Output, s.clock.Now()
	if doc.Plan.Would == rotation.ActionCreate && now.Sub(doc.OldKeyMade) < rotation.DueAfter {
		text += fmt.Sprintf("The key %s is only %s old. ", doc.OldKey, words.Span(doc.OldKeyMade, now))
	}
	return p.confirm(ctx, question{whether: "rotate " + t.Name, text: text + "Start it?", yes: "start it"})
}

func (s *stack) beginDryRun(ctx context.Context, input target.Input) (*notice.Execution, error) {
	input.DryRun = true
	return s.states.start(ctx, executionName(input.Target, notice.PlanShown, s.clock.Now()), input)
}

// planOf follows a dry run to its end. It has no plan if it failed.
func (s *stack) planOf(ctx context.Context, t target.Target, x *notice.Execution, v view) (*ended, *story.Plan, error) {
	e, err := s.follow(ctx, x, v)
	if err != nil || e.Status != notice.Succeeded || e.Output == nil {
		return e, nil, err
	}
	history, err := s.journal.History(ctx, t.IAMUserName)
	if err != nil {
		return e, nil, err
	}
	view := story.PlanOf(*e.Output, story.PaceOf(history), e.keys.Whole)
	return e, &view, nil
}

// showPlan writes what a dry run found.
func showPlan(out io.Writer, v story.Plan) {
	width, _ := sizeOf(out)
	fmt.Fprintf(out, "%s: %s.\n", v.Target, v.Verdict)
	lines := []string{""}
	if v.Refused != "" {
		lines = v.Refusal(width)
	}
	for _, line := range append(lines, v.Lines(width)...) {
		fmt.Fprintln(out, line)
	}
}

// planView shows of a dry run only that it takes its time, and why.
type planView struct {
	out      io.Writer
	terminal *terminal
}

func (v planView) line(l line) error {
	if l.Error == "" {
		return nil
	}
	v.close(progress{})
	return (&plainView{out: v.out}).line(l)
}

func (v planView) live(p progress) {
	if v.terminal != nil {
		v.terminal.repaint("Preflight: " + p.String())
	}
}

func (v planView) every() time.Duration { return time.Second }

func (v planView) close(progress) {
	if v.terminal != nil {
		v.terminal.erase()
	}
}
