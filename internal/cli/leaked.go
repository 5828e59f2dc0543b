package cli

import (
	"cmp"
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

// leakFlags are about a key that leaked.
type leakFlags struct {
	key    string // the whole id, or its end
	atOnce bool
	since  sinceFlag
}

func (f *leakFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "leaked", "", "replace the key with this id, or this end of an id, which leaked")
	cmd.Flags().BoolVar(&f.atOnce, "at-once", false, "make it Inactive before the clusters are deployed")
	f.since.add(cmd, "", "with --leaked: show in the end what the key was used for since then (72h, or an RFC 3339 time)")
}

func (f *leakFlags) check() error {
	if f.key == "" && (f.atOnce || f.since.text != "") {
		return misuse("--at-once and --since are for --leaked KEY")
	}
	return nil
}

func (f *leakFlags) how() target.How {
	if f.atOnce {
		return target.AtOnce
	}
	return target.AfterDeployment
}

// startLeaked replaces a key that leaked. What runs is taken over: that the key leaked is in
// the journal before anything is stopped.
func (s *stack) startLeaked(ctx context.Context, f rotateFlags, t target.Target) error {
	id, err := s.keyOf(ctx, t.IAMUserName, f.leak.key)
	if err != nil {
		return err
	}
	leaked := target.Leaked{Key: string(id), How: f.leak.how()}
	input, err := f.input(t, &leaked)
	if err != nil {
		return err
	}
	if f.dryRun {
		return s.showDryRun(ctx, f.startFlags, t, input)
	}
	record, found, err := s.openOn(ctx, t)
	if err != nil {
		return err
	}
	if record.BringsBack() { // before anything is stopped: clusters would be left in between
		return &problem{"A migration is open, and clusters are in the middle of it",
			"To bring them back first: rotate abort " + t.Name + ". Then type this command again. Or make the key Inactive, " +
				"whereupon deployments fail until the migration, which you let go on, has given every cluster the role: " +
				rotation.StatusCommand(t.IAMUserName, id, rotation.Inactive).With(notice.KeyIDs{id}.Whole), ExitRefused}
	}
	if slices.ContainsFunc(found, func(x *notice.Execution) bool { return x.Leaked != nil && *x.Leaked == leaked }) {
		return s.requireNone(t.Name, found)
	}
	if err := s.confirm(ctx, f.yes, f.leak.question(t.Name, id, found)); err != nil {
		return err
	}
	begun, err := s.takeOver(ctx, t, id, found, input)
	if err != nil {
		return err
	}
	ended := s.show(ctx, f.watch, begun)
	return cmp.Or(s.showUsesSince(ctx, f.leak.since, id), ended)
}

// takeOver stops what runs and starts an execution for the leaked key. From here on Ctrl-C
// waits: a person who stops an execution and starts none leaves the key as it is.
func (s *stack) takeOver(ctx context.Context, t target.Target, id rotation.KeyID, found []*notice.Execution,
	input target.Input) (begun started, err error) {
	acting := context.WithoutCancel(ctx)
	begun.open, err = s.guard(rotation.Writers{}).NameLeaked(acting, t.IAMUserName, id, input.Leaked.How)
	if err != nil && !fault.HasCode(err, fault.InvalidInput) { // Preflight says what is open, and what to do
		return begun, err
	}
	begun.open = ofKind(begun.open, rotation.Rotate) // an aborted migration is closed
	if begun.Stopped, err = s.stopAll(acting, found); err == nil {
		begun.x, err = s.states.start(acting, "leaked", input)
	}
	return begun, halfDone(begun.Stopped, "replaces the leaked key", "Then run the same command again", err)
}

// names tells whether a text is the key's id or an end of it, with asterisks in front or
// without, as ids are printed.
func names(text string, id rotation.KeyID) bool {
	const shortest = 4
	end := strings.TrimLeft(text, "*")
	return len(end) >= shortest && strings.HasSuffix(string(id), end)
}

// keyOf is the user's key with that id, or with that end of an id.
func (s *stack) keyOf(ctx context.Context, user, text string) (rotation.KeyID, error) {
	keys, err := s.keys.List(ctx, user)
	if err != nil {
		return "", err
	}
	var ids []string
	var found []rotation.KeyID
	for _, key := range keys {
		ids = append(ids, key.ID.String())
		if names(text, key.ID) {
			found = append(found, key.ID)
		}
	}
	has := "more than one key"
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && len(ids) == 0:
		return "", &problem{fmt.Sprintf("The IAM user %s has no key", user), "A key that is deleted needs nothing more",
			ExitUsage}
	case len(found) == 0:
		has = "no key"
	}
	return "", &problem{fmt.Sprintf("The IAM user %s has %s whose id is or ends in %s", user, has, words.Quote(text)),
		"Its keys are: " + words.List(ids, len(ids)) + ". One that is deleted needs nothing more", ExitUsage}
}

// question has a person type the target's name: nothing else shortens what protects.
func (f leakFlags) question(name string, id rotation.KeyID, found []*notice.Execution) question {
	text := fmt.Sprintf("This replaces the key %s, which leaked, without a grace period.\n", id)
	for _, x := range found {
		text += fmt.Sprintf("%s is stopped.\n", x.Name)
	}
	text += "Every cluster that uses the key is deployed, all at the same time. One that fails, is locked or takes more " +
		"than 30 minutes is passed over.\n"
	if f.atOnce {
		text += "The key goes Inactive before that, as soon as no location in Qovery holds it. Until a cluster is " +
			"deployed, what it does in AWS fails: scaling, pulling images, load balancers.\n"
	} else {
		text += "Then the key goes Inactive, whatever still uses it.\n"
	}
	return question{whether: id.String() + " leaked", yes: "replace the key", answer: name,
		text: text + "It is never made Active again. To do that, type the target's name:"}
}

// showUsesSince is the last output, if it is asked for.
func (s *stack) showUsesSince(ctx context.Context, since sinceFlag, id rotation.KeyID) error {
	if since.text == "" {
		fmt.Fprintf(s.Err, "To see what the key was used for: rotate uses %s --since 72h\n", string(id))
		return nil
	}
	return s.uses(ctx, usesFlags{stackFlags: s.flags, since: since}, string(id))
}
