package explorer

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/lab"
)

// Kind is a way in which something goes wrong.
type Kind string

// Kinds of faults that concern an invocation of a state's function.
const (
	Abandon    = Kind(lab.Abandoned)  // Step Functions hears nothing and tries again; the function goes on
	LoseAnswer = Kind(lab.AnswerLost) // it hears nothing; the function has ended
	// From this invocation on, the clock of the state's function is off.
	ClockBehind Kind = "clock-behind"
	ClockAhead  Kind = "clock-ahead"
)

// Kinds of acts that concern a whole execution, on entering a state or in the
// middle of a call of its function.
const (
	Stop             Kind = "stop"               // a person stops the execution
	StopStart        Kind = "stop-start"         // and starts another one at once
	StopRedrive      Kind = "stop-redrive"       // and redrives it a minute later
	StopStartRedrive Kind = "stop-start-redrive" // and starts another one at once, and redrives the first a minute later
	Abort            Kind = "abort"              // and starts one that aborts, at once
	Second           Kind = "second"             // a person starts another execution
)

// Ended is the site of what people do after all executions have ended without
// success, instead of starting another one.
const Ended = "ended"

// Kinds of faults at Ended.
const (
	Redrive      Kind = "redrive"       // a person redrives the last execution
	StartRedrive Kind = "start-redrive" // a person starts another, and redrives the last one a minute later
)

// faultKind is a kind with a delay.
type faultKind struct {
	kind  Kind
	delay time.Duration
}

// outage is how long a service is not to be had, or throttles everything, or a
// function dies of what it does.
const outage = 45 * time.Minute

// callFaults are what may go wrong with a call. The delays stay within what the
// rotation assumes: reads are stale by a minute at most, and effects land within
// ten minutes. An outage lasts for longer than anything but Preflight waits.
var callFaults = []faultKind{
	{kind: Kind(lab.FailBefore)},
	{kind: Kind(lab.FailBefore), delay: outage},
	{kind: Kind(lab.FailAfter)},
	{kind: Kind(lab.Throttle)},
	{kind: Kind(lab.Throttle), delay: outage},
	{kind: Kind(lab.Deny)},
	{kind: Kind(lab.Deny), delay: outage},
	{kind: Kind(lab.Hang)},
	{kind: Kind(lab.HangAfter)},
	{kind: Kind(lab.LandLate), delay: 9 * time.Minute},
	{kind: Kind(lab.LandLate), delay: time.Minute},
	{kind: Kind(lab.LandLate), delay: 20 * time.Second},
	{kind: Kind(lab.Stale), delay: time.Minute},
	{kind: Kind(lab.Stale), delay: 20 * time.Second},
	{kind: Kind(lab.Malformed)},
	{kind: Kind(lab.KillBefore)},
	{kind: Kind(lab.KillAfter)},
	{kind: Kind(lab.KillAfter), delay: outage},
}

// invocationFaults are what may go wrong with an invocation.
var invocationFaults = []faultKind{
	{kind: Abandon}, {kind: LoseAnswer},
	{kind: ClockBehind, delay: 5 * time.Minute}, {kind: ClockAhead, delay: 5 * time.Minute},
}

// endFaults are what may happen when all executions have ended without success.
var endFaults = []faultKind{{kind: Redrive}, {kind: StartRedrive}}

func (k Kind) exists() bool {
	all := slices.Concat(callFaults, invocationFaults, endFaults)
	return k.isAct() || slices.ContainsFunc(all, func(f faultKind) bool { return f.kind == k })
}

// lasts tells whether the fault goes on at its site for its delay.
func (f Fault) lasts() bool {
	kind := lab.FaultKind(f.Kind)
	return f.Delay > 0 && slices.Contains([]lab.FaultKind{lab.FailBefore, lab.Throttle, lab.Deny, lab.KillAfter}, kind)
}

// matters tells whether the kind makes any difference to a call that none of the
// others makes: a read that fails after its effect just fails. What does not go
// wrong with calls makes none.
func (k Kind) matters(call lab.Call) bool {
	kind := lab.FaultKind(k)
	if !slices.Contains(lab.FaultKinds, kind) {
		return false
	}
	if !call.Write && (kind == lab.FailAfter || kind == lab.HangAfter || kind == lab.KillAfter) {
		return false
	}
	return kind.Matters(call)
}

// ofInvocation tells whether the kind concerns an invocation.
func (k Kind) ofInvocation() bool {
	return slices.ContainsFunc(invocationFaults, func(f faultKind) bool { return f.kind == k })
}

// ofExecution tells whether the kind concerns a whole execution.
func (k Kind) ofExecution() bool {
	return isOf(toExecutions, k)
}
