package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// How long to wait before the next look.
const (
	pollEvery    = time.Minute     // also after a start, while nothing is known of how long deployments take
	pollSlowly   = 5 * time.Minute // after a wave's first hour
	quickPhase   = time.Hour
	upgradeTakes = 4 * time.Hour
	afterUpdate  = time.Minute            // Qovery's reads may be that stale: an older baseline proves nothing
	betweenPosts = 250 * time.Millisecond // stays under Qovery's hourly limit, and its patience
)

// Rollout is the function of the two states that deploy clusters. It reconciles:
// each run looks at all clusters, starts what is to be started, and says when to look
// again.
//
// After a POST it always returns the document, so that what was started is not
// forgotten. A run whose document is lost all the same starts from what is seen:
// it waits for the deployments in progress, and then starts its own.
type Rollout struct {
	Guard
	Keys KeyReader
}

// Run is the step of the state: once the old key was made Inactive, a deployment is
// to be verified.
func (r Rollout) Run(ctx context.Context, call Call) (Document, error) {
	switch {
	case call.Document.Kind == Migrate:
		return MoveClusters{r}.Run(ctx, call)
	case call.Document.Deactivated.IsZero():
		return DeployClusters{r}.Run(ctx, call)
	}
	return VerifyDeployment{r}.Run(ctx, call)
}

// look is what one run of a step sees, and acts on.
type look struct {
	*claim
	organization OrganizationReader
	locations    []Location
	clusters     []Cluster // all that hang on the rotation
	oldKey       AccessKey // zero when it is gone
	keys         KeyReader
	allowed      bool      // AWS does not deny the user deployments
	started      bool      // a deployment was started by this run
	at           time.Time // before the clusters were read
}

// look looks under a claim, by the locations that list returns, and acts.
func (r Rollout) look(ctx context.Context, call Call, doc *Document,
	list func(OrganizationReader, context.Context) ([]Location, error), act func(*look) error) error {
	return r.hold(ctx, call, doc, func(c *claim) error {
		l := &look{claim: c}
		if err := r.read(ctx, l, doc, list); err != nil {
			return err
		}
		return act(l)
	})
}

// read reads what the look sees.
func (r Rollout) read(ctx context.Context, l *look, doc *Document,
	list func(OrganizationReader, context.Context) ([]Location, error)) (err error) {
	if l.organization, err = l.open(ctx, doc.Settings); err != nil {
		return err
	}
	if l.locations, err = list(l.organization, ctx); err != nil {
		return err
	}
	if err := l.requireFamiliar(l.locations); err != nil {
		return err
	}
	keys, err := r.Keys.List(ctx, l.IAMUser)
	if err != nil {
		return err
	}
	if err := l.requireNewKey(keys, l.now()); err != nil {
		return err
	}
	l.keys = r.Keys
	l.oldKey, _ = findKey(keys, l.OldKey)
	l.at = l.now()
	all, err := ClustersOf(ctx, l.organization, doc.Settings)
	if err != nil {
		return err
	}
	if l.clusters, err = l.concerned(all, l.locations, doc.Deployment.Clusters); err != nil {
		return err
	}
	if len(l.clusters) > MaxClusters {
		return tooMany(len(l.clusters))
	}
	return nil
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
			err = l.giveUp(ctx, effect, err, progress)
		}
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
	timeout := deploymentTimeout(doc.Settings, members)
	if effect == Deploy && l.oldLeaked() {
		timeout = leakedTimeout
	}
	if len(late) > 0 && l.now().Sub(startedAt) >= timeout {
		return l.giveUp(ctx, effect, fault.Errorf(fault.DeploymentTimeout, "After %s these clusters are not deployed: %s",
			target.Duration(timeout), l.describe(late)), late...)
	}
	if l.at.Before(doc.UpdatedAt.Add(afterUpdate)) {
		return nil // what is seen of the clusters may be from before the update
	}
	return l.startAll(ctx, effect, start)
}

// passLocked passes over what somebody has locked, if the old key leaked. Otherwise Preflight
// refuses while a cluster is locked.
func (l *look) passLocked(ctx context.Context, d *Deployment) error {
	if !l.oldLeaked() {
		return nil
	}
	locks, err := l.organization.Locks(ctx)
	for i := range d.Clusters {
		p := &d.Clusters[i]
		if reason, locked := locks[p.ID]; locked && !p.over() && p.PostedAt.IsZero() {
			l.passOver(ctx, fault.Errorf(fault.ClustersLocked, "It is locked: %s", reason), p)
		}
	}
	return err
}

// giveUp returns why clusters do not deploy, unless AWS denies the user what they need: then
// that is why. If the old key leaked they are passed over.
func (l *look) giveUp(ctx context.Context, effect Effect, why error, clusters ...*ClusterProgress) error {
	if err := l.requireNoQuarantine(ctx); err != nil {
		return err
	}
	if effect != Deploy || !l.oldLeaked() {
		return why
	}
	l.passOver(ctx, why, clusters...)
	return nil
}

