package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

var errService = errors.New("the service's own answer")

// on makes one fault of each call of a site.
func on(site string, fault Fault) func(Call) Fault {
	return func(call Call) Fault {
		if call.Site == site {
			return fault
		}
		return Fault{}
	}
}

func TestFaults(t *testing.T) {
	const (
		latency  = 40 * time.Millisecond
		there    = latency / 2
		patience = 3 * time.Second
		deadline = time.Minute
		never    = -1
	)
	code := func(c fault.Code) string { return string(c) }
	tests := []struct {
		fault    Fault
		read     bool          // else a write
		effectAt time.Duration // never: no effect
		asOf     time.Duration // before the effect's own time
		answer   string        // a code, "ok", or "killed"
		answerAt time.Duration
	}{
		{fault: Fault{}, effectAt: there, answer: "ok", answerAt: latency},
		{fault: Fault{}, read: true, effectAt: there, answer: "ok", answerAt: latency},
		{fault: Fault{Kind: FailBefore}, effectAt: never, answer: code(fault.Unreachable), answerAt: latency},
		{fault: Fault{Kind: FailAfter}, effectAt: there, answer: code(fault.Unreachable), answerAt: latency},
		{fault: Fault{Kind: Throttle}, effectAt: never, answer: code(fault.Throttled), answerAt: latency},
		{fault: Fault{Kind: Hang}, effectAt: never, answer: code(fault.Unreachable), answerAt: deadline},
		{fault: Fault{Kind: HangAfter}, effectAt: there, answer: code(fault.Unreachable), answerAt: deadline},
		{fault: Fault{LandLate, time.Hour}, effectAt: there + time.Hour, answer: code(fault.Unreachable),
			answerAt: latency + patience},
		{fault: Fault{LandLate, time.Second}, effectAt: there + time.Second, answer: code(fault.Unreachable),
			answerAt: latency + patience},
		{fault: Fault{LandLate, time.Hour}, read: true, effectAt: never, answer: code(fault.Unreachable),
			answerAt: latency + patience},
		{fault: Fault{Stale, time.Minute}, read: true, effectAt: there, asOf: time.Minute, answer: "ok", answerAt: latency},
		{fault: Fault{Stale, time.Minute}, effectAt: there, answer: "ok", answerAt: latency},
		{fault: Fault{Kind: Malformed}, effectAt: there, answer: code(fault.MalformedAnswer), answerAt: latency},
		{fault: Fault{Kind: Malformed}, read: true, effectAt: never, answer: code(fault.MalformedAnswer),
			answerAt: latency},
		{fault: Fault{Kind: KillBefore}, effectAt: never, answer: "killed", answerAt: there},
		{fault: Fault{Kind: KillAfter}, effectAt: there, answer: "killed", answerAt: there},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s, read %t", test.fault.Kind, test.fault.Delay, test.read), func(t *testing.T) {
			s := newServices(t, 1)
			s.wire.Latency, s.wire.Patience = Exactly(latency), Exactly(patience)
			s.wire.Injector = on("site", test.fault)
			var outcomes []Outcome
			s.wire.Observer = func(o Outcome) { outcomes = append(outcomes, o) }

			effectAt, asOf, answer, answerAt := time.Duration(never), time.Duration(0), "killed", time.Duration(0)
			s.Go("caller", func() {
				defer func() { answerAt = since(s.Timeline) }()
				ctx, cancel := s.WithDeadline(t.Context(), epoch.Add(deadline))
				defer cancel()
				err := s.wire.do(ctx, Call{Site: "site", Write: !test.read}, func(at time.Time) error {
					effectAt, asOf = since(s.Timeline), s.Now().Sub(at)
					wantEqual(t, "actor", s.wire.Actor(), "caller")
					return nil
				})
				answer = "ok"
				if err != nil {
					answer = string(fault.AsError(err).Code)
				}
			})
			s.Run()

			wantEqual(t, "effect at", effectAt, test.effectAt)
			wantEqual(t, "as of", asOf, test.asOf)
			wantEqual(t, "answer", answer, test.answer)
			wantEqual(t, "answer at", answerAt, test.answerAt)

			late := test.fault.Kind == LandLate && !test.read
			first := outcomes[0]
			if late && test.fault.Delay < patience {
				first = outcomes[1]
			}
			wantEqual(t, "observed", len(outcomes) == 2, late)
			wantEqual(t, "observed as answered", first.Answered, test.answer != "killed")
			wantEqual(t, "observed as applied", first.Applied, test.effectAt != never && !late)
			wantEqual(t, "observed at", first.Ended.Sub(epoch), test.answerAt)
			wantEqual(t, "counted", s.wire.Requests()["site"], 1)
		})
	}
}

