package notice

import (
	"context"
	"slices"
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// Facts are what is in place now, as far as it could be found out.
type Facts struct {
	Now     time.Time
	Target  target.Target          // without a name when it is not known
	Record  *rotation.Record       // the open record, or nil
	History []rotation.HistoryItem // the newest first
	Keys    []rotation.AccessKey   // of the target's IAM user
	// AgeLimit is the age at which a key is too old; zero: not known.
	AgeLimit time.Duration

	// Why something is not known. Without a target nothing is.
	NoTarget, NoRecord, NoHistory, NoKeys error
}

// Reader finds out what is in place.
type Reader struct {
	Clock   rotation.Clock
	Names   func(ctx context.Context) ([]string, error) // of all targets
	Targets rotation.Targets
	Journal Journal
	Keys    Keys

	AgeLimit time.Duration // see Facts
}

// Journal is as much of the journal as a message needs.
type Journal interface {
	// Load returns the open record of the user, or nil.
	Load(ctx context.Context, iamUser string) (*rotation.Record, error)
	// History returns how the user's rotations ended, the newest first.
	History(ctx context.Context, iamUser string) ([]rotation.HistoryItem, error)
}

// Keys tells which keys there are.
type Keys interface {
	// List returns all keys of the user.
	List(ctx context.Context, user string) ([]rotation.AccessKey, error)
}

// Read finds out what it can of the execution's target. It never fails: what is
// not known is part of the facts.
func (r Reader) Read(ctx context.Context, x Execution) Facts {
	facts := Facts{AgeLimit: r.AgeLimit}
	if facts.Target, facts.NoTarget = r.target(ctx, x); facts.NoTarget == nil {
		user := facts.Target.IAMUserName
		var reads sync.WaitGroup
		reads.Go(func() { facts.Record, facts.NoRecord = r.Journal.Load(ctx, user) })
		reads.Go(func() { facts.History, facts.NoHistory = r.Journal.History(ctx, user) })
		reads.Go(func() { facts.Keys, facts.NoKeys = r.Keys.List(ctx, user) })
		reads.Wait()
	}
	facts.Now = r.Clock.Now().UTC()
	return facts
}

// target reads the target; where that cannot be, the document may carry it.
func (r Reader) target(ctx context.Context, x Execution) (target.Target, error) {
	if x.Target == "" {
		return r.owned(ctx, x)
	}
	target, err := r.Targets.Target(ctx, x.Target)
	if its := x.doc().Settings; err != nil && its.Name == x.Target && its.IAMUserName != "" {
		return its, nil
	}
	return target, err
}

// owned is the target whose rotation the execution has or had by the journal. That
// is asked where its input names none: it may be of an earlier version, which read
// inputs otherwise.
func (r Reader) owned(ctx context.Context, x Execution) (target.Target, error) {
	found, err := r.first(ctx, func(t target.Target) (bool, error) { return r.has(ctx, t, x.ARN) })
	if err == nil && found.Name == "" {
		err = fault.Errorf(fault.InvalidInput, "The execution works on no target: its input "+
			"names none, and by the journal no rotation is its own")
	}
	return found, err
}

// first is the first target that is the right one. Without a name and an error: none is.
func (r Reader) first(ctx context.Context, isRight func(target.Target) (bool, error)) (target.Target, error) {
	names, err := r.Names(ctx)
	if err != nil {
		return target.Target{}, err
	}
	for _, name := range names {
		found, err := r.Targets.Target(ctx, name)
		right := false
		if err == nil {
			right, err = isRight(found)
		}
		if err != nil {
			return target.Target{}, err
		}
		if right {
			return found, nil
		}
	}
	return target.Target{}, nil
}

// has tells whether a rotation of the target is the execution's, or was.
func (r Reader) has(ctx context.Context, target target.Target, arn string) (bool, error) {
	record, err := r.Journal.Load(ctx, target.IAMUserName)
	if err != nil || record != nil && record.Owner == arn {
		return err == nil, err
	}
	history, err := r.Journal.History(ctx, target.IAMUserName)
	return slices.ContainsFunc(history, func(item rotation.HistoryItem) bool { return item.Record.Owner == arn }), err
}

// why says why something is not known.
func why(err error) string { return quotable(fault.AsError(err).What.String()) }
