package rotation

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// A retirement deletes a key that nothing in Qovery holds. It goes through the states of
// a rotation from CheckUsage on, and deploys nothing.

const (
	// unheldFor is how far the two looks are apart that prove that no location holds the
	// key: Qovery's reads may be that stale.
	unheldFor = time.Minute
	// unheldWithin is how old the first look may be: Preflight may be tried again for a day
	// before the second.
	unheldWithin = 48 * time.Hour
)

// One kind at a time: a retirement that has changed nothing is in nobody's way.
var kindRows = []row{
	{"something of another kind is open, and no person asked", func(s *Situation) bool {
		return s.Scheduled && s.isOtherKind()
	}, do(ActionNotDue)},
	{"something of another kind is open", (*Situation).isOtherKind, func(s *Situation) Decision {
		return refuse(fault.OtherKindOpen, "%s of the IAM user %s is open, which was begun %s", s.Record.title(), s.IAMUser,
			words.At(s.Record.TakenAt))
	}},
}

// Is the key to be retired used or needed by anything?
var retireRows = []row{
	{"a retirement or migration that has changed nothing", func(s *Situation) bool {
		return s.Record != nil && s.Record.unbegun() && !s.own()
	}, decideWithoutRecord},
	{"a location holds the key again, or a person has made it Active", func(s *Situation) bool {
		isActive := s.status(s.Retire) == Active && s.Record.done(Deactivate) && !s.Record.recently(Deactivate, s.Now)
		mayReturn := s.Retire != "" && s.Record != nil && s.Record.mayReactivate()
		return mayReturn && (isActive || len(holders(s.Locations, s.Retire)) > 0)
	}, do(ActionReactivate)},
	{"the retirement of the key has begun", func(s *Situation) bool {
		return s.Retire != "" && s.Record.DeactivatedByUs()
	}, do(ActionRetire)},
	{"the user has no such key", func(s *Situation) bool { return s.Retire != "" && !s.exists(s.Retire) },
		func(s *Situation) Decision {
			return refuse(fault.InvalidInput, "The IAM user %s has no key %s: it has %s", s.IAMUser, s.Retire, s.keysText())
		}},
	{"a location holds the key that is to be retired", func(s *Situation) bool {
		return s.Retire != "" && len(holders(s.Locations, s.Retire)) > 0
	}, func(s *Situation) Decision {
		return refuse(fault.KeyStillHeld, "The key %s is held by %s", s.Retire, names(holders(s.Locations, s.Retire)))
	}},
	{"the key that is to be retired is copied", func(s *Situation) bool { return s.Retire != "" && len(s.Copies) > 0 },
		func(s *Situation) Decision {
			return refuse(fault.KeyStillHeld, "The id of the key %s is in %s", s.Retire, NamesOf(s.Copies))
		}},
	{"the key that is to be retired is Inactive", func(s *Situation) bool {
		return s.Retire != "" && s.status(s.Retire) != Active
	}, retireInactive},
	{"the key that is to be retired is used", func(s *Situation) bool {
		return s.Retire != "" && s.Now.Before(s.unusedFrom())
	}, func(s *Situation) Decision {
		return refuse(fault.KeyStillUsed, "The key %s was used %s. It can be retired from %s on, if nothing uses it until "+
			"then", s.Retire, s.LastUses[s.Retire].describe(), words.At(s.unusedFrom()))
	}},
	{"no retirement may begin now", func(s *Situation) bool {
		return s.Retire != "" && s.Record == nil && s.Frozen != nil
	}, frozenNow},
	{"no location holds the key, and a second look is to say so, too", func(s *Situation) bool {
		return s.Retire != "" && !s.Unheld
	}, do(ActionAwait)},
	{"no location holds the key, and nothing uses it", func(s *Situation) bool {
		return s.Retire != ""
	}, do(ActionRetire)},
}

