package audit

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// The test kit: small constructors, so that a row of a table reads as a sentence.

// morning is when these tests take place.
var morning = time.Date(2026, 8, 3, 5, 4, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return morning.Add(-d) }

const (
	hour  = time.Hour
	limit = 97 * day
)

// The old key, the new key, and one that no record knows.
const (
	keyO rotation.KeyID = "AKIAOLDOLDOLDOLDOLD1"
	keyN rotation.KeyID = "AKIANEWNEWNEWNEWNEW2"
	keyX rotation.KeyID = "AKIAELSEELSEELSEELS3"
)

type change func(*Facts)

// world is a target with which all is well: its user has one Active key, thirty
// days old and in use, which Qovery holds in two places since the last rotation.
func world(changes ...change) Facts {
	target := target.Default()
	target.Name, target.IAMUserName, target.OrganizationID = "production", "qovery", "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
	target.Account, target.Region = "123456789012", "eu-west-3"
	f := Facts{
		Now: morning, Target: target, Unread: map[Source]error{}, Uses: map[rotation.KeyID]rotation.Use{},
		History:  []rotation.HistoryItem{{Record: record(keyO, keyN), Outcome: rotation.Completed, EndedAt: ago(29 * day)}},
		Schedule: &rotation.DeployedSchedule{Enabled: true, Expression: "rate(90 days)"},
	}
	for _, c := range append([]change{user(active(keyN, 30*day)), qoveryHolds(keyN, keyN)}, changes...) {
		c(&f)
	}
	return f
}

type userKey struct {
	rotation.AccessKey
	lastUse time.Time
}

func active(id rotation.KeyID, age time.Duration) userKey {
	return userKey{rotation.AccessKey{ID: id, Status: rotation.Active, CreatedAt: ago(age)}, ago(hour)}
}

func inactive(id rotation.KeyID, age time.Duration) userKey {
	key := active(id, age)
	key.Status = rotation.Inactive
	return key
}

func (k userKey) usedLast(d time.Duration) userKey { k.lastUse = ago(d); return k }

func (k userKey) neverUsed() userKey { k.lastUse = time.Time{}; return k }

func user(keys ...userKey) change {
	return func(f *Facts) {
		f.Keys = nil
		for _, key := range keys {
			f.Keys = append(f.Keys, key.AccessKey)
			f.Uses[key.ID] = rotation.Use{At: key.lastUse, Service: "ecr", Region: "eu-west-3"}
		}
	}
}

// The places: two that rotations are about, and one that a person changes.
var (
	credentials = rotation.LocationRef{Kind: rotation.AWSCredentials, ID: "0f3d9a52", Name: "prod"}
	images      = rotation.LocationRef{Kind: rotation.ContainerRegistry, ID: "5E915712", Name: "images"}
	dns         = rotation.LocationRef{Kind: rotation.DNSProvider, ID: "7a3e5b10", Name: "eu-1"}
)

// servedByRole: the credentials serve no cluster, and others that hold a role do.
func servedByRole(f *Facts) {
	for i := range f.Locations {
		f.Locations[i].Clusters = nil
	}
	f.Locations = append(f.Locations, rotation.Location{LocationRef: rotation.LocationRef{
		Kind: rotation.AWSCredentials, ID: "7f1c", Name: "AWS by role"}, Role: true, Clusters: []string{"c1"}})
}

// qoveryHolds says what the credentials, the registry and the DNS provider hold.
func qoveryHolds(ids ...rotation.KeyID) change {
	return func(f *Facts) {
		f.Locations = nil
		for i, id := range ids {
			ref := []rotation.LocationRef{credentials, images, dns}[i]
			f.Locations = append(f.Locations, rotation.Location{LocationRef: ref, Key: id, Rotatable: i < 2})
		}
	}
}

// serves: the credentials serve clusters of these statuses, each with saved changes or
// without.
func serves(undeployed bool, statuses ...string) change {
	return func(f *Facts) {
		f.Clusters = nil
		for i, status := range statuses {
			c := rotation.Cluster{ID: fmt.Sprint(i), Name: fmt.Sprintf("eu-%d", i), Region: "eu-west-3", Status: status,
				Undeployed: undeployed}
			f.Clusters = append(f.Clusters, c)
			f.Locations[0].Clusters = append(f.Locations[0].Clusters, c.ID)
		}
	}
}

const quarantinePolicy = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"

// attached: AWS has attached policies to the user.
func attached(policies ...string) change { return func(f *Facts) { f.Quarantine = policies } }

