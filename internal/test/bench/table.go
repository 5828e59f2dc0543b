package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the table: what was measured, what it is compared with, and
// what the comparison should come to.
type row struct {
	what     string
	measured string
	against  string // what it is compared with, and what that measured
	ratio    float64
	goal     float64 // the ratio must not be above it
	noGoal   bool    // it is only shown
}

func (r row) reached() bool { return r.ratio <= r.goal }

// verdict is the goal, and whether it is reached.
func (r row) verdict() (goal, reached string) {
	switch {
	case r.noGoal:
		return "-", "-"
	case r.reached():
		return "<= " + number(r.goal), "yes"
	}
	return "<= " + number(r.goal), fmt.Sprintf("NO, %.0f%% over", 100*(r.ratio/r.goal-1))
}

// number keeps three digits that say something.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

const heading = "measured"

func printTable(out io.Writer, rows []row) {
	goals, reached := 0, 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\t%s\tagainst\tratio\tgoal\treached\n", heading)
	for _, r := range rows {
		goal, verdict := r.verdict()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.measured, r.against, number(r.ratio), goal, verdict)
		if !r.noGoal {
			goals++
		}
		if !r.noGoal && r.reached() {
			reached++
		}
	}
	_ = table.Flush() // to a buffer
	fmt.Fprintf(out, "\n%d of %d goals reached\n", reached, goals)
}

// printMachine tells where and when the table was made.
func printMachine(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %s/%s, %d processors\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

// What stands around the table in a document.
const (
	beforeTable = "<!-- make bench writes what is between these two lines -->\n"
	afterTable  = "<!-- make bench wrote this -->\n"
)

// writeInto puts the table into a document, in place of the last one.
func writeInto(document string, table []byte) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(beforeTable))
	_, after, alsoFound := bytes.Cut(rest, []byte(afterTable))
	if !found || !alsoFound {
		return fmt.Errorf("%s has no place for the table, which is between %q and %q", document,
			strings.TrimSpace(beforeTable), strings.TrimSpace(afterTable))
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s%s```text\n%s```\n%s%s", before, beforeTable, table, afterTable, after)
	return os.WriteFile(document, out.Bytes(), 0o644)
}
