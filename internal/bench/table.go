package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// row is one line of the table: what was measured, what it is compared with, and
// what the comparison should come to.
type row struct {
	what     string
	measured string
	against  string // what it is compared with, and what that measured
	ratio    float64
	goal     float64 // the ratio must not be above it, or below it if atLeast
	atLeast  bool
	noGoal   bool // it is only shown
}

func (r row) reached() bool {
	if r.atLeast {
		return r.ratio >= r.goal
	}
	return r.ratio <= r.goal
}

func (r row) verdict() string {
	switch {
	case r.noGoal:
		return "-"
	case r.reached():
		return "yes"
	case r.goal == 0:
		return fmt.Sprintf("NO, %s too many", number(r.ratio))
	case r.atLeast:
		return fmt.Sprintf("NO, %.0f%% short", 100*(1-r.ratio/r.goal))
	}
	return fmt.Sprintf("NO, %.0f%% over", 100*(r.ratio/r.goal-1))
}

func (r row) goalText() string {
	switch {
	case r.noGoal:
		return "-"
	case r.atLeast:
		return ">= " + number(r.goal)
	}
	return "<= " + number(r.goal)
}

// number keeps three digits that say something.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) && v < 1e6:
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// section is rows that belong together.
type section struct {
	title string
	rows  []row
	notes []string
}

func printTable(out io.Writer, sections []section) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tmeasured\tagainst\tratio\tgoal\treached")
	rows, reached := 0, 0
	for _, s := range sections {
		fmt.Fprintf(w, "%s\t\t\t\t\t\n", s.title)
		for _, r := range s.rows {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.measured, r.against, number(r.ratio), r.goalText(), r.verdict())
			if !r.noGoal {
				rows++
			}
			if !r.noGoal && r.reached() {
				reached++
			}
		}
	}
	_ = w.Flush() // as good as out is
	fmt.Fprintf(out, "\n%d of %d goals reached\n", reached, rows)
	for _, s := range sections {
		for _, note := range s.notes {
			fmt.Fprintf(out, "%s\n", note)
		}
	}
}
