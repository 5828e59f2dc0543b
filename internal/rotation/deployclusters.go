package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// DeployClusters makes every cluster take up the new key, wave after wave, and
// once more deploys one, the canary, while the old key is Inactive (states
// DeployClusters and VerifyDeployment). It reconciles: each run looks at all
// clusters, starts what is to be started, and says when to look again.
//
// After a POST it always returns the document, so that what was started is not
// forgotten. A run whose document is lost all the same starts from what is seen:
// it waits for the deployments in progress, and then starts its own.
type DeployClusters struct {
	Guard
	Keys KeyReader
}

// How long to wait before the next look.
const (
	afterStart   = 5 * time.Minute // a deployment takes five to ten minutes
	pollEvery    = time.Minute
	pollSlowly   = 5 * time.Minute // after a wave's first hour
	quickPhase   = time.Hour
	afterUpdate  = time.Minute            // Qovery's reads may be that stale: an older baseline proves nothing
	betweenPosts = 250 * time.Millisecond // stays under Qovery's hourly limit, and its patience
)

// Run looks once.
func (s DeployClusters) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	doc.Deployment.Clusters = slices.Clone(doc.Deployment.Clusters)
	err := s.hold(ctx, call, &doc, func(c *claim) error {
		look, err := s.look(ctx, c, doc)
		if err != nil {
			return err
		}
		if !doc.Deactivated.IsZero() {
			return s.verify(ctx, look, &doc)
		}
		return s.deploy(ctx, look, &doc)
	})
	return doc, err
}

// look is what one run of the step sees, and acts on.
type look struct {
	*claim
	organization OrganizationReader
	locations    []Location
	clusters     []Cluster // all that hang on the rotation
	oldKey       AccessKey // zero when it is gone
	started      bool      // a deployment was started by this run
	at           time.Time // before the clusters were read
}

