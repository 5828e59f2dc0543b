package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

type retireFlags struct {
	startFlags
	observe string
}

func (p Program) newRetire() *cobra.Command {
	var f retireFlags
	cmd := &cobra.Command{
		Use:   "retire TARGET KEY",
		Short: "Delete a key that nothing in Qovery holds, for those who have moved to roles",
		Long: `retire ends the life of an access key of the target's IAM user. KEY is its id, or the
last four characters of that. It refuses while a location in Qovery of whatever kind
holds the key, and until nothing has used it for two weeks; it says when to try again.

Then it makes the key Inactive, waits for a week, and deletes it. Until then 'rotate
abort' makes the key Active again. It deploys nothing and touches no other key. While
it is open, no rotation of the target begins. If it was interrupted, the same command
resumes it.

It asks for the target's name, and wants --yes where no one can be asked.`,
		Example: `  rotate retire production OLD1 --dry-run
  rotate retire production OLD1
  rotate retire production OLD1 --observe 14d --yes`,
		Args: targetAndKey,
	}
	run := func(ctx context.Context, s *stack, t target.Target) error {
		return s.retire(ctx, f, t, cmd.Flags().Arg(1))
	}
	p.onTarget(cmd, run).addFull(cmd)
	f.add(cmd, "show whether the key can be retired, and change nothing")
	cmd.Flags().StringVar(&f.observe, "observe", "7d", "how long the key stays Inactive before it is deleted (1d to 30d)")
	return cmd
}

func targetAndKey(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return misuse("%q takes a target and a key ('rotate status' names them all)", cmd.CommandPath())
	}
	return nil
}

func (s *stack) retire(ctx context.Context, f retireFlags, t target.Target, end string) error {
	key, err := s.keyToRetire(ctx, t.IAMUserName, end)
	if err != nil {
		return err
	}
	input, err := f.input(t, key)
	if err != nil {
		return err
	}
	return s.begin(ctx, f.startFlags, rotation.Retire, t, input, func() error {
		observed := words.Duration(time.Duration(*input.ObservationPeriod))
		return s.confirm(ctx, f.yes, question{whether: "to retire the key " + key.String() + " of " + t.Name,
			text: fmt.Sprintf("This makes the key %s of %s Inactive, and deletes it %s later. Whatever still uses it fails "+
				"then.\nTo retire it, type the target's name:", key, t.Name, observed),
			yes: "retire it", answer: t.Name})
	})
}

// keyToRetire is the user's key with that id or end of an id, or the one whose retirement
// is open: that may be gone.
func (s *stack) keyToRetire(ctx context.Context, user, end string) (rotation.KeyID, error) {
	record, err := s.journal.Load(ctx, user)
	if err != nil {
		return "", err
	}
	if open := ofKind(record, rotation.Retire); open != nil && names(end, open.OldKey) {
		return open.OldKey, nil
	}
	return s.keyOf(ctx, user, end)
}

// input is the execution's. It can be given days.
func (f retireFlags) input(t target.Target, key rotation.KeyID) (target.Input, error) {
	observe := f.observe
	if days, isDays := strings.CutSuffix(observe, "d"); isDays {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return target.Input{}, misuse("--observe %q is not a number of days such as 7d", f.observe)
		}
		observe = fmt.Sprintf("%dh", 24*n)
	}
	return inputFor(t, map[string]any{"retire": string(key), "observationPeriod": observe})
}
