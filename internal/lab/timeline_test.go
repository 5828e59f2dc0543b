package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// trace notes what happens and when.
type trace struct {
	*Timeline
	lines []string
}

func newTrace(t testing.TB) *trace { return &trace{Timeline: newTimeline(t)} }

func (l *trace) note(what string) {
	l.lines = append(l.lines, fmt.Sprintf("%s %s", since(l.Timeline), what))
}

func (l *trace) sleep(d time.Duration) { _ = l.Sleep(context.Background(), d) }

func TestOrderIsByTimeThenByAge(t *testing.T) {
	l := newTrace(t)
	l.At(epoch.Add(2*time.Second), func() { l.note("event") })
	for _, name := range []string{"a", "b"} {
		l.Go(name, func() {
			l.note(name)
			l.sleep(2 * time.Second)
			l.note(name)
			l.sleep(time.Second)
			l.note(name)
		})
	}
	l.Go("c", func() { l.sleep(time.Second); l.note("c"); l.sleep(1500 * time.Millisecond); l.note("c") })
	l.At(epoch.Add(-time.Hour), func() { l.note("past") })
	l.Run()
	wantTrace(t, l.lines,
		[]string{"0s a", "0s b", "0s past", "1s c", "2s event", "2s a", "2s b", "2.5s c", "3s a", "3s b"})
	wantEqual(t, "left", len(l.Left()), 0)
}

func TestASleepOfNothingLetsOthersGoFirst(t *testing.T) {
	l := newTrace(t)
	l.Go("a", func() { l.note("a1"); l.sleep(0); l.note("a2") })
	l.Go("b", func() { l.note("b1"); l.sleep(-time.Second); l.note("b2") })
	l.Run()
	wantTrace(t, l.lines, []string{"0s a1", "0s b1", "0s a2", "0s b2"})
}

func TestSleepingAllocatesNothing(t *testing.T) {
	l := newTrace(t)
	l.Go("alone", func() {
		wantEqual(t, "allocations", testing.AllocsPerRun(999, func() { l.sleep(time.Hour) }), 0)
	})
	l.Run()
	wantEqual(t, "passed", since(l.Timeline), 1000*time.Hour)
}

func TestTheCurrentProcess(t *testing.T) {
	timeline := newTimeline(t)
	name := func() string {
		if p := timeline.Current(); p != nil {
			return p.Name()
		}
		return "nobody"
	}
	var seen []string
	see := func() { seen = append(seen, name()) }
	see()
	timeline.At(epoch.Add(time.Second), see)
	for _, who := range []string{"a", "b"} {
		timeline.Go(who, func() { see(); _ = timeline.Sleep(t.Context(), time.Second); see() })
	}
	timeline.Run()
	see()
	wantTrace(t, seen, []string{"nobody", "a", "b", "nobody", "a", "b", "nobody"})
}

func TestRunUntil(t *testing.T) {
	l := newTrace(t)
	l.Go("p", func() {
		for range 3 {
			l.sleep(time.Minute)
			l.note("p")
		}
	})
	l.RunUntil(epoch.Add(time.Minute))
	wantTrace(t, l.lines, []string{"1m0s p"})
	l.RunUntil(epoch.Add(90 * time.Second))
	wantEqual(t, "now", since(l.Timeline), 90*time.Second)
	l.RunUntil(epoch) // long past
	wantEqual(t, "now", since(l.Timeline), 90*time.Second)
	l.Run()
	wantTrace(t, l.lines, []string{"1m0s p", "2m0s p", "3m0s p"})
}

func TestRunUntilDone(t *testing.T) {
	l := newTrace(t)
	endless := func() {
		for {
			l.sleep(time.Second)
		}
	}
	l.Go("endless", endless)
	p := l.Go("p", func() { l.sleep(90 * time.Second) })
	wantEqual(t, "done", l.RunUntilDone(p), true)
	wantEqual(t, "now", since(l.Timeline), 90*time.Second)
	wantTrace(t, l.Left(), []string{"endless"})
}

