package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// NotKnown stands where a time is not known, so that nobody ever reads of the year 1.
const NotKnown = "(time unknown)"

// Time writes a time in UTC, as the layout has it. Every time that people read is
// written here.
func Time(t time.Time, layout string) string {
	if t.IsZero() {
		return NotKnown
	}
	return t.UTC().Format(layout)
}

// At writes a time for people in any zone, to the minute.
func At(t time.Time) string { return Time(t, "2006-01-02 15:04 UTC") }

// Span writes how long it is from one time to another, to the minute.
func Span(from, to time.Time) string {
	switch d := to.Sub(from).Round(time.Minute); {
	case from.IsZero() || to.IsZero():
		return NotKnown
	case d < time.Minute:
		return "under a minute"
	default:
		return Duration(d)
	}
}

// longestDuration is longer than anything that people are told of: what is longer
// begins or ends at a time that is not known.
const longestDuration = 100 * 365 * 24 * time.Hour

// Duration writes a duration in its two largest units: "90 days 2 h", "2 h 17 min".
func Duration(d time.Duration) string {
	if d.Abs() > longestDuration {
		return NotKnown
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

// WriteJSON writes what programs read, on one line unless it is indented, and
// without the times that are not known. (In the state machine's document they are
// there, because a path that is missing ends an execution.) Nor are ids marked in texts.
func WriteJSON(w io.Writer, value any, indent string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte(mark), nil)
	for _, zero := range zeroTimes() {
		text = zero.pattern.ReplaceAll(text, []byte(zero.without))
	}
	var out bytes.Buffer
	if indent == "" {
		out.Write(text)
	} else if err := json.Indent(&out, text, "", indent); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = w.Write(out.Bytes())
	return err
}

type zeroTime struct {
	pattern *regexp.Regexp
	without string
}

// zeroTimes are the places in compact JSON where a zero time stands: a member after
// another one, before another one, alone; and what is no member. A quote within a
// text has a backslash before it, so that no text is taken for one of these.
func zeroTimes() []zeroTime {
	const member, zero = `"(?:[^"\\]|\\.)*":`, `"0001-01-01T[^"\\]*"`
	return []zeroTime{
		{regexp.MustCompile(`,` + member + zero), ""},
		{regexp.MustCompile(`\{` + member + zero + `,?`), "{"},
		{regexp.MustCompile(`([\[,])` + zero), "${1}null"},
	}
}
