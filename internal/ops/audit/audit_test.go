package audit

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// account is all that an auditor reads from and writes to: facts for each target.
type account struct {
	mu      sync.Mutex
	targets map[string]*Facts
	hangs   string                     // a target whose keys are never answered
	later   map[string]Facts           // what is so from a target's second look on
	loads   int                        // of the journal
	onLoad  func(n int, f *Facts)      // before each
	memory  map[string][]byte          // by target
	sent    []notice.Message           //
	mute    func(notice.Message) error // decides what cannot be published
	amnesia error                      // of the memory
	keeps   func(n int) error          // decides what cannot be remembered, by how often it was tried
	kept    int                        //
	recent  []*statemachine.Execution  // of the state machine
	inFail  bool                       // they ended in a Fail state
	cannot  error                      // be listed
	refuses error                      // what would start or redrive one
	began   []string                   // what the audit has started or redriven
	metrics strings.Builder
	full    string // a target whose metrics cannot be written
	logged  strings.Builder
}

func accountOf(targets map[string]Facts) *account {
	a := &account{targets: map[string]*Facts{}, later: map[string]Facts{}, memory: map[string][]byte{}}
	for name, f := range targets {
		if f.Target.Name != "" {
			f.Target.Name, f.Target.IAMUserName = name, "user-of-"+name
		}
		a.targets[name] = &f
	}
	return a
}

// of is the target of a user, whose facts are read under the lock.
func (a *account) of(user string) *Facts { return a.targets[strings.TrimPrefix(user, "user-of-")] }

func (a *account) audit(t *testing.T, ctx context.Context) error {
	t.Helper()
	p := ports{a}
	a.sent = nil
	return Auditor{
		Reader: Reader{Clock: clock{}, Targets: p, Journal: journalPort{p}, Executions: p, Keys: p,
			Needs: rotation.Needs{Usage: p, Trail: needed{p: p}, Staging: needed{p: p}}, Qovery: p, Schedules: p, Memory: p},
		Names: slices.Sorted(maps.Keys(a.targets)), AgeLimit: limit, Machine: p, Starter: p,
		Sender:  &notice.Sender{Topic: p, Log: slog.New(slog.NewJSONHandler(&a.logged, nil))},
		Metrics: lambda.MetricsTo(p, true),
	}.Handle(ctx, []byte("{}"))
}

// clock is in the morning, and waits as long as it is told to.
type clock struct{ lambda.Clock }

func (clock) Now() time.Time { return morning }

type ports struct{ *account }

func (p ports) Target(_ context.Context, name string) (target.Target, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if later, exists := p.later[name]; exists && p.targets[name].Moved {
		later.Target.Name, later.Target.IAMUserName = name, "user-of-"+name
		p.targets[name] = &later
	}
	p.targets[name].Moved = true // looked at once
	return p.targets[name].Target, p.targets[name].Unread[fromTarget]
}

type journalPort struct{ ports }

func (p journalPort) Load(_ context.Context, user string) (*rotation.Record, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loads++
	if p.onLoad != nil {
		p.onLoad(p.loads, p.of(user))
	}
	return p.of(user).Record, p.of(user).Unread[FromJournal]
}

func (p journalPort) History(_ context.Context, user string) ([]rotation.HistoryItem, error) {
	return p.of(user).History, p.of(user).Unread[FromJournal]
}

func (p ports) State(context.Context, string) (rotation.ExecutionState, error) {
	return rotation.ExecutionEnded, nil
}

func (p ports) Recent(_ context.Context, since time.Time) ([]*statemachine.Execution, error) {
	return slices.DeleteFunc(slices.Clone(p.recent), func(x *statemachine.Execution) bool {
		return x.StartedAt.Before(since)
	}), p.cannot
}

func (p ports) Describe(_ context.Context, arn string) (*statemachine.Execution, error) {
	for _, x := range p.recent {
		if x.ARN == arn {
			return x, p.cannot
		}
	}
	return nil, p.cannot
}

func (p ports) EndedInFail(context.Context, string) (bool, error) { return p.inFail, nil }

func (p ports) Start(_ context.Context, name, input string) error {
	p.began = append(p.began, name+" "+input)
	return p.refuses
}

func (p ports) Redrive(_ context.Context, arn string) error {
	p.began = append(p.began, arn)
	return p.refuses
}

