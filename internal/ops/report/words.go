package report

import (
	"time"

	"qovery-key-rotation/internal/words"
)

// clock writes a time as it stands everywhere in a report.
func clock(t time.Time) string { return words.Time(t, time.DateTime+" UTC") }

// stamp is clock for a table whose head says UTC.
func stamp(t time.Time) string { return words.Time(t, time.DateTime) }
