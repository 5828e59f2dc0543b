package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

type statusFlags struct {
	*stackFlags
	all    bool
	config string
	file   string
}

func (p Program) newStatus() *cobra.Command {
	var f statusFlags
	cmd := &cobra.Command{
		Use:   "status [TARGET]",
		Short: "Show all targets, or one: keys, rotations, schedules, and what needs attention",
		Long: `status shows of every target of the stack, or of one, which keys there are and how
old, how the last rotation ended, when the next one is due, whether one runs or is
paused, and what the audit would report now; and who gets the notices. With -o wide it
gives each target one line; so it does with --all, which looks at every account and
region of the configuration. With --file it writes a page: each key's age against its
limit, and when the next rotation is.

It looks with your own rights. What it could not read, for lack of a right or an answer,
it says, and continues. Where it found something that someone should see to, the exit code
is 5; where it found nothing, but could not read all, 7. What a rotation changes is not
judged while one runs, nor for ten minutes after.`,
		Example: `  rotate status
  rotate status production
  rotate status --all
  rotate status --all --file status.html
  rotate status --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && f.all {
				return misuse("--all shows all targets, so that naming one has no meaning beside it")
			}
			return atMostOne("target")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.status(cmd.Context(), f, args) },
	}
	f.stackFlags = p.onStack(cmd, "text", "wide")
	cmd.Flags().BoolVar(&f.all, "all", false, "every account and region of the configuration, a line for each target")
	cmd.Flags().StringVar(&f.config, "config", "rotation.json", "with --all: the configuration")
	cmd.Flags().StringVar(&f.file, "file", "", "where to write it as an HTML page instead")
	return cmd
}

// stackStatus is how a stack is doing.
type stackStatus struct {
	Stack   string    `json:"stack"`
	Region  string    `json:"region"`
	Account string    `json:"account"`
	At      time.Time `json:"at"`
	// KeyAgeLimitDays is from how many days on the audit reports a key.
	KeyAgeLimitDays int            `json:"keyAgeLimitDays"`
	Targets         []targetStatus `json:"targets"`
	Notices         noticesStatus  `json:"notices"`
	// Attention is what is not about one target.
	Attention []string `json:"attention"`
	Warnings  []string `json:"warnings"` // what doesn't change the exit code
}

// targetStatus is how one target is doing.
type targetStatus struct {
	Name      string          `json:"name"`
	IAMUser   string          `json:"iamUser,omitempty"`
	State     state           `json:"state"`
	Kind      rotation.Kind   `json:"kind,omitempty"`      // of what is open
	Execution string          `json:"execution,omitempty"` // the one that is at work
	In        string          `json:"in,omitempty"`        // the state that it is in
	Since     time.Time       `json:"since,omitzero"`      // of the open rotation, or the execution
	Because   string          `json:"because,omitempty"`   // why it is held
	Keys      []keyStatus     `json:"keys"`
	Last      *past           `json:"lastRotation,omitempty"`
	Schedule  *scheduleStatus `json:"schedule,omitempty"`
	Frozen    string          `json:"frozen,omitempty"` // until when no rotation begins, and why
	Unknown   []string        `json:"unknown"`          // what could not be read
	Attention []audit.Finding `json:"attention"`        // what somebody should see to

	urgency     notice.Urgency // of why it is held
	historyRead bool           // without it nobody knows whether there is a last rotation
}

type keyStatus struct {
	ID        string             `json:"id"`
	Status    rotation.KeyStatus `json:"status"`
	CreatedAt time.Time          `json:"createdAt"`
	AgeDays   int                `json:"ageDays"`
	HeldBy    []string           `json:"heldBy"` // nil: Qovery could not be asked
}

// state is what a target is doing.
type state string

const (
	idle     state = "idle"    // no rotation is open
	rotates  state = "running" // an execution is at work
	isPaused state = "paused"  // a rotation is open, and no execution is at work
	unknown  state = "unknown"
)

// status shows the targets that are named, or all.
func (p Program) status(ctx context.Context, f statusFlags, names []string) error {
	if f.file != "" && f.value != "text" {
		return misuse("--file is for a page, so that --output has no meaning beside it")
	}
	var all allStatus
	var err error
	if f.all {
		all, err = p.statusOfAll(ctx, f)
	} else {
		all.Stacks = make([]stackStatus, 1)
		all.Stacks[0], err = p.statusOf(ctx, f.stackFlags, names)
	}
	if err != nil {
		return err
	}
	switch {
	case f.json() && f.all:
		err = writeJSON(p.Out, all)
	case f.json():
		err = writeJSON(p.Out, all.Stacks[0])
	case f.file != "":
		if err = p.writeStatus(f.file, all); err != nil {
			return err
		}
	case f.all || f.value == "wide":
		showWide(p.Out, all)
	default:
		showStatus(p.Out, all.Stacks[0])
	}
	switch {
	case slices.ContainsFunc(all.Stacks, stackStatus.needsAttention):
		err = exit(ExitAttention) // that the output is lost is said in any case
	case len(all.Unread) > 0 || slices.ContainsFunc(all.Stacks, stackStatus.isUnread):
		err = exit(ExitUnread)
	}
	return err
}

// statusOf looks at one stack.
func (p Program) statusOf(ctx context.Context, f *stackFlags, names []string) (stackStatus, error) {
	s, err := p.open(ctx, f)
	if err != nil {
		return stackStatus{}, err
	}
	if err := s.requireAgeLimit(); err != nil {
		return stackStatus{}, err
	}
	if names, err = s.choose(ctx, names); err != nil {
		return stackStatus{}, err
	}
	status := stackStatus{Stack: s.name, Region: s.region, Account: s.account, Targets: []targetStatus{},
		KeyAgeLimitDays: int(s.keyAgeLimit / (24 * time.Hour))}
	reader, err := s.reader()
	if err != nil {
		return stackStatus{}, err
	}
	working, workingErr := s.states.running(ctx)
	for _, name := range names {
		look := s.look(ctx, name, reader.Look(ctx, name), working, workingErr)
		status.Targets = append(status.Targets, look.targetStatus)
	}
	status.Notices = s.notices(ctx)
	status.Attention, status.Warnings = status.Notices.attention(), status.Notices.warnings()
	status.At = s.clock.Now().Truncate(time.Second)
	return status, ctx.Err()
}

// choose is the targets that are named, or all.
func (s *stack) choose(ctx context.Context, names []string) ([]string, error) {
	known, err := s.targets.Names(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(names) > 0 && !slices.Contains(known, names[0]):
		_, err := s.target(ctx, names[0])
		return names, err
	case len(names) > 0:
		return names, nil
	case len(known) == 0:
		return nil, &problem{fmt.Sprintf("The stack %s in %s has no targets", s.name, s.region),
			"Check --region, --profile and --stack; to have one, add it to rotation.json, then: make deploy", ExitFailed}
	}
	return known, nil
}

func (s stackStatus) isUnread() bool {
	return s.Notices.Unknown != "" ||
		slices.ContainsFunc(s.Targets, func(t targetStatus) bool { return len(t.Unknown) > 0 })
}

func (s stackStatus) needsAttention() bool {
	return len(s.Attention) > 0 || slices.ContainsFunc(s.Targets, func(t targetStatus) bool {
		return len(t.Attention) > 0 || t.Because != ""
	})
}

func showStatus(out io.Writer, s stackStatus) {
	var text strings.Builder
	row := func(name, said string) { fmt.Fprintf(&text, "  %-10s %s\n", name, said) }
	attention := func(said string) { row(colour(out, yellow, "attention")+" ", said) }
	fmt.Fprintf(&text, "stack %s in %s, account %s, %s\n", s.Stack, s.Region, s.Account, words.At(s.At))
	for _, t := range s.Targets {
		fmt.Fprintf(&text, "\n%s", t.Name)
		if t.IAMUser != "" {
			fmt.Fprintf(&text, " (IAM user %s)", t.IAMUser)
		}
		fmt.Fprintln(&text)
		row("state", t.stateText(s.At))
		for _, key := range t.Keys {
			row("key", key.String())
		}
		row("last", t.lastText())
		if t.Schedule != nil {
			row("next", t.Schedule.text(s.At))
		}
		if t.Frozen != "" {
			row("frozen", t.Frozen)
		}
		for _, what := range t.Unknown {
			row("unknown", words.Dot(what))
		}
		if t.Because != "" {
			attention(t.urgency.Prefix() + "The " + t.Kind.Noun() + " is paused. " + words.Dot(t.Because))
		}
		for _, f := range t.Attention {
			attention(f.Urgency.Prefix() + f.Title)
			for _, said := range append(f.Found, f.ToDo()) {
				row("", words.Dot(said))
			}
		}
	}
	fmt.Fprintln(&text, "\nnotices")
	for _, subscriber := range s.Notices.Subscribers {
		row(subscriber.Protocol, subscriber.Endpoint+map[bool]string{false: ", not confirmed"}[subscriber.Confirmed])
	}
	if s.Notices.Unknown != "" {
		row("unknown", words.Dot(s.Notices.Unknown))
	}
	for _, said := range s.Attention {
		attention(words.Dot(said))
	}
	for _, said := range s.Warnings {
		row("warning", words.Dot(said))
	}
	say(out, text.String())
}

func (t targetStatus) stateText(now time.Time) string {
	switch t.State {
	case rotates:
		text := fmt.Sprintf("running: %s", t.Execution)
		if t.In != "" {
			text += " in " + t.In
		}
		return text + ", for " + words.Duration(now.Sub(t.Since))
	case isPaused:
		return fmt.Sprintf("paused: a %s is open since %s", t.Kind.Noun(), words.At(t.Since))
	}
	return string(t.State)
}

func (t targetStatus) lastText() string {
	switch {
	case !t.historyRead:
		return "unknown"
	case t.Last == nil:
		return "no rotation has been recorded yet"
	}
	what := fmt.Sprintf("%s was replaced by %s", t.Last.OldKey, t.Last.NewKey)
	switch {
	case t.Last.Outcome == rotation.Discarded && t.Last.Kind == rotation.Migrate:
		what = "no cluster is moved"
	case t.Last.Outcome == rotation.Discarded:
		what = "nothing was changed"
	case t.Last.Outcome == rotation.Released:
		what = "a person resolved it"
	case t.Last.Kind == rotation.Retire:
		what = t.Last.OldKey + " was retired"
	case t.Last.Kind == rotation.Migrate:
		what = "the clusters were moved to role credentials"
	}
	return fmt.Sprintf("%s %s: %s", t.Last.ended(), words.At(t.Last.EndedAt), what)
}

// String tells of a key on one line.
func (k keyStatus) String() string {
	text := fmt.Sprintf("%s  %-8s  %s old", k.ID, k.Status, words.Count(k.AgeDays, "day"))
	if held := k.held(); held != "" {
		text += ", " + held
	}
	return text
}

// held is which locations hold the key, or "".
func (k keyStatus) held() string {
	switch more := len(k.HeldBy) - 1; {
	case k.HeldBy == nil:
		return ""
	case more < 0:
		return "not held by Qovery"
	case more == 0:
		return "held by " + k.HeldBy[0]
	default:
		return fmt.Sprintf("held by %s and %s", k.HeldBy[0], words.Count(more, "other location"))
	}
}

// whyPaused is what the owner of an open rotation said at its end, or the execution that was
// refused since, and what to do.
func whyPaused(x *notice.Execution, record rotation.Record, keys notice.KeyIDs) string {
	resume := notice.ToResume(record)
	toResume := resume.Text + " " + resume.Command
	ended := fmt.Sprintf("Its execution %s failed with %s", x.Name, x.Error)
	switch {
	case x.IsForgotten():
		ended = "Step Functions does not know any more how its execution ended"
	case x.Error == string(fault.AbortRequested):
		ended = "It was aborted, " + words.At(x.StoppedAt)
		if len(record.Leaked) == 0 { // otherwise a release may be refused
			toResume += "; to close it as it is: rotate release " + record.Target
		}
	case x.Error == "" || x.Status != statemachine.Failed:
		ended = fmt.Sprintf("Its execution %s was ended, %s", x.Name, words.At(x.StoppedAt))
	case x.Cause != "" && x.ARN != record.Owner:
		return words.Sentences(x.Refusal(), keys.Quote(x.Said.Text()))
	case x.Cause != "":
		return keys.Quote(x.Said.Text())
	}
	return words.Dot(ended) + " " + toResume
}

// scheduleStatus is a target's schedule as it is deployed.
type scheduleStatus struct {
	Missing    bool      `json:"missing,omitempty"`
	Enabled    bool      `json:"enabled"`
	Expression string    `json:"expression,omitempty"`
	Next       time.Time `json:"next,omitzero"` // when a rotation begins by itself, the flexible window aside
}

func (s scheduleStatus) text(now time.Time) string {
	switch {
	case s.Missing:
		return "nothing is scheduled"
	case !s.Enabled:
		return "the schedule is disabled"
	case s.Next.IsZero():
		return "by the schedule " + s.Expression
	}
	return fmt.Sprintf("%s, in %s", words.At(s.Next), words.Span(now, s.Next))
}
