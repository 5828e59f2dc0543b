package explorer

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Options say what to explore.
type Options struct {
	// Singles: every single fault in every world, and in a rotation that was
	// interrupted in each state.
	Singles bool
	// Pairs: every pair of call faults in the smallest world; of a site's calls,
	// the first, a middle and the last.
	Pairs bool
	// Focus are one or two states or call sites. Every single fault at the first,
	// and every pair of faults at the first and the last, is played in the smallest
	// world.
	Focus []string
	// Random is how many longer random schedules there are; For is for how long
	// more are played after that.
	Random int
	For    time.Duration
	// Seed is what chance begins with.
	Seed uint64
	// Lens changes what the steps see; nil: they see the world as it is.
	Lens Lens
	// Wanted is how a violation is told of that counts; empty: all do.
	Wanted string
	// Enough is how many violations end the exploration; zero: ten.
	Enough int
	// Progress is told of the summary so far, now and then, by one goroutine at a
	// time; may be nil.
	Progress func(Summary)
}

// Walk explores on all cores until all is played, enough is found or ctx ends.
func Walk(ctx context.Context, options Options) (Summary, error) {
	if options.Enough == 0 {
		options.Enough = 10
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := &walker{Options: options, ctx: ctx, stop: stop, began: time.Now(), tasks: make(chan func(), 64),
		seen: map[string]bool{}, summary: newSummary()}
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for task := range w.tasks {
				task()
			}
		})
	}
	w.produce()
	close(w.tasks)
	workers.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.summary.clone(time.Since(w.began)), w.failure
}

// walker hands schedules out and takes results in.
type walker struct {
	Options
	ctx   context.Context
	stop  context.CancelCauseFunc
	began time.Time
	tasks chan func()

	mu      sync.Mutex
	seen    map[string]bool // schedules
	summary Summary
	told    time.Time
	failure error
}

// produce makes all tasks. It plays some schedules itself, to know what there is.
func (w *walker) produce() {
	if len(w.Focus) > 0 {
		w.focused()
	}
	if w.Singles {
		for _, world := range Worlds {
			w.singles(Schedule{World: world.Name, Seed: w.Seed})
		}
		w.interrupted()
	}
	if w.Pairs {
		w.pairs()
	}
	for n := range uint64(w.Random) {
		w.do(func() { w.chain(n) })
	}
	for n := uint64(w.Random); w.For > 0 && time.Since(w.began) < w.For && w.ctx.Err() == nil; n++ {
		w.do(func() { w.chain(n) })
	}
}

func (w *walker) do(task func()) {
	select {
	case w.tasks <- task:
	case <-w.ctx.Done():
	}
}

// singles plays a schedule, and each schedule that has one more fault after it.
func (w *walker) singles(base Schedule) {
	result := w.play(base)
	for _, station := range result.After {
		for _, fault := range station.faults() {
			w.do(func() { w.play(base.with(fault)) })
		}
	}
}

// interrupted stops the rotation in the smallest world on entering each of its
// states, and plays every single fault of what comes after.
func (w *walker) interrupted() {
	base := Schedule{World: Worlds[0].Name, Seed: w.Seed}
	for _, station := range w.play(base).After {
		if station.Entry && station.N == 1 {
			w.singles(base.with(Fault{station.Point, Stop, 0}))
		}
	}
}

// pairs plays every pair of call faults at chosen calls of the smallest world.
// What the second may be is known once the first has been played.
func (w *walker) pairs() {
	base := Schedule{World: Worlds[0].Name, Seed: w.Seed}
	for _, first := range chosen(w.play(base).After) {
		for _, fault := range first.faults() {
			w.do(func() {
				single := base.with(fault)
				for _, second := range chosen(w.play(single).After) {
					for _, fault := range second.faults() {
						if w.ctx.Err() != nil {
							return
						}
						w.play(single.with(fault))
					}
				}
			})
		}
	}
}

// focused plays every pair of faults in focus.
func (w *walker) focused() {
	base := Schedule{World: Worlds[0].Name, Seed: w.Seed}
	w.at(w.Focus[0], w.play(base), func(single Schedule) {
		w.do(func() { w.at(w.Focus[len(w.Focus)-1], w.play(single), func(pair Schedule) { w.play(pair) }) })
	})
}

// at visits the schedules that have one more fault, at a state or a call site.
func (w *walker) at(place string, result Result, visit func(Schedule)) {
	for _, station := range result.After {
		if station.Site != place && station.State != place {
			continue
		}
		for _, fault := range station.faults() {
			visit(result.Schedule.with(fault))
		}
	}
}

// chosen are the calls of which pairs are made: of each site in each state the
// first, a middle and the last.
func chosen(stations []Station) []Station {
	type place struct{ site, state string }
	all := map[place][]Station{}
	var order []place
	for _, station := range stations {
		if station.Call == nil {
			continue
		}
		at := place{station.Site, station.State}
		if all[at] == nil {
			order = append(order, at)
		}
		all[at] = append(all[at], station)
	}
	var few []Station
	for _, at := range order {
		calls := all[at]
		if len(calls) > 3 {
			calls = []Station{calls[0], calls[len(calls)/2], calls[len(calls)-1]}
		}
		few = append(few, calls...)
	}
	return few
}

const longest = 6 // faults in a random schedule

// chain plays a random world, and then goes on putting a random fault after the
// last one.
func (w *walker) chain(n uint64) {
	random := rand.New(rand.NewPCG(w.Seed, n))
	schedule := Schedule{World: Worlds[random.IntN(len(Worlds))].Name, Seed: 1 + random.Uint64N(1<<32)}
	for range 2 + random.IntN(longest-1) {
		if w.ctx.Err() != nil {
			return
		}
		result := w.play(schedule)
		if len(result.After) == 0 || !result.AllFired() || len(result.Wrong) > 0 {
			return
		}
		faults := draw(random, result.After).faults()
		if len(faults) == 0 {
			return
		}
		schedule = schedule.with(faults[random.IntN(len(faults))])
	}
	w.play(schedule)
}

// draw draws a station: as often one of an execution's as one of the many calls.
func draw(random *rand.Rand, stations []Station) Station {
	wantCall := random.IntN(2) == 0
	fitting := slices.DeleteFunc(slices.Clone(stations), func(s Station) bool { return (s.Call != nil) != wantCall })
	if len(fitting) == 0 {
		fitting = stations
	}
	return fitting[random.IntN(len(fitting))]
}

// faults are all faults that may come to pass at the station.
func (s Station) faults() []Fault {
	kinds := invocationFaults
	switch {
	case s.Call != nil:
		kinds = callFaults
	case s.Entry:
		kinds = entryFaults
	case s.Site == Ended:
		kinds = endFaults
	}
	var faults []Fault
	for _, f := range kinds {
		if s.Call == nil || f.kind.matters(*s.Call) {
			faults = append(faults, Fault{s.Point, f.kind, f.delay})
		}
	}
	return faults
}

// play plays a schedule and takes its result in.
func (w *walker) play(s Schedule) Result {
	if w.ctx.Err() != nil {
		return Result{Schedule: s}
	}
	result, err := Play(s, w.Lens)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.failure = err
		w.stop(err)
		return result
	}
	if text := s.String(); w.seen[text] {
		w.summary.Duplicates++
	} else {
		w.seen[text] = true
		w.summary.add(result, w.Wanted)
	}
	if len(w.summary.Violations) >= w.Enough {
		w.stop(nil)
	}
	if w.Progress != nil && time.Since(w.told) > 200*time.Millisecond {
		w.told = time.Now()
		w.Progress(w.summary.clone(time.Since(w.began)))
	}
	return result
}
