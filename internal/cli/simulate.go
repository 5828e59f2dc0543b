package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/words"
)

type simulateFlags struct {
	scenario string
	script   string // the file
	update   bool
	list     bool
	actions  bool
	clusters int
	seed     uint64
	dryRun   bool
	verbose  bool
	output
}

func (p Program) newSimulate() *cobra.Command {
	var flags simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a rotation on the embedded simulator, step by step",
		Long: `simulate runs the state machine that is deployed, with the steps that the Lambda
functions run, against a simulated AWS account and Qovery, on virtual time. No
AWS account is needed, and hours pass in a moment. Of what a rotation looks at again and
again, what came of it is shown; with --verbose, every look.

With --script it plays a story of your own: a text with one action per line, which
--actions lists. Below a line of "----" may stand what must happen, and --update writes
that part; simulate fails if something else happens. A script that expects nothing, and
a scenario, fail as their rotation does: with the exit code 1, if the last execution
fails. A dry run does, if a rotation would be refused or would have to wait.`,
		Example: `  rotate simulate
  rotate simulate --list
  rotate simulate --scenario aborted-in-grace --seed 7
  rotate simulate --scenario region-denied --dry-run
  rotate simulate --clusters 250 --output json
  rotate simulate --script my.txt`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return flags.check(cmd.Flags().Changed) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case flags.list:
				return p.listScenarios(flags)
			case flags.actions:
				p.listActions()
				return nil
			}
			return p.simulate(cmd.Context(), flags)
		},
	}
	cmd.Flags().StringVar(&flags.scenario, "scenario", "plain", "which story to run (see --list)")
	cmd.Flags().StringVar(&flags.script, "script", "", "the file of a story of your own")
	cmd.Flags().BoolVar(&flags.update, "update", false, "write what happened below the script, as what is expected")
	cmd.Flags().BoolVar(&flags.actions, "actions", false, "list the actions that a script may have")
	cmd.Flags().BoolVar(&flags.list, "list", false, "list the scenarios")
	cmd.Flags().IntVar(&flags.clusters, "clusters", 0, "how many clusters there are (default: the scenario's own)")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 1, "what chance begins with: the same seed is the same story")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "make the story's first execution a dry run, and end with it")
	cmd.Flags().BoolVar(&flags.verbose, "verbose", false, "show every look at what hasn't changed, and every choice")
	flags.output.add(cmd, "text")
	completeFlag(cmd, "scenario", scenarioNames()...)
	return cmd
}

func (f simulateFlags) check(given func(flag string) bool) error {
	if _, exists := lab.Find(f.scenario); !exists {
		return noScenario(f.scenario)
	}
	if given("clusters") && (f.clusters < 1 || f.clusters > lab.MostClusters) {
		return misuse("--clusters %d is not 1 to %d", f.clusters, lab.MostClusters)
	}
	for _, name := range []string{"scenario", "script", "update", "clusters", "seed", "dry-run", "verbose"} {
		switch {
		case given(name) && f.list:
			return misuse("--list lists all scenarios and runs none, so that --%s has no meaning beside it", name)
		case given(name) && f.actions:
			return misuse("--actions runs nothing, so that --%s has no meaning beside it", name)
		}
	}
	switch {
	case given("scenario") && given("script"):
		return misuse("give --scenario or --script, not both")
	case f.update && (f.script == "" || f.dryRun):
		return misuse("--update goes with --script, and not with --dry-run")
	case f.list && f.actions:
		return misuse("give --list or --actions, not both")
	case f.actions && f.json():
		return misuse("--actions is for people: it has no JSON")
	}
	return nil
}

func noScenario(name string) error {
	return misuse("there is no scenario %q: 'rotate simulate --list' names them", name)
}

func scenarioNames() []string {
	return namesOf(lab.Scenarios, func(s lab.Scenario) string { return s.Name })
}

