package explorer

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/audit"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// Mutation defeats one rule of safety by ports that lie or let through. That
// exploration then finds a violation proves that it would see the rule broken.
type Mutation struct {
	Rule     int    // of docs/safety.md
	Name     string // to ask for it
	Sentence string // what is not so
	Lens     Lens
	Shows    string // how the harm is told of that the rule keeps off
	// Focus is where to look first, and World in which world: see Options.
	Focus []string
	World string
}

// Mutations defeat each rule in turn.
var Mutations = []Mutation{
	{Rule: 1, Name: "no-lock", Sentence: "the journal lets every write through, hides leases, and every owner seems to " +
		"have ended",
		Lens: noLock, Shows: "nobody answers for the key", Focus: []string{"CreateKey"}},
	{Rule: 2, Name: "held-nowhere", Sentence: "no location seems to hold the old key",
		Lens: heldNowhere, Shows: "has held since", Focus: []string{"GracePeriod"}},
	{Rule: 2, Name: "retired-unheld", Sentence: "no location seems to hold the key that is retired",
		Lens: retiredUnheld, Shows: "has held since", Focus: []string{"ObservationPeriod"}, World: "retire"},
	{Rule: 2, Name: "retired-pointed", Sentence: "credentials that a cluster points at seem not to hold the key that is " +
		"retired",
		Lens: retiredPointed, Shows: "has held since", Focus: []string{"ObservationPeriod"}, World: "retire-after-move"},
	{Rule: 2, Name: "no-copies", Sentence: "no variable seems to have the old key",
		Lens: noCopies, Shows: "has held since", Focus: []string{"GracePeriod"}},
	{Rule: 3, Name: "all-deployed", Sentence: "every cluster seems deployed, and the old key unused",
		Lens: allDeployed, Shows: "was refused with the key", Focus: []string{"DeployClusters"}},
	{Rule: 3, Name: "slow-clock", Sentence: "the clock is three hours slow when the grace period is set, and nothing " +
		"sets it",
		Lens: slowClock, Shows: "deleted the key"},
	{Rule: 3, Name: "always-inactive", Sentence: "the old key always seems Inactive once it was",
		Lens: alwaysInactive, Shows: "which was Active", Focus: []string{"ObservationPeriod"}},
	{Rule: 4, Name: "all-ours", Sentence: "every key seems to be of this system's making",
		Lens: allOurs, Shows: "which a person had created", Focus: []string{createAccessKey, "DiscardKey"}},
	{Rule: 4, Name: "own-time", Sentence: "the journal tells each function the time that its own clock shows",
		Lens: ownTime, Shows: "nobody answers for the key", Focus: []string{"CreateKey", createAccessKey}},
	{Rule: 5, Name: "refused-puts", Sentence: "a PUT without an answer counts as refused",
		Lens: refusedPuts, Shows: "which does not work", Focus: []string{putCredentials}},
	{Rule: 6, Name: "forgotten-attempts", Sentence: "the journal forgets creations of unknown outcome",
		Lens: forgottenAttempts, Shows: "nobody answers for the key", Focus: []string{createAccessKey}},
	{Rule: 7, Name: "quoted-secret", Sentence: "an error quotes the secret that was to be staged",
		Lens: quotedSecret, Shows: "is in the history", Focus: []string{"CreateKey"}},
	{Rule: 8, Name: "unread-is-empty", Sentence: "locations that can't be read count as none",
		Lens: unreadIsEmpty, Shows: "has held since", Focus: []string{"GracePeriod", "DeactivateKey"}},
	{Rule: 9, Name: "deactivated-by-us", Sentence: "the journal says of every old key that this rotation deactivated it",
		Lens: deactivatedByUs, Shows: "which a person had deactivated", Focus: []string{"GracePeriod", "CheckUsage"}},
	{Rule: 10, Name: "forgotten-leak", Sentence: "the journal forgets that a key leaked",
		Lens: forgottenLeak, Shows: "which leaked", Focus: []string{"ObservationPeriod", "VerifyDeployment"}},
	{Rule: 10, Name: "leak-of-another", Sentence: "the journal says of every old key that it leaked",
		Lens: leakOfAnother, Shows: "was refused with the key", Focus: []string{"CreateKey"}},
	{Rule: 12, Name: "claims-what-it-found", Sentence: "a key that is gone seems to have been made Inactive, and " +
		"deleted, by this rotation",
		Lens: claimsFound, Shows: "the report calls it proven", Focus: []string{"GracePeriod"}},
	{Rule: 12, Name: "all-is-well", Sentence: "every message says that it is not urgent",
		Lens: allIsWell, Shows: "people are told that nothing is broken", Focus: []string{"IsDeployed"}},
	{Rule: 12, Name: "always-alarmed", Sentence: "every message says that it is urgent",
		Lens: alwaysAlarmed, Shows: "people are told that something is broken", Focus: []string{"RotationComplete"}},
	{Rule: 12, Name: "untold", Sentence: "nobody is told of an execution that failed",
		Lens: untold, Shows: "nobody is told", Focus: []string{"CreateKey"}},
	{Rule: 12, Name: "start-again", Sentence: "every message about an execution says that it is to be started",
		Lens: startAgain, Shows: "start what is complete", Focus: []string{"RotationComplete"}},
	{Rule: 13, Name: "unproved-regions", Sentence: "in Preflight, CloudTrail seems to answer in every region",
		Lens: unprovedRegions, Shows: "was created while CloudTrail could not be searched", World: "denied",
		Focus: []string{"Preflight"}},
	{Rule: 13, Name: "unproved-staging", Sentence: "the old key's parameter seems to take every proof that a secret " +
		"can be staged",
		Lens: unprovedStaging, Shows: "was created while no secret could be staged", Focus: []string{putParameter}},
	{Rule: 13, Name: "unseen-restriction", Sentence: "Qovery seems to let the organization deploy",
		Lens: unseenRestriction, Shows: "deploy nothing", Focus: []string{"Preflight"}},
	{Rule: 13, Name: "unseen-quarantine", Sentence: "AWS seems to have attached no policy to the user",
		Lens: unseenQuarantine, Shows: "had quarantined the user", Focus: []string{"Preflight"}},
	{Rule: 14, Name: "resumed-after-a-stop", Sentence: "to the audit, what a person stopped seems to have " +
		"failed by an outage",
		Lens: resumedAfterStop, Shows: "which a person had stopped", Focus: []string{"GracePeriod"}, World: "audited"},
	{Rule: 14, Name: "always-due", Sentence: "an execution that no person started seems to come from one, for any key",
		Lens: alwaysDue, Shows: "no one had asked for that", Focus: []string{"RotationComplete"}},
	{Rule: 15, Name: "own-clock", Sentence: "nothing but its own clock tells a function the time",
		Lens: ownClock, Shows: "times within a minute", Focus: []string{"DeployClusters"}},
	{Rule: 16, Name: "points-only", Sentence: "a cluster that is pointed at other credentials seems deployed with them",
		Lens: pointsOnly, Shows: "with which it was not deployed", World: "migrate"},
	{Rule: 16, Name: "registries-first", Sentence: "once a migration is open, every cluster seems to point at the role",
		Lens: registriesFirst, Shows: "was given a role while the cluster", World: "migrate"},
	{Rule: 16, Name: "healthy-environments", Sentence: "no environment seems to be on a cluster that was moved",
		Lens: healthyEnvironments, Shows: "moved although the environment", Focus: []string{"WaitForDeployment"},
		World: "migrate"},
}

