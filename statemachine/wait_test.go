package statemachine

import (
	"context"
	"testing"
	"time"
)

func waiting(rule string) string {
	return machine(state("W", `"Type": "Wait"`, rule, `"Next": "Done"`), done)
}

func TestWait(t *testing.T) {
	for _, test := range []struct {
		name, rule, input string
		want              time.Duration
	}{
		{"seconds", `"Seconds": 90`, `{}`, 90 * time.Second},
		{"no seconds", `"Seconds": 0`, `{}`, 0},
		{"seconds from the input", `"SecondsPath": "$.a.s"`, `{"a": {"s": 7}}`, 7 * time.Second},
		{"timestamp", `"Timestamp": "2026-03-01T13:00:00Z"`, `{}`, time.Hour},
		{"timestamp from the input", `"TimestampPath": "$.t"`, `{"t": "2026-03-02T12:00:00Z"}`, 24 * time.Hour},
		{"timestamp with an offset", `"TimestampPath": "$.t"`, `{"t": "2026-03-01T14:30:00+02:00"}`, 30 * time.Minute},
		{"fractions are cut off", `"TimestampPath": "$.t"`, `{"t": "2026-03-01T12:00:05.999Z"}`, 5 * time.Second},
		{"nothing but a fraction", `"TimestampPath": "$.t"`, `{"t": "2026-03-01T12:00:00.5Z"}`, 0},
		{"a time that is past", `"TimestampPath": "$.t"`, `{"t": "2025-03-01T12:00:00Z"}`, 0},
		{"a time in the context", `"TimestampPath": "$$.Execution.StartTime"`, `{}`, 0},
		{"through InputPath", `"InputPath": "$.in", "TimestampPath": "$.t"`, `{"in": {"t": "2026-03-01T12:01:00Z"}}`, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			e := run(t, w, waiting(test.rule), test.input)
			wantStatus(t, e, Succeeded)
			wantElapsed(t, w, test.want)
			wantPath(t, e, "W", "Done")
		})
	}
}

func TestWaitThatCant(t *testing.T) {
	for _, test := range []struct{ name, rule, input, cause string }{
		{"no timestamp", `"TimestampPath": "$.t"`, `{}`, "does not reference an input value: $.t"},
		{"null", `"TimestampPath": "$.t"`, `{"t": null}`, "$.t == null"},
		{"a number", `"TimestampPath": "$.t"`, `{"t": 5}`, "$.t == 5"},
		{"a date", `"TimestampPath": "$.t"`, `{"t": "2026-03-01"}`, "ISO-8601"},
		{"lower case", `"TimestampPath": "$.t"`, `{"t": "2026-03-01t12:00:00z"}`, "ISO-8601"},
		{"no zone", `"TimestampPath": "$.t"`, `{"t": "2026-03-01T12:00:00"}`, "ISO-8601"},
		{"no seconds", `"SecondsPath": "$.s"`, `{}`, "does not reference an input value: $.s"},
		{"negative seconds", `"SecondsPath": "$.s"`, `{"s": -1}`, "$.s == -1"},
		{"half a second", `"SecondsPath": "$.s"`, `{"s": 0.5}`, "$.s == 0.5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantFailure(t, run(t, newWorld(), waiting(test.rule), test.input), "States.Runtime", test.cause)
		})
	}
}

func TestWaitingUntil(t *testing.T) {
	w := &watchedWorld{world: newWorld()}
	w.with("work", fails("A"), says(`{}`))
	e, err := load(t, machine(task("Work", "W", retrying(`{"ErrorEquals": ["A"], "IntervalSeconds": 5}`)),
		state("W", `"Type": "Wait"`, `"Seconds": 60`, `"Next": "Done"`), done)).NewExecution(w, testARN, "first", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.CurrentState() != "" || e.Status() != Running || !e.StartTime().Equal(start) {
		t.Errorf("before Run: in %q, %s, since %s", e.CurrentState(), e.Status(), e.StartTime())
	}
	w.look = func() { w.seen = append(w.seen, e.CurrentState()+" "+e.WaitingUntil().Sub(start).String()) }
	e.Run(w.context())
	if len(w.seen) != 2 || w.seen[0] != "Work 5s" || w.seen[1] != "W 1m5s" {
		t.Errorf("seen while waiting: %v", w.seen)
	}
	if !e.WaitingUntil().IsZero() || e.CurrentState() != "Done" || !e.StopTime().Equal(w.now) {
		t.Errorf("after Run: waiting until %s in %s", e.WaitingUntil(), e.CurrentState())
	}
}

// watchedWorld looks at the execution whenever it waits.
type watchedWorld struct {
	*world
	look func()
	seen []string
}

func (w *watchedWorld) WaitUntil(ctx context.Context, t time.Time) error {
	w.look()
	return w.world.WaitUntil(ctx, t)
}
