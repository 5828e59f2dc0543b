package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// noticed is how long after it happened a failure at Qovery must be seen: reads are a minute
// old at most, and a write to the journal takes effect within ten.
const noticed = 12 * time.Minute

// moved polices what a migration is about to move: it notes that in the journal before. No
// deployment of an environment may have failed since its cluster was moved, unless people
// have been told of that.
func (j *Judge) moved(record rotation.Record) {
	before := j.migrated
	j.migrated = record.Migration
	what := movesOn(before, record.Migration)
	if what == "" {
		return
	}
	now := j.world.Timeline.Now()
	for _, e := range j.world.Qovery.Environments() {
		move := record.Migration.Moves[e.ClusterID]
		isFailure := strings.HasSuffix(e.State, "_ERROR") && e.State != "BUILD_ERROR"
		isRecent := !move.Done.IsZero() && move.BackBegun.IsZero() && e.At.After(move.Done)
		if isFailure && isRecent && now.Sub(e.At) > noticed && !j.toldOf(e, move.Name) {
			j.violated("%s moved although the environment %s on %s had failed at %s", what, e.Name, move.Name,
				words.Time(e.At, time.DateTime))
		}
	}
}

// movesOn is what is begun to be moved now: a cluster, or the first of what has a copy of the
// key.
func movesOn(before, after *rotation.Migration) string {
	if before == nil || after == nil {
		return ""
	}
	for id, move := range after.Moves {
		if before.Moves[id].Begun.IsZero() && !move.Begun.IsZero() {
			return "the cluster " + move.Name + " was"
		}
	}
	if len(before.Given) == 0 && len(after.Given) > 0 {
		return "registries were"
	}
	return ""
}

// toldOf: an execution has ended with that failure.
func (j *Judge) toldOf(e fakeqovery.Environment, cluster string) bool {
	for _, run := range j.world.Runs() {
		if run.Ended() && run.StopTime().After(e.At) && strings.Contains(run.Says(), e.Name+" on "+cluster) {
			return true
		}
	}
	return false
}

// Between a cluster's pointing and the start of its deployment, deployments of its
// applications can fail: a migration keeps that short. The judge allows for what went wrong
// meanwhile, and for nothing else.

const (
	// deployedWithin is how long a cluster points at other credentials where nothing goes
	// wrong. What a person points is that person's affair.
	deployedWithin = time.Minute
	// strikesBefore is how long before a pointing what its request meets may have struck.
	strikesBefore = time.Minute
)

// strike is a fault of a call, or an answer that is none.
type strike struct {
	at     time.Time
	killed bool
}

// struck notes a fault. Migrations expect reads to be stale.
func (j *Judge) struck(kind FaultKind) {
	if kind != Stale {
		j.strikes = append(j.strikes, strike{j.world.Timeline.Now(), kind == KillBefore || kind == KillAfter})
	}
}

// LatePointings are the clusters that pointed at other credentials for too long before they
// were deployed or pointed back.
func (j *Judge) LatePointings() (late []string) {
	for _, id := range j.world.Clusters {
		for _, p := range j.world.Qovery.Pointings(id) {
			took := j.until(p).Sub(p.Since)
			if limit, has := j.mayPoint(p); has && took > limit {
				late = append(late, fmt.Sprintf("%s pointed for %s at credentials that no deployment took up, and may for %s",
					j.world.Qovery.NameOf(id), took.Round(time.Second), limit))
			}
		}
	}
	return late
}

// pointedAtMost is how long a cluster did so, in seconds.
func (j *Judge) pointedAtMost() (most time.Duration) {
	for _, id := range j.world.Clusters {
		for _, p := range j.world.Qovery.Pointings(id) {
			most = max(most, time.Second, j.until(p).Sub(p.Since).Round(time.Second))
		}
	}
	return most
}

func (j *Judge) until(p fakeqovery.Pointing) time.Time {
	if p.Until.IsZero() {
		return j.world.Timeline.Now()
	}
	return p.Until
}

// mayPoint is how long a pointing may last. A function that is killed leaves it to the next
// one, which begins when the lease is over. Where Qovery or AWS doesn't answer, where a
// person points the cluster, or stops an execution whose function was killed, there is no
// limit.
func (j *Judge) mayPoint(p fakeqovery.Pointing) (limit time.Duration, has bool) {
	kills, from, until := 0, p.Since.Add(-strikesBefore), j.until(p)
	for _, strike := range j.strikes {
		switch {
		case strike.at.Before(from) || strike.at.After(until):
		case strike.killed:
			kills++
		default:
			return 0, false
		}
	}
	ended := slices.ContainsFunc(j.world.Runs(), func(r *Run) bool {
		return r.Ended() && !r.StopTime().Before(p.Since) && !r.StopTime().After(until)
	})
	mayWait := p.ByPerson || p.Ignored || p.Stopped || kills > 0 && ended
	return deployedWithin + time.Duration(kills)*takeover(), !mayWait
}

// takeover is how long it takes at most until the next function is at work after one was
// killed: the lease of that runs to its deadline, and who finds it running tries again.
func takeover() time.Duration {
	machine, err := loadMachine()
	if err != nil {
		panic(err) // there would be no world
	}
	state, _ := machine.State("DeployClusters")
	i := slices.IndexFunc(state.Retry, func(r statemachine.Retrier) bool { return r.Matches(string(fault.StepBusy)) })
	return rotation.FunctionTimeouts["deployclusters"] + state.Retry[i].Delay(0, 1)
}
