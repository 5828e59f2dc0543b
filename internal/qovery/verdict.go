package qovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// problemOf says what is wrong with the answer to a request that changes
// nothing; nil when nothing is.
func (o *organization) problemOf(ctx context.Context, e endpoint, a answer, err error) *fault.Error {
	problem := func(code fault.Code, what string) *fault.Error {
		return fault.Errorf(code, "%s: %s", e.doing, what)
	}
	switch {
	case errors.Is(err, errTooLarge):
		return problem(fault.MalformedAnswer, errTooLarge.Error())
	case err != nil:
		return problem(fault.Unreachable, networkProblem(ctx, err, o.client.timeout))
	case a.ok():
		return nil
	}
	answered := o.answered(a)
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		// Qovery answers 403 also for what it does not find.
		return problem(fault.TokenRefused, answered+
			"; the token is not valid for this organization, may not do this, or what was asked for does not exist")
	case a.status == http.StatusNotFound:
		return problem(fault.TokenRefused, answered+
			"; the organization or the thing in it does not exist, or the token belongs to another organization")
	case a.status == http.StatusTooManyRequests:
		return problem(fault.Throttled, o.limited(a))
	case isPassing(a.status):
		return problem(fault.Unreachable, answered)
	case a.status >= 300 && a.status <= 399:
		return problem(fault.MalformedAnswer, answered+"; redirects are not followed")
	}
	return problem(fault.MalformedAnswer, answered)
}

// outcomeOf says how a request that changes something went. Only an answer that
// says no for certain is a *rotation.Refusal.
func (o *organization) outcomeOf(ctx context.Context, e endpoint, a answer, err error) error {
	const unknown = "; it may have happened all the same"
	switch {
	case err != nil:
		return fault.Errorf(fault.Unreachable, "%s: %s%s", e.doing, networkProblem(ctx, err, o.client.timeout), unknown)
	case a.ok():
		return nil
	case a.status == http.StatusTooManyRequests:
		return fault.Errorf(fault.Throttled, "%s: %s%s", e.doing, o.limited(a), unknown)
	case a.status >= 400 && a.status <= 499 && !isPassing(a.status):
		return &rotation.Refusal{Status: a.status, Detail: o.detail(a)}
	}
	return fault.Errorf(fault.Unreachable, "%s: %s%s", e.doing, o.answered(a), unknown)
}

// isPassing tells of statuses that say nothing of the request itself.
func isPassing(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly || status >= 500
}

// notSent is a Refusal by this package: nothing was sent, so nothing was
// changed. Its status is 0.
func notSent(format string, args ...any) *rotation.Refusal {
	return &rotation.Refusal{Detail: fmt.Sprintf("not sent: "+format, args...)}
}

// answered tells of the answer. The status line's own words are the server's,
// and not repeated.
func (o *organization) answered(a answer) string {
	text := fmt.Sprintf("it answered %d", a.status)
	if name := http.StatusText(a.status); name != "" {
		text += " " + name
	}
	if detail := o.detail(a); detail != "" {
		text += fmt.Sprintf(" (%s)", detail)
	}
	return text
}

// limited tells when the limit of requests is lifted.
func (o *organization) limited(a answer) string {
	text := "Qovery's limit of requests is used up"
	if resets, known := resetTime(a.header, o.client.Clock.Now()); known {
		text += "; it resets at " + words.Time(resets, time.RFC3339)
	}
	return text
}

// networkProblem tells why there was no answer.
func networkProblem(ctx context.Context, err error, timeout time.Duration) string {
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return "it was interrupted before there was an answer"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("there was no answer within %s", timeout)
	}
	return cmp.Or(words.Network(err), "the connection failed")
}
