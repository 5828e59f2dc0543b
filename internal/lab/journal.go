package lab

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// itemLimit is how large an item may be in DynamoDB.
const itemLimit = 400 << 10

// Journal is the table, in memory. It keeps clones: nobody shares memory with it.
type Journal struct {
	wire      *Wire
	open      map[string]rotation.Record
	history   map[string][]rotation.HistoryItem // oldest first
	memory    map[string][]byte                 // of the audits, by name
	observers []func(JournalWrite)
}

var _ rotation.Journal = (*Journal)(nil)

// JournalWrite is one write that succeeded.
type JournalWrite struct {
	At     time.Time
	By     string // the name of a process, or "person"
	Record rotation.Record
	Closed *rotation.HistoryItem // of Close: the history item
	Stored []byte                // the item, encoded
}

// NewJournal opens an empty table.
func NewJournal(wire *Wire) *Journal {
	return &Journal{wire: wire, open: map[string]rotation.Record{}, history: map[string][]rotation.HistoryItem{},
		memory: map[string][]byte{}}
}

// Load returns the open record of the user, or nil.
func (j *Journal) Load(ctx context.Context, iamUser string) (*rotation.Record, error) {
	return fetch(ctx, j.wire, Call{Site: "journal.Load", Consistent: true}, func(time.Time) (*rotation.Record, error) {
		record := j.Current(iamUser)
		if record != nil {
			record.ReadAt = j.wire.timeline.Now().Truncate(time.Second) // as the Date of an answer
		}
		return record, nil
	})
}

// Save stores the record if the stored one is the same rotation's, at the revision before it.
func (j *Journal) Save(ctx context.Context, record rotation.Record) error {
	record = record.Clone() // now: a write that lands late must not see later changes
	return j.wire.do(ctx, Call{Site: "journal.Save", Write: true}, func(time.Time) error {
		stored, err := encoded(record)
		if err != nil {
			return err
		}
		if open, ok := j.open[record.IAMUser]; open.Revision != record.Revision-1 ||
			ok && open.RotationID != record.RotationID {
			return rotation.ErrConflict
		}
		j.open[record.IAMUser] = record
		j.tell(record, nil, stored)
		return nil
	})
}

// Close moves the open record into the history.
func (j *Journal) Close(ctx context.Context, item rotation.HistoryItem) error {
	item = cloneItem(item)
	return j.wire.do(ctx, Call{Site: "journal.Close", Write: true}, func(time.Time) error {
		stored, err := encoded(item)
		if err != nil {
			return err
		}
		user := item.Record.IAMUser
		open, ok := j.open[user]
		if !ok || open.Revision != item.Record.Revision || open.RotationID != item.Record.RotationID {
			return rotation.ErrConflict
		}
		delete(j.open, user)
		j.history[user] = append(j.history[user], cloneItem(item))
		j.tell(item.Record, &item, stored)
		return nil
	})
}

// Ended returns how a rotation ended, or nil.
func (j *Journal) Ended(ctx context.Context, iamUser string, takenAt time.Time,
	rotationID string) (*rotation.HistoryItem, error) {
	return fetch(ctx, j.wire, Call{Site: "journal.Ended", Consistent: true},
		func(time.Time) (*rotation.HistoryItem, error) {
			for _, item := range j.history[iamUser] {
				if item.Record.RotationID == rotationID && item.Record.TakenAt.Equal(takenAt) {
					found := cloneItem(item)
					return &found, nil
				}
			}
			return nil, nil
		})
}

// History returns how the user's rotations ended, those that began last first.
func (j *Journal) History(ctx context.Context, iamUser string) ([]rotation.HistoryItem, error) {
	return fetch(ctx, j.wire, Call{Site: "journal.History", Consistent: true},
		func(time.Time) ([]rotation.HistoryItem, error) { return j.Past(iamUser), nil })
}

// Past is how the user's rotations ended, those that began last first.
func (j *Journal) Past(iamUser string) (items []rotation.HistoryItem) {
	for _, item := range j.history[iamUser] {
		items = append(items, cloneItem(item))
	}
	slices.SortStableFunc(items, func(a, b rotation.HistoryItem) int {
		return b.Record.TakenAt.Compare(a.Record.TakenAt)
	})
	return items
}

// Recall reads what is remembered under a name.
func (j *Journal) Recall(ctx context.Context, name string, into any) error {
	found, err := fetch(ctx, j.wire, Call{Site: "journal.Recall", Consistent: true},
		func(time.Time) ([]byte, error) { return j.memory[name], nil })
	if found == nil || err != nil {
		return err
	}
	return json.Unmarshal(found, into)
}

// Remember replaces it.
func (j *Journal) Remember(name string, document any) (err error) {
	j.memory[name], err = encoded(document)
	return err
}

// Current returns a copy of the open record of the user, or nil.
func (j *Journal) Current(iamUser string) *rotation.Record {
	record, ok := j.open[iamUser]
	if !ok {
		return nil
	}
	record = record.Clone()
	return &record
}

// OnWrite has f called after each write that succeeded.
func (j *Journal) OnWrite(f func(JournalWrite)) { j.observers = append(j.observers, f) }

func (j *Journal) tell(record rotation.Record, closed *rotation.HistoryItem, stored []byte) {
	for _, observe := range j.observers {
		observe(JournalWrite{At: j.wire.timeline.Now(), By: j.wire.Actor(), Record: record, Closed: closed, Stored: stored})
	}
}

// encoded is an item as it is stored. It refuses what DynamoDB would refuse.
func encoded(item any) ([]byte, error) {
	data, err := json.Marshal(item)
	if err != nil {
		return nil, fault.Errorf(fault.MalformedAnswer, "The journal cannot store the record: %v", err)
	}
	if len(data) >= itemLimit {
		return nil, fault.Errorf(fault.MalformedAnswer, "The journal cannot store a record of %d bytes", len(data))
	}
	return data, nil
}

func cloneItem(item rotation.HistoryItem) rotation.HistoryItem {
	item.Record = item.Record.Clone()
	if item.Summary != nil {
		summary := *item.Summary
		summary.ClustersSkipped = slices.Clone(summary.ClustersSkipped)
		summary.ClustersBroken = slices.Clone(summary.ClustersBroken)
		summary.RolledOut = slices.Clone(summary.RolledOut)
		item.Summary = &summary
	}
	return item
}
