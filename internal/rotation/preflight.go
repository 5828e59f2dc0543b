package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Preflight loads the target, looks at IAM, Qovery and the journal, decides the
// plan, and takes the lock. It closes the record of a rotation that came to
// nothing, and has no other effect.
type Preflight struct {
	Guard
	Needs
	Targets    Targets
	Keys       KeyReader
	Qovery     QoveryReader
	Executions Executions
	NewID      func() string // a random id for a new rotation
	AgeLimit   time.Duration // at which a key is too old
}

// lookAgain is how often Preflight decides anew when the journal changes under it.
const lookAgain = 3

// Run decides what this execution does.
func (p Preflight) Run(ctx context.Context, call Call) (Document, error) {
	input, err := target.ParseInput(call.Execution.Input)
	if err != nil {
		return Document{}, err
	}
	target, err := p.Targets.Target(ctx, input.Target)
	if err != nil {
		return Document{}, err
	}
	if target, err = input.Apply(target); err != nil {
		return Document{}, err
	}
	doc := Document{
		Target: target.Name, Settings: target, Abort: input.Abort, UnheldAt: call.Document.UnheldAt,
		RedriveCount: call.Execution.RedriveCount, Summaries: call.Document.Summaries,
	}
	now := p.Clock.Now()
	if call.EnteredTime.After(now) { // a clock that is behind would have it wait again and again
		now = call.EnteredTime
	}
	if input.NotBefore.Sub(now) > clocksApart {
		return await(doc, input.NotBefore, now)
	}
	for range lookAgain {
		decided, err := p.decide(ctx, call, doc, input)
		switch {
		case errors.Is(err, ErrConflict):
		case err != nil && !doc.Abort:
			refused := *fault.AsError(err)
			return decided, refused.Of(again[kindOf(input)])
		default:
			return decided, err
		}
	}
	return Document{}, fault.Errorf(fault.StepBusy, "The journal's record of %s keeps changing", target.Name)
}

const (
	// clocksApart is how far the clocks of Step Functions and of a function may be apart:
	// a wait that is over by the one may not be by the other.
	clocksApart = 2 * time.Minute
	longestWait = 25 * time.Hour // for the next time of day of a schedule
)

// await has the state machine wait until the execution may begin. Nothing is held.
func await(doc Document, until, now time.Time) (Document, error) {
	if until.Sub(now) > longestWait {
		return Document{}, fault.Errorf(fault.InvalidInput, "notBefore %s is more than a day ahead",
			words.Time(until, time.RFC3339))
	}
	doc.Plan = PlanReport{Action: ActionAwait, Reason: "begins at " + words.At(until)}
	doc.NotBefore = WaitTime{until}
	return doc, nil
}

