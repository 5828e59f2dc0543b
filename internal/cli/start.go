package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// timings are the flags that become part of an execution's input.
var timings = []struct{ flag, field, usage string }{
	{"grace-period", "gracePeriod", "both keys stay valid for longer after the last deployment (2h to 24h)"},
	{"idle-for", "idleFor", "the old key must have been unused for longer (15m to the grace period)"},
	{"max-grace-extension", "maxGraceExtension", "a used old key may prolong the grace period for longer (up to 168h)"},
	{"observation-period", "observationPeriod", "the old key stays Inactive for longer before it is deleted (5m to 24h)"},
	{"deployment-timeout", "deploymentTimeout", "a wave of clusters may take longer (15m for each attempt, to 12h)"},
}

type startFlags struct {
	*stackFlags
	watch, dryRun, yes bool
	file               string
	timings            map[string]*string // by field
	leak               leakFlags
}

func (p Program) newStart() *cobra.Command {
	f := startFlags{timings: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "start TARGET",
		Short: "Start a rotation, or resume an interrupted one",
		Long: `start starts a rotation of the target, or resumes one that was interrupted. While an
execution is at work, it starts none.

It first shows the plan of a dry run, and asks: a rotation is safe for keys, and deploys
every cluster that uses the key. Where no one can be asked, give --yes.

If the key leaked, --leaked KEY replaces it immediately: it takes over whatever runs,
deploys every cluster at the same time, and makes the key Inactive without a grace
period, with --at-once even before the deployments. It asks for the target's name.

A timing that you give lengthens the target's own for this execution; none can be
shortened. A dry run changes nothing: it shows what a rotation would do, and what
would make it wait or refuse; with --file as a page.`,
		Example: `  rotate start production --dry-run
  rotate start production --dry-run --file plan.html
  rotate start production --watch
  rotate start production --yes --grace-period 12h
  rotate start production --leaked AKIAIOSFODNN7EXAMPLE --watch`,
		Args: oneTarget,
		RunE: func(cmd *cobra.Command, args []string) error { return p.start(cmd, f, args[0]) },
	}
	f.stackFlags = addStackFlags(cmd, "text")
	cmd.Flags().BoolVar(&f.watch, "watch", false, "watch it to its end")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what a rotation would do, and change nothing")
	cmd.Flags().StringVar(&f.file, "file", "", "with --dry-run: where to write the plan, as a page")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	f.leak.add(cmd)
	for _, timing := range timings {
		f.timings[timing.field] = cmd.Flags().String(timing.flag, "", timing.usage)
	}
	f.addFull(cmd)
	cmd.ValidArgsFunction = p.completeTargets(f.stackFlags)
	return cmd
}

func (f startFlags) check() error {
	for _, timing := range timings {
		value := *f.timings[timing.field]
		if err := new(target.Duration).UnmarshalText([]byte(value)); value != "" && err != nil {
			return usageError{fmt.Errorf("--%s %w", timing.flag, err)}
		}
	}
	if f.file != "" && (!f.dryRun || f.json()) {
		return usageError{errors.New("--file is for the plan of --dry-run, as a page")}
	}
	return cmp.Or(f.stackFlags.check(), f.leak.check())
}

func (p Program) start(cmd *cobra.Command, f startFlags, name string) error {
	if err := f.check(); err != nil {
		return err
	}
	ctx := cmd.Context()
	s, err := p.open(ctx, f.stackFlags)
	if err != nil {
		return err
	}
	target, err := s.target(ctx, name)
	if err != nil {
		return err
	}
	if f.leak.key != "" {
		return p.startLeaked(cmd, f, s, target)
	}
	input, err := f.input(target, nil)
	if err != nil {
		return err
	}
	if f.dryRun {
		return s.showDryRun(cmd, f, target, input)
	}
	record, err := s.journal.Load(ctx, target.IAMUserName)
	if err != nil {
		return err
	}
	if err := s.requireNoneAtWork(ctx, target.Name, record); err != nil {
		return err
	}
	if !f.yes {
		if err := p.mayStart(cmd, s, f, target, input); err != nil {
			return err
		}
	}
	return s.begin(cmd, f, "", input, ofKind(record, rotation.Rotate))
}

