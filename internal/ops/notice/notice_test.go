package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

// fake is all that a notifier reads from and writes to.
type fake struct {
	facts Facts
	hang  bool // all reads last until their time is over
	sent  []Message
	chats []Chat
	put   []RotationEvent
	fails error           // of the topic
	lines strings.Builder // of metrics
	users []string
}

func (f *fake) wait(ctx context.Context) {
	if f.hang {
		<-ctx.Done()
	}
}

type (
	fakeTargets struct{ *fake }
	fakeJournal struct{ *fake }
	fakeKeys    struct{ *fake }
)

func (f *fake) names(context.Context) ([]string, error) { return []string{f.facts.Target.Name}, nil }

func (f fakeTargets) Target(_ context.Context, name string) (target.Target, error) {
	if f.facts.NoTarget == nil && name != f.facts.Target.Name {
		return target.Target{}, fault.Errorf(fault.TargetNotFound, "There is no target %s", name)
	}
	return f.facts.Target, f.facts.NoTarget
}

func (f fakeJournal) Load(ctx context.Context, user string) (*rotation.Record, error) {
	if f.wait(ctx); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f.facts.Record, f.facts.NoRecord
}

func (f fakeJournal) History(ctx context.Context, user string) ([]rotation.HistoryItem, error) {
	if f.wait(ctx); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f.facts.History, f.facts.NoHistory
}

func (f fakeKeys) List(ctx context.Context, user string) ([]rotation.AccessKey, error) {
	f.users = append(f.users, user)
	if f.wait(ctx); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f.facts.Keys, f.facts.NoKeys
}

// atNight is the time at which the events of these tests are delivered.
type atNight struct{ lambda.Clock }

func (atNight) Now() time.Time { return night }

func (f *fake) Publish(ctx context.Context, subject, body string, attributes map[string]string) error {
	m := Message{Subject: subject, Body: body, Urgency: Urgency(attributes["urgency"]), Target: attributes["target"]}
	f.sent = append(f.sent, m)
	return errors.Join(f.fails, ctx.Err())
}

func (f *fake) Put(_ context.Context, kind string, detail any) error {
	f.put = append(f.put, detail.(RotationEvent))
	return f.fails
}

func (f *fake) handle(ctx context.Context, event string) (logs string, err error) {
	var out strings.Builder
	n := Notifier{
		Reader: Reader{Clock: atNight{}, Names: f.names, Targets: fakeTargets{f}, Journal: fakeJournal{f},
			Keys: fakeKeys{f}},
		Sender: &Sender{Topic: f, Chats: f.chats, Log: slog.New(slog.NewJSONHandler(&out, nil))},
		Bus:    f, Metrics: lambda.MetricsTo(&f.lines, true),
	}
	err = n.Handle(ctx, []byte(event))
	return out.String(), err
}

func TestNotifierTellsWhatIsInPlace(t *testing.T) {
	f := &fake{facts: world(bothKeys, open(deployed))}
	logs, err := f.handle(t.Context(), execution("ABORTED"))
	if err != nil || len(f.sent) != 1 {
		t.Fatalf("%v, sent %v", err, f.sent)
	}
	for _, want := range []string{"Nothing is broken: Qovery holds AKIANEWNEWNEWNEWNEW2",
		"rotate start production --watch"} {
		if !strings.Contains(f.sent[0].Body, want) {
			t.Errorf("no %q in\n%s", want, f.sent[0].Body)
		}
	}
	if !strings.Contains(logs, `"notice sent"`) || !strings.Contains(logs, `"urgency":"none"`) {
		t.Errorf("logged %s", logs)
	}
}

// An execution whose input says nothing is told of by the rotation that is its own.
func TestTargetIsFoundByTheJournal(t *testing.T) {
	for name, text := range map[string]string{"refused": `{"Target":"production"}`,
		"of two minds": `{"target":"staging","target":"production"}`, "none": ""} {
		f := &fake{facts: world(bothKeys, open(deployed))}
		if _, err := f.handle(t.Context(), execution("ABORTED", input(text))); err != nil {
			t.Fatal(err)
		}
		if m := f.sent[0]; m.Target != "production" || !strings.Contains(m.Body, "Qovery holds AKIANEWNEWNEWNEWNEW2") ||
			!strings.Contains(m.Body, "rotate start production") {
			t.Errorf("%s: %+v", name, m)
		}
		f = &fake{facts: world(oneKey)}
		if _, err := f.handle(t.Context(), execution("ABORTED", input(text))); err != nil {
			t.Fatal(err)
		}
		if name == "of two minds" {
			continue // it may be the last that counted
		}
		if m := f.sent[0]; m.Target != "" || !strings.Contains(m.Body, "works on no target") {
			t.Errorf("%s, and no rotation is open: %+v", name, m)
		}
	}
}

