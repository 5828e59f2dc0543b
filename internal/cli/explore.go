package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/lab/explorer"
	"qovery-key-rotation/internal/words"
)

type exploreFlags struct {
	explorer.Options
	shard     string
	replay    string
	mutation  string
	mutations bool
	output
	schedule explorer.Schedule // to replay
}

func (p Program) newExplore() *cobra.Command {
	var flags exploreFlags
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Let everything go wrong in simulated rotations, and judge what comes of it",
		Long: `explore plays rotations in simulated worlds under schedules of faults: calls that
fail, hang, take effect late or answer stale, functions that die or run on unseen,
executions that are stopped, redriven or started twice, and people who interfere.
After the faults it starts executions until one succeeds, three at most.

It is a violation if anything that Qovery runs is refused, if a key is lost, left
behind or deleted too early, if none of those executions succeeds, or if the report
calls something proven that isn't so. It is shown as the shortest schedule that leads to
it, which --replay plays again, and the exit code is 1. Ten violations end explore. If
you interrupt it, it says how much of it was played, and the exit code is 130, or 1 if
there is a violation. When all single faults were played in all worlds, it names what
should have happened among them and NEVER did: the exit code is 1, too.

First comes what once found something, whatever you ask for. Then all single faults, in
every world and in rotations that were stopped in every state; what clusters fail at and
what is refused, only in worlds where that makes a difference. At the end come random
schedules of up to six faults. --pairs closes two small worlds: it plays a second fault
at each place that a first one leads to. Where a key leaked or clusters are moved, it
plays pairs of faults of calls that write.

A schedule is a world and its faults: WORLD: POINT KIND, POINT KIND, ... The point
DeployClusters#2 is the second time that any execution enters that state, or calls its
function; iam.CreateAccessKey#1 is the first such call; ended#1 is when all executions
have ended without success for the first time. A mistyped one is answered with what
there is.

--mutations defeats each safety rule in turn, and shows how exploration finds out.
--mutation defeats one of them while you replay a schedule: so you can watch a violation.`,
		Example: `  rotate explore
  rotate explore --pairs --random 20000
  rotate explore --for 8h --seed 7
  rotate explore --replay 'waves: iam.CreateAccessKey#1 fail-after, DeployClusters#2 stop'
  rotate explore --world retire --shard 1/64
  rotate explore --mutations
  rotate explore --mutation always-inactive --replay 'one: ObservationPeriod#1 activate-old'`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return flags.read(cmd.Flags().Changed) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			debug.SetGCPercent(400) // worlds are short-lived: memory for time
			switch {
			case flags.replay != "":
				return p.replay(flags)
			case flags.mutations:
				return p.showMutations(cmd.Context(), flags)
			}
			return p.explore(cmd.Context(), flags)
		},
	}
	cmd.Flags().BoolVar(&flags.Singles, "singles", true, "play all single faults")
	cmd.Flags().BoolVar(&flags.Pairs, "pairs", false, "play two faults, too, and close small worlds")
	cmd.Flags().IntVar(&flags.Random, "random", 500, "how many random schedules there are, of up to six faults each")
	cmd.Flags().DurationVar(&flags.For, "for", 0, "after all else play more random schedules, for this long, such as 8h")
	cmd.Flags().Uint64Var(&flags.Seed, "seed", 0, "what chance begins with: the same seed explores the same")
	cmd.Flags().StringVar(&flags.shard, "shard", "",
		"play one part of it all, such as 3/8: several machines share the parts")
	cmd.Flags().StringVar(&flags.World, "world", "", "play one world: "+strings.Join(explorer.WorldNames(), ", "))
	cmd.Flags().StringVar(&flags.replay, "replay", "", "play one schedule and show what happens")
	cmd.Flags().StringVar(&flags.mutation, "mutation", "", "defeat a rule while replaying (--mutations names them)")
	cmd.Flags().BoolVar(&flags.mutations, "mutations", false,
		"defeat each rule in turn, and show the shortest schedule that finds out")
	flags.output.add(cmd, "text")
	completeFlag(cmd, "mutation", mutationNames()...)
	completeFlag(cmd, "world", explorer.WorldNames()...)
	return cmd
}

// mostRandom bounds --random: a week of them.
const mostRandom = 100_000_000

// read checks the flags, and reads what they name.
func (f *exploreFlags) read(given func(flag string) bool) (err error) {
	switch {
	case f.Random < 0 || f.Random > mostRandom:
		return misuse("--random %d is not 0 to %d", f.Random, mostRandom)
	case f.For < 0:
		return misuse("--for %s is in the past", f.For)
	case f.mutation != "" && f.replay == "":
		return misuse("--mutation goes with --replay; --mutations defeats all rules in turn")
	case f.replay != "" && f.mutations:
		return misuse("--replay plays one schedule, and --mutations many: give one of them")
	}
	for _, name := range []string{"singles", "pairs", "random", "for", "seed", "shard", "world"} {
		if given(name) && (f.replay != "" || f.mutations) {
			return misuse("--%s has no meaning beside --replay and --mutations", name)
		}
	}
	if names := explorer.WorldNames(); f.World != "" && !slices.Contains(names, f.World) {
		return misuse("there is no world %q; there are %s", f.World, strings.Join(names, ", "))
	}
	if f.Shard, err = explorer.ParseShard(f.shard); err != nil {
		return misuse("--shard %v", err)
	}
	if f.mutation != "" {
		i := slices.Index(mutationNames(), f.mutation)
		if i < 0 {
			return misuse("there is no mutation %q; there are %s", f.mutation, strings.Join(mutationNames(), ", "))
		}
		f.Lens = explorer.Mutations[i].Lens
	}
	if f.replay != "" {
		if f.schedule, err = explorer.Parse(f.replay); err == nil {
			err = f.schedule.Check()
		}
		if err != nil {
			return misuse("%v", err)
		}
	}
	return nil
}

