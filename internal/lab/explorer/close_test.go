package explorer

import (
	"maps"
	"slices"
	"testing"
)

// TestPlace: a place is the same, however a rotation came there, and another one where what
// was done on the way makes a difference.
func TestPlace(t *testing.T) {
	place := func(schedule, site string) uint64 {
		s, err := Parse(schedule)
		if err != nil {
			t.Fatal(err)
		}
		after := mustPlay(t, s, nil).After
		i := slices.IndexFunc(after, func(s Station) bool { return s.Site == site })
		if i < 0 {
			t.Fatalf("%s: it does not come to %s", schedule, site)
		}
		return after[i].Place
	}
	const creation = "iam.CreateAccessKey"
	undisturbed := place("one:", creation)
	for schedule, same := range map[string]bool{
		"one: Preflight#1 answer-lost":                            true, // it is invoked again
		"one: Preflight#1 lock":                                   true, // someone has unlocked the cluster since
		"one: Preflight#1 stop":                                   true, // another execution has come as far
		"one: qovery.GET /organization#1 throttle":                true,
		"one: journal.Save#1 land-late:9m0s":                      false, // it is still on its way
		"one: Preflight#1 abandoned":                              true,  // its function has ended since
		"one: Preflight#1 clock-behind:5m0s":                      false,
		"one: Preflight#1 create-key, Preflight#1 clock-ahead:5m": false,
	} {
		t.Run(schedule, func(t *testing.T) {
			if got := place(schedule, creation) == undisturbed; got != same {
				t.Errorf("that it is where an undisturbed rotation creates the key: %v", got)
			}
		})
	}
}

// TestPlayUntil: what comes after a state that is known is not played, what went wrong
// before is told, and where nothing is known it is as if all were played.
func TestPlayUntil(t *testing.T) {
	stopped, err := Parse("one: UpdateCredentials#1 stop-start")
	if err != nil {
		t.Fatal(err)
	}
	known := mustPlay(t, stopped, nil).Seen.Worlds
	s, err := Parse("one: VerifyKey#1 answer-lost, UpdateCredentials#1 stop-start")
	if err != nil {
		t.Fatal(err)
	}
	whole := mustPlay(t, s, nil)
	for name, test := range map[string]struct {
		knows func(uint64) bool
		ends  bool
	}{
		"nothing":                  {func(uint64) bool { return false }, false},
		"what the second leads to": {func(state uint64) bool { return known[state] }, true},
		"all":                      {func(uint64) bool { return true }, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := playUntil(test.knows, s, nil)
			if err != nil || !got.AllFired() || len(got.Wrong) > 0 {
				t.Fatalf("%v, %v, %v", err, got.Missed(), got.Wrong)
			}
			if ended := len(got.After) < len(whole.After); ended != test.ends || !ended && got.Trace != whole.Trace {
				t.Errorf("after %d calls of %d it is over", len(got.After), len(whole.After))
			}
			for state := range whole.Seen.Worlds {
				if !got.Seen.Worlds[state] && !test.knows(state) && !known[state] {
					t.Errorf("a state is left out that no other schedule comes to")
				}
			}
		})
	}
	if s, err = Parse("one: RotationComplete#1 second"); err != nil {
		t.Fatal(err)
	}
	points := Mutations[slices.IndexFunc(Mutations, func(m Mutation) bool { return m.Name == "points-only" })]
	got, err := playUntil(func(uint64) bool { return true }, s, points.Lens)
	if err != nil || !got.shows("which cluster staging-1 uses") {
		t.Errorf("what had gone wrong before is not told: %v, %v", got.Wrong, err)
	}
}

// TestClose: every fault is played, and of what follows one part; the rest is counted.
func TestClose(t *testing.T) {
	w := &walker{Options: Options{Shard: Shard{1, 3000}, Enough: 10}, ctx: t.Context(), stop: func(error) {},
		played: map[uint64]bool{}, summary: newSummary()}
	w.close(World{Name: "retire", alike: true}) // refusals are played in the whole exploration
	closed := w.summary.Closed[0]
	if len(w.summary.Violations) > 0 || w.summary.Unfinished != nil {
		t.Errorf("%v, %v", w.summary.Violations, w.summary.Unfinished)
	}
	if closed.Played == 0 || closed.Left < 2000*closed.Played || closed.Places < 1000 || closed.States < 100 {
		t.Errorf("%+v", closed)
	}
}

// TestFresh: of stations at one place, one is taken.
func TestFresh(t *testing.T) {
	c := closing{places: map[uint64]bool{7: true}}
	fresh := c.fresh([]Station{{Place: 1}, {Place: 7}, {Place: 2}, {Place: 1}})
	if len(fresh) != 2 || fresh[0].Place != 1 || fresh[1].Place != 2 ||
		!maps.Equal(c.places, map[uint64]bool{1: true, 2: true, 7: true}) {
		t.Errorf("fresh are %v, of %v", fresh, c.places)
	}
}
