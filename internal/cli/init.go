package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// initFlags are what init need not ask.
type initFlags struct {
	stackFlags
	file, qovery string
}

func (p Program) newInit() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Ask what to rotate, and write rotation.json",
		Long: `init asks for Qovery's API token and your organization's id, and finds the
credentials there that hold a key of an IAM user of your AWS account. It asks whether
you must comply with CIS or Security Hub, when to rotate, and who is notified. Then it
writes the configuration. It changes nothing else, and doesn't keep the token.

Answers may come from a pipe, a line each.`,
		Example: `  rotate init
  rotate init --profile production --region eu-west-3 --file production.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return (&wizard{Program: p, initFlags: f, draft: newDraft()}).run(cmd.Context())
		},
	}
	f.addLogin(cmd)
	cmd.Flags().StringVar(&f.file, "file", "rotation.json", "the file to write")
	cmd.Flags().StringVar(&f.qovery, "qovery-api-url", "", "where Qovery's API is, if not at its public address")
	return cmd
}

// wizard asks one thing after another, and keeps what it was told and has found.
type wizard struct {
	Program
	initFlags
	draft        draft
	keys         *iam.Keys
	organization string
	credentials  []rotation.Location // the organization's
	users        []string            // whose keys those hold, each once
}

func (w *wizard) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.mayWrite, w.logInToAWS, w.askQovery, w.match, w.askTargets,
		w.askTimes, w.askAddresses} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.write()
}

// mayWrite asks before a file is overwritten, and before anything else.
func (w *wizard) mayWrite(ctx context.Context) error {
	if _, err := os.Stat(w.file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	yes, err := w.askYes(ctx, w.file+" is there already. Overwrite it?")
	if err != nil || yes {
		return err
	}
	return &problem{"Nothing was written", "To keep that file, name another one with --file", ExitFailed}
}

func (w *wizard) logInToAWS(ctx context.Context) error {
	if w.profile == "" && os.Getenv("AWS_PROFILE") == "" && os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		var err error
		if w.profile, err = w.ask(ctx, "AWS profile [default]: "); err != nil {
			return err
		}
	}
	cfg, err := w.logIn(ctx, &w.stackFlags)
	if err != nil {
		return err
	}
	w.region, w.keys = cfg.Region, iam.New(cfg)
	return nil
}

// askQovery asks for token and organization until Qovery takes them, and reads the
// organization's credentials.
func (w *wizard) askQovery(ctx context.Context) error {
	token, err := w.askSecret(ctx, "Qovery's API token (it isn't shown): ")
	if err != nil {
		return err
	}
	err = w.accept(ctx, "The organization's id at Qovery, a UUID", "", func(d *draft, answer string) {
		d.Targets[0].OrganizationID, w.organization = answer, answer
	})
	if err != nil {
		return err
	}
	client, err := qovery.New(qovery.Options{BaseURL: w.qovery, Clock: w.Clock,
		Token: func(context.Context, string) (rotation.Secret, error) { return token, nil }})
	if err != nil {
		return misuse("--qovery-api-url: %v", err)
	}
	opened, err := client.Open(ctx, target.Target{OrganizationID: w.organization})
	if err == nil {
		w.credentials, err = opened.Credentials(ctx)
	}
	if fault.HasCode(err, fault.TokenRefused) {
		return &problem{"Qovery doesn't take this token for the organization " + w.organization,
			"docs/install.md says which token a rotation needs; then try again", ExitFailed}
	}
	return err
}

// match finds the IAM users whose keys the credentials hold.
func (w *wizard) match(ctx context.Context) (err error) {
	fmt.Fprintln(w.Out, "\nThe organization's credentials:")
	for _, c := range w.credentials {
		owner, said := "", "has no access key"
		if c.Key != "" {
			owner, err = w.keys.Owner(ctx, c.Key)
			switch {
			case errors.Is(err, rotation.ErrNoSuchKey):
				said = "has the key " + c.Key.String() + ", which isn't one of this AWS account"
			case err != nil:
				return err
			case !c.Rotatable:
				owner, said = "", "has a key of the IAM user "+owner+", and is of the type "+c.Type+", which isn't rotated"
			default:
				said = "has the key " + c.Key.String() + " of the IAM user " + owner
			}
		}
		fmt.Fprintf(w.Out, "  %q %s\n", c.Name, said)
		if owner != "" && !slices.Contains(w.users, owner) {
			w.users = append(w.users, owner)
		}
	}
	fmt.Fprintln(w.Out)
	if len(w.users) == 0 {
		return &problem{"None of them has a key of an IAM user of this AWS account, so there is nothing to rotate",
			"Check --profile and the organization's id", ExitFailed}
	}
	return nil
}

func (w *wizard) askTargets(ctx context.Context) error {
	for i, user := range w.users {
		path, err := w.keys.Path(ctx, user)
		if err != nil {
			return err
		}
		if i > 0 {
			w.draft.Targets = append(w.draft.Targets, w.draft.Targets[0])
		}
		fallback := "production"
		if len(w.users) > 1 {
			fallback = strings.ToLower(user)
		}
		err = w.accept(ctx, "What do you call the target that rotates the key of "+user+"?", fallback,
			func(d *draft, answer string) {
				t := &d.Targets[i]
				t.Name, t.IAMUserName, t.OrganizationID = answer, user, w.organization
				t.IAMUserPath = strings.TrimSuffix(path, "/") + "/"
			})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *wizard) askTimes(ctx context.Context) error {
	must, err := w.askYes(ctx, "Must you comply with CIS or Security Hub, which count a key older than 90 days?")
	if err != nil {
		return err
	}
	for i := range w.draft.Targets {
		w.draft.Targets[i].Schedule.RateDays = 0 // the default
		if must {
			w.draft.Targets[i].Schedule.RateDays = target.ComplyingDays
		}
	}
	return w.accept(ctx, "When does the first rotation start? Clusters are deployed then", w.nextTuesday(),
		func(d *draft, answer string) {
			for i := range d.Targets {
				d.Targets[i].Schedule.StartAt = answer
			}
		})
}

func (w *wizard) askAddresses(ctx context.Context) error {
	return w.accept(ctx, "Who is notified? E-mail addresses, with commas", "", func(d *draft, answer string) {
		d.AlertEmails = strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
	})
}

// nextTuesday is a morning on which Qovery deploys no clusters by itself.
func (w *wizard) nextTuesday() string {
	const morning = 9
	day := w.Clock.Now().Local().AddDate(0, 0, 1)
	for day.Weekday() != time.Tuesday {
		day = day.AddDate(0, 0, 1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), morning, 0, 0, 0, time.Local).Format(time.RFC3339)
}

func (w *wizard) write() error {
	err := writeFile(w.Out, w.file, func(out io.Writer) error { return words.WriteJSON(out, w.draft, "  ") })
	if err != nil {
		return &problem{"The configuration can't be written: " + err.Error(), "Name another file with --file", ExitUnwritten}
	}
	parsed, err := w.draft.parse(w.region, w.Clock.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(w.Out, "\n%s is written, with %s.\n", w.file, words.Count(len(parsed.Targets), "target"))
	for _, t := range parsed.Targets {
		for _, note := range []string{config.MaintenanceWarning(t), config.ComplianceNote(t)} {
			if note != "" {
				fmt.Fprintln(w.Out, note)
			}
		}
	}
	_, err = fmt.Fprintln(w.Out, "Next: make bootstrap, once per account and region; make deploy; "+
		"and the command of the output PutToken.")
	return err
}