// decide looks once, and does what the plan says of the journal. ErrConflict
// means that the journal changed since the look.
func (p Preflight) decide(ctx context.Context, call Call, doc Document, input target.Input) (Document, error) {
	record, guard, err := p.load(ctx, doc.Settings.IAMUserName, call.EnteredTime)
	if err != nil {
		return Document{}, err
	}
	p.Guard = guard
	situation, err := p.look(ctx, call, doc, record)
	if err != nil {
		return Document{}, err
	}
	situation.Scheduled = input.Scheduled
	if situation.CameFor, err = ParseKeyID(input.Key); err != nil {
		return Document{}, fault.Errorf(fault.InvalidInput, "The execution's input has under \"key\" %v", err)
	}
	if situation.Retire, err = ParseKeyID(input.Retire); err != nil {
		return Document{}, fault.Errorf(fault.InvalidInput, "The execution's input has under \"retire\" %v", err)
	}
	situation.MigrateTo, situation.First, situation.Account = input.MigrateTo, input.First, doc.Settings.Account
	if situation.Leaked, situation.Named, err = p.leaks(ctx, call, input, record); err != nil {
		return Document{}, err
	}
	if record != nil {
		record.Leaked = situation.Leaked
	}
	if situation.retiresLeaked() {
		situation.Retire = record.OldKey
	}
	situation.DueAt = doc.Settings.DueAt(p.AgeLimit)
	var organization OrganizationReader
	if !doc.Abort {
		organization, err = p.lookAtQovery(ctx, &doc, &situation)
		switch {
		case input.DryRun && (fault.HasCode(err, fault.UnreadableKeyID) || fault.HasCode(err, fault.RegionNotSearchable)):
			return report(doc, Decision{Refusal: fault.AsError(err)}, situation), nil
		case err != nil:
			return Document{}, err
		}
	}
	situation.Unheld = situation.Unheld || input.DryRun // which looks once
	decision := Decide(situation)
	doc.Plan = PlanReport{Action: decision.Action, Reason: decision.Reason}
	open := situation.Record
	if decision.CloseRecord {
		situation.Record = nil
	}
	if decision.Refusal == nil {
		if decision.Refusal, err = p.lookAhead(ctx, organization, &situation, &doc); err != nil {
			return Document{}, err
		}
	}
	if decision.Refusal != nil && len(situation.Leaked) > 0 {
		decision.Refusal.Urgent = true
	}
	if input.DryRun {
		if err := p.lookAtClusters(ctx, organization, situation, decision.Action, &doc); err != nil {
			return Document{}, err
		}
		err := p.lookInVariables(ctx, &doc, situation)
		return report(doc, decision, situation), err
	}
	if decision.Action == ActionNotDue {
		return doc, nil
	}
	if decision.CloseRecord {
		if err := p.closeOver(ctx, *open, call, Discarded); err != nil {
			return Document{}, err
		}
	}
	if decision.Refusal != nil {
		return Document{}, refusal(decision.Refusal, situation.Record)
	}
	if decision.Action == ActionAwait {
		doc.UnheldAt, doc.NotBefore = situation.Now, WaitTime{situation.Now.Add(unheldFor)}
		return doc, nil
	}
	return p.take(ctx, call, doc, situation)
}

// look reads what IAM and Step Functions tell. An abort needs no more: it must also
// bring the old key back while Qovery is down.
func (p Preflight) look(ctx context.Context, call Call, doc Document, record *Record) (Situation, error) {
	user := doc.Settings.IAMUserName
	s := Situation{
		Execution: call.Execution.ARN, Abort: doc.Abort, IAMUser: user, HandledElsewhere: doc.Settings.HandledElsewhere,
		LastUses: map[KeyID]Use{}, Record: record,
	}
	// Of this execution it is known that it runs. That it can be asked for is what
	// the next one needs, should this one be interrupted.
	owner := call.Execution.ARN
	if s.Record != nil {
		owner = s.Record.Owner
	}
	var err error
	if s.Owner, err = p.Executions.State(ctx, owner); err != nil {
		return s, err
	}
	s.Now = p.now()
	s.Keys, err = p.Keys.List(ctx, user)
	return s, err
}

// lookAtQovery reads the rest of what the plan depends on.
func (p Preflight) lookAtQovery(ctx context.Context, doc *Document, s *Situation) (OrganizationReader, error) {
	user := s.IAMUser
	var err error
	if len(s.Leaked) == 0 { // which no freeze delays
		if s.Frozen, err = p.frozen(ctx, doc.Settings, s.Now, "No rotation may begin"); err != nil {
			return nil, err
		}
	}
	organization, err := p.Qovery.Open(ctx, doc.Settings)
	if err != nil {
		return nil, err
	}
	if s.Record != nil {
		organization = ofRecord{organization, s.Record}
	}
	if s.Record != nil && s.Record.NewKey != "" {
		if s.Staged, err = p.Staging.Has(ctx, s.Record.NewKey); err != nil {
			return nil, err
		}
	}
	if len(s.Keys) > 1 && doc.justCompleted(p.now()) {
		return nil,
			fault.Errorf(fault.IAMSettling,
				"This execution has just deleted the old key of the IAM user %s, and IAM's lists lag", user)
	}
	for _, key := range s.unclear() {
		if s.LastUses[key.ID], err = p.Usage.LastUse(ctx, user, key.ID); err != nil {
			return nil, err
		}
	}
	list := OrganizationReader.Editable
	if s.Retire != "" || s.MigrateTo != "" {
		list = OrganizationReader.Locations
	}
	s.Locations, err = list(organization, ctx)
	s.Now, s.To = p.now(), findCredentials(s.Locations, s.MigrateTo)
	if err == nil && s.Retire != "" {
		err = p.lookAtKey(ctx, organization, doc, s)
	}
	return organization, err
}

