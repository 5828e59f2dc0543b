package explorer

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Summary is what an exploration came to.
type Summary struct {
	Played     int            `json:"played"`     // distinct schedules with faults, all of which came to pass
	Traces     int            `json:"traces"`     // distinct traces of Played: see trace
	Calm       int            `json:"calm"`       // schedules without any fault
	Unreached  int            `json:"unreached"`  // schedules of which a fault did not
	Duplicates int            `json:"duplicates"` // schedules that were played before
	Faults     map[string]int `json:"faults"`     // by how many each schedule of Played has
	Kinds      map[Kind]Tally `json:"kinds"`      // faults by kind
	States     map[string]int `json:"states"`     // faults of Played, by the state in which they came to pass
	Worlds     map[string]int `json:"worlds"`     // schedules of Played, by world
	Violations []Violation    `json:"violations"`
	Closed     []Closed       `json:"closed,omitempty"`
	Late       Saturation     `json:"late,omitzero"`
	Never      []Moment       `json:"never,omitempty"`      // what has to happen in all single faults, and did not
	Unfinished *Unfinished    `json:"unfinished,omitempty"` // nil: all was played
	Took       time.Duration  `json:"-"`
	Seen       Seen           `json:"-"`

	traces map[uint64]bool // their hashes
}

// Saturation says of the last tenth of the random walks how many of them came into a state of
// the world, on entering a state, that nothing before had come into.
type Saturation struct {
	Walks int `json:"walks"`
	New   int `json:"new"`
}

// Unfinished says where an exploration ended before its end.
type Unfinished struct {
	Stage string  `json:"stage"`
	Done  float64 `json:"done"` // of that stage, or of all mutations, from 0 to 1
}

// Tally counts faults.
type Tally struct {
	Fired     int `json:"fired"`     // that came to pass, in schedules all of whose faults did
	Unreached int `json:"unreached"` // that did not
}

// Violation is a schedule under which something went wrong that never may.
type Violation struct {
	Schedule string   `json:"schedule"`
	Wrong    []string `json:"wrong"`
}

func newSummary() Summary {
	return Summary{
		Faults: map[string]int{}, Kinds: map[Kind]Tally{}, States: map[string]int{}, Worlds: map[string]int{},
		Violations: []Violation{},
		Seen:       newSeen(),
		traces:     map[uint64]bool{},
	}
}

func (s *Summary) add(r Result, wanted string) {
	s.Seen.add(r.Seen)
	if r.shows(wanted) {
		s.Violations = append(s.Violations, Violation{r.Schedule.String(), r.Wrong})
	}
	if missed := r.Missed(); len(missed) > 0 {
		s.Unreached++
		for _, fault := range missed {
			tally := s.Kinds[fault.Kind]
			tally.Unreached++
			s.Kinds[fault.Kind] = tally
		}
		return
	}
	if len(r.Fired) == 0 {
		s.Calm++
		return
	}
	s.Played++
	s.traces[r.Trace] = true
	s.Traces = len(s.traces)
	s.Worlds[r.Schedule.World]++
	s.Faults[count(len(r.Fired))]++
	for _, firing := range r.Fired {
		tally := s.Kinds[firing.Kind]
		tally.Fired++
		s.Kinds[firing.Kind] = tally
		s.States[firing.State]++
	}
}

func count(faults int) string {
	switch faults {
	case 1:
		return "one"
	case 2:
		return "two"
	}
	return "more"
}

func (s Summary) clone(took time.Duration) Summary {
	s.Faults, s.Kinds, s.States, s.Worlds = maps.Clone(s.Faults), maps.Clone(s.Kinds), maps.Clone(s.States),
		maps.Clone(s.Worlds)
	s.Violations, s.Took, s.traces, s.Seen = slices.Clone(s.Violations), took, nil, s.Seen.clone()
	slices.SortFunc(s.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(len(a.Schedule), len(b.Schedule)), cmp.Compare(a.Schedule, b.Schedule))
	})
	return s
}
