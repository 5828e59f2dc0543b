package lab

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"qovery-key-rotation/statemachine"
)

//go:embed scenarios
var scripts embed.FS

// Scenarios are all scenarios, the plain one first.
var Scenarios []Scenario

func readScenarios() (all []Scenario) {
	err := fs.WalkDir(scripts, "scenarios", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := scripts.ReadFile(path)
		if err != nil {
			return err
		}
		s, err := ParseScript(strings.TrimSuffix(strings.TrimPrefix(path, "scenarios/"), ".txt"), string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		panic(err) // what is embedded is wrong
	}
	slices.SortStableFunc(all, func(a, b Scenario) int { return a.rank() - b.rank() })
	return all
}

// rank puts the plain scenario first, and those in folders last.
func (s Scenario) rank() int {
	if s.Name == "plain" {
		return -1
	}
	return strings.Count(s.Name, "/")
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	for _, scenario := range Scenarios {
		if scenario.Name == name {
			return scenario, true
		}
	}
	return Scenario{}, false
}

// Result is what became of a scenario.
type Result struct {
	World   *World
	Last    *Run // the execution that the scenario ends with
	Outcome string
	Told    string   // the story, to be compared with what the scenario wants
	Idle    []string // lines with a fault or a rule that never came to pass
}

// Play runs a scenario to its end.
func (s Scenario) Play(setup Setup, watch func(*World)) (Result, error) {
	var operator *Operator
	var failure error
	result, err := Play(setup, watch, func(w *World) {
		operator = NewOperator(w)
		failure = operator.perform(s.lines)
	})
	if failure != nil {
		err = failure
	}
	if err != nil {
		return Result{}, fmt.Errorf("the script %s: %w", s.Name, err)
	}
	result.Told, result.Idle = operator.transcript(), operator.idle()
	return result, nil
}

var errNoExecution = errors.New("it starts no execution")

// ErrGivenUp ends a play before its end: see World.GivenUp.
var ErrGivenUp = errors.New("it was given up")

// Play lets somebody act in a world, as a process on its timeline.
func Play(setup Setup, watch func(*World), operate func(*World)) (Result, error) {
	w, err := NewWorld(setup)
	if err != nil {
		return Result{}, err
	}
	defer w.Timeline.Close()
	if watch != nil {
		watch(w)
	}
	operator := w.Timeline.Go("operator", func() { operate(w) })
	givenUp := false
	w.Timeline.run(Forever, func() bool {
		givenUp = w.GivenUp != nil && w.GivenUp()
		return givenUp || operator.Done()
	})
	switch {
	case givenUp:
		return Result{}, ErrGivenUp
	case !operator.Done():
		return Result{}, errors.New("it does not end: a line waits for what never comes")
	}
	if len(w.runs) == 0 {
		return Result{}, errNoExecution
	}
	last := w.lastToEnd()
	return Result{World: w, Last: last, Outcome: last.Outcome()}, nil
}

// lastToEnd is the execution that ended last.
func (w *World) lastToEnd() *Run {
	last := w.runs[0]
	for _, run := range w.runs {
		if run.Status() == statemachine.Running || run.StopTime().After(last.StopTime()) {
			last = run
		}
	}
	return last
}
