package explorer

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestWalk: the same seed explores the same, whoever plays what on which core.
func TestWalk(t *testing.T) {
	options := Options{Focus: []string{"IsIdle", "RotationComplete"}, Random: 6, Seed: 3}
	var told []Progress
	options.Progress = func(p Progress) { told = append(told, p) }
	first, err := Walk(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	options.Progress = nil
	second, err := Walk(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	first.Took, second.Took = 0, 0
	if !reflect.DeepEqual(first, second) {
		t.Errorf("first\n%+v\nand then\n%+v", first, second)
	}
	if len(first.Violations) > 0 {
		t.Errorf("%+v", first.Violations)
	}
	if first.Faults["one"] < 10 || first.Faults["two"] < 50 || first.States["RotationComplete"] == 0 ||
		first.Kinds[StopStart].Fired == 0 {
		t.Errorf("%+v", first)
	}
	if total := first.Faults["one"] + first.Faults["two"] + first.Faults["more"]; total != first.Played ||
		first.Calm != 7 {
		t.Errorf("%d schedules of %d have a number of faults, and %d have none", total, first.Played, first.Calm)
	}
	if len(told) == 0 {
		t.Error("nothing is told of progress")
	}
	for _, p := range told {
		if p.Stage == "" || p.Done < 0 || p.Done > 1 {
			t.Errorf("told of progress: %s, %v", p.Stage, p.Done)
		}
	}
}

func TestWalkEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Walk(ctx, Options{Singles: true, Pairs: true, Random: 5, For: time.Hour}); err != nil || s.Played != 0 ||
		s.Unfinished == nil || *s.Unfinished != (Unfinished{"what once found something", 0}) {
		t.Errorf("at once: %+v, %v", s, err)
	}
	began := time.Now()
	if s, err := Walk(t.Context(), Options{For: 300 * time.Millisecond}); err != nil || s.Played+s.Calm == 0 ||
		s.Unfinished != nil || time.Since(began) > time.Minute {
		t.Errorf("after its time: %+v, %v, after %s", s, err, time.Since(began))
	}
	for _, m := range Mutations {
		if m.Name != "slow-clock" {
			continue
		}
		s, err := Walk(t.Context(), Options{Random: 1000, Lens: m.Lens, Enough: 2})
		if err != nil || len(s.Violations) < 2 || s.Played > 100 || s.Unfinished == nil {
			t.Errorf("with enough violations: %+v, %v", s, err)
		}
	}
}

// TestChosen: pairs are made of the first, a middle and the last call of a site.
func TestChosen(t *testing.T) {
	result := mustPlay(t, Schedule{World: "one"}, nil)
	calls := map[string]int{}
	for _, station := range chosen(result.After) {
		calls[station.Site]++
	}
	if calls["qovery.GET /cluster/status"] != 3 || calls["iam.CreateAccessKey"] != 1 || calls["staging.Get"] != 3 {
		t.Errorf("chosen are %v", calls)
	}
}

func TestMissed(t *testing.T) {
	s, err := Parse("one: VerifyKey#1 stop, Preflight#99 stop, ended#7 redrive")
	if err != nil {
		t.Fatal(err)
	}
	result := mustPlay(t, s, nil)
	if missed := result.Missed(); len(missed) != 2 || missed[0] != s.Faults[1] || missed[1] != s.Faults[2] ||
		result.AllFired() {
		t.Errorf("missed are %v", missed)
	}
	summary := newSummary()
	summary.add(result, "")
	if summary.Played != 0 || summary.Unreached != 1 || summary.Kinds[Stop] != (Tally{0, 1}) ||
		summary.Kinds[Redrive] != (Tally{0, 1}) {
		t.Errorf("%+v", summary)
	}
	if _, err := Play(Schedule{World: "nowhere"}, nil); err == nil {
		t.Error("a world that does not exist is played in")
	}
}

func TestTell(t *testing.T) {
	s, err := Parse("one: GracePeriod#1 stop-start, DeactivateKey#1 abandoned")
	if err != nil {
		t.Fatal(err)
	}
	var story bytes.Buffer
	result, err := Tell(s, nil, &story)
	if err != nil || len(result.Wrong) > 0 {
		t.Fatal(result.Wrong, err)
	}
	text := story.String()
	rest := text
	for _, next := range []string{"rotation-1", "is created by", "fault in GracePeriod: GracePeriod#1 stop-start",
		"rotation-2                        started with", "fault in DeactivateKey", "is deactivated by", "is deleted by"} {
		_, after, found := strings.Cut(rest, next)
		if !found {
			t.Fatalf("%q is not told, or not in its turn:\n%s", next, text)
		}
		rest = after
	}
}
