package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
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

// startFlags are of the commands that start an execution.
type startFlags struct {
	watch, dryRun, yes bool
	file               string // for the plan
}

func (f *startFlags) add(cmd *cobra.Command, dryRun string) {
	cmd.Flags().BoolVar(&f.watch, "watch", false, "watch it to its end")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, dryRun)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
}

type rotateFlags struct {
	startFlags
	timings map[string]*string // by field
	leak    leakFlags
}

func (p Program) newStart() *cobra.Command {
	f := rotateFlags{timings: map[string]*string{}}
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
	}
	on := p.onTarget(cmd, func(ctx context.Context, s *stack, t target.Target) error { return s.start(ctx, f, t) })
	on.addFull(cmd)
	cmd.PreRunE = func(*cobra.Command, []string) error { return f.check(on.json()) }
	f.add(cmd, "show what a rotation would do, and change nothing")
	cmd.Flags().StringVar(&f.file, "file", "", "with --dry-run: where to write the plan, as a page")
	f.leak.add(cmd)
	for _, timing := range timings {
		f.timings[timing.field] = cmd.Flags().String(timing.flag, "", timing.usage)
	}
	return cmd
}

func (f rotateFlags) check(json bool) error {
	for _, timing := range timings {
		value := *f.timings[timing.field]
		if err := new(target.Duration).UnmarshalText([]byte(value)); value != "" && err != nil {
			return misuse("--%s %v", timing.flag, err)
		}
	}
	if f.file != "" && (!f.dryRun || json) {
		return misuse("--file is for the plan of --dry-run, as a page")
	}
	return f.leak.check()
}

func (s *stack) start(ctx context.Context, f rotateFlags, t target.Target) error {
	if f.leak.key != "" {
		return s.startLeaked(ctx, f, t)
	}
	input, err := f.input(t, nil)
	if err != nil {
		return err
	}
	return s.begin(ctx, f.startFlags, rotation.Rotate, t, input, func() error { return s.mayStart(ctx, f.yes, t, input) })
}

// begin starts an execution, which may resume what is open, and shows it. First a person is
// asked. A dry run is shown as a plan.
func (s *stack) begin(ctx context.Context, f startFlags, kind rotation.Kind, t target.Target, input target.Input,
	ask func() error) error {
	if f.dryRun {
		return s.showDryRun(ctx, f, t, input)
	}
	record, found, err := s.openOn(ctx, t)
	if err = cmp.Or(err, s.requireNone(t.Name, found)); err != nil {
		return err
	}
	if err := ask(); err != nil {
		return err
	}
	x, err := s.states.start(ctx, string(kind), input)
	if err != nil {
		return err
	}
	return s.show(ctx, f.watch, started{x: x, open: ofKind(record, kind)})
}

// ofKind is the record if it is of that kind.
func ofKind(record *rotation.Record, kind rotation.Kind) *rotation.Record {
	if record == nil || record.Kind != kind {
		return nil
	}
	return record
}

// input is the execution's.
func (f rotateFlags) input(t target.Target, leaked *target.Leaked) (target.Input, error) {
	input := map[string]any{"leaked": leaked}
	for field, value := range f.timings {
		input[field] = *value
	}
	return inputFor(t, input)
}

// inputFor is an execution's input, of what isn't empty. It is checked as Preflight checks it, so
// that a mistake shows immediately.
func inputFor(t target.Target, input map[string]any) (target.Input, error) {
	input["target"] = t.Name
	maps.DeleteFunc(input, func(_ string, value any) bool { return reflect.ValueOf(value).IsZero() })
	text, err := json.Marshal(input)
	if err != nil {
		return target.Input{}, err
	}
	parsed, err := target.ParseInput(text)
	if err == nil {
		_, err = parsed.Apply(t)
	}
	if err != nil {
		return target.Input{}, misuse("%s", strings.TrimRight(fault.AsError(err).What.String(), "."))
	}
	return parsed, nil
}

// requireNone: an execution that is at work keeps others out, so that a second one
// would only end again.
func (s *stack) requireNone(target string, found []*notice.Execution) error {
	if len(found) == 0 {
		return nil
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
	Execution string    `json:"execution"`
	ARN       string    `json:"arn"`
	Console   string    `json:"console,omitempty"`
	Target    string    `json:"target"`
	StartedAt time.Time `json:"startedAt"`
	DryRun    bool      `json:"dryRun,omitempty"`
	Abort     bool      `json:"abort,omitempty"`
	Resumes   *resumed  `json:"resumes,omitempty"`
	Stopped   []string  `json:"stopped,omitempty"` // executions, for it

	x    *notice.Execution
	open *rotation.Record // that it resumes, or aborts
}

// resumed is the rotation that was open.
type resumed struct {
	RotationID string    `json:"rotationId"`
	BegunAt    time.Time `json:"begunAt"`
}

// show shows what was started, to its end if it is watched.
func (s *stack) show(ctx context.Context, watch bool, begun started) error {
	begun.Execution, begun.ARN, begun.Console = begun.x.Name, begun.x.ARN, notice.ExecutionPage(begun.x.ARN)
	begun.Target, begun.StartedAt = begun.x.Target, begun.x.StartedAt
	if begun.open != nil {
		begun.Resumes = &resumed{begun.open.RotationID, begun.open.TakenAt}
	}
	if err := s.answer(s.flags.output, begun, func() { begun.show(s.Out) }); err != nil || !watch {
		return err
	}
	return s.followToEnd(ctx, begun.x)
}

func (s started) show(out io.Writer) {
	if s.open != nil && !s.Abort {
		fmt.Fprintf(out, "This resumes the %s that was begun %s and is not over.\n", s.open.Kind.Noun(),
			words.At(s.open.TakenAt))
	}
	fmt.Fprintf(out, "started  %s\narn      %s\n", s.Execution, s.ARN)
	if s.Console != "" {
		fmt.Fprintf(out, "console  %s\n", s.Console)
	}
	fmt.Fprintf(out, "watch    rotate watch %s\n\n", s.Execution)
}