// Finding is what exploration found out about a mutation.
type Finding struct {
	Rule     int      `json:"rule"`
	Name     string   `json:"name"`
	Sentence string   `json:"sentence"`
	Played   int      `json:"played"`
	Schedule string   `json:"schedule"` // the shortest that was found; empty: none was
	Wrong    []string `json:"wrong"`
}

// Sites of calls.
const (
	createAccessKey = "iam.CreateAccessKey"
	putCredentials  = "qovery.PUT /aws/credentials"
	putParameter    = "staging.Put"
)

// Find explores with the mutation until something goes wrong, and makes the
// schedule as short as it gets.
func (m Mutation) Find(ctx context.Context) (Finding, error) {
	finding := Finding{Rule: m.Rule, Name: m.Name, Sentence: m.Sentence}
	for _, options := range []Options{{Focus: m.Focus, World: m.World}, {Singles: true}, {Random: 5000}} {
		options.Lens, options.Wanted, options.Enough = m.Lens, m.Shows, 1
		summary, err := Walk(ctx, options)
		finding.Played += summary.Played + summary.Calm
		if err != nil || len(summary.Violations) == 0 {
			if err != nil {
				return finding, err
			}
			continue
		}
		found, err := Parse(summary.Violations[0].Schedule)
		if err != nil {
			return finding, err
		}
		return finding.shrunk(found, m)
	}
	return finding, nil
}

