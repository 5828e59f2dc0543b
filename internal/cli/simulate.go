package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/words"
)

type simulateFlags struct {
	scenario string
	list     bool
	clusters int
	seed     uint64
	dryRun   bool
	output   output
}

// mostClusters is what the simulator lets itself be asked for: more than a
// rotation takes, so that the refusal can be seen.
const mostClusters = 1000

func newSimulate() *cobra.Command {
	flags := simulateFlags{output: output{plain: "text"}}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a rotation on the embedded simulator, told step by step",
		Long: `simulate runs the state machine that is deployed, with the steps that the Lambda
functions run, against a simulated AWS account and Qovery, on virtual time. No
AWS account is needed, and hours pass in a moment.`,
		Example: `  rotate simulate
  rotate simulate --list
  rotate simulate --scenario aborted-in-grace --seed 7
  rotate simulate --scenario region-denied --dry-run
  rotate simulate --clusters 250 --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.output.check(); err != nil {
				return err
			}
			if err := flags.check(cmd.Flags().Changed("clusters")); err != nil {
				return usageError{err}
			}
			if flags.list {
				if err := requireNoStory(cmd); err != nil {
					return usageError{err}
				}
				return listScenarios(cmd.OutOrStdout(), flags.output.json())
			}
			return simulate(cmd.OutOrStdout(), flags)
		},
	}
	cmd.Flags().StringVar(&flags.scenario, "scenario", "plain", "which story to run (see --list)")
	cmd.Flags().BoolVar(&flags.list, "list", false, "list the scenarios")
	cmd.Flags().IntVar(&flags.clusters, "clusters", 0, "how many clusters there are (default: the scenario's own)")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 1, "what chance begins with: the same seed is the same story")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "make the story's first execution a dry run, and end with it")
	flags.output.add(cmd)
	completeFlag(cmd, "scenario", scenarioNames()...)
	return cmd
}

func (f simulateFlags) check(clustersGiven bool) error {
	if _, exists := lab.Find(f.scenario); !exists {
		return fmt.Errorf("there is no scenario %q: 'rotate simulate --list' names them", f.scenario)
	}
	if clustersGiven && (f.clusters < 1 || f.clusters > mostClusters) {
		return fmt.Errorf("--clusters %d is not 1 to %d", f.clusters, mostClusters)
	}
	return nil
}

func scenarioNames() []string {
	var names []string
	for _, s := range lab.Scenarios {
		names = append(names, s.Name)
	}
	return names
}

// requireNoStory refuses, beside --list, the flags that are about one story.
func requireNoStory(cmd *cobra.Command) error {
	for _, name := range []string{"scenario", "clusters", "seed", "dry-run"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--list lists all scenarios and runs none, so that --%s has no meaning beside it", name)
		}
	}
	return nil
}

func listScenarios(out io.Writer, asJSON bool) error {
	if asJSON {
		type entry struct {
			Name     string `json:"name"`
			Sentence string `json:"sentence"`
		}
		var list []entry
		for _, s := range lab.Scenarios {
			list = append(list, entry{s.Name, s.Sentence})
		}
		return writeJSON(out, list)
	}
	for _, s := range lab.Scenarios {
		fmt.Fprintf(out, "%s\n    %s\n", s.Name, s.Sentence)
	}
	return nil
}

func simulate(out io.Writer, flags simulateFlags) error {
	scenario, _ := lab.Find(flags.scenario)
	setup := scenario.Setup
	setup.Seed, setup.DryRun = flags.seed, flags.dryRun
	if flags.clusters > 0 {
		setup.Clusters, setup.Production = flags.clusters, 0
	}
	var lines []lab.Line
	tell := func(line lab.Line) { lines = append(lines, line) }
	if !flags.output.json() {
		fmt.Fprintf(out, "%s: %s\n\n", scenario.Name, scenario.Sentence)
		tell = func(line lab.Line) { printLine(out, line) }
	}
	result, err := scenario.Play(setup, func(w *lab.World) { w.Tell(tell) })
	if err != nil {
		return err
	}
	report := result.Report(scenario.Name)
	if flags.output.json() {
		err = writeJSON(out, struct {
			lab.Report
			Story []lab.Line `json:"story"`
		}{report, lines})
	} else {
		printReport(out, report)
	}
	if err == nil && !report.Good() {
		err = errEnded
	}
	return err
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
	printPlan(out, r)
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
	for _, refused := range r.Refused {
		fmt.Fprintf(out, "    %s was refused with %s at %s\n", refused.Consumer, refused.Key,
			words.Time(refused.At, time.DateTime))
	}
	for _, wrong := range append(r.Violations, r.Leaks...) {
		fmt.Fprintf(out, "  RULE BROKEN: %s\n", wrong)
	}
}

func printPlan(out io.Writer, r lab.Report) {
	if r.Plan == nil {
		return
	}
	if r.Plan.Refused != "" {
		fmt.Fprintf(out, "Plan: refused, %s. %s\n", r.Plan.Refused, r.Plan.Because)
	} else {
		fmt.Fprintf(out, "Plan: %s (%s)\n", r.Plan.Would, r.Plan.Reason)
	}
	for _, location := range r.Plan.Locations {
		fmt.Fprintf(out, "  rotates %s %q (%s)\n", location.Kind, location.Name, location.ID)
	}
	switch {
	case r.Plan.DeploysNothing():
		fmt.Fprintln(out, "  deploys nothing: no cluster runs")
	case len(r.Plan.Clusters) > 0:
		fmt.Fprintf(out, "  deploys %s\n", strings.Join(r.Plan.Clusters, ", "))
	}
	if len(r.Plan.Skipped) > 0 {
		fmt.Fprintf(out, "  passes over %s\n", strings.Join(r.Plan.Skipped, ", "))
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
