package rotation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Environment is an environment of applications on a cluster, with its last deployment. A
// success after a failure is on the same cluster: it speaks for the cluster's credentials.
type Environment struct {
	Name       string // its project's and its own
	Cluster    string // its id
	State      string // of its last deployment, in Qovery's words, known or not
	DeployedAt time.Time
}

// unsuspicious are those of Qovery's states (its public OpenAPI description, 1.0.4) that say
// nothing against the credentials of a cluster. What builds and pushes an image has the
// registry's own, which are the key until all clusters are moved, so that BUILD_ERROR is one
// of them. All others count as failures, also those that are not known.
var unsuspicious = []string{
	"DEPLOYED", "RESTARTED", "STOPPED", "DELETED", "READY", "CANCELED", "BUILD_ERROR",

	"BUILDING", "DEPLOYING", "EXECUTING", "RESTARTING", "STOPPING", "DELETING", "CANCELING", "RECAP", "QUEUED",
	"DEPLOYMENT_QUEUED", "RESTART_QUEUED", "STOP_QUEUED", "DELETE_QUEUED", "WAITING_RUNNING", "WAITING_RESTARTING",
	"WAITING_STOPPING", "WAITING_DELETING",
}

// failedOn are the environments on moved clusters whose last deployment failed after their
// cluster was moved, and that no person knows of who has resumed the migration since.
func (m *Migration) failedOn(environments []Environment) (failed []Environment, err error) {
	for _, e := range environments {
		done := m.Moves[e.Cluster].Done
		switch {
		case slices.Contains(unsuspicious, e.State):
		case e.DeployedAt.IsZero():
			return nil, fault.Errorf(fault.MalformedAnswer, "The environment %s is %s, and Qovery doesn't say since when",
				e.Name, e.State)
		case e.DeployedAt.After(done) && e.DeployedAt.After(m.Accepted):
			failed = append(failed, e)
		}
	}
	return failed, nil
}

// FailuresOpen: the migration has ended with environments that failed, and wasn't resumed.
func (m *Migration) FailuresOpen() bool { return m.Reported.After(m.Accepted) }

// requireHealthy: since a cluster was moved, no deployment to it has failed. Applications
// fail for many reasons of their own, so that no cluster is moved back for them: a person
// finds out, and resumes the migration or aborts it.
func (m *mover) requireHealthy(ctx context.Context) error {
	var moved []string
	for _, progress := range m.those(Move.moved) {
		moved = append(moved, progress.ID)
	}
	if len(moved) == 0 {
		return nil
	}
	environments, err := m.organization.Environments(ctx, moved)
	if err != nil {
		return err
	}
	failed, err := m.Migration.failedOn(environments)
	if err != nil || len(failed) == 0 {
		return err
	}
	var named []string
	var latest time.Time
	for _, e := range failed {
		named = append(named, fmt.Sprintf("%s on %s (%s, %s)", e.Name, m.move(e.Cluster).Name, e.State,
			words.At(e.DeployedAt)))
		if e.DeployedAt.After(latest) {
			latest = e.DeployedAt
		}
	}
	if err := m.mark(ctx, func(r *Record) { r.Migration.Reported = latest }); err != nil {
		return err
	}
	return fault.Errorf(fault.DeploymentFailed, "Deployments of these environments failed after their clusters were "+
		"moved: %s", words.List(named, mostListed)).
		Advise("Find out in Qovery whether AWS refused the role. If it did, correct the role, or take all clusters back " +
			"with 'rotate abort'. These failures count no more once a person starts the migration again: a redrive repeats " +
			"this error")
}
