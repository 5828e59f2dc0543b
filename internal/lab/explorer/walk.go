package explorer

import (
	"cmp"
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"qovery-key-rotation/internal/lab"
)

// Options say what to explore.
type Options struct {
	// Singles: every single fault in every world, and in a rotation that was
	// interrupted in each state.
	Singles bool
	// Pairs: every state that two faults lead to in the worlds that are closed (close.go);
	// in other small ones every pair of faults at the first, a middle and the last call of each
	// site that writes.
	Pairs bool
	// Focus are one or two states or call sites. Every single fault at the first,
	// and every pair of faults at the first and the last, is played in the smallest
	// world.
	Focus []string
	// World is the only one that is played, but for what once found something; empty: all, and
	// the smallest one where there is one for all.
	World string
	// Random is how many longer random schedules there are; For is for how long
	// more are played after that.
	Random int
	For    time.Duration
	// Shard is the part of it all that is played; the zero one: all.
	Shard Shard
	// Seed is what chance begins with.
	Seed uint64
	// Lens changes what the steps see; nil: they see the world as it is.
	Lens Lens
	// Wanted is how a violation is told of that counts; empty: all do.
	Wanted string
	// Enough is how many violations end the exploration; zero: ten.
	Enough int
	// Progress is told how far it is, now and then, by one goroutine at a time; may
	// be nil.
	Progress func(Progress)
}

// Progress is how far an exploration is.
type Progress struct {
	Stage   string  // what is being played
	Done    float64 // of that stage, from 0 to 1
	Summary Summary // so far
}

