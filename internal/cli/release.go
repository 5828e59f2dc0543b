package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

func (p Program) newRelease() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "release TARGET",
		Short: "Close a rotation that a person has resolved by hand",
		Long: `release closes the journal's record of a rotation that is held, after a person has
put things right. It deletes no key and changes none; it destroys a new key's secret
that is still staged. It refuses while an execution is at work, while locations in Qovery hold
several keys of the IAM user, or one that isn't Active, while a key that leaked is Active,
and while a cluster points at other credentials than it was deployed with. That no
location holds a key is fine. It names the keys that are left, and how each ends.
Beside the journal it reads IAM and Qovery, with your own rights: that takes the
right to decrypt the target's token parameter.`,
		Example: `  rotate release production
  rotate release production --yes`,
	}
	p.onTarget(cmd, func(ctx context.Context, s *stack, t target.Target) error { return s.release(ctx, t, yes) })
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (s *stack) release(ctx context.Context, t target.Target, yes bool) error {
	record, err := s.journal.Load(ctx, t.IAMUserName)
	switch {
	case err != nil:
		return err
	case record == nil:
		return nothingToRelease(t.Name)
	}
	if err := s.confirm(ctx, yes, askToRelease(*record)); err != nil {
		return err
	}
	released, left, err := s.closeRecord(ctx, t.Name)
	switch {
	case fault.HasCode(err, fault.NothingToAbort):
		return nothingToRelease(t.Name)
	case fault.HasCode(err, fault.RotationInProgress):
		return &problem{fmt.Sprintf("An execution is at work on %s: %s", t.Name, words.Last(released.Owner)),
			fmt.Sprintf("To watch it: rotate watch %[1]s; to stop it first: rotate abort %[1]s", t.Name), ExitRunning}
	case err != nil:
		return problemOf(err, append(slices.Clone(released.KnownKeys), released.OldKey, released.NewKey)...)
	}
	closed := endedOf(rotation.HistoryItem{Record: released, Outcome: rotation.Released, EndedAt: s.clock.Now()})
	return s.answer(s.flags.output, closed, func() {
		lines := append([]string{fmt.Sprintf("The %s of %s that was begun %s is closed. No key was changed.",
			released.Kind.Noun(), t.Name, words.At(released.TakenAt))}, whatIsLeft(released, left)...)
		say(s.Out, strings.Join(lines, "\n")+"\nTo see which keys there are: rotate status\n")
	})
}

// closeRecord closes the open record with the rights of the person. It returns the keys that are left.
func (s *stack) closeRecord(ctx context.Context, name string) (rotation.Record, []rotation.AccessKey, error) {
	client, err := s.qoveryClient()
	if err != nil {
		return rotation.Record{}, nil, err
	}
	return rotation.Release{
		Guard:      s.guard(rotation.Writers{Staging: s.store.Staged(target.StagedPrefix)}),
		Targets:    s.targets,
		Keys:       s.keys,
		Qovery:     rotation.ReadOnly(client),
		Executions: s.states,
	}.Run(ctx, name)
}

// whatIsLeft is how the keys end that no location holds.
func whatIsLeft(released rotation.Record, left []rotation.AccessKey) (lines []string) {
	mayRun := !released.Marks[rotation.Update].Begun.IsZero() && released.Marks[rotation.Deploy].Done.IsZero()
	for _, key := range left {
		is, how := "", "Once nothing has used it for two weeks, retire it:"
		command := notice.RetireCommand(released.Target, key.ID)
		switch {
		case key.Status != rotation.Active:
			is, how = ", which is Inactive", "If nothing misses it, delete it:"
			command = notice.DeleteCommand(released.IAMUser, key.ID)
		case key.ID == released.NewKey && released.Marks[rotation.Update].Begun.IsZero():
			how, command = "The rotation created it, and put it nowhere. Delete it:",
				notice.DeleteCommand(released.IAMUser, key.ID)
		case mayRun && key.ID == released.OldKey:
			how = "Clusters may still run with it: deploy those in Qovery that were not deployed since the update. " +
				"Once nothing has used the key for two weeks, retire it:"
		}
		lines = append(lines, fmt.Sprintf("No location in Qovery holds the key %s%s. While it is there, the next rotation "+
			"refuses to begin.", string(key.ID), is), how, "    "+command)
	}
	return lines
}

func nothingToRelease(name string) error {
	return &problem{fmt.Sprintf("There is nothing to release: no rotation of %s is open", name),
		"Nothing needs to be done", ExitNothing}
}

func askToRelease(record rotation.Record) question {
	keys := "old key " + record.OldKey.String()
	if record.NewKey != "" {
		keys += ", new key " + record.NewKey.String()
	}
	return question{whether: "to release " + record.Target, yes: "close the record",
		text: fmt.Sprintf("The %s of %s was begun %s (%s).\nClosing its record forgets what it was about; it changes no "+
			"key. Close it?", record.Kind.Noun(), record.Target, words.At(record.TakenAt), keys)}
}
