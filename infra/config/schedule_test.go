package config

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/target"
)

func TestDueWarning(t *testing.T) {
	due := time.Date(2026, 1, 13, 8, 0, 0, 0, time.UTC)
	later := due.Add(90 * 24 * time.Hour) // the second time it is due
	for _, row := range []struct {
		name string
		now  time.Time
		want string // the beginning of the warning
	}{
		{"days before", due.Add(-25 * time.Hour), ""},
		{"a day before", due.Add(-23 * time.Hour), "The rotation of production is due at 2026-01-13 08:00 UTC. If"},
		{"minutes before the very first", due.Add(-5 * time.Minute),
			"The rotation of production is due at 2026-01-13 08:00 UTC, in less than ten minutes. This deployment moves it " +
				"to 2026-04-13 08:00 UTC"},
		{"in its window", due.Add(30 * time.Minute),
			"The rotation of production was due at 2026-01-13 08:00 UTC and starts within 60 minutes of that."},
		{"after its window", due.Add(61 * time.Minute), ""},
		{"minutes before the second", later.Add(-5 * time.Minute),
			"The rotation of production is due at 2026-04-13 08:00 UTC, in less than ten minutes."},
		{"years later", due.AddDate(5, 0, 0), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			target := target.Default()
			target.Name, target.Schedule.StartAt = "production", "2026-01-13T09:00:00+01:00"
			got := DueWarning(target, row.now)
			if !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
				t.Errorf("got %q", got)
			}
			target.Schedule.Enabled = false
			if got := DueWarning(target, row.now); got != "" {
				t.Errorf("of a schedule that is off: %q", got)
			}
		})
	}
}

func TestMaintenanceWarning(t *testing.T) {
	for startAt, want := range map[string]string{
		"2026-01-12T09:00:00+01:00": "The rotation of production starts on a Monday.",
		"2026-01-13T09:00:00+01:00": "",
		"2026-01-14T00:00:00+01:00": "The rotation of production starts on a Wednesday.", // in its own offset
		"2026-01-15T09:00:00+01:00": "",
		"":                          "",
	} {
		target := target.Default()
		target.Name, target.Schedule.StartAt = "production", startAt
		got := MaintenanceWarning(target)
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", startAt, got)
		}
		target.Schedule.Enabled = false
		if got := MaintenanceWarning(target); got != "" {
			t.Errorf("of a schedule that is off: %q", got)
		}
	}
}

// Synthesis says how old a key is when it goes, where that is over the usual 90 days.
func TestComplianceNote(t *testing.T) {
	for days, want := range map[int]string{84: "", 89: "", 90: "is 90 days 2 h old when it goes",
		365: "is 365 days 2 h old"} {
		target := target.Default()
		target.Name, target.Schedule.RateDays = "production", days
		if note := ComplianceNote(target); (note == "") != (want == "") || !strings.Contains(note, want) {
			t.Errorf("every %d days: %q", days, note)
		}
	}
}

func TestFreezeWarnings(t *testing.T) {
	frozen := target.Default()
	frozen.Name, frozen.Schedule.StartAt = "production", "2026-01-13T09:00:00+01:00"
	frozen.Freeze = []target.Freeze{{From: "2026-12-20T00:00:00Z", To: "2027-01-04T00:00:00Z", Reason: "Year's end"},
		{From: "2026-01-13T12:00:00Z", To: "2026-01-14T00:00:00Z", Reason: "Launch"}}
	for at, want := range map[string]string{
		"2026-01-01T00:00:00Z": "freeze[1] of production begins within twelve hours after",
		"2026-02-01T00:00:00Z": "freeze[1] of production is over",
	} {
		now, err := time.Parse(time.RFC3339, at)
		if got := FreezeWarnings(frozen, now); err != nil || len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %q, %v", at, got, err)
		}
	}
}
