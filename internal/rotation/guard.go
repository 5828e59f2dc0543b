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
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Guard is the one way to an effect. It alone holds what can write, and hands it
// out to a claim (claim.go), for the claim's lifetime. A step that changes anything
//
//  1. claims the record: the execution must own it, no other invocation may be
//     at work, and one conditional write sets this invocation's lease;
//  2. checks the rules again, against live state and not against its input;
//  3. writes that the effect is begun, and is given what can cause it;
//  4. causes the effect;
//  5. writes that it is done, and clears the lease on return.
type Guard struct {
	Clock Clock
	Log   *slog.Logger

	journal Journal
	writers Writers
	ahead   time.Duration // how far AWS's time is ahead of the clock's (clock.go)
}

// Writers are what a function can change beside the journal. It has those that its
// step needs.
type Writers struct {
	Keys    KeyWriter
	Staging StagingWriter
	Qovery  Qovery
}

// NewGuard makes the guard of a step.
func NewGuard(clock Clock, log *slog.Logger, journal Journal, writers Writers) Guard {
	return Guard{Clock: clock, Log: log, journal: journal, writers: writers}
}

// hold claims the record, does the work, notes the record's marks in the document
// and clears the lease. Errors leave with a sentence on what is in place now.
func (g Guard) hold(ctx context.Context, call Call, doc *Document, work func(*claim) error) error {
	c, err := g.claim(ctx, call)
	if err != nil {
		return err
	}
	err = c.run(ctx, work)
	doc.Marks, doc.Leaked = maps.Clone(c.Marks), c.Leaked.shown()
	return c.Record.explain(err)
}

// readings are what the audits remember of the services of a target's organization.
func (g Guard) readings(ctx context.Context, target string) (known Readings, err error) {
	return known, g.journal.Recall(ctx, ReadingsOf(target), &known)
}

// frozen is why nothing of a target may begin now, or nil. An illegible freeze may have
// been meant to say so.
func (g Guard) frozen(ctx context.Context, t target.Target, now time.Time, nothing string) (*fault.Error, error) {
	t, err := WithFreeze(ctx, g.journal, t)
	if fault.HasCode(err, fault.MalformedAnswer) {
		return fault.AsError(err), nil
	}
	if freeze := t.FrozenAt(now); err == nil && freeze != nil {
		return fault.Errorf(fault.Frozen, "%s %s", nothing, freeze), nil
	}
	return nil, err
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

// claim claims the record that the call's execution owns.
func (g Guard) claim(ctx context.Context, call Call) (*claim, error) {
	record, g, err := g.own(ctx, call)
	if err != nil {
		return nil, err
	}
	if record.Lease.runs(g.now()) && record.Lease.Holder != call.InvocationID {
		return nil,
			fault.Errorf(fault.StepBusy, "Another invocation may be at work on this rotation until %s",
				words.Time(record.Lease.Until, time.TimeOnly))
	}
	c, err := g.lease(ctx, record, call)
	if errors.Is(err, ErrConflict) {
		// Somebody wrote between our read and our write: who owns the record
		// now is found out by the retry.
		return nil, fault.Errorf(fault.StepBusy, "Another invocation has just claimed this rotation")
	}
	return c, err
}

// lease claims a record as it was read, on which nobody is at work. ErrConflict
// means that somebody is, since then.
func (g Guard) lease(ctx context.Context, record Record, call Call) (*claim, error) {
	call.Deadline = call.Deadline.Add(g.ahead).UTC() // Lambda counts by this machine's clock
	c := &claim{Record: record, guard: g, call: call}
	err := c.save(ctx, func(r *Record) { r.Lease = Lease{call.InvocationID, call.Deadline} })
	switch {
	case errors.Is(err, ErrConflict):
		return nil, err
	case err != nil:
		c.release(ctx) // the claim may have been written although its answer was lost
		return nil, err
	}
	return c, nil
}

// closeOver claims a record on which nobody is at work, as it was read, and closes
// it. Its secrets go first, now that nobody who has read the record before can write
// it any more. ErrConflict means that somebody is at work on it since then.
func (g Guard) closeOver(ctx context.Context, record Record, call Call, outcome Outcome) error {
	c, err := g.lease(ctx, record, call)
	if err != nil {
		return err
	}
	err = c.run(ctx, func(c *claim) error {
		if err := c.sweepSecrets(ctx); err != nil {
			return err
		}
		return c.close(ctx, outcome, nil)
	})
	if fault.HasCode(err, fault.LockLost) {
		return ErrConflict
	}
	return err
}

// store writes the next revision of a record: it opens, takes over or changes it. A failed
// condition is ErrConflict, unless what is stored is just what was to be written:
// then an earlier try of the same write arrived and its answer did not.
func (g Guard) store(ctx context.Context, next *Record) error {
	next.Revision++
	next.TouchedAt = g.now()
	err := g.journal.Save(ctx, *next)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	stored, loadErr := g.journal.Load(ctx, next.IAMUser)
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

// ended returns how the document's rotation ended, if its record is closed
// already: a step that closes may be run again after it did.
func (g Guard) ended(ctx context.Context, call Call) (*HistoryItem, error) {
	doc := call.Document
	return g.journal.Ended(ctx, doc.Settings.IAMUserName, doc.TakenAt, doc.RotationID)
}