// An abort stops an execution and starts another one, which says that it did what
// was asked: that is one notice. Where nothing is open, or that is not known, no one
// else would tell of the stop.
func TestOneNoticeOfAnAbort(t *testing.T) {
	stopped := execution("ABORTED", with("error", "StoppedToAbort"),
		with("cause", "A person aborted the rotation with 'rotate abort'."))
	for name, test := range map[string]struct {
		facts Facts
		sent  int
	}{
		"its rotation is open":        {world(bothKeys, open(deployed)), 0},
		"the abort has it already":    {world(bothKeys, open(deployed, ofAnother)), 0},
		"nothing was open":            {world(oneKey), 1},
		"the journal is not readable": {world(bothKeys, noJournal), 1},
		"the target is not known":     {world(noTarget(denied)), 1},
	} {
		f := &fake{facts: test.facts}
		if _, err := f.handle(t.Context(), stopped); err != nil || len(f.sent) != test.sent {
			t.Errorf("%s: %v, sent %v", name, err, f.sent)
		}
	}
	f := &fake{facts: world(bothKeys, open(deployed, did(rotation.Reactivate, time.Minute)))}
	done := execution("FAILED", input(abort), with("error", "AbortRequested"),
		with("cause", "The rotation was aborted on request."))
	if _, err := f.handle(t.Context(), done); err != nil || len(f.sent) != 1 ||
		f.sent[0].Subject != "production: rotation aborted as asked" {
		t.Fatalf("%v, sent %v", err, f.sent)
	}
	if m := f.sent[0]; !strings.Contains(m.Body, "as someone asked: the old key AKIAOLDOLDOLDOLDOLD1 is "+
		"Active.") || strings.Contains(m.Body, "error ") {
		t.Errorf("sent %+v", m)
	}
}

// The plan that 'rotate start' shows before it asks is read at once. Whatever else is
// started as a dry run is waited for elsewhere.
func TestShownPlansAreLeftToTheCommandLine(t *testing.T) {
	for name, sent := range map[string]int{"production-plan-20260803T030000Z": 0, "production-dry-run-1754190000": 1} {
		f := &fake{facts: world(oneKey)}
		planned := execution("SUCCEEDED", input(dryRun), output(plannedAs(rotation.PlanReport{
			Would: rotation.ActionCreate})), with("executionArn", strings.Replace(thisExecution, "production-7f3a", name, 1)))
		if _, err := f.handle(t.Context(), planned); err != nil || len(f.sent) != sent {
			t.Errorf("%s: %v, sent %v", name, err, f.sent)
		}
	}
}

// What the audit started and starts again is reported by the audit, once: there is no
// notice each day. Everything else about it is reported as usual.
func TestRefusalsAreLeftToTheAudit(t *testing.T) {
	byAudit := input(`{"target":"production","scheduled":true,"key":"AKIAOLDOLDOLDOLDOLD1"}`)
	bySchedule := input(`{"target":"production","scheduled":true}`)
	locked := failedWith(said(fault.ClustersLocked, "A cluster is locked", "Nothing has changed"))
	token := failedWith(said(fault.TokenRefused, "Qovery refuses the token", "Nothing has changed"))
	const audit, schedule = "the daily audit starts the rotation again", "the schedule tries"
	for name, test := range map[string]struct {
		facts   Facts
		changes []func(detail)
		says    string // nothing: there is no notice
	}{
		"it passes":               {world(oneKey), []func(detail){byAudit, locked}, ""},
		"Lambda is down":          {world(oneKey), []func(detail){byAudit, with("error", "Lambda.Unknown")}, ""},
		"a person fixes it":       {world(oneKey), []func(detail){byAudit, token}, schedule},
		"the schedule started it": {world(oneKey), []func(detail){bySchedule, locked}, audit},
		"a person started it":     {world(oneKey), []func(detail){locked}, "the daily audit tries again at 2026-08-03"},
		"of a young key": {world(keys(active(keyO, 50*day))), []func(detail){locked},
			"the daily audit tries again at 2026-09-12"},
		"a person stopped it": {world(oneKey), []func(detail){with("status", "ABORTED"), with("error", "Stopped")},
			schedule},
		"a rotation is open": {world(bothKeys, open(deployed)), []func(detail){byAudit, locked}, schedule},
		"that is not known":  {world(oneKey, noJournal), []func(detail){byAudit, locked}, audit},
	} {
		f := &fake{facts: test.facts}
		_, err := f.handle(t.Context(), execution("FAILED", test.changes...))
		if wanted := test.says != ""; err != nil || len(f.sent) > 0 != wanted ||
			wanted && !strings.Contains(f.sent[0].Body, "If nothing is done, "+test.says) {
			t.Errorf("%s: %v, sent %v", name, err, f.sent)
		}
	}
}

