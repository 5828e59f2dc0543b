package rotation

import (
	"context"
	"maps"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// A migration moves the clusters that use the key to role credentials. It touches no key:
// the old credentials stay, serve no cluster in the end, and are the way back until then.
// It goes through the states in which a rotation deploys.

// OnRole stands for the status of a cluster that a migration finds pointed at the role, and
// that can't be deployed.
const OnRole = "ON_ROLE"

// May the clusters be moved to these credentials?
var migrateRows = []row{
	{"a key leaked, and clusters are to be moved", func(s *Situation) bool {
		return s.MigrateTo != "" && slices.ContainsFunc(s.Keys, s.leaksOn)
	}, leakedFirst},
	{"the organization has no such credentials", func(s *Situation) bool { return s.MigrateTo != "" && s.To == nil },
		func(s *Situation) Decision {
			return refuse(fault.InvalidInput, "The organization has no credentials of AWS with the id or the name %q, or "+
				"several of that name: it has %s", s.MigrateTo, names(ofAWS(s.Locations)))
		}},
	{"the credentials hold no role", func(s *Situation) bool { return s.MigrateTo != "" && !s.To.Role },
		noRole("are of type %s", func(s *Situation) string { return s.To.Type })},
	{"the role is of another account", func(s *Situation) bool { return s.MigrateTo != "" && s.To.account() != s.Account },
		noRole("hold a role of the AWS account %s, which isn't the target's",
			func(s *Situation) string { return s.To.account() })},
	{"the migration has begun", func(s *Situation) bool { return s.MigrateTo != "" && s.Record != nil },
		do(ActionMigrate)},
}

// leaksOn: the key leaked, and isn't replaced. That of a migration is as soon as it is
// Inactive: the clusters get the role in its place.
func (s *Situation) leaksOn(key AccessKey) bool {
	return s.Leaked.has(key.ID) && (key.Status == Active || !s.migrating())
}

// leakedFirst refuses to move clusters while a key that leaked is to be replaced.
func leakedFirst(s *Situation) Decision {
	decision := refuse(fault.OtherKindOpen, "A key of the IAM user %s has leaked, and isn't replaced yet", s.IAMUser)
	decision.Refusal.Urgent = true
	first := words.Text("Replace the key that leaked ('rotate start --leaked')")
	if s.migrating() {
		first = "Abort the migration, which brings the clusters back. Then replace the key that leaked " +
			"('rotate start --leaked')"
	}
	decision.Refusal.Next = &fault.Advice{First: first, Do: fault.Status}
	return decision
}

// oldKeyGone: the clusters can't go on with the key, nor return to it.
func oldKeyGone(s *Situation) Decision {
	decision := refuse(fault.OldKeyInactive, "The key %s isn't Active, and clusters can't be moved back to it",
		s.Record.OldKey)
	decision.Refusal.Urgent = !s.exists(s.Record.OldKey) || s.oldHeld()
	decision.Refusal.Next = &fault.Advice{First: "If it leaked or is deleted, resume the migration, which gives every " +
		"cluster the role. Otherwise make it Active, and abort again", Do: fault.Migrate}
	return decision
}

func noRole(what string, of func(*Situation) string) func(*Situation) Decision {
	return func(s *Situation) Decision {
		decision := refuse(fault.UnsupportedCredentials, "The credentials %s "+what, s.To.Name, of(s))
		decision.Refusal.Advise("Name credentials that hold a role of the target's account")
		return decision
	}
}

// account is that in the ARN of a role, arn:aws:iam::123456789012:role/name.
func (l Location) account() string {
	if parts := strings.Split(l.RoleARN, ":"); len(parts) == 6 && parts[2] == "iam" {
		return parts[4]
	}
	return ""
}

func ofAWS(locations []Location) []Location {
	return slices.DeleteFunc(slices.Clone(locations), func(l Location) bool { return l.Kind != AWSCredentials })
}

// findCredentials are those with the id or, if no others have it, the name.
func findCredentials(locations []Location, named string) *Location {
	var found []Location
	for _, l := range ofAWS(locations) {
		if strings.EqualFold(l.ID, named) {
			return &l
		}
		if l.Name == named {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return &found[0]
}

// checkForMigrate refuses what could not be moved to the end, before anything is moved,
// and notes the clusters in the plan.
func (p Preflight) checkForMigrate(ctx context.Context, organization OrganizationReader, s *Situation, doc *Document) (
	*fault.Error, error,
) {
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return nil, err
	}
	locks, err := organization.Locks(ctx)
	if err != nil {
		return nil, err
	}
	clusters, err := servedClusters(all, ofAWS(holders(s.Locations, s.oldKey())))
	if err != nil {
		return nil, err
	}
	if refusal := s.chooseFirst(clusters); refusal != nil {
		return refusal, nil
	}
	if clusters, err = servedClusters(all, append(ofAWS(holders(s.Locations, s.oldKey())), *s.To)); err != nil {
		return nil, err
	}
	clusters = slices.DeleteFunc(clusters, func(c Cluster) bool {
		return c.PassedOver() && slices.Contains(s.To.Clusters, c.ID)
	})
	if refusal, err := p.checkStatic(ctx, organization, s, doc); refusal != nil || err != nil {
		return refusal, err
	}
	if s.First != "" { // finds out that it can be asked
		if _, err := organization.PointsAt(ctx, s.First); err != nil {
			return nil, err
		}
	}
	if _, err := organization.Environments(ctx, idsOf(clusters)); err != nil { // each soak ends with that
		return nil, err
	}
	doc.Plan.Locations = refs(s.takingRole(s.Locations, s.HandledElsewhere))
	refusal := checkMovable(clusters, locks, &doc.Plan)
	if refusal == nil {
		if refusal, err = checkRestriction(ctx, organization, clusters); err != nil {
			return nil, err
		}
	}
	for i := range doc.Plan.Clusters {
		if doc.Plan.Clusters[i].Wave++; refusal == nil && clusters[i].ID == s.First {
			doc.Plan.Clusters[i].Wave = firstWave
		}
	}
	return refusal, nil
}

func idsOf(clusters []Cluster) (ids []string) {
	for _, c := range clusters {
		ids = append(ids, c.ID)
	}
	return ids
}

// chooseFirst is the cluster that is moved before all others: the one that a person names,
// or the first that isn't of production.
func (s *Situation) chooseFirst(clusters []Cluster) *fault.Error {
	if s.First == "" && len(clusters) > 0 && clusters[0].Production {
		return fault.Errorf(fault.InvalidInput, "Every cluster that uses the key is of production: name the one that is to "+
			"be moved first")
	}
	for _, c := range clusters {
		if s.First == "" || s.First == c.Name || strings.EqualFold(s.First, c.ID) {
			s.First = c.ID
			return nil
		}
	}
	if s.First == "" {
		return nil // there are none, which is refused next
	}
	return fault.Errorf(fault.InvalidInput, "No cluster that uses the key has the id or the name %q", s.First)
}

// checkStatic refuses where the key is held by what can't take a role: once no cluster
// uses the key, no rotation replaces it there.
func (p Preflight) checkStatic(ctx context.Context, organization OrganizationReader, s *Situation, doc *Document) (
	*fault.Error, error,
) {
	var holding []string
	for _, l := range managed(holders(s.Locations, s.oldKey()), s.HandledElsewhere) {
		if l.Kind == DNSProvider || !l.Rotatable {
			holding = append(holding, names([]Location{l}))
		}
	}
	copies, err := p.copies(ctx, organization, doc.Settings, s.oldKey())
	if err != nil {
		return nil, err
	}
	if len(copies) > 0 {
		holding = append(holding, NamesOf(copies))
	}
	if len(holding) == 0 {
		return nil, nil
	}
	return fault.Errorf(fault.UnmanagedLocations, "What can't use a role holds the key %s: %s", s.oldKey(),
		words.List(holding, mostListed)).Advise("Give those a key of another IAM user"), nil
}

// checkMovable refuses clusters that a deployment doesn't reach, and what checkClusters does.
func checkMovable(clusters []Cluster, locks map[string]string, plan *PlanReport) *fault.Error {
	if refusal := checkClusters(clusters, locks, plan); refusal != nil {
		return refusal
	}
	if len(plan.Skipped) > 0 {
		return fault.Errorf(fault.ClusterNotMovable, "Clusters can't be deployed with the role: %s",
			words.List(plan.Skipped, mostListed))
	}
	return nil
}

// newMigration is what a fresh record says of it.
func (s *Situation) newMigration() *Migration {
	if s.MigrateTo == "" {
		return nil
	}
	return &Migration{To: s.To.LocationRef, First: s.First}
}

// takeUp has the clusters moved that were moved back, or that someone has pointed back. Who
// resumes it knows which environments it was paused for.
func (m *Migration) takeUp(locations []Location, old KeyID) {
	m.Accepted = m.Reported
	for _, l := range holders(locations, old) {
		for _, id := range l.Clusters {
			if m.Moves[id].moved() && l.Kind == AWSCredentials {
				delete(m.Moves, id)
			}
		}
	}
	maps.DeleteFunc(m.Moves, func(_ string, move Move) bool { return move.returned() })
}