func (f Finding) shrunk(found Schedule, m Mutation) (Finding, error) {
	shortest, err := Shrink(found, m.Lens, m.Shows)
	if err != nil {
		return f, err
	}
	result, err := Play(shortest, m.Lens)
	f.Schedule, f.Wrong = shortest.String(), result.Wrong
	return f, err
}

// Rule 1.

func noLock(_ *lab.World, p *lab.Ports) {
	p.Journal = openJournal{p.Journal}
	p.Executions = ended{}
}

type openJournal struct{ rotation.Journal }

func (j openJournal) Load(ctx context.Context, user string) (*rotation.Record, error) {
	record, err := j.Journal.Load(ctx, user)
	if record != nil {
		record.Lease = rotation.Lease{}
	}
	return record, err
}

func (j openJournal) Save(ctx context.Context, record rotation.Record) error {
	stored, err := j.Journal.Load(ctx, record.IAMUser)
	if err != nil {
		return err
	}
	record.Revision = 1
	if stored != nil {
		record.Revision = stored.Revision + 1
	}
	return j.Journal.Save(ctx, record)
}

type ended struct{}

func (ended) State(context.Context, string) (rotation.ExecutionState, error) {
	return rotation.ExecutionEnded, nil
}

// Rules 2, 3, 5 and 8: what Qovery says.

// organization is an organization that is not quite told as it is.
type organization struct {
	rotation.Organization
	locations   func([]rotation.Location)                       // changes what is told of them
	clusters    func([]rotation.Cluster)                        // the same
	pointsAt    func(rotation.LocationRef) rotation.LocationRef // changes where a cluster points
	unread      bool                                            // locations that can't be read are none
	refuses     bool                                            // it answers no PUT that goes wrong but with a refusal
	deploysNone bool
	noCopies    bool
	// unrestricted: it may deploy, whatever Qovery says
	unrestricted bool
	deserted     bool // there are no environments
}

func (o organization) Credentials(ctx context.Context) ([]rotation.Location, error) {
	return o.told(o.Organization.Credentials(ctx))
}

func (o organization) Editable(ctx context.Context) ([]rotation.Location, error) {
	return o.told(o.Organization.Editable(ctx))
}

func (o organization) DNSProviders(ctx context.Context, clusters []string) ([]rotation.Location, error) {
	return o.told(o.Organization.DNSProviders(ctx, clusters))
}

func (o organization) Locations(ctx context.Context) ([]rotation.Location, error) {
	return o.told(o.Organization.Locations(ctx))
}

func (o organization) told(locations []rotation.Location, err error) ([]rotation.Location, error) {
	switch {
	case o.unread && err != nil:
		return []rotation.Location{}, nil
	case o.locations != nil:
		o.locations(locations)
	}
	return locations, err
}

func (o organization) Clusters(ctx context.Context) ([]rotation.Cluster, error) {
	clusters, err := o.Organization.Clusters(ctx)
	if o.clusters != nil {
		o.clusters(clusters)
	}
	return clusters, err
}

func (o organization) Copies(ctx context.Context, s rotation.Service, keys []rotation.KeyID) ([]rotation.Copy, error) {
	copies, err := o.Organization.Copies(ctx, s, keys)
	if o.noCopies {
		return nil, nil
	}
	return copies, err
}

func (o organization) PutKey(ctx context.Context, ref rotation.LocationRef, id rotation.KeyID,
	secret rotation.Secret) error {
	err := o.Organization.PutKey(ctx, ref, id, secret)
	if o.refuses && err != nil {
		return &rotation.Refusal{Status: 400}
	}
	return err
}

