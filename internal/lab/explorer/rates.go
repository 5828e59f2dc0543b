package explorer

import (
	"context"
	"time"
)

// Rate is how many schedules of two faults were judged in which time, and how many states of
// the world they came into.
type Rate struct {
	Schedules, States int
	Took              time.Duration
}

// everyNth pair is played.
const everyNth = 512

// Rates plays what may follow some first faults in the smallest world in two ways, on one
// core: as the world is closed, and a sample of all pairs, each from its beginning to its end.
// It returns how many there are, too.
func Rates(ctx context.Context, firsts int) (closing, sample Rate, pairs int, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	world, w := Worlds[0], newWalker(ctx, stop, Options{Enough: 1})
	c, sampled := w.closing(world), w.closing(world)
	undisturbed := w.play(Schedule{World: world.Name})
	c.learn(undisturbed)
	all := branchesOf(boughs(undisturbed.Schedule, c.fresh(undisturbed.After), world.faults))
	for n := range firsts {
		first := w.play(all[n*len(all)/firsts].Schedule)
		c.learn(first)
		for _, pair := range branchesOf(boughs(first.Schedule, first.After, world.faults)) {
			if pairs++; pairs%everyNth == 0 {
				sample.Took += timed(func() { sampled.learn(w.play(pair.Schedule)) })
				sample.Schedules++
			}
		}
		for _, b := range boughs(first.Schedule, c.fresh(first.After), world.faults) {
			closing.Took += timed(func() { c.second(b) })
		}
	}
	closing.Schedules, closing.States, sample.States = c.result.Played, len(c.known), len(sampled.known)
	return closing, sample, pairs, w.failure
}

func branchesOf(boughs []bough) (all []branch) {
	for _, b := range boughs {
		all = append(all, b.branches...)
	}
	return all
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
