package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
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

// cells are a row's columns.
type cells [6]string

func (r row) cells() cells {
	return cells{r.what, r.measured, r.against, number(r.ratio), r.goalText(), r.verdict()}
}

var header = cells{"", "measured", "against", "ratio", "goal", "reached"}

func printTable(out io.Writer, sections []section) {
	widths := columnWidths(sections)
	goals, reached := 0, 0
	printCells(out, header, widths)
	for _, s := range sections {
		fmt.Fprintf(out, "\n%s\n", s.title)
		for _, r := range s.rows {
			printCells(out, r.cells(), widths)
			if !r.noGoal {
				goals++
			}
			if !r.noGoal && r.reached() {
				reached++
			}
		}
	}
	fmt.Fprintf(out, "\n%d of %d goals reached\n\n", reached, goals)
	for _, s := range sections {
		for _, note := range s.notes {
			fmt.Fprintln(out, wrap(note))
		}
	}
}

// noteWidth is how long a note's lines may be.
const noteWidth = 110

// wrap breaks a note into lines, the further ones indented.
func wrap(note string) string {
	var lines []string
	line := "-"
	for word := range strings.FieldsSeq(note) {
		if utf8.RuneCountInString(line+" "+word) > noteWidth {
			lines = append(lines, line)
			line = " "
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}

func columnWidths(sections []section) (widths [len(header)]int) {
	fit := func(c cells) {
		for i, text := range c {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	fit(header)
	for _, s := range sections {
		for _, r := range s.rows {
			fit(r.cells())
		}
	}
	return widths
}

func printCells(out io.Writer, c cells, widths [len(header)]int) {
	var line strings.Builder
	for i, text := range c {
		fmt.Fprintf(&line, "  %-*s", widths[i], text)
	}
	fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
}
