package explorer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule is a world and what goes wrong in it. As text it is one line:
//
//	waves seed=7: iam.CreateAccessKey#1 fail-after, DeployClusters#2 stop
type Schedule struct {
	World  string
	Seed   uint64
	Faults []Fault
}

// Fault is one thing that goes wrong.
type Fault struct {
	Point
	Kind  Kind
	Delay time.Duration // how late, how stale, for how long or how far off; see Kind
}

// Point is where it does: the N-th call of a site, the N-th time that any
// execution enters a state or invokes its function, or the N-th time that all
// executions have ended without success (Ended).
type Point struct {
	Site string
	N    int // from 1
}

// String writes the schedule as text.
func (s Schedule) String() string {
	var text strings.Builder
	text.WriteString(s.World)
	if s.Seed != 0 {
		fmt.Fprintf(&text, " seed=%d", s.Seed)
	}
	text.WriteString(":")
	for i, fault := range s.Faults {
		if i > 0 {
			text.WriteString(",")
		}
		text.WriteString(" " + fault.String())
	}
	return text.String()
}

// String writes the fault as a schedule does.
func (f Fault) String() string {
	text := fmt.Sprintf("%s#%d %s", f.Site, f.N, f.Kind)
	if f.Delay > 0 {
		text += ":" + f.Delay.String()
	}
	return text
}

// with returns the schedule with one more fault.
func (s Schedule) with(fault Fault) Schedule {
	s.Faults = append(slices.Clip(s.Faults), fault)
	return s
}

// Parse reads what String writes.
func Parse(text string) (Schedule, error) {
	head, rest, found := strings.Cut(strings.TrimSpace(text), ":")
	if !found {
		return Schedule{},
			fmt.Errorf("a schedule begins with its world and a colon, as in %q", "one: iam.CreateAccessKey#1 fail-after")
	}
	s, err := parseHead(head)
	if err != nil {
		return Schedule{}, err
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return s, nil
	}
	parts := strings.Split(rest, ",")
	if len(parts) > mostFaults {
		return Schedule{}, fmt.Errorf("there are %d faults; a schedule has %d at most", len(parts), mostFaults)
	}
	for _, part := range parts {
		fault, err := parseFault(strings.TrimSpace(part))
		if err != nil {
			return Schedule{}, err
		}
		s.Faults = append(s.Faults, fault)
	}
	return s, nil
}

func parseHead(head string) (Schedule, error) {
	name, seed, seeded := strings.Cut(head, " seed=")
	s := Schedule{World: name}
	if _, exists := find(name); !exists {
		return s, fmt.Errorf("there is no world %q; there are %s", name, strings.Join(WorldNames(), ", "))
	}
	if seeded {
		var err error
		if s.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return s, fmt.Errorf("the seed %q is not a whole number", seed)
		}
	}
	return s, nil
}

func parseFault(text string) (Fault, error) {
	wrong := func(why string) (Fault, error) {
		return Fault{}, fmt.Errorf("%q isn't a fault such as %q: %s", text, "iam.CreateAccessKey#1 land-late:1m0s", why)
	}
	hash := strings.LastIndex(text, "#")
	if hash < 1 {
		return wrong("it names no point")
	}
	number, what, found := strings.Cut(text[hash+1:], " ")
	if !found {
		return wrong("it names no kind")
	}
	fault := Fault{Point: Point{Site: text[:hash]}}
	var err error
	if fault.N, err = strconv.Atoi(number); err != nil || fault.N < 1 {
		return wrong("points are counted from 1")
	}
	kind, delay, delayed := strings.Cut(what, ":")
	fault.Kind = Kind(kind)
	if !fault.Kind.exists() {
		return wrong("there is no kind " + strconv.Quote(kind))
	}
	if delayed {
		if fault.Delay, err = time.ParseDuration(delay); err != nil || fault.Delay <= 0 {
			return wrong(strconv.Quote(delay) + " isn't a duration")
		}
	}
	return fault, nil
}
