package rotation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/explorer"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// A moment is a visit of a state at which a world is frozen.
type moment struct {
	name  string
	state string
	setup func(*lab.Setup)
	given func(*people)
	after time.Duration // since the execution was started: not an earlier visit
	waits time.Duration // before the function is called
	hurts bool          // what people did made consumers fail by itself
}

// moments are one for each state that calls a function, and some that lie off the
// straight way.
var moments = []moment{
	{name: "Preflight", state: "Preflight"},
	{name: "Preflight of an interrupted rotation", state: "Preflight", given: interrupted},
	{name: "Preflight of a rotation whose new key is gone", state: "Preflight",
		given: all(interrupted, does("delete key 2"), does("put key 1 into credentials")), hurts: true},
	{name: "CreateKey", state: "CreateKey"},
	{name: "CreateKey after a creation that was lost", state: "CreateKey",
		given: does("fault iam.CreateAccessKey#1 fail-after"), after: 9 * time.Minute, waits: time.Minute +
			30*time.Second},
	{name: "CreateKey after a secret that was lost", state: "CreateKey",
		given: does("fault staging.Put#2 kill-before"), after: time.Second,
		waits: rotation.FunctionTimeouts["createkey"]},
	{name: "VerifyKey", state: "VerifyKey"},
	{name: "UpdateCredentials", state: "UpdateCredentials"},
	{name: "UpdateCredentials where a location is gone", state: "UpdateCredentials",
		given: onceIn("UpdateCredentials", together(does("put key 2 into credentials"), loseLocation))},
	{name: "DeployClusters", state: "DeployClusters", after: 65 * time.Second},
	{name: "DeployClusters, all being deployed", state: "DeployClusters", after: 8 * time.Minute},
	{name: "CheckUsage", state: "CheckUsage"},
	{name: "DeactivateKey", state: "DeactivateKey"},
	{name: "VerifyDeployment", state: "VerifyDeployment"},
	{name: "VerifyDeployment, the canary being deployed", state: "VerifyDeployment", after: 2*time.Hour + 40*time.Minute},
	{name: "DeleteKey", state: "DeleteKey"},
	{name: "Complete", state: "Complete"},
	{name: "Complete where a person has deleted the old key", state: "Complete",
		given: does("when UpdateCredentials delete key 1"), hurts: true},
	{name: "DiscardKey", state: "DiscardKey", given: does("lag propagation 24h")},
	{name: "DiscardKey after a creation that was lost", state: "DiscardKey",
		given: all(does("fault iam.CreateAccessKey#1 fail-after"),
			later(2*time.Minute, does("put foreign into credentials"))),
		waits: 11 * time.Minute},
	{name: "ReactivateKey", state: "ReactivateKey",
		given: does("when VerifyDeployment cluster 1 fails AccessDenied",
			"when VerifyDeployment cluster 1 fails AccessDenied")},
	{name: "RestoreOldKey", state: "RestoreOldKey", given: func(p *people) {
		run := p.mustStart("earlier")
		run.UntilIn("ObservationPeriod")
		run.Stop()
	}},
}

func (p *people) mustStart(name string) *lab.Run {
	run, err := p.Start(name, `{"target": "production"}`)
	if err != nil {
		panic(err)
	}
	return run
}

func interrupted(p *people) {
	run := p.mustStart("earlier")
	run.UntilIn("GracePeriod")
	run.Stop()
}

// loseLocation has the record name a location that is not there any more.
func loseLocation(p *people) {
	p.rewrite(func(r *rotation.Record) {
		r.Locations = append(r.Locations,
			rotation.LocationRef{Kind: rotation.HelmRepository, ID: "1a2b3c4d-0000-4000-8000-000000000003", Name: "charts"})
	})
}

func onceIn(state string, act func(*people)) func(*people) {
	return func(p *people) {
		done := false
		p.OnInvoke = func(s string) lab.InvokeFault {
			if s == state && !done {
				done = true
				act(p)
			}
			return ""
		}
	}
}

// A frozen world is one whose execution was stopped at a moment: the function was
// called, and had not done anything yet. Tests call it in its place.
type frozen struct {
	*people
	moment
	step        rotation.Step
	function    string
	call        rotation.Call // what the state machine sends
	invocations int
}

func freeze(t *testing.T, m moment) *frozen {
	t.Helper()
	var setup lab.Setup
	if m.setup != nil {
		m.setup(&setup)
	}
	f := &frozen{people: attentive(t, setup), moment: m}
	f.operate(t, func() {
		if m.given != nil {
			m.given(f.people)
			f.Sleep(5 * time.Second)
		}
		given, invoked, earliest := f.Wire.Injector, f.OnInvoke, f.Timeline.Now().Add(m.after)
		now := false
		f.OnInvoke = func(state string) lab.InvokeFault {
			now = state == m.state && f.run != nil && !f.Timeline.Now().Before(earliest)
			if invoked != nil {
				return invoked(state)
			}
			return ""
		}
		f.Wire.Injector = func(c lab.Call) lab.Fault {
			if now && strings.HasSuffix(c.Process, "/"+m.state) {
				f.Timeline.At(f.Timeline.Now(), f.run.Stop)
				return lab.Fault{Kind: lab.KillBefore}
			}
			if given != nil {
				return given(c)
			}
			return lab.Fault{}
		}
		f.run = f.mustStart("rotation")
		f.run.Wait()
		f.Wire.Injector, f.OnInvoke = nil, nil
		f.Sleep(time.Second + m.waits)
	})
	if stopped := f.run.Path()[len(f.run.Path())-1]; stopped != m.state || f.run.Status() != statemachine.Aborted {
		t.Fatalf("the execution is %s in %s, and was to be frozen in %s", f.run.Outcome(), stopped, m.state)
	}
	for _, event := range f.run.History() {
		if event.Type == statemachine.TaskScheduled {
			f.received(t, event.Input)
		}
	}
	return f
}

