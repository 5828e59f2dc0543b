package explorer

import (
	"strings"
	"testing"
	"time"
)

func TestScheduleIsText(t *testing.T) {
	for text, want := range map[string]Schedule{
		"one:":          {World: "one"},
		"waves seed=7:": {World: "waves", Seed: 7},
		"one: iam.CreateAccessKey#1 fail-after": {World: "one", Faults: []Fault{
			{Point{"iam.CreateAccessKey", 1}, "fail-after", 0},
		}},
		"slow seed=18446744073709551615: qovery.PUT /aws/credentials#2 land-late:1m0s, DeployClusters#12 stop": {
			World: "slow", Seed: 1<<64 - 1, Faults: []Fault{
				{Point{"qovery.PUT /aws/credentials", 2}, "land-late", time.Minute},
				{Point{"DeployClusters", 12}, Stop, 0},
			}},
	} {
		got, err := Parse(text)
		if err != nil || got.String() != text || want.String() != text || len(got.Faults) != len(want.Faults) {
			t.Errorf("%q is read as %+v, %v, and written as %q", text, got, err, want.String())
		}
		for i := range got.Faults {
			if got.Faults[i] != want.Faults[i] {
				t.Errorf("%q: fault %d is %+v", text, i, got.Faults[i])
			}
		}
	}
	if s, err := Parse("  one:iam.ListAccessKeys#1 hang ,CreateKey#1 stop "); err != nil ||
		s.String() != "one: iam.ListAccessKeys#1 hang, CreateKey#1 stop" {
		t.Errorf("without care for blanks: %q, %v", s, err)
	}
}

func TestNoSchedule(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "begins with its world and a colon",
		"one":                      "begins with its world and a colon",
		"two:":                     `no world "two"; there are one, waves`,
		"one seed=-1:":             `the seed "-1" is not a whole number`,
		"one seed=x:":              `the seed "x" is not a whole number`,
		"one: CreateKey stop":      "it names no point",
		"one: #1 stop":             "it names no point",
		"one: CreateKey#1":         "it names no kind",
		"one: CreateKey#0 stop":    "counted from 1",
		"one: CreateKey#x stop":    "counted from 1",
		"one: CreateKey#1 explode": `there is no kind "explode"`,
		"one: a#1 stale:soon":      `"soon" isn't a duration`,
		"one: a#1 stale:-1s":       `"-1s" isn't a duration`,
		"one: a#1 stop,":           "it names no point",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse: what can be read is written so that it is read as the same again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"one:", "waves seed=7: iam.CreateAccessKey#1 fail-after, DeployClusters#2 stop",
		"slow: a#1 stale:1m0s", "one: a#1#2 stop"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		schedule, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(schedule.String())
		if err != nil || again.String() != schedule.String() {
			t.Errorf("%q is written as %q, and that is read as %q, %v", text, schedule, again, err)
		}
	})
}
