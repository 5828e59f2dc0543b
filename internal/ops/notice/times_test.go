package notice

import (
	"testing"

	"qovery-key-rotation/internal/test/rotationtest"
)

// Whichever time is missing from an event, from the journal or from IAM's answer, no
// notice shows the year 1.
func TestNoticesShowNoZeroTime(t *testing.T) {
	for name, row := range table {
		event, facts := parse(t, row.event), row.facts
		check := func(path string) {
			m := Compose(event, facts)
			if shown := rotationtest.ZeroTime.FindString(m.Subject + m.Body + m.Whole); shown != "" {
				t.Errorf("%s without %s shows %s:\n%s", name, path, shown, m.Body)
			}
		}
		rotationtest.EachTime(&event, check)
		rotationtest.EachTime(&facts, check)
	}
}
