package config

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/target"
)

func TestDueWarning(t *testing.T) {
	due := time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)
	later := due.Add(90 * 24 * time.Hour) // the second time it is due
	for _, row := range []struct {
		name string
		now  time.Time
		want string // the beginning of the warning
	}{
		{"days before", due.Add(-25 * time.Hour), ""},
		{"a day before", due.Add(-23 * time.Hour), "The rotation of production is due at 2026-01-12 08:00 UTC. If"},
		{"minutes before the very first", due.Add(-5 * time.Minute),
			"The rotation of production is due at 2026-01-12 08:00 UTC, in less than ten minutes. This deployment moves it " +
				"to 2026-04-12 08:00 UTC"},
		{"in its window", due.Add(30 * time.Minute),
			"The rotation of production was due at 2026-01-12 08:00 UTC and starts within 60 minutes of that."},
		{"after its window", due.Add(61 * time.Minute), ""},
		{"minutes before the second", later.Add(-5 * time.Minute),
			"The rotation of production is due at 2026-04-12 08:00 UTC, in less than ten minutes."},
		{"years later", due.AddDate(5, 0, 0), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			target := target.Default()
			target.Name, target.Schedule.StartAt = "production", "2026-01-12T09:00:00+01:00"
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
