package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/docs"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

func (p Program) newExplain() *cobra.Command {
	var f *stackFlags
	cmd := &cobra.Command{
		Use:   "explain [TARGET|CODE|SECTION]",
		Short: "Explain how a rotation stands or an error, or print the runbook",
		Long: `explain prints of a target how its last execution ended, what is so now, and what the
runbook says of that, with the target's own names. Of an error code it prints what it
means, the current state when it ends an execution, what to do, and what to type. The
runbook's sections are printed by their names, and the whole runbook where nothing is
named.

Codes and sections are part of the program, and need neither network nor rights.`,
		Example: `  rotate explain production
  rotate explain TokenRefused
  rotate explain rolling-back
  rotate explain | less`,
		Args: atMostOne("target, code or section"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.explain(cmd.Context(), f, strings.Join(args, ""))
		},
	}
	f = p.onStack(cmd, "text")
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return sectionNames(), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

func (p Program) explain(ctx context.Context, f *stackFlags, what string) error {
	if what == "" {
		return p.answer(f.output, explanations{docs.Sections()}, func() { render(p.Out, docs.Runbook+"\n"+docs.Codes()) })
	}
	said := ""
	section, err := findSection(what)
	if err != nil && target.IsName(what) {
		section = docs.Section{Name: what, Title: what}
		said, section.Text, err = p.explainTarget(ctx, f, what, err)
	}
	if err != nil {
		return err
	}
	whole := section
	whole.Text = said + section.Text
	return p.answer(f.output, whole, func() {
		say(p.Out, said) // which is no Markdown: each of its lines is one
		render(p.Out, section.Text)
	})
}

// explainTarget says how a target's last execution ended, and what the runbook says of
// that. What is no target's name, or can't be looked up, is unknown.
func (p Program) explainTarget(ctx context.Context, f *stackFlags, name string, unknown error) (
	said, section string, err error,
) {
	s, err := p.open(ctx, f)
	if err != nil {
		return "", "", misuse("%s; or, if it is a target: %s", problemOf(unknown).what, problemOf(err).what)
	}
	t, err := s.target(ctx, name)
	if err != nil && problemOf(err).exit == ExitUsage {
		err = unknown
	}
	if err != nil {
		return "", "", err
	}
	x, err := s.lastOf(ctx, t)
	switch {
	case err != nil:
		return "", "", err
	case x == nil:
		return "", "", &problem{"No rotation of " + name + " is open, and none was started in the last two weeks",
			"To see how things are: rotate status", ExitNothing}
	case x.Status == statemachine.Running:
		return "", "", &problem{x.Name + " is at work on " + name, "To watch it: rotate watch " + name, ExitRunning}
	}
	return s.explained(ctx, t, x)
}

// lastOf is the execution that has the target's open rotation, or the last one, if that was
// refused since or nothing is open.
func (s *stack) lastOf(ctx context.Context, t target.Target) (*notice.Execution, error) {
	record, working, err := s.openOn(ctx, t)
	switch {
	case err != nil:
		return nil, err
	case len(working) > 0:
		return working[0], nil
	case record == nil:
		return s.endedSince(ctx, t.Name, s.clock.Now().Add(-audit.LookBack))
	}
	owner, err := s.owner(ctx, record, nil)
	if err != nil {
		return nil, err
	}
	return s.refusedSince(ctx, *record, owner)
}

// refusedSince is the last execution that was refused since the open rotation's owner ended,
// or else the owner.
func (s *stack) refusedSince(ctx context.Context, record rotation.Record, owner *notice.Execution) (
	*notice.Execution, error,
) {
	ended := owner.StoppedAt
	if owner.IsForgotten() {
		ended = record.TouchedAt
	}
	recent, err := s.states.recent(ctx, ended)
	return cmp.Or(notice.RefusedSince(recent, record.Target, ended), owner), err
}

// endedSince is the last execution for the target that was started since then, and has
// ended; nil: there is none.
func (s *stack) endedSince(ctx context.Context, target string, since time.Time) (*notice.Execution, error) {
	recent, err := s.states.recent(ctx, since)
	for _, x := range recent {
		if x.Target == target && !x.DryRun && x.Status != statemachine.Running {
			return x, err
		}
	}
	return nil, err
}

// explained is all that is known of an execution that ended, and the section of its code.
func (s *stack) explained(ctx context.Context, t target.Target, x *notice.Execution) (said, section string, err error) {
	facts := s.facts(ctx, x)
	message := notice.Compose(notice.Event{Execution: x}, facts)
	if !slices.ContainsFunc(fault.Codes, func(info fault.CodeInfo) bool { return string(info.Code) == x.Error }) {
		return message.Whole, "", nil
	}
	state, err := s.lastState(ctx, x)
	if err != nil {
		return "", "", err
	}
	names := docs.Names{Target: t.Name, User: t.IAMUserName, Token: t.TokenParameter, Table: s.table, Execution: x.ARN}
	if len(facts.Keys) == 1 {
		names.Key = string(facts.Keys[0].ID)
	}
	return message.Whole + "\n", docs.Fill(docs.OfCodeIn(fault.Code(x.Error), state), names), nil
}

func sectionNames() []string {
	return namesOf(docs.Sections(), func(s docs.Section) string { return s.Name })
}

// findSection finds the section of a name, in any case. All errors that AWS names
// have one in common.
func findSection(name string) (docs.Section, error) {
	for _, service := range []string{"Lambda.", "Runtime.", "Sandbox.", "States."} {
		if strings.HasPrefix(name, service) {
			name = "errors-that-are-not-this-systems-own"
		}
	}
	for _, section := range docs.Sections() {
		if strings.EqualFold(section.Name, strings.TrimPrefix(name, "#")) {
			return section, nil
		}
	}
	names, meant := sectionNames(), "there are "
	if like := alike(name, names); len(like) > 0 {
		names, meant = like, "the nearest is "
	}
	return docs.Section{}, misuse("there is nothing to explain about %q; %s%s", name, meant,
		strings.Join(names, ", "))
}

// alike are the names that someone may have meant, as cobra suggests commands.
func alike(typed string, names []string) []string {
	const typos = 3
	known := &cobra.Command{SuggestionsMinimumDistance: typos}
	for _, name := range names {
		known.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	return known.SuggestionsFor(typed)
}