// unclear are the keys whose last use matters to the plan.
func (s *Situation) unclear() []AccessKey {
	switch {
	case s.Record != nil && s.Record.Kind == Rotate:
		return s.Record.further(s.Keys)
	case len(s.Keys) > 1:
		return s.Keys
	}
	return nil
}

// justCompleted: this execution has completed a rotation, and begins the one
// that is due.
func (doc *Document) justCompleted(now time.Time) bool {
	last := len(doc.Summaries) - 1
	return last >= 0 && now.Sub(doc.Summaries[last].CompletedAt) < Settling
}

// refusal is the decision's error; where a record is open it is paused, not unchanged.
func refusal(err *fault.Error, record *Record) *fault.Error {
	refused := *err
	if record != nil {
		refused.InPlace = cmp.Or(refused.InPlace, record.inPlace())
		notOurs := refused.Code == fault.RotationInProgress || refused.Code == fault.OtherKindOpen
		if refused.Class == fault.Unchanged && !notOurs {
			refused.Class = fault.Paused
		}
	}
	return &refused
}

// take makes the record this execution's own: opens it, takes it over, or finds
// that it has it already.
func (p Preflight) take(ctx context.Context, call Call, doc Document, s Situation) (Document, error) {
	record := Record{
		IAMUser: s.IAMUser, Target: doc.Target, Kind: s.kind(), RotationID: p.NewID(), TakenAt: s.Now,
		Owner: call.Execution.ARN, Fence: 1, OldKey: s.oldKey(), KnownKeys: IDsOf(s.Keys),
		Marks: map[Effect]Mark{}, Leaked: s.Leaked, Migration: s.newMigration(),
	}
	write := true
	if s.Record != nil {
		record, write = s.Record.Clone(), !s.own() || doc.Plan.Action == ActionCreate
		if !s.own() {
			record.Owner, record.Lease = call.Execution.ARN, Lease{}
			record.Fence++
		}
	}
	if record.Migration != nil && !s.Abort {
		record.Migration.takeUp(s.Locations, record.OldKey)
	}
	if s.Record == nil && s.MigrateTo != "" {
		record.Locations = append(refs(ofAWS(holders(s.Locations, record.OldKey))), s.To.LocationRef)
	}
	if doc.Plan.Action == ActionCreate && record.NewKey == "" {
		record.Locations = refs(holders(rotated(s.Locations, s.HandledElsewhere), record.OldKey))
	}
	if write {
		if err := p.store(ctx, &record); err != nil {
			return Document{}, err
		}
		p.Log.InfoContext(ctx, "record taken", "rotation", record.RotationID, "fence", record.Fence, "plan",
			string(doc.Plan.Action), "reason", doc.Plan.Reason)
	}
	doc.RotationID, doc.TakenAt, doc.Fence, doc.Kind = record.RotationID, record.TakenAt, record.Fence, record.Kind
	doc.Plan.Clusters, doc.Plan.Skipped, doc.Plan.Locations = nil, nil, nil // DeployClusters lists them afresh
	doc.OldKey, doc.CarriedOn = record.OldKey.String(), record.Fence > 1
	doc.OldKeyMade = createdAt(s.Keys, record.OldKey)
	if record.NewKey != "" {
		doc.NewKey = record.NewKey.String()
	}
	doc.UpdatedAt, doc.Marks, doc.Leaked = record.Marks[Update].Done, record.Marks, record.Leaked.shown()
	if doc.Plan.Action == ActionDeploy && doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = s.Now // a person put the new key there, and may just have done so
	}
	if doc.Plan.Action == ActionAbort || doc.Plan.Action == ActionMoveBack {
		doc.Error = record.caught(fault.Errorf(fault.AbortRequested, "%s was aborted on request", record.title()))
	}
	return doc, nil
}

