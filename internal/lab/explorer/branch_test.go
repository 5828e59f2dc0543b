package explorer

import (
	"reflect"
	"slices"
	"testing"
)

// TestBranches: what is played from a fork on comes to what it comes to when all is played.
func TestBranches(t *testing.T) {
	for _, text := range []string{
		"one:", "one: journal.Save#3 fail-after", "one: UpdateCredentials#1 stop-start", "one: CreateKey#1 deactivate-old",
		"one: DeployClusters#1 go-down", "retire:", "migrate: DeployClusters#1 clock-behind:5m0s", "leaked:", "registries:",
		"refused:",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			base, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			forked := 0
			for _, b := range sampleAfter(mustPlay(t, base, nil)) {
				b.branches = slices.DeleteFunc(b.branches, func(b branch) bool { return b.fork == 0 })
				if err := b.playForked(nil, func(got Result) bool {
					forked++
					requireAlike(t, got, mustPlay(t, got.Schedule, nil))
					return true
				}); err != nil {
					t.Fatal(err)
				}
			}
			if t.Logf("%d schedules", forked); forked < 10 {
				t.Errorf("only %d schedules were played from a fork", forked)
			}
		})
	}
}

// sampleAfter are some of the schedules that have one more fault.
func sampleAfter(base Result) []bough {
	world, _ := find(base.Schedule.World)
	n, every := 0, 131
	if world.migrates {
		every = 501 // those are long
	}
	return boughs(base.Schedule, base.After, func(s Station) []Fault {
		return slices.DeleteFunc(world.faults(s), func(Fault) bool { n++; return n%every != 0 })
	})
}

func requireAlike(t *testing.T, forked, whole Result) {
	t.Helper()
	switch {
	case forked.Trace != whole.Trace, !slices.Equal(forked.Wrong, whole.Wrong),
		!slices.Equal(forked.Fired, whole.Fired):
		t.Errorf("%s\nforked: %v %q\nwhole: %v %q", whole.Schedule, forked.Fired, forked.Wrong, whole.Fired, whole.Wrong)
	case !whole.AllFired(): // then it is all that came, of a fork what came after that
	case !slices.EqualFunc(forked.After, whole.After, sameStation):
		t.Errorf("%s: what comes after isn't the same", whole.Schedule)
	}
	for state := range forked.Seen.Worlds {
		if !whole.Seen.Worlds[state] {
			t.Errorf("%s: a state of the world comes from a fork alone", whole.Schedule)
		}
	}
}

func sameStation(a, b Station) bool { return reflect.DeepEqual(a, b) }

// TestBoughsOfSites: stations that are in the order of their sites come in that of their forks.
func TestBoughsOfSites(t *testing.T) {
	base := Schedule{World: "leaked"}
	stations := chosenWrites(mustPlay(t, base, nil).After)
	want, played := 0, 0
	for _, b := range boughs(base, stations, func(s Station) []Fault { return s.each(callFaults[:1]) }) {
		want += len(b.branches)
		if err := b.play(nil, nil, func(Result) bool { played++; return true }); err != nil {
			t.Error(err)
		}
	}
	if played < want || want < len(stations) {
		t.Errorf("%d schedules of %d were played, at %d stations", played, want, len(stations))
	}
}

// TestNoFork: what isn't played is not lost without a word.
func TestNoFork(t *testing.T) {
	base := Schedule{World: "one"}
	b := bough{base, []branch{{base.with(Fault{Point{createAccessKey, 1}, PutOld, 0}), 1 << 20}, {base, 1 << 20}}}
	if err := b.playForked(nil, func(Result) bool { return true }); err == nil {
		t.Error("a fork is reached that there is not")
	}
}
