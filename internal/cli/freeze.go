package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

func (p Program) newFreeze() *cobra.Command {
	var until, reason string
	var ends time.Time
	cmd := &cobra.Command{
		Use:   "freeze TARGET --until TIME --reason TEXT",
		Short: "Keep rotations of a target from beginning",
		Long: `freeze keeps rotations of the target from beginning until a time, thirty days from now
at most. It replaces what an earlier freeze set; what rotation.json says stays. A rotation
that has begun continues, and is resumed if it is interrupted. The alarm on the key's age
stays, too.`,
		Example: `  rotate freeze production --until 2026-12-24T18:00:00+01:00 --reason Sale`,
		PreRunE: func(cmd *cobra.Command, _ []string) (err error) {
			if until == "" || reason == "" {
				return misuse("%q wants --until and --reason", cmd.CommandPath())
			}
			if ends, err = time.Parse(time.RFC3339, until); err != nil {
				return misuse("--until %q is not a time with its zone, such as 2026-12-24T18:00:00+01:00", until)
			}
			return nil
		},
	}
	p.onTarget(cmd, func(ctx context.Context, s *stack, t target.Target) error { return s.freeze(ctx, t, ends, reason) })
	cmd.Flags().StringVar(&until, "until", "", "when it ends, with the time zone: 2026-12-24T18:00:00+01:00")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for people")
	return cmd
}

func (s *stack) freeze(ctx context.Context, t target.Target, ends time.Time, reason string) error {
	freeze := target.Freeze{From: words.Time(s.clock.Now(), time.RFC3339), To: words.Time(ends, time.RFC3339),
		Reason: reason}
	if freeze.Check() != nil {
		return misuse("a freeze ends within thirty days from now, and its reason has a hundred characters " +
			"at most")
	}
	record, err := s.journal.Load(ctx, t.IAMUserName)
	if err != nil {
		return err
	}
	if err := s.journal.Remember(ctx, rotation.FreezeOf(t.Name), freeze); err != nil {
		return err
	}
	open := ""
	if record != nil {
		open = "The rotation that was begun " + words.At(record.TakenAt) + " continues.\n"
	}
	return s.showFrozen(t.Name, freeze.String(), fmt.Sprintf("No rotation of %s begins %s.\n%sTo end the freeze: "+
		"rotate unfreeze %[1]s\n", t.Name, freeze, open))
}

func (p Program) newUnfreeze() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unfreeze TARGET",
		Short: "End a freeze that was set with 'rotate freeze'",
		Long: `unfreeze ends what 'rotate freeze' began. A freeze in rotation.json stays. The daily audit
starts a rotation that has become due meanwhile. Where there is none to end, the exit
code is 4.`,
		Example: `  rotate unfreeze production`,
	}
	p.onTarget(cmd, func(ctx context.Context, s *stack, t target.Target) error { return s.unfreeze(ctx, t) })
	return cmd
}

func (s *stack) unfreeze(ctx context.Context, t target.Target) error {
	found, err := rotation.WithFreeze(ctx, s.journal, t)
	stays, configured := "", t.FrozenAt(s.clock.Now())
	if configured != nil {
		stays = fmt.Sprintf("rotation.json keeps rotations of %s from beginning %s", t.Name, configured)
	}
	switch {
	case fault.HasCode(err, fault.MalformedAnswer): // whatever it was, it is replaced
	case err != nil:
		return err
	case len(found.Freeze) == len(t.Freeze):
		return &problem{fmt.Sprintf("There is no freeze of %s to end", t.Name), cmp.Or(stays, "Nothing needs to be done"),
			ExitNothing}
	}
	if err := s.journal.Remember(ctx, rotation.FreezeOf(t.Name), struct{}{}); err != nil {
		return err
	}
	frozen, text := "", fmt.Sprintf("The freeze of %s is over.\n", t.Name)
	if configured != nil {
		frozen, text = configured.String(), text+stays+".\n"
	}
	return s.showFrozen(t.Name, frozen, text)
}

// showFrozen shows until when no rotation begins now.
func (s *stack) showFrozen(name, frozen, text string) error {
	return s.answer(s.flags.output, frozenAnswer{name, frozen}, func() { say(s.Out, text) })
}
