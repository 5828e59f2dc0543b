package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"qovery-key-rotation/internal/lab/explorer"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

func printSummary(out io.Writer, s explorer.Summary, interrupted bool) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "faults of the kind\tcame to pass\tdid not")
	for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
		fmt.Fprintf(w, "  %s\t%d\t%d\n", kind, s.Kinds[kind].Fired, s.Kinds[kind].Unreached)
	}
	printCounts(w, "faults in the state", s.States)
	printCounts(w, "schedules in the world", s.Worlds)
	printCounts(w, "schedules by number of faults", s.Faults)
	_ = w.Flush() // as good as out is
	fmt.Fprintf(out, "\n%d distinct schedules, all of whose faults came to pass, in %s\n", s.Played,
		s.Took.Round(time.Second))
	fmt.Fprintf(out, "  with %d distinct traces: which states, calls and outcomes there were, in which order\n", s.Traces)
	printSeen(out, s.Seen)
	if s.Late.Walks > 0 {
		fmt.Fprintf(out, "  of the last %d random schedules, %d came into a state of the world that none had before\n",
			s.Late.Walks, s.Late.New)
	}
	for _, c := range s.Closed {
		closed := "closed"
		if c.Left > 0 {
			closed = "not closed"
		}
		fmt.Fprintf(out, "  %s: the world %s: %s, %s left; a second fault at %s, in %s\n", closed, c.World,
			words.Count(c.States, "state"), words.Count(c.Left, "schedule"), words.Count(c.Places, "place"),
			words.Count(c.Played, "schedule"))
	}
	fmt.Fprintf(out, "  not counted: %d with a fault that did not, %d without any, %d played before\n", s.Unreached,
		s.Calm, s.Duplicates)
	if s.Unfinished == nil {
		fmt.Fprintln(out, words.Count(len(s.Violations), "violation"))
	} else {
		printUnfinished(out, s, interrupted)
	}
	for _, moment := range s.Never {
		fmt.Fprintf(out, "NEVER: %s\n", moment)
	}
	for _, violation := range s.Violations {
		fmt.Fprintln(out)
		printWrong(out, violation.Wrong)
		fmt.Fprintf(out, "  rotate explore --replay '%s'\n", violation.Schedule)
	}
}

// printSeen says how much of what there is was come across.
func printSeen(out io.Writer, seen explorer.Seen) {
	all, err := explorer.All()
	if err != nil {
		panic(err) // tests load the definition
	}
	n, of := seen.Of(all), all.Of(all)
	fmt.Fprintf(out, "  with %d states of the world on entering a state\n", n.Worlds)
	fmt.Fprintf(out, "  with %d of %d codes, and %d of %d pairs of a code and a state that may raise it\n", n.Codes,
		of.Codes, n.Raised, of.Raised)
	fmt.Fprintf(out, "  with %d of %d routes of the definition\n", n.Routes, of.Routes)
	var missing []string
	for _, code := range seen.Missing(all) {
		if why := explorer.OutOfReach[fault.Code(code)]; why != "" {
			fmt.Fprintf(out, "  out of reach: %s, because %s\n", code, why)
		} else {
			missing = append(missing, code)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(out, "  never raised: %s\n", words.List(missing, len(missing)))
	}
}

// printUnfinished says that no more is known than was played: people interrupt an
// exploration, and enough violations end it.
func printUnfinished(out io.Writer, s explorer.Summary, interrupted bool) {
	why := "ENOUGH VIOLATIONS"
	if interrupted {
		why = "INTERRUPTED"
	}
	fmt.Fprintf(out, "%s in %s, of which %.0f %% were played: what comes after is not explored\n", why, s.Unfinished.Stage,
		math.Floor(100*s.Unfinished.Done))
	fmt.Fprintf(out, "%s so far\n", words.Count(len(s.Violations), "violation"))
}

// printCounts prints the most frequent first.
func printCounts(w io.Writer, title string, counts map[string]int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	fmt.Fprintf(w, "\n%s\n", title)
	for _, name := range names {
		fmt.Fprintf(w, "  %s\t%d\n", name, counts[name])
	}
}

func printFinding(out io.Writer, f explorer.Finding) {
	fmt.Fprintf(out, "rule %d, %s: %s\n", f.Rule, f.Name, f.Sentence)
	if f.Schedule == "" {
		fmt.Fprintf(out, "  NOT FOUND OUT in %s\n\n", words.Count(f.Played, "schedule"))
		return
	}
	fmt.Fprintf(out, "  found out in %s; the shortest:\n", words.Count(f.Played, "schedule"))
	printWrong(out, f.Wrong)
	fmt.Fprintf(out, "  rotate explore --mutation %s --replay '%s'\n\n", f.Name, f.Schedule)
}

func printWrong(out io.Writer, wrong []string) {
	for _, sentence := range wrong {
		fmt.Fprintf(out, "  VIOLATION: %s\n", sentence)
	}
}

func printVerdict(out io.Writer, r explorer.Told) {
	fmt.Fprintln(out)
	for i, missed := range r.Missed() {
		fmt.Fprintf(out, "did not come to pass: %s\n  %s\n", missed, r.WhyNot[i])
	}
	printWrong(out, r.Wrong)
	if len(r.Wrong) == 0 {
		fmt.Fprintln(out, "no violation")
	}
}

// bar shows how far something is: on a terminal in one line that is kept up to
// date, elsewhere in a plain line now and then.
type bar struct {
	out io.Writer
	*terminal
	said time.Time
}

const barEvery = 15 * time.Second // without a terminal

func newBar(out io.Writer) *bar {
	return &bar{out: out, terminal: terminalOf(out), said: time.Now()}
}

// show shows how much is done, from 0 to 1, and what is being done.
func (b *bar) show(done float64, text string) {
	percent := fmt.Sprintf("%3.0f %%  %s", 100*done, text)
	b.repaint(drawBar(done) + " " + percent)
	if b.terminal == nil && time.Since(b.said) >= barEvery {
		b.said = time.Now()
		fmt.Fprintln(b.out, percent)
	}
}