func (p ports) List(ctx context.Context, user string) ([]rotation.AccessKey, error) {
	if "user-of-"+p.hangs == user {
		<-ctx.Done()
		return nil, fault.Errorf(fault.Unreachable, "IAM does not answer")
	}
	return p.of(user).Keys, p.of(user).Unread[fromKeys]
}

func (p ports) Quarantine(_ context.Context, user string) ([]string, error) {
	return p.of(user).Quarantine, nil
}

func (p ports) LastUse(_ context.Context, user string, id rotation.KeyID) (rotation.Use, error) {
	return p.of(user).Uses[id], p.of(user).Unread[fromUses]
}

// needed is what a rotation reads and an audit proves.
type needed struct {
	rotation.Trail
	rotation.Staging
	p ports
}

// LatestUses denies what the key's target is denied.
func (n needed) LatestUses(_ context.Context, id rotation.KeyID, _ time.Time, _ []string) ([]rotation.Use, error) {
	n.p.mu.Lock()
	defer n.p.mu.Unlock()
	for _, f := range n.p.targets {
		if slices.ContainsFunc(f.Keys, func(key rotation.AccessKey) bool { return key.ID == id }) &&
			f.Unread[FromNeeds] != nil {
			return nil, f.Unread[FromNeeds]
		}
	}
	return nil, nil
}

func (needed) Readable(context.Context) error { return nil }

func (p ports) Open(_ context.Context, target target.Target) (rotation.Organization, error) {
	return organization{nil, p.of(target.IAMUserName)}, p.of(target.IAMUserName).Unread[FromQovery]
}

type organization struct {
	rotation.Organization
	facts *Facts
}

func (o organization) Locations(context.Context) ([]rotation.Location, error) {
	return o.facts.Locations, nil
}

func (o organization) Clusters(context.Context) ([]rotation.Cluster, error) {
	return o.facts.Clusters, nil
}

func (o organization) Services(context.Context) ([]rotation.Service, error) {
	return []rotation.Service{{ID: "s-1", Name: "api", Kind: "JOB"}, {ID: "s-2", Kind: "JOB"}}, nil
}

// Copies has a variable with the user's key, and Qovery throttles what reads the second service.
func (o organization) Copies(_ context.Context, s rotation.Service, keys []rotation.KeyID) ([]rotation.Copy, error) {
	if s.ID == "s-2" {
		return nil, fault.Errorf(fault.Throttled, "Qovery is busy")
	}
	return []rotation.Copy{{ID: "v-1", Name: "the variable \"AWS_ACCESS_KEY_ID\" of the job \"api\"", Key: keys[0]}}, nil
}

func (p ports) Schedule(_ context.Context, target string) (*rotation.DeployedSchedule, error) {
	return p.targets[target].Schedule, p.targets[target].Unread[FromSchedule]
}

func (p ports) Recall(_ context.Context, target string, into any) error {
	if p.amnesia != nil || p.memory[target] == nil {
		return p.amnesia
	}
	if err := json.Unmarshal(p.memory[target], into); err != nil {
		return fault.Errorf(fault.MalformedAnswer, "AWS answers what cannot be understood: %v", err)
	}
	return nil
}

func (p ports) Remember(_ context.Context, target string, document any) (err error) {
	p.kept++
	if p.keeps != nil && p.keeps(p.kept) != nil {
		return p.keeps(p.kept)
	}
	p.memory[target], err = json.Marshal(document)
	return err
}

// Write takes the metrics.
func (p ports) Write(line []byte) (int, error) {
	if p.full != "" && strings.Contains(string(line), `"target":"`+p.full+`"`) {
		return 0, errors.New("no space left")
	}
	return p.metrics.Write(line)
}

func (p ports) Publish(_ context.Context, subject, body string, attributes map[string]string) error {
	m := notice.Message{Subject: subject, Body: body, Urgency: notice.Urgency(attributes["urgency"]),
		Target: attributes["target"]}
	if p.mute != nil && p.mute(m) != nil {
		return p.mute(m)
	}
	p.sent = append(p.sent, m)
	return nil
}