// begin starts an execution, which may resume what is open, and shows it.
func (s *stack) begin(cmd *cobra.Command, f startFlags, kind string, input target.Input, open *rotation.Record) error {
	x, err := s.states.start(cmd.Context(), executionName(input.Target, kind, s.clock.Now()), input)
	if err != nil {
		return err
	}
	return s.show(cmd, f, started{x: x, carriesOn: open})
}

// show shows what was started, to its end where that is asked for.
func (s *stack) show(cmd *cobra.Command, f startFlags, shown started) error {
	if err := showStarted(cmd, f.stackFlags, shown); err != nil {
		return err
	}
	if !f.watch {
		return nil
	}
	return s.followToEnd(cmd, f.stackFlags, shown.x)
}

// input is the execution's. It is checked here as Preflight checks it, so that a
// mistake shows immediately.
func (f startFlags) input(configured target.Target, leaked *target.Leaked) (target.Input, error) {
	input := map[string]any{"target": configured.Name}
	if leaked != nil {
		input["leaked"] = leaked
	}
	for field, value := range f.timings {
		if *value != "" {
			input[field] = *value
		}
	}
	return checkedInput(input, configured)
}

func checkedInput(input map[string]any, configured target.Target) (target.Input, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return target.Input{}, err
	}
	parsed, err := target.ParseInput(text)
	if err == nil {
		_, err = parsed.Apply(configured)
	}
	if err != nil {
		return target.Input{}, usageError{fmt.Errorf("%s", strings.TrimRight(fault.AsError(err).What.String(), "."))}
	}
	return parsed, nil
}

// requireNoneAtWork: an execution that is at work keeps others out, so that a
// second one would only end again.
func (s *stack) requireNoneAtWork(ctx context.Context, target string, record *rotation.Record) error {
	found, err := s.atWork(ctx, target, record)
	if err != nil || len(found) == 0 {
		return err
	}
	x := found[0]
	return &problem{
		fmt.Sprintf("An execution is at work on %s already: %s, for %s", target, x.Name,
			words.Duration(s.clock.Now().Sub(x.StartedAt))),
		"To watch it: rotate watch " + target, ExitRunning,
	}
}

// started is an execution that a command has started.
type started struct {
	x             *notice.Execution
	carriesOn     *rotation.Record
	dryRun, abort bool
	stopped       []string // executions that were stopped for it
}

// startedAnswer is the same, as JSON.
type startedAnswer struct {
	Execution string    `json:"execution"`
	ARN       string    `json:"arn"`
	Console   string    `json:"console,omitempty"`
	Target    string    `json:"target"`
	StartedAt time.Time `json:"startedAt"`
	DryRun    bool      `json:"dryRun,omitempty"`
	Abort     bool      `json:"abort,omitempty"`
	Resumes   *resumed  `json:"resumes,omitempty"`
	Stopped   []string  `json:"stopped,omitempty"` // executions
}

// resumed is the rotation that was open.
type resumed struct {
	RotationID string    `json:"rotationId"`
	BegunAt    time.Time `json:"begunAt"`
}

func showStarted(cmd *cobra.Command, f *stackFlags, s started) error {
	out := cmd.OutOrStdout()
	page := notice.ExecutionPage(s.x.ARN)
	if f.json() {
		answer := startedAnswer{s.x.Name, s.x.ARN, page, s.x.Target, s.x.StartedAt, s.dryRun, s.abort, nil, s.stopped}
		if s.carriesOn != nil {
			answer.Resumes = &resumed{s.carriesOn.RotationID, s.carriesOn.TakenAt}
		}
		return writeLine(out, answer)
	}
	if s.carriesOn != nil && !s.abort {
		fmt.Fprintf(out, "This resumes the %s that was begun %s and is not over.\n", s.carriesOn.Kind.Noun(),
			words.At(s.carriesOn.TakenAt))
	}
	fmt.Fprintf(out, "started  %s\narn      %s\n", s.x.Name, s.x.ARN)
	if page != "" {
		fmt.Fprintf(out, "console  %s\n", page)
	}
	_, err := fmt.Fprintf(out, "watch    rotate watch %s\n\n", s.x.Name)
	return err
}

// followToEnd shows an execution to its end and exits accordingly.
func (s *stack) followToEnd(cmd *cobra.Command, f *stackFlags, x *notice.Execution) error {
	e, err := s.follow(cmd.Context(), x, newView(cmd, f))
	if err != nil {
		return err
	}
	if err := showEnd(cmd, f, e); err != nil {
		return err
	}
	return exit(e.exit())
}
