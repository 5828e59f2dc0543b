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
	startFlags // none of which is a timing
	observe    string
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
		RunE: func(cmd *cobra.Command, args []string) error { return p.retire(cmd, f, args[0], args[1]) },
	}
	f.stackFlags = addStackFlags(cmd, "text")
	cmd.Flags().BoolVar(&f.watch, "watch", false, "watch it to its end")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show whether the key can be retired, and change nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().StringVar(&f.observe, "observe", "7d", "how long the key stays Inactive before it is deleted (1d to 30d)")
	f.addFull(cmd)
	cmd.ValidArgsFunction = p.completeTargets(f.stackFlags)
	return cmd
}

func targetAndKey(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usageError{fmt.Errorf("%q takes a target and a key ('rotate status' names them all)", cmd.CommandPath())}
	}
	return nil
}

func (p Program) retire(cmd *cobra.Command, f retireFlags, name, end string) error {
	ctx := cmd.Context()
	s, configured, err := p.openFor(ctx, f.stackFlags, name)
	if err != nil {
		return err
	}
	record, err := s.journal.Load(ctx, configured.IAMUserName)
	if err != nil {
		return err
	}
	key, err := s.keyToRetire(ctx, configured.IAMUserName, record, end)
	if err != nil {
		return err
	}
	input, err := f.input(configured, key)
	if err != nil {
		return err
	}
	if f.dryRun {
		return s.showDryRun(cmd, f.startFlags, configured, input)
	}
	if err := p.mayRetire(ctx, s, name, record, input, f); err != nil {
		return err
	}
	return s.begin(cmd, f.startFlags, "retire", input, ofKind(record, rotation.Retire))
}

// keyToRetire is the user's key with that id or end of an id, or the one whose retirement
// is open: that may be gone.
func (s *stack) keyToRetire(ctx context.Context, user string, record *rotation.Record, end string) (
	rotation.KeyID, error,
) {
	open := ofKind(record, rotation.Retire)
	if open != nil && names(end, open.OldKey) {
		return open.OldKey, nil
	}
	return s.keyOf(ctx, user, end)
}

// ofKind is the record if it is of that kind.
func ofKind(record *rotation.Record, kind rotation.Kind) *rotation.Record {
	if record == nil || record.Kind != kind {
		return nil
	}
	return record
}

// mayRetire asks a person, who types the target's name.
func (p Program) mayRetire(ctx context.Context, s *stack, name string, record *rotation.Record, input target.Input,
	f retireFlags) error {
	if err := s.requireNoneAtWork(ctx, name, record); err != nil || f.yes {
		return err
	}
	key, err := rotation.ParseKeyID(input.Retire)
	if err != nil {
		return err
	}
	observed := words.Duration(time.Duration(*input.ObservationPeriod))
	return p.confirm(ctx, question{whether: "retire the key " + key.String() + " of " + name,
		text: fmt.Sprintf("This makes the key %s of %s Inactive, and deletes it %s later. Whatever still uses it fails "+
			"then.\nTo retire it, type the target's name:", key, name, observed),
		yes: "retire it", answer: name})
}

// input is the execution's, checked here as Preflight checks it.
func (f retireFlags) input(configured target.Target, key rotation.KeyID) (target.Input, error) {
	observe := f.observe
	if days, isDays := strings.CutSuffix(observe, "d"); isDays {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return target.Input{}, usageError{fmt.Errorf("--observe %q is not a number of days such as 7d", f.observe)}
		}
		observe = fmt.Sprintf("%dh", 24*n)
	}
	return checkedInput(map[string]any{"target": configured.Name, "retire": string(key), "observationPeriod": observe},
		configured)
}