// report is the answer to a dry run: the plan, and what would make it wait or refuse.
func report(doc Document, decision Decision, s Situation) Document {
	doc.Plan.Action, doc.Plan.Would = ActionDryRun, decision.Action
	if decision.Refusal != nil {
		err := refusal(decision.Refusal, s.Record).Of(again[s.kind()])
		said := err.Said()
		doc.Plan.Would, doc.Plan.Refused, doc.Plan.Advice = "", string(err.Code), said.Advice
		doc.Plan.Because = words.Sentences(said.What, said.InPlace)
	}
	doc.Kind, doc.Leaked = s.kind(), s.Leaked.shown()
	if old := s.oldKey(); old != "" {
		doc.OldKey, doc.OldKeyMade = old.String(), createdAt(s.Keys, old)
		if s.MigrateTo == "" {
			doc.Plan.Locations = refs(holders(s.Locations, old))
		}
	}
	return doc
}

// IDsOf are the ids of keys.
func IDsOf(keys []AccessKey) []KeyID {
	var ids []KeyID
	for _, key := range keys {
		ids = append(ids, key.ID)
	}
	return ids
}

func refs(locations []Location) []LocationRef {
	var list []LocationRef
	for _, location := range locations {
		list = append(list, location.LocationRef)
	}
	return list
}

// MaxClusters is how many clusters one target may have: the document must carry
// the progress of each.
const MaxClusters = 250

func tooMany(clusters int) *fault.Error {
	return fault.Errorf(fault.TooManyClusters, "The credentials that hold the key serve %d clusters; %d are the limit",
		clusters, MaxClusters)
}

// oldKey is the key that is replaced.
func (s *Situation) oldKey() KeyID {
	switch {
	case s.Record != nil:
		return s.Record.OldKey
	case s.Retire != "":
		return s.Retire
	}
	return s.usedByQovery()
}

// lookAhead refuses what a rotation would not get through, before anything is
// changed. Plans that deploy and then ask who uses the old key need to be able to;
// the others bring a key back, or have asked.
func (p Preflight) lookAhead(
	ctx context.Context, organization OrganizationReader, s *Situation, doc *Document,
) (*fault.Error, error) {
	action := doc.Plan.Action
	if action == ActionMigrate && s.Record == nil {
		if refusal, err := p.checkQuarantine(ctx, s, doc.Target); refusal != nil || err != nil { // there would be no way back
			return refusal, err
		}
		return p.checkForMigrate(ctx, organization, s, doc)
	}
	if action != ActionCreate && action != ActionVerify && action != ActionDeploy {
		return nil, nil
	}
	if refusal, err := p.checkQuarantine(ctx, s, doc.Target); refusal != nil || err != nil {
		return refusal, err
	}
	if s.Leaked.has(s.oldKey()) { // no one asks who uses it
		if action != ActionCreate {
			return nil, nil
		}
		return p.checkForLeaked(ctx, organization, s, doc)
	}
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return nil, err
	}
	held := holders(s.Locations, s.oldKey())
	if s.Record != nil {
		held = s.Record.concerning(s.Locations)
	}
	if s.exists(s.oldKey()) { // nobody asks about one that is gone
		doc.Deployment.Regions, err = p.Prove(ctx, s.IAMUser, s.oldKey(), all, held, s.Now)
	}
	switch {
	case fault.HasCode(err, fault.RegionNotSearchable):
		return fault.AsError(err), nil
	case err != nil:
		return nil, err
	}
	if err := ProveServices(ctx, organization, doc.Settings); err != nil {
		return nil, err
	}
	if action == ActionCreate {
		if refusal, err := p.checkForCreate(ctx, organization, s, all, doc); refusal != nil || err != nil {
			return refusal, err
		}
		held = holders(s.Locations, s.oldKey()) // DNS providers, too
	}
	clusters, err := servedClusters(all, held)
	if err != nil {
		return nil, err
	}
	return checkRestriction(ctx, organization, clusters)
}