// passOver has clusters count as broken. A key that leaked does not wait for them.
func (l *look) passOver(ctx context.Context, why error, clusters ...*ClusterProgress) {
	for _, progress := range clusters {
		progress.resolved()
		progress.Skipped = Broken
		l.guard.Log.WarnContext(ctx, "cluster passed over", "cluster", progress.ID, "error", why)
	}
}

// deploymentTimeout is the target's, and longer where a deployment may also install a
// newer Kubernetes: on a large cluster that takes hours.
func deploymentTimeout(t target.Target, members []*ClusterProgress) time.Duration {
	timeout := time.Duration(t.DeploymentTimeout)
	if slices.ContainsFunc(members, func(p *ClusterProgress) bool { return p.Upgrade }) {
		timeout = min(timeout+upgradeTakes, target.LongestTimeout)
	}
	return timeout
}

// judge notes what a look at one cluster says, and tells whether it is to be started.
func (l *look) judge(ctx context.Context, progress *ClusterProgress, maxAttempts int) (start bool, err error) {
	cluster, _ := l.cluster(progress.ID)
	if !KnownStatus(cluster.Status) {
		l.guard.Log.WarnContext(ctx, "status not known, taken as in progress", "cluster", cluster.ID, "status",
			cluster.Status)
	}
	progress.Upgrade = progress.Upgrade || cluster.Upgrade
	verdict := progress.judge(cluster, l.now())
	switch verdict {
	case waiting:
	case isDeployed:
		progress.DoneAt = l.now()
		progress.Took = target.Duration(progress.DoneAt.Sub(progress.PostedAt).Round(time.Second))
		progress.resolved()
	case passOver:
		progress.resolved()
		progress.Skipped = cluster.Status
	case startIt, failed, notObserved:
		if progress.Attempts >= maxAttempts {
			return false, l.givenUp(ctx, progress, cluster, verdict)
		}
		progress.RolledOut = progress.RolledOut || cluster.Undeployed
		return true, nil
	}
	return false, nil
}

// givenUp is the error after the last attempt.
func (l *look) givenUp(ctx context.Context, progress *ClusterProgress, cluster Cluster, verdict verdict) error {
	if verdict == notObserved {
		return fault.Errorf(fault.DeploymentNotObserved,
			"Cluster %s was told to deploy %d times, and each time nothing was seen of "+
				"it within %s: it is %s, was never seen in progress, and its last execution and date stay the same",
			progress.Name, progress.Attempts, target.Duration(observeWithin), cluster.Status)
	}
	if progress.Refused != 0 {
		return l.refusedToDeploy(ctx, progress, cluster)
	}
	problem, err := l.organization.Problem(ctx, progress.ID)
	if err != nil || problem == "" {
		problem = "its logs tell no reason"
	}
	code := fault.DeploymentFailed
	if cluster.Status == InvalidCredentials {
		code = fault.InvalidCredentials
	}
	return fault.Errorf(code, "Cluster %s is %s after %d attempts to deploy it: %s", progress.Name,
		cluster.Status,
		progress.Attempts, problem)
}

func (l *look) refusedToDeploy(ctx context.Context, progress *ClusterProgress, cluster Cluster) error {
	if err := ProveDeployments(ctx, l.organization); fault.HasCode(err, fault.DeploymentsRestricted) {
		return fault.Errorf(fault.DeploymentFailed, "Qovery refused to deploy the cluster %s. %s", progress.Name,
			fault.AsError(err).What).Advise(fault.DeploymentsRestricted.Advice().First)
	}
	err := fault.Errorf(fault.DeploymentFailed, "Qovery refused to deploy the cluster %s (%s) with status %d",
		progress.Name, cluster.Status, progress.Refused)
	if ofToken(progress.Refused) {
		return err.Advise("Check that the token may deploy the cluster")
	}
	return err.Advise("See in Qovery why the cluster can't be deployed")
}

// requireNoQuarantine is asked before anything is deployed and before a cluster is given up:
// AWS may have denied the user what deployments need since Preflight.
func (l *look) requireNoQuarantine(ctx context.Context) error {
	if l.allowed {
		return nil
	}
	err := l.claim.requireNoQuarantine(ctx, l.keys)
	l.allowed = err == nil
	return err
}

// startAll starts deployments. Once one was, or may have been, started, nothing
// is an error any more: what is left is done by the next run.
func (l *look) startAll(ctx context.Context, effect Effect, start []*ClusterProgress) error {
	if len(start) == 0 {
		return nil
	}
	if err := l.requireNoQuarantine(ctx); err != nil {
		return err
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

// nextPoll is when to look again: after a start when the slowest deployment that this
// rotation has seen would be over, but no later than a deployment must show.
func (l *look) nextPoll(doc *Document, startedAt time.Time) WaitTime {
	now := l.now()
	wait := pollSlowly
	if now.Sub(startedAt) < quickPhase {
		wait = pollEvery
	}
	switch settled := doc.UpdatedAt.Add(afterUpdate); {
	case l.started:
		wait = max(wait, min(doc.Deployment.slowest(), observeWithin))
	case l.at.Before(settled) && now.Before(settled):
		wait = settled.Sub(now)
	}
	return waitUntil(now.Add(wait), now)
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
	return words.List(list, mostListed)
}