// hadLeaked: the last rotation replaced a key that leaked.
func hadLeaked(id rotation.KeyID) change {
	return func(f *Facts) { f.History[0].Record.Leaked = rotation.Leaked{id: target.AtOnce} }
}

// copied: a service has variables with the key, or with "" secrets that may have one.
func copied(id rotation.KeyID, variables ...string) change {
	return func(f *Facts) {
		reading := rotation.Reading{Service: "s", At: ago(day)}
		for _, v := range variables {
			reading.Copies = append(reading.Copies, rotation.Copy{ID: v, Name: "the variable \"AWS_ACCESS_KEY_ID\"", Key: id})
		}
		f.Readings.Services = append(f.Readings.Services, reading)
	}
}

func refusesUndeployed(f *Facts) { f.Target.UndeployedChanges = target.RefuseUndeployed }

// record is of a rotation of the first two places.
func record(o, n rotation.KeyID) rotation.Record {
	lower := images
	lower.ID = "5e915712" // Qovery writes ids in either case
	return rotation.Record{
		IAMUser: "qovery", Target: "production", RotationID: "k3v9", TakenAt: ago(9 * hour), TouchedAt: ago(6 * hour),
		Owner: "arn:aws:states:eu-west-3:123456789012:execution:qovery-key-rotation:production-7f3a",
		Fence: 1, Revision: 7, OldKey: o, NewKey: n, KnownKeys: []rotation.KeyID{o},
		Locations: []rotation.LocationRef{credentials, lower},
		Marks:     map[rotation.Effect]rotation.Mark{},
	}
}

// openSince is an open rotation from the old key to the new one, whose execution
// has ended.
func openSince(changes ...func(*Facts)) change {
	return func(f *Facts) {
		r := record(keyO, keyN)
		f.Record, f.Owner, f.History = &r, rotation.ExecutionEnded, nil
		for _, c := range changes {
			c(f)
		}
	}
}

func leaked(f *Facts) { f.Record.Leaked = rotation.Leaked{keyO: target.AfterDeployment} }

func newLeaked(f *Facts) {
	f.Record.Leaked = rotation.Leaked{keyN: target.AfterDeployment}
	f.Record.Marks[rotation.Update] = rotation.Mark{Begun: ago(7 * hour)}
}

// leaks are the keys that leaked, by the journal.
func (f Facts) leaks() rotation.Leaked {
	all := rotation.Leaked{}
	for _, item := range f.History {
		maps.Copy(all, item.Record.Leaked)
	}
	if f.Record != nil {
		maps.Copy(all, f.Record.Leaked)
	}
	return all
}

// unasked: when the key was used last is not known.
func unasked(id rotation.KeyID) change { return func(f *Facts) { delete(f.Uses, id) } }

// deactivated: the open rotation has made the old key Inactive.
func deactivated(f *Facts) { f.Record.Marks[rotation.Deactivate] = rotation.Mark{Begun: ago(7 * hour)} }

// migrating: one cluster is pointed at the role, and not deployed with it.
func migrating(f *Facts) {
	f.Record.Kind, f.Record.OldKey, f.Record.NewKey, f.Record.Locations = rotation.Migrate, keyN, "", nil
	role := rotation.LocationRef{Kind: rotation.AWSCredentials, ID: "r", Name: "role"}
	f.Record.Migration = &rotation.Migration{To: role,
		Moves: map[string]rotation.Move{"c": {Name: "prod-eu", Begun: ago(hour)}}}
}

func stopped(f *Facts) { f.Owner = rotation.ExecutionEnded }
func running(f *Facts) { f.Owner = rotation.ExecutionRunning }

func touched(d time.Duration) change { return func(f *Facts) { f.Record.TouchedAt = ago(d) } }

func leased(f *Facts) {
	f.Record.Lease = rotation.Lease{Holder: "invocation", Until: morning.Add(time.Minute)}
}

func endedAgo(d time.Duration) change { return func(f *Facts) { f.History[0].EndedAt = ago(d) } }

// retired: the last key was retired yesterday; being retired: the old key is Inactive.
func retired(f *Facts) {
	user()(f)
	r := record(keyN, "")
	r.Kind, r.Locations = rotation.Retire, nil
	f.History = append([]rotation.HistoryItem{{Record: r, Outcome: rotation.Completed, EndedAt: ago(day)}}, f.History...)
}

func beingRetired(f *Facts) {
	user(inactive(keyO, 90*day), active(keyN, 30*day))(f)
	openSince(running, deactivated)(f)
	f.Record.Kind, f.Record.NewKey, f.Record.Locations = rotation.Retire, "", nil
}