// received takes note of what a function was called with.
func (f *frozen) received(t *testing.T, parameters json.RawMessage) {
	t.Helper()
	var request struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(parameters, &request); err != nil {
		t.Fatal(err)
	}
	f.function = strings.Trim(request.FunctionName, "${}")
	f.step = f.Step(f.function)
	f.call.Document = rotation.Document{}
	// Preflight gets the execution's input in place of a document.
	if err := json.Unmarshal(request.Payload, &f.call); err != nil {
		t.Fatal(err)
	}
}

// invoke calls the function, which has the time that it usually has.
func (f *frozen) invoke(t *testing.T) (rotation.Document, *fault.Error) {
	t.Helper()
	timeout := rotation.FunctionTimeouts[f.function]
	return f.invokeFor(t, timeout, timeout-2*time.Second)
}

// invokeFor calls the function with a deadline and a context that need not end
// with it.
func (f *frozen) invokeFor(t *testing.T, timeout, contextual time.Duration) (doc rotation.Document,
	failure *fault.Error) {
	t.Helper()
	event, err := json.Marshal(f.call)
	if err != nil {
		t.Fatal(err)
	}
	f.invocations++
	var result []byte
	f.operate(t, func() {
		deadline := f.Timeline.Now().Add(timeout)
		ctx, cancel := f.Timeline.WithDeadline(context.Background(), f.Timeline.Now().Add(contextual))
		defer cancel()
		result, err = rotation.Handle(ctx, f.step, event, fmt.Sprintf("by-hand-%d", f.invocations), deadline)
	})
	if err != nil {
		failure = fault.AsError(err)
		info := failure.Code.Info()
		if !slices.Contains(slices.Concat(info.Retried, info.Caught, info.Uncaught), f.state) {
			t.Errorf("the table of codes does not say that %s raises %s", f.state, failure.Code)
		}
		return doc, failure
	}
	if err := json.Unmarshal(result, &doc); err != nil {
		t.Fatal(err)
	}
	return doc, nil
}

func requireCode(t *testing.T, err *fault.Error, want fault.Code) {
	t.Helper()
	switch {
	case err == nil && want != "":
		t.Errorf("no error, want %s", want)
	case err != nil && err.Code != want:
		t.Errorf("got %s, want %q: %v", err.Code, want, err)
	}
}

func (f *frozen) sleep(t *testing.T, d time.Duration) { f.operate(t, func() { f.Sleep(d) }) }

func (f *frozen) requireNoHarm(t *testing.T) {
	t.Helper()
	if f.hurts {
		f.Judge.Refusals = 0
	}
	requireNoHarm(t, f.World)
}

// picture is all that an effect could change.
func (f *frozen) picture() string {
	picture := whatIsLeft(f.World)
	for _, life := range f.IAM.Lives() {
		picture += fmt.Sprintf("; %s changed %d times, held by %v", life.ID, len(life.Changes),
			f.Qovery.Holders(string(life.ID)))
	}
	for _, cluster := range f.Clusters {
		picture += fmt.Sprintf("; %d deployments", len(f.Qovery.Deployments(cluster)))
	}
	return picture
}

// unchanged runs a test, and requires that it leaves the world as it was.
func (f *frozen) unchanged(t *testing.T, test func()) {
	t.Helper()
	before := f.picture()
	test()
	if after := f.picture(); after != before {
		t.Errorf("changed from\n%s\nto\n%s", before, after)
	}
}

// rewrite changes the journal's record as another writer would.
func (p *people) rewrite(change func(*rotation.Record)) {
	record := p.Journal.Current(lab.UserName)
	record.Revision++
	change(record)
	if err := p.Journal.Save(context.Background(), *record); err != nil {
		panic(err)
	}
}

// TestEveryCallOfAStepThrottled: from each call on that a step makes, one service
// throttles it. The step says so, has done nothing before its first effect, and
// gets through when it is called again.
func TestEveryCallOfAStepThrottled(t *testing.T) {
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			f := freeze(t, m)
			before := len(f.Wire.Calls())
			if _, err := f.invoke(t); err != nil {
				t.Fatal("undisturbed:", err)
			}
			calls := f.Wire.Calls()[before:]
			for i, call := range calls {
				effectBefore := slices.ContainsFunc(calls[:i], func(c lab.Call) bool {
					return c.Write && !strings.HasPrefix(c.Site, "journal.")
				})
				f := freeze(t, m)
				f.Wire.Injector = func(c lab.Call) lab.Fault {
					if c.Site == call.Site && c.Seq >= call.Seq {
						return lab.Fault{Kind: lab.Throttle}
					}
					return lab.Fault{}
				}
				throttled := func() {
					_, err := f.invoke(t)
					want := fault.Throttled
					if last := i == len(calls)-1; last &&
						(m.state == "CheckUsage" || call.Site == "journal.Save" && m.state != "Preflight") {
						want = "" // the new key's first use proves little, and at the deadline a lease is over anyway
					}
					requireCode(t, err, want)
				}
				if effectBefore {
					throttled()
				} else {
					f.unchanged(t, throttled)
				}
				f.Wire.Injector = nil
				f.sleep(t, rotation.FunctionTimeouts[f.function])
				_, err := f.invoke(t)
				if err != nil && err.Code == fault.IAMSettling { // a key was created that nobody wrote down
					f.sleep(t, 10*time.Minute)
					_, err = f.invoke(t)
				}
				requireCode(t, err, "")
				f.requireNoHarm(t)
				if t.Failed() {
					t.Fatalf("call %d, %s", i+1, call.Site)
				}
			}
		})
	}
}