func (p Program) listScenarios(flags simulateFlags) error {
	var list scenarios
	for _, s := range lab.Scenarios {
		list.Scenarios = append(list.Scenarios, scenario{s.Name, s.Sentence, s.Ends()})
	}
	return p.answer(flags.output, list, func() {
		for _, s := range list.Scenarios {
			fmt.Fprintf(p.Out, "%s\n    %s\n", s.Name, s.Sentence)
		}
	})
}

func (p Program) listActions() {
	for _, action := range lab.Actions {
		fmt.Fprintf(p.Out, "%s\n    %s\n", action.Usage, action.Help)
	}
}

// story is the scenario, or what the script says.
func (f simulateFlags) story() (lab.Scenario, error) {
	if f.script == "" {
		scenario, _ := lab.Find(f.scenario)
		return scenario, nil
	}
	text, err := readScript(f.script)
	if err != nil {
		return lab.Scenario{}, misuse("the script can't be read: %v", err)
	}
	scenario, err := lab.ParseScript(f.script, text)
	if err != nil {
		err = misuse("the script %s: %v", f.script, err)
	}
	return scenario, err
}

// readScript reads no more of a file than shows that it is too long: /dev/zero has no end.
func readScript(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, lab.MostScript+1))
	return string(text), err
}

func (p Program) simulate(ctx context.Context, flags simulateFlags) error {
	scenario, err := flags.story()
	if err != nil {
		return err
	}
	setup := scenario.Setup
	setup.Seed, setup.DryRun = flags.seed, flags.dryRun
	if flags.clusters > 0 {
		setup.Clusters, setup.Production = flags.clusters, 0
	}
	var lines []lab.Line
	var told brief
	tell := func(line lab.Line) { lines = append(lines, line) }
	if !flags.json() {
		fmt.Fprintf(p.Out, "%s\n\n", strings.TrimSuffix(scenario.Name+": "+scenario.Sentence, ": "))
		tell = func(line lab.Line) { printLine(p.Out, line) }
		if !flags.verbose {
			told.tell, tell = tell, told.add
		}
	}
	result, err := scenario.Play(setup, func(w *lab.World) {
		w.Tell(tell)
		w.GivenUp = func() bool { return ctx.Err() != nil || flags.script != "" && isClosed(p.Out) }
	})
	told.flush()
	switch {
	case errors.Is(err, lab.ErrGivenUp):
		return cmp.Or[error](lost(p.Out),
			&problem{"Interrupted", "To see the rest of the story, run it again", ExitInterrupted})
	case err != nil:
		return flags.unplayable(err)
	}
	report := result.Report(scenario.Name)
	err = p.answer(flags.output, simulation{report, lines}, func() {
		printReport(p.Out, report)
		for _, line := range result.Idle {
			fmt.Fprintf(p.Out, "Never came to pass: %s\n", line)
		}
	})
	return cmp.Or(err, p.judge(flags, scenario, result, report))
}

// brief shows of each phase only what came of it in the end, and not every look at what is
// waited for. What goes wrong is shown once.
type brief struct {
	tell   func(lab.Line)
	last   *lab.Line // which may be followed by another of its phase
	failed string    // what went wrong last
}

func (b *brief) add(line lab.Line) {
	if story.Polls(line.State) || line.Error != "" && line.Text == b.failed {
		return
	}
	if last := b.last; last == nil || last.Execution != line.Execution || last.State != line.State ||
		line.State == "" || last.Error != "" || line.Error != "" {
		b.flush()
	}
	b.last = &line
	if line.Error != "" {
		b.failed = line.Text
	}
}

func (b *brief) flush() {
	if b.last != nil {
		b.tell(*b.last)
		b.last = nil
	}
}

// judge says how the command ends: by how the rotation did or, of a script, by
// whether all came as expected.
func (p Program) judge(f simulateFlags, scenario lab.Scenario, result lab.Result, report lab.Report) error {
	switch {
	case f.script == "" || f.dryRun:
		return endedWell(report.Good())
	case f.update:
		return p.expect(f.script, scenario.Text(result.Told))
	case !f.json():
		printComparison(p.Out, scenario, result.Told)
	}
	if scenario.Want == "" {
		return endedWell(report.Good())
	}
	return endedWell(result.Told == scenario.Want)
}

