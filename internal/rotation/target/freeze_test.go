package target

import (
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

var yearsEnd = Freeze{"2026-12-20T00:00:00+01:00", "2027-01-04T00:00:00+01:00", "Year's end"}

func TestFrozenAt(t *testing.T) {
	frozen := Target{Freeze: []Freeze{{"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "earlier"}, yearsEnd}}
	for time, want := range map[string]string{
		"2026-12-19T22:59:59Z": "", "2026-12-19T23:00:00Z": "Year's end", "2027-01-03T22:59:59Z": "Year's end",
		"2027-01-03T23:00:00Z": "", "2026-11-01T12:00:00Z": "earlier",
	} {
		got := ""
		if f := frozen.FrozenAt(at(time)); f != nil {
			got = f.Reason
		}
		if got != want {
			t.Errorf("%s: frozen for %q, want %q", time, got, want)
		}
	}
	for time, over := range map[string]bool{"2027-01-03T23:00:00Z": false, "2027-01-03T23:00:01Z": true} {
		if yearsEnd.IsOver(at(time)) != over {
			t.Errorf("%s: over: %t, want %t", time, !over, over)
		}
	}
	if text := yearsEnd.String(); text != "until 2027-01-03 23:00 UTC: Year's end" {
		t.Error(text)
	}
}

func TestCheckFreezes(t *testing.T) {
	with := func(change func(*Freeze)) []Freeze { f := yearsEnd; change(&f); return []Freeze{f} }
	for _, test := range []struct {
		freezes []Freeze
		says    string
	}{
		{nil, ""},
		{[]Freeze{yearsEnd}, ""},
		{with(func(f *Freeze) { f.To = "2027-01-19T00:00:00+01:00" }), ""},
		{with(func(f *Freeze) { f.To = "2027-01-19T00:00:01+01:00" }), "freeze[0]: does not end up to thirty days"},
		{with(func(f *Freeze) { f.To = f.From }), "freeze[0]: does not end up to thirty days"},
		{with(func(f *Freeze) { f.To = "2026-12-24" }), `freeze[0].to: "2026-12-24" is no RFC 3339 time`},
		{with(func(f *Freeze) { f.From = "" }), "freeze[0].from: is required"},
		{with(func(f *Freeze) { f.Reason = "" }), "freeze[0].reason: is not 1 to 100"},
		{with(func(f *Freeze) { f.Reason = strings.Repeat("x", 101) }), "freeze[0].reason: is not 1 to 100"},
		{make([]Freeze, 13), "freeze: has 13, more than 12"},
		{[]Freeze{yearsEnd, {"2027-01-04T12:00:00+01:00", "2027-01-19T12:00:01+01:00", "longer"}},
			"freeze[1]: continues freeze[0], and both take more than thirty days"},
		{[]Freeze{{"2027-01-04T00:00:00+01:00", "2027-02-02T00:00:00+01:00", "longer"}, yearsEnd},
			"freeze[0]: continues freeze[1], and both take more than thirty days"},
		{[]Freeze{yearsEnd, {"2027-01-05T00:00:00+01:00", "2027-01-19T12:00:01+01:00", "a day later"}}, ""},
	} {
		target := Example()
		target.Freeze = test.freezes
		err := target.Check()
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: %v, want %q", test.freezes, err, test.says)
		}
	}
}

func TestBeginsAfter(t *testing.T) {
	schedule := Schedule{RateDays: 90, Enabled: true}
	for start, want := range map[string]bool{
		"2026-12-19T22:59:59Z": true, "2026-12-19T11:00:00Z": true, "2026-12-19T10:59:59Z": false,
		"2026-12-19T23:00:01Z": false, "2026-09-20T20:00:00Z": true, // 90 days before
	} {
		schedule.StartAt = start
		if run := yearsEnd.BeginsAfter(schedule, 12*time.Hour); !run.IsZero() != want {
			t.Errorf("%s: a run at %s", start, run)
		}
	}
}

// A key that is younger stays under the limit until the next scheduled run has ended:
// with the default timings that takes less than three days.
func TestDueAt(t *testing.T) {
	const day = 24 * time.Hour
	target := Default()
	if run := target.LongestRun(); run != day+3*(2*2*time.Hour+2*time.Hour)+day+30*time.Minute+2*time.Hour {
		t.Errorf("the longest run is %s", run)
	}
	if due := target.DueAt(97 * day); due != 7*day-target.LongestRun() || due < 4*day {
		t.Errorf("due at %s", due)
	}
}
