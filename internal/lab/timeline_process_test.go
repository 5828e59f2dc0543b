package lab

import (
	"context"
	"errors"
	"testing"
	"time"
)

var errStop = errors.New("stop")

func TestKill(t *testing.T) {
	tests := []struct {
		name   string
		victim func(l *trace, self func() *Process)
		killAt time.Duration // 0: nobody kills it from outside
		want   []string
	}{
		{
			name:   "while it is parked",
			victim: func(l *trace, _ func() *Process) { l.sleep(time.Hour); l.note("lives") },
			killAt: time.Minute,
			want:   []string{"1m0s dead"},
		},
		{
			name:   "while it waits for ever",
			victim: func(l *trace, _ func() *Process) { l.sleep(Forever); l.note("lives") },
			killAt: time.Minute,
			want:   []string{"1m0s dead"},
		},
		{
			name: "with deferred functions that wait",
			victim: func(l *trace, _ func() *Process) {
				defer l.note("last")
				defer func() { l.note("cleaning"); l.sleep(time.Second); l.note("cleaned") }()
				defer func() { _ = recover(); l.sleep(time.Second); l.note("cleaned, too") }()
				l.sleep(time.Hour)
			},
			killAt: time.Minute,
			want:   []string{"1m0s cleaning", "1m0s last", "1m0s dead"},
		},
		{
			name: "by itself, at its next wait",
			victim: func(l *trace, self func() *Process) {
				self().Kill()
				l.note("still here")
				l.sleep(0)
				l.note("lives")
			},
			want: []string{"0s still here", "0s dead"},
		},
		{
			name:   "after its end",
			victim: func(l *trace, _ func() *Process) {},
			killAt: time.Minute,
			want:   []string{"0s dead"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newTrace(t)
			var victim *Process
			victim = l.Go("victim", func() { test.victim(l, func() *Process { return victim }) })
			l.Go("mourner", func() {
				if finished, err := victim.Join(t.Context(), Forever); !finished || err != nil {
					t.Error(finished, err)
				}
				l.note("dead")
			})
			if test.killAt > 0 {
				l.At(epoch.Add(test.killAt), victim.Kill)
			}
			l.Run()
			wantTrace(t, l.lines, test.want)
			wantEqual(t, "done", victim.Done(), true)
		})
	}
}

func TestKillBeforeTheFirstStep(t *testing.T) {
	l := newTrace(t)
	p := l.Go("p", func() { l.note("lives") })
	p.Kill()
	wantEqual(t, "done", p.Done(), true)
	wantEqual(t, "killed", p.Killed(), true)
	l.Run()
	wantTrace(t, l.lines, nil)
}

func TestJoin(t *testing.T) {
	tests := []struct {
		name     string
		lasts    time.Duration
		timeout  time.Duration
		cancelAt time.Duration
		finished bool
		err      error
		at       time.Duration
	}{
		{name: "to the end", lasts: time.Minute, timeout: Forever, finished: true, at: time.Minute},
		{name: "in time", lasts: time.Minute, timeout: time.Hour, finished: true, at: time.Minute},
		{name: "in the last moment", lasts: time.Minute, timeout: time.Minute, finished: true, at: time.Minute},
		{name: "too slow", lasts: time.Hour, timeout: time.Minute, at: time.Minute},
		{name: "only asking", lasts: time.Hour, timeout: 0},
		{name: "over already", lasts: 0, timeout: time.Hour, finished: true},
		{name: "cancelled", lasts: time.Hour, timeout: Forever, cancelAt: time.Minute, err: errStop, at: time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newTrace(t)
			p := l.Go("p", func() {
				if test.lasts > 0 {
					l.sleep(test.lasts)
				}
			})
			ctx, cancel := l.WithCancel(t.Context())
			if test.cancelAt > 0 {
				l.At(epoch.Add(test.cancelAt), func() { cancel(errStop) })
			}
			joiner := l.Go("joiner", func() {
				finished, err := p.Join(ctx, test.timeout)
				wantEqual(t, "finished", finished, test.finished)
				wantEqual(t, "error", err, test.err)
				wantEqual(t, "at", since(l.Timeline), test.at)
			})
			l.Run()
			wantEqual(t, "joined", joiner.Done(), true)
			wantEqual(t, "joiners left", len(p.joiners), 0)
		})
	}
}

