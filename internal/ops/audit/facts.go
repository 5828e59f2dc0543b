package audit

import (
	"context"
	"maps"
	"slices"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// Facts are what is in place, as far as it could be read.
type Facts struct {
	Now    time.Time
	Target target.Target // without a name when it could not be read
	Keys   []rotation.AccessKey
	// Quarantine are the policies that AWS has attached to the user.
	Quarantine []string
	Uses       map[rotation.KeyID]rotation.Use // the last ones that IAM knows of
	Locations  []rotation.Location
	Clusters   []rotation.Cluster         // all of the organization
	Record     *rotation.Record           // the open record, or nil
	Owner      rotation.ExecutionState    // of the record's execution
	History    []rotation.HistoryItem     // the newest first
	Schedule   *rotation.DeployedSchedule // nil: there is none
	Readings   rotation.Readings          // of the organization's services, with lookInVariables
	// Moved: the journal's record changed while the rest was read.
	Moved bool
	// Unread says why something could not be read.
	Unread map[Source]error

	// What only the audit itself asks: the target's executions of the last two weeks, the
	// latest first, and how the record's ended.
	Runs        []*notice.Execution
	OwnerRun    *statemachine.Execution // nil: none, or it is forgotten
	EndedInFail bool
	Done        Deed // what it has done then
}

// Source is something that an audit reads.
type Source string

// The sources.
const (
	fromTarget   Source = "target"
	FromJournal  Source = "journal"
	FromOwner    Source = "execution"
	fromKeys     Source = "keys"
	fromUses     Source = "uses"
	FromQovery   Source = "Qovery"
	FromSchedule Source = "schedule"
	// FromNeeds is what the next rotation reads beside all that: Preflight would
	// refuse it.
	FromNeeds Source = "needs"
	fromRuns  Source = "runs"
	// fromServices are what is remembered of the services, and what is read of them.
	fromServices Source = "services"
)

// needs says which sources another one is found through. It is not asked when
// one of them could not be read.
var needs = map[Source][]Source{
	FromJournal: {fromTarget}, fromKeys: {fromTarget}, FromQovery: {fromTarget}, FromSchedule: {fromTarget},
	fromServices: {fromTarget}, FromOwner: {FromJournal}, fromUses: {fromKeys}, FromNeeds: {fromUses, FromQovery},
}

// read tells whether all of the sources could be read.
func (f *Facts) read(sources ...Source) bool {
	return !slices.ContainsFunc(sources, func(s Source) bool {
		return f.Unread[s] != nil || !f.read(needs[s]...)
	})
}

// asked tells whether a source was asked at all.
func (f *Facts) asked(source Source) bool { return f.read(needs[source]...) }

// Reader finds out what is in place.
type Reader struct {
	Clock      rotation.Clock
	Targets    rotation.Targets
	Journal    notice.Journal
	Executions rotation.Executions
	Keys       rotation.KeyReader
	rotation.Needs
	Qovery    rotation.Qovery
	Schedules rotation.Schedules
	Memory    Memory
}

const (
	// longestLook is for how long a target may be looked at: the DNS providers of
	// 250 clusters are one request each.
	longestLook = 4 * time.Minute
	// secondLook is when to look again at what could not be read.
	secondLook = 30 * time.Second
)

// LookTwice looks, and looks again where something could not be read that may
// be read a moment later. People need not hear of a moment.
func (r Reader) LookTwice(ctx context.Context, name string) Facts {
	facts := r.Look(ctx, name)
	passing := slices.ContainsFunc(slices.Collect(maps.Values(facts.Unread)), func(err error) bool {
		return fault.AsError(err).Class == fault.Transient
	})
	if passing && r.Clock.Sleep(ctx, secondLook) == nil {
		return r.Look(ctx, name)
	}
	return facts
}

// Look reads what it can about a target. It never fails: what could not be read
// is part of the facts.
func (r Reader) Look(ctx context.Context, name string) Facts {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	f := Facts{Unread: map[Source]error{}, Uses: map[rotation.KeyID]rotation.Use{}}
	note := func(source Source, err error) {
		if err != nil {
			f.Unread[source] = err
		}
	}
	target, err := r.Targets.Target(ctx, name)
	if note(fromTarget, err); err == nil {
		f.Target = target
		note(FromJournal, r.readJournal(ctx, &f))
		note(fromKeys, r.readKeys(ctx, &f, note))
		note(FromQovery, r.readQovery(ctx, &f))
		if f.asked(FromNeeds) {
			note(FromNeeds, r.prove(ctx, &f))
		}
		f.Schedule, err = r.Schedules.Schedule(ctx, name)
		note(FromSchedule, err)
		if target.LookInVariables {
			note(fromServices, r.Memory.Recall(ctx, rotation.ReadingsOf(name), &f.Readings))
		}
		note(FromJournal, r.compareJournal(ctx, &f))
		if f.Record != nil {
			f.Owner, err = r.Executions.State(ctx, f.Record.Owner)
			note(FromOwner, err)
		}
	}
	f.Now = r.Clock.Now().UTC()
	return f
}

func (r Reader) readJournal(ctx context.Context, f *Facts) (err error) {
	if f.Record, err = r.Journal.Load(ctx, f.Target.IAMUserName); err != nil {
		return err
	}
	if f.History, err = r.Journal.History(ctx, f.Target.IAMUserName); err != nil {
		return err
	}
	f.Target, err = rotation.WithFreeze(ctx, r.Memory, f.Target)
	return err
}

// compareJournal reads the record again: the same revision says that no step
// has changed anything in between.
func (r Reader) compareJournal(ctx context.Context, f *Facts) error {
	if f.Unread[FromJournal] != nil {
		return nil
	}
	now, err := r.Journal.Load(ctx, f.Target.IAMUserName)
	f.Moved = (now == nil) != (f.Record == nil) || now != nil &&
		(now.RotationID != f.Record.RotationID || now.Revision != f.Record.Revision)
	return err
}

func (r Reader) readKeys(ctx context.Context, f *Facts, note func(Source, error)) (err error) {
	if f.Keys, err = r.Keys.List(ctx, f.Target.IAMUserName); err != nil {
		return err
	}
	if f.Quarantine, err = r.Keys.Quarantine(ctx, f.Target.IAMUserName); err != nil {
		return err
	}
	for _, key := range f.Keys {
		use, err := r.Usage.LastUse(ctx, f.Target.IAMUserName, key.ID)
		if note(fromUses, err); err == nil {
			f.Uses[key.ID] = use
		}
	}
	return nil
}

func (r Reader) readQovery(ctx context.Context, f *Facts) error {
	organization, err := r.Qovery.Open(ctx, f.Target)
	if err != nil {
		return err
	}
	if f.Locations, err = organization.Locations(ctx); err != nil {
		return err
	}
	f.Clusters, err = rotation.ClustersOf(ctx, organization, f.Target)
	return err
}

// prove proves what the rotation of each of the user's keys needs that Qovery
// holds, as Preflight will.
func (r Reader) prove(ctx context.Context, f *Facts) error {
	for _, key := range f.Keys {
		held := f.Holders(key.ID)
		if len(held) == 0 {
			continue
		}
		if _, err := r.Prove(ctx, f.Target.IAMUserName, key.ID, f.Clusters, held, r.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}
