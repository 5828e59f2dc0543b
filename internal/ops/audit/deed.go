package audit

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

const (
	// LookBack is for how long the audit does not start again what a person stopped, or
	// what was refused for a reason that a person puts right.
	LookBack = 14 * day
	// soonestRedrive leaves time to an outage, and to the person who was notified.
	soonestRedrive = time.Hour
	// betweenRedrives is less than a day: the audit's schedule has a window.
	betweenRedrives = 20 * time.Hour
	mostRedrives    = 7
)

// Deed is what the audit does by itself about a target: nothing, or one of these.
type Deed struct {
	Start   *target.Input // of the execution that it starts
	Redrive string        // the ARN of the execution that it resumes
	// Error is that of the execution that ended before, if one did.
	Error string
}

// dueName names an execution that the audit starts. A second audit of the day finds it there.
func dueName(target string, now time.Time) string {
	return fmt.Sprintf("%s-due-%s", target, words.Time(now, "20060102"))
}

// LogValue has the key's last four characters alone.
func (d Deed) LogValue() slog.Value {
	if d.Start == nil {
		return slog.GroupValue(slog.String("redrive", d.Redrive), slog.String("after", d.Error))
	}
	key, _ := rotation.ParseKeyID(d.Start.Key) // the audit took it from IAM
	return slog.GroupValue(slog.Time("start", d.Start.NotBefore), slog.String("key", key.String()),
		slog.String("after", d.Error))
}

// deed decides. It depends on the facts alone. What could not be read may be what a
// rotation needs, and whatever is at work has its own way.
func (f *Facts) deed() Deed {
	switch {
	case len(f.Unread) > 0 || !f.atRest() || f.working():
		return Deed{}
	case f.Record == nil:
		return f.start()
	case f.Record.Kind != rotation.Rotate: // a person's
		return Deed{}
	case f.outage() && !f.stoppedSince(f.OwnerRun.StartedAt):
		return Deed{Redrive: f.OwnerRun.ARN, Error: f.OwnerRun.Error}
	}
	return Deed{}
}

// working: an execution of the target runs or waits for its time, or the audit has
// started one today.
func (f *Facts) working() bool {
	today := dueName(f.Target.Name, f.Now)
	return slices.ContainsFunc(f.Runs, func(x *notice.Execution) bool {
		return x.Status == statemachine.Running || x.Name == today
	})
}

const day = 24 * time.Hour

// start starts what is due: the rotation of the user's only key, unless a person has
// stopped one, or has to put something right first.
func (f *Facts) start() Deed {
	begins, scheduled := f.begins()
	if !scheduled || f.Target.FrozenAt(begins) != nil || len(f.Keys) != 1 {
		return Deed{}
	}
	key := f.Keys[0]
	deed := Deed{Start: &target.Input{Target: f.Target.Name, Scheduled: true, Key: string(key.ID), NotBefore: begins}}
	passing := true
	if f.refused() {
		deed.Error = f.rotations()[0].Error
		passing = fault.Passing(deed.Error)
	}
	since := f.Now.Add(-LookBack)
	if key.CreatedAt.After(since) {
		since = key.CreatedAt
	}
	rotatable := key.Status == rotation.Active && len(f.Holders(key.ID)) > 0 && !rotation.ServesNone(f.Locations, key.ID)
	if !rotatable || !f.due(key) || !passing || f.stoppedSince(since) {
		return Deed{}
	}
	return deed
}

// due: the key is as old as the schedule lets one become, or the last execution failed,
// and a scheduled one had come for the key.
func (f *Facts) due(key rotation.AccessKey) bool {
	if f.Now.Sub(key.CreatedAt) >= time.Duration(f.Target.Schedule.RateDays)*day {
		return true
	}
	return f.refused() && slices.ContainsFunc(f.Runs, func(x *notice.Execution) bool {
		return x.Scheduled && x.Status == statemachine.Failed && x.StartedAt.After(key.CreatedAt)
	})
}

// refused: the last execution failed. No rotation is open, so it changed nothing.
func (f *Facts) refused() bool {
	runs := f.rotations()
	return len(runs) > 0 && runs[0].Status == statemachine.Failed
}

// rotations are the executions but those that were to retire a key or to move clusters: how
// one of them ended says nothing of the next rotation.
func (f *Facts) rotations() []*notice.Execution {
	return slices.DeleteFunc(slices.Clone(f.Runs), func(x *notice.Execution) bool {
		return x.Kind() != rotation.Rotate
	})
}

// begins is the schedule's next time of day. There is none where the schedule is off,
// where its first day is ahead, and where it starts a rotation by itself within a day.
func (f *Facts) begins() (at time.Time, scheduled bool) {
	if !f.Target.Schedule.Enabled || f.Schedule == nil || !f.Schedule.Enabled {
		return time.Time{}, false
	}
	daily := f.Target.Schedule
	daily.RateDays = 1
	at, err := daily.FirstRun(f.Now)
	next, soon := f.Schedule.Next(f.Now), f.Now.Add(day+time.Hour)
	return at.UTC().Truncate(time.Second), err == nil && at.Before(soon) && (next.IsZero() || next.After(soon))
}

// outage: the open rotation's execution failed by what no person needs to fix, and may be
// redriven now. An abort is a person's, and what it brought back stays so; so is a key that
// leaked.
func (f *Facts) outage() bool {
	run := f.OwnerRun
	if run == nil || !run.Redrivable || f.EndedInFail || len(f.Record.Leaked) > 0 {
		return false
	}
	return run.Status == statemachine.Failed && fault.Resumable(run.Error) && !notice.Describe(run).Abort &&
		f.Now.Sub(run.StoppedAt) >= soonestRedrive && run.Redrives < mostRedrives &&
		f.Now.Sub(run.RedrivenAt) >= betweenRedrives
}

// stoppedSince: a person has stopped, aborted or released a rotation since then.
func (f *Facts) stoppedSince(since time.Time) bool {
	if len(f.History) > 0 && f.History[0].Outcome == rotation.Released && f.History[0].EndedAt.After(since) {
		return true
	}
	return slices.ContainsFunc(f.rotations(), func(x *notice.Execution) bool {
		return x.StartedAt.After(since) && (x.Abort || x.Status == statemachine.Aborted || x.Status == statemachine.TimedOut)
	})
}