func TestConsistentReadsAreNeverStale(t *testing.T) {
	s := newServices(t, 1)
	s.wire.Injector = on("site", Fault{Stale, time.Minute})
	s.within(t, "caller", func(ctx context.Context) {
		noError(t, s.wire.do(ctx, Call{Site: "site", Consistent: true}, func(at time.Time) error {
			wantEqual(t, "as of", at, s.Now())
			return nil
		}))
	})
}

func TestWhichFaultsMatter(t *testing.T) {
	write, read, consistent := Call{Write: true}, Call{}, Call{Consistent: true}
	for _, kind := range FaultKinds {
		wantEqual(t, string(kind)+" of a write", kind.Matters(write), kind != Stale)
		wantEqual(t, string(kind)+" of a read", kind.Matters(read), kind != LandLate)
		wantEqual(t, string(kind)+" of a consistent read", kind.Matters(consistent), kind != LandLate && kind != Stale)
	}
	wantEqual(t, "nothing", NoFault.Matters(write), false)
}

func TestTheServicesOwnErrors(t *testing.T) {
	refuse := func(time.Time) error { return errService }
	tests := map[FaultKind]error{NoFault: errService, Stale: errService}
	for _, kind := range append([]FaultKind{NoFault}, FaultKinds...) {
		t.Run(string(kind), func(t *testing.T) {
			s := newServices(t, 1)
			s.wire.Injector = on("site", Fault{Kind: kind})
			s.Go("caller", func() {
				ctx, cancel := s.WithDeadline(t.Context(), epoch.Add(time.Minute))
				defer cancel()
				err := s.wire.do(ctx, Call{Site: "site", Write: true}, refuse)
				if want := tests[kind]; want != nil && err != want {
					t.Errorf("%v, want %v", err, want)
				} else if want == nil && errors.Is(err, errService) {
					t.Error("the answer came through a broken wire")
				}
			})
			s.Run()
		})
	}
}

func TestWhoGetsAnErrorGetsNoValue(t *testing.T) {
	for _, kind := range []FaultKind{FailAfter, HangAfter, Malformed} {
		s := newServices(t, 1)
		s.wire.Injector = on("iam.CreateAccessKey", Fault{Kind: kind})
		s.Go("caller", func() {
			ctx, cancel := s.WithDeadline(t.Context(), epoch.Add(time.Minute))
			defer cancel()
			key, err := s.iam.Create(ctx, "qovery")
			if err == nil || key.ID != "" || !key.Secret.Empty() {
				t.Errorf("%s: %v, %v", kind, key.ID, err)
			}
		})
		s.Run()
		wantEqual(t, string(kind)+": keys", len(s.iam.Present("qovery")), 1)
	}
}

func TestAnEndedContext(t *testing.T) {
	tests := []struct {
		name    string
		ends    time.Duration
		applied bool
	}{
		{"before the call", 0, false},
		{"on the way there", 10 * time.Millisecond, false},
		{"on the way back", 30 * time.Millisecond, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServices(t, 1)
			s.wire.Latency = Exactly(40 * time.Millisecond)
			applied := false
			s.within(t, "caller", func(ctx context.Context) {
				ctx, cancel := s.WithDeadline(ctx, epoch.Add(test.ends))
				defer cancel()
				wantCode(t, s.wire.do(ctx, Call{Site: "site", Write: true}, func(time.Time) error {
					applied = true
					return nil
				}), fault.Unreachable)
			})
			wantEqual(t, "applied", applied, test.applied)
			wantEqual(t, "passed", since(s.Timeline), test.ends)
		})
	}
}

func TestACallersTimeout(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration
		fault   FaultKind
		applied bool
		passed  time.Duration
	}{
		{"on the way there", 10 * time.Millisecond, NoFault, false, 10 * time.Millisecond},
		{"on the way back", 30 * time.Millisecond, NoFault, true, 30 * time.Millisecond},
		{"as the answer comes", 40 * time.Millisecond, NoFault, true, 40 * time.Millisecond},
		{"while nothing comes", time.Second, HangAfter, true, time.Second},
		{"before the caller would give up anyway", time.Second, LandLate, false, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServices(t, 1)
			s.wire.Latency = Exactly(40 * time.Millisecond)
			s.wire.Injector = on("site", Fault{Kind: test.fault, Delay: time.Minute})
			applied := false
			s.within(t, "caller", func(ctx context.Context) {
				wantCode(t, s.wire.do(ctx, Call{Site: "site", Write: true, Timeout: test.timeout}, func(time.Time) error {
					applied = true
					return nil
				}), fault.Unreachable)
				wantEqual(t, "applied", applied, test.applied)
				wantEqual(t, "passed", since(s.Timeline), test.passed)
			})
		})
	}
}

