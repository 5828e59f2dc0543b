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

// What a person replays is refused if it can't come to pass, whatever happens: no violation
// would be the answer to a mistyped schedule.
func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"one:": "",
		"one: CreateKey#1 abandoned, CreateKey#1 stop, CreateKey#2 stop": "",
		"one: iam.GetUser#1 deny, iam.GetUser#2 deny:45m":                "",
		"one: ended#1 redrive, ended#2 start-redrive":                    "",
		"one: Nowhere#1 stop":                                            `"Nowhere" is neither a state nor a call: the `,
		"one: Gr\xff#1 stop":                                             "is neither a state nor a call",
		"one: CreateKey #1 stop":                                         `"CreateKey " is neither`,
		"one: iamCreateAccessKey#1 deny":                                 "the names of calls begin with iam, journal, ",
		"one: CreateKey#1 fail-after":                                    "can't happen at CreateKey; there are abandoned, ",
		"one: IsIdle#1 abandoned":                                        "abandoned can't happen at IsIdle",
		"one: iam.CreateAccessKey#1 delete-old":                          "at iam.CreateAccessKey; there are fail-before, ",
		"one: ended#1 stop":                                              "stop can't happen at ended; there are redrive, ",
		"one: CreateKey#1 stop:5m":                                       "stop takes no duration",
		"one: iam.CreateAccessKey#1 hang:5m":                             "hang takes no duration",
		"one: iam.CreateAccessKey#1 land-late":                           `as in "iam.CreateAccessKey#1 land-late:9m0s"`,
		"one: CreateKey#1 clock-ahead":                                   `as in "CreateKey#1 clock-ahead:5m0s"`,
		"one: CreateKey#1 stop, CreateKey#1 stop":                        "can't both happen: they are at one point",
		"one: iam.GetUser#1 deny, iam.GetUser#1 fail-after":              "can't both happen",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Check(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	known, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range known {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, station := range mustPlay(t, Schedule{World: "migrate"}, nil).After {
		for _, fault := range station.faults() {
			if err := (Schedule{Faults: []Fault{fault}}).Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Violations are for people: they have sentences, and no data or marks of programs.
func TestViolationsAreSentences(t *testing.T) {
	for text, mutation := range map[string]string{
		"one: iam.CreateAccessKey#1 deny:2000h": "", // a rotation that no one lets succeed
		"one: journal.Save#3 stop-start":        "no-lock",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var lens Lens
		for _, m := range Mutations {
			if m.Name == mutation {
				lens = m.Lens
			}
		}
		result := mustPlay(t, s, lens)
		if len(result.Wrong) == 0 {
			t.Errorf("%q: nothing is wrong", text)
		}
		for _, wrong := range result.Wrong {
			if strings.ContainsAny(wrong, "{}[]\\\n\u2063") {
				t.Errorf("%q: %s", text, wrong)
			}
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