// TestStepsKeepToTheirRecord: a step whose record is closed, another's or leased
// says so and changes nothing.
func TestStepsKeepToTheirRecord(t *testing.T) {
	for _, m := range moments {
		if m.state == "Preflight" {
			continue // it decides whose the record is
		}
		leases := m.state != "VerifyKey" && m.state != "CheckUsage" // those change nothing
		for _, c := range []struct {
			name   string
			change func(*frozen)
			want   fault.Code
		}{
			{"closed", func(f *frozen) { f.closeRecord() }, fault.LockLost},
			{"taken over", func(f *frozen) {
				f.rewrite(func(r *rotation.Record) { r.Owner += "-2"; r.Fence++ })
			}, fault.LockLost},
			{"taken over and taken back", func(f *frozen) {
				f.rewrite(func(r *rotation.Record) { r.Fence += 2 })
			}, fault.LockLost},
			{"of another rotation", func(f *frozen) {
				next := *f.Journal.Current(lab.UserName)
				f.closeRecord()
				next.Revision, next.RotationID = 1, "another"
				if err := f.Journal.Save(context.Background(), next); err != nil {
					panic(err)
				}
			}, fault.LockLost},
			{"leased", lease(time.Minute), either(leases, fault.StepBusy)},
			{"leased until a moment ago", lease(-time.Second), ""},
		} {
			t.Run(m.name+"/"+c.name, func(t *testing.T) {
				f := freeze(t, m)
				c.change(f)
				invoke := func() {
					_, err := f.invoke(t)
					requireCode(t, err, c.want)
				}
				if c.want == "" {
					invoke()
				} else {
					f.unchanged(t, invoke)
				}
				f.requireNoHarm(t)
			})
		}
	}
}

func either(is bool, code fault.Code) fault.Code {
	if is {
		return code
	}
	return ""
}

func lease(d time.Duration) func(*frozen) {
	return func(f *frozen) {
		f.rewrite(func(r *rotation.Record) {
			r.Lease = rotation.Lease{Holder: "somebody", Until: f.Timeline.Now().Add(d)}
		})
	}
}

// closeRecord is somebody else closing the record, as a rotation that was begun at another time.
func (f *frozen) closeRecord() {
	item := rotation.HistoryItem{Record: *f.Journal.Current(lab.UserName), Outcome: rotation.Released,
		EndedAt: f.Timeline.Now()}
	item.Record.TakenAt = item.Record.TakenAt.Add(-time.Hour)
	if err := f.Journal.Close(context.Background(), item); err != nil {
		panic(err)
	}
}

// TestOutOfTime lets the function's time end after each call that a step makes:
// nothing has an effect after the deadline, and the next invocation carries on.
// The context ends by then; what begins something new also looks at the clock, and
// is tried without the context's help.
func TestOutOfTime(t *testing.T) {
	const latency = 100 * time.Millisecond
	several := []moment{
		{name: "UpdateCredentials of two", state: "UpdateCredentials", given: does("add credentials AWS")},
		{name: "DeployClusters of three", state: "DeployClusters", setup: func(s *lab.Setup) {
			s.Clusters, s.Production = 4, 1
		}, after: 65 * time.Second},
	}
	for _, m := range append(several, moments...) {
		for _, endsContext := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/%t", m.name, endsContext), func(t *testing.T) {
				for timeout := latency / 2; !t.Failed(); timeout += latency {
					f := freeze(t, m)
					f.Wire.Latency = lab.Exactly(latency)
					deadline := f.Timeline.Now().Add(timeout)
					f.Wire.Observer = func(o lab.Outcome) {
						beginsSomething := strings.HasPrefix(o.Site, "iam.") || strings.HasPrefix(o.Site, "qovery.POST")
						if o.Write && o.Applied && o.Began.After(deadline) && (endsContext || beginsSomething) {
							t.Errorf("with %s: %s is sent %s after the deadline", timeout, o.Site, o.Began.Sub(deadline))
						}
					}
					err := f.invokeWithin(t, timeout, endsContext)
					if err == nil && f.Timeline.Now().Before(deadline) {
						return
					}
					switch {
					case err == nil:
					case !endsContext:
						requireCode(t, err, fault.StepBusy)
					case err.Class != fault.Transient:
						t.Errorf("with %s: %v", timeout, err)
					}
					f.Wire.Observer = nil
					f.sleep(t, 10*time.Minute) // the journal knows of a creation that may have been sent
					_, err = f.invoke(t)
					requireCode(t, err, "")
					f.requireNoHarm(t)
				}
			})
		}
	}
}

func (f *frozen) invokeWithin(t *testing.T, timeout time.Duration, endsContext bool) *fault.Error {
	t.Helper()
	contextual := timeout
	if !endsContext {
		contextual = rotation.FunctionTimeouts[f.function]
	}
	_, err := f.invokeFor(t, timeout, contextual)
	return err
}

// stutter is a journal whose client sends every write twice, because the answer to
// the first one was lost: the second answer is a conflict with ourselves.
type stutter struct {
	rotation.Journal
	on *bool
}

func (s stutter) Save(ctx context.Context, record rotation.Record) error {
	if *s.on {
		_ = s.Journal.Save(ctx, record)
	}
	return s.Journal.Save(ctx, record)
}

func (s stutter) Close(ctx context.Context, item rotation.HistoryItem) error {
	if *s.on {
		_ = s.Journal.Close(ctx, item)
	}
	return s.Journal.Close(ctx, item)
}

// TestOwnWritesAreNoConflict: a step recognizes what it has written itself.
func TestOwnWritesAreNoConflict(t *testing.T) {
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			var on bool
			f, g := freeze(t, m), freeze(t, m.seenThrough(func(p *lab.Ports) { p.Journal = stutter{p.Journal, &on} }))
			_, err := f.invoke(t)
			requireCode(t, err, "")
			on = true
			_, err = g.invoke(t)
			requireCode(t, err, "")
			if whatIsLeft(f.World) != whatIsLeft(g.World) {
				t.Errorf("leaves %s, and with a journal that stutters %s", whatIsLeft(f.World), whatIsLeft(g.World))
			}
			g.requireNoHarm(t)
		})
	}
}

// seenThrough is the moment with ports that a test may change at it.
func (m moment) seenThrough(change func(*lab.Ports)) moment {
	setup := m.setup
	m.setup = func(s *lab.Setup) {
		if setup != nil {
			setup(s)
		}
		s.Through = func(_ *lab.World, p *lab.Ports) { change(p) }
	}
	return m
}