// expect writes a script anew, with what is expected of it.
func (p Program) expect(path, text string) error {
	err := writeFile(p.Out, path, func(out io.Writer) error { _, err := io.WriteString(out, text); return err })
	if err != nil {
		return unwritten("The script", "Make room for it, or give a copy of it with --script", err)
	}
	return nil
}

// unplayable is what is wrong with a script of a person's own: what it requires was not so,
// or a line of it makes no sense.
func (f simulateFlags) unplayable(err error) error {
	var unmet lab.Unmet
	switch {
	case f.script == "":
		return err
	case errors.As(err, &unmet):
		return &problem{err.Error(), "", ExitFailed}
	}
	return misuse("%v", err)
}

func endedWell(well bool) error {
	if !well {
		return exit(ExitFailed)
	}
	return nil
}

// printComparison prints what is expected of a script and what came to pass.
func printComparison(out io.Writer, scenario lab.Scenario, told string) {
	fmt.Fprintf(out, "\n----\n%s", told)
	switch scenario.Want {
	case told:
		fmt.Fprintln(out, "That is what the script expects.")
	case "":
		fmt.Fprintln(out, "The script expects nothing yet: with --update it expects this.")
	default:
		fmt.Fprintf(out, "The script expects something else:\n%s", scenario.Want)
	}
}

func printLine(out io.Writer, line lab.Line) {
	at := words.Time(line.At, lineTime)
	switch {
	case line.Execution == "":
		fmt.Fprintf(out, "%s  -- %s\n", at, line.Text)
	case line.State == "":
		fmt.Fprintf(out, "%s  == execution %s %s\n", at, line.Execution, line.Text)
	default:
		fmt.Fprintf(out, "%s  %-20s %s\n", at, line.State, line.Text)
	}
}

func printReport(out io.Writer, r lab.Report) {
	fmt.Fprintf(out, "\n%s after %s of virtual time\n", r.Outcome, r.Took)
	if r.Sentence != "" {
		fmt.Fprintf(out, "%s\n", r.Sentence)
	}
	if r.Plan != nil {
		fmt.Fprintln(out)
		showPlan(out, *r.Plan)
	}
	fmt.Fprintln(out)
	for _, key := range r.Keys {
		fmt.Fprintf(out, "  key %-24s %s\n", key.Key, describeKey(key))
	}
	row := func(name string, value any) { fmt.Fprintf(out, "  %-28s %v\n", name, value) }
	row("two keys Active for", r.BothValid)
	row("state transitions", r.Transitions)
	row("largest document", fmt.Sprintf("%d bytes", r.LargestDocument))
	row("requests to Qovery", fmt.Sprintf("%d, %d of them in the busiest hour", r.QoveryRequests, r.BusiestHour))
	row("failed authentications", r.FailedAuthentication)
	if r.PointedAtMost > 0 {
		row("from pointing to deploying", fmt.Sprintf("%s at most", r.PointedAtMost))
		row("refused while being moved", words.Count(r.RefusedWhilePointed, "application deployment"))
	}
	if r.LeakedInactiveAfter > 0 || r.RefusedByIntent > 0 {
		row("refused by intent", r.RefusedByIntent)
		row("leaked key Inactive after", r.LeakedInactiveAfter)
	}
	for _, refused := range r.Refused {
		fmt.Fprintf(out, "    %s was refused with %s at %s\n", refused.Consumer, refused.Key,
			words.Time(refused.At, time.DateTime))
	}
	for _, wrong := range append(r.Violations, r.Leaks...) {
		fmt.Fprintf(out, "  RULE BROKEN: %s\n", wrong)
	}
}

func describeKey(key lab.KeyReport) string {
	text := "created " + words.Time(key.CreatedAt, time.DateTime)
	if !key.InactiveAt.IsZero() {
		text += ", Inactive " + words.Time(key.InactiveAt, time.DateTime)
	}
	if !key.DeletedAt.IsZero() {
		return text + ", deleted " + words.Time(key.DeletedAt, time.DateTime)
	}
	return text + ", " + key.Status
}
