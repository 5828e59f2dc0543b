package cli

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

func (p Program) newFreeze() *cobra.Command {
	var f *stackFlags
	var until, reason string
	cmd := &cobra.Command{
		Use:   "freeze TARGET --until TIME --reason TEXT",
		Short: "Keep rotations of a target from beginning",
		Long: `freeze keeps rotations of the target from beginning until a time, thirty days from now
at most. It replaces what an earlier freeze set; what rotation.json says stays. A rotation
that has begun continues, and is resumed if it is interrupted. The alarm on the key's age
stays, too.`,
		Example: `  rotate freeze production --until 2026-12-24T18:00:00+01:00 --reason Sale`,
		Args:    oneTarget,
		RunE:    func(cmd *cobra.Command, args []string) error { return p.freeze(cmd, f, args[0], until, reason) },
	}
	f = addStackFlags(cmd, "text")
	cmd.Flags().StringVar(&until, "until", "", "when it ends, with the time zone: 2026-12-24T18:00:00+01:00")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for people")
	cmd.ValidArgsFunction = p.completeTargets(f)
	return cmd
}

func (p Program) freeze(cmd *cobra.Command, f *stackFlags, name, until, reason string) error {
	ends, err := time.Parse(time.RFC3339, until)
	switch {
	case until == "" || reason == "":
		return usageError{fmt.Errorf("%q wants --until and --reason", cmd.CommandPath())}
	case err != nil:
		return usageError{fmt.Errorf("--until %q is not a time with its zone, such as 2026-12-24T18:00:00+01:00", until)}
	}
	s, t, err := p.openFor(cmd.Context(), f, name)
	if err != nil {
		return err
	}
	freeze := target.Freeze{From: words.Time(s.clock.Now(), time.RFC3339), To: words.Time(ends, time.RFC3339),
		Reason: reason}
	if freeze.Check() != nil {
		return usageError{errors.New("a freeze ends within thirty days from now, and its reason has a hundred characters " +
			"at most")}
	}
	record, err := s.journal.Load(cmd.Context(), t.IAMUserName)
	if err != nil {
		return err
	}
	if err := s.journal.Remember(cmd.Context(), rotation.FreezeOf(name), freeze); err != nil {
		return err
	}
	open := ""
	if record != nil {
		open = "The rotation that was begun " + words.At(record.TakenAt) + " continues.\n"
	}
	return showFrozen(cmd, f, name, freeze.String(), fmt.Sprintf("No rotation of %s begins %s.\n%sTo end the freeze: "+
		"rotate unfreeze %[1]s\n", name, freeze, open))
}

func (p Program) newUnfreeze() *cobra.Command {
	var f *stackFlags
	cmd := &cobra.Command{
		Use:   "unfreeze TARGET",
		Short: "End a freeze that was set with 'rotate freeze'",
		Long: `unfreeze ends what 'rotate freeze' began. A freeze in rotation.json stays. The daily audit
starts a rotation that has become due meanwhile. Where there is none to end, the exit
code is 4.`,
		Example: `  rotate unfreeze production`,
		Args:    oneTarget,
		RunE:    func(cmd *cobra.Command, args []string) error { return p.unfreeze(cmd, f, args[0]) },
	}
	f = addStackFlags(cmd, "text")
	cmd.ValidArgsFunction = p.completeTargets(f)
	return cmd
}

func (p Program) unfreeze(cmd *cobra.Command, f *stackFlags, name string) error {
	ctx := cmd.Context()
	s, t, err := p.openFor(ctx, f, name)
	if err != nil {
		return err
	}
	found, err := rotation.WithFreeze(ctx, s.journal, t)
	stays, configured := "", t.FrozenAt(s.clock.Now())
	if configured != nil {
		stays = fmt.Sprintf("rotation.json keeps rotations of %s from beginning %s", name, configured)
	}
	switch {
	case fault.HasCode(err, fault.MalformedAnswer): // whatever it was, it is replaced
	case err != nil:
		return err
	case len(found.Freeze) == len(t.Freeze):
		return &problem{fmt.Sprintf("There is no freeze of %s to end", name), cmp.Or(stays, "Nothing needs to be done"),
			ExitNothing}
	}
	if err := s.journal.Remember(ctx, rotation.FreezeOf(name), struct{}{}); err != nil {
		return err
	}
	frozen, text := "", fmt.Sprintf("The freeze of %s is over.\n", name)
	if configured != nil {
		frozen, text = configured.String(), text+stays+".\n"
	}
	return showFrozen(cmd, f, name, frozen, text)
}

// showFrozen shows until when no rotation begins now.
func showFrozen(cmd *cobra.Command, f *stackFlags, name, frozen, text string) error {
	if f.json() {
		return writeJSON(cmd.OutOrStdout(), frozenAnswer{name, frozen})
	}
	return say(cmd.OutOrStdout(), text)
}