// checkRestriction refuses what would deploy clusters while Qovery lets the organization
// deploy nothing, as it does where a bill is overdue: a new key would be in Qovery, and the
// clusters without it.
func checkRestriction(ctx context.Context, organization OrganizationReader, clusters []Cluster) (*fault.Error, error) {
	if !slices.ContainsFunc(clusters, func(c Cluster) bool { return !c.PassedOver() }) {
		return nil, nil
	}
	err := ProveDeployments(ctx, organization)
	if fault.HasCode(err, fault.DeploymentsRestricted) {
		return fault.AsError(err), nil
	}
	return nil, err
}

// ProveDeployments makes sure that Qovery lets the organization deploy. Otherwise it is
// DeploymentsRestricted.
func ProveDeployments(ctx context.Context, organization OrganizationReader) error {
	why, err := organization.Restriction(ctx)
	if err == nil && why != "" {
		err = fault.Errorf(fault.DeploymentsRestricted, "Qovery lets the organization deploy nothing: %s", why)
	}
	return err
}

// checkForCreate notes the clusters and all locations in the plan. What takes one
// request a cluster comes last: it is not asked again and again while clusters are busy.
// Then the clusters of DNS providers that hold the key count, too.
func (p Preflight) checkForCreate(
	ctx context.Context, organization OrganizationReader, s *Situation, all []Cluster, doc *Document,
) (*fault.Error, error) {
	old := s.oldKey()
	locks, err := organization.Locks(ctx)
	if err != nil {
		return nil, err
	}
	held := holders(s.Locations, old)
	if refusal, err := checkServed(all, held, locks, doc); refusal != nil || err != nil {
		return refusal, err
	}
	if s.Locations, err = organization.Locations(ctx); err != nil {
		return nil, err
	}
	ours := managed(holders(s.Locations, old), s.HandledElsewhere)
	if refusal := checkLocations(ours, old); refusal != nil {
		return refusal, nil
	}
	return checkServed(all, append(held, ours...), locks, doc)
}

// lookAtClusters notes in the plan which clusters an open rotation would deploy. What is
// the matter with them makes a rotation that is open wait or pause, and refuses none.
func (p Preflight) lookAtClusters(ctx context.Context, organization OrganizationReader, s Situation, action Action,
	doc *Document) error {
	if action != ActionVerify && action != ActionDeploy && action != ActionReactivate {
		return nil
	}
	all, err := ClustersOf(ctx, organization, doc.Settings)
	if err != nil {
		return err
	}
	clusters, err := s.Record.concerned(all, s.Locations, nil)
	if err == nil {
		doc.Plan.Clusters, doc.Plan.Skipped = nil, nil
		_ = checkClusters(clusters, nil, &doc.Plan)
	}
	return err
}

// checkServed notes the clusters that are deployed for locations in the plan.
func checkServed(all []Cluster, held []Location, locks map[string]string, doc *Document) (*fault.Error, error) {
	plan := &doc.Plan
	plan.Clusters, plan.Skipped = nil, nil
	clusters, err := servedClusters(all, held)
	if err != nil {
		return nil, err
	}
	refusal := checkClusters(clusters, locks, plan)
	for _, id := range UnknownClusters(all, doc.Settings) {
		plan.Skipped = append(plan.Skipped, id+" (NO CLUSTER HAS THIS ID: correct clustersHandledElsewhere)")
	}
	if undeployed := plan.undeployed(); refusal == nil && len(undeployed) > 0 &&
		doc.Settings.UndeployedChanges == target.RefuseUndeployed {
		refusal = fault.Errorf(fault.UndeployedChanges, "A rotation would roll out what is saved and not deployed for %s",
			words.List(undeployed, mostListed))
	}
	return refusal, nil
}