func mutationNames() []string {
	return namesOf(explorer.Mutations, func(m explorer.Mutation) string { return m.Name })
}

func (p Program) explore(ctx context.Context, flags exploreFlags) error {
	bar := newBar(p.Err)
	flags.Progress = func(now explorer.Progress) {
		bar.show(now.Done, fmt.Sprintf("%s; %s, %s, %s", now.Stage, words.Count(now.Summary.Played, "schedule"),
			words.Count(now.Summary.Traces, "distinct trace"), words.Count(len(now.Summary.Violations), "violation")))
	}
	summary, err := explorer.Walk(ctx, flags.Options)
	bar.erase()
	if err != nil {
		return err
	}
	if summary.Violations, err = shortest(summary.Violations); err != nil {
		return err
	}
	err = p.answer(flags.output, summary, func() { printSummary(p.Out, summary, ctx.Err() != nil) })
	switch {
	case err != nil:
		return err
	case len(summary.Violations)+len(summary.Never) > 0:
		return exit(ExitFailed)
	case ctx.Err() != nil:
		return exit(ExitInterrupted)
	}
	return nil
}

// shortest shrinks the violations, many of which are the same then.
func shortest(violations []explorer.Violation) ([]explorer.Violation, error) {
	list := []explorer.Violation{}
	known := map[string]bool{}
	for _, v := range violations {
		shrunk, err := v.Shrink()
		if err != nil {
			return nil, err
		}
		if !known[shrunk.Schedule] {
			known[shrunk.Schedule] = true
			list = append(list, shrunk)
		}
	}
	return list, nil
}

func (p Program) showMutations(ctx context.Context, flags exploreFlags) error {
	bar := newBar(p.Err)
	findings := []explorer.Finding{}
	found := 0
	for i, mutation := range explorer.Mutations {
		bar.show(float64(i)/float64(len(explorer.Mutations)), fmt.Sprintf("rule %d, %s", mutation.Rule, mutation.Name))
		finding, err := mutation.Find(ctx)
		if ctx.Err() != nil {
			return p.interruptedAt(i, flags, findings)
		}
		if err != nil {
			return err
		}
		if finding.Schedule != "" {
			found++
		}
		findings = append(findings, finding)
		if !flags.json() {
			bar.erase()
			printFinding(p.Out, finding)
		}
		if err := lost(p.Out); err != nil {
			return err // minutes of work that nobody gets to read
		}
	}
	bar.erase()
	err := p.answer(flags.output, mutations{findings, nil}, func() {
		fmt.Fprintf(p.Out, "%d of %d defeated rules are found out\n", found, len(findings))
	})
	return cmp.Or(err, endedWell(found == len(findings)))
}

// interruptedAt is the end of what was interrupted while the i-th mutation was played. In words the
// others' findings were shown already.
func (p Program) interruptedAt(i int, flags exploreFlags, findings []explorer.Finding) error {
	all := len(explorer.Mutations)
	unfinished := &explorer.Unfinished{Stage: explorer.Mutations[i].Name, Done: float64(i) / float64(all)}
	if err := p.answer(flags.output, mutations{findings, unfinished}, func() {}); err != nil {
		return err
	}
	return &problem{fmt.Sprintf("Interrupted after %d of %d mutations", i, all), "To see the others, run it again",
		ExitInterrupted}
}

func (p Program) replay(flags exploreFlags) error {
	story := p.Out
	if flags.json() {
		story = io.Discard
	}
	result, err := explorer.Tell(flags.schedule, flags.Lens, story)
	if err != nil {
		return err
	}
	answer := replayed{flags.schedule.String(), flags.mutation, texts(result.Missed()),
		append([]string{}, result.Wrong...)}
	err = p.answer(flags.output, answer, func() { printVerdict(p.Out, result) })
	return cmp.Or(err, endedWell(len(result.Wrong) == 0))
}

// replayed is what a replay came to, as JSON.
type replayed struct {
	Schedule string   `json:"schedule"`
	Mutation string   `json:"mutation,omitempty"`
	Missed   []string `json:"missed"` // faults that did not come to pass
	Wrong    []string `json:"wrong"`
}

func texts(faults []explorer.Fault) []string {
	return append([]string{}, namesOf(faults, explorer.Fault.String)...)
}