func (o organization) Restriction(ctx context.Context) (string, error) {
	why, err := o.Organization.Restriction(ctx)
	if o.unrestricted {
		why = ""
	}
	return why, err
}

func (o organization) PointsAt(ctx context.Context, clusterID string) (rotation.LocationRef, error) {
	at, err := o.Organization.PointsAt(ctx, clusterID)
	if o.pointsAt != nil && err == nil {
		at = o.pointsAt(at)
	}
	return at, err
}

func (o organization) Environments(ctx context.Context, clusters []string) ([]rotation.Environment, error) {
	environments, err := o.Organization.Environments(ctx, clusters)
	if o.deserted {
		return nil, err
	}
	return environments, err
}

func (o organization) Deploy(ctx context.Context, clusterID string) error {
	if o.deploysNone {
		return nil
	}
	return o.Organization.Deploy(ctx, clusterID)
}

// lyingQovery opens organizations that are told through a lie.
type lyingQovery struct {
	rotation.Qovery
	lie organization
}

func (q lyingQovery) Open(ctx context.Context, target target.Target) (rotation.Organization, error) {
	opened, err := q.Qovery.Open(ctx, target)
	lie := q.lie
	lie.Organization = opened
	return lie, err
}

// deceive has the steps told so of organizations.
func deceive(p *lab.Ports, lie organization) { p.Qovery = lyingQovery{p.Qovery, lie} }

func noCopies(_ *lab.World, p *lab.Ports) { deceive(p, organization{noCopies: true}) }

func heldNowhere(w *lab.World, p *lab.Ports) {
	deceive(p, organization{locations: func(locations []rotation.Location) {
		record := w.Journal.Current(lab.UserName)
		if record == nil || record.Marks[rotation.Update].Done.IsZero() {
			return
		}
		for i := range locations {
			if locations[i].Key == record.OldKey {
				locations[i].Key = record.NewKey
			}
		}
	}})
}

func retiredUnheld(w *lab.World, p *lab.Ports) {
	hideRetired(w, p, func(rotation.Location) bool { return true })
}

func retiredPointed(w *lab.World, p *lab.Ports) {
	hideRetired(w, p, func(l rotation.Location) bool { return l.Kind == rotation.AWSCredentials && len(l.Clusters) > 0 })
}

// hideRetired hides the key that is retired in those locations.
func hideRetired(w *lab.World, p *lab.Ports, in func(rotation.Location) bool) {
	deceive(p, organization{locations: func(locations []rotation.Location) {
		record := w.Journal.Current(lab.UserName)
		for i, l := range locations {
			if record != nil && record.Kind == rotation.Retire && l.Key == record.OldKey && in(l) {
				locations[i].Key = ""
			}
		}
	}})
}

// registriesFirst says of the clusters that they point at the role, and points none.
func registriesFirst(w *lab.World, p *lab.Ports) {
	deceive(p, organization{
		locations: func(locations []rotation.Location) {
			record := w.Journal.Current(lab.UserName)
			if record == nil || record.Migration == nil {
				return
			}
			for i, l := range locations {
				switch {
				case l.ID == record.Migration.To.ID:
					locations[i].Clusters = w.Clusters
				case l.Kind == rotation.AWSCredentials:
					locations[i].Clusters = []string{}
				}
			}
		},
		pointsAt: func(at rotation.LocationRef) rotation.LocationRef {
			if record := w.Journal.Current(lab.UserName); record != nil {
				return record.Migration.To
			}
			return at
		},
	})
}

func allDeployed(w *lab.World, p *lab.Ports) { seemDeployed(w, p, organization{}) }

// pointsOnly has clusters seem deployed by the next look, and deploys none.
func pointsOnly(w *lab.World, p *lab.Ports) { seemDeployed(w, p, organization{deploysNone: true}) }

func seemDeployed(w *lab.World, p *lab.Ports, lie organization) {
	p.Usage, p.Trail = unused{}, unused{}
	lie.clusters = func(clusters []rotation.Cluster) {
		for i := range clusters {
			clusters[i].Status, clusters[i].LastExecutionID = "DEPLOYED", w.Timeline.Now().String()
		}
	}
	deceive(p, lie)
}

