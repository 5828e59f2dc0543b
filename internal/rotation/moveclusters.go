package rotation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// MoveClusters points clusters at role credentials and deploys them, wave after wave, with
// a soak after each. A cluster that doesn't deploy with the role is pointed back, and so
// is every one when the migration is aborted. What is where, the journal knows; the
// document has only what is seen of the deployments.
type MoveClusters struct{ Rollout }

// Run looks once. The credentials say which clusters there are.
func (s MoveClusters) Run(ctx context.Context, call Call) (Document, error) {
	doc := call.Document
	doc.Deployment.Clusters = slices.Clone(doc.Deployment.Clusters)
	err := s.look(ctx, call, &doc, OrganizationReader.Credentials, func(l *look) error {
		return (&mover{look: l, doc: &doc, d: &doc.Deployment}).run(ctx)
	})
	return doc, err
}

// mover is a look at the clusters of a migration.
type mover struct {
	*look
	doc   *Document
	d     *Deployment
	again time.Time // when to look again, if not as a rule
}

const (
	// firstWave is the one cluster that is moved before all others; the waves of a rotation
	// follow it.
	firstWave = 1
	// moveTakes is how long it takes at most to point a cluster and to begin its deployment.
	// A function that has less time left leaves that to the next one.
	moveTakes = 100 * time.Second
	hurry     = 10 * time.Second // to look again at a cluster that is pointed and not deployed
	readEvery = 5 * time.Second
	readFor   = 30 * time.Second
	// soakLooks is how often a soak is looked at.
	soakLooks = 12
)

func (m *mover) run(ctx context.Context) error {
	m.refresh(m.doc)
	m.list()
	m.d.Next = PollAgain
	err := m.followAll(ctx)
	if err == nil {
		err = m.next(ctx)
	}
	if m.started && err != nil {
		m.guard.Log.WarnContext(ctx, "left to the next look", "error", err)
		m.soon(m.now().Add(hurry))
		err = nil
	}
	m.d.NextPollAt = m.pollAt()
	return err
}

// list keeps the progress in step with the clusters there are.
func (m *mover) list() {
	var kept []ClusterProgress
	for _, cluster := range m.clusters {
		progress, move := newProgress(cluster), m.move(cluster.ID)
		i := slices.IndexFunc(m.d.Clusters, func(p ClusterProgress) bool { return p.ID == cluster.ID })
		if i >= 0 && !move.returned() {
			progress = m.d.Clusters[i]
		}
		progress.Wave, progress.Skipped = m.wave(cluster), ""
		if progress.DoneAt = move.Done; !move.moved() {
			progress.DoneAt = time.Time{}
		}
		if move.Begun.IsZero() && cluster.PassedOver() && m.pointsAt(cluster.ID).ID == m.Migration.To.ID {
			progress.Skipped = OnRole
		}
		kept = append(kept, progress)
	}
	m.d.Clusters = kept
}

func (m *mover) wave(c Cluster) int {
	if c.ID == m.Migration.First {
		return firstWave
	}
	return firstWave + waveOf(c)
}

// pointsAt is what the list of the credentials says that the cluster points at.
func (m *mover) pointsAt(id string) Location {
	for _, l := range m.locations {
		if slices.Contains(l.Clusters, id) {
			return l
		}
	}
	return Location{}
}

func (m *mover) pollAt() WaitTime {
	if m.again.IsZero() {
		return m.nextPoll(m.doc, m.d.WaveStartedAt)
	}
	return waitUntil(m.again, m.now())
}

func (m *mover) soon(at time.Time) {
	if m.again.IsZero() || at.Before(m.again) {
		m.again = at
	}
}

// those are the progresses of the clusters whose move is so.
func (m *mover) those(are func(Move) bool) (those []*ClusterProgress) {
	for i := range m.d.Clusters {
		if are(m.move(m.d.Clusters[i].ID)) {
			those = append(those, &m.d.Clusters[i])
		}
	}
	return those
}

// followAll looks at every cluster that is under way, also where one gives an error.
func (m *mover) followAll(ctx context.Context) error {
	var first error
	for _, progress := range m.those(Move.underWay) {
		if err := m.follow(ctx, progress); err != nil && first == nil {
			first = err
		}
	}
	under := m.those(Move.underWay)
	switch {
	case len(under) == 0:
	case m.d.WaveStartedAt.IsZero():
		m.d.WaveStartedAt = m.now()
	case first == nil && m.now().Sub(m.d.WaveStartedAt) >= deploymentTimeout(m.doc.Settings, under):
		first = fault.Errorf(fault.DeploymentTimeout, "These clusters are pointed at other credentials and not deployed: %s",
			m.describe(under))
	}
	return first
}

