package rotation

import (
	"testing"
	"time"
)

func TestNextStart(t *testing.T) {
	begins := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	ninety := DeployedSchedule{true, "rate(90 days)", begins}
	for name, c := range map[string]struct {
		schedule  DeployedSchedule
		now, want time.Time
	}{
		"before the first": {ninety, begins.Add(-time.Second), begins},
		"at the first":     {ninety, begins, begins.Add(90 * day)},
		"after the first":  {ninety, begins.Add(time.Second), begins.Add(90 * day)},
		"after the second": {ninety, begins.Add(91 * day), begins.Add(180 * day)},
		"every day":        {DeployedSchedule{true, "rate(1 day)", begins}, begins, begins.Add(day)},
		"cron":             {DeployedSchedule{true, "cron(0 8 1 * ? *)", begins}, begins, time.Time{}},
		"disabled":         {DeployedSchedule{false, "rate(90 days)", begins}, begins, time.Time{}},
		"no start":         {DeployedSchedule{true, "rate(90 days)", time.Time{}}, begins, time.Time{}},
	} {
		if got := c.schedule.Next(c.now); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
