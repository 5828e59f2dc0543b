package rotation

import (
	"context"
	"errors"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// claim is a record under the lease of this invocation. Its Record is always
// what was last written or read.
type claim struct {
	Record
	guard        Guard
	call         Call
	organization Organization // that was opened to be written to
	over         bool         // closed, or released: it hands out nothing more
}

// run does the work, and ends the claim.
func (c *claim) run(ctx context.Context, work func(*claim) error) error {
	defer c.release(ctx) // also when the work panics: the function lives on
	return work(c)
}

// open opens the organization that effects of this claim are to change, and returns
// it to be read.
func (c *claim) open(ctx context.Context, target target.Target) (OrganizationReader, error) {
	organization, err := c.guard.writers.Qovery.Open(ctx, target)
	c.organization = organization
	return ofRecord{readOnly{organization}, &c.Record}, err
}

// release clears the lease, if it is this invocation's. It never fails: a lease
// that stays is over at the function's deadline, and steps wait for that.
func (c *claim) release(ctx context.Context) {
	if c.over {
		return
	}
	c.over = true
	ctx = context.WithoutCancel(ctx) // also when the step ran out of time
	clearLease := func(r *Record) { r.Lease = Lease{} }
	if c.Lease.Holder == c.call.InvocationID && c.save(ctx, clearLease) == nil {
		return
	}
	stored, err := c.guard.journal.Load(ctx, c.IAMUser)
	if err != nil || stored == nil || stored.Lease.Holder != c.call.InvocationID {
		return
	}
	c.Record = *stored
	if err := c.save(ctx, clearLease); err != nil {
		c.guard.Log.WarnContext(ctx, "lease not cleared", "until", stored.Lease.Until, "error", err)
	}
}

// save writes the record with a change, as store does. That a key leaked may be written
// meanwhile: the claim stays, and obeys.
func (c *claim) save(ctx context.Context, change func(*Record)) error {
	err := c.write(ctx, change)
	if errors.Is(err, ErrConflict) && c.learnLeaked(ctx) {
		return c.write(ctx, change)
	}
	return err
}

func (c *claim) write(ctx context.Context, change func(*Record)) error {
	next := c.Record.Clone()
	change(&next)
	if err := c.guard.store(ctx, &next); err != nil {
		return err
	}
	c.Record = next
	return nil
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

// finish writes that an effect is done, how, and whatever else that means.
func (c *claim) finish(ctx context.Context, e Effect, o observed, also ...func(*Record)) error {
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
		for _, change := range also {
			change(r)
		}
	})
}

// mark is save for the holder of the lease, who is never overtaken: a conflict
// means that the lease was lost.
func (c *claim) mark(ctx context.Context, change func(*Record)) error {
	if c.over {
		return errOver
	}
	err := c.save(ctx, change)
	if errors.Is(err, ErrConflict) {
		return c.lost()
	}
	return err
}

func (c *claim) lost() error {
	return fault.Errorf(fault.LockLost, "The journal's record of %s was changed by somebody else", c.Target)
}

var errOver = fault.Errorf(fault.StepBusy, "This invocation's claim is over; the next one resumes")

// inTime refuses to start an effect that this invocation may not see the end of.
func (c *claim) inTime() error {
	switch {
	case c.over:
		return errOver
	case c.now().Before(c.call.Deadline):
		return nil
	}
	return fault.Errorf(fault.StepBusy, "This invocation ran out of time; the next one resumes")
}

// close ends the rotation: the record becomes a history item, if it is not one
// already.
func (c *claim) close(ctx context.Context, outcome Outcome, summary *Summary) error {
	journal := c.guard.journal
	err := journal.Close(ctx, HistoryItem{Record: c.Record, Outcome: outcome, EndedAt: c.now(), Summary: summary})
	if errors.Is(err, ErrConflict) {
		ended, unread := journal.Ended(ctx, c.IAMUser, c.TakenAt, c.RotationID)
		if err = unread; unread == nil && ended == nil {
			err = c.lost()
		}
	}
	c.over = err == nil
	return err
}

func (c *claim) now() time.Time { return c.guard.now() }