// follow looks at a cluster that was pointed, or was to be.
func (m *mover) follow(ctx context.Context, progress *ClusterProgress) error {
	move := m.move(progress.ID)
	cluster, _ := m.cluster(progress.ID)
	if m.doc.Abort && !move.returning() && !move.stays() {
		if classOf(cluster.Status) == inProgress {
			return nil
		}
		return m.turnBack(ctx, progress, "")
	}
	start, err := m.judge(ctx, progress, m.doc.Settings.MaxDeployAttempts)
	switch {
	case err != nil && move.returning() && m.oldKey.ID == "":
		return m.noWayBack(fault.AsError(err).What).Advise(words.Textf("Put another key of the user into "+
			"the credentials %s in Qovery, deploy the cluster there, and close this migration with 'rotate release'",
			move.From.Name))
	case err != nil && move.returning():
		return cmp.Or(m.requireNoQuarantine(ctx), err)
	case err != nil && !refusesDeployment(err):
		return err
	case err != nil:
		return m.turnBack(ctx, progress, fault.AsError(err).What)
	case progress.Skipped != "" && !move.returning():
		return m.turnBack(ctx, progress, words.Textf("Cluster %s is %s", progress.Name, cluster.Status))
	case start || progress.Skipped != "":
		return m.carryOut(ctx, progress)
	case !progress.DoneAt.IsZero():
		return m.confirm(ctx, progress)
	}
	return nil
}

// refusesDeployment tells errors on the cluster's deployment from those on the way to
// learning of it.
func refusesDeployment(err error) bool {
	return fault.HasCode(err, fault.DeploymentFailed) || fault.HasCode(err, fault.DeploymentNotObserved) ||
		fault.HasCode(err, fault.InvalidCredentials)
}

// confirm requires that the cluster, which was deployed, still points at what it was
// pointed at.
func (m *mover) confirm(ctx context.Context, progress *ClusterProgress) error {
	move := m.move(progress.ID)
	want := m.destination(move)
	at, err := m.organization.PointsAt(ctx, progress.ID)
	if err != nil {
		return err
	}
	if at.ID != want.ID {
		return fault.Errorf(fault.ClusterNotMovable, "Cluster %s was pointed at the credentials %s and deployed, and points "+
			"at %s", progress.Name, want.Name, at.Name)
	}
	if move.returning() {
		move.BackDone = m.now()
	} else {
		move.Done = m.now()
	}
	return m.note(ctx, progress.ID, move)
}

func (m *mover) destination(move Move) LocationRef {
	if move.returning() {
		return move.From
	}
	return m.Migration.To
}

// note writes what became of a cluster's move.
func (m *mover) note(ctx context.Context, id string, move Move) error {
	return m.mark(ctx, func(r *Record) { r.setMove(id, move) })
}

// turnBack has a cluster take the way back, from now on.
func (m *mover) turnBack(ctx context.Context, progress *ClusterProgress, why words.Text) error {
	move := m.move(progress.ID)
	switch {
	case move.stays():
		return fault.Errorf(fault.DeploymentFailed, "%s", words.Sentences(why,
			"It isn't moved back, for someone had pointed it at the role's credentials"))
	case m.oldKey.ID == "":
		return m.noWayBack(why).Advise("Put the role and the cluster right, and deploy it in Qovery")
	case m.oldKey.Status != Active:
		return fault.Errorf(fault.OldKeyInactive, "%s", words.Sentences(why,
			words.Textf("Cluster %s is to be moved back, and the key %s isn't Active", progress.Name, m.OldKey)))
	}
	if !move.Deploying.IsZero() { // the way back deploys it with the key
		if err := m.requireNoQuarantine(ctx); err != nil {
			return err
		}
	}
	move.BackBegun, move.Failed = m.now(), why.String()
	if err := m.note(ctx, progress.ID, move); err != nil {
		return err
	}
	m.guard.Log.WarnContext(ctx, "cluster is moved back", "cluster", progress.ID, "why", why, "rotation", m.RotationID)
	progress.restart()
	m.d.WaveStartedAt = m.now()
	return m.carryOut(ctx, progress)
}

func (m *mover) noWayBack(why words.Text) *fault.Error {
	return fault.Errorf(fault.DeploymentFailed, "%s", words.Sentences(why, "There is no way back for it, for the key "+
		m.OldKey.Text()+" is deleted"))
}

