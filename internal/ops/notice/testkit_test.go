package notice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// The test kit: small constructors, so that a row of the table reads as a sentence.

// night is when these tests take place.
var night = time.Date(2026, 8, 3, 3, 4, 5, 0, time.UTC)

func ago(d time.Duration) time.Time { return night.Add(-d) }

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// The old key, the new key, and a key that the record knows nothing of.
const (
	keyO rotation.KeyID = "AKIAOLDOLDOLDOLDOLD1"
	keyN rotation.KeyID = "AKIANEWNEWNEWNEWNEW2"
	keyX rotation.KeyID = "AKIAELSEELSEELSEELS3"
)

const (
	thisExecution  = "arn:aws:states:eu-west-3:123456789012:execution:qovery-key-rotation:production-7f3a"
	otherExecution = "arn:aws:states:eu-west-3:123456789012:execution:qovery-key-rotation:production-9c1d"
)

// detail is the detail of an event of Step Functions.
type detail map[string]any

func execution(status string, changes ...func(detail)) string {
	d := detail{
		"executionArn": thisExecution, "name": "production-7f3a", "status": status,
		"stateMachineArn": "arn:aws:states:eu-west-3:123456789012:stateMachine:qovery-key-rotation",
		"startDate":       ago(6 * hour).UnixMilli(), "stopDate": ago(20 * time.Second).UnixMilli(),
		"input": `{"target":"production"}`, "inputDetails": map[string]bool{"included": true},
		"output": nil, "outputDetails": nil, "error": nil, "cause": nil,
	}
	for _, change := range changes {
		change(d)
	}
	return event("aws.states", "Step Functions Execution Status Change", d["executionArn"], d)
}

