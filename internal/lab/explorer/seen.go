package explorer

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// Seen is what rotations came across, each counted once however often it was met.
type Seen struct {
	Raised map[Raised]bool // codes, by the states that raised them
	Routes map[Route]bool  // of the definition that were taken
	// Worlds are states of the world on entering a state, as hashes that are the same in
	// every process.
	Worlds  map[uint64]bool
	Moments map[Moment]bool
}

// Raised is a code that a state raised.
type Raised struct {
	Code  fault.Code
	State string
}

// Route leads from a state of the definition to one that may come next.
type Route struct{ From, To string }

func newSeen() Seen {
	return Seen{map[Raised]bool{}, map[Route]bool{}, map[uint64]bool{}, map[Moment]bool{}}
}

// within counts what of all there is.
func within[K comparable](seen, all map[K]bool) (n int) {
	for k := range seen {
		if all[k] {
			n++
		}
	}
	return n
}

func (s Seen) add(other Seen) {
	maps.Copy(s.Raised, other.Raised)
	maps.Copy(s.Routes, other.Routes)
	maps.Copy(s.Worlds, other.Worlds)
	maps.Copy(s.Moments, other.Moments)
}

func (s Seen) clone() Seen {
	return Seen{maps.Clone(s.Raised), maps.Clone(s.Routes), maps.Clone(s.Worlds), maps.Clone(s.Moments)}
}

// All is all that there is to come across, but for the states of the world.
func All() (Seen, error) {
	all := newSeen()
	for _, info := range fault.Codes {
		for _, state := range slices.Concat(info.Retried, info.Caught, info.Uncaught) {
			all.Raised[Raised{info.Code, state}] = true
		}
	}
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		return all, err
	}
	for _, state := range machine.States() {
		for _, next := range state.Targets() {
			all.Routes[Route{state.Name, next}] = true
		}
	}
	return all, nil
}

// Counts are how many there are of each, of how many: states of the world are not known
// beforehand.
type Counts struct {
	Codes, Raised, Routes, Worlds int
}

// Of counts what was come across of all that there is.
func (s Seen) Of(all Seen) Counts {
	return Counts{within(s.codes(), all.codes()), within(s.Raised, all.Raised), within(s.Routes, all.Routes),
		len(s.Worlds)}
}

// codes are those that a state raised.
func (s Seen) codes() map[fault.Code]bool {
	codes := map[fault.Code]bool{}
	for raised := range s.Raised {
		codes[raised.Code] = true
	}
	return codes
}

// Missing are the codes that are not among them, sorted.
func (s Seen) Missing(all Seen) (codes []string) {
	seen := s.codes()
	for code := range all.codes() {
		if !seen[code] {
			codes = append(codes, string(code))
		}
	}
	slices.Sort(codes)
	return codes
}

// Never are the moments that did not come.
func (s Seen) Never() (moments []Moment) {
	for _, moment := range Moments {
		if !s.Moments[moment] {
			moments = append(moments, moment)
		}
	}
	return moments
}

// see notes what an event of an execution shows.
func (p *player) see(run *lab.Run, event statemachine.Event) {
	p.notice(run, event)
	seen := p.result.Seen
	if event.State != "" && event.Error != "" {
		seen.Raised[Raised{fault.Code(event.Error), event.State}] = true
	}
	if !event.Entered() {
		return
	}
	if before := p.before[run.Name()]; before != "" {
		seen.Routes[Route{before, event.State}] = true
	}
	p.before[run.Name()] = event.State
	p.entered = p.worldState(event.State)
	clear(p.since)
	seen.Worlds[p.entered] = true
	if len(p.pending) == 0 && p.known != nil && p.known(p.entered) {
		p.process.Kill()
	}
}

// worldState is what is so on entering a state, without times and names: the keys and what
// holds them, what clusters run with, and what the journal says.
func (p *player) worldState(state string) uint64 {
	hash := fnv.New64a()
	record := p.record()
	fmt.Fprintln(hash, p.result.Schedule.World, state)
	for _, key := range p.IAM.Present(lab.UserName) {
		fmt.Fprintln(hash, "key", roleOf(record, string(key.ID)), key.Status)
	}
	for _, id := range p.Qovery.Locations() {
		fmt.Fprintln(hash, "location", roleOf(record, p.Qovery.KeyOf(id)))
	}
	for _, id := range p.Clusters {
		fmt.Fprintln(hash, "cluster", roleOf(record, p.Qovery.RunningKey(id)), p.Qovery.Status(id))
	}
	if record != nil {
		writeRecord(hash, *record)
	}
	for _, condition := range p.Conditions() {
		fmt.Fprintln(hash, condition)
	}
	for _, l := range p.lasting {
		if p.Timeline.Now().Before(l.until) {
			fmt.Fprintln(hash, l.Site, l.Kind)
		}
	}
	for _, state := range slices.Sorted(maps.Keys(p.clocks)) {
		fmt.Fprintln(hash, "clock", state, p.clocks[state])
	}
	return hash.Sum64()
}

func writeRecord(hash io.Writer, record rotation.Record) {
	fmt.Fprintln(hash, "record", record.Kind, min(record.Fence, 3), record.NewKey != "", record.Lease.Holder != "",
		len(record.Attempts), !record.Unstaged.IsZero(), len(record.Leaked))
	for _, effect := range slices.Sorted(maps.Keys(record.Marks)) {
		mark := record.Marks[effect]
		fmt.Fprintln(hash, effect, !mark.Done.IsZero(), !mark.Earlier.IsZero(), mark.How)
	}
}

// roleOf is what a key is to the rotation.
func roleOf(record *rotation.Record, key string) string {
	switch {
	case key == "":
		return "none"
	case record == nil:
		return "some"
	case key == string(record.OldKey):
		return "old"
	case key == string(record.NewKey):
		return "new"
	}
	return "other"
}
