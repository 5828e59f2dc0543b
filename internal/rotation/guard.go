package rotation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Guard is the one way to an effect. A step that changes anything
//
//  1. claims the record: the execution must own it, no other invocation may be
//     at work, and one conditional write sets this invocation's lease;
//  2. checks the rules again, against live state and not against its input;
//  3. writes that the effect is begun;
//  4. causes the effect;
//  5. writes that it is done, and clears the lease on return.
type Guard struct {
	Clock   Clock
	Journal Journal
	Log     *slog.Logger

	ahead time.Duration // how far AWS's time is ahead of the clock's (clock.go)
}

// claim is a record under the lease of this invocation. Its Record is always
// what was last written or read.
type claim struct {
	Record
	guard  Guard
	call   Call
	closed bool
}

// hold claims the record, does the work, notes the record's marks in the document
// and clears the lease. Errors leave with a sentence on what is in place now.
func (g Guard) hold(ctx context.Context, call Call, doc *Document, work func(*claim) error) error {
	c, err := g.claim(ctx, call)
	if err != nil {
		return err
	}
	defer c.release(ctx) // also when the work panics: the function lives on
	err = work(c)
	doc.Marks = maps.Clone(c.Marks)
	return c.Record.explain(err)
}

// own returns the record for a step that reads and changes nothing, and the guard
// with its clock set.
func (g Guard) own(ctx context.Context, call Call) (Record, Guard, error) {
	record, g, err := g.load(ctx, call.Document.Settings.IAMUserName, call.EnteredTime)
	if err != nil {
		return Record{}, g, err
	}
	if record == nil {
		return Record{}, g, fault.Errorf(fault.LockLost, "The journal has no open rotation of %s", call.Document.Target)
	}
	if record.Owner != call.Execution.ARN || record.Fence != call.Document.Fence ||
		record.RotationID != call.Document.RotationID {
		return Record{}, g,
			fault.Errorf(fault.LockLost, "The rotation of %s belongs to another execution now: %s", call.Document.Target,
				record.Owner)
	}
	return *record, g, nil
}

func (g Guard) claim(ctx context.Context, call Call) (*claim, error) {
	record, g, err := g.own(ctx, call)
	if err != nil {
		return nil, err
	}
	call.Deadline = call.Deadline.Add(g.ahead).UTC() // Lambda counts by this machine's clock
	if record.Lease.runs(g.now()) && record.Lease.Holder != call.InvocationID {
		return nil,
			fault.Errorf(fault.StepBusy, "Another invocation may be at work on this rotation until %s",
				words.Time(record.Lease.Until, time.TimeOnly))
	}
	c := &claim{Record: record, guard: g, call: call}
	err = c.save(ctx, func(r *Record) { r.Lease = Lease{call.InvocationID, call.Deadline} })
	switch {
	case errors.Is(err, ErrConflict):
		// Somebody wrote between our read and our write: who owns the record
		// now is found out by the retry.
		return nil, fault.Errorf(fault.StepBusy, "Another invocation has just claimed this rotation")
	case err != nil:
		c.release(ctx) // the claim may have been written although its answer was lost
		return nil, err
	}
	return c, nil
}

// release clears the lease, if it is this invocation's. It never fails: a lease
// that stays is over at the function's deadline, and steps wait for that.
func (c *claim) release(ctx context.Context) {
	if c.closed {
		return
	}
	ctx = context.WithoutCancel(ctx) // also when the step ran out of time
	clearLease := func(r *Record) { r.Lease = Lease{} }
	if c.Lease.Holder == c.call.InvocationID && c.save(ctx, clearLease) == nil {
		return
	}
	stored, err := c.guard.Journal.Load(ctx, c.IAMUser)
	if err != nil || stored == nil || stored.Lease.Holder != c.call.InvocationID {
		return
	}
	c.Record = *stored
	if err := c.save(ctx, clearLease); err != nil {
		c.guard.Log.WarnContext(ctx, "lease not cleared", "until", stored.Lease.Until, "error", err)
	}
}

// save writes the record with a change. A failed condition is ErrConflict,
// unless what is stored is just what was to be written: then an earlier try of
// the same write arrived and its answer did not.
func (c *claim) save(ctx context.Context, change func(*Record)) error {
	next := c.Record.Clone()
	change(&next)
	if err := c.guard.write(ctx, &next); err != nil {
		return err
	}
	c.Record = next
	return nil
}

// write stores the next revision of a record.
func (g Guard) write(ctx context.Context, next *Record) error {
	next.Revision++
	next.TouchedAt = g.now()
	err := g.Journal.Save(ctx, *next)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	stored, loadErr := g.Journal.Load(ctx, next.IAMUser)
	if loadErr != nil {
		return loadErr
	}
	if stored != nil && sameRecord(*stored, *next) {
		return nil
	}
	return err
}

func sameRecord(a, b Record) bool {
	left, leftErr := json.Marshal(a)
	right, rightErr := json.Marshal(b)
	return leftErr == nil && rightErr == nil && bytes.Equal(left, right)
}

// effect marks an effect on a key as begun, causes it, and marks it as done, with
// what the old key was seen to be before it, and whether the request did it or
// found it done. An effect that was begun and not done is caused again: all are
// safe to repeat.
func (c *claim) effect(ctx context.Context, e Effect, saw KeyStatus, cause func() (How, error)) error {
	found := c.Marks[e].foundSo()
	if err := c.begin(ctx, e, saw); err != nil {
		return err
	}
	how, err := cause()
	if err != nil {
		return err
	}
	if how == Found {
		how = found
	}
	return c.finish(ctx, e, observed{how: how})
}

