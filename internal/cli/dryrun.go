package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// showDryRun makes a dry run, and shows its plan.
func (s *stack) showDryRun(ctx context.Context, f startFlags, t target.Target, input target.Input) error {
	x, err := s.beginDryRun(ctx, input)
	if err != nil {
		return err
	}
	if s.flags.json() {
		return s.show(ctx, true, started{x: x, DryRun: true})
	}
	e, view, err := s.planOf(ctx, t, x)
	switch {
	case err != nil:
		return err
	case view == nil:
		err = s.showEnd(e)
	case f.file != "":
		page := func(out io.Writer) error { return report.WritePlan(out, *view, e.StoppedAt) }
		err = s.writePage("The plan", f.file, "the plan to "+f.file+", as an HTML page", page)
	default:
		showPlan(s.Out, *view)
		fmt.Fprintf(s.Out, "\nNothing was changed. %s\n", nextAfterPlan(*view))
	}
	return cmp.Or(err, exit(e.exit()))
}

func nextAfterPlan(view story.Plan) string {
	if view.Refused != "" {
		return fmt.Sprintf("To read about %[1]s: rotate explain %[1]s", view.Refused)
	}
	return "To start it, leave out --dry-run"
}

// mayStart shows the plan, and asks, unless a person has said yes already.
func (s *stack) mayStart(ctx context.Context, yes bool, t target.Target, input target.Input) error {
	if yes {
		return nil
	}
	q := question{whether: "to rotate " + t.Name, text: "\n", yes: "start it"}
	if err := s.canAsk(q); err != nil {
		return err
	}
	x, err := s.beginDryRun(ctx, input)
	if err != nil {
		return err
	}
	e, view, err := s.planOf(ctx, t, x)
	if err != nil {
		return err
	}
	if view == nil {
		return cmp.Or(s.showEnd(e), exit(e.exit()))
	}
	showPlan(s.Err, *view)
	if refused := fault.Code(view.Refused); refused != "" && refused.Class() != fault.Transient {
		return &problem{"Nothing was started", fmt.Sprintf("To read about it: rotate explain %s", refused), ExitRefused}
	}
	doc, now := e.Document, s.clock.Now()
	if doc.Plan.Would == rotation.ActionCreate && now.Sub(doc.OldKeyMade) < rotation.DueAfter {
		q.text += fmt.Sprintf("The key %s is only %s old. ", doc.OldKey, words.Span(doc.OldKeyMade, now))
	}
	q.text += "Start it?"
	return s.confirm(ctx, false, q)
}

func (s *stack) beginDryRun(ctx context.Context, input target.Input) (*notice.Execution, error) {
	input.DryRun = true
	return s.states.start(ctx, notice.PlanShown, input)
}

// planOf follows a dry run to its end. It has no plan if it failed.
func (s *stack) planOf(ctx context.Context, t target.Target, x *notice.Execution) (*ended, *story.Plan, error) {
	e, err := s.follow(ctx, x, planView{s.Err, terminalOf(s.Err)})
	if err != nil || e.Status != statemachine.Succeeded || e.Document == nil {
		return e, nil, err
	}
	history, err := s.journal.History(ctx, t.IAMUserName)
	if err != nil {
		return e, nil, err
	}
	view := story.PlanOf(*e.Document, story.PaceOf(history), e.keys.Whole)
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

func (v planView) line(l line) {
	if l.Error != "" {
		v.terminal.erase()
		(&plainView{out: v.out}).line(l)
	}
}

func (v planView) live(list *checklist, now time.Time) time.Duration {
	v.terminal.repaint("Preflight: " + list.brief(now))
	return time.Second
}

func (v planView) close(*checklist, time.Time) { v.terminal.erase() }
