package statemachine

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestRetryDelay(t *testing.T) {
	for _, test := range []struct {
		name    string
		retrier Retrier
		retry   int
		random  float64
		want    time.Duration
	}{
		{"first", Retrier{IntervalSeconds: 3, BackoffRate: 2}, 0, 0, 3 * time.Second},
		{"third", Retrier{IntervalSeconds: 3, BackoffRate: 2}, 2, 0, 12 * time.Second},
		{"fractional rate", Retrier{IntervalSeconds: 2, BackoffRate: 1.5}, 1, 0, 3 * time.Second},
		{"constant", Retrier{IntervalSeconds: 30, BackoffRate: 1}, 50, 0, 30 * time.Second},
		{"capped", Retrier{IntervalSeconds: 3, BackoffRate: 2, MaxDelaySeconds: 10}, 2, 0, 10 * time.Second},
		{"capped from the start", Retrier{IntervalSeconds: 30, BackoffRate: 2, MaxDelaySeconds: 10}, 0, 0, 10 * time.Second},
		{"jitter of nothing", Retrier{IntervalSeconds: 8, BackoffRate: 2, FullJitter: true}, 0, 0, 0},
		{"jitter of a quarter", Retrier{IntervalSeconds: 8, BackoffRate: 2, FullJitter: true}, 1, 0.25, 4 * time.Second},
		{"jitter after the cap", Retrier{IntervalSeconds: 8, BackoffRate: 2, MaxDelaySeconds: 10, FullJitter: true}, 5, 0.5,
			5 * time.Second},
		{"endless", Retrier{IntervalSeconds: 8, BackoffRate: math.MaxFloat64}, 1000, 0, maxSeconds * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.retrier.Delay(test.retry, test.random); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestErrorMatching(t *testing.T) {
	for _, test := range []struct {
		names string
		err   string
		want  bool
	}{
		{"Boom", "Boom", true},
		{"Boom", "boom", false},
		{"Boom", "Boomer", false},
		{"A Boom", "Boom", true},
		{"States.Timeout", "States.Timeout", true},
	} {
		names := strings.Fields(test.names)
		if got := (Retrier{ErrorEquals: names}).Matches(test.err); got != test.want {
			t.Errorf("%s retries %s: %v", test.names, test.err, got)
		}
		if got := (Catcher{ErrorEquals: names}).Matches(test.err); got != test.want {
			t.Errorf("%s catches %s: %v", test.names, test.err, got)
		}
	}
}
