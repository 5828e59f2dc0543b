package main

import (
	"fmt"
	"slices"
	"time"
)

// starts is how often each function is started.
const starts = 30

// goalsOf are the goals for a function, by how many service clients it links.
func goalsOf(f function) (start, size float64) {
	switch {
	case f.clients <= 1:
		return 1.3, 1.25
	case f.clients <= 3:
		return 1.6, 1.45
	}
	return 2.2, 1.6
}

// startRows compare each function's start with that of a function that does
// nothing, the two alternating.
func startRows(p *programs, h *host) (section, error) {
	s := section{title: fmt.Sprintf("start of the process to its first request for work, median of %d, alternating", starts)}
	s.notes = append(s.notes,
		"The bare function is one on aws-lambda-go that does nothing, built with the same flags; clients are those of AWS services.",
		"The net/http program signs nothing, reads no answer and makes as many calls.")
	for _, f := range p.functions {
		var own, yardstick []time.Duration
		for range starts {
			for _, one := range []struct {
				name  string
				times *[]time.Duration
			}{{f.name, &own}, {bare, &yardstick}} {
				process, took, err := h.start(p.program(one.name), environmentOf("http://127.0.0.1:1", ""))
				if err != nil {
					return s, err
				}
				process.end()
				*one.times = append(*one.times, took)
			}
		}
		goal, _ := goalsOf(f)
		mine, bares := median(own), median(yardstick)
		s.rows = append(s.rows, row{
			what: clientsOf(f), measured: millis(mine), against: "bare function " + millis(bares),
			ratio: float64(mine) / float64(bares), goal: goal,
		})
	}
	return s, nil
}

// sizeRows compare what is deployed.
func sizeRows(p *programs) (section, error) {
	s := section{title: "size of the bootstrap, and zipped"}
	size, zipped, err := p.sizes(bare)
	if err != nil {
		return s, err
	}
	for _, f := range p.functions {
		ownSize, ownZipped, err := p.sizes(f.name)
		if err != nil {
			return s, err
		}
		_, goal := goalsOf(f)
		s.rows = append(s.rows,
			row{what: clientsOf(f), measured: megabytes(ownSize), against: "bare function " + megabytes(size), ratio: float64(ownSize) / float64(size), goal: goal},
			row{what: "  zipped", measured: megabytes(ownZipped), against: "bare function " + megabytes(zipped), ratio: float64(ownZipped) / float64(zipped), goal: goal})
	}
	return s, nil
}

func clientsOf(f function) string { return fmt.Sprintf("%s, %d clients", f.name, f.clients) }

func median[T time.Duration | int | int64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
