package statemachine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// waitRule is how a Wait state says how long. Exactly one of its fields is set.
type waitRule struct {
	seconds       *int
	secondsPath   path
	timestamp     *time.Time
	timestampPath path
}

func readWait(f *fields) waitRule {
	var w waitRule
	count := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if !f.has(name) {
			continue
		}
		count++
		switch name {
		case "Seconds":
			n := f.integer(name, 0, 0)
			w.seconds = &n
		case "SecondsPath":
			w.secondsPath = f.neededPath(name)
		case "Timestamp":
			t, ok := parseTimestamp(f.text(name))
			if !ok {
				f.fail("field %q must be an RFC 3339 timestamp", name)
			}
			w.timestamp = &t
		default:
			w.timestampPath = f.neededPath(name)
		}
	}
	if count != 1 {
		f.fail("needs exactly one of Seconds, SecondsPath, Timestamp and TimestampPath")
	}
	return w
}

// parseTimestamp reads a timestamp the way Step Functions does: fractions of a second are cut off, so that a wait can
// end up to a second early. Running the simulator with the same fault is how code that relies on more shows up.
func parseTimestamp(text string) (time.Time, bool) {
	var t time.Time
	if t.UnmarshalText([]byte(text)) != nil { // the strict form: upper-case T and Z, two digits everywhere
		return time.Time{}, false
	}
	return t.Truncate(time.Second), true
}

// until is when the wait ends, for a state (re)started at now.
func (w *waitRule) until(now time.Time, resolve resolver) (time.Time, error) {
	switch {
	case w.seconds != nil:
		return now.Add(time.Duration(*w.seconds) * time.Second), nil
	case w.timestamp != nil:
		return *w.timestamp, nil
	case !w.secondsPath.isNull():
		return w.untilSeconds(now, resolve)
	default:
		return w.untilTimestamp(resolve)
	}
}

func (w *waitRule) untilSeconds(now time.Time, resolve resolver) (time.Time, error) {
	raw, ok := resolve(w.secondsPath)
	if !ok {
		return time.Time{}, fmt.Errorf("The SecondsPath parameter does not reference an input value: %s", w.secondsPath.text)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 || n > maxSeconds {
		return time.Time{}, fmt.Errorf("The SecondsPath parameter is not a number of seconds between 0 and %d: %s == %s", maxSeconds, w.secondsPath.text, raw)
	}
	return now.Add(time.Duration(n) * time.Second), nil
}

func (w *waitRule) untilTimestamp(resolve resolver) (time.Time, error) {
	raw, ok := resolve(w.timestampPath)
	if !ok {
		return time.Time{}, fmt.Errorf("The TimestampPath parameter does not reference an input value: %s", w.timestampPath.text)
	}
	t, ok := parseTimestamp(unquote(raw))
	if !ok {
		return time.Time{}, fmt.Errorf("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", w.timestampPath.text, raw)
	}
	return t, nil
}

// wait runs a Wait state.
func (e *Execution) wait(ctx context.Context, input json.RawMessage) (json.RawMessage, string, error) {
	until, err := e.visit.state.wait.until(e.host.Now(), e.resolver(input))
	if err != nil {
		return nil, "", e.runtimeError(err)
	}
	if err := e.sleep(ctx, until); err != nil {
		return nil, "", err
	}
	return input, e.visit.state.Next, nil
}