func (s DeployClusters) look(ctx context.Context, c *claim, doc Document) (*look, error) {
	organization, err := c.open(ctx, doc.Settings)
	if err != nil {
		return nil, err
	}
	list := organization.Credentials // says which clusters there are
	if !doc.Deactivated.IsZero() {
		list = organization.Editable // says also who may need the old key back
	}
	locations, err := list(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.requireFamiliar(locations); err != nil {
		return nil, err
	}
	keys, err := s.Keys.List(ctx, c.IAMUser)
	if err != nil {
		return nil, err
	}
	if err := c.requireNewKey(keys, c.now()); err != nil {
		return nil, err
	}
	at := c.now()
	all, err := organization.Clusters(ctx)
	if err != nil {
		return nil, err
	}
	clusters, err := c.concerned(all, locations, doc.Deployment.Clusters)
	if err != nil {
		return nil, err
	}
	if len(clusters) > MaxClusters {
		return nil,
			fault.Errorf(fault.TooManyClusters, "The credentials that hold the key serve %d clusters; %d are the limit",
				len(clusters),
				MaxClusters)
	}
	oldKey, _ := findKey(keys, c.OldKey)
	return &look{claim: c, at: at, organization: organization, locations: locations, clusters: clusters, oldKey: oldKey},
		nil
}

// deploy advances the first wave that is not over, and the next one as soon as
// it is.
func (s DeployClusters) deploy(ctx context.Context, l *look, doc *Document) error {
	d := &doc.Deployment
	l.refresh(doc)
	l.returned(doc)
	l.list(d)
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

// refresh gives fresh attempts and deadlines after a redrive.
func (l *look) refresh(doc *Document) {
	if l.call.Execution.RedriveCount == doc.RedriveCount {
		return
	}
	doc.RedriveCount = l.call.Execution.RedriveCount
	doc.Deployment.WaveStartedAt, doc.Verification.StartedAt = time.Time{}, time.Time{}
	doc.Deployment.Returns = 0
	for i := range doc.Deployment.Clusters {
		if p := &doc.Deployment.Clusters[i]; !p.over() {
			p.restart()
		}
	}
	if canary := doc.Verification.Canary; canary != nil {
		canary.restart()
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
		if progress.Skipped != "" && classOf(cluster.Status) != idle {
			progress.restart()
		}
		kept = append(kept, progress)
	}
	d.Clusters = kept
}

func (d *Deployment) unfinishedWave() int {
	for _, progress := range d.Clusters {
		if !progress.over() {
			return progress.Wave // they are listed in the order of waves
		}
	}
	return 0
}

// advance judges every cluster that is not over yet, and starts those that are
// to be started. What has failed for good is found first, so that nothing is
// started by a run that ends with an error.
func (l *look) advance(ctx context.Context, effect Effect, members []*ClusterProgress, doc *Document,
	startedAt time.Time) error {
	var start, late []*ClusterProgress
	for _, progress := range members {
		if progress.over() {
			continue
		}
		ready, err := l.judge(ctx, progress, doc.Settings.MaxDeployAttempts)
		if err != nil {
			return err
		}
		if ready {
			start = append(start, progress)
		}
		if !progress.over() {
			late = append(late, progress)
		}
	}
	if timeout := time.Duration(doc.Settings.DeploymentTimeout); len(late) > 0 && l.now().Sub(startedAt) >= timeout {
		return fault.Errorf(fault.DeploymentTimeout, "After %s these clusters are not deployed: %s",
			doc.Settings.DeploymentTimeout,
			l.describe(late))
	}
	if l.at.Before(doc.UpdatedAt.Add(afterUpdate)) {
		return nil // what is seen of the clusters may be from before the update
	}
	return l.startAll(ctx, effect, start)
}

// judge notes what a look at one cluster says, and tells whether it is to be started.
func (l *look) judge(ctx context.Context, progress *ClusterProgress, maxAttempts int) (start bool, err error) {
	cluster, _ := l.cluster(progress.ID)
	if !knownStatus(cluster.Status) {
		l.guard.Log.WarnContext(ctx, "status not known, taken as in progress", "cluster", cluster.ID, "status",
			cluster.Status)
	}
	verdict := progress.judge(cluster, l.now())
	switch verdict {
	case waiting:
	case isDeployed:
		progress.resolved()
		progress.DoneAt = l.now()
	case passOver:
		progress.resolved()
		progress.Skipped = cluster.Status
	case startIt, failed, notObserved:
		if progress.Attempts >= maxAttempts {
			return false, l.givenUp(ctx, progress, cluster, verdict)
		}
		return true, nil
	}
	return false, nil
}

// givenUp is the error after the last attempt.
func (l *look) givenUp(ctx context.Context, progress *ClusterProgress, cluster Cluster, verdict verdict) error {
	if verdict == notObserved {
		return fault.Errorf(fault.DeploymentNotObserved,
			"Cluster %s was told to deploy %d times, and each time nothing was seen of "+
				"it within %s: "+
				"it is %s, was never seen in progress, and its last execution and date stay the same",
			progress.Name, progress.Attempts, target.Duration(observeWithin), cluster.Status)
	}
	if progress.Refused != 0 {
		return fault.Errorf(fault.DeploymentFailed, "Qovery refused to deploy the cluster %s (%s) with status %d",
			progress.Name,
			cluster.Status, progress.Refused)
	}
	problem, err := l.organization.Problem(ctx, progress.ID)
	if err != nil || problem == "" {
		problem = "its logs tell no reason"
	}
	return fault.Errorf(fault.DeploymentFailed, "Cluster %s is %s after %d attempts to deploy it: %s", progress.Name,
		cluster.Status,
		progress.Attempts, problem)
}

// startAll starts deployments. Once one was, or may have been, started, nothing
// is an error any more: what is left is done by the next run.
func (l *look) startAll(ctx context.Context, effect Effect, start []*ClusterProgress) error {
	if len(start) == 0 {
		return nil
	}
	do, err := l.begin(ctx, effect, l.sawOldKey())
	if err != nil {
		return err
	}
	for _, progress := range start {
		if err := l.start(ctx, do, progress); err != nil {
			if l.started {
				l.guard.Log.WarnContext(ctx, "deployments left to the next look", "error", err)
				return nil
			}
			return err
		}
	}
	return nil
}

func (l *look) start(ctx context.Context, do *effects, progress *ClusterProgress) error {
	if l.started {
		if err := l.guard.Clock.Sleep(ctx, betweenPosts); err != nil {
			return err
		}
	}
	cluster, _ := l.cluster(progress.ID)
	err := do.deploy(ctx, progress.ID)
	var refused *Refusal
	switch {
	case fault.HasCode(err, fault.Throttled), fault.HasCode(err, fault.StepBusy):
		return err // nothing was started
	case errors.As(err, &refused):
		progress.refused(refused.Status)
		l.guard.Log.WarnContext(ctx, "deployment refused", "cluster", progress.ID, "error", err)
	default:
		progress.posted(cluster, l.now())
		l.guard.Log.InfoContext(ctx, "deployment started", "cluster", progress.ID, "attempt", progress.Attempts, "rotation",
			l.RotationID)
	}
	l.started = true
	return nil
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
			"old"); err != nil {
			return err
		}
	}
	if !l.done(Deploy) {
		if err := l.finish(ctx, Deploy, observed{howDeployed(doc.Deployment.Clusters...), l.sawOldKey()}); err != nil {
			return err
		}
	}
	d := &doc.Deployment
	d.Next = GoOn
	if l.oldKey.ID == "" {
		d.Next = OldKeyGone
	}
	doc.GraceEndsAt = waitUntil(doc.graceEnds(l.Record), l.now())
	// Preflight has proved its own; what has come since is searched, too.
	d.Regions = slices.Sorted(slices.Values(append(d.Regions, regions(l.clusters, l.concerning(locations))...)))
	d.Regions = slices.Compact(d.Regions)
	return nil
}

