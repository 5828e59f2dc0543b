package explorer

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Closed is how far a world is closed: how much of what two faults lead to was played.
type Closed struct {
	World  string `json:"world"`
	States int    `json:"states"` // of the world on entering a state, that were reached
	Places int    `json:"places"` // at which a second fault was to be played
	Played int    `json:"played"` // schedules of two faults
	Left   int    `json:"left"`   // those that were not: they are other shards', or it was ended
}

// closing is a world that is being closed. There are thousands of times as many pairs of
// faults as single ones, and most lead to where others have led. So a fault is played once at
// each place: a call, an invocation or an entry, in a state of the world. And what comes
// after the second is not played once more when it is in a state from which all was judged.
type closing struct {
	*walker
	places map[uint64]bool
	result Closed

	mu    sync.Mutex
	known map[uint64]bool // states from which all was judged
}

func (w *walker) closing(world World) *closing {
	return &closing{walker: w, places: map[uint64]bool{}, known: map[uint64]bool{}, result: Closed{World: world.Name}}
}

// close plays two faults in the world.
func (w *walker) close(world World) {
	c := w.closing(world)
	base := Schedule{World: world.Name, Seed: w.Seed}
	undisturbed := w.play(base)
	c.learn(undisturbed)
	singles := boughs(base, c.fresh(undisturbed.After), world.faults)
	places := len(c.places)
	firsts := make([][]Result, len(singles))
	w.share("faults in the world "+world.Name, len(singles), time.Time{}, func(n int) { firsts[n] = c.first(singles[n]) })
	if w.ctx.Err() != nil {
		return // nobody knows what would be left
	}
	var pairs []bough
	for _, first := range slices.Concat(firsts...) { // in their order: the same seed plays the same
		pairs = append(pairs, boughs(first.Schedule, c.fresh(first.After), world.faults)...)
	}
	w.share("what closes the world "+world.Name, len(pairs), time.Time{}, func(n int) { c.second(pairs[n]) })
	c.result.States, c.result.Places = len(c.known), len(c.places)-places
	for _, b := range pairs {
		c.result.Left += len(b.branches)
	}
	c.result.Left -= c.result.Played
	w.summary.Closed = append(w.summary.Closed, c.result)
}

// fresh are the stations at places where no other was.
func (c *closing) fresh(stations []Station) (fresh []Station) {
	for _, station := range stations {
		if !c.places[station.Place] {
			c.places[station.Place] = true
			fresh = append(fresh, station)
		}
	}
	return fresh
}

// first plays to the end what a second fault is to follow: it may at the stations that come
// after, where no other was.
func (c *closing) first(b bough) (results []Result) {
	c.playAll(b, nil, func(r Result) {
		c.learn(r)
		after := slices.DeleteFunc(r.After, func(s Station) bool { return c.places[s.Place] })
		results = append(results, Result{Schedule: r.Schedule, After: after})
	})
	return results
}

// second plays two faults until they have led to what is known.
func (c *closing) second(b bough) {
	c.playAll(c.inShard(b), c.knows, func(r Result) {
		c.learn(r)
		c.mu.Lock()
		c.result.Played++
		c.mu.Unlock()
	})
}

// learn takes in the states that a rotation went through. If something was wrong, none of
// them counts as judged.
func (c *closing) learn(r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(r.Wrong) == 0 {
		maps.Copy(c.known, r.Seen.Worlds)
	}
}

func (c *closing) knows(state uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[state]
}
