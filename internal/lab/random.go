package lab

import (
	"math/rand/v2"
	"time"
)

// Streams of chance. Each part of the world has its own, so that one more draw
// in one of them doesn't change all others.
const (
	wireStream uint64 = iota + 1
	iamStream
	executionsStream
	worldStream
)

// chance is a stream of it, which can be taken to where another one is.
type chance struct {
	*rand.Rand
	source *rand.PCG
}

func newRandom(seed, stream uint64) chance {
	source := rand.NewPCG(seed, stream)
	return chance{rand.New(source), source}
}

func (c chance) copyFrom(other chance) { *c.source = *other.source }

// Range is a span of durations to draw from.
type Range struct{ Min, Max time.Duration }

// Exactly is a range of one duration.
func Exactly(d time.Duration) Range { return Range{d, d} }

func (r Range) draw(random chance) time.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	return r.Min + time.Duration(random.Int64N(int64(r.Max-r.Min)+1))
}
