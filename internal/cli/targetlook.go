package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// targetLook finds out how one target is doing. What cannot be read is noted.
type targetLook struct {
	*stack
	working    []*notice.Execution // all that run
	workingErr error
	ids        []rotation.KeyID // of the user's keys
	targetStatus
}

func (l *targetLook) look(ctx context.Context) targetStatus {
	l.State = unknown
	target, err := l.targets.Target(ctx, l.Name)
	if err != nil {
		l.unread("the target", err)
		return l.targetStatus
	}
	l.IAMUser = target.IAMUserName
	l.lookAtState(ctx, target)
	l.lookAtHistory(ctx, target)
	l.lookAtSchedule(ctx, target)
	if l.lookAtKeys(ctx, target) {
		l.lookAtQovery(ctx, target)
	}
	l.lookAtKeyCount()
	l.lookAhead(target)
	return l.targetStatus
}

// unread notes what could not be read, and why.
func (l *targetLook) unread(what string, err error) {
	why := strings.TrimRight(firstLine(err), ".")
	var coded *fault.Error
	if errors.As(err, &coded) {
		why = strings.TrimRight(coded.What, ".")
	}
	l.Unknown = append(l.Unknown, what+" could not be read: "+why)
}

func (l *targetLook) attend(format string, args ...any) {
	l.Attention = append(l.Attention, fmt.Sprintf(format, args...))
}

func (l *targetLook) lookAtState(ctx context.Context, target target.Target) {
	record, err := l.journal.Load(ctx, target.IAMUserName)
	if err != nil {
		l.unread("the journal", err)
	}
	if l.workingErr != nil {
		l.unread("the list of executions", l.workingErr)
	}
	owner, ownerErr := l.owner(ctx, record, l.working)
	if ownerErr != nil {
		l.unread("how the execution ended", ownerErr)
	}
	switch working := atWork(l.Name, owner, l.working); {
	case len(working) > 0:
		x := working[0]
		l.State, l.Execution, l.Since = rotates, x.Name, x.StartedAt
		l.In = l.stateOf(ctx, x)
	case err != nil || l.workingErr != nil:
	case record == nil:
		l.State = idle
	default: // the owner is none of those that run
		l.State, l.Since = isPaused, record.TakenAt
		l.explain(owner, ownerErr)
	}
}

// explain says why the rotation is paused, as far as is known.
func (l *targetLook) explain(owner *notice.Execution, err error) {
	if err == nil {
		l.Because = whyPaused(owner, l.Name)
		l.attend("The rotation is paused. %s", l.Because)
	}
}

// stateOf is the state that an execution is in, as far as can be told.
func (l *targetLook) stateOf(ctx context.Context, x *notice.Execution) string {
	f := follower{stack: l.stack, x: x}
	events, err := l.states.SinceState(ctx, x.ARN)
	if err != nil {
		return ""
	}
	for _, event := range events {
		f.translate(event)
	}
	return f.events.State
}

func (l *targetLook) lookAtHistory(ctx context.Context, target target.Target) {
	items, err := l.journal.History(ctx, target.IAMUserName)
	l.historyRead = err == nil
	switch {
	case err != nil:
		l.unread("the journal's history", err)
	case len(items) > 0:
		last := pastOf(items[0].Record)
		last.Outcome, last.EndedAt = items[0].Outcome, items[0].EndedAt
		l.Last = &last
	}
}

func (l *targetLook) lookAtSchedule(ctx context.Context, target target.Target) {
	schedule, err := l.schedule(ctx, target)
	if err != nil {
		l.unread("the schedule", err)
		return
	}
	l.Schedule = schedule
	switch {
	case schedule.Missing:
		l.attend("There is no schedule: nothing starts rotations of %s. Deploy the stack again", l.Name)
	case !schedule.Enabled && target.Schedule.Enabled:
		l.attend("Somebody disabled the schedule: nothing starts rotations of %s. Enable it in EventBridge Scheduler, or "+
			"deploy the stack again", l.Name)
	case !schedule.Enabled:
		l.attend("The schedule is disabled in rotation.json: nothing starts rotations of %s", l.Name)
	case schedule.Expression != target.Schedule.Expression():
		l.attend("The schedule is %s, and rotation.json wants %s. Deploy the stack again, with the rateDays that are meant",
			schedule.Expression, target.Schedule.Expression())
	}
}

// overdue is how much older than the schedule's rate a key may become: the time
// that a rotation may take.
const overdue = 7

// oldest is how old the schedule should let a key become.
func oldest(target target.Target) time.Duration {
	return time.Duration(target.Schedule.RateDays+overdue) * 24 * time.Hour
}

