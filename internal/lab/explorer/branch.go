package explorer

import (
	"maps"
	"slices"

	"qovery-key-rotation/internal/lab"
)

// Many schedules have the same beginning. What leads to their last fault is played once, up
// to a fork: a point between two states at which the world can be copied. From there each is
// played in a copy.

// mostBranches are played from one fork in one task, so that all cores have something to do.
const mostBranches = 64

// bough are schedules that have one more fault than a base, all of them after the same fork.
type bough struct {
	base      Schedule
	fork      int // 0: there is none before them
	schedules []Schedule
}

// boughs are the schedules that have one more fault than the base, at one of the stations.
func boughs(base Schedule, stations []Station, faults func(Station) []Fault) (all []bough) {
	for _, station := range stations {
		for _, fault := range faults(station) {
			if n := len(all); n == 0 || all[n-1].fork != station.Fork || len(all[n-1].schedules) == mostBranches {
				all = append(all, bough{base: base, fork: station.Fork})
			}
			last := &all[len(all)-1]
			last.schedules = append(last.schedules, base.with(fault))
		}
	}
	return all
}

// play plays them, each until it is known what comes: see playUntil. It ends early if take
// says so.
func (b bough) play(known func(uint64) bool, take func(Result) bool) error {
	var failure error
	_, err := play(b.base, nil, func(p *player) {
		p.forkAt = b.fork
		p.branch = func() {
			for _, s := range b.schedules {
				result, err := p.fork(s, known)
				if failure = err; err != nil || !take(result) {
					break
				}
			}
		}
	})
	if err == nil {
		err = failure
	}
	return err
}

// between does what there is to do at a fork.
func (p *player) between(*lab.Run) {
	if !p.settles || !p.IsStill() {
		return
	}
	if p.forks++; p.branch != nil && p.forks == p.forkAt {
		p.branch()
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
	c.branch, c.say = nil, nil
	c.pending = append(slices.Clone(p.pending), s.Faults[len(p.result.Schedule.Faults):]...)
	c.result = Result{Schedule: s, Wrong: slices.Clone(p.result.Wrong), Fired: slices.Clone(p.result.Fired),
		Seen: newSeen()}
	c.lasting, c.said = slices.Clip(p.lasting), slices.Clip(p.said)
	c.excused, c.replaced, c.unanswered = slices.Clip(p.excused), slices.Clip(p.replaced), slices.Clip(p.unanswered)
	c.clocks, c.passed, c.putAt = maps.Clone(p.clocks), maps.Clone(p.passed), maps.Clone(p.putAt)
	c.before, c.since, c.usedBefore = maps.Clone(p.before), maps.Clone(p.since), maps.Clone(p.usedBefore)
	return &c
}