func healthyEnvironments(_ *lab.World, p *lab.Ports) { deceive(p, organization{deserted: true}) }

func refusedPuts(_ *lab.World, p *lab.Ports) { deceive(p, organization{refuses: true}) }

func unreadIsEmpty(_ *lab.World, p *lab.Ports) { deceive(p, organization{unread: true}) }

// unused says of every key that nobody used it, and that this system made it.
type unused struct{}

func (unused) LastUse(context.Context, string, rotation.KeyID) (rotation.Use, error) {
	return rotation.Use{}, nil
}

func (unused) LatestUses(context.Context, rotation.KeyID, time.Time, []string) ([]rotation.Use, error) {
	return nil, nil
}

func (unused) FirstUse(context.Context, rotation.KeyID, time.Time, []string) (rotation.Use, error) {
	return rotation.Use{}, nil
}

func (unused) Creator(context.Context, rotation.KeyID, time.Time) (string, error) {
	return lab.CreatorRole, nil
}

// Rules 3 and 4: what is configured, and what IAM and CloudTrail say.

func alwaysInactive(w *lab.World, p *lab.Ports) { p.Keys = inactive{p.Keys, w} }

type inactive struct {
	rotation.Keys
	world *lab.World
}

func (i inactive) List(ctx context.Context, user string) ([]rotation.AccessKey, error) {
	keys, err := i.Keys.List(ctx, user)
	record := i.world.Journal.Current(user)
	for n := range keys {
		if record != nil && keys[n].ID == record.OldKey && !record.Marks[rotation.Deactivate].Done.IsZero() {
			keys[n].Status = rotation.Inactive
		}
	}
	return keys, err
}

func allOurs(_ *lab.World, p *lab.Ports) { p.Trail = unused{} }

// Rules 6, 9 and 10: what the journal says.

func forgottenAttempts(_ *lab.World, p *lab.Ports) {
	p.Journal = retold{p.Journal, func(r *rotation.Record) { r.Attempts = nil }}
}

func deactivatedByUs(_ *lab.World, p *lab.Ports) {
	p.Journal = retold{p.Journal, func(r *rotation.Record) {
		_, marked := r.Marks[rotation.Deactivate]
		_, reactivated := r.Marks[rotation.Reactivate]
		if !marked && !reactivated && r.NewKey != "" {
			r.Marks[rotation.Deactivate] = rotation.Mark{Begun: r.TouchedAt}
		}
	}}
}

func forgottenLeak(_ *lab.World, p *lab.Ports) {
	p.Journal = retold{p.Journal, func(r *rotation.Record) { r.Leaked = nil }}
}

func leakOfAnother(_ *lab.World, p *lab.Ports) {
	p.Journal = retold{p.Journal, func(r *rotation.Record) { r.Leaked = rotation.Leaked{r.OldKey: target.AtOnce} }}
}

// retold is a journal whose records are not read as they were written.
type retold struct {
	rotation.Journal
	change func(*rotation.Record)
}

func (j retold) Load(ctx context.Context, user string) (*rotation.Record, error) {
	record, err := j.Journal.Load(ctx, user)
	if record != nil {
		j.change(record)
	}
	return record, err
}

// Rule 12.

func claimsFound(_ *lab.World, p *lab.Ports) { p.Keys = boastful{p.Keys} }

type boastful struct{ rotation.Keys }

func (b boastful) SetStatus(ctx context.Context, user string, id rotation.KeyID, status rotation.KeyStatus) error {
	err := b.Keys.SetStatus(ctx, user, id, status)
	if errors.Is(err, rotation.ErrNoSuchKey) {
		return nil
	}
	return err
}

func (b boastful) Delete(ctx context.Context, user string, id rotation.KeyID) (bool, error) {
	_, err := b.Keys.Delete(ctx, user, id)
	return err == nil, err
}

// Rule 7.

func quotedSecret(_ *lab.World, p *lab.Ports) { p.Staging = talkative{p.Staging} }

type talkative struct{ rotation.Staging }

