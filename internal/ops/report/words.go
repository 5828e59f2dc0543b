package report

import (
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/words"
)

// clock writes a time as it stands everywhere in a report.
func clock(t time.Time) string { return words.Time(t, time.DateTime+" UTC") }

// stamp is clock for a table whose head says UTC.
func stamp(t time.Time) string { return words.Time(t, time.DateTime) }

// longest is longer than anything that a report is about: what is longer begins or
// ends at a time that is not known.
const longest = 100 * 365 * 24 * time.Hour

// spell writes a duration in its two largest units: "90 days 2 h", "2 h 17 min".
func spell(d time.Duration) string {
	if d.Abs() > longest {
		return words.NotKnown
	}
	if d > 0 && d < time.Second {
		return "under 1 s"
	}
	if d = d.Truncate(time.Second); d == 0 {
		return "0 s"
	}
	var parts []string
	for _, unit := range []struct {
		size      time.Duration
		one, many string
	}{{24 * time.Hour, " day", " days"}, {time.Hour, " h", " h"}, {time.Minute, " min", " min"},
		{time.Second, " s", " s"}} {
		n := d / unit.size
		d -= n * unit.size
		switch {
		case n == 1:
			parts = append(parts, "1"+unit.one)
		case n > 1:
			parts = append(parts, fmt.Sprint(int64(n))+unit.many)
		case len(parts) == 1:
			return parts[0]
		}
		if len(parts) == 2 {
			break
		}
	}
	return strings.Join(parts, " ")
}