func event(source, detailType string, resource, detail any) string {
	data, err := json.Marshal(map[string]any{
		"version": "0", "id": "6f2a", "source": source, "detail-type": detailType, "account": "123456789012",
		"time": ago(19 * time.Second), "region": "eu-west-3", "resources": []any{resource}, "detail": detail,
	})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func with(field string, value any) func(detail) { return func(d detail) { d[field] = value } }

func input(text string) func(detail) { return with("input", text) }

// exposure is what AWS Health reports of keys that AWS has found in public.
func exposure(keys ...string) string { return risk("EXPOSED", keys...) }

// risk is what it reports of them otherwise.
func risk(of string, keys ...string) string {
	var entities []map[string]string
	for _, key := range keys {
		entities = append(entities, map[string]string{"entityValue": key})
	}
	return event("aws.health", "AWS Health Event", "", map[string]any{"service": "RISK",
		"eventTypeCode": "AWS_RISK_CREDENTIALS_" + of, "eventTypeCategory": "issue", "affectedEntities": entities})
}

const ofLeak = `{"target":"production","leaked":{"key":"AKIAOLDOLDOLDOLDOLD1","how":"atOnce"}}`

// leaked: the old key did, by the record.
func leaked(r *rotation.Record) { r.Leaked = rotation.Leaked{keyO: target.AtOnce} }

// failedWith is how the error of a step arrives: code, and Lambda's JSON.
func failedWith(err *fault.Error) func(detail) {
	return func(d detail) { d["error"], d["cause"] = string(err.Code), lambdaCause(err) }
}

func lambdaCause(err *fault.Error) string {
	cause, _ := json.Marshal(map[string]string{"errorMessage": err.Said().Message(), "errorType": string(err.Code)})
	return string(cause)
}

// said is an error as a step under the guard raises it.
func said(code fault.Code, what, inPlace string) *fault.Error {
	err := fault.Errorf(code, "%s", step(what))
	err.InPlace = step(inPlace)
	return err
}

// step is a text as a step makes it, of the ends of ids.
func step(text string) words.Text {
	return words.Text(ends.ReplaceAllStringFunc(text, func(end string) string { return string(words.KeyText(end)) }))
}

var ends = regexp.MustCompile(`\*{4}[A-Z0-9]{4}`)

const detach = "aws iam detach-user-policy --user-name qovery --policy-arn " +
	"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"

// quarantined is Preflight's or DeactivateKey's error, with its advice.
func quarantined(advice *fault.Advice) *fault.Error {
	err := said(fault.UserQuarantined, "AWS found a key of the IAM user qovery in public, and has attached "+
		"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3 to the user: deployments fail", "")
	err.Next = advice
	return err
}

// deleting advises to delete the old key.
func deleting(err *fault.Error) *fault.Error {
	err.Next = &fault.Advice{First: step("Delete the key ****OLD1"), Do: fault.Start,
		Command: step("aws iam delete-access-key --user-name qovery --access-key-id ****OLD1")}
	return err
}

func output(doc rotation.Document) func(detail) {
	return func(d detail) {
		text, err := json.Marshal(doc)
		if err != nil {
			panic(err)
		}
		d["output"], d["outputDetails"] = string(text), map[string]bool{"included": true}
	}
}

// A fact is something that is so.
type fact func(*Facts)

// world is a target with a schedule and one key, ninety days old.
func world(changes ...fact) Facts {
	target := target.Default()
	target.Name, target.IAMUserName, target.OrganizationID = "production", "qovery", "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
	target.Schedule.StartAt = "2026-01-12T09:00:00+01:00"
	facts := Facts{Now: night, Target: target}
	for _, change := range changes {
		change(&facts)
	}
	return facts
}

func keys(list ...rotation.AccessKey) fact { return func(f *Facts) { f.Keys = list } }

func active(id rotation.KeyID, created time.Duration) rotation.AccessKey {
	return rotation.AccessKey{ID: id, Status: rotation.Active, CreatedAt: ago(created)}
}

func inactive(id rotation.KeyID, created time.Duration) rotation.AccessKey {
	return rotation.AccessKey{ID: id, Status: rotation.Inactive, CreatedAt: ago(created)}
}

func unscheduled(f *Facts) { f.Target.Schedule.Enabled = false }

var denied = fault.Errorf(fault.AccessDenied,
	"AWS denies iam:ListAccessKeys (the IAM user qovery) (AccessDenied)")

func noTarget(err error) fact {
	return func(f *Facts) { f.Target, f.NoTarget = target.Target{}, err }
}
func noKeys(f *Facts) { f.Keys, f.NoKeys = nil, denied }
func noJournal(f *Facts) {
	err := fault.Errorf(fault.Unreachable,
		"dynamodb:GetItem (the journal of the IAM user qovery) was not answered: it took too long")
	f.Record, f.History, f.NoRecord, f.NoHistory = nil, nil, err, err
}

// A past is something that the journal's record tells.
type past func(*rotation.Record)

// open is an open record of this execution, six hours old.
func open(pasts ...past) fact {
	return func(f *Facts) { record := newRecord(pasts...); f.Record = &record }
}

func newRecord(pasts ...past) rotation.Record {
	r := rotation.Record{
		Revision: 7, IAMUser: "qovery", Target: "production", RotationID: "k3v9", TakenAt: ago(6 * hour),
		TouchedAt: ago(hour),
		Owner:     thisExecution, Fence: 1, OldKey: keyO, KnownKeys: []rotation.KeyID{keyO},
		Marks: map[rotation.Effect]rotation.Mark{},
		Locations: []rotation.LocationRef{
			{Kind: rotation.AWSCredentials, ID: "0b7d", Name: "prod"},
			{Kind: rotation.ContainerRegistry, ID: "1c8e", Name: "images"},
		},
	}
	for _, tell := range pasts {
		tell(&r)
	}
	return r
}

func did(e rotation.Effect, begun time.Duration) past {
	return func(r *rotation.Record) {
		r.Marks[e] = rotation.Mark{Begun: ago(begun), Done: ago(begun - time.Minute), How: rotation.Did,
			Saw: rotation.Inactive}
	}
}

func began(e rotation.Effect, begun time.Duration) past {
	return func(r *rotation.Record) { r.Marks[e] = rotation.Mark{Begun: ago(begun)} }
}

// created is a record with its new key, updated one whose locations hold it.
func created(r *rotation.Record) { r.NewKey = keyN; did(rotation.Create, 6*hour)(r) }
func updated(r *rotation.Record) { created(r); did(rotation.Update, 5*hour+50*time.Minute)(r) }
func deployed(r *rotation.Record) {
	updated(r)
	did(rotation.Deploy, 5*hour)(r)
}
func deactivated(r *rotation.Record) { deployed(r); did(rotation.Deactivate, 30*time.Minute)(r) }

// retiring: the record is of the old key's retirement.
func retiring(r *rotation.Record) { r.Kind, r.Locations = rotation.Retire, nil }

const retire = `{"target":"production","retire":"AKIAOLDOLDOLDOLDOLD1"}`

func ofRetirement(s *rotation.Summary) {
	s.NewKey, s.NewKeyCreatedAt, s.UpdatedAt, s.ClustersDeployed = "", time.Time{}, time.Time{}, 0
	s.OldKeyInactiveAt = ago(7 * day)
}

// migrating: of the clusters one is moved, and what happens to the second is told.
func migrating(second rotation.Move) func(*rotation.Record) {
	return func(r *rotation.Record) {
		second.Name = "prod-eu"
		r.Kind, r.NewKey = rotation.Migrate, ""
		r.Migration = &rotation.Migration{
			To: rotation.LocationRef{Kind: rotation.AWSCredentials, ID: "7f1c", Name: "AWS by role"},
			Moves: map[string]rotation.Move{
				"c1": {Name: "staging", Begun: ago(3 * hour), Done: ago(2 * hour)}, "c2": second,
			},
		}
	}
}

func environmentFailed(r *rotation.Record) { r.Migration.Reported = ago(time.Minute) }

// retiredLast: what ended last was the old key's retirement.
func retiredLast(f *Facts) { retiring(&f.History[0].Record) }

// migratedLast: what ended last was a migration.
func migratedLast(f *Facts) {
	f.History[0].Record.Kind, f.History[0].Record.NewKey = rotation.Migrate, ""
}

const migrate = `{"target":"production","migrateTo":"AWS by role"}`

func ofMigration(s *rotation.Summary) {
	ofRetirement(s)
	s.OldKeyInactiveAt, s.OldKeyDeletedAt, s.MovedTo, s.ClustersDeployed = time.Time{}, time.Time{}, "AWS by role", 2
}

func ofAnother(r *rotation.Record) { r.Owner, r.Fence = otherExecution, 2 }

func atWork(r *rotation.Record) {
	r.Lease = rotation.Lease{Holder: "i1", Until: night.Add(2 * time.Minute)}
}

// ended adds a rotation to the history.
func ended(outcome rotation.Outcome, by string, since time.Duration, summary *rotation.Summary) fact {
	return func(f *Facts) {
		record := newRecord(updated)
		if outcome == rotation.Completed {
			did(rotation.Delete, since+time.Minute)(&record)
		}
		record.Owner, record.TakenAt = by, ago(since+6*hour)
		if outcome == rotation.Discarded {
			record.NewKey = ""
		}
		f.History = append(f.History,
			rotation.HistoryItem{Record: record, Outcome: outcome, EndedAt: ago(since), Summary: summary})
	}
}

// resumedLate: another execution had begun it, and the next rotation was due by its end.
func resumedLate(f *Facts) {
	item := &f.History[len(f.History)-1]
	item.Record.Fence, item.Summary.NewKeyCreatedAt = 2, ago(10*day)
}

func summary(changes ...func(*rotation.Summary)) rotation.Summary {
	s := rotation.Summary{
		Target: "production", RotationID: "k3v9", OldKey: keyO.String(), NewKey: keyN.String(), StartedAt: ago(6 * hour),
		NewKeyCreatedAt: ago(6 * hour), UpdatedAt: ago(5*hour + 50*time.Minute), OldKeyInactiveAt: ago(40 * time.Minute),
		OldKeyDeletedAt: ago(time.Minute), OldKeyDeletion: rotation.Did, CompletedAt: ago(30 * time.Second),
		ClustersDeployed: 12, Verification: target.VerifyCanary,
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func passedOver(s *rotation.Summary) {
	s.ClustersDeployed, s.ClustersBroken = 0, []string{"prod-eu", "prod-us"}
	for _, name := range s.ClustersBroken {
		s.ClustersSkipped = append(s.ClustersSkipped, rotation.PassedOver(name, rotation.Broken))
	}
}

func completed(summaries ...rotation.Summary) rotation.Document {
	return rotation.Document{Target: "production", RotationID: "k3v9", Summaries: summaries, CarriedOn: len(summaries) > 1}
}

func alarm(name, state, description, reason string) string {
	return event("aws.cloudwatch", "CloudWatch Alarm State Change", "arn:aws:cloudwatch:eu-west-3:123456789012:alarm:"+
		name, map[string]any{
		"alarmName": name, "configuration": map[string]any{"description": description},
		"previousState": map[string]any{"value": "OK"},
		"state":         map[string]any{"value": state, "reason": reason, "timestamp": "2026-08-03T02:59:40.985+0000"},
	})
}

func parse(t testing.TB, text string) Event {
	t.Helper()
	event, err := ParseEvent([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// whole is a message as the golden files show it.
func whole(m Message) string {
	text := fmt.Sprintf("Subject: %s\nUrgency: %s\nTarget: %s\n\n%s", m.Subject, m.Urgency, m.Target, m.Body)
	if m.Whole != "" {
		text += "\n---- at the terminal ----\n" + m.Whole
	}
	return text
}