// begin writes that an effect is begun, before the first request that could have
// it, and again before each further one: how late one may land is counted from
// the last.
func (c *claim) begin(ctx context.Context, e Effect, saw KeyStatus) error {
	if err := c.mark(ctx, func(r *Record) { r.Marks[e] = r.Marks[e].again(c.now(), saw) }); err != nil {
		return err
	}
	return c.inTime()
}

// withdraw puts an effect's mark back to what it was before the effect was begun,
// where it is certain that no request had it, or can yet have it.
func (c *claim) withdraw(ctx context.Context, e Effect, before Mark) error {
	return c.mark(ctx, func(r *Record) {
		if r.Marks[e] = before; before == (Mark{}) {
			delete(r.Marks, e)
		}
	})
}

// finish writes that an effect is done, how, and which ones it has undone.
func (c *claim) finish(ctx context.Context, e Effect, o observed, undone ...Effect) error {
	c.guard.Log.InfoContext(ctx, "effect", "effect", string(e), "how", string(o.how),
		"rotation", c.RotationID, "oldKey", c.OldKey.String(), "newKey", c.NewKey.String())
	return c.mark(ctx, func(r *Record) {
		mark := r.Marks[e]
		if mark.Begun.IsZero() {
			mark.Begun = c.now()
		}
		mark.Done, mark.How = c.now(), o.how
		if o.saw != "" {
			mark.Saw = o.saw
		}
		r.Marks[e] = mark
		for _, other := range undone {
			delete(r.Marks, other)
		}
	})
}

// mark is save for the holder of the lease, who is never overtaken: a conflict
// means that the lease was lost.
func (c *claim) mark(ctx context.Context, change func(*Record)) error {
	err := c.save(ctx, change)
	if errors.Is(err, ErrConflict) {
		return fault.Errorf(fault.LockLost, "The journal's record of %s was changed by somebody else", c.Target)
	}
	return err
}

// inTime refuses to start an effect that this invocation may not see the end of.
func (c *claim) inTime() error {
	if c.now().Before(c.call.Deadline) {
		return nil
	}
	return fault.Errorf(fault.StepBusy, "This invocation ran out of time; the next one carries on")
}

// close ends the rotation: the record becomes a history item.
func (c *claim) close(ctx context.Context, outcome Outcome, summary *Summary) error {
	item := HistoryItem{Record: c.Record, Outcome: outcome, EndedAt: c.now(), Summary: summary}
	err := c.guard.closeRecord(ctx, item)
	if errors.Is(err, ErrConflict) {
		return fault.Errorf(fault.LockLost, "The journal's record of %s was changed by somebody else", c.Target)
	}
	c.closed = err == nil
	return err
}

// closeRecord closes a record. ErrConflict means that it is neither the open one
// nor closed already.
func (g Guard) closeRecord(ctx context.Context, item HistoryItem) error {
	err := g.Journal.Close(ctx, item)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	ended, endedErr := g.Journal.Ended(ctx, item.Record.IAMUser, item.Record.TakenAt, item.Record.RotationID)
	if endedErr != nil {
		return endedErr
	}
	if ended == nil {
		return err
	}
	return nil
}

// ended returns how the document's rotation ended, if its record is closed
// already: a step that closes may be run again after it did.
func (g Guard) ended(ctx context.Context, call Call) (*HistoryItem, error) {
	doc := call.Document
	return g.Journal.Ended(ctx, doc.Settings.IAMUserName, doc.TakenAt, doc.RotationID)
}

func (c *claim) now() time.Time { return c.guard.now() }

// explain completes an error with what the journal knows to be in place.
func (r Record) explain(err error) error {
	if err == nil {
		return nil
	}
	coded := *fault.AsError(err)
	if coded.InPlace == "" {
		coded.InPlace = r.inPlace()
	}
	if coded.Class == fault.Unchanged && r.begun(Update) {
		coded.Class = fault.Paused // from then on nothing ends as if it had not been
	}
	return &coded
}

// inPlace says which keys there are, as far as the journal knows.
func (r *Record) inPlace() string { return "According to the journal, " + r.keysInPlace() }

func (r *Record) keysInPlace() string {
	oldKey, newKey := r.OldKey.String(), r.NewKey.String()
	switch {
	case !r.oldKeyGoneBy().IsZero():
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is gone"
	case r.done(Delete):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is deleted"
	case r.begun(Delete):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Inactive or deleted"
	case r.done(Deactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Inactive"
	case r.begun(Deactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Active or Inactive"
	case r.done(Update) && r.done(Reactivate):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is Active again"
	case r.done(Update):
		return "Qovery holds the new key " + newKey + "; the old key " + oldKey + " is still Active"
	case r.begun(Update):
		return "some locations in Qovery may hold the new key " + newKey + " already; the old key " + oldKey +
			" is still Active"
	case r.NewKey != "":
		return "Qovery holds the old key " + oldKey + ", still Active; the new key " + newKey + " is held nowhere"
	case len(r.Attempts) > 0:
		return "Qovery holds the old key " + oldKey + ", still Active; a new key may have been created"
	default:
		return "Qovery holds the old key " + oldKey + "; there is no new key"
	}
}