// told wants an audit to tell just this.
func (a *account) told(t *testing.T, subjects ...string) {
	t.Helper()
	if err := a.audit(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wasTold(t, subjects...)
}

func (a *account) wasTold(t *testing.T, subjects ...string) {
	t.Helper()
	var sent []string
	for _, m := range a.sent {
		sent = append(sent, m.Subject)
	}
	if !slices.Equal(sent, subjects) {
		t.Errorf("told %q, want %q", sent, subjects)
	}
}

func (a *account) is(name string, changes ...change) {
	f := accountOf(map[string]Facts{name: world(changes...)}).targets[name]
	a.targets[name] = f
}

// Everything is told once: when it is new, when it has changed, when it is over,
// and when it comes back.
func TestToldOnce(t *testing.T) {
	const left = "production: a leftover key AKIAELSEELSEELSEELS3"
	a := accountOf(map[string]Facts{"production": world()})
	a.told(t)
	a.is("production", user(active(keyN, 30*day), active(keyX, 20*day)))
	a.told(t, left)
	a.is("production", user(active(keyN, 31*day), active(keyX, 21*day))) // a day later
	a.told(t)
	a.is("production", user(active(keyN, 31*day), inactive(keyX, 21*day)))
	a.told(t, left)
	if body := a.sent[0].Body; !strings.Contains(body, "reported 2026-08-03 05:04 UTC, and has changed") ||
		!strings.Contains(body, "(Inactive)") {
		t.Errorf("told %s", body)
	}
	a.is("production")
	a.told(t, "production: over: a leftover key AKIAELSEELSEELSEELS3")
	a.told(t)
	a.is("production", user(active(keyN, 31*day), active(keyX, 21*day)))
	a.told(t, left)
	if strings.Contains(a.sent[0].Body, "before") {
		t.Errorf("it is new again: %s", a.sent[0].Body)
	}
}

// A quarantine is told every day until it is over.
func TestToldDaily(t *testing.T) {
	const found = "URGENT production: AWS has quarantined the IAM user user-of-production"
	a := accountOf(map[string]Facts{"production": world(attached(quarantinePolicy))})
	a.told(t, found)
	a.told(t, found)
	if body := a.sent[0].Body; !strings.Contains(body, ", and is still so") {
		t.Errorf("told %s", body)
	}
	a.is("production")
	a.told(t, "production: over: AWS has quarantined the IAM user user-of-production")
}

// That the next rotation would be refused is told while there is none, and when it
// is over.
func TestWhatTheNextRotationNeeds(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(), "other": world(user(active(keyX, day)), qoveryHolds(keyX))})
	a.told(t)
	a.is("production", silent(FromNeeds, fault.RegionNotSearchable))
	a.told(t, "CHECK production: the next rotation would be refused")
	a.told(t)
	a.is("production")
	a.told(t, "production: over: the next rotation would be refused")
}

// What cannot be judged now is not over, and is not told again later.
func TestUnknownIsNotOver(t *testing.T) {
	keys := user(active(keyN, 30*day), active(keyX, 200*day)) // too old if it were in use
	for name, cannot := range map[string]struct {
		change change
		told   []string
	}{
		"a rotation runs": {openSince(touched(time.Minute)), nil},
		"Qovery does not answer": {silent(FromQovery, fault.AccessDenied),
			[]string{"CHECK production: what Qovery holds could not be read"}},
		"nor does the journal": {silent(FromJournal, fault.AccessDenied),
			[]string{"CHECK production: the journal could not be read"}},
		"no target": {silent(fromTarget, fault.AccessDenied),
			[]string{"CHECK production: the target's configuration could not be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := accountOf(map[string]Facts{"production": world(keys)})
			a.told(t, "production: a leftover key AKIAELSEELSEELSEELS3")
			a.is("production", keys, cannot.change)
			a.told(t, cannot.told...)
			a.is("production", keys)
			var over []string
			for _, subject := range cannot.told {
				over = append(over, strings.Replace(subject, "CHECK production: ", "production: over: ", 1))
			}
			a.told(t, over...)
		})
	}
}

// A passing failure changes its code from day to day, and is told once.
func TestPassingFailuresAreOneFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accountOf(map[string]Facts{"production": world(silent(FromQovery, fault.Throttled))})
		a.told(t, "CHECK production: what Qovery holds could not be read")
		a.is("production", silent(FromQovery, fault.Unreachable))
		a.told(t)
		a.is("production", silent(FromQovery, fault.TokenRefused))
		a.told(t, "CHECK production: the Qovery token is refused")
	})
}