// sawOldKey is what this run saw of the old key.
func (l *look) sawOldKey() KeyStatus {
	if l.oldKey.ID == "" {
		return Gone
	}
	return l.oldKey.Status
}

// howDeployed tells whether any of the clusters was deployed: where none runs,
// nothing was.
func howDeployed(clusters ...ClusterProgress) How {
	if slices.ContainsFunc(clusters, func(p ClusterProgress) bool { return !p.DoneAt.IsZero() }) {
		return Did
	}
	return NotNeeded
}

// graceEnds is the end of the grace period: counted from the last PUT or the
// last cluster's deployment, whichever is later.
func (doc *Document) graceEnds(record Record) time.Time {
	last := record.Marks[Update].Done
	if last.IsZero() {
		last = record.Marks[Deploy].Done // a person put the new key there
	}
	for _, progress := range doc.Deployment.Clusters {
		if progress.DoneAt.After(last) {
			last = progress.DoneAt
		}
	}
	return last.Add(time.Duration(doc.Settings.GracePeriod))
}

// nextPoll is when to look again.
func (l *look) nextPoll(doc *Document, startedAt time.Time) WaitTime {
	now := l.now()
	next := now.Add(pollSlowly)
	switch settled := doc.UpdatedAt.Add(afterUpdate); {
	case l.started:
		next = now.Add(afterStart)
	case l.at.Before(settled) && now.Before(settled):
		next = settled
	case now.Sub(startedAt) < quickPhase:
		next = now.Add(pollEvery)
	}
	return waitUntil(next, now)
}

func (l *look) cluster(id string) (Cluster, bool) {
	for _, cluster := range l.clusters {
		if cluster.ID == id {
			return cluster, true
		}
	}
	return Cluster{}, false
}

func (l *look) describe(members []*ClusterProgress) string {
	var list []string
	for _, progress := range members {
		cluster, _ := l.cluster(progress.ID)
		list = append(list, progress.unfinished(cluster))
	}
	return enumerate(list)
}
