package main

import (
	"context"
	"fmt"

	"qovery-key-rotation/internal/lab/explorer"
)

// firsts are how many faults are played of which it is measured what may follow.
const firsts = 12

// explorationRows compare how a small world is closed with playing each pair of faults from
// its beginning to its end, as one would without. Both come into the same states, but of the
// pairs only a sample is played, and how long all take is calculated.
func explorationRows(ctx context.Context) ([]row, error) {
	closing, sample, pairs, err := explorer.Rates(ctx, firsts)
	if err != nil {
		return nil, err
	}
	rate := func(n int, r explorer.Rate) float64 { return float64(n) / r.Took.Seconds() }
	judged, alone := rate(closing.Schedules, closing), rate(sample.Schedules, sample)
	found := rate(closing.States, closing)
	foundAlone := float64(closing.States) / (float64(pairs) / alone)
	return []row{
		{
			what: "exploration, pairs of faults judged a second", measured: number(judged),
			against: "each played whole, " + number(alone), ratio: alone / judged, goal: 1.0 / 5,
		},
		{
			what: "  states of the world found a second", measured: number(found),
			against: fmt.Sprintf("%d pairs by %d of them, %s", pairs, sample.Schedules, number(foundAlone)),
			ratio:   foundAlone / found, goal: 1.0 / 10,
		},
	}, nil
}
