package awstest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

var beginning = time.Date(2030, 1, 1, 8, 0, 30, 0, time.UTC)

// Those who sleep wake in the order of their times, each alone.
func TestSleepersWakeInOrder(t *testing.T) {
	c := NewClock(beginning)
	var mu sync.Mutex
	var woke []time.Duration
	var all sync.WaitGroup
	c.Begin()
	for _, d := range []time.Duration{3 * time.Hour, time.Minute, 2 * time.Second} {
		c.Begin()
		all.Go(func() {
			defer c.End()
			if err := c.Sleep(t.Context(), beginning.Add(d)); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			woke = append(woke, c.Now().Sub(beginning))
		})
	}
	c.End()
	all.Wait()
	if want := []time.Duration{2 * time.Second, time.Minute, 3 * time.Hour}; !slices.Equal(woke, want) {
		t.Errorf("woke after %v, want %v", woke, want)
	}
}

func TestTimeStandsStillForWork(t *testing.T) {
	c := NewClock(beginning)
	happened := make(chan struct{})
	c.At(beginning.Add(time.Hour), func() { close(happened) })
	c.Begin()
	if c.Now() != beginning {
		t.Errorf("it is %s", c.Now())
	}
	c.End()
	<-happened
	if got := c.Now().Sub(beginning); got != time.Hour {
		t.Errorf("%s have passed", got)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	c := NewClock(beginning)
	ctx, cancel := context.WithCancel(t.Context())
	c.Begin() // another one, so that no time passes
	c.Begin()
	slept := make(chan error)
	go func() { slept <- c.Sleep(ctx, beginning.Add(time.Hour)) }()
	cancel()
	if err := <-slept; err == nil || c.Now() != beginning {
		t.Errorf("%v at %s", err, c.Now())
	}
}

func TestEveryMinuteIsTold(t *testing.T) {
	c := NewClock(beginning)
	told := 0
	c.OnMinute = func(at time.Time) {
		if told++; !at.Equal(c.Now()) || at.Second() != 0 {
			t.Errorf("told of %s at %s", at, c.Now())
		}
	}
	c.Begin()
	_ = c.Sleep(t.Context(), beginning.Add(time.Hour))
	if told != 60 {
		t.Errorf("%d minutes", told)
	}
}

// What a script waits for is acted upon before things go on.
func TestScriptsActFirst(t *testing.T) {
	c := NewClock(beginning)
	ready, acted := false, false
	var mu sync.Mutex
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Script(func() {
			err := c.Until(t.Context(), func() bool { mu.Lock(); defer mu.Unlock(); return ready })
			if err == nil {
				time.Sleep(20 * time.Millisecond)
				mu.Lock()
				acted = true
				mu.Unlock()
			}
		})
	}()
	time.Sleep(20 * time.Millisecond) // the script waits by now, or looks for itself
	c.Begin()
	mu.Lock()
	ready = true
	mu.Unlock()
	c.Changed()
	mu.Lock()
	if !acted {
		t.Error("the script has not acted")
	}
	mu.Unlock()
	c.End()
	<-done
}

// A paced clock takes its time, and goes on when nobody waits.
func TestPace(t *testing.T) {
	c := NewClock(beginning)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Begin()
	var all sync.WaitGroup
	all.Go(func() { c.Pace(ctx, 3600) })
	time.Sleep(5 * tick)
	if c.Now() != beginning {
		t.Errorf("somebody is at work, and %s have passed", c.Now().Sub(beginning))
	}
	began := time.Now()
	if err := c.Sleep(ctx, beginning.Add(10*time.Minute)); err != nil { // 167 ms
		t.Fatal(err)
	}
	if took, passed := time.Since(began), c.Now().Sub(beginning); took < 100*time.Millisecond || passed != 10*time.Minute {
		t.Errorf("%s passed in %s", passed, took)
	}
	c.End()
	time.Sleep(5 * tick)
	if passed := c.Now().Sub(beginning); passed <= 10*time.Minute || passed > 11*time.Minute {
		t.Errorf("nobody sleeps, and %s have passed", passed)
	}
	cancel()
	all.Wait()
}
