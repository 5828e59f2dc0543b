package rotationtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Journal holds a journal against its contract. open may return the same table
// each time. Times are kept to the nanosecond: a record that was loaded is the
// record that was saved.
func Journal(t *testing.T, host Host, open func(t *testing.T) rotation.Journal) {
	t.Run("load", func(t *testing.T) { journalLoad(t, open(t)) })
	t.Run("save", func(t *testing.T) { journalSave(t, open(t)) })
	t.Run("save shares no memory", func(t *testing.T) { journalMemory(t, open(t)) })
	t.Run("the journal's time", func(t *testing.T) { journalTime(t, host, open(t)) })
	t.Run("close", func(t *testing.T) { journalClose(t, open(t)) })
	t.Run("ended", func(t *testing.T) { journalEnded(t, open(t)) })
	t.Run("history", func(t *testing.T) { journalHistory(t, open(t)) })
	t.Run("one of many savers wins", func(t *testing.T) { journalSavers(t, host, open(t)) })
	t.Run("a save or a close wins", func(t *testing.T) { journalSaveOrClose(t, host, open(t)) })
}

func journalLoad(t *testing.T, journal rotation.Journal) {
	for name, record := range map[string]rotation.Record{"full": fullRecord(1), "bare": bareRecord(1)} {
		t.Run(name, func(t *testing.T) {
			if found, err := journal.Load(t.Context(), record.IAMUser); found != nil || err != nil {
				t.Fatalf("before the first save: %v, %v", found, err)
			}
			noError(t, journal.Save(t.Context(), record))
			wantStored(t, journal, record)
			if found, err := journal.Load(t.Context(), unique("somebody-else")); found != nil || err != nil {
				t.Errorf("of another user: %v, %v", found, err)
			}
		})
	}
}

// journalSave tries every revision upon every stored one; 0 stands for none.
func journalSave(t *testing.T, journal rotation.Journal) {
	for stored := range 4 {
		for revision := range 6 {
			t.Run(fmt.Sprintf("%d upon %d", revision, stored), func(t *testing.T) {
				before := saved(t, journal, stored)
				after := fullRecord(revision)
				after.IAMUser, after.RotationID, after.Owner = before.IAMUser, before.RotationID, "arn:another"
				err := journal.Save(t.Context(), after)
				if revision == stored+1 {
					noError(t, err)
					wantStored(t, journal, after)
					return
				}
				wantConflict(t, err)
				if stored > 0 {
					wantStored(t, journal, before)
				} else if found, err := journal.Load(t.Context(), before.IAMUser); found != nil || err != nil {
					t.Errorf("stored all the same: %v, %v", found, err)
				}
			})
		}
	}
}

func journalMemory(t *testing.T, journal rotation.Journal) {
	record := fullRecord(1)
	noError(t, journal.Save(t.Context(), record))
	want := record.Clone()
	record.KnownKeys[0], record.Attempts[0] = "changed", time.Time{}
	delete(record.Marks, rotation.Create)
	wantStored(t, journal, want)

	loaded, err := journal.Load(t.Context(), want.IAMUser)
	noError(t, err)
	loaded.Locations[0].ID = "changed"
	loaded.Marks[rotation.Delete] = rotation.Mark{Begun: time.Unix(1, 0)}
	wantStored(t, journal, want)
}

// journalTime: a record comes with the journal's time, which is not stored.
func journalTime(t *testing.T, host Host, journal rotation.Journal) {
	record := saved(t, journal, 1)
	for revision := 2; revision <= 3; revision++ {
		before := host.Clock.Now().Truncate(time.Second)
		loaded, err := journal.Load(t.Context(), record.IAMUser)
		noError(t, err)
		if after := host.Clock.Now(); loaded.ReadAt.Before(before) || loaded.ReadAt.After(after) {
			t.Errorf("read at %s, and it was %s to %s", loaded.ReadAt, before, after)
		}
		loaded.Revision, loaded.ReadAt = revision, loaded.ReadAt.Add(-time.Hour)
		noError(t, journal.Save(t.Context(), *loaded))
	}
}

func journalClose(t *testing.T, journal rotation.Journal) {
	for stored := range 4 {
		for revision := range 5 {
			t.Run(fmt.Sprintf("%d upon %d", revision, stored), func(t *testing.T) {
				record := saved(t, journal, stored)
				item := itemOf(record)
				item.Record.Revision = revision
				err := journal.Close(t.Context(), item)
				if stored > 0 && revision == stored {
					noError(t, err)
					wantClosed(t, journal, item)
					return
				}
				wantConflict(t, err)
				wantEnded(t, journal, item, false)
				if stored > 0 {
					wantStored(t, journal, record)
				}
			})
		}
	}
}

// wantClosed also closes once more, and opens the next record.
func wantClosed(t *testing.T, journal rotation.Journal, item rotation.HistoryItem) {
	t.Helper()
	user := item.Record.IAMUser
	if found, err := journal.Load(t.Context(), user); found != nil || err != nil {
		t.Errorf("the record is still open: %v, %v", found, err)
	}
	wantEnded(t, journal, item, true)
	wantConflict(t, journal.Close(t.Context(), item))
	next := fullRecord(item.Record.Revision + 1)
	next.IAMUser = user
	wantConflict(t, journal.Save(t.Context(), next))
	next.Revision = 1
	noError(t, journal.Save(t.Context(), next))
	wantStored(t, journal, next)
	wantEnded(t, journal, item, true)
	wantLate(t, journal, item, next)
}

