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
	MaxAttempts     int // how many retries
	BackoffRate     float64
	MaxDelaySeconds int  // 0 for no limit
	FullJitter      bool // JitterStrategy FULL
}

// Catcher says where to go after certain errors that weren't retried, or no longer.
type Catcher struct {
	ErrorEquals []string
	ResultPath  string // "$." and the member of the state's input that the failure becomes
	Next        string

	Member string
}

// Matches reports whether an error of this name is retried.
func (r Retrier) Matches(errorName string) bool { return slices.Contains(r.ErrorEquals, errorName) }

// Matches reports whether an error of this name is caught.
func (c Catcher) Matches(errorName string) bool { return slices.Contains(c.ErrorEquals, errorName) }

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

// Step Functions takes a MaxDelaySeconds below this, 366 days.
const maxDelayLimit = 31622400

func readRetriers(f *fields) []Retrier {
	var all []Retrier
	f.each("Retry", func(item *fields) {
		r := Retrier{
			ErrorEquals:     readErrorEquals(item),
			IntervalSeconds: item.integer("IntervalSeconds", maxSeconds),
			MaxAttempts:     item.integer("MaxAttempts", maxSeconds),
			BackoffRate:     item.number("BackoffRate", 1),
		}
		if item.has("MaxDelaySeconds") {
			r.MaxDelaySeconds = item.integer("MaxDelaySeconds", maxDelayLimit-1)
		}
		if item.has("JitterStrategy") {
			item.must("JitterStrategy", "FULL")
			r.FullJitter = true
		}
		item.adopt(item.close())
		all = append(all, r)
	})
	return all
}

func readCatchers(f *fields) []Catcher {
	var all []Catcher
	f.each("Catch", func(item *fields) {
		c := Catcher{ErrorEquals: readErrorEquals(item), Next: item.required("Next")}
		p := item.path("ResultPath")
		if len(p.steps) > 1 {
			item.fail(`field "ResultPath": the path %q is not supported: only $.name is`, p.Text)
		}
		c.ResultPath, c.Member = p.Text, strings.TrimPrefix(p.Text, "$.")
		item.adopt(item.close())
		all = append(all, c)
	})
	return all
}

// readErrorEquals reads the names of errors. Those that begin with "States." are Step Functions' own, wildcards among
// them.
func readErrorEquals(f *fields) []string {
	names := f.texts("ErrorEquals")
	if len(names) == 0 {
		f.fail(`field "ErrorEquals" must name at least one error`)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "States.") && name != ErrorTimeout {
			f.fail(`field "ErrorEquals": %q is not supported: of Step Functions' own errors only %s is`, name, ErrorTimeout)
		}
	}
	return names
}
