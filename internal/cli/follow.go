package cli

import (
	"cmp"
	"context"
	"time"

	"qovery-key-rotation/internal/aws/sfn"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// follower goes along with an execution, and tells its view what happens.
type follower struct {
	stack  *stack
	view   view
	teller *story.Teller

	x      *notice.Execution
	latest int64 // id of the latest event that was seen
	events sfn.Translator
	told   map[string]string // what was told last, by state
	list   *checklist
}

// line is one thing that happened.
type line struct {
	At        time.Time `json:"at"`
	Execution string    `json:"execution"`
	State     string    `json:"state,omitempty"`
	Text      string    `json:"text"`
	Error     string    `json:"error,omitempty"` // its code
}

// ended is how an execution ended, with the notice that people get of it.
type ended struct {
	Execution string              `json:"execution"`
	ARN       string              `json:"arn"`
	Target    string              `json:"target"`
	Status    statemachine.Status `json:"status"`
	Ending    notice.Ending       `json:"ending"`
	Urgency   notice.Urgency      `json:"urgency"`
	Error     string              `json:"error,omitempty"`
	Cause     string              `json:"cause,omitempty"`
	StartedAt time.Time           `json:"startedAt"`
	StoppedAt time.Time           `json:"stoppedAt"`
	Document  *rotation.Document  `json:"document,omitempty"`
	Message   string              `json:"message"`

	notice notice.Message
	keys   notice.KeyIDs // that it may be about
}

func endOf(x *notice.Execution, facts notice.Facts) *ended {
	m := notice.Compose(notice.Event{Execution: x}, facts)
	return &ended{x.Name, x.ARN, m.Target, x.Status, m.Ending, m.Urgency, x.Error, x.Cause, x.StartedAt, x.StoppedAt,
		x.Output, m.Whole, m, facts.KeyIDs()}
}

// How often an execution is looked at: soon while it works, less often while it
// waits for long, when only a person's stop is news.
const (
	soonest = 2 * time.Second
	latest  = 30 * time.Second
)

// follow goes along with an execution to its end.
func (s *stack) follow(ctx context.Context, x *notice.Execution, v view) (*ended, error) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		return nil, err
	}
	f := &follower{stack: s, view: v, teller: story.NewTeller(machine), x: x, told: map[string]string{},
		list: &checklist{machine: machine, pace: s.pace(ctx, x)}}
	defer func() { v.close(f.list, s.clock.Now()) }()
	for {
		if err := cmp.Or(f.look(ctx), lost(s.Out)); err != nil {
			return nil, err // or nobody gets to read what is seen
		}
		if f.x.Status != statemachine.Running {
			f.x.WorkedOn(f.list.doc)
			return endOf(f.x, s.facts(ctx, f.x)), ctx.Err()
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// followed shows an execution to its end.
func (s *stack) followed(ctx context.Context, x *notice.Execution) (*ended, error) {
	e, err := s.follow(ctx, x, s.newView())
	if err != nil {
		return nil, err
	}
	return e, s.showEnd(e)
}

// followToEnd shows an execution to its end, and exits accordingly.
func (s *stack) followToEnd(ctx context.Context, x *notice.Execution) error {
	e, err := s.followed(ctx, x)
	if err != nil {
		return err
	}
	return exit(e.exit())
}

// look asks for what happened since the last look. The status is asked for
// first: of an execution that has ended, the history is whole.
func (f *follower) look(ctx context.Context) error {
	x, err := f.stack.states.describe(ctx, f.x.ARN)
	if err != nil {
		return f.tolerate(ctx, err)
	}
	if x != nil { // one that has just begun may not be known yet
		f.x = x
	}
	events, err := f.stack.states.Since(ctx, f.x.ARN, f.latest)
	if err != nil && fault.AsError(err).Code == fault.MalformedAnswer && f.latest == 0 {
		return nil // the same for its history
	}
	if err != nil {
		return f.tolerate(ctx, err)
	}
	for _, event := range events {
		f.latest = event.Id
		f.tell(f.events.Event(event))
	}
	return nil
}

// tolerate lets a look fail that may succeed next time: the execution goes on,
// whether someone watches it or not.
func (f *follower) tolerate(ctx context.Context, err error) error {
	coded := fault.AsError(err)
	if ctx.Err() != nil || coded.Class != fault.Transient {
		return err
	}
	f.x.Status = statemachine.Running // if it has ended, it is looked at again for how
	f.view.line(line{f.stack.clock.Now(), f.x.Name, "", words.Dot(coded.What.String()) + " Trying again.",
		string(coded.Code)})
	return nil
}

// wait lets time pass until the next look, and has the view show that.
func (f *follower) wait(ctx context.Context) error {
	clock := f.stack.clock
	const part = 20        // of what is left
	var left time.Duration // while clusters are deployed or soak, much can happen any time
	if until := waitsUntil(f.list.state, f.list.doc); !until.IsZero() {
		left = until.Sub(clock.Now())
	}
	for rest := min(max(left/part, soonest), latest); rest > 0; {
		pause := min(rest, f.view.live(f.list, clock.Now()))
		if err := clock.Sleep(ctx, pause); err != nil {
			return err
		}
		rest -= pause
	}
	return nil
}

// pace is how long deployments of the execution's target take. Without a history there
// is a guess.
func (s *stack) pace(ctx context.Context, x *notice.Execution) story.Pace {
	t, err := s.targets.Target(ctx, x.Target)
	if err != nil {
		return story.Pace{}
	}
	history, _ := s.journal.History(ctx, t.IAMUserName) // who may not read it gets the guess
	return story.PaceOf(history)
}

// tell tells of an event, unless it is a trifle or says what was said already.
func (f *follower) tell(event statemachine.Event) {
	text := f.teller.Describe(event)
	f.list.see(event, text)
	if text == "" || event.Type == statemachine.ExecutionStarted || isTrivial(event.State) || f.told[event.State] == text {
		return
	}
	f.told[event.State] = text
	f.view.line(line{event.Time, f.x.Name, event.State, text, event.Error})
}

// isTrivial: choices, and the pauses between looks.
func isTrivial(state string) bool { return state == "ChoosePlan" || story.Polls(state) }
