package qovery

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

const (
	maxRepeats = 3                // of a request that changes nothing
	firstPause = time.Second      // doubled with every repeat
	maxLimited = 60 * time.Second // the longest wait for a limit to be lifted
)

// policyToken is how a token begins whose policy Qovery asks about each request.
const policyToken = "sk-qov-01"

// isUndecided: a policy token is answered 401 when its policy denies the request, and
// also while Qovery can't ask the policy. Either way nothing was carried out.
// https://www.qovery.com/docs/configuration/organization/api-policy-token
func (o *organization) isUndecided(a answer) bool {
	return a.status == http.StatusUnauthorized && strings.HasPrefix(o.token.Reveal(), policyToken)
}

// mayPass tells whether a request that changes nothing is worth repeating.
func (o *organization) mayPass(a answer, problem *fault.Error) bool {
	return problem.Code == fault.Unreachable || problem.Code == fault.Throttled || o.isUndecided(a)
}

// waitToRepeat waits before a request is repeated. It returns false after the last
// attempt, and when there is no time left for another.
func (o *organization) waitToRepeat(ctx context.Context, attempt int, a answer) bool {
	if attempt >= maxRepeats {
		return false
	}
	pause := o.pause(attempt)
	limited := a.status == http.StatusTooManyRequests
	if resets, known := resetTime(a.header, o.client.Clock.Now()); known && limited {
		left := resets.Sub(o.client.Clock.Now())
		if left > maxLimited {
			return false
		}
		pause += max(left, 0)
	}
	// The deadline belongs to whoever hands in the clock, so that clock and not
	// the machine's says how much time is left.
	if deadline, set := ctx.Deadline(); set && !o.client.Clock.Now().Add(pause).Before(deadline) {
		return false
	}
	return o.client.Clock.Sleep(ctx, pause) == nil
}

// pause has full jitter, so that many clients which failed together do not come
// back together.
func (o *organization) pause(attempt int) time.Duration {
	return time.Duration(o.client.Jitter() * float64(firstPause<<attempt))
}

// resetTime is when the limit of requests is lifted. Qovery documents X-RateLimit-Reset
// as a Unix timestamp, and sleeps for so many seconds in its example of use: what is no
// time of this century is seconds. Retry-After is not documented by Qovery, but honoured.
// Of both, the later.
// https://www.qovery.com/docs/api-reference/introduction
// https://www.qovery.com/docs/api-reference/examples
func resetTime(header http.Header, now time.Time) (resets time.Time, known bool) {
	text := header.Get("X-RateLimit-Reset")
	switch unix, err := strconv.ParseInt(text, 10, 64); {
	case err != nil || unix <= 0:
	case time.Unix(unix, 0).Year() >= 2000:
		resets, known = time.Unix(unix, 0), true
	default:
		resets, known = retryAfter(text, now)
	}
	if after, ok := retryAfter(header.Get("Retry-After"), now); ok && after.After(resets) {
		resets, known = after, true
	}
	return resets, known
}

// retryAfter reads both forms: seconds, and a date.
func retryAfter(value string, now time.Time) (time.Time, bool) {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		const day = 24 * 60 * 60 // more would only overflow
		return now.Add(time.Duration(min(seconds, day)) * time.Second), true
	}
	date, err := http.ParseTime(value)
	return date, err == nil
}