// undeployed are the names of clusters that have saved changes.
func (p PlanReport) undeployed() []string {
	var list []string
	for _, cluster := range p.Clusters {
		if cluster.Undeployed {
			list = append(list, cluster.Name)
		}
	}
	return list
}

// checkLocations refuses places that hold the key and that this system cannot
// change: deleting the key would break them.
func checkLocations(held []Location, old KeyID) *fault.Error {
	var credentials, others []Location
	for _, location := range held {
		switch {
		case location.Rotatable:
		case location.Kind == AWSCredentials:
			credentials = append(credentials, location)
		default:
			others = append(others, location)
		}
	}
	switch {
	case len(credentials) > 0:
		return fault.Errorf(fault.UnsupportedCredentials,
			"%s hold the key %s, and are of type %s, not static AWS credentials",
			names(credentials), old, credentials[0].Type)
	case len(others) > 0:
		var list []string
		for _, location := range others {
			list = append(list, names([]Location{location})+", to be changed in "+whereToChange(location))
		}
		return fault.Errorf(fault.UnmanagedLocations, "The key %s is also held where it must be changed by hand: %s", old,
			strings.Join(list, "; "))
	}
	return nil
}

// whereToChange says where in Qovery's console a person changes a location.
func whereToChange(l Location) string {
	of := "organization"
	if len(l.Clusters) > 0 {
		of = "cluster"
	}
	page := pages[l.Kind]
	if l.Kind == ContainerRegistry && of == "cluster" {
		page = "Mirroring registry" // the organization's page leaves those out
	}
	return fmt.Sprintf("the %s's settings, %q", of, page)
}

// pages are those of the settings in Qovery's console.
var pages = map[LocationKind]string{
	ContainerRegistry: "Container registries",
	HelmRepository:    "Helm repositories",
	DNSProvider:       "DNS provider",
	SecretManager:     "Add-ons",
}

func checkClusters(clusters []Cluster, locks map[string]string, plan *PlanReport) *fault.Error {
	var invalid, locked, failed, busy []string
	for _, cluster := range clusters {
		reason, isLocked := locks[cluster.ID]
		class := classOf(cluster.Status)
		name := fmt.Sprintf("%s (%s)", cluster.Name, cluster.Status)
		switch {
		case class == idle:
			plan.Skipped = append(plan.Skipped, PassedOver(cluster.Name, cluster.Status))
			continue
		case cluster.Status == InvalidCredentials:
			invalid = append(invalid, cluster.Name)
		case isLocked:
			locked = append(locked, fmt.Sprintf("%s: %s", cluster.Name, reason))
		case class == failing:
			failed = append(failed, name)
		case class == inProgress && cluster.Maintenance:
			busy = append(busy, fmt.Sprintf("%s (%s, Qovery's maintenance)", cluster.Name, cluster.Status))
		case class == inProgress:
			busy = append(busy, name)
		}
		plan.Clusters = append(plan.Clusters, PlannedCluster{cluster.Name, cluster.Status, waveOf(cluster),
			cluster.Undeployed})
	}
	switch {
	case len(clusters) == 0:
		return fault.Errorf(fault.NoClusters, "The credentials that hold the key serve no clusters")
	case len(clusters) > MaxClusters:
		return tooMany(len(clusters))
	case len(invalid) > 0:
		return fault.Errorf(fault.InvalidCredentials, "AWS refuses the credentials of clusters (INVALID_CREDENTIALS): %s",
			words.List(invalid, mostListed))
	case len(locked) > 0:
		return fault.Errorf(fault.ClustersLocked, "Clusters are locked: %s", words.List(locked, mostListed))
	case len(failed) > 0:
		return fault.Errorf(fault.ClustersInError, "Clusters are in an error state: %s", words.List(failed, mostListed))
	case len(busy) > 0:
		return fault.Errorf(fault.ClustersBusy, "Clusters are being deployed, perhaps with the old key: %s",
			words.List(busy, mostListed))
	}
	return nil
}