// What is answered half a minute later was never missing.
func TestSecondLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accountOf(map[string]Facts{"production": world(silent(FromQovery, fault.Throttled))})
		a.later["production"] = world()
		began := time.Now()
		a.told(t)
		if took := time.Since(began); took != secondLook {
			t.Errorf("took %s", took)
		}
		if !strings.Contains(a.metrics.String(), `"Audited":1`) || strings.Contains(a.metrics.String(), `"Audited":0`) {
			t.Errorf("measured %s", a.metrics.String())
		}
	})
}

// One target's failure does not stop the others, whatever it is.
func TestTargetsAreAuditedApart(t *testing.T) {
	left := user(active(keyN, 30*day), active(keyX, 20*day))
	unreachable := fault.Errorf(fault.Throttled, "SNS is busy")
	t.Run("not read", func(t *testing.T) {
		a := accountOf(map[string]Facts{"a": world(silent(fromTarget, fault.InvalidInput)), "b": world(left)})
		a.told(t, "CHECK a: the target's configuration could not be read", "b: a leftover key AKIAELSEELSEELSEELS3")
	})
	t.Run("never answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := accountOf(map[string]Facts{"a": world(), "b": world(left)})
			a.hangs = "a"
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
			defer cancel()
			if err := a.audit(t, ctx); err != nil {
				t.Fatal(err)
			}
			a.wasTold(t, "CHECK a: the IAM user's keys could not be read", "b: a leftover key AKIAELSEELSEELSEELS3")
		})
	})
	t.Run("not told", func(t *testing.T) {
		a := accountOf(map[string]Facts{"a": world(left), "b": world(left)})
		a.mute = func(m notice.Message) error {
			if m.Target == "a" {
				return unreachable
			}
			return nil
		}
		err := a.audit(t, t.Context())
		if !fault.HasCode(err, fault.Throttled) || !strings.Contains(err.Error(), "a: SNS is busy") ||
			strings.Contains(err.Error(), "b: ") {
			t.Error(err)
		}
		a.wasTold(t, "b: a leftover key AKIAELSEELSEELSEELS3")
		if strings.Contains(a.metrics.String(), `"Dimensions":[[]]`) {
			t.Errorf("the audit came to its end: %s", a.metrics.String())
		}
		a.mute = nil
		a.told(t, "a: a leftover key AKIAELSEELSEELSEELS3") // what was not told yet
	})
	t.Run("not measured", func(t *testing.T) {
		a := accountOf(map[string]Facts{"a": world(left), "b": world(left)})
		a.full = "a"
		if err := a.audit(t, t.Context()); !fault.HasCode(err, fault.Unreachable) ||
			!strings.Contains(err.Error(), "a: The metrics could not be written: no space left") {
			t.Error(err)
		}
		a.wasTold(t, "a: a leftover key AKIAELSEELSEELSEELS3", "b: a leftover key AKIAELSEELSEELSEELS3")
		if lines := strings.Count(a.metrics.String(), "\n"); lines != 1 ||
			!strings.Contains(a.metrics.String(), `"target":"b"`) {
			t.Errorf("measured %s", a.metrics.String())
		}
	})
	t.Run("not remembered", func(t *testing.T) {
		a := accountOf(map[string]Facts{"a": world(left)})
		a.amnesia = errors.New("down")
		if err := a.audit(t, t.Context()); !fault.HasCode(err, fault.Unreachable) || len(a.sent) > 0 {
			t.Errorf("%v, told %v", err, a.sent)
		}
	})
}

// A message that cannot be sent does not keep the others back, and what is over
// stays to be told.
func TestUntoldIsToldLater(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(user(active(keyN, 30*day), active(keyX, 20*day)), scheduled(nil))})
	deaf := func(word string) {
		a.mute = func(m notice.Message) error {
			if strings.Contains(m.Subject, word) {
				return fault.Errorf(fault.Throttled, "SNS is busy")
			}
			return nil
		}
	}
	deaf("leftover")
	if err := a.audit(t, t.Context()); err == nil {
		t.Error("nothing failed")
	}
	a.wasTold(t, "production: there is no schedule")
	deaf("schedule")
	a.told(t, "production: a leftover key AKIAELSEELSEELSEELS3")
	a.is("production")
	if err := a.audit(t, t.Context()); err == nil {
		t.Error("nothing failed")
	}
	a.wasTold(t, "production: over: a leftover key AKIAELSEELSEELSEELS3")
	a.mute = nil
	a.told(t, "production: over: there is no schedule")
}