func at(state string) moment { return moment{name: state, state: state} }

// TestStepsRefuse: each step checks the rules by itself, whatever the document
// says, and refuses without an effect.
func TestStepsRefuse(t *testing.T) {
	doc := func(change func(*rotation.Document)) func(*frozen) {
		return func(f *frozen) { change(&f.call.Document) }
	}
	record := func(change func(*rotation.Record)) func(*frozen) {
		return func(f *frozen) { f.rewrite(change) }
	}
	person := func(act func(*people)) func(*frozen) {
		return func(f *frozen) { act(f.people) }
	}
	for _, c := range []struct {
		name   string
		moment moment
		change func(*frozen)
		want   fault.Code
	}{
		// Rule 3, of the document.
		{"the grace period is not over", at("DeactivateKey"),
			doc(func(d *rotation.Document) {
				d.Settings.GracePeriod += target.Duration(30 * time.Second)
			}), fault.TooEarly},
		{"a deployment that is younger than the grace period", at("DeactivateKey"),
			doc(func(d *rotation.Document) {
				d.Deployment.Clusters[0].DoneAt = d.Deployment.Clusters[0].DoneAt.Add(time.Hour)
			}), fault.TooEarly},
		{"a usage check of 16 minutes ago", at("DeactivateKey"),
			doc(func(d *rotation.Document) {
				d.Usage.CheckedAt = d.Usage.CheckedAt.Add(-16 * time.Minute)
			}), fault.UsageCheckStale},
		{"a usage check that found a use", at("DeactivateKey"),
			doc(func(d *rotation.Document) { d.Usage.Idle = false }), fault.UsageCheckStale},
		{"no usage check", at("DeactivateKey"),
			doc(func(d *rotation.Document) { d.Usage = rotation.UsageCheck{} }), fault.UsageCheckStale},
		{"a cluster without proof", at("DeactivateKey"),
			doc(func(d *rotation.Document) { d.Deployment.Clusters = nil }), fault.ClusterNotDeployed},
		{"a cluster without proof, after two returns", at("DeactivateKey"),
			doc(func(d *rotation.Document) {
				d.Deployment.Clusters, d.Deployment.Returns = nil, 2
			}), fault.DeploymentNotObserved},
		{"a cluster whose proof is not over", at("DeactivateKey"),
			doc(func(d *rotation.Document) { d.Deployment.Clusters[0].DoneAt = time.Time{} }), fault.ClusterNotDeployed},
		{"the observation period is not over", at("DeleteKey"),
			doc(func(d *rotation.Document) { d.Settings.ObservationPeriod += target.Duration(time.Hour) }), fault.TooEarly},
		{"the verification is missing", at("DeleteKey"),
			record(func(r *rotation.Record) { delete(r.Marks, rotation.Verify) }), fault.OldKeyActive},
		{"the verification was only begun", at("DeleteKey"),
			record(func(r *rotation.Record) {
				r.Marks[rotation.Verify] = rotation.Mark{Begun: r.TakenAt}
			}), fault.OldKeyActive},
		{"the deactivation is not this rotation's", at("DeleteKey"),
			record(func(r *rotation.Record) { delete(r.Marks, rotation.Deactivate) }), fault.OldKeyActive},

		// Rules 2, 4 and 5.
		{"a discard after the update has begun", moment{state: "DiscardKey", given: does("lag propagation 24h")},
			record(func(r *rotation.Record) {
				r.Marks[rotation.Update] = rotation.Mark{Begun: r.TakenAt}
			}), fault.UpdateFailed},
		{"a discard of a key that a location holds",
			moment{state: "DiscardKey", given: all(does("lag propagation 24h"), does("add credentials AWS"))},
			person(func(p *people) {
				does("put key 2 into other-credentials")(p)
			}), fault.UnexpectedAccessKey},
		{"a discard while a creation is settling", moment{state: "DiscardKey",
			given: all(does("fault iam.CreateAccessKey#1 fail-after"),
				later(2*time.Minute, does("put foreign into credentials")))},
			person(func(*people) {}), fault.IAMSettling},
		{"a deactivation of a key that a place handled elsewhere holds",
			moment{state: "DeactivateKey", given: all(does("add credentials AWS"), does(`target {"handledElsewhere": `+
				`["other-credentials"]}`))},
			person(func(*people) {}), fault.OldKeyHeld},
		{"a creation while a location holds another key", at("CreateKey"), person(does("put foreign into credentials")),
			fault.UnexpectedAccessKey},

		// Live state.
		{"a location that is gone, and answers that are out of date",
			moment{state: "UpdateCredentials",
				given: onceIn("UpdateCredentials", together(does("put key 2 into credentials"), loseLocation))},
			person(later(30*time.Second, func(p *people) {
				p.Qovery.Configure(func(c *fakeqovery.Config) { c.CredentialsLag = 10 * time.Minute })
			})), fault.MalformedAnswer},
		{"the record was released", at("Complete"), func(f *frozen) {
			item := rotation.HistoryItem{Record: *f.Journal.Current(lab.UserName), Outcome: rotation.Released,
				EndedAt: f.Timeline.Now()}
			if err := f.Journal.Close(context.Background(), item); err != nil {
				panic(err)
			}
		}, fault.LockLost},
		{"the new key is not listed yet", at("UpdateCredentials"), person(does("delete key 2")), fault.IAMSettling},
		{"the list of keys shows the old one again",
			moment{state: "Complete", given: does("when UpdateCredentials delete key 1")},
			person(func(p *people) {
				p.Wire.Injector = func(c lab.Call) lab.Fault {
					if c.Site == "iam.ListAccessKeys" {
						return lab.Fault{Kind: lab.Stale, Delay: time.Hour}
					}
					return lab.Fault{}
				}
			}), fault.IAMSettling},
		{"a cluster that credentials serve and nobody lists", at("DeactivateKey"), person(listNoClusters),
			fault.MalformedAnswer},
		{"a cluster that credentials serve and nobody lists, while they are deployed", at("DeployClusters"),
			person(listNoClusters), fault.MalformedAnswer},
		{"a cluster that credentials serve and nobody lists, at the start", at("Preflight"), person(listNoClusters),
			fault.MalformedAnswer},
		{"the last use of a further key cannot be read", moment{state: "Preflight", given: does("create key")},
			person(does("fault iam.GetAccessKeyLastUsed throttle")), fault.Throttled},
		{"the verification: the old key is listed as Active still", at("VerifyDeployment"),
			func(f *frozen) {
				does("activate key 1")(f.people)
				f.rewrite(func(r *rotation.Record) {
					r.Marks[rotation.Deactivate] = rotation.Mark{Begun: f.Timeline.Now(), Done: f.Timeline.Now()}
				})
			}, fault.IAMSettling},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := freeze(t, c.moment)
			c.change(f)
			f.unchanged(t, func() {
				_, err := f.invoke(t)
				requireCode(t, err, c.want)
			})
			f.Judge.Refusals = 0 // what people did
			requireNoHarm(t, f.World)
		})
	}
}