// The message is sent in time, whatever cannot be read.
func TestNotifierDoesNotWaitForFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{facts: world(bothKeys, open(deployed)), hang: true}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		logs, err := f.handle(ctx, execution("ABORTED"))
		if err != nil || len(f.sent) != 1 || f.sent[0].Urgency != Check {
			t.Fatalf("%v, sent %v", err, f.sent)
		}
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("took %s", took)
		}
		for _, what := range []string{"journal", "history", "keys"} {
			if !strings.Contains(logs, `"what":"`+what+`"`) {
				t.Errorf("the %s is not missed in %s", what, logs)
			}
		}
	})
}

// Where the target cannot be read, a document that carries it will do.
func TestNotifierTakesTheTargetFromTheDocument(t *testing.T) {
	f := &fake{facts: world(newKey, noTarget(denied))}
	doc := completed(summary())
	doc.Settings = world().Target
	if _, err := f.handle(t.Context(), execution("SUCCEEDED", output(doc))); err != nil || len(f.users) != 1 ||
		f.users[0] != "qovery" {
		t.Errorf("%v, keys of %v", err, f.users)
	}
	if m := f.sent[0]; m.Urgency != Calm || m.Target != "production" {
		t.Errorf("sent %+v", m)
	}
	if _, err := f.handle(t.Context(), execution("ABORTED")); err != nil || len(f.users) != 1 ||
		f.sent[1].Urgency != Check {
		t.Errorf("%v, keys of %v", err, f.users)
	}
}

func TestNotifierReadsNothingForAlarms(t *testing.T) {
	f := &fake{}
	if _, err := f.handle(t.Context(), alarm("a", "ALARM", "d", "r")); err != nil || len(f.sent) != 1 ||
		len(f.users) != 0 {
		t.Errorf("%v, sent %v, keys of %v", err, f.sent, f.users)
	}
}

// Of a key that AWS has found in public, people hear if it is a target's, or may be.
func TestNotifierTellsOfExposedKeys(t *testing.T) {
	const found = "URGENT production: AWS found the key in public"
	const begins = "URGENT production: a key leaked and is being replaced"
	for name, test := range map[string]struct {
		facts    Facts
		event    string
		subjects []string
	}{
		"a target's":    {world(oneKey), exposure(string(keyO)), []string{found}},
		"no target's":   {world(oneKey), exposure(string(keyX)), nil},
		"one of two":    {world(oneKey), exposure(string(keyX), string(keyO)), []string{found}},
		"IAM is silent": {world(noKeys), exposure(string(keyO)), []string{"URGENT AWS found a key in public"}},
		"a leak begins": {world(oneKey), execution("RUNNING", input(ofLeak)), []string{begins}},
		"a dry run of a leak": {world(oneKey), execution("RUNNING",
			input(strings.Replace(ofLeak, "{", `{"dryRun":true,`, 1))), nil},
	} {
		f := &fake{facts: test.facts}
		_, err := f.handle(t.Context(), test.event)
		var subjects []string
		for _, m := range f.sent {
			subjects = append(subjects, m.Subject)
		}
		if err != nil || !slices.Equal(subjects, test.subjects) {
			t.Errorf("%s: %v, sent %q", name, err, subjects)
		}
	}
}

func TestNotifierFails(t *testing.T) {
	f := &fake{facts: world(oneKey), fails: fault.Errorf(fault.Throttled, "Slow down")}
	if logs, err := f.handle(t.Context(), execution("FAILED", failedWith(locked))); !fault.HasCode(err,
		fault.Throttled) || strings.Contains(logs, "notice sent") {
		t.Errorf("the topic's error: %v; logged %s", err, logs)
	}
	if _, err := f.handle(t.Context(), `{}`); !fault.HasCode(err, fault.InvalidInput) || len(f.sent) != 1 {
		t.Errorf("malformed: %v", err)
	}
}

// A rotation is measured once it is completed; what came to nothing is not.
func TestNotifierMeasuresRotations(t *testing.T) {
	s := summary()
	f := &fake{facts: world(newKey)}
	if _, err := f.handle(t.Context(), execution("SUCCEEDED", output(completed(s)))); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`"RotationTime":%g`, s.CompletedAt.Sub(s.StartedAt).Seconds())
	if lines := f.lines.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, want) ||
		!strings.Contains(lines, fmt.Sprintf(`"Timestamp":%d`, s.CompletedAt.UnixMilli())) {
		t.Errorf("no %s in %s", want, lines)
	}
	f.lines.Reset()
	for _, event := range []string{execution("ABORTED"), execution("FAILED", failedWith(locked)),
		alarm("a", "ALARM", "d", "r")} {
		if _, err := f.handle(t.Context(), event); err != nil || f.lines.Len() > 0 {
			t.Errorf("%v, measured %s", err, f.lines.String())
		}
	}
}