// carryOut points a cluster and deploys it, under one lease: in between, deployments of
// its applications can fail.
func (m *mover) carryOut(ctx context.Context, progress *ClusterProgress) error {
	move := m.move(progress.ID)
	settled := move.Unanswered.Add(Settling)
	switch now := m.now(); {
	case move.returning() && now.Before(settled):
		m.soon(now.Add(pollEvery))
		return nil
	case m.call.Deadline.Sub(now) < moveTakes:
		m.soon(now.Add(hurry))
		return nil
	}
	return m.point(ctx, progress, move)
}

// point sends the request, and the one that follows it.
func (m *mover) point(ctx context.Context, progress *ClusterProgress, before Move) error {
	move := before
	move.Unanswered = m.now()
	if !move.returning() && move.Deploying.IsZero() {
		move.Deploying = m.now()
	}
	do, err := m.noting(ctx, func(r *Record) {
		r.setMove(progress.ID, move)
		r.Marks[Deploy] = r.Marks[Deploy].again(m.now(), m.sawOldKey())
	})
	if err != nil {
		return err
	}
	if !move.stays() {
		err = do.point(ctx, progress.ID, m.destination(move))
	}
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		return m.pointRefused(ctx, progress, before, refused)
	case err != nil:
		return err // the next one sends it again: it may have had its effect
	}
	m.guard.Log.InfoContext(ctx, "cluster pointed", "cluster", progress.ID, "at", m.destination(move).ID, "rotation",
		m.RotationID)
	move.Unanswered = before.Unanswered
	if err := m.note(ctx, progress.ID, move); err != nil {
		return err
	}
	return m.deploy(ctx, do, progress, before)
}

// pointRefused: Qovery has not changed the cluster.
func (m *mover) pointRefused(ctx context.Context, progress *ClusterProgress, before Move, refused *Refusal) error {
	what := fault.Errorf(fault.DeploymentFailed, "Qovery refused to point the cluster %s at the credentials %s: %v",
		progress.Name, m.destination(before).Name, refused)
	if ofToken(refused.Status) {
		what.Advise("Check that the token may change which credentials the cluster uses")
	}
	if before.returning() {
		if err := m.note(ctx, progress.ID, before); err != nil {
			return err
		}
		return what
	}
	before.BackBegun, before.Failed = m.now(), what.What.String()
	if before.Deploying.IsZero() && before.Unanswered.IsZero() { // so it is what it was
		before.BackDone = m.now()
	}
	return m.note(ctx, progress.ID, before)
}

// deploy deploys a cluster that was just pointed. One that points back at what it was
// last deployed with, or that does not run, needs none.
func (m *mover) deploy(ctx context.Context, do *effects, progress *ClusterProgress, before Move) error {
	cluster, _ := m.cluster(progress.ID)
	move := m.move(progress.ID)
	if move.returning() && (move.Deploying.IsZero() || cluster.PassedOver()) {
		move.BackDone = m.now()
		return m.note(ctx, progress.ID, move)
	}
	if err := m.readBack(ctx, progress.ID, m.destination(move)); err != nil {
		m.guard.Log.WarnContext(ctx, "pointing not read back", "cluster", progress.ID, "error", err)
	}
	if err := m.start(ctx, do, progress); err != nil {
		return err
	}
	if progress.Refused == 0 || move.returning() {
		return nil
	}
	move.Deploying = before.Deploying
	if err := m.note(ctx, progress.ID, move); err != nil {
		return err
	}
	return m.turnBack(ctx, progress, fault.AsError(m.refusedToDeploy(ctx, progress, cluster)).What)
}

// readBack waits for what was sent to show. It was answered, and the cluster is deployed
// whether it shows or not: reads may be a minute stale, and the longer the cluster is not
// deployed, the more deployments of its applications can fail.
func (m *mover) readBack(ctx context.Context, id string, want LocationRef) error {
	for end := m.now().Add(readFor); ; {
		at, err := m.organization.PointsAt(ctx, id)
		if err != nil || at.ID == want.ID || !m.now().Before(end) {
			return err
		}
		if err := m.guard.Clock.Sleep(ctx, readEvery); err != nil {
			return err
		}
	}
}