func listNoClusters(p *people) {
	p.Qovery.Configure(func(c *fakeqovery.Config) {
		c.Hook = func(r *http.Request) (bool, *fakeqovery.Answer) {
			if strings.HasSuffix(r.URL.Path, "/cluster") {
				return true, &fakeqovery.Answer{Status: http.StatusOK, Body: `{"results":[]}`}
			}
			return true, nil
		}
	})
}

// TestHandle: what is not an event of the state machine is refused.
func TestHandle(t *testing.T) {
	f := freeze(t, at("CreateKey"))
	for _, event := range []string{``, `null`, `[]`, `{}`, `{"document": {"target": "production"}}`,
		`{"execution": {"Id": ""}}`, `{"document": 5, "execution": {"Id": "arn"}}`} {
		f.unchanged(t, func() {
			_, err := rotation.Handle(context.Background(), f.step, []byte(event), "by-hand", f.Timeline.Now())
			if err == nil || fault.AsError(err).Code != fault.InvalidInput {
				t.Errorf("%s: %v", event, err)
			}
		})
	}
}

// leakOf has the journal know that a key leaked, which then has a status.
func leakOf(key string, status rotation.KeyStatus) func(*people) {
	return func(p *people) {
		n := int(key[len(key)-1] - '1')
		p.rewrite(func(r *rotation.Record) {
			r.Leaked = rotation.Leaked{p.IAM.Lives()[n].ID: target.AfterDeployment}
		})
		if status == rotation.Inactive {
			does("deactivate " + key)(p)
		}
		p.Sleep(2 * time.Minute)
	}
}

// TestRelease: a record is closed by hand only when nobody is at work on it and
// every location holds one Active key of the user; no key is changed.
func TestRelease(t *testing.T) {
	halfUpdated := all(does("add credentials AWS"), does("qovery answers 403 PUT other-credentials"))
	for _, c := range []struct {
		name  string
		stop  string // the state in which the execution is stopped; empty: it goes on
		given func(*people)
		act   func(*people)
		want  fault.Code
		says  string
	}{
		{"both are in order, the old key everywhere", "VerifyKey", nil, nil, "", ""},
		{"the new key everywhere", "GracePeriod", nil, nil, "", ""},
		{"nothing is open", "", nil, all((*people).wait), fault.NothingToAbort, "No rotation of production is open"},
		{"the execution runs", "", nil, func(p *people) {
			p.run.UntilIn("GracePeriod")
		}, fault.RotationInProgress, "execution:qovery-key-rotation:rotation-1"},
		{"a step may still be at work", "GracePeriod", nil, does("lease somebody 1h"), fault.StepBusy,
			"may still be at work"},
		{"the owner is not known", "GracePeriod", nil, func(p *people) {
			p.Executions.Forget(p.run.ARN())
		}, fault.StepBusy, "may still be at work"},
		{"a foreign key", "GracePeriod", nil, does("put foreign into credentials"), "", ""},
		{"a foreign key in one of several places", "GracePeriod", does("add registry"), does("put foreign into registry"), "",
			""},
		{"the old key in one of several places, and gone", "GracePeriod", does("add registry"),
			all(does("put key 1 into registry"), does("delete key 1")), fault.UnexpectedAccessKey,
			`container registry "images" (` +
				`1a2b3c4d-0000-4000-8000-000000000002) holds ****`},
		{"no key at all", "GracePeriod", nil, all(does("put foreign into credentials"), func(p *people) {
			p.rewrite(func(r *rotation.Record) { r.Locations = nil })
		}), "", ""},
		{"two keys", "", halfUpdated, all((*people).wait), fault.UnexpectedAccessKey,
			"Locations hold two keys of the IAM user qovery"},
		{"an Inactive key", "GracePeriod", nil, does("deactivate key 2"), fault.UnexpectedAccessKey, "is Inactive"},
		{"a key that is gone", "GracePeriod", nil, does("delete key 2"), fault.UnexpectedAccessKey,
			"which does not exist any more"},
		{"a leaked key that is Active", "GracePeriod", nil, leakOf("key 1", rotation.Active), fault.UnexpectedAccessKey,
			"--status Inactive. Then run 'rotate release'"},
		{"a leaked key that is Active and held", "GracePeriod", nil, leakOf("key 2", rotation.Active),
			fault.UnexpectedAccessKey, "Or have the rotation do all that: rotate start production"},
		{"a leaked key that a person has made Inactive", "GracePeriod", nil, leakOf("key 1", rotation.Inactive), "", ""},
		{"a leaked key that is gone", "GracePeriod", nil, all(leakOf("key 1", rotation.Active), does("delete key 1")), "",
			""},
		{"a target that is gone", "GracePeriod", nil, func(p *people) {
			p.Target.Name = "staging"
		}, fault.TargetNotFound, "staging"},
		{"IAM is throttled", "GracePeriod", nil, does("fault iam.* throttle"), fault.Throttled, ""},
		{"Step Functions is throttled", "GracePeriod", nil, does("fault states.* throttle"), fault.Throttled, ""},
		{"Qovery is throttled", "GracePeriod", nil, does("fault qovery.* throttle"), fault.Throttled, ""},
		{"the token cannot be read", "GracePeriod", nil, does("fault token.* throttle"), fault.Throttled, ""},
		{"the journal is throttled", "GracePeriod", nil, does("fault journal.* throttle"), fault.Throttled, ""},
		{"the staged secret cannot be deleted", "GracePeriod", nil, does("fault staging.* throttle"), fault.Throttled,
			""},
		{"the record changes meanwhile", "GracePeriod", nil, does("on journal.Close touch"), fault.StepBusy,
			"has just changed"},
		{"another execution takes the record over, with its staged secret", "VerifyKey", nil,
			does("on journal.Save touch"), fault.StepBusy, "has just changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			p.operate(t, func() {
				if c.given != nil {
					c.given(p)
				}
				if c.stop != "" {
					p.interrupt(t, c.stop)
					p.Sleep(rotation.FunctionTimeouts["verifykey"])
				} else {
					p.run = p.start()
				}
				if c.act != nil {
					c.act(p)
				}
				keys, open := p.IAM.Present(lab.UserName), p.Journal.Current(lab.UserName) != nil
				staged := len(p.SSM.Staged())
				err := p.ReleaseByHand()
				requireCode(t, coded(err), c.want)
				if err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("says %q, and not %q", err, c.says)
				}
				if after := p.IAM.Present(lab.UserName); !slices.Equal(after, keys) {
					t.Errorf("the keys were %v and are %v", keys, after)
				}
				if isOpen := p.Journal.Current(lab.UserName) != nil; isOpen != (open && c.want != "") {
					t.Errorf("the record is open: %t", isOpen)
				}
				if left := len(p.SSM.Staged()); c.want == "" && left > 0 || c.want != "" && left != staged {
					t.Errorf("%d secrets were staged, and %d are", staged, left)
				}
			})
			p.Judge.Refusals = 0
			requireNoHarm(t, p.World)
		})
	}
}

