package rotation

import (
	"context"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// DeployClusters makes every cluster take up the new key, wave after wave.
type DeployClusters struct{ Rollout }

// Run looks once. The credentials say which clusters there are.
func (s DeployClusters) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	doc.Deployment.Clusters = slices.Clone(doc.Deployment.Clusters)
	err := s.look(ctx, call, &doc, OrganizationReader.Credentials, func(l *look) error { return l.deploy(ctx, &doc) })
	return doc, err
}

// deploy advances the first wave that is not over, and the next one as soon as
// it is.
func (l *look) deploy(ctx context.Context, doc *Document) error {
	d := &doc.Deployment
	l.refresh(doc)
	l.returned(doc)
	l.list(d)
	if l.Leaked[l.OldKey] == target.AtOnce && l.oldKey.ID != "" && !l.outSinceLeak() {
		d.Next = Leak
		return nil
	}
	if err := l.passLocked(ctx, d); err != nil {
		return err
	}
	for wave := d.unfinishedWave(); wave != 0; wave = d.unfinishedWave() {
		if wave != d.Wave || d.WaveStartedAt.IsZero() {
			d.Wave, d.WaveStartedAt = wave, l.now()
		}
		if err := l.advance(ctx, Deploy, d.members(wave), doc, d.WaveStartedAt); err != nil {
			return err
		}
		if d.unfinishedWave() == wave {
			d.Next, d.NextPollAt = PollAgain, l.nextPoll(doc, d.WaveStartedAt)
			return nil
		}
	}
	return l.finishWave(ctx, doc)
}

func (d *Deployment) members(wave int) []*ClusterProgress {
	var members []*ClusterProgress
	for i := range d.Clusters {
		if d.Clusters[i].Wave == wave {
			members = append(members, &d.Clusters[i])
		}
	}
	return members
}

// returned prepares another round after DeactivateKey has found a cluster that
// is not proven deployed.
func (l *look) returned(doc *Document) {
	if doc.Error == nil || doc.Error.Error != string(fault.ClusterNotDeployed) {
		return
	}
	doc.Error = nil
	d := &doc.Deployment
	d.Returns++
	d.WaveStartedAt = time.Time{}
	for i := range d.Clusters {
		cluster, listed := l.cluster(d.Clusters[i].ID)
		if !listed || !d.Clusters[i].proven(cluster) {
			d.Clusters[i].restart()
		}
	}
}

// list keeps the progress in step with the clusters there are: new ones are
// added, gone ones dropped, and passed-over ones that run now are taken up.
func (l *look) list(d *Deployment) {
	var kept []ClusterProgress
	for _, cluster := range l.clusters {
		progress := newProgress(cluster)
		if i := slices.IndexFunc(d.Clusters, func(p ClusterProgress) bool { return p.ID == cluster.ID }); i >= 0 {
			progress = d.Clusters[i]
			progress.Wave = waveOf(cluster)
		}
		if l.oldLeaked() {
			progress.Wave = nonProduction // all at the same time
		}
		if progress.Skipped != "" && progress.Skipped != Broken && !cluster.PassedOver() {
			progress.restart()
		}
		kept = append(kept, progress)
	}
	d.Clusters = kept
}

// slowest is the longest that a cluster of this rotation took to deploy; zero: not known.
func (d *Deployment) slowest() (took time.Duration) {
	for _, progress := range d.Clusters {
		took = max(took, time.Duration(progress.Took))
	}
	return took
}

func (d *Deployment) unfinishedWave() int {
	for _, progress := range d.Clusters {
		if !progress.over() {
			return progress.Wave // they are listed in the order of waves
		}
	}
	return 0
}

// finishWave ends the last wave: the grace period begins, unless the old key is gone
// already.
func (l *look) finishWave(ctx context.Context, doc *Document) error {
	locations, err := l.organization.Editable(ctx)
	if err != nil {
		return err
	}
	// Somebody put the old key somewhere after the update: better said now than
	// after the grace period.
	if settled := doc.UpdatedAt.Add(afterUpdate); l.now().After(settled) {
		if err := requireNotHeld(rotated(locations, doc.Settings.HandledElsewhere), l.OldKey, fault.OldKeyHeld,
			l.Outgoing()); err != nil {
			return err
		}
	}
	if !l.done(Deploy) {
		if err := l.finish(ctx, Deploy, observed{howDeployed(doc.Deployment.Clusters...), l.sawOldKey()}); err != nil {
			return err
		}
	}
	d := &doc.Deployment
	switch {
	case l.oldKey.ID == "":
		d.Next = OldKeyGone
	case l.oldLeaked():
		d.Next = Leak
	default:
		d.Next = GoOn
	}
	doc.GraceEndsAt = waitUntil(doc.graceEnds(l.Record), l.now())
	// Preflight has proved its own; what has come since is searched, too.
	d.Regions = slices.Sorted(slices.Values(append(d.Regions, regions(l.clusters, l.concerning(locations))...)))
	d.Regions = slices.Compact(d.Regions)
	return nil
}

// graceEnds is the end of the grace period, which there is none of where a key leaked.
func (doc *Document) graceEnds(record Record) time.Time {
	last := doc.lastChange(record)
	if record.oldLeaked() || record.newLeaked() {
		return last
	}
	return last.Add(time.Duration(doc.Settings.GracePeriod))
}

// lastChange is the last PUT or the last cluster's deployment, whichever is later.
func (doc *Document) lastChange(record Record) time.Time {
	last := record.Marks[Update].Done
	if last.IsZero() {
		last = record.Marks[Deploy].Done // a person put the new key there
	}
	for _, progress := range doc.Deployment.Clusters {
		if progress.DoneAt.After(last) {
			last = progress.DoneAt
		}
	}
	return last
}
