package lab

import (
	"context"
	"maps"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
)

// Wire is what every remote call goes over: half of its latency, then the effect,
// then the other half, with a Fault where the Injector says so. Calls from outside
// and from events are for putting the world together and for looking at it: they
// take no time, meet no fault and are not counted.
type Wire struct {
	// Injector decides what goes wrong with a call; nil: nothing.
	Injector func(Call) Fault
	// Observer is told of each call when it is over, also when its process was
	// killed, and once more when its effect landed late.
	Observer func(Outcome)
	// Latency is how long a call takes there and back.
	Latency Range
	// Patience is how long a caller waits for a call that lands late.
	Patience Range

	struck   func(FaultKind) // is told of each fault as it strikes; nil: nobody is
	timeline *Timeline
	random   chance
	calls    []Call
	counts   map[string]int
	actor    string
	landing  []string // sites of writes whose effects are on their way, nobody waiting for them
}

// usualCalls is how many calls there is room for at once: a plain rotation makes
// somewhat fewer.
const usualCalls = 256

// NewWire lays a wire with calls of 20 to 80 ms.
func NewWire(timeline *Timeline, seed uint64) *Wire {
	return &Wire{
		Latency:  Range{20 * time.Millisecond, 80 * time.Millisecond},
		Patience: Range{2 * time.Second, 5 * time.Second},
		timeline: timeline,
		random:   newRandom(seed, wireStream),
		calls:    make([]Call, 0, usualCalls),
		counts:   map[string]int{},
	}
}

// Call is one remote call.
type Call struct {
	Site       string // "iam.CreateAccessKey", "journal.Save", "qovery.PUT /aws/credentials"
	N          int    // it is the n-th call of that site, from 1
	Seq        int    // it is the n-th call at all, from 1
	Process    string // the name of the process that calls
	Write      bool
	Consistent bool // a read that is never stale
	// Timeout is how long the caller waits for the answer; zero: as long as its
	// context lasts.
	Timeout time.Duration
}

// Outcome is what became of a call.
type Outcome struct {
	Call
	Fault        Fault
	Began, Ended time.Time
	Applied      bool  // the effect happened, or the read took place
	Answered     bool  // the caller got Err, nil included; false: it was killed before
	Err          error // what the caller got
	Late         bool  // this is not the answer, which was before, but the effect landing
}

// Calls returns all calls so far, in order.
func (w *Wire) Calls() []Call { return w.calls }

// Requests returns how many calls each site had.
func (w *Wire) Requests() map[string]int { return maps.Clone(w.counts) }

// Person is who acts where no process does.
const Person = "person"

// Actor is the name of the process whose effect is happening, also when that
// lands late; "person" where no process is behind it.
func (w *Wire) Actor() string {
	if w.actor == "" {
		return Person
	}
	return w.actor
}

// do makes a call. The effect gets the time as of which it is to read; it returns
// what the service answers. Reads may be made stale, writes may land when the
// caller is long gone.
func (w *Wire) do(ctx context.Context, call Call, effect func(at time.Time) error) (err error) {
	process := w.timeline.Current()
	if process == nil {
		return effect(w.timeline.Now())
	}
	process.checkpoint()
	outcome := w.begin(call, process)
	defer func() { w.end(outcome, err) }()

	half := w.Latency.draw(w.random) / 2
	if err := w.wait(ctx, outcome, half); err != nil {
		return outcome.answer(unreachable(call.Site))
	}
	var answer error
	if outcome.Fault.applies(call.Write) {
		answer = w.apply(&outcome.Call, w.asOf(outcome), effect)
		outcome.Applied = true
	}
	answer = w.fail(ctx, outcome, answer, effect)
	if err := w.wait(ctx, outcome, half); err != nil {
		answer = unreachable(call.Site)
	}
	return outcome.answer(answer)
}

// begin numbers the call and asks what goes wrong with it.
func (w *Wire) begin(call Call, process *Process) *Outcome {
	call.N, call.Seq, call.Process = w.counts[call.Site]+1, len(w.calls)+1, process.Name()
	w.counts[call.Site] = call.N
	w.calls = append(w.calls, call)
	outcome := &Outcome{Call: call, Began: w.timeline.Now()}
	if w.Injector != nil {
		outcome.Fault = w.Injector(call)
	}
	if kind := outcome.Fault.Kind; kind != NoFault && w.struck != nil {
		w.struck(kind)
	}
	return outcome
}

// wait is a part of a call's time. It is an error when the caller gives up before
// that has passed.
func (w *Wire) wait(ctx context.Context, outcome *Outcome, d time.Duration) error {
	if outcome.Timeout == 0 {
		return w.timeline.Sleep(ctx, d)
	}
	left := outcome.Began.Add(outcome.Timeout).Sub(w.timeline.Now())
	if left <= 0 {
		return context.DeadlineExceeded
	}
	if err := w.timeline.Sleep(ctx, min(d, left)); err != nil {
		return err
	}
	if d >= left {
		return context.DeadlineExceeded
	}
	return nil
}

func (w *Wire) end(outcome *Outcome, err error) {
	outcome.Ended, outcome.Err = w.timeline.Now(), err
	w.tell(*outcome)
}

func (w *Wire) tell(outcome Outcome) {
	if w.Observer != nil {
		w.Observer(outcome)
	}
}

// asOf is the time as of which the call reads.
func (w *Wire) asOf(outcome *Outcome) time.Time {
	now := w.timeline.Now()
	if outcome.Fault.Kind == Stale && !outcome.Write && !outcome.Consistent {
		return now.Add(-outcome.Fault.Delay)
	}
	return now
}

// apply lets the effect happen in the name of the caller.
func (w *Wire) apply(call *Call, at time.Time, effect func(at time.Time) error) error {
	before := w.actor
	w.actor = call.Process
	defer func() { w.actor = before }()
	return effect(at)
}

// land lets the effect of a write happen later, with nobody there to hear the answer.
func (w *Wire) land(outcome Outcome, effect func(at time.Time) error) {
	w.landing = append(w.landing, outcome.Site)
	w.timeline.At(w.timeline.Now().Add(outcome.Fault.Delay), func() {
		w.landing = slices.Delete(w.landing, slices.Index(w.landing, outcome.Site), slices.Index(w.landing, outcome.Site)+1)
		if w.struck != nil {
			w.struck(outcome.Fault.Kind)
		}
		_ = w.apply(&outcome.Call, w.timeline.Now(), effect)
		outcome.Applied, outcome.Late, outcome.Ended = true, true, w.timeline.Now()
		w.tell(outcome)
	})
}

func (o *Outcome) answer(err error) error {
	o.Answered = true
	return err
}

// fetch makes a call that answers with a value. Who gets an error gets no value,
// though the effect may have happened.
func fetch[T any](ctx context.Context, w *Wire, call Call, effect func(at time.Time) (T, error)) (T, error) {
	var value, none T
	err := w.do(ctx, call, func(at time.Time) (err error) {
		value, err = effect(at)
		return err
	})
	if err != nil {
		return none, err
	}
	return value, nil
}

func unreachable(site string) error {
	return fault.Errorf(fault.Unreachable, "The request %s got no answer", site)
}