func TestCancelWakes(t *testing.T) {
	l := newTrace(t)
	ctx, cancel := l.WithCancel(context.Background())
	inner, innerCancel := context.WithCancel(ctx) // package context's own, derived
	defer innerCancel()
	for name, ctx := range map[string]context.Context{"under it": ctx, "below it": inner} {
		l.Go(name, func() {
			if err := l.Sleep(ctx, time.Hour); !errors.Is(err, errStop) {
				t.Errorf("%s: %v", name, err)
			}
			wantEqual(t, name, since(l.Timeline), time.Minute)
			if err := l.Sleep(ctx, time.Hour); !errors.Is(err, errStop) {
				t.Errorf("%s, the second time: %v", name, err)
			}
		})
	}
	other := l.Go("beside it", func() { l.sleep(2 * time.Minute) })
	l.Go("canceller", func() { l.sleep(time.Minute); cancel(errStop); cancel(nil) })
	l.Run()
	wantEqual(t, "now", since(l.Timeline), 2*time.Minute)
	wantEqual(t, "the other is done", other.Done(), true)
}

func TestWhoIsDueAlreadyKeepsItsPlace(t *testing.T) {
	l := newTrace(t)
	ctx, cancel := l.WithCancel(t.Context())
	l.At(epoch.Add(time.Second), func() { cancel(errStop) })
	l.Go("a", func() { _ = l.Sleep(ctx, time.Second); l.note("a") })
	l.Go("b", func() { l.sleep(time.Second); l.note("b") })
	l.Run()
	wantTrace(t, l.lines, []string{"1s a", "1s b"})
}

func TestDeadlines(t *testing.T) {
	tests := []struct {
		name     string
		parent   time.Duration // the parent's deadline; 0: none
		deadline time.Duration
		sleep    time.Duration
		err      error
		at       time.Duration
	}{
		{name: "in time", deadline: time.Minute, sleep: time.Second, at: time.Second},
		{name: "too long", deadline: time.Minute, sleep: time.Hour, err: context.DeadlineExceeded, at: time.Minute},
		{name: "for ever", deadline: time.Minute, sleep: Forever, err: context.DeadlineExceeded, at: time.Minute},
		{name: "at the same moment", deadline: time.Minute, sleep: time.Minute, err: context.DeadlineExceeded,
			at: time.Minute},
		{name: "long past", deadline: -time.Minute, sleep: time.Hour, err: context.DeadlineExceeded},
		{name: "the parent's is earlier", parent: time.Second, deadline: time.Minute, sleep: time.Hour,
			err: context.DeadlineExceeded, at: time.Second},
		{name: "the parent's is later", parent: time.Hour, deadline: time.Minute, sleep: time.Hour,
			err: context.DeadlineExceeded, at: time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newTrace(t)
			l.Go("p", func() {
				parent, end := t.Context(), time.Duration(0)
				if test.parent > 0 {
					var cancel context.CancelFunc
					parent, cancel = l.WithDeadline(parent, epoch.Add(test.parent))
					defer cancel()
					end = min(test.parent, test.deadline)
				} else {
					end = test.deadline
				}
				ctx, cancel := l.WithDeadline(parent, epoch.Add(test.deadline))
				defer cancel()
				deadline, ok := ctx.Deadline()
				wantEqual(t, "deadline", deadline, epoch.Add(end))
				wantEqual(t, "has one", ok, true)
				wantEqual(t, "error", l.Sleep(ctx, test.sleep), test.err)
				wantEqual(t, "the context's", ctx.Err(), test.err)
			})
			l.Run()
			wantEqual(t, "passed", since(l.Timeline), test.at) // and not until an unused deadline
		})
	}
}

func TestACancelledDeadline(t *testing.T) {
	l := newTrace(t)
	ctx, cancel := l.WithDeadline(t.Context(), epoch.Add(time.Hour))
	cancel()
	cancel()
	wantEqual(t, "error", ctx.Err(), context.Canceled)
	l.Run()
	wantEqual(t, "passed", since(l.Timeline), 0)
}
