package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// rounds is how often each function's first answer is measured.
const rounds = 7

// firstAnswer is what one process of a function used until its first answer.
type firstAnswer struct {
	function string
	calls    int // to AWS and Qovery
	code     string
	usage
}

// cpuRows compare the CPU time that each function uses from its start to its
// first answer with that of a plain net/http program that makes as many calls.
// What a function prepares at its start is counted, and what it puts off too.
func cpuRows(p *programs, h *host) (section, map[string]firstAnswer, error) {
	s := section{title: fmt.Sprintf("CPU time from the start to the first answer, median of %d", rounds)}
	own, yardstick := map[string][]firstAnswer{}, map[string][]time.Duration{}
	for range rounds {
		answers, err := eachFirstAnswer(p, h)
		if err != nil {
			return s, nil, err
		}
		for _, a := range answers {
			plainCPU, err := plainAnswer(p, h, a.calls)
			if err != nil {
				return s, nil, err
			}
			own[a.function] = append(own[a.function], a)
			yardstick[a.function] = append(yardstick[a.function], plainCPU)
		}
	}
	typical := map[string]firstAnswer{}
	for _, f := range p.functions {
		all := own[f.name]
		if len(all) == 0 {
			s.notes = append(s.notes, "The first answer of "+f.name+" is not measured: it is in no story of internal/bench/stories.go.")
			continue
		}
		slices.SortFunc(all, func(a, b firstAnswer) int { return int(a.cpu - b.cpu) })
		middle := all[len(all)/2]
		typical[f.name] = middle
		what := fmt.Sprintf("%s (%d calls)", f.name, middle.calls)
		if middle.code != "" {
			what += ", answers " + middle.code
		}
		plainCPU := median(yardstick[f.name])
		s.rows = append(s.rows, row{
			what: what, measured: millis(middle.cpu), against: "net/http program " + millis(plainCPU),
			ratio: float64(middle.cpu) / float64(plainCPU), goal: 2,
		})
	}
	return s, typical, nil
}

// eachFirstAnswer tells the stories once, and returns the first answer that each
// function gives in them.
func eachFirstAnswer(p *programs, h *host) ([]firstAnswer, error) {
	var answers []firstAnswer
	seen := map[string]bool{}
	for _, story := range stories {
		t := newTeller(p, h)
		err := story(t)
		t.close()
		if err != nil {
			return nil, err
		}
		for _, a := range t.answers {
			if !seen[a.function] {
				seen[a.function] = true
				answers = append(answers, a)
			}
		}
	}
	return answers, nil
}

func plainAnswer(p *programs, h *host, calls int) (time.Duration, error) {
	a := newAWS()
	defer a.close()
	process, _, err := h.start(p.program(plain), nil)
	if err != nil {
		return 0, err
	}
	event, err := json.Marshal(map[string]any{"Calls": calls, "URL": a.server.URL})
	if err == nil {
		_, err = process.invoke(event, patience)
	}
	return process.end().cpu, err
}
