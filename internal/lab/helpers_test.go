package lab

import (
	"context"
	"slices"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/rotationtest"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const testAccount = "123456789012"

func newTimeline(t testing.TB) *Timeline {
	timeline := NewTimeline(epoch)
	t.Cleanup(timeline.Close)
	return timeline
}

// since is how much virtual time has passed.
func since(t *Timeline) time.Duration { return t.Now().Sub(epoch) }

// services are all that stands behind one wire.
type services struct {
	*Timeline
	wire       *Wire
	iam        *IAM
	ssm        *SSM
	journal    *Journal
	executions *Executions
}

func newServices(t testing.TB, seed uint64) *services {
	timeline := newTimeline(t)
	wire := NewWire(timeline, seed)
	s := &services{timeline, wire, NewIAM(wire, testAccount, seed), NewSSM(wire), NewJournal(wire),
		NewExecutions(wire, seed)}
	s.iam.Path = "/automation/"
	s.iam.AddUser("qovery", s.iam.Path)
	return s
}

// within runs f as a process, and everything else until it is over.
func (s *services) within(t testing.TB, name string, f func(ctx context.Context)) {
	t.Helper()
	if !s.RunUntilDone(s.Go(name, func() { f(context.Background()) })) {
		t.Fatalf("%s waits for ever", name)
	}
}

// host lets the contract suites run on virtual time.
func (s *services) host() rotationtest.Host {
	return rotationtest.Host{Clock: s.Timeline, Patience: time.Minute, Together: func(fs ...func()) {
		for _, f := range fs {
			s.Go("together", f)
		}
		s.Run()
	}}
}

func wantEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantTrace(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("what happened:\n%q\nwant:\n%q", got, want)
	}
}

func wantCode(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if !fault.HasCode(err, code) {
		t.Errorf("%v, want %s", err, code)
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// byHand is for what a person does, which does not fail here.
func (w *World) byHand(err error) {
	if err != nil {
		panic(err)
	}
}

func playText(t *testing.T, setup Setup, text string) Result {
	t.Helper()
	s, err := ParseScript(t.Name(), text)
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.Play(setup, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
