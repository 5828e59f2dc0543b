package report

import (
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

func TestControls(t *testing.T) {
	born := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	after := func(d time.Duration) time.Time { return born.Add(d) }
	key := func(until time.Duration, changes ...Change) *Key {
		return lived(&Key{CreatedAt: born, Changes: changes}, after(until))
	}
	inactive := func(d time.Duration) Change { return Change{after(d), rotation.Inactive} }
	active := func(d time.Duration) Change { return Change{after(d), rotation.Active} }
	deleted := func(k *Key, d time.Duration) *Key {
		k.Periods, k.DeletedAt = nil, after(d)
		return lived(k, after(d))
	}
	for _, test := range []struct {
		name          string
		key           *Key
		active, whole Verdict
		because       string
	}{
		{"young", deleted(key(0, inactive(84*day)), 84*day+time.Hour), Met, Met,
			"It was 84 days old when it was Active last."},
		{"to the second", deleted(key(0, inactive(90*day)), 90*day), Met, Met, "It was 90 days old when it was Active last."},
		{"Inactive in time, deleted too late", deleted(key(0, inactive(90*day-time.Minute)), 90*day+time.Hour), Met, NotMet,
			"It was 89 days 23 h old when it was Active last."},
		{"a second too late", deleted(key(0, inactive(90*day+time.Second)), 91*day), NotMet, NotMet,
			"It was 90 days old when it was Active last, 1 s too old."},
		{"Inactive, and not deleted yet", key(89*day, inactive(85*day)), Met, Open,
			"It was 85 days old when it was Active last."},
		{"Active again", key(91*day, inactive(85*day), active(86*day)), NotMet, NotMet,
			"It is Active and was 91 days old when this report ends, 1 day too old."},
		{"still Active", key(80 * day), Open, Open,
			"It is Active and was 80 days old when this report ends; it must be Inactive by 2026-04-01 12:00:00 UTC."},
		{"deleted without having been Inactive", deleted(key(0), 100*day), NotMet, NotMet,
			"It was 100 days old when it was Active last, 10 days too old."},
		{"gone in time", lived(&Key{CreatedAt: born, SeenAt: after(80 * day), GoneBy: after(85 * day)}, after(86*day)), Met,
			Met,
			"It was between 80 days and 85 days old when it was Active last: it was found gone, and when it went is not known."},
		{"gone too late, or not",
			lived(&Key{CreatedAt: born, SeenAt: after(89 * day), GoneBy: after(91 * day)}, after(92*day)), Untold, Untold,
			"It was between 89 days and 91 days old when it was Active last: it was found gone, and when it went is not known."},
		{"gone too late", lived(&Key{CreatedAt: born, SeenAt: after(91 * day), GoneBy: after(92 * day)}, after(92*day)),
			NotMet, NotMet,
			"It was between 91 days and 92 days old when it was Active last: it was found gone, and when it went is not known."},
		{"Inactive, and gone",
			lived(&Key{CreatedAt: born, Changes: []Change{inactive(85 * day)}, SeenAt: after(86 * day), GoneBy: after(91 * day)},
				after(92*day)), Met, Untold,
			"It was 85 days old when it was Active last."},
		{"born no one knows when", lived(&Key{}, born), Untold, Untold, noBirth},
	} {
		t.Run(test.name, func(t *testing.T) {
			judged := controls(test.key)
			if judged[0].Verdict != test.active || judged[1].Verdict != test.active || judged[2].Verdict != test.whole {
				t.Errorf("%s, %s, %s; want %s, %s", judged[0].Verdict, judged[1].Verdict, judged[2].Verdict, test.active,
					test.whole)
			}
			if judged[0].Because != test.because {
				t.Errorf("because %q, want %q", judged[0].Because, test.because)
			}
		})
	}
}

func lived(k *Key, until time.Time) *Key {
	k.live(until, until)
	return k
}

func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		days    int
		verdict Verdict
		both    time.Duration
		given   bool
	}{
		{90, NotMet, 3 * time.Hour, true},
		{90, Met, 3 * time.Hour, false},
		{84, NotMet, 3 * time.Hour, false},      // the schedule is not what is wrong
		{90, NotMet, 8 * 24 * time.Hour, false}, // nor would it help
	} {
		r := Rotation{Controls: []Control{{Verdict: test.verdict}}, BothActive: target.Seconds(test.both)}
		r.Settings.Schedule.RateDays = test.days
		if given := r.Advice() != ""; given != test.given {
			t.Errorf("%+v: advice given: %v", test, given)
		}
	}
}

func TestBothActive(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return at.Add(time.Duration(n) * time.Hour) }
	old := lived(&Key{CreatedAt: hour(0),
		Changes: []Change{{hour(5), rotation.Inactive}, {hour(7), rotation.Active}, {hour(8), rotation.Inactive}}}, hour(9))
	replacement := lived(&Key{CreatedAt: hour(2)}, hour(9))
	if both := bothActive(old, replacement); both != 4*time.Hour {
		t.Errorf("both Active for %s, want 4h", both)
	}
}
