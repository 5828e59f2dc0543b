package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/lab/explorer"
	"qovery-key-rotation/internal/words"
)

type exploreFlags struct {
	singles   bool
	pairs     bool
	random    int
	lasts     time.Duration
	seed      uint64
	shard     string
	world     string
	replay    string
	mutation  string
	mutations bool
	output
}

func (p Program) newExplore() *cobra.Command {
	var flags exploreFlags
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Let everything go wrong in simulated rotations, and judge what comes of it",
		Long: `explore plays rotations in simulated worlds under schedules of faults: calls that
fail, hang, take effect late or answer stale, functions that die or run on unseen,
executions that are stopped, redriven or started twice, and people who interfere.
After the faults it starts executions until one succeeds.

It is a violation if anything that Qovery runs is refused, if a key is lost, left
behind or deleted too early, or if the report calls something proven that isn't so.
It is shown as the shortest schedule that leads to it, which --replay plays again, and
the exit code is 1. If you interrupt explore, it says how much of it was played, and
the exit code is 130.

All single faults are played in every world, and in rotations that were stopped in
every state; what clusters fail at and what is refused, only in worlds where that makes
a difference. Then random schedules of up to six faults. Before that comes what once
found something. --pairs closes two small worlds: it plays a second fault at each place
that a first one leads to. Where a key leaked or clusters are moved, it plays pairs of
faults of calls that write.

--mutations defeats each safety rule in turn, and shows how exploration finds out.`,
		Example: `  rotate explore
  rotate explore --pairs --random 20000
  rotate explore --for 8h --seed 7
  rotate explore --replay 'waves: iam.CreateAccessKey#1 fail-after, DeployClusters#2 stop'
  rotate explore --mutations`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asked, err := flags.read(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			debug.SetGCPercent(400) // worlds are short-lived: memory for time
			switch {
			case flags.replay != "":
				return p.replay(asked)
			case flags.mutations:
				return p.showMutations(cmd.Context(), flags)
			}
			return p.explore(cmd.Context(), asked)
		},
	}
	cmd.Flags().BoolVar(&flags.singles, "singles", true, "play all single faults")
	cmd.Flags().BoolVar(&flags.pairs, "pairs", false, "play two faults, too, and close small worlds")
	cmd.Flags().IntVar(&flags.random, "random", 500, "how many random walks there are, of up to six faults each")
	cmd.Flags().DurationVar(&flags.lasts, "for", 0, "play random walks for this long, such as 8h")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 0, "what chance begins with: the same seed explores the same")
	cmd.Flags().StringVar(&flags.shard, "shard", "",
		"play one part of it all, such as 3/8: several machines share the parts")
	cmd.Flags().StringVar(&flags.world, "world", "", "play one world alone: "+strings.Join(explorer.WorldNames(), ", "))
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

// exploration is what the flags ask for.
type exploration struct {
	exploreFlags
	part     explorer.Shard
	schedule explorer.Schedule
	lens     explorer.Lens // of the mutation; nil: there is none
}

func (f exploreFlags) read(given func(flag string) bool) (asked exploration, err error) {
	asked.exploreFlags = f
	switch {
	case f.random < 0 || f.random > mostRandom:
		return asked, misuse("--random %d is not 0 to %d", f.random, mostRandom)
	case f.lasts < 0:
		return asked, misuse("--for %s is in the past", f.lasts)
	case f.mutation != "" && f.replay == "":
		return asked, misuse("--mutation goes with --replay; --mutations defeats all rules in turn")
	case f.replay != "" && f.mutations:
		return asked, misuse("--replay plays one schedule, and --mutations many: give one of them")
	}
	for _, name := range []string{"singles", "pairs", "random", "for", "seed", "shard", "world"} {
		if given(name) && (f.replay != "" || f.mutations) {
			return asked, misuse("--%s has no meaning beside --replay and --mutations", name)
		}
	}
	if names := explorer.WorldNames(); f.world != "" && !slices.Contains(names, f.world) {
		return asked, misuse("there is no world %q; there are %s", f.world, strings.Join(names, ", "))
	}
	if asked.part, err = explorer.ParseShard(f.shard); err != nil {
		return asked, misuse("--shard %v", err)
	}
	if f.mutation != "" {
		i := slices.Index(mutationNames(), f.mutation)
		if i < 0 {
			return asked, misuse("there is no mutation %q; there are %s", f.mutation, strings.Join(mutationNames(), ", "))
		}
		asked.lens = explorer.Mutations[i].Lens
	}
	if f.replay != "" {
		if asked.schedule, err = explorer.Parse(f.replay); err == nil {
			err = asked.schedule.Check()
		}
		if err != nil {
			return asked, misuse("%v", err)
		}
	}
	return asked, nil
}

func mutationNames() []string {
	return namesOf(explorer.Mutations, func(m explorer.Mutation) string { return m.Name })
}

func (p Program) explore(ctx context.Context, asked exploration) error {
	bar := newBar(p.Err)
	summary, err := explorer.Walk(ctx, explorer.Options{
		Singles: asked.singles, Pairs: asked.pairs, Random: asked.random, For: asked.lasts, Seed: asked.seed,
		Shard: asked.part, World: asked.world,
		Progress: func(now explorer.Progress) {
			bar.show(now.Done, fmt.Sprintf("%s; %s, %s, %s", now.Stage, words.Count(now.Summary.Played, "schedule"),
				words.Count(now.Summary.Traces, "distinct trace"), words.Count(len(now.Summary.Violations), "violation")))
		},
	})
	bar.erase()
	if err != nil {
		return err
	}
	if summary.Violations, err = shortest(summary.Violations); err != nil {
		return err
	}
	err = p.answer(asked.output, summary, func() { printSummary(p.Out, summary, ctx.Err() != nil) })
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
	var findings []explorer.Finding
	found := 0
	for i, mutation := range explorer.Mutations {
		bar.show(float64(i)/float64(len(explorer.Mutations)), fmt.Sprintf("rule %d, %s", mutation.Rule, mutation.Name))
		finding, err := mutation.Find(ctx)
		if ctx.Err() != nil {
			return &problem{fmt.Sprintf("Interrupted after %d of %d mutations", i, len(explorer.Mutations)),
				"To see the others, run it again", ExitInterrupted}
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
	err := p.answer(flags.output, mutations{findings}, func() {
		fmt.Fprintf(p.Out, "%d of %d defeated rules are found out\n", found, len(findings))
	})
	return cmp.Or(err, endedWell(found == len(findings)))
}

func (p Program) replay(asked exploration) error {
	story := p.Out
	if asked.json() {
		story = io.Discard
	}
	result, err := explorer.Tell(asked.schedule, asked.lens, story)
	if err != nil {
		return err
	}
	answer := replayed{asked.schedule.String(), asked.mutation, texts(result.Missed()),
		append([]string{}, result.Wrong...)}
	err = p.answer(asked.output, answer, func() { printVerdict(p.Out, result) })
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