// retireInactive: a person who deactivates a key has a reason, and an abort must not
// make it Active.
func retireInactive(s *Situation) Decision {
	if s.Record != nil {
		return oldKeyInactive(s)
	}
	decision := refuse(fault.OldKeyInactive, "The key %s is Inactive already, and not by a retirement", s.Retire)
	decision.Refusal.Next = &fault.Advice{Do: fault.Retire, First: "Delete it by hand, once it has been Inactive for " +
		"some days and nothing has failed; or make it Active"}
	return decision
}

// IsRetired tells whether the user has no key any more, because the last one was retired.
func IsRetired(keys []AccessKey, history []HistoryItem) bool {
	return len(keys) == 0 && len(history) > 0 && history[0].Record.Kind == Retire && history[0].Outcome == Completed
}

// kind is what the execution was started for.
func (s *Situation) kind() Kind {
	switch {
	case s.Retire != "":
		return Retire
	case s.MigrateTo != "":
		return Migrate
	}
	return Rotate
}

// kindOf is the kind of what an input starts.
func kindOf(in target.Input) Kind {
	return (&Situation{Retire: KeyID(in.Retire), MigrateTo: in.MigrateTo}).kind()
}

// isOtherKind: what is open isn't what the execution was started for, and somebody is at
// work on it or it has changed something.
func (s *Situation) isOtherKind() bool {
	if s.Record == nil || s.Abort || s.Named != "" {
		return false
	}
	if s.Record.Kind == s.kind() && s.isSame() {
		return false
	}
	return s.ownerRuns() || !s.Record.unbegun()
}

// isSame: what is open is of the key, or leads to the credentials, that the execution was
// started for.
func (s *Situation) isSame() bool {
	switch {
	case s.Retire != "":
		return s.Retire == s.Record.OldKey
	case s.To != nil:
		return s.Record.Migration.To.ID == s.To.ID
	}
	return true
}

// unbegun reports of a retirement whether the key is as it was before, and of a migration
// whether every cluster is.
func (r *Record) unbegun() bool {
	switch r.Kind {
	case Retire:
		return !r.DeactivatedByUs()
	case Migrate:
		return len(r.movesThat(func(m Move) bool { return !m.returned() })) == 0
	}
	return false
}

// title is what the record is about, at the beginning of a sentence.
func (r *Record) title() words.Text {
	if r.Kind == Migrate {
		return words.Textf("The migration to %s", r.Migration.To.Name)
	}
	return words.Textf("The %s of the key %s", r.Kind.Noun(), r.OldKey)
}

// unusedFrom is when the key has been unused for long enough. The zero time: it is.
func (s *Situation) unusedFrom() time.Time {
	use := s.LastUses[s.Retire]
	if use.At.IsZero() {
		return use.At
	}
	return use.At.Add(time.Duration(target.UnusedFor) + trailLag)
}

// unusedSince is from when on uses matter to a retirement.
func unusedSince(t target.Target, now time.Time) time.Time {
	return now.Add(-time.Duration(t.IdleFor) - trailLag)
}

// lookAtKey reads what the plan of a retirement depends on beside the locations: where
// the key was used last, and where services have a copy.
func (p Preflight) lookAtKey(ctx context.Context, organization OrganizationReader, doc *Document, s *Situation) error {
	ago := s.Now.Sub(doc.UnheldAt)
	s.Unheld = ago >= unheldFor && ago <= unheldWithin
	if !s.exists(s.Retire) {
		return nil
	}
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return err
	}
	clusters, err := servedClusters(all, s.Locations)
	if err != nil {
		return err
	}
	if s.Copies, err = p.copies(ctx, organization, doc.Settings, s.Retire); err != nil {
		return err
	}
	doc.Deployment.Regions = regions(clusters, s.Locations)
	uses, err := p.latestUses(ctx, s.Retire, unusedSince(doc.Settings, s.Now), doc.Deployment.Regions)
	if err != nil {
		return err
	}
	noted, err := p.Usage.LastUse(ctx, s.IAMUser, s.Retire)
	s.LastUses[s.Retire] = latestOf(append(uses, noted))
	return err
}