// wantLate: a write of a rotation that is over, which takes effect late, finds the next
// one at the revision that it requires, and changes nothing.
func wantLate(t *testing.T, journal rotation.Journal, over rotation.HistoryItem, open rotation.Record) {
	t.Helper()
	over.Record.Revision = open.Revision
	wantConflict(t, journal.Close(t.Context(), over))
	wantStored(t, journal, open)
	over.Record.Revision++
	wantConflict(t, journal.Save(t.Context(), over.Record))
	wantStored(t, journal, open)
}

func journalEnded(t *testing.T, journal rotation.Journal) {
	record := saved(t, journal, 2)
	item := itemOf(record)
	noError(t, journal.Close(t.Context(), item))
	wantEnded(t, journal, item, true)
	others := map[string]func(*rotation.Record){
		"another user":     func(r *rotation.Record) { r.IAMUser = unique("somebody-else") },
		"another id":       func(r *rotation.Record) { r.RotationID = unique("rotation") },
		"a little earlier": func(r *rotation.Record) { r.TakenAt = r.TakenAt.Add(-time.Millisecond) },
		"a little later":   func(r *rotation.Record) { r.TakenAt = r.TakenAt.Add(time.Nanosecond) },
	}
	for name, change := range others {
		t.Run(name, func(t *testing.T) {
			other := item
			change(&other.Record)
			wantEnded(t, journal, other, false)
		})
	}
	t.Run("in another zone", func(t *testing.T) {
		elsewhere := record.TakenAt.In(time.FixedZone("elsewhere", 3600))
		found, err := journal.Ended(t.Context(), record.IAMUser, elsewhere, record.RotationID)
		if found == nil || err != nil {
			t.Errorf("not found: %v, %v", found, err)
		}
	})
}

// historian is what people read. It is no port of the steps.
type historian interface {
	History(ctx context.Context, iamUser string) ([]rotation.HistoryItem, error)
}

func journalHistory(t *testing.T, journal rotation.Journal) {
	historian, ok := journal.(historian)
	if !ok {
		t.Fatal("the journal tells no history")
	}
	user := unique("user")
	if items, err := historian.History(t.Context(), user); len(items) != 0 || err != nil {
		t.Fatalf("of nobody: %v, %v", items, err)
	}
	began := someTime.Truncate(time.Second)
	// Fractions of a second of different lengths: text must sort as time does.
	for _, after := range []time.Duration{0, time.Nanosecond, time.Millisecond, time.Second, time.Hour} {
		record := fullRecord(1)
		record.IAMUser, record.TakenAt = user, began.Add(after)
		noError(t, journal.Save(t.Context(), record))
		noError(t, journal.Close(t.Context(), itemOf(record)))
	}
	items, err := historian.History(t.Context(), user)
	noError(t, err)
	if len(items) != 5 {
		t.Fatalf("%d rotations, want 5", len(items))
	}
	for i := range items[1:] {
		if !items[i].Record.TakenAt.After(items[i+1].Record.TakenAt) {
			t.Errorf("%s comes before %s", items[i].Record.TakenAt, items[i+1].Record.TakenAt)
		}
	}
}

func journalSavers(t *testing.T, host Host, journal rotation.Journal) {
	before := saved(t, journal, 1)
	errs := make([]error, 8)
	var savers []func()
	for i := range errs {
		record := before.Clone()
		record.Revision, record.Owner = 2, fmt.Sprint(i)
		savers = append(savers, func() { errs[i] = journal.Save(t.Context(), record) })
	}
	host.Together(savers...)
	stored, err := journal.Load(t.Context(), before.IAMUser)
	noError(t, err)
	wins := 0
	for i, err := range errs {
		if err != nil {
			wantConflict(t, err)
			continue
		}
		wins++
		if stored.Owner != fmt.Sprint(i) {
			t.Errorf("saver %d won, but %s is stored", i, stored.Owner)
		}
	}
	if wins != 1 {
		t.Errorf("%d savers won", wins)
	}
}

func journalSaveOrClose(t *testing.T, host Host, journal rotation.Journal) {
	record := saved(t, journal, 1)
	item, next := itemOf(record), record.Clone()
	next.Revision = 2
	var saving, closing error
	host.Together(
		func() { saving = journal.Save(t.Context(), next) },
		func() { closing = journal.Close(t.Context(), item) },
	)
	switch {
	case saving == nil:
		wantConflict(t, closing)
		wantStored(t, journal, next)
	case closing == nil:
		wantConflict(t, saving)
		wantEnded(t, journal, item, true)
	default:
		t.Errorf("nobody won: %v, %v", saving, closing)
	}
}

// saved stores a record of a new user, up to a revision.
func saved(t *testing.T, journal rotation.Journal, revision int) rotation.Record {
	t.Helper()
	record := fullRecord(0)
	for record.Revision < revision {
		record.Revision++
		noError(t, journal.Save(t.Context(), record))
	}
	return record
}

func wantStored(t *testing.T, journal rotation.Journal, want rotation.Record) {
	t.Helper()
	stored, err := journal.Load(t.Context(), want.IAMUser)
	noError(t, err)
	if stored == nil {
		t.Fatal("no record is stored")
	}
	if stored.Marks == nil {
		t.Error("the loaded record has no marks to write to")
	}
	if diff := difference(stored.Clone(), want.Clone()); diff != "" {
		t.Errorf("the stored record:\n%s", diff)
	}
}

func wantEnded(t *testing.T, journal rotation.Journal, item rotation.HistoryItem, want bool) {
	t.Helper()
	found, err := journal.Ended(t.Context(), item.Record.IAMUser, item.Record.TakenAt, item.Record.RotationID)
	noError(t, err)
	switch {
	case (found != nil) != want:
		t.Errorf("an end is known: %v, want %v", found != nil, want)
	case want:
		if diff := difference(found, item); diff != "" {
			t.Errorf("the history item:\n%s", diff)
		}
	}
}

func wantConflict(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, rotation.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
}
