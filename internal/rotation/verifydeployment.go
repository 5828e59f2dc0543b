package rotation

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// VerifyDeployment deploys one cluster, the canary, once more while the old key is
// Inactive, before and after. What still needs the old key fails now, while it can be
// brought back.
type VerifyDeployment struct{ Rollout }

// Run looks once. The locations say also who may need the old key back.
func (s VerifyDeployment) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	err := s.look(ctx, call, &doc, OrganizationReader.Editable, func(l *look) error { return l.verify(ctx, &doc) })
	return doc, err
}

// verify advances the canary.
func (l *look) verify(ctx context.Context, doc *Document) error {
	l.refresh(doc)
	v := &doc.Verification
	if l.done(Verify) || doc.Settings.Verification == target.VerifyNone {
		return l.verified(ctx, v)
	}
	if err := l.requireOldKeyOut(); err != nil {
		return err
	}
	if !l.chooseCanary(doc) {
		return l.verified(ctx, v) // nothing runs that could be deployed
	}
	if v.StartedAt.IsZero() {
		v.StartedAt = l.now()
	}
	if err := l.advance(ctx, Verify, []*ClusterProgress{v.Canary}, doc, v.StartedAt); err != nil {
		return err
	}
	if !v.Canary.DoneAt.IsZero() {
		return l.verified(ctx, v)
	}
	v.Next, v.NextPollAt = PollAgain, l.nextPoll(doc, v.StartedAt)
	return nil
}

func (l *look) verified(ctx context.Context, v *CanaryRun) error {
	v.Next = GoOn
	if l.done(Verify) {
		return nil
	}
	o := observed{NotNeeded, l.sawOldKey()}
	if v.Canary != nil {
		o.how = howDeployed(*v.Canary)
	}
	if before := l.Marks[Verify].Saw; before != "" && before != Inactive {
		o.saw = before // it was not Inactive all the time, for all that was seen
	}
	return l.finish(ctx, Verify, o)
}

// requireOldKeyOut makes sure that the old key is out of service, and not needed.
func (l *look) requireOldKeyOut() error {
	if err := requireNotHeld(l.locations, l.OldKey, fault.OldKeyHeld, l.Outgoing()); err != nil {
		return err
	}
	return l.requireOldKeyInactive(l.oldKey, l.now())
}

// requireOldKeyInactive refuses to go on when the old key (zero when it is gone)
// can be used.
func (r *Record) requireOldKeyInactive(key AccessKey, now time.Time) error {
	switch {
	case key.Status != Active:
		return nil
	case r.recently(Deactivate, now):
		return fault.Errorf(fault.IAMSettling, "IAM does not show the %s as Inactive yet", r.Outgoing())
	default:
		return fault.Errorf(fault.OldKeyActive, "The %s is Active again", r.Outgoing())
	}
}

// chooseCanary picks the cluster to deploy again: one that runs, non-production
// if there is one. It reports whether there is any.
func (l *look) chooseCanary(doc *Document) bool {
	v := &doc.Verification
	if v.Canary != nil && v.Canary.Skipped == "" {
		if _, listed := l.cluster(v.Canary.ID); listed {
			return true
		}
	}
	i := slices.IndexFunc(l.clusters, func(c Cluster) bool {
		return !c.PassedOver() && !slices.ContainsFunc(doc.Deployment.Clusters, func(p ClusterProgress) bool {
			return p.ID == c.ID && p.Skipped == Broken
		})
	})
	if i < 0 {
		return false
	}
	canary := newProgress(l.clusters[i]) // they are listed in the order of waves
	v.Canary = &canary
	return true
}
