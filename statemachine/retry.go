package statemachine

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Retrier says how often and after which delays a Task is tried again after certain errors.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int // how many retries; 0 for never
	BackoffRate     float64
	MaxDelaySeconds int  // 0 for no limit
	FullJitter      bool // JitterStrategy FULL
}

// Catcher says where to go after certain errors that weren't retried, or no longer.
type Catcher struct {
	ErrorEquals []string
	ResultPath  string // "" for null
	Next        string

	resultPath path
}

// Matches reports whether an error of this name is retried.
func (r Retrier) Matches(errorName string) bool { return matches(r.ErrorEquals, errorName) }

// Matches reports whether an error of this name is caught.
func (c Catcher) Matches(errorName string) bool { return matches(c.ErrorEquals, errorName) }

// Delay is the time before the retry of that number, counted from 0. With full jitter random, in [0,1), is the part of
// it that is waited.
func (r Retrier) Delay(retry int, random float64) time.Duration {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(retry))
	limit := float64(maxSeconds) // also keeps an endless backoff within a Duration
	if r.MaxDelaySeconds > 0 {
		limit = float64(r.MaxDelaySeconds)
	}
	seconds = min(seconds, limit)
	if r.FullJitter {
		seconds *= random
	}
	return time.Duration(seconds * float64(time.Second))
}

// matches is the matching of ErrorEquals. The wildcards leave out what ends an execution for good; States.Runtime
// isn't even matched by its own name.
func matches(names []string, errorName string) bool {
	if errorName == errRuntime {
		return false
	}
	if slices.Contains(names, errorName) {
		return true
	}
	if errorName == errDataLimitExceeded {
		return false
	}
	return slices.Contains(names, errAll) || errorName != errTimeout && slices.Contains(names, errTaskFailed)
}

// reservedErrors are all names that may follow "States." in an ErrorEquals; another one is a misspelling.
var reservedErrors = []string{
	errAll, errTaskFailed, errTimeout, errRuntime, errDataLimitExceeded, errNoChoiceMatched, errResultPath,
	"States.HeartbeatTimeout", "States.Permissions", "States.ParameterPathFailure", "States.BranchFailed",
	"States.IntrinsicFailure", "States.ExceedToleratedFailureThreshold", "States.ItemReaderFailed",
	"States.ResultWriterFailed", "States.QueryEvaluationError",
}

// Step Functions takes a MaxDelaySeconds below this, 366 days.
const maxDelayLimit = 31622400

func readRetriers(f *fields) []Retrier {
	var all []Retrier
	f.each("Retry", func(_ int, item *fields) {
		item.take("Comment")
		r := Retrier{
			ErrorEquals:     readErrorEquals(item),
			IntervalSeconds: item.integer("IntervalSeconds", 1, 1),
			MaxAttempts:     item.integer("MaxAttempts", 0, 3),
			BackoffRate:     item.number("BackoffRate", 1, 2),
			MaxDelaySeconds: item.integer("MaxDelaySeconds", 1, 0),
			FullJitter:      item.oneOf("JitterStrategy", "NONE", "NONE", "FULL") == "FULL",
		}
		if r.MaxDelaySeconds >= maxDelayLimit {
			item.fail(`field "MaxDelaySeconds" must be under %d`, maxDelayLimit)
		}
		item.adopt(item.close())
		all = append(all, r)
	})
	for i := range all {
		requireLast(f, "Retry", all[i].ErrorEquals, i == len(all)-1)
	}
	return all
}

func readCatchers(f *fields) []Catcher {
	var all []Catcher
	f.each("Catch", func(_ int, item *fields) {
		item.take("Comment")
		c := Catcher{
			ErrorEquals: readErrorEquals(item),
			Next:        item.required("Next"),
			resultPath:  item.resultPath(),
		}
		c.ResultPath = c.resultPath.text
		item.adopt(item.close())
		all = append(all, c)
	})
	for i := range all {
		requireLast(f, "Catch", all[i].ErrorEquals, i == len(all)-1)
	}
	return all
}

func readErrorEquals(f *fields) []string {
	names := f.texts("ErrorEquals")
	if len(names) == 0 {
		f.fail(`field "ErrorEquals" must name at least one error`)
	}
	for _, name := range names {
		switch {
		case name == errAll && len(names) > 1:
			f.fail("States.ALL must stand alone")
		case strings.HasPrefix(name, "States.") && !slices.Contains(reservedErrors, name):
			f.fail("error name %q is not one that Step Functions knows", name)
		}
	}
	return names
}

func requireLast(f *fields, field string, names []string, last bool) {
	if slices.Contains(names, errAll) && !last {
		f.fail("%s: States.ALL must come last", field)
	}
}
