package explorer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"qovery-key-rotation/internal/lab"
)

// Many schedules have the same beginning. What leads to their last fault is played once, up
// to a fork: a point between two states at which the world can be copied. From there each is
// played in a copy.

// mostBranches are played in one task, so that all cores have something to do.
const mostBranches = 64

// bough are schedules that have one more fault than a base, in the order of their forks.
type bough struct {
	base     Schedule
	branches []branch
}

// branch is a schedule whose last fault comes after that many forks of its base.
type branch struct {
	Schedule
	fork int
}

// boughs are the schedules that have one more fault than the base, at one of the stations,
// which come in any order.
func boughs(base Schedule, stations []Station, faults func(Station) []Fault) (all []bough) {
	var branches []branch
	for _, station := range stations {
		for _, fault := range faults(station) {
			branches = append(branches, branch{base.with(fault), station.Fork})
		}
	}
	slices.SortStableFunc(branches, func(a, b branch) int { return cmp.Compare(a.fork, b.fork) })
	for few := range slices.Chunk(branches, mostBranches) {
		all = append(all, bough{base, few})
	}
	return all
}

// play plays them, each until it is known what comes: see playUntil. It ends early if take
// says so.
func (b bough) play(lens Lens, known func(uint64) bool, take func(Result) bool) error {
	whole := slices.IndexFunc(b.branches, func(b branch) bool { return b.fork > 0 })
	if whole < 0 || len(b.branches) == 1 || lens != nil { // a lens may know the world that it was made for
		whole = len(b.branches)
	}
	for _, b := range b.branches[:whole] {
		if result, err := playUntil(known, b.Schedule, lens); err != nil || !take(result) {
			return err
		}
	}
	return bough{b.base, b.branches[whole:]}.playForked(known, take)
}

// playForked plays those that come after a fork.
func (b bough) playForked(known func(uint64) bool, take func(Result) bool) (err error) {
	left := b.branches
	if len(left) == 0 {
		return nil
	}
	_, failed := play(b.base, nil, func(p *player) {
		p.atFork = func(fork int) (isLast bool) {
			for len(left) > 0 && left[0].fork == fork && err == nil {
				var result Result
				if result, err = p.fork(left[0].Schedule, known); err == nil && take(result) {
					left = left[1:]
				} else {
					left = nil
				}
			}
			return len(left) == 0
		}
	})
	switch {
	case err != nil:
		return err
	case failed == nil && len(left) > 0:
		return fmt.Errorf("%s does not come to its fork %d", b.base, left[0].fork)
	}
	return failed
}

// between does what there is to do at a fork.
func (p *player) between(*lab.Run) {
	if !p.settles || !p.IsStill() {
		return
	}
	if p.forks++; p.atFork != nil && p.atFork(p.forks) {
		p.process.Kill()
	}
}

// fork plays a schedule that begins as this one from here to its end.
func (p *player) fork(s Schedule, known func(uint64) bool) (Result, error) {
	world, err := p.kind.unshaped(s.Seed, nil)
	if err != nil {
		return Result{}, err
	}
	defer world.Timeline.Close()
	c := p.copied(world, s)
	c.known = known
	c.listen()
	c.process = world.Timeline.Go(operatorName, func() {
		if !c.seesToIt() {
			c.rounds()
		}
	})
	world.Continue()
	return c.end(), nil
}

// copied is a player of another schedule who has come as far as this one, in a copy of its
// world. What this one came across before isn't told once more.
func (p *player) copied(world *lab.World, s Schedule) *player {
	world.CopyFrom(p.World)
	c := *p
	c.Operator = lab.NewOperator(world)
	c.Operator.CopyFrom(p.Operator)
	c.atFork, c.say = nil, nil
	c.pending = append(slices.Clone(p.pending), s.Faults[len(p.result.Schedule.Faults):]...)
	c.result = Result{Schedule: s, Wrong: slices.Clone(p.result.Wrong), Fired: slices.Clone(p.result.Fired),
		Seen: newSeen()}
	c.lasting, c.said = slices.Clip(p.lasting), slices.Clip(p.said)
	c.excused, c.replaced, c.unanswered = slices.Clip(p.excused), slices.Clip(p.replaced), slices.Clip(p.unanswered)
	c.clocks, c.passed, c.putAt = maps.Clone(p.clocks), maps.Clone(p.passed), maps.Clone(p.putAt)
	c.before, c.since, c.usedBefore = maps.Clone(p.before), maps.Clone(p.since), maps.Clone(p.usedBefore)
	return &c
}
