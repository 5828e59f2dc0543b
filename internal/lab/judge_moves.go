package lab

import (
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
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