func TestRunUntilDoneWithADeadlock(t *testing.T) {
	l := newTrace(t)
	p := l.Go("p", func() { l.sleep(Forever) })
	wantEqual(t, "done", l.RunUntilDone(p), false)
	wantTrace(t, l.Left(), []string{"p"})
}

func TestMinutes(t *testing.T) {
	l := &trace{Timeline: NewTimeline(epoch.Add(30 * time.Second))}
	defer l.Close()
	l.At(epoch.Add(2*time.Minute), func() { l.note("event") })
	l.Go("p", func() {
		l.sleep(90 * time.Second)
		l.note("p")
		l.sleep(2 * time.Minute)
		l.note("p")
	})
	l.OnMinute(func(now time.Time) {
		l.note("minute")
		wantEqual(t, "now", now, l.Now())
		if now.Equal(epoch.Add(time.Minute)) { // due before the next minute
			l.At(now.Add(time.Second), func() { l.note("brought") })
		}
	})
	l.Run()
	l.RunUntil(epoch.Add(5*time.Minute + time.Second))
	wantTrace(t, l.lines, []string{"1m0s minute", "1m1s brought", "2m0s minute", "2m0s event", "2m0s p",
		"3m0s minute", "4m0s minute", "4m0s p", "5m0s minute"})
}

func TestMinutesFromTheMiddle(t *testing.T) {
	l := newTrace(t)
	l.RunUntil(epoch.Add(time.Hour))
	l.OnMinute(func(time.Time) { l.note("minute") })
	l.RunUntil(epoch.Add(time.Hour + time.Minute))
	wantTrace(t, l.lines, []string{"1h1m0s minute"})
}

func TestOutsideWaitingRunsTheTimeline(t *testing.T) {
	l := newTrace(t)
	p := l.Go("p", func() { l.sleep(time.Minute); l.note("p") })
	noError(t, l.Sleep(t.Context(), 2*time.Second))
	wantEqual(t, "now", since(l.Timeline), 2*time.Second)

	finished, err := p.Join(t.Context(), time.Second)
	wantEqual(t, "finished", finished, false)
	noError(t, err)
	wantEqual(t, "now", since(l.Timeline), 3*time.Second)

	finished, err = p.Join(t.Context(), Forever)
	wantEqual(t, "finished", finished, true)
	noError(t, err)
	wantTrace(t, l.lines, []string{"1m0s p"})

	ctx, cancel := l.WithCancel(t.Context())
	l.At(l.Now().Add(time.Second), func() { cancel(errStop) })
	if err := l.Sleep(ctx, time.Hour); !errors.Is(err, errStop) {
		t.Error(err)
	}
	wantEqual(t, "now", since(l.Timeline), 61*time.Second)
}

func TestAnEventCannotWait(t *testing.T) {
	l := newTrace(t)
	l.At(epoch, func() { l.sleep(time.Second) })
	failure := panicOf(l.Run)
	if failure == nil || failure.Where != "an event" || !strings.Contains(failure.Error(), "cannot wait") {
		t.Errorf("it went unnoticed: %v", failure)
	}
}

func TestPanicsSurface(t *testing.T) {
	for _, where := range []string{"process b", "an event"} {
		t.Run(where, func(t *testing.T) {
			l := newTrace(t)
			l.Go("a", func() {
				defer func() { _ = recover() }() // must not swallow what is none of its own
				l.sleep(time.Hour)
			})
			l.Go("b", func() {
				l.sleep(time.Minute)
				if where == "process b" {
					panicHere()
				}
			})
			l.OnMinute(func(time.Time) {
				if where == "an event" {
					panicHere()
				}
			})
			failure := panicOf(l.Run)
			if failure == nil {
				t.Fatal("it was swallowed")
			}
			wantEqual(t, "where", failure.Where, where)
			wantEqual(t, "nothing goes on", since(l.Timeline), time.Minute)
			if text := failure.Error(); !strings.Contains(text, "panicHere") || !strings.Contains(text, "broken") {
				t.Errorf("it doesn't say what and where:\n%s", text)
			}
			l.Close()
			wantEqual(t, "left", len(l.Left()), 0)
		})
	}
}