func (p *people) wait() { p.run.Wait() }

func coded(err error) *fault.Error {
	if err == nil {
		return nil
	}
	return fault.AsError(err)
}

// TestDeploymentsLeftToTheNextLook: once one deployment was started, that the next
// one can't be is no error: the document that tells of the first would be lost.
func TestDeploymentsLeftToTheNextLook(t *testing.T) {
	f := freeze(t, moment{state: "DeployClusters", setup: func(s *lab.Setup) {
		s.Clusters, s.Production = 5, 1
	}, after: 65 * time.Second})
	posts := 0
	f.Wire.Injector = func(c lab.Call) lab.Fault {
		if strings.HasPrefix(c.Site, "qovery.POST") {
			if posts++; posts > 2 {
				return lab.Fault{Kind: lab.Throttle}
			}
		}
		return lab.Fault{}
	}
	for _, want := range []string{"[1 1 0 0 0]", "[1 1 1 1 0]"} {
		doc, err := f.invoke(t)
		requireCode(t, err, "")
		if doc.Deployment.Next != rotation.PollAgain {
			t.Errorf("goes on to %s", doc.Deployment.Next)
		}
		var posted, deployments []int
		for i, progress := range doc.Deployment.Clusters {
			posted = append(posted, progress.Attempts)
			deployments = append(deployments, len(f.Qovery.Deployments(f.Clusters[i])))
		}
		if fmt.Sprint(posted) != want || fmt.Sprint(deployments) != want {
			t.Errorf("started %v, and the document says %v, want %s", deployments, posted, want)
		}
		f.Wire.Injector, f.call.Document = nil, doc
		f.sleep(t, 5*time.Minute)
	}
	f.requireNoHarm(t)
}

// TestRedrivenVerification: the canary is deployed afresh.
func TestRedrivenVerification(t *testing.T) {
	f := freeze(t, moment{state: "VerifyDeployment", after: 2*time.Hour + 40*time.Minute})
	f.call.Execution.RedriveCount = 1
	f.Qovery.Deploy(f.Clusters[0]) // a person's, which is waited for
	doc, err := f.invoke(t)
	requireCode(t, err, "")
	if canary := doc.Verification.Canary; doc.RedriveCount != 1 || canary.Attempts != 0 || !canary.PostedAt.IsZero() {
		t.Errorf("redrive %d goes on with %+v", doc.RedriveCount, canary)
	}
}

// TestRefusedCreationThatIsNotNoted: IAM said no, and the journal could not be
// told. The attempt stays in it, so the next one waits until it would show.
func TestRefusedCreationThatIsNotNoted(t *testing.T) {
	f := freeze(t, at("CreateKey"))
	refused := false
	f.Wire.Injector = func(c lab.Call) lab.Fault {
		refused = refused || c.Site == "iam.CreateAccessKey"
		if refused {
			return lab.Fault{Kind: lab.Throttle}
		}
		return lab.Fault{}
	}
	f.unchanged(t, func() {
		_, err := f.invoke(t)
		requireCode(t, err, fault.Throttled)
	})
	f.Wire.Injector = nil
	f.sleep(t, rotation.FunctionTimeouts["createkey"])
	_, err := f.invoke(t)
	requireCode(t, err, fault.IAMSettling)
	f.sleep(t, 10*time.Minute)
	_, err = f.invoke(t)
	requireCode(t, err, "")
	f.requireNoHarm(t)
}

// TestTooManyClustersMeanwhile: the document could not carry their progress.
func TestTooManyClustersMeanwhile(t *testing.T) {
	f := freeze(t, moment{state: "DeployClusters", setup: func(s *lab.Setup) { s.Clusters = rotation.MaxClusters }})
	does("add cluster")(f.people)
	f.unchanged(t, func() {
		_, err := f.invoke(t)
		requireCode(t, err, fault.TooManyClusters)
	})
}