// next begins what is to begin, if anything is.
func (m *mover) next(ctx context.Context) error {
	var failed []string
	for _, progress := range m.those(func(move Move) bool { return move.Failed != "" }) {
		failed = append(failed, m.move(progress.ID).Failed)
	}
	under := len(m.those(Move.underWay)) > 0
	switch {
	case m.doc.Abort:
		return m.bringBack(ctx)
	case under:
		return nil
	case len(failed) > 0:
		m.endFailed(failed)
		return nil
	}
	if err := m.requireMoved(ctx); err != nil {
		return err
	}
	if broken := m.broken(); len(broken) > 0 {
		cluster, _ := m.cluster(broken[0].ID)
		return m.turnBack(ctx, broken[0], words.Textf("Cluster %s is %s with the role", cluster.Name, cluster.Status))
	}
	return m.advanceWave(ctx)
}

// broken are the moved clusters of which something has failed since.
func (m *mover) broken() []*ClusterProgress {
	return slices.DeleteFunc(m.those(Move.moved), func(p *ClusterProgress) bool {
		cluster, _ := m.cluster(p.ID)
		return classOf(cluster.Status) != failing
	})
}

// endFailed ends a migration of which a cluster was moved back.
func (m *mover) endFailed(failed []string) {
	m.end(fault.Errorf(fault.DeploymentFailed, "%s", words.Sentences(strings.Join(failed, ". "), "It was moved back")))
}

// end ends it paused.
func (m *mover) end(why *fault.Error) {
	m.list()
	m.doc.Error = m.caught(why)
	m.d.Next = MovedBack
}

// bringBack aborts: the first cluster alone, and then the others.
func (m *mover) bringBack(ctx context.Context) error {
	moved := m.those(func(move Move) bool { return move.moved() && !move.stays() })
	anyBack := len(m.those(Move.returned)) > 0
	switch {
	case len(m.those(Move.returning)) > 0 && !anyBack:
		return nil
	case len(moved) == 0 && len(m.those(Move.underWay)) == 0:
		m.end(fault.Errorf(fault.AbortRequested, "%s was aborted on request", m.title()))
		return nil
	}
	locks, err := m.organization.Locks(ctx)
	if err != nil {
		return err
	}
	var busy []*ClusterProgress
	for _, progress := range moved {
		if reason, locked := locks[progress.ID]; locked {
			return fault.Errorf(fault.ClustersLocked, "Cluster %s is to be moved back, and is locked: %s", progress.Name, reason)
		}
		if cluster, _ := m.cluster(progress.ID); classOf(cluster.Status) == inProgress {
			busy = append(busy, progress)
			continue
		}
		if err := m.turnBack(ctx, progress, ""); err != nil || !anyBack {
			return err
		}
	}
	if len(busy) == 0 {
		return nil
	}
	return m.waitForRest(busy)
}

// waitForRest gives clusters as long as a deployment may take.
func (m *mover) waitForRest(clusters []*ClusterProgress) error {
	if m.d.WaveStartedAt.IsZero() {
		m.d.WaveStartedAt = m.now()
	}
	if m.now().Sub(m.d.WaveStartedAt) >= deploymentTimeout(m.doc.Settings, clusters) {
		return fault.Errorf(fault.DeploymentTimeout, "These clusters are not at rest: %s", m.describe(clusters))
	}
	m.soon(m.now().Add(pollSlowly))
	return nil
}

// requireMoved: nobody has pointed a cluster elsewhere since it was moved.
func (m *mover) requireMoved(ctx context.Context) error {
	for _, progress := range m.those(Move.moved) {
		if m.pointsAt(progress.ID).ID == m.Migration.To.ID || m.now().Sub(progress.DoneAt) < afterUpdate {
			continue
		}
		at, err := m.organization.PointsAt(ctx, progress.ID)
		if err != nil {
			return err
		}
		if at.ID != m.Migration.To.ID {
			return fault.Errorf(fault.ClusterNotMovable, "Someone has pointed the cluster %s, which was moved, at the "+
				"credentials %s", progress.Name, at.Name).Advise("Find out why")
		}
	}
	return nil
}

