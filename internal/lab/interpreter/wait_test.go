package interpreter

import (
	"context"
	"testing"
	"time"

	"qovery-key-rotation/statemachine"
)

var waiting = machine(wait("W", "$.t", "Done"))

func TestWait(t *testing.T) {
	for _, test := range []struct {
		name, until string
		want        time.Duration
	}{
		{"a day", "2026-03-02T12:00:00Z", 24 * time.Hour},
		{"an offset", "2026-03-01T14:30:00+02:00", 30 * time.Minute},
		{"fractions are cut off", "2026-03-01T12:00:05.999Z", 5 * time.Second},
		{"nothing but a fraction", "2026-03-01T12:00:00.5Z", 0},
		{"a time that is past", "2025-03-01T12:00:00Z", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			e := run(t, w, waiting, `{"t": "`+test.until+`"}`)
			wantStatus(t, e, statemachine.Succeeded)
			wantElapsed(t, w, test.want)
			wantPath(t, e, "W", "Done")
		})
	}
}

func TestWaitThatCant(t *testing.T) {
	for _, test := range []struct{ name, input, cause string }{
		{"no timestamp", `{}`, "does not reference an input value: $.t"},
		{"null", `{"t": null}`, "$.t == null"},
		{"a number", `{"t": 5}`, "$.t == 5"},
		{"a date", `{"t": "2026-03-01"}`, "ISO-8601"},
		{"lower case", `{"t": "2026-03-01t12:00:00z"}`, "ISO-8601"},
		{"no zone", `{"t": "2026-03-01T12:00:00"}`, "ISO-8601"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantFailure(t, run(t, newWorld(), waiting, test.input), "States.Runtime", test.cause)
		})
	}
}

func TestWaitingUntil(t *testing.T) {
	w := &watchedWorld{world: newWorld()}
	w.with("work", fails("A"), says(`{"t": "2026-03-01T12:01:05Z"}`))
	e, err := NewExecution(load(t,
		machine(task("Work", "W", retrying(retrier(`"A"`, 5, 1, 1))), wait("W", "$.t", "Done"))), w, testARN, "first",
		[]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.CurrentState() != "" || e.Status() != statemachine.Running || !e.StartTime().Equal(start) {
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