func neverRotated(f *Facts) { f.History = nil }

func moved(f *Facts) { f.Moved = true }

func scheduled(s *rotation.DeployedSchedule) change { return func(f *Facts) { f.Schedule = s } }

func nextStart(d time.Duration) change { return func(f *Facts) { f.Schedule.StartAt = morning.Add(d) } }

// daily has the schedule's time of day, and its first day long past.
var daily = startAt("2026-01-13T09:00:00+01:00")

func startAt(text string) change { return func(f *Facts) { f.Target.Schedule.StartAt = text } }

// frozen for a day from then on.
func frozen(from string) change {
	return func(f *Facts) {
		at, _ := time.Parse(time.RFC3339, from)
		f.Target.Freeze = []target.Freeze{{From: from, To: at.Add(day).Format(time.RFC3339), Reason: "a release"}}
	}
}

func disabled(f *Facts) { f.Schedule.Enabled = false }

// ran: an execution of the target was started that long ago, before those that are there.
func ran(d time.Duration, status statemachine.Status, code string, more ...string) change {
	return func(f *Facts) { f.Runs = append(f.Runs, notice.Describe(execution(d, status, code, more...))) }
}

func called(name string) change { return func(f *Facts) { f.Runs[0].Name = name } }

func said(what string) change {
	return func(f *Facts) { f.Runs[0].Said, f.Runs[0].Cause = fault.Said{What: words.Text(what)}, what }
}

// execution ran for an hour.
func execution(d time.Duration, status statemachine.Status, code string, more ...string) *statemachine.Execution {
	x := &statemachine.Execution{
		ARN: record(keyO, keyN).Owner, Status: status, StartedAt: ago(d), Error: code, Redrivable: true,
		Input: `{"target": "production"` + strings.Join(more, "") + `}`,
	}
	if status != statemachine.Running {
		x.StoppedAt = ago(d - hour)
	}
	return x
}

const (
	byAudit  = `, "scheduled": true, "key": "AKIANEWNEWNEWNEWNEW2"`
	byClock  = `, "scheduled": true`
	toAbort  = `, "abort": true`
	toRetire = `, "retire": "AKIAOLDOLDOLDOLDOLD1"`
)

// broke: the open rotation's execution failed that long ago.
func broke(d time.Duration, code string, changes ...func(*statemachine.Execution)) change {
	return func(f *Facts) {
		f.OwnerRun = execution(d+hour, statemachine.Failed, code)
		for _, c := range changes {
			c(f.OwnerRun)
		}
	}
}

func redriven(times int, last time.Duration) func(*statemachine.Execution) {
	return func(x *statemachine.Execution) { x.Redrives, x.RedrivenAt = times, ago(last) }
}

func as(status statemachine.Status) func(*statemachine.Execution) {
	return func(x *statemachine.Execution) { x.Status = status }
}

// started: the audit has started what is due, after an execution that failed so.
func started(code string) change {
	return func(f *Facts) {
		f.Done = Deed{Start: &target.Input{Target: "production", NotBefore: morning.Add(3 * hour)}, Error: code}
	}
}

func resumed(f *Facts) { f.Done = Deed{Redrive: f.Record.Owner, Error: string(fault.Unreachable)} }

func forgotten(x *statemachine.Execution) { x.Redrivable = false }

func anAbort(x *statemachine.Execution) { x.Input = `{"target": "production", "abort": true}` }

func inFail(f *Facts) { f.EndedInFail = true }

func released(d time.Duration) change {
	return func(f *Facts) {
		item := rotation.HistoryItem{Record: record(keyO, keyN), Outcome: rotation.Released, EndedAt: ago(d)}
		f.History = append([]rotation.HistoryItem{item}, f.History...)
	}
}

func notScheduled(f *Facts) { f.Target.Schedule.Enabled = false }

// silent: a source does not answer. What is read through it is empty.
func silent(source Source, code fault.Code) change {
	return func(f *Facts) {
		f.Unread[source] = fault.Errorf(code, "The source was not read")
		switch source {
		case fromTarget:
			*f = Facts{Now: f.Now, Unread: f.Unread}
		case fromKeys:
			f.Keys, f.Uses = nil, nil
		case fromUses:
			f.Uses = nil
		case FromQovery:
			f.Locations, f.Clusters = nil, nil
		case FromJournal:
			f.Record, f.History = nil, nil
		case FromSchedule:
			f.Schedule = nil
		case FromOwner:
			f.Owner = ""
		}
	}
}
