package interpreter

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"qovery-key-rotation/statemachine"
)

// parseTimestamp reads a timestamp the way Step Functions does: fractions of a second are cut off, so that a wait can
// end up to a second early. Running the simulator with the same fault is how code that relies on more shows up.
func parseTimestamp(text string) (time.Time, bool) {
	var t time.Time
	if t.UnmarshalText([]byte(text)) != nil { // the strict form: upper-case T and Z, two digits everywhere
		return time.Time{}, false
	}
	return t.Truncate(time.Second), true
}

// wait runs a Wait state, until the time that the document says.
func (e *Execution) wait(ctx context.Context, input json.RawMessage) error {
	p := e.visit.state.Until
	raw, ok := p.In(input)
	if !ok {
		return e.runtimeError(fmt.Errorf("The TimestampPath parameter does not reference an input value: %s", p.Text))
	}
	until, ok := parseTimestamp(statemachine.Unquote(raw))
	if !ok {
		return e.runtimeError(fmt.Errorf("The TimestampPath parameter does not reference a valid ISO-8601 "+
			"extended offset date-time format string: %s == %s", p.Text, raw))
	}
	return e.sleep(ctx, until)
}
