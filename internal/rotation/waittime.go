package rotation

import (
	"strings"
	"time"
)

// WaitTime is a time that a Wait state reads. Step Functions cuts fractions of
// a second off, so it is always written rounded up to a whole second, in UTC
// with a Z; and it is always written, because a missing path cannot be caught.
type WaitTime struct{ time.Time }

// shortestWait is what a Wait state lasts at least: no loop of the state machine
// goes round faster.
const shortestWait = 15 * time.Second

// waitUntil is a time as wanted, and not before the shortest wait from now.
func waitUntil(wanted, now time.Time) WaitTime {
	if earliest := now.Add(shortestWait); wanted.Before(earliest) {
		wanted = earliest
	}
	return WaitTime{wanted}
}

// MarshalText rounds up.
func (w WaitTime) MarshalText() ([]byte, error) {
	return []byte(ceilSecond(w.Time).Format(time.RFC3339)), nil
}

// UnmarshalText reads RFC 3339.
func (w *WaitTime) UnmarshalText(text []byte) (err error) {
	w.Time, err = time.Parse(time.RFC3339, string(text))
	return err
}

// MarshalJSON shadows the embedded time's, which keeps fractions.
func (w WaitTime) MarshalJSON() ([]byte, error) {
	text := append(make([]byte, 0, len(time.RFC3339)), '"')
	return append(ceilSecond(w.Time).AppendFormat(text, time.RFC3339), '"'), nil
}

// UnmarshalJSON shadows the embedded time's.
func (w *WaitTime) UnmarshalJSON(data []byte) error {
	return w.UnmarshalText([]byte(strings.Trim(string(data), `"`)))
}

func ceilSecond(t time.Time) time.Time {
	t = t.UTC()
	if floor := t.Truncate(time.Second); !floor.Equal(t) {
		return floor.Add(time.Second)
	}
	return t
}