func (l *targetLook) lookAtKeys(ctx context.Context, target target.Target) bool {
	keys, err := l.keys.List(ctx, target.IAMUserName)
	if err != nil {
		l.unread("the IAM user's keys", err)
		return false
	}
	now := l.clock.Now()
	for _, key := range keys {
		l.ids = append(l.ids, key.ID)
		l.Keys = append(l.Keys, keyStatus{
			ID: key.ID.String(), Status: key.Status, CreatedAt: key.CreatedAt, AgeDays: int(now.Sub(key.CreatedAt).Hours() / 24),
		})
		if now.Sub(key.CreatedAt) > oldest(target) {
			l.attend("The key %s is older than the schedule should let it become", key.ID)
		}
	}
	if len(keys) == 0 {
		l.attend("The IAM user %s has no access key", target.IAMUserName)
	}
	return true
}

// lookAtKeyCount comes after the look at Qovery, which tells the keys apart.
func (l *targetLook) lookAtKeyCount() {
	if len(l.Keys) < 2 || l.State != idle {
		return
	}
	notHeld := ""
	for _, key := range l.Keys {
		if key.HeldBy != nil && len(key.HeldBy) == 0 {
			notHeld = "; Qovery does not hold " + key.ID
		}
	}
	l.attend("The IAM user has %d keys and no rotation is open: the next one will refuse to begin. Delete the key that "+
		"nobody uses%s (rotate runbook MultipleAccessKeys)", len(l.Keys), notHeld)
}

// lookAhead says which key will be too old when the next rotation begins: right
// after the installation that may be a whole period away. Of one that is too old
// already that was said; one that Qovery does not hold is not rotated.
func (l *targetLook) lookAhead(target target.Target) {
	if l.State != idle || l.Schedule == nil || l.Schedule.Next.IsZero() {
		return
	}
	next, limit := l.Schedule.Next, oldest(target)
	for _, key := range l.Keys {
		held := key.HeldBy == nil || len(key.HeldBy) > 0
		if age := next.Sub(key.CreatedAt); held && age > limit && l.clock.Now().Sub(key.CreatedAt) <= limit {
			l.attend("The key %s will be %s old when the next rotation begins, %s; the schedule should let it become %d at "+
				"most. To rotate it before: rotate start %s --watch",
				key.ID, words.Count(int(age.Hours()/24), "day"), words.At(next), int(limit.Hours()/24), l.Name)
		}
	}
}

// lookAtQovery compares what Qovery holds with what IAM knows. In the middle of a
// rotation they may differ.
func (l *targetLook) lookAtQovery(ctx context.Context, target target.Target) {
	organization, err := l.openQovery(ctx, target)
	if err != nil {
		l.unread("what Qovery holds", err)
		return
	}
	locations, err := organization.Locations(ctx)
	if err != nil {
		l.unread("what Qovery holds", err)
		return
	}
	held := false
	for i := range l.Keys {
		key := &l.Keys[i]
		key.HeldBy = []string{}
		for _, location := range locations {
			if location.Key != "" && location.Key.String() == key.ID {
				key.HeldBy = append(key.HeldBy, fmt.Sprintf("%s %q", location.Kind, location.Name))
			}
		}
		held = held || len(key.HeldBy) > 0
		if len(key.HeldBy) > 0 && key.Status != rotation.Active {
			l.attend("Qovery holds the key %s, which is %s: deployments fail", key.ID, key.Status)
		}
	}
	if !held && len(l.Keys) > 0 && l.State != rotates {
		l.attend("Qovery holds no key of the IAM user %s", target.IAMUserName)
	}
	if held {
		l.lookAtNeeds(ctx, target, organization, locations)
	}
}

// lookAtNeeds proves what a rotation reads, as Preflight does, with the rights of
// the person who looks: what they may not read, the functions may.
func (l *targetLook) lookAtNeeds(ctx context.Context, target target.Target, organization rotation.Organization,
	locations []rotation.Location) {
	clusters, err := organization.Clusters(ctx)
	if err != nil {
		l.unread("the clusters", err)
		return
	}
	for _, id := range l.ids {
		held := slices.DeleteFunc(slices.Clone(locations), func(location rotation.Location) bool {
			return location.Key != id
		})
		if len(held) == 0 {
			continue
		}
		if _, err := l.needs.Prove(ctx, target.IAMUserName, id, clusters, held, l.clock.Now()); err != nil {
			l.unread("what a rotation needs", err)
			return
		}
	}
}
