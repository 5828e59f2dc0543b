package lab

import (
	"context"
	"maps"
	"slices"

	"qovery-key-rotation/internal/rotation"
)

// A world can be copied while its only execution is between two states, so that much can be
// tried out from there on: what led there needn't be played again. What is under way has
// stacks, which can't be copied; between two states there is none of it.

// IsStill tells whether nothing is under way but the calling process, and one that waits for
// it: no function is at work, and nothing is due but what was planned.
func (w *World) IsStill() bool {
	t := w.Timeline
	return t.current != nil && len(t.processes) == 2 && len(t.queue) == len(w.planned)
}

// CopyFrom makes this world what another one is that is still, and that was made of the same
// Setup. Nothing has happened in this one, and the other one doesn't go on before this one
// has come to its end: what only grows is shared. Who is told of what happens is not copied.
func (w *World) CopyFrom(other *World) {
	w.Timeline.copyFrom(other.Timeline)
	w.Wire.copyFrom(other.Wire)
	w.IAM.copyFrom(other.IAM)
	w.Trail.Lag, w.Trail.Denied = other.Trail.Lag, other.Trail.Denied
	w.SSM.copyFrom(other.SSM)
	w.Journal.copyFrom(other.Journal)
	w.Executions.copyFrom(other.Executions)
	w.Qovery.CopyFrom(other.Qovery)
	w.Judge.copyFrom(other.Judge)
	w.Target, w.OldKey, w.Clusters = other.Target, other.OldKey, other.Clusters
	w.random.copyFrom(other.random)
	w.dryRun, w.invocations = other.dryRun, other.invocations
	w.logs.Reset()
	w.logs.Write(other.logs.Bytes())
	w.token, w.others, w.qoveryAnswers = other.token, slices.Clip(other.others), other.qoveryAnswers
	for _, run := range other.runs {
		w.runs = append(w.runs, w.copied(run))
	}
}

// copied is an execution of another world as it is in this one. It has ended, or Continue
// has it go on.
func (w *World) copied(run *Run) *Run {
	c := &Run{world: w, process: &Process{done: run.Ended()}}
	c.follow(run.Execution.Copy(&host{world: w, run: c}))
	return c
}

// Continue has the execution go on that was between two states when the world was copied.
func (w *World) Continue() {
	for _, run := range w.runs {
		if !run.Ended() {
			run.goOn(func(ctx context.Context) { run.Execution.Continue(ctx) })
		}
	}
}

func (t *Timeline) copyFrom(other *Timeline) {
	t.elapsed, t.nextMinute = other.elapsed, other.nextMinute
}

func (w *Wire) copyFrom(other *Wire) {
	w.random.copyFrom(other.random)
	w.Latency, w.Patience, w.actor = other.Latency, other.Patience, other.actor
	w.calls, w.counts = slices.Clip(other.calls), maps.Clone(other.counts)
}

func (i *IAM) copyFrom(other *IAM) {
	i.random.copyFrom(other.random)
	i.Settling, i.Path, i.sent = other.Settling, other.Path, other.sent
	i.order, i.keys, i.users = nil, map[rotation.KeyID]*key{}, map[string]*user{}
	for _, k := range other.order {
		c := *k
		c.states, c.changes, c.uses = slices.Clip(k.states), slices.Clip(k.changes), slices.Clone(k.uses)
		i.order, i.keys[k.id] = append(i.order, &c), &c
	}
	for name, u := range other.users {
		c := &user{name: u.name, path: u.path, quarantined: u.quarantined}
		for _, k := range u.keys {
			c.keys = append(c.keys, i.keys[k.id])
		}
		i.users[name] = c
	}
}

func (s *SSM) copyFrom(other *SSM) {
	s.targets, s.tokens, s.staged = maps.Clone(other.targets), maps.Clone(other.tokens), maps.Clone(other.staged)
}

func (j *Journal) copyFrom(other *Journal) {
	j.open, j.history, j.memory = maps.Clone(other.open), maps.Clone(other.history), maps.Clone(other.memory)
}

func (e *Executions) copyFrom(other *Executions) {
	e.random.copyFrom(other.random)
	e.Lag = other.Lag
	for arn, states := range other.known {
		c := slices.Clip(*states)
		e.known[arn] = &c
	}
}

func (j *Judge) copyFrom(other *Judge) {
	world := j.world
	*j = *other
	j.world = world
	j.Refused, j.Violations = slices.Clip(other.Refused), slices.Clip(other.Violations)
	j.stored, j.strikes = slices.Clip(other.stored), slices.Clip(other.strikes)
	j.leaked, j.noted, j.byIntent = maps.Clone(other.leaked), maps.Clone(other.noted), maps.Clone(other.byIntent)
	j.used, j.known, j.visits = maps.Clone(other.used), maps.Clone(other.known), maps.Clone(other.visits)
}

// CopyFrom makes this operator, of a copied world, one who has done what another one did. What
// was planned there happens here, too.
func (o *Operator) CopyFrom(other *Operator) {
	twin := func(run *Run) *Run {
		if run == nil {
			return nil
		}
		return o.runs[slices.Index(other.runs, run)]
	}
	o.run, o.Planned, o.calms, o.rules, o.err = twin(other.run), other.Planned, other.calms, other.rules, other.err
	for _, p := range other.planned {
		by := p.by
		if by == other {
			by = o
		}
		o.plan(planned{p.at, by, p.do})
	}
	for run, is := range other.open {
		o.open[twin(run)] = is
	}
	for run, n := range other.noted {
		o.noted[twin(run)] = n
	}
}