func TestTheDeadMakeNoCalls(t *testing.T) {
	s := newServices(t, 1)
	effects := 0
	call := func() {
		_ = s.wire.do(context.Background(), Call{Site: "site", Write: true}, func(time.Time) error { effects++; return nil })
	}
	p := s.Go("caller", func() {
		defer call()
		defer call()
		_ = s.Sleep(t.Context(), Forever)
	})
	s.At(epoch.Add(time.Minute), p.Kill)
	s.Run()
	wantEqual(t, "done", p.Done(), true)
	wantEqual(t, "effects", effects, 0)
	wantEqual(t, "calls", len(s.wire.Calls()), 0)
}

func TestCallsFromOutside(t *testing.T) {
	s := newServices(t, 1)
	s.wire.Injector = func(Call) Fault { return Fault{Kind: FailBefore} }
	look := func() {
		_, err := s.journal.Load(t.Context(), "qovery")
		noError(t, err)
	}
	look()
	s.At(epoch, look)
	s.Run()
	wantEqual(t, "calls", len(s.wire.Calls()), 0)
	wantEqual(t, "passed", since(s.Timeline), 0)
	wantEqual(t, "actor", s.wire.Actor(), "person")
}

// traffic is what two processes that call at once send over the wire.
func traffic(t *testing.T, seed uint64) []Outcome {
	s := newServices(t, seed)
	s.wire.Injector = func(call Call) Fault {
		if call.Seq%7 == 0 {
			return Fault{LandLate, time.Second}
		}
		return Fault{}
	}
	var outcomes []Outcome
	s.wire.Observer = func(o Outcome) {
		o.Err = nil // errors are made anew each time
		outcomes = append(outcomes, o)
	}
	for _, name := range []string{"a", "b"} {
		s.Go(name, func() {
			for i := range 20 {
				key, _ := s.iam.Create(t.Context(), "qovery")
				_, _ = s.iam.CallerIdentity(t.Context(), key.ID, key.Secret)
				_ = s.journal.Save(t.Context(), rotation.Record{IAMUser: name, Revision: i + 1})
				_, _ = s.iam.Delete(t.Context(), "qovery", key.ID)
			}
		})
	}
	s.Run()
	return outcomes
}

func TestTheSameSeedIsTheSameTraffic(t *testing.T) {
	first := traffic(t, 1)
	if !slices.Equal(first, traffic(t, 1)) {
		t.Error("it differs")
	}
	if slices.Equal(first, traffic(t, 2)) {
		t.Error("all seeds are the same")
	}
	n := map[string]int{}
	for i, o := range first {
		n[o.Process]++
		if took := o.Ended.Sub(o.Began); o.Fault.Kind == NoFault &&
			(took < 19*time.Millisecond || took > 80*time.Millisecond) {
			t.Errorf("call %d took %s", i, took)
		}
	}
	if n["a"] < 80 || n["b"] < 80 || slices.IsSortedFunc(first, func(x, y Outcome) int { return x.Seq - y.Seq }) {
		t.Error("the two didn't interleave")
	}
}

func TestNumbers(t *testing.T) {
	s := newServices(t, 1)
	s.within(t, "caller", func(ctx context.Context) {
		for range 2 {
			_, _ = s.journal.Load(ctx, "qovery")
			_, _ = s.iam.List(ctx, "qovery")
			_, _ = s.iam.Create(ctx, "nobody")
		}
	})
	want := []Call{
		{Site: "journal.Load", N: 1, Seq: 1, Process: "caller", Consistent: true},
		{Site: "iam.ListAccessKeys", N: 1, Seq: 2, Process: "caller"},
		{Site: "iam.CreateAccessKey", N: 1, Seq: 3, Process: "caller", Write: true},
		{Site: "journal.Load", N: 2, Seq: 4, Process: "caller", Consistent: true},
		{Site: "iam.ListAccessKeys", N: 2, Seq: 5, Process: "caller"},
		{Site: "iam.CreateAccessKey", N: 2, Seq: 6, Process: "caller", Write: true},
	}
	if !slices.Equal(s.wire.Calls(), want) {
		t.Errorf("%+v", s.wire.Calls())
	}
}

func BenchmarkCall(b *testing.B) {
	for _, processes := range []int{1, 2} {
		b.Run(fmt.Sprint(processes), func(b *testing.B) {
			s, n := newServices(b, 1), b.N
			for range processes {
				s.Go("caller", func() {
					for ; n > 0; n-- {
						_ = s.wire.do(context.Background(), Call{Site: "site", Write: true}, func(time.Time) error { return nil })
					}
				})
			}
			b.ReportAllocs()
			b.ResetTimer()
			s.Run()
		})
	}
}
