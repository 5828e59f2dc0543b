package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
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

// Span writes how long it is from one time to another, with the two parts that
// matter.
func Span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return NotKnown
	}
	d := to.Sub(from).Round(time.Minute)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case d < time.Minute:
		return "under a minute"
	case days >= 10:
		return Count(days, "day")
	case days > 0:
		return fmt.Sprintf("%s %d h", Count(days, "day"), hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// WriteJSON writes what programs read, on one line unless it is indented, and
// without the times that are not known. (In the state machine's document they are
// there, because a path that is missing ends an execution.)
func WriteJSON(w io.Writer, value any, indent string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
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