// Walk explores on all cores until all is played, enough is found or ctx ends.
func Walk(ctx context.Context, options Options) (Summary, error) {
	if options.Enough == 0 {
		options.Enough = 10
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := newWalker(ctx, stop, options)
	known, err := Corpus()
	if err != nil {
		return w.summary, err
	}
	w.share("what once found something", len(known), time.Time{}, func(n int) { w.leaf(known[n]) })
	if len(w.Focus) > 0 {
		w.focused()
	}
	if w.Singles {
		w.stage("single faults", w.singles())
	}
	if w.Pairs {
		w.pairs()
	}
	if w.Random > 0 {
		w.walks()
	}
	if w.For > 0 {
		w.share("more random schedules", math.MaxInt, time.Now().Add(w.For), func(n int) {
			w.chain(w.Random+n, func(Result) {})
		})
	}
	if w.Singles && w.summary.Unfinished == nil && w.Shard == (Shard{}) && w.World == "" {
		w.summary.Never = w.summary.Seen.Never()
	}
	return w.summary.clone(time.Since(w.began)), w.failure
}

// walker plays schedules and takes their results in.
type walker struct {
	Options
	ctx   context.Context
	stop  context.CancelCauseFunc
	began time.Time

	calm sync.Map // what undisturbed has found out, by world

	mu      sync.Mutex
	played  map[uint64]bool // hashes of schedules
	summary Summary
	now     stage
	told    time.Time
	failure error
}

func newWalker(ctx context.Context, stop context.CancelCauseFunc, options Options) *walker {
	return &walker{Options: options, ctx: ctx, stop: stop, began: time.Now(), played: map[uint64]bool{},
		summary: newSummary(), now: stage{name: "the worlds undisturbed"}}
}

// stage is a part of an exploration.
type stage struct {
	name         string
	began, until time.Time // no until: it ends when all is done
	done, all    int
}

func (s stage) progress() float64 {
	if !s.until.IsZero() {
		return min(1, float64(time.Since(s.began))/float64(s.until.Sub(s.began)))
	}
	return float64(s.done) / float64(max(1, s.all))
}

// stage does all tasks of a stage.
func (w *walker) stage(name string, tasks []func()) {
	w.share(name, len(tasks), time.Time{}, func(n int) { tasks[n]() })
}

// share does tasks by their numbers on all cores, until a time if there is one.
func (w *walker) share(name string, all int, until time.Time, task func(n int)) {
	w.now = stage{name: name, began: time.Now(), until: until, all: all}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for w.ctx.Err() == nil && (until.IsZero() || time.Now().Before(until)) {
				n := int(next.Add(1)) - 1
				if n >= all {
					return
				}
				if task(n); w.ctx.Err() == nil {
					w.mu.Lock()
					w.now.done++
					w.mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	w.conclude()
}

// conclude notes the first stage of which something was left out.
func (w *walker) conclude() {
	if w.ctx.Err() != nil && w.summary.Unfinished == nil && (w.now.all == 0 || w.now.done < w.now.all) {
		w.summary.Unfinished = &Unfinished{w.now.name, w.now.progress()}
	}
}

// smallest is the smallest world, in which nothing goes wrong yet.
func (w *walker) smallest() Schedule {
	return Schedule{World: cmp.Or(w.World, Worlds[0].Name), Seed: w.Seed}
}

// singles play every single fault in every world, and every single fault of what
// comes after the rotation in the smallest world was stopped on entering any of
// its states. Where that world is closed, too, those are among its pairs.
func (w *walker) singles() []func() {
	var tasks []func()
	for _, world := range Worlds {
		if w.World == "" || w.World == world.Name {
			tasks = append(tasks, w.after(Schedule{World: world.Name, Seed: w.Seed})...)
		}
	}
	base := w.smallest()
	if world, _ := find(base.World); w.Pairs && world.closed {
		return tasks
	}
	for _, station := range w.play(base).After {
		if station.Entry && station.N == 1 {
			tasks = append(tasks, w.after(base.with(Fault{station.Point, Stop, 0}))...)
		}
	}
	return tasks
}

// after play each schedule that has one more fault than the base, after its last.
func (w *walker) after(base Schedule) (tasks []func()) {
	world, _ := find(base.World)
	for _, b := range boughs(base, w.play(base).After, world.faults) {
		tasks = append(tasks, func() { w.leaves(b) })
	}
	return tasks
}

// pairWorlds are those that aren't closed and whose pairs of faults of calls that write are
// played: what reads get makes no difference there that it doesn't make in those that are.
var pairWorlds = []string{"leaked", "leaked-at-once", "migrate"}

// pairs are played in the world that is asked for, or in all that are small.
func (w *walker) pairs() {
	var tasks []func()
	for _, world := range Worlds {
		switch asked := w.World == world.Name; {
		case w.World != "" && !asked:
		case world.closed:
			w.close(world)
		case asked || slices.Contains(pairWorlds, world.Name):
			tasks = append(tasks, w.pairsIn(Schedule{World: world.Name, Seed: w.Seed})...)
		}
	}
	w.stage("pairs of faults", tasks)
}

// pairsIn are those of one world. What the second may be is known once the first has been
// played.
func (w *walker) pairsIn(base Schedule) (tasks []func()) {
	for _, first := range chosenWrites(w.play(base).After) {
		for _, fault := range first.callFaults() {
			single := base.with(fault)
			tasks = append(tasks, func() {
				for _, b := range boughs(single, chosenWrites(w.play(single).After), Station.callFaults) {
					w.leaves(b)
				}
			})
		}
	}
	return tasks
}

// chosenWrites are the chosen calls that change something.
func chosenWrites(stations []Station) []Station {
	return slices.DeleteFunc(chosen(stations), func(s Station) bool { return !s.Call.Write })
}

// focused plays every single fault at the first place in focus, and every pair of
// faults at the first and the last.
func (w *walker) focused() {
	base := w.smallest()
	w.stage("faults in focus", w.at(w.Focus[0], w.play(base), func(single Schedule) {
		for _, task := range w.at(w.Focus[len(w.Focus)-1], w.play(single), func(pair Schedule) { w.leaf(pair) }) {
			task()
		}
	}))
}

// at are visits to the schedules that have one more fault, at a state or a call site.
func (w *walker) at(place string, result Result, visit func(Schedule)) (tasks []func()) {
	world, _ := find(result.Schedule.World)
	for _, station := range result.After {
		if station.Site != place && station.State != place {
			continue
		}
		for _, fault := range world.faults(station) {
			if !fault.Kind.isTrouble() { // no mutation needs it, and pairs would be twice as many
				tasks = append(tasks, func() { visit(result.Schedule.with(fault)) })
			}
		}
	}
	return tasks
}

// chosen are the calls of which pairs are made: of each site the first, a middle
// and the last.
func chosen(stations []Station) []Station {
	calls := map[string][]Station{}
	var order []string
	for _, station := range stations {
		if station.Call == nil {
			continue
		}
		if calls[station.Site] == nil {
			order = append(order, station.Site)
		}
		calls[station.Site] = append(calls[station.Site], station)
	}
	var few []Station
	for _, site := range order {
		all := calls[site]
		if len(all) > 3 {
			all = []Station{all[0], all[len(all)/2], all[len(all)-1]}
		}
		few = append(few, all...)
	}
	return few
}

const longest = 6 // faults in a random schedule

// walks play as many random schedules as were asked for, and count what the last of them
// still find.
func (w *walker) walks() {
	firsts := map[uint64]int{} // the first walk that came into a state of the world
	known := maps.Clone(w.summary.Seen.Worlds)
	w.share("random schedules", w.Random, time.Time{}, func(n int) {
		w.chain(n, func(r Result) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for state := range r.Seen.Worlds {
				if first, found := firsts[state]; !known[state] && (!found || n < first) {
					firsts[state] = n
				}
			}
		})
	})
	walks := map[int]bool{}
	for _, n := range firsts {
		walks[n] = true
	}
	for n := w.Random - w.Random/10; n < w.Random; n++ {
		if w.Shard.has(uint64(n)) {
			w.summary.Late.Walks++
		}
		if walks[n] {
			w.summary.Late.New++
		}
	}
}

// chain plays a random world, and then goes on putting a random fault after the
// last one, where it can at a place to which nothing leads but the faults before.
func (w *walker) chain(n int, learn func(Result)) {
	if !w.Shard.has(uint64(n)) {
		return
	}
	random := rand.New(rand.NewPCG(w.Seed, uint64(n)))
	// Every other one in the smallest world, where most can be played.
	world, _ := find(cmp.Or(w.World, Worlds[max(0, random.IntN(2*len(Worlds))-len(Worlds))].Name))
	schedule := Schedule{World: world.Name, Seed: 1 + random.Uint64N(1<<32)}
	for range 2 + random.IntN(longest-1) {
		if w.ctx.Err() != nil {
			return
		}
		result := w.play(schedule)
		learn(result)
		if len(result.After) == 0 || !result.AllFired() || len(result.Wrong) > 0 {
			return
		}
		faults := world.faults(draw(random, w.led(result)))
		if len(faults) == 0 {
			return
		}
		schedule = schedule.with(faults[random.IntN(len(faults))])
	}
	learn(w.play(schedule))
}

// led are the stations after the last fault to which the rotation would not have come
// undisturbed; all, if there are none of those.
func (w *walker) led(r Result) []Station {
	undisturbed := w.undisturbed(r.Schedule.World)
	led := slices.DeleteFunc(slices.Clone(r.After), func(s Station) bool { return undisturbed[s.Place] })
	if len(led) == 0 {
		return r.After
	}
	return led
}

// undisturbed are the places to which a rotation comes in the world when nothing goes wrong.
func (w *walker) undisturbed(world string) map[uint64]bool {
	places, _ := w.calm.LoadOrStore(world, sync.OnceValue(func() map[uint64]bool {
		places := map[uint64]bool{}
		result, _ := Play(Schedule{World: world}, w.Lens) // the world exists: a schedule was played in it
		for _, station := range result.After {
			places[station.Place] = true
		}
		return places
	}))
	return places.(func() map[uint64]bool)()
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

// faults are those that are played at the station in this world.
func (w World) faults(s Station) []Fault {
	return slices.DeleteFunc(s.faults(), func(f Fault) bool {
		return w.alike && f.Kind.isTrouble() || !w.migrates && f.Kind == FailEnvironment
	})
}

// faults are all faults that may come to pass at the station.
func (s Station) faults() []Fault {
	switch {
	case s.Call != nil && s.Call.Write && s.State != lab.Auditor: // between two writes it makes no difference when
		return append(s.callFaults(), s.each(kindsOf(toExecutions))...)
	case s.Call != nil:
		return s.callFaults()
	case s.Entry:
		return s.each(kindsOf(slices.Concat(toExecutions, onEntry)))
	case s.Site == Ended:
		return s.each(endFaults)
	}
	return s.each(invocationFaults)
}

// callFaults are those that may come to pass with the station's call.
func (s Station) callFaults() []Fault {
	return slices.DeleteFunc(s.each(callFaults), func(f Fault) bool { return !f.Kind.matters(*s.Call) })
}

func (s Station) each(kinds []faultKind) []Fault {
	var faults []Fault
	for _, f := range kinds {
		faults = append(faults, Fault{s.Point, f.kind, f.delay})
	}
	return faults
}

// leaf plays a schedule that no other one is made of, if it is of the shard.
func (w *walker) leaf(s Schedule) {
	if w.Shard.has(s.Hash()) {
		w.play(s)
	}
}

// leaves plays schedules that no others are made of, if they are of the shard.
func (w *walker) leaves(b bough) { w.playAll(w.inShard(b), nil, func(Result) {}) }

// inShard is what of it is of the shard.
func (w *walker) inShard(b bough) bough {
	b.branches = slices.DeleteFunc(slices.Clone(b.branches), func(b branch) bool { return !w.Shard.has(b.Hash()) })
	return b
}

// play plays a schedule to its end and takes its result in.
func (w *walker) play(s Schedule) (result Result) {
	w.playAll(bough{branches: []branch{{Schedule: s}}}, nil, func(r Result) { result = r })
	return result
}

// playAll plays schedules until it is known what comes (nil: to their ends), and takes their
// results in.
func (w *walker) playAll(b bough, known func(uint64) bool, learn func(Result)) {
	take := func(r Result) bool {
		learn(r)
		w.takeIn(r)
		return w.ctx.Err() == nil
	}
	if w.ctx.Err() != nil {
		return
	}
	if err := b.play(w.Lens, known, take); err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.failure = err
		w.stop(err)
	}
}

// takeIn takes a result in, and shows progress now and then.
func (w *walker) takeIn(result Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.take(result)
	if len(w.summary.Violations) >= w.Enough {
		w.stop(nil)
	}
	if w.Progress != nil && time.Since(w.told) > 200*time.Millisecond {
		w.told = time.Now()
		w.Progress(Progress{w.now.name, w.now.progress(), w.summary.clone(time.Since(w.began))})
	}
}

// take counts a schedule once.
func (w *walker) take(r Result) {
	hash := r.Schedule.Hash() // a day's schedules are many
	if w.played[hash] {
		w.summary.Duplicates++
		return
	}
	w.played[hash] = true
	w.summary.add(r, w.Wanted)
}