// What comes to nothing after a message does not make it be told again: each is
// remembered before the next.
func TestEachIsRememberedAtOnce(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(user(active(keyN, 30*day), active(keyX, 20*day)), scheduled(nil))})
	full := fault.Errorf(fault.Throttled, "DynamoDB is busy")
	only := func(fails func(n int) bool) func(int) error {
		return func(n int) error {
			if fails(n) {
				return full
			}
			return nil
		}
	}
	first := only(func(n int) bool { return n == 1 })
	fromThird := only(func(n int) bool { return n >= 3 })
	fails := func(subjects ...string) {
		t.Helper()
		a.kept = 0
		if err := a.audit(t, t.Context()); !fault.HasCode(err, fault.Throttled) {
			t.Error(err)
		}
		a.wasTold(t, subjects...)
	}
	a.keeps = fromThird
	fails("production: a leftover key AKIAELSEELSEELSEELS3", "production: there is no schedule")
	a.keeps = only(func(int) bool { return true }) // told all the same
	fails("production: there is no schedule")
	a.kept, a.keeps = 0, first // the second makes up for it
	a.told(t, "production: there is no schedule")
	a.keeps = nil
	a.told(t)
	a.is("production")
	a.keeps = fromThird
	fails("production: over: a leftover key AKIAELSEELSEELSEELS3", "production: over: there is no schedule")
	a.keeps = nil
	a.told(t, "production: over: there is no schedule")
}

// A memory that is none does not silence a target: everything is told anew, also
// what it seems to say was told, and it is replaced.
func TestIllegibleMemory(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(user(active(keyN, 30*day), active(keyX, 20*day)), scheduled(nil))})
	for _, illegible := range []string{`{"auditedAt": 7, "told": {}}`,
		`{"told": {"schedule#": {"state": "missing"}, "left-over#` + string(keyX) + `": "Active"}}`} {
		a.memory["production"] = []byte(illegible)
		a.logged.Reset()
		a.told(t, "production: a leftover key AKIAELSEELSEELSEELS3", "production: there is no schedule")
		if !strings.Contains(a.logged.String(), "memory illegible") {
			t.Errorf("logged %s", a.logged.String())
		}
		a.told(t)
	}
}

// A record that changes while the rest is read says nothing about the rest.
func TestMovingJournal(t *testing.T) {
	for name, move := range map[string]func(f *Facts){
		"closed":  func(f *Facts) { f.Record = nil },
		"written": func(f *Facts) { r := *f.Record; r.Revision++; f.Record = &r },
		"another": func(f *Facts) { r := *f.Record; r.RotationID = "other"; f.Record = &r },
	} {
		t.Run(name, func(t *testing.T) {
			a := accountOf(map[string]Facts{"production": world(user(active(keyO, 90*day), active(keyX, hour)),
				qoveryHolds(keyO, keyO), openSince())})
			a.onLoad = func(n int, f *Facts) {
				if n == 2 {
					move(f)
				}
			}
			a.told(t)
			if a.loads != 2 {
				t.Errorf("loaded %d times", a.loads)
			}
		})
	}
}