// advanceWave begins the next wave, once the one before has soaked.
func (m *mover) advanceWave(ctx context.Context) error {
	pending := m.pending()
	soaked := m.doc.SoakEnds()
	if now := m.now(); now.Before(soaked) {
		m.d.WaveStartedAt = time.Time{}
		soak := time.Duration(m.doc.Settings.ObservationPeriod)
		m.soon(soaked)
		m.soon(now.Add(max(pollSlowly, soak/soakLooks)))
		return nil
	}
	if len(pending) == 0 {
		return m.finishMoves(ctx)
	}
	wave := slices.MinFunc(pending, func(a, b *ClusterProgress) int { return a.Wave - b.Wave }).Wave
	members := slices.DeleteFunc(pending, func(p *ClusterProgress) bool { return p.Wave != wave })
	if m.d.Wave != wave || m.d.WaveStartedAt.IsZero() {
		m.d.Wave, m.d.WaveStartedAt = wave, m.now()
	}
	switch ready, err := m.ready(ctx, members); {
	case err != nil:
		return err
	case !ready:
		return m.waitForRest(members)
	}
	if err := m.requireHealthy(ctx); err != nil {
		return err
	}
	m.d.WaveStartedAt = m.now()
	for _, progress := range members {
		move := Move{Name: progress.Name, From: m.pointsAt(progress.ID).LocationRef, Begun: m.now()}
		if move.From.ID == m.Migration.To.ID {
			move.From = LocationRef{}
		}
		if err := m.beginMove(ctx, progress, move); err != nil {
			return err
		}
	}
	return nil
}

// beginMove begins one cluster's move, if there is time for it.
func (m *mover) beginMove(ctx context.Context, progress *ClusterProgress, move Move) error {
	if m.call.Deadline.Sub(m.now()) < moveTakes {
		m.soon(m.now().Add(hurry))
		return nil
	}
	if err := m.note(ctx, progress.ID, move); err != nil {
		return err
	}
	return m.carryOut(ctx, progress)
}

// pending are the clusters that point at credentials to move from, and those that
// someone has pointed at the role: nothing proves that they are deployed with it.
func (m *mover) pending() (pending []*ClusterProgress) {
	for i := range m.d.Clusters {
		p := &m.d.Clusters[i]
		at, move := m.pointsAt(p.ID), m.move(p.ID)
		onRole := at.ID == m.Migration.To.ID && move.Begun.IsZero() && p.Skipped == ""
		if !move.moved() && m.movesFrom(at) || onRole {
			pending = append(pending, p)
		}
	}
	return pending
}

// ready: every cluster is at rest, healthy and unlocked, no freeze is on, and the way back
// is open.
func (m *mover) ready(ctx context.Context, members []*ClusterProgress) (bool, error) {
	if err := m.requireNoQuarantine(ctx); err != nil {
		return false, err
	}
	freeze, err := m.guard.frozen(ctx, m.doc.Settings, m.now(), "No cluster may be moved")
	if err != nil {
		return false, err
	}
	if freeze != nil {
		return false, freeze
	}
	locks, err := m.organization.Locks(ctx)
	if err != nil {
		return false, err
	}
	var clusters []Cluster
	for _, progress := range members {
		cluster, _ := m.cluster(progress.ID)
		if cluster.Status == InvalidCredentials && m.oldKey.Status != Active {
			cluster.Status = "CANCELED" // what AWS refuses is that key: the role is its cure
		}
		clusters = append(clusters, cluster)
	}
	if refusal := checkMovable(clusters, locks, new(PlanReport)); refusal != nil {
		if refusal.Code == fault.ClustersBusy {
			return false, nil
		}
		return false, refusal
	}
	return true, nil
}

// finishMoves ends a migration: every cluster is asked for itself what it points at.
func (m *mover) finishMoves(ctx context.Context) error {
	if len(m.Migration.Given) == 0 { // from then on there is no way back
		if err := m.requireHealthy(ctx); err != nil {
			return err
		}
	}
	var elsewhere []string
	for _, progress := range m.d.Clusters {
		at, err := m.organization.PointsAt(ctx, progress.ID)
		if err != nil {
			return err
		}
		if m.isOld(at) {
			elsewhere = append(elsewhere, progress.Name+" ("+at.Name+")")
		}
	}
	if len(elsewhere) > 0 {
		return fault.Errorf(fault.ClusterNotMovable, "By their own settings clusters still point at credentials that hold "+
			"the key: %s", words.List(elsewhere, mostListed))
	}
	if !m.done(Deploy) {
		if err := m.finish(ctx, Deploy, observed{howDeployed(m.d.Clusters...), m.sawOldKey()}); err != nil {
			return err
		}
	}
	shown, err := m.giveRoles(ctx)
	if err == nil && shown {
		m.d.Next = AllMoved
	}
	return err
}

// isOld: no cluster is to be left there.
func (m *mover) isOld(at LocationRef) bool {
	return slices.ContainsFunc(m.locations, func(l Location) bool { return l.ID == at.ID && m.movesFrom(l) })
}
