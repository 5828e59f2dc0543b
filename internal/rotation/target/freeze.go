package target

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/words"
)

// Freeze is a time in which no rotation of the target begins. One that is open is
// resumed all the same, and the limit of a key's age stays.
type Freeze struct {
	From   string `json:"from"`   // RFC 3339 with offset
	To     string `json:"to"`     // the same, thirty days later at most
	Reason string `json:"reason"` // for people
}

const (
	longestFreeze = 30 * 24 * time.Hour
	mostFreezes   = 12 // they travel with every rotation
	longestReason = 100
)

// times are those of a freeze that was checked.
func (f Freeze) times() (from, to time.Time) {
	from, _ = time.Parse(time.RFC3339, f.From)
	to, _ = time.Parse(time.RFC3339, f.To)
	return from, to
}

// FrozenAt is the freeze that a time is in, or nil.
func (t Target) FrozenAt(now time.Time) *Freeze {
	for _, f := range t.Freeze {
		if from, to := f.times(); !now.Before(from) && now.Before(to) {
			return &f
		}
	}
	return nil
}

// String says until when and why.
func (f Freeze) String() string {
	_, to := f.times()
	return fmt.Sprintf("until %s: %s", words.At(to), words.Line(f.Reason))
}

func checkFreezes(freezes []Freeze) (found mistakes) {
	if len(freezes) > mostFreezes {
		found.add("freeze", fmt.Sprintf("has %d, more than %d", len(freezes), mostFreezes), `[]`)
	}
	for i, f := range freezes {
		found = append(found, f.check(fmt.Sprintf("freeze[%d]", i))...)
	}
	if len(found) == 0 {
		return checkTogether(freezes)
	}
	return found
}

// Check checks one that isn't part of a target.
func (f Freeze) Check() error { return errors.Join(f.check("freeze")...) }

func (f Freeze) check(field string) (found mistakes) {
	const example = `"2026-12-20T00:00:00+01:00"`
	found.check(field+".from", f.From, startAtProblem(f.From), example)
	found.check(field+".to", f.To, startAtProblem(f.To), example)
	if f.Reason == "" || len(f.Reason) > longestReason {
		found.add(field+".reason", fmt.Sprintf("is not 1 to %d characters", longestReason), `"Black Friday"`)
	}
	from, to := f.times()
	if length := to.Sub(from); len(found) == 0 && (length <= 0 || length > longestFreeze) {
		found.add(field, "does not end up to thirty days after it begins", `{"from": `+example+
			`, "to": "2027-01-04T00:00:00+01:00", "reason": "Year's end"}`)
	}
	return found
}

// checkTogether takes freezes with less than a day between them for one: a rotation needs
// the time to begin.
func checkTogether(freezes []Freeze) (found mistakes) {
	order := make([]int, len(freezes))
	for i := range order {
		order[i] = i
	}
	from := func(i int) time.Time { from, _ := freezes[i].times(); return from }
	slices.SortFunc(order, func(a, b int) int { return from(a).Compare(from(b)) })
	var begins, ends time.Time
	for n, i := range order {
		_, to := freezes[i].times()
		if n == 0 || from(i).Sub(ends) >= 24*time.Hour {
			begins, ends = from(i), to
			continue
		}
		if to.After(ends) {
			ends = to
		}
		if ends.Sub(begins) > longestFreeze {
			found.add(fmt.Sprintf("freeze[%d]", i), fmt.Sprintf("continues freeze[%d], and both take more than thirty days",
				order[n-1]), `[]`)
		}
	}
	return found
}

// IsOver tells whether the freeze lies in the past.
func (f Freeze) IsOver(now time.Time) bool { _, to := f.times(); return to.Before(now) }

// BeginsAfter is the last run that the schedule starts in some time before the freeze
// begins, zero if there is none: a rotation that it still runs in.
func (f Freeze) BeginsAfter(s Schedule, within time.Duration) time.Time {
	from, _ := f.times()
	run, err := s.FirstRun(from.Add(-within - minimumLead))
	if err != nil || run.After(from) {
		return time.Time{}
	}
	return run
}