// Each target has its line of metrics, and all of them together have one.
func TestMetrics(t *testing.T) {
	a := accountOf(map[string]Facts{
		"a": world(user(active(keyN, 40*day), active(keyX, 20*day))), "b": world(silent(FromQovery, fault.AccessDenied)),
		"c": world(user(active(keyN, 50*day), active(keyX, 20*day))),
	})
	if err := a.audit(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"target":"a" KeyAge=40 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1`,
		`"target":"b" KeyAge=30 Keys=1 OpenRecords=0 Audited=0`,
		`"target":"c" KeyAge=50 Keys=2 LeftoverKeys=1 Drift=0 OpenRecords=0 Audited=1`,
		` KeyAge=50 Keys=5 LeftoverKeys=2 OpenRecords=0 Audited=0`, // b may hold drift: that there is none is not known
	}
	lines := strings.Split(strings.TrimSpace(a.metrics.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %s", len(lines), lines)
	}
	for i, line := range lines {
		for _, part := range strings.Fields(want[i]) {
			name, value, isMetric := strings.Cut(part, "=")
			if isMetric {
				part = `"` + name + `":` + value
			}
			if !strings.Contains(line, part+",") && !strings.Contains(line, part+"}") {
				t.Errorf("no %s in %s", part, line)
			}
		}
		if i == 1 && strings.Contains(line, LeftoverKeys) || i == 3 &&
			(strings.Contains(line, `"target"`) || strings.Contains(line, Drift)) {
			t.Errorf("too much is in %s", line)
		}
	}
}

// The highest age of those targets that could be read is that of all only where
// the others can't take it back: not one below the limit while a key's is not known.
func TestAgeAltogether(t *testing.T) {
	unknown, young, old := world(silent(fromKeys, fault.AccessDenied)), world(), world(user(active(keyN, limit)))
	perhapsLeftover := world(user(active(keyN, 30*day), active(keyX, 200*day)), silent(FromQovery, fault.AccessDenied))
	noKey := world(user(inactive(keyN, 30*day)))
	for name, test := range map[string]struct {
		targets []Facts
		want    float64 // 0: none
	}{
		"all known":                {[]Facts{young, old}, 97},
		"one not, others young":    {[]Facts{young, unknown}, 0},
		"one not, another too old": {[]Facts{unknown, old, young}, 97},
		"one may be left over":     {[]Facts{young, perhapsLeftover}, 0},
		"one without Active keys":  {[]Facts{noKey, young}, 30},
	} {
		var judged []Judgement
		for _, facts := range test.targets {
			judged = append(judged, Judge("production", facts, limit))
		}
		age, published := altogether(judged, limit)[KeyAge]
		if age != test.want || published != (test.want > 0) {
			t.Errorf("%s: %g, %t", name, age, published)
		}
	}
}

// Logs and metrics name no whole key, and people are shown nothing else.
func TestNoWholeKeyIsShown(t *testing.T) {
	a := accountOf(map[string]Facts{"production": world(user(active(keyN, 130*day), active(keyX, 120*day),
		inactive(keyO, 200*day)), qoveryHolds(keyN, keyX, keyO))})
	if err := a.audit(t, t.Context()); err != nil || len(a.sent) < 3 {
		t.Fatalf("%v, told %v", err, a.sent)
	}
	text := a.logged.String() + a.metrics.String()
	for _, m := range a.sent {
		if shown := m.Subject + m.Body; strings.Contains(shown, "****") {
			t.Errorf("a key isn't whole in %s", shown)
		}
	}
	for _, id := range []rotation.KeyID{keyN, keyX, keyO} {
		if strings.Contains(text, string(id)) {
			t.Errorf("%s is shown", id)
		}
	}
}

// The services are read on from audit to audit, and what was found is remembered,
// reported once, and stays while a service can't be read. Without lookInVariables
// nothing is read, and what was reported is over.
func TestServicesAreReadOn(t *testing.T) {
	looks := func(f *Facts) { f.Target.LookInVariables = true }
	a := accountOf(map[string]Facts{"production": world(looks)})
	const found, unread = "production: the key AKIANEWNEWNEWNEWNEW2 is also in Qovery's variables or arguments",
		"CHECK production: the variables and arguments of Qovery's services could not be read"
	a.told(t, found)
	a.told(t, unread) // the second service
	var known rotation.Readings
	if err := (ports{a}).Recall(t.Context(), rotation.ReadingsOf("production"), &known); err != nil ||
		len(known.Copies(keyN)) != 1 || !known.Services[0].At.IsZero() || known.Services[1].At != morning {
		t.Errorf("remembered %+v, %v", known, err)
	}
	a.told(t)
	a.is("production")
	a.told(t, "production: over: the key AKIANEWNEWNEWNEWNEW2 is also in Qovery's variables or arguments",
		"production: over: the variables and arguments of Qovery's services could not be read")
	a = accountOf(map[string]Facts{"production": world(looks, silent(FromQovery, fault.TokenRefused))})
	a.told(t, "CHECK production: the Qovery token is refused")
	if len(a.memory) != 1 {
		t.Errorf("remembered %q", a.memory)
	}
}
