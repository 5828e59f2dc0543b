package notice

import (
	"cmp"
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// A migration goes through the states in which a rotation deploys, and touches no key.

func (r *report) migrates() bool { return r.kind() == rotation.Migrate }

// isMigrating: a migration is open.
func (r *report) isMigrating() bool { return r.Record != nil && r.Record.Kind == rotation.Migrate }

// migrateTo are the credentials that the clusters are moved to, as a command names them.
func (r *report) migrateTo() string {
	if r.isMigrating() {
		return r.Record.Migration.To.ID
	}
	return r.Execution.MigrateTo
}

// judgeMigrated: a cluster that points at credentials with which it isn't deployed keeps
// those of its applications from being deployed. One that isn't moved yet needs the key.
func (r *report) judgeMigrated() verdict {
	under := r.Record.UnderWay()
	v := calm("Nothing is broken by this: every cluster is deployed with the credentials that it points at.")
	switch {
	case len(under) > 0:
		v = urgent(nil, "Deployments of applications may fail now: these clusters point at other credentials than they "+
			"are deployed with: %s.", quotable(words.List(under, words.MostListed)))
	case len(r.Record.Moved()) > 0 && r.Record.Migration.FailuresOpen():
		v = check(nil, "Deployments of environments fail on clusters that were moved: perhaps AWS refuses the role.")
	}
	for _, k := range r.known {
		if k.id != r.Record.OldKey || k.isActive() {
			continue
		}
		is, fix := "isn't Active", r.fix(k)
		if !k.exists() {
			is, fix = "IAM does not list", nil // the role is the only way out
		}
		if len(under) > 0 {
			return urgent(fix, "%s Nor can clusters be moved back: the key %s isn't Active.", v.text, string(k.id))
		}
		return urgent(fix, "Deployments may be failing now: clusters that aren't moved use the key %s, which %s.",
			string(k.id), is)
	}
	return v
}

// tellMigrated is the outcome of a migration.
func tellMigrated(s rotation.Summary) []string {
	return []string{
		fmt.Sprintf("%s of %s moved to the credentials %s, deployed with them and observed.",
			words.Capital(words.Count(s.ClustersDeployed, "cluster")), s.Target, quotable(s.MovedTo)),
		fmt.Sprintf("%s given the role, for good. The key %s is untouched, and the credentials that hold it serve no "+
			"cluster any more.", words.Capital(registries(s.LocationsMoved)), s.OldKey),
	}
}

// registries counts those that a migration has given the role.
func registries(n int) string {
	none := map[int]string{0: "no registry or Helm repository was", 1: "one registry or Helm repository was"}
	return cmp.Or(none[n], fmt.Sprintf("%d registries and Helm repositories were", n))
}

// afterMigration is how a migration leads to the end of the key.
func (r *report) afterMigration() Step {
	return Step{"Watch for two weeks. Then delete the credentials that serve no cluster in Qovery, and retire the key:",
		RetireCommand(r.Execution.Target, rotation.KeyID(r.summary.OldKey))}
}