func (t talkative) Put(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (bool, error) {
	stored, err := t.Staging.Put(ctx, id, secret)
	if err != nil {
		err = fault.Errorf(fault.Unreachable, "%s could not be staged: %v", secret.Reveal(), err)
	}
	return stored, err
}

// Rule 13.

func unprovedRegions(w *lab.World, p *lab.Ports) { p.Trail = affable{p.Trail, w} }

// affable is a CloudTrail that denies nothing as long as nothing depends on it.
type affable struct {
	rotation.Trail
	world *lab.World
}

func (a affable) LatestUses(ctx context.Context, id rotation.KeyID, since time.Time, regions []string) ([]rotation.Use,
	error) {
	if a.world.Journal.Current(lab.UserName) == nil {
		return nil, nil
	}
	return a.Trail.LatestUses(ctx, id, since, regions)
}

func unseenRestriction(_ *lab.World, p *lab.Ports) { deceive(p, organization{unrestricted: true}) }

func unseenQuarantine(_ *lab.World, p *lab.Ports) { p.Keys = unconcerned{p.Keys} }

type unconcerned struct{ rotation.Keys }

func (unconcerned) Quarantine(context.Context, string) ([]string, error) { return nil, nil }

func unprovedStaging(w *lab.World, p *lab.Ports) { p.Staging = &patient{Staging: p.Staging, world: w} }

// patient is a Parameter Store that takes everything but secrets of new keys.
type patient struct {
	rotation.Staging
	world *lab.World
	taken rotation.Secret
}

func (s *patient) proves(id rotation.KeyID) bool {
	record := s.world.Journal.Current(lab.UserName)
	return record != nil && record.OldKey == id
}

func (s *patient) Put(ctx context.Context, id rotation.KeyID, secret rotation.Secret) (bool, error) {
	if s.proves(id) {
		s.taken = secret
		return true, nil
	}
	return s.Staging.Put(ctx, id, secret)
}

func (s *patient) Get(ctx context.Context, id rotation.KeyID) (rotation.Secret, error) {
	if s.proves(id) {
		return s.taken, nil
	}
	return s.Staging.Get(ctx, id)
}

func allIsWell(_ *lab.World, p *lab.Ports) {
	p.Tell = func(told *lab.Told) bool { told.Urgency = notice.Calm; return true }
}

func alwaysAlarmed(_ *lab.World, p *lab.Ports) {
	p.Tell = func(told *lab.Told) bool { told.Urgency = notice.Urgent; return true }
}

func untold(_ *lab.World, p *lab.Ports) {
	p.Tell = func(told *lab.Told) bool {
		return told.Execution == nil || told.Execution.Status != statemachine.Failed
	}
}

func startAgain(_ *lab.World, p *lab.Ports) {
	p.Tell = func(told *lab.Told) bool {
		if told.Execution != nil {
			told.Body += "\n" + notice.Command("start", lab.TargetName)
		}
		return true
	}
}

// Rule 14.

func resumedAfterStop(_ *lab.World, p *lab.Ports) {
	p.Audit = func(a audit.Auditor) audit.Auditor {
		a.Machine = excusing{a.Machine}
		return a
	}
}

// excusing is a state machine none of whose executions was stopped or aborted.
type excusing struct{ audit.Machine }

func (e excusing) Recent(ctx context.Context, since time.Time) ([]*statemachine.Execution, error) {
	runs, err := e.Machine.Recent(ctx, since)
	for _, x := range runs {
		excuse(x)
	}
	return runs, err
}

func (e excusing) Describe(ctx context.Context, arn string) (*statemachine.Execution, error) {
	x, err := e.Machine.Describe(ctx, arn)
	if x != nil {
		excuse(x)
	}
	return x, err
}

func excuse(x *statemachine.Execution) {
	if x.Status == statemachine.Aborted {
		x.Status, x.Error = statemachine.Failed, string(fault.Throttled)
	}
}

func alwaysDue(_ *lab.World, p *lab.Ports) {
	p.Around = func(step rotation.Step) rotation.Step { return personal{step} }
}

// personal is a step that takes every execution for one that a person has just started.
type personal struct{ rotation.Step }

func (s personal) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	var input map[string]any
	if json.Unmarshal(call.Execution.Input, &input) == nil {
		delete(input, "scheduled")
		delete(input, "key")
		call.Execution.Input, _ = json.Marshal(input)
	}
	return s.Step.Run(ctx, call)
}
