package rotation

import (
	"cmp"
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Complete closes the journal's record and sums the rotation up.
type Complete struct {
	Guard
	Keys   KeyReader
	Qovery QoveryReader
}

const (
	// DueAfter is the age of a new key at which a rotation that was interrupted
	// is followed by the one that is due meanwhile.
	DueAfter = 7 * 24 * time.Hour
	// roomFor is how old an execution may be to do that: its history must hold
	// another rotation (25,000 events).
	roomFor = 12 * time.Hour
)

// Run ends the rotation.
func (s Complete) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	item, err := s.ended(ctx, call)
	if err != nil {
		return doc, err
	}
	if item == nil {
		err = s.hold(ctx, call, &doc, func(c *claim) error {
			if err := s.check(ctx, c, doc); err != nil {
				return err
			}
			if err := c.sweepSecrets(ctx); err != nil {
				return err
			}
			summary := doc.summarize(c.Record, c.now())
			item = &HistoryItem{Record: c.Record, Outcome: Completed, EndedAt: c.now(), Summary: &summary}
			return c.close(ctx, Completed, &summary)
		})
		if err != nil {
			return doc, err
		}
	}
	if item.Outcome != Completed || item.Summary == nil {
		return doc,
			fault.Errorf(fault.LockLost, "The rotation of %s was closed by somebody else, as %s", doc.Target, item.Outcome)
	}
	doc.Summaries = append(doc.Summaries, *item.Summary)
	doc.NextIsDue = item.NextIsDue(call.Execution.StartTime)
	return doc, nil
}

// NextIsDue tells whether the execution that completed the rotation, and that was started at a
// time, goes on with the next one.
func (i HistoryItem) NextIsDue(started time.Time) bool {
	if i.Record.newLeaked() {
		return true
	}
	isResumed := i.Record.Fence > 1
	return isResumed && i.Summary != nil && !i.Summary.NewKeyCreatedAt.IsZero() &&
		i.EndedAt.Sub(i.Summary.NewKeyCreatedAt) > DueAfter && i.EndedAt.Sub(started) < roomFor
}

// check makes sure that the rotation is what it says: the new key everywhere,
// the old one gone. A migration leaves the key in credentials that serve no cluster.
func (s Complete) check(ctx context.Context, c *claim, doc Document) error {
	if c.Kind == Migrate {
		return s.requireNoClusters(ctx, c, doc)
	}
	if _, _, err := c.requireReleased(ctx, s.Qovery, doc.Settings, OrganizationReader.Editable); err != nil {
		return err
	}
	if c.done(Delete) {
		return nil
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return err
	}
	// DeployClusters saw that it is gone, and no key comes back: the list lags.
	if _, exists := findKey(keys, c.OldKey); exists {
		return fault.Errorf(fault.IAMSettling, "IAM lists the %s again, which was gone", c.Outgoing())
	}
	return nil
}

func (s Complete) requireNoClusters(ctx context.Context, c *claim, doc Document) error {
	organization, err := s.Qovery.Open(ctx, doc.Settings)
	if err != nil {
		return err
	}
	locations, err := organization.Editable(ctx)
	if err != nil {
		return err
	}
	taking := takingRole(locations, c.OldKey, doc.Settings.HandledElsewhere)
	if err := requireNotHeld(taking, c.OldKey, fault.OldKeyHeld, c.Outgoing()); err != nil {
		return err
	}
	for _, l := range locations {
		if c.movesFrom(l) && len(l.Clusters) > 0 {
			return fault.Errorf(fault.ClusterNotMovable, "%s, which held the key %s, serve %s again", names([]Location{l}),
				c.OldKey, words.Count(len(l.Clusters), "cluster"))
		}
	}
	return nil
}

func (doc *Document) summarize(record Record, now time.Time) Summary {
	summary := Summary{
		Target: record.Target, RotationID: record.RotationID, OldKey: record.OldKey.String(),
		OldKeyCreatedAt: doc.OldKeyMade, StartedAt: record.TakenAt, NewKeyCreatedAt: record.Marks[Create].Done,
		UpdatedAt:   record.Marks[Update].Done,
		CompletedAt: now, FirstUseOfNewKey: doc.Usage.TakenOver, LastUseOfOldKey: doc.Usage.LastUseAt,
		GraceExtendedBy: doc.Usage.Extended, Verification: doc.Settings.Verification,
	}
	if record.NewKey != "" {
		summary.NewKey = record.NewKey.String()
	}
	if record.Kind != Rotate || record.Marks[Verify].How == NotNeeded {
		summary.Verification = target.VerifyNone
	}
	if record.Kind == Migrate {
		summary.MovedTo = record.Migration.To.Name
		for _, given := range record.Migration.Given {
			if !given.Done.IsZero() && given.How != NotNeeded {
				summary.LocationsMoved++
			}
		}
	} else {
		summary.endOldKey(record)
	}
	for _, progress := range doc.Deployment.Clusters {
		switch {
		case progress.Skipped != "":
			summary.ClustersSkipped = append(summary.ClustersSkipped, PassedOver(progress.Name, progress.Skipped))
			if progress.Skipped == Broken {
				summary.ClustersBroken = append(summary.ClustersBroken, progress.Name)
			}
		case !progress.DoneAt.IsZero():
			summary.ClustersDeployed++
		}
		if progress.RolledOut {
			summary.RolledOut = append(summary.RolledOut, progress.Name)
		}
	}
	return summary
}

// endOldKey says what became of the old key: what this rotation did, or when it
// found it gone.
func (s *Summary) endOldKey(record Record) {
	deactivated, deleted := record.Marks[Deactivate], record.Marks[Delete]
	if deactivated.How != Found {
		s.OldKeyInactiveAt = deactivated.Done
	}
	switch gone := record.oldKeyGoneBy(); {
	case !gone.IsZero():
		s.OldKeyGoneBy, s.OldKeyDeletion = gone, cmp.Or(deleted.How, Found)
	case !deleted.Done.IsZero():
		s.OldKeyDeletedAt, s.OldKeyDeletion = deleted.Done, deleted.How
	default: // DeployClusters saw that it was gone
		s.OldKeyGoneBy, s.OldKeyDeletion = record.Marks[Deploy].Done, Found
	}
}