func panicHere() { panic("broken") }

func panicOf(f func()) (failure *Panic) {
	defer func() { failure, _ = recover().(*Panic) }()
	f()
	return nil
}

func TestRunsDoNotNest(t *testing.T) {
	l := newTrace(t)
	l.Go("p", l.Run)
	if failure := panicOf(l.Run); failure == nil || failure.Where != "process p" {
		t.Errorf("it went unnoticed: %v", failure)
	}
}

func TestCloseLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		timeline := NewTimeline(epoch)
		var ended int
		for range 10 {
			timeline.Go("p", func() {
				defer func() { ended++ }()
				defer timeline.Go("heir", func() { t.Error("a closed timeline goes on") })
				_ = timeline.Sleep(t.Context(), Forever)
			})
		}
		timeline.Go("over", func() {})
		timeline.At(epoch.Add(time.Hour), func() { t.Error("an event after the end") })
		timeline.RunUntil(epoch.Add(time.Minute))
		timeline.Go("unborn", func() { t.Error("a process after the end") })
		timeline.Close()
		timeline.Close()
		wantEqual(t, "ended", ended, 10)
	}
	for range 1000 { // a goroutine that is done may need a moment to be gone
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, before there were %d", runtime.NumGoroutine(), before)
}

// chaos is a program that uses everything, by the seed.
func chaos(seed uint64) []string {
	l := &trace{Timeline: NewTimeline(epoch)}
	defer l.Close()
	random := rand.New(rand.NewPCG(seed, 0))
	pause := func() time.Duration { return time.Duration(random.IntN(5)) * 20 * time.Second }
	l.OnMinute(func(time.Time) { l.note("minute") })
	var all []*Process
	for i := range 10 {
		name := fmt.Sprint("p", i)
		all = append(all, l.Go(name, func() {
			defer func() { l.note(name + " ends") }()
			ctx, cancel := l.WithDeadline(context.Background(), l.Now().Add(time.Minute))
			defer cancel()
			for range 10 {
				other := all[random.IntN(len(all))]
				switch random.IntN(6) {
				case 0:
					other.Kill()
					l.note(name + " kills " + other.Name())
				case 1:
					finished, err := other.Join(ctx, pause())
					l.note(fmt.Sprint(name, " joins ", other.Name(), finished, err))
				case 2:
					l.At(l.Now().Add(pause()), func() { l.note("event of " + name) })
				default:
					l.note(fmt.Sprint(name, " sleeps ", l.Sleep(ctx, pause())))
				}
			}
		}))
	}
	l.Run()
	return l.lines
}

func TestTheSameSeedIsTheSameHistory(t *testing.T) {
	for seed := range uint64(50) {
		first := chaos(seed)
		if second := chaos(seed); !slices.Equal(first, second) {
			t.Fatalf("seed %d:\n%q\n%q", seed, first, second)
		}
	}
	if slices.Equal(chaos(1), chaos(2)) {
		t.Error("all seeds are the same")
	}
}

func BenchmarkSleepInline(b *testing.B) {
	timeline := newTimeline(b)
	ctx := context.Background()
	timeline.Go("alone", func() {
		for b.Loop() {
			_ = timeline.Sleep(ctx, time.Second)
		}
	})
	timeline.OnMinute(func(time.Time) {})
	timeline.Run()
}

func BenchmarkSwitch(b *testing.B) {
	timeline := newTimeline(b)
	ctx, n := context.Background(), b.N
	for range 2 {
		timeline.Go("p", func() {
			for ; n > 0; n-- {
				_ = timeline.Sleep(ctx, time.Second)
			}
		})
	}
	b.ResetTimer()
	timeline.Run()
}

func BenchmarkAYearOfMinutes(b *testing.B) {
	for b.Loop() {
		timeline, minutes := NewTimeline(epoch), 0
		timeline.OnMinute(func(time.Time) { minutes++ })
		timeline.RunUntil(epoch.Add(365 * 24 * time.Hour))
	}
}
