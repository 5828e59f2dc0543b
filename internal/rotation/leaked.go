package rotation

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Leaked are the keys of which a person said that they leaked, with when each goes out
// of service. It is rule 10: for such a key the grace period and the wait for its disuse
// fall away, a cluster that doesn't deploy is passed over, and no one makes it Active
// again. All other rules stay, and so do all of them for every other key.
type Leaked map[KeyID]target.How

func (l Leaked) has(id KeyID) bool { return l[id] != "" }

// shown is what the document may have of them.
func (l Leaked) shown() map[string]target.How {
	shown := map[string]target.How{}
	for id, how := range l {
		shown[id.String()] = how
	}
	return shown
}

// Outgoing is what sentences call the key that goes out of service.
func (doc Document) Outgoing() string {
	return string(outgoing(doc.Kind, doc.Leaked[doc.OldKey] != "", words.Text(doc.OldKey)))
}

// Outgoing is what sentences call it.
func (r *Record) Outgoing() words.Text { return outgoing(r.Kind, r.oldLeaked(), r.OldKey.Text()) }

func outgoing(kind Kind, leaked bool, id words.Text) words.Text {
	switch {
	case leaked:
		return "leaked key " + id
	case kind != Rotate:
		return "key " + id
	}
	return "old key " + id
}

// leakedTimeout is how long a cluster may take that is to be deployed while a key is
// in an attacker's hands.
const leakedTimeout = 30 * time.Minute

func (r *Record) oldLeaked() bool { return r.Leaked.has(r.OldKey) }

// newLeaked: the new key is to be replaced in its turn, and as the user may have two keys
// only, the old one makes room for that without the grace period.
func (r *Record) newLeaked() bool { return r.Leaked.has(r.NewKey) }

// mayReactivate tells whether the old key is to be brought back: this record may have
// made it Inactive (rule 9), and it did not leak.
func (r *Record) mayReactivate() bool { return r.DeactivatedByUs() && !r.oldLeaked() }

// outSinceLeak: the old key leaked and was made Inactive, and no request that may have
// brought it back was sent before that was known.
func (r *Record) outSinceLeak() bool {
	return r.oldLeaked() && r.done(Deactivate) && !r.begun(Reactivate)
}

// NameLeaked writes into the user's open record that a key leaked, before anything is
// stopped: the record's owner obeys from then on, and a step at work on it, too.
// Without a record it returns nil, and Preflight writes it when it opens one.
func (g Guard) NameLeaked(ctx context.Context, iamUser string, id KeyID, how target.How) (*Record, error) {
	for range lookAgain {
		record, _, err := g.load(ctx, iamUser, time.Time{})
		if err != nil || record == nil || record.Leaked[id] == how {
			return record, err
		}
		if err := record.requireOwnKey(id); err != nil {
			return nil, err
		}
		next := record.Clone()
		next.Revision++
		next.Leaked = next.Leaked.with(id, how)
		if err := g.journal.Save(ctx, next); !errors.Is(err, ErrConflict) {
			return &next, err
		}
	}
	return nil, fault.Errorf(fault.StepBusy, "The journal's record of the IAM user %s keeps changing", iamUser)
}

// learnLeaked reads the record again, and tells whether nothing but NameLeaked has written
// to it since.
func (c *claim) learnLeaked(ctx context.Context) bool {
	stored, err := c.guard.journal.Load(ctx, c.IAMUser)
	if err != nil || stored == nil || stored.Revision != c.Revision+1 {
		return false
	}
	expected := c.Record.Clone()
	expected.Revision, expected.Leaked = stored.Revision, stored.Leaked
	if maps.Equal(stored.Leaked, c.Leaked) || !sameRecord(expected, *stored) {
		return false
	}
	c.Record = expected
	return true
}

// requireOwnKey refuses a key that isn't one of the rotation's two.
func (r *Record) requireOwnKey(id KeyID) error {
	if id == r.OldKey || id == r.NewKey {
		return nil
	}
	return fault.Errorf(fault.InvalidInput, "The key %s is neither the old key %s of the open rotation nor its new key %s",
		id, r.OldKey, r.NewKey)
}

func (l Leaked) with(id KeyID, how target.How) Leaked {
	all := maps.Clone(l)
	if all == nil {
		all = Leaked{}
	}
	all[id] = how
	return all
}

// leaks are the keys that leaked by the record, by the rotation that this execution has
// just completed, and by the input.
func (p Preflight) leaks(ctx context.Context, call Call, input target.Input, record *Record) (
	all Leaked, named KeyID, err error,
) {
	switch {
	case record != nil:
		all = record.Leaked
	case call.Document.NextIsDue:
		item, err := p.ended(ctx, call)
		if err != nil {
			return nil, "", err
		}
		if item != nil {
			all = item.Record.Leaked
		}
	}
	if input.Leaked == nil || len(call.Document.Summaries) > 0 { // then the key that it names is gone
		return all, "", nil
	}
	if named, err = ParseKeyID(input.Leaked.Key); err != nil {
		return nil, "", fault.Errorf(fault.InvalidInput, "The execution's input has under \"leaked\" %v", err)
	}
	return all.with(named, input.Leaked.How), named, nil
}

// checkForLeaked refuses only what keeps a key that leaked from going out of service:
// whatever else is wrong, it is replaced all the same.
func (p Preflight) checkForLeaked(ctx context.Context, organization OrganizationReader, s *Situation, doc *Document) (
	*fault.Error, error,
) {
	if err := p.Staging.Readable(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.Locations, err = organization.Locations(ctx); err != nil {
		return nil, err
	}
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return nil, err
	}
	clusters, err := servedClusters(all, holders(s.Locations, s.oldKey()))
	if err != nil {
		return nil, err
	}
	refusal := checkClusters(clusters, nil, &doc.Plan)
	if refusal != nil && refusal.Code == fault.TooManyClusters {
		return refusal, nil
	}
	return p.checkStays(ctx, organization, s, doc)
}

// checkStays is rule 2 for a key that leaked: what this system can't change, or leaves to
// a person, would keep the key Active.
func (p Preflight) checkStays(ctx context.Context, organization OrganizationReader, s *Situation, doc *Document) (
	*fault.Error, error,
) {
	id := s.oldKey()
	stays := slices.DeleteFunc(holders(s.Locations, id), func(l Location) bool {
		return l.Rotatable && !hasID(s.HandledElsewhere, l.ID)
	})
	copies, err := p.copies(ctx, organization, doc.Settings, id)
	if err != nil {
		return nil, err
	}
	var holding []string
	if len(stays) > 0 {
		holding = append(holding, names(stays))
	}
	if len(copies) > 0 {
		holding = append(holding, NamesOf(copies))
	}
	if len(holding) == 0 {
		return nil, nil
	}
	refusal := fault.Errorf(fault.UnmanagedLocations, "The leaked key %s is also held where a person must change it: %s",
		id, strings.Join(holding, ", "))
	refusal.Advise("Give those another key or a role")
	if s.status(id) == Active {
		refusal.Next.First += ". To take the leaked key out of service before that, whereupon they and Qovery's " +
			"deployments fail until they have another one"
		refusal.Next.Command = StatusCommand(s.IAMUser, id, Inactive)
	}
	return refusal, nil
}
