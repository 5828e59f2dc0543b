package lab

import (
	"context"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// Fault is what goes wrong with one call.
type Fault struct {
	Kind  FaultKind
	Delay time.Duration // of LandLate and Stale
}

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The kinds of faults. Each decides two things: whether the effect happens, and
// what the caller hears.
const (
	NoFault    FaultKind = ""
	FailBefore FaultKind = "fail-before" // no effect; Unreachable
	FailAfter  FaultKind = "fail-after"  // the effect; Unreachable although it happened
	Throttle   FaultKind = "throttle"    // no effect; Throttled
	Deny       FaultKind = "deny"        // no effect; AccessDenied, of Qovery 403
	Hang       FaultKind = "hang"        // no effect; nothing until ctx ends, then Unreachable
	HangAfter  FaultKind = "hang-after"  // the effect; nothing until ctx ends, then Unreachable
	LandLate   FaultKind = "land-late"   // Unreachable after seconds; a write's effect after Delay
	Stale      FaultKind = "stale"       // a read answers as of Delay ago, unless it is consistent
	Malformed  FaultKind = "malformed"   // a write's effect; MalformedAnswer
	KillBefore FaultKind = "kill-before" // no effect; the caller's process is killed
	KillAfter  FaultKind = "kill-after"  // the effect; the caller's process is killed
)

// FaultKinds are all kinds but NoFault.
var FaultKinds = []FaultKind{FailBefore, FailAfter, Throttle, Deny, Hang, HangAfter, LandLate, Stale, Malformed,
	KillBefore, KillAfter}

// Matters tells whether the fault makes any difference to such a call: a read
// has no effect that could land late, and a write or a consistent read is never
// stale.
func (k FaultKind) Matters(call Call) bool {
	switch k {
	case NoFault:
		return false
	case LandLate:
		return call.Write
	case Stale:
		return !call.Write && !call.Consistent
	default:
		return true
	}
}

// applies tells whether the effect happens before the answer.
func (f Fault) applies(write bool) bool {
	switch f.Kind {
	case NoFault, FailAfter, HangAfter, Stale, KillAfter:
		return true
	case Malformed:
		return write
	default:
		return false
	}
}

// fail turns the service's answer into what the caller hears. It doesn't return
// when the fault kills the caller.
func (w *Wire) fail(ctx context.Context, outcome *Outcome, answer error, effect func(at time.Time) error) error {
	site := outcome.Site
	switch outcome.Fault.Kind {
	case FailBefore, FailAfter:
		return unreachable(site)
	case Throttle:
		return fault.Errorf(fault.Throttled, "The request %s was throttled", site)
	case Deny:
		return fault.Errorf(fault.AccessDenied, "AWS denies %s, with an explicit deny in a service control policy",
			site)
	case Malformed:
		return fault.Errorf(fault.MalformedAnswer, "The answer to %s made no sense", site)
	case Hang, HangAfter:
		_ = w.wait(ctx, outcome, Forever)
		return unreachable(site)
	case LandLate:
		if outcome.Write {
			w.land(*outcome, effect)
		}
		_ = w.wait(ctx, outcome, w.Patience.draw(w.random))
		return unreachable(site)
	case KillBefore, KillAfter:
		process := w.timeline.Current()
		process.Kill()
		process.checkpoint()
	}
	return answer
}
