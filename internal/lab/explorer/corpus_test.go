package explorer

import (
	"reflect"
	"testing"
)

func TestWhatOnceFoundSomething(t *testing.T) {
	schedules, err := Corpus()
	if err != nil || len(schedules) == 0 {
		t.Fatalf("%d schedules, %v", len(schedules), err)
	}
	for _, schedule := range schedules {
		result, err := Play(schedule, nil)
		if err != nil || len(result.Wrong) > 0 || !result.AllFired() {
			t.Errorf("%s: %v %v, missed %v", schedule, result.Wrong, err, result.Missed())
		}
	}
}

// TestHash: a schedule has the same hash for ever, which shards and people may note.
func TestHash(t *testing.T) {
	s, err := Parse("one: DeactivateKey#1 abandoned, DeactivateKey#2 clock-ahead:5m0s")
	if err != nil || s.Hash() != 0xf2c557740ed25e15 {
		t.Errorf("%x, %v", s.Hash(), err)
	}
}

// TestShards: the shards of an exploration are all of it, and share nothing but what
// others are made of.
func TestShards(t *testing.T) {
	options := Options{Focus: []string{"RotationComplete"}, Random: 9, Seed: 3}
	whole, err := Walk(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]Tally{}
	for part := 1; part <= 3; part++ {
		options.Shard = Shard{part, 3}
		s, err := Walk(t.Context(), options)
		if err != nil || s.Played == 0 || s.Played >= whole.Played {
			t.Errorf("part %d played %d of %d, %v", part, s.Played, whole.Played, err)
		}
		for kind, tally := range s.Kinds {
			kinds[kind] = Tally{kinds[kind].Fired + tally.Fired, kinds[kind].Unreached + tally.Unreached}
		}
	}
	for kind, tally := range whole.Kinds {
		if kinds[kind].Fired < tally.Fired {
			t.Errorf("%s came to pass %d times, and in the shards together %d", kind, tally.Fired, kinds[kind].Fired)
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{
		"": {}, "1/1": {1, 1}, "3/8": {3, 8}, "0/8": {}, "9/8": {}, "3": {}, "3/8x": {}, "03/8": {}, "-1/8": {}, "3/0": {},
	} {
		if got, err := ParseShard(text); !reflect.DeepEqual(got, want) || (err == nil) != (text == "" || want.Of > 0) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