// TestUnknownStatus: a status that is not known is waited for, and told of.
func TestUnknownStatus(t *testing.T) {
	f := freeze(t, moment{state: "DeployClusters", after: 65 * time.Second})
	f.Qovery.SetStatus(f.Clusters[0], "HIBERNATING")
	f.unchanged(t, func() {
		doc, err := f.invoke(t)
		requireCode(t, err, "")
		if doc.Deployment.Next != rotation.PollAgain {
			t.Errorf("goes on to %s", doc.Deployment.Next)
		}
	})
	if !strings.Contains(string(f.Logs()), "HIBERNATING") {
		t.Error("nobody is told of the status")
	}
}

func TestRefusalSays(t *testing.T) {
	for want, refusal := range map[string]rotation.Refusal{
		"not sent: no name":                   {Detail: "not sent: no name"},
		"Qovery refused with 409":             {Status: 409},
		"Qovery refused with 403: not yours!": {Status: 403, Detail: "not yours!"},
	} {
		if got := refusal.Error(); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

func TestSecretEquality(t *testing.T) {
	a, b := rotation.NewSecret("one"), rotation.NewSecret("two")
	if !a.Equal(a) || a.Equal(b) || a.Equal(rotation.Secret{}) {
		t.Error("secrets are equal when their values are")
	}
	if got := a.String() + a.GoString(); got != "[redacted][redacted]" {
		t.Errorf("shows as %s", got)
	}
}

// full is IAM while it still counts a key that it has deleted.
type full struct {
	rotation.Keys
	on *bool
}

func (f full) Create(ctx context.Context, user string) (rotation.NewAccessKey, error) {
	if !*f.on {
		return f.Keys.Create(ctx, user)
	}
	return rotation.NewAccessKey{}, fault.Errorf(fault.KeyLimitReached, "The IAM user has two access keys")
}

// TestLimitOfKeysAfterADiscard: the place of the key that was just discarded gets
// free in a while.
func TestLimitOfKeysAfterADiscard(t *testing.T) {
	for name, want := range map[string]fault.Code{"CreateKey": fault.KeyLimitReached,
		"CreateKey after a secret that was lost": fault.IAMSettling} {
		i := slices.IndexFunc(moments, func(m moment) bool { return m.name == name })
		var on bool
		f := freeze(t, moments[i].seenThrough(func(p *lab.Ports) { p.Keys = full{p.Keys, &on} }))
		on = true
		_, err := f.invoke(t)
		requireCode(t, err, want)
		on = false
		_, err = f.invoke(t)
		requireCode(t, err, "")
		f.requireNoHarm(t)
	}
}

// TestDeniedDeactivation: a request that was denied changed nothing, so there is
// nothing to bring back, unless an earlier one had no answer.
func TestDeniedDeactivation(t *testing.T) {
	for name, test := range map[string]struct {
		before rotation.Mark
		want   fault.Code
	}{
		"at once":                         {rotation.Mark{}, fault.AccessDenied},
		"after one that was not answered": {rotation.Mark{Begun: lab.Beginning}, fault.DeactivationFailed},
	} {
		t.Run(name, func(t *testing.T) {
			f := freeze(t, moments[slices.IndexFunc(moments, func(m moment) bool { return m.state == "DeactivateKey" })])
			f.rewrite(func(r *rotation.Record) {
				if test.before != (rotation.Mark{}) {
					r.Marks[rotation.Deactivate] = test.before
				}
			})
			does("fault iam.UpdateAccessKey deny")(f.people)
			_, err := f.invoke(t)
			requireCode(t, err, test.want)
			if mark := f.Journal.Current(lab.UserName).Marks[rotation.Deactivate]; mark != test.before {
				t.Errorf("the journal says %+v", mark)
			}
			requireLeft(t, f.people, heldBoth)
			f.requireNoHarm(t)
		})
	}
}

// TestDeactivationMayStillLand: the old key counts as brought back only when no
// request to deactivate it can be on its way any more.
func TestDeactivationMayStillLand(t *testing.T) {
	f := freeze(t, moments[slices.IndexFunc(moments, func(m moment) bool { return m.state == "ReactivateKey" })])
	f.rewrite(func(r *rotation.Record) { r.Marks[rotation.Deactivate] = rotation.Mark{Begun: f.Timeline.Now()} })
	_, err := f.invoke(t)
	requireCode(t, err, fault.IAMSettling)
	requireLeft(t, f.people, heldBoth) // it is brought back at once all the same
	does("deactivate key 1")(f.people) // the late one
	f.sleep(t, 8*time.Minute)
	_, err = f.invoke(t)
	requireCode(t, err, fault.IAMSettling) // another may follow it yet
	requireLeft(t, f.people, heldBoth)
	f.sleep(t, 2*time.Minute)
	_, err = f.invoke(t)
	requireCode(t, err, "")
	requireLeft(t, f.people, heldBoth)
	f.requireNoHarm(t)
}

// TestLostDeactivationBehindOne: a deactivation without an answer may land after
// one that was answered, and after the abort that follows at once. Then the old
// key would be Inactive, and the journal would not know why.
func TestLostDeactivationBehindOne(t *testing.T) {
	for _, schedule := range []string{
		"one: iam.UpdateAccessKey#1 land-late:9m0s, ObservationPeriod#1 abort",
		"one: iam.UpdateAccessKey#1 land-late:9m0s, ObservationPeriod#1 stop-start",
	} {
		requireNothingWrong(t, schedule)
	}
}

// TestSecretStagedLate: a secret that is staged when its key was discarded already
// is not left behind, however soon the rotation ends.
func TestSecretStagedLate(t *testing.T) {
	for _, schedule := range []string{
		"one: staging.Put#2 land-late:9m0s, VerifyKey#1 deactivate-new",               // ends in DiscardKey
		"one: staging.Put#2 land-late:9m0s, VerifyKey#1 delete-old",                   // DiscardKey, too
		"one: staging.Put#2 land-late:9m0s, WaitForDeployment#1 delete-old",           // ends in Complete
		"one: staging.Put#2 land-late:9m0s, VerifyKey#1 stop, Preflight#2 delete-new", // ends in Preflight
	} {
		requireNothingWrong(t, schedule)
	}
}

func requireNothingWrong(t *testing.T, schedule string) {
	t.Helper()
	s, err := explorer.Parse(schedule)
	if err != nil {
		t.Fatal(err)
	}
	result, err := explorer.Play(s, nil)
	if err != nil || len(result.Wrong) > 0 || !result.AllFired() {
		t.Errorf("%s: %q, not come to pass: %v, %v", schedule, result.Wrong, result.Missed(), err)
	}
}

// TestShortListOfLocations: a list that leaves out the place which holds the old
// key is not taken for an update that is done already; the secret stays staged.
func TestShortListOfLocations(t *testing.T) {
	f := freeze(t, moment{state: "UpdateCredentials"})
	lists := 0
	f.Qovery.Configure(func(c *fakeqovery.Config) {
		c.Hook = func(r *http.Request) (bool, *fakeqovery.Answer) {
			if !strings.HasSuffix(r.URL.Path, "/credentials") {
				return true, nil
			}
			if lists++; lists > 1 {
				return true, nil
			}
			return false, &fakeqovery.Answer{Status: http.StatusOK, Body: `{"results":[]}`}
		}
	})
	f.unchanged(t, func() {
		_, err := f.invoke(t)
		requireCode(t, err, fault.MalformedAnswer)
	})
	if marks := f.Journal.Current(lab.UserName).Marks; !marks[rotation.Update].Done.IsZero() {
		t.Error("the update counts as done")
	}
	_, err := f.invoke(t)
	requireCode(t, err, "")
	requireLeft(t, f.people, heldBoth)
	f.requireNoHarm(t)
}

// TestNothingStartsFromBeforeTheUpdate: where reading the clusters takes long, what is seen
// of them may be as of a minute before it began.
func TestNothingStartsFromBeforeTheUpdate(t *testing.T) {
	f := freeze(t, at("DeployClusters"))
	settled := f.call.Document.UpdatedAt.Add(time.Minute)
	f.sleep(t, settled.Add(-10*time.Second).Sub(f.Timeline.Now()))
	slow := false
	f.Wire.Injector = func(call lab.Call) lab.Fault {
		if slow || call.Site != "qovery.GET /cluster/status" {
			return lab.Fault{}
		}
		slow = true
		return lab.Fault{Kind: lab.Hang}
	}
	doc, err := f.invoke(t)
	requireCode(t, err, "")
	if !slow || f.Timeline.Now().Before(settled) {
		t.Fatal("nothing is slow")
	}
	for _, progress := range doc.Deployment.Clusters {
		if progress.Attempts != 0 {
			t.Errorf("%s is started", progress.Name)
		}
	}
}

// TestVerifiedWhileItWasSeen: that the old key is listed as Inactive in the end does not
// make it so all the time.
func TestVerifiedWhileItWasSeen(t *testing.T) {
	for _, m := range moments {
		if m.name != "VerifyDeployment, the canary being deployed" {
			continue
		}
		f := freeze(t, m)
		f.rewrite(func(r *rotation.Record) {
			mark := r.Marks[rotation.Verify]
			mark.Saw = rotation.Gone
			r.Marks[rotation.Verify] = mark
		})
		f.sleep(t, time.Hour)
		doc, err := f.invoke(t)
		requireCode(t, err, "")
		if mark := doc.Marks[rotation.Verify]; mark.Done.IsZero() || mark.Saw != rotation.Gone {
			t.Errorf("verified: %+v", mark)
		}
	}
}

// TestTheWayBackClearsMarks: what comes after the old key is made Inactive again is done
// again, too.
func TestTheWayBackClearsMarks(t *testing.T) {
	f := freeze(t, moments[slices.IndexFunc(moments, func(m moment) bool { return m.state == "ReactivateKey" })])
	f.rewrite(func(r *rotation.Record) {
		long := f.Timeline.Now().Add(-time.Hour)
		for _, e := range []rotation.Effect{rotation.Deactivate, rotation.Verify, rotation.Delete} {
			r.Marks[e] = rotation.Mark{Begun: long, Done: long}
		}
	})
	doc, err := f.invoke(t)
	requireCode(t, err, "")
	for _, e := range []rotation.Effect{rotation.Deactivate, rotation.Verify, rotation.Delete} {
		if mark, left := doc.Marks[e]; left {
			t.Errorf("%s: %+v", e, mark)
		}
	}
}

// TestNameLeakedAgain: who named a key that leaked may have it out of service at once, after
// all.
func TestNameLeakedAgain(t *testing.T) {
	f := freeze(t, at("CheckUsage"))
	key := f.Journal.Current(lab.UserName).OldKey
	for _, how := range []target.How{target.AfterDeployment, target.AtOnce, target.AtOnce} {
		f.operate(t, func() {
			preflight := f.Step("preflight").(rotation.Preflight)
			if _, err := preflight.NameLeaked(t.Context(), lab.UserName, key, how); err != nil {
				t.Error(err)
			}
		})
		if got := f.Journal.Current(lab.UserName).Leaked[key]; got != how {
			t.Errorf("the journal says %q, want %q", got, how)
		}
	}
}

// TestARedriveBringsFreshRounds: how often the definition has gone back counts anew.
func TestARedriveBringsFreshRounds(t *testing.T) {
	f := freeze(t, at("DeployClusters"))
	f.call.Document.Deployment.Returns = 2
	f.call.Execution.RedriveCount++
	doc, err := f.invoke(t)
	requireCode(t, err, "")
	if doc.Deployment.Returns != 0 {
		t.Errorf("%d rounds are left over", doc.Deployment.Returns)
	}
}
