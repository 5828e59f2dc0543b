package explorer

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

const (
	pause       = 2 * time.Hour       // between the end of all executions and the next one
	moment      = time.Minute         // how long people take for the second thing they do
	mostStarts  = 3                   // how many executions may be needed after the faults
	mostRounds  = 16                  // how often the explorer starts one at all
	mostFaults  = 10                  // of a schedule: each may end an execution, and some are needed after them
	mostAudits  = 5                   // days, before a person comes
	mostRepairs = 8                   // how often a person may have to fix something
	unusedFor   = 15 * 24 * time.Hour // more than a key must be unused to be retired
)

// Result is what playing a schedule came to.
type Result struct {
	Schedule Schedule
	Wrong    []string  // what must not happen and did, in words
	Fired    []Firing  // the faults that came to pass, in order
	After    []Station // the points that were passed after the last of them
	Trace    uint64    // what happened, as a hash: see trace
	Seen     Seen      // what it came across
}

// Firing is a fault that came to pass, and the state in which it did.
type Firing struct {
	Fault
	State string
}

// Station is a point at which something could have gone wrong.
type Station struct {
	Point
	State string
	Call  *lab.Call // of a call
	Entry bool      // of a state; else, without a call, of an invocation, or Ended
	Place uint64    // what is so there, as a hash: see player.place
	Fork  int       // after how many points at which the world could be copied: see bough
}

// AllFired tells whether every fault of the schedule came to pass.
func (r Result) AllFired() bool { return len(r.Fired) == len(r.Schedule.Faults) }

// Missed are the faults of the schedule that did not come to pass.
func (r Result) Missed() []Fault {
	missed := slices.Clone(r.Schedule.Faults)
	for _, firing := range r.Fired {
		if i := slices.Index(missed, firing.Fault); i >= 0 {
			missed = slices.Delete(missed, i, i+1)
		}
	}
	return missed
}

// shows tells whether something went wrong that is told of with those words.
func (r Result) shows(words string) bool {
	return slices.ContainsFunc(r.Wrong, func(wrong string) bool { return strings.Contains(wrong, words) })
}

// Lens changes what the steps see of a world; nil: they see it as it is.
type Lens func(*lab.World, *lab.Ports)

// Play plays a schedule to its end.
func Play(s Schedule, lens Lens) (Result, error) { return play(s, lens, nil) }

// playUntil plays a schedule until all of its faults have come to pass and the world is in
// a state, on entering one of the definition, after which it is known what comes.
func playUntil(known func(state uint64) bool, s Schedule, lens Lens) (Result, error) {
	return play(s, lens, func(p *player) { p.known = known })
}

func play(s Schedule, lens Lens, watch func(*player)) (Result, error) {
	kind, exists := find(s.World)
	if !exists {
		return Result{}, fmt.Errorf("there is no world %q", s.World)
	}
	world, err := kind.open(s.Seed, lens)
	if err != nil {
		return Result{}, err
	}
	defer world.Timeline.Close()
	p := &player{
		Operator: lab.NewOperator(world), result: Result{Schedule: s, Seen: newSeen()}, pending: slices.Clone(s.Faults),
		passed: map[Point]int{}, clocks: map[string]time.Duration{}, putAt: map[rotation.KeyID]time.Time{},
		usedBefore: map[report.Ref]time.Time{}, kind: kind, roles: kind.moved, before: map[string]string{},
		since: map[string]uint64{}, staged: true,
	}
	p.trace.SetSeed(traces)
	p.listen()
	if watch != nil {
		watch(p)
	}
	p.process = world.Timeline.Go(operatorName, p.operate)
	return p.end(), nil
}

// listen has the player know what happens in its world, and decide what goes wrong there.
func (p *player) listen() {
	p.OnPut = p.notePut
	p.Wire.Injector = p.call
	p.Wire.Observer = func(outcome lab.Outcome) { p.noticeStaging(outcome); p.trace.call(outcome); p.noticeCall(outcome) }
	p.IAM.OnKeyChange(p.noticeKey)
	p.IAM.OnKeyChange(p.foresee)
	p.World.OnInvoke = p.invoked
	p.World.OnEvent = p.event
	p.World.OnBetween = p.between
	p.World.OnTold = p.told
	p.World.ClockOff = func(state string) time.Duration { return p.clocks[state] }
}

// end plays until the operator has done all, and judges.
func (p *player) end() Result {
	switch {
	case !p.Timeline.RunUntilDone(p.process):
		p.wrong("the executions do not end")
	case p.process.Killed():
		p.judgeSoFar()
	default:
		p.judge()
	}
	p.result.Trace = p.trace.Sum64()
	return p.result
}

// operatorName is the name of the process that starts executions, as opposed to
// those that run them.
const operatorName = "operator"

// isPersons tells whether a person makes the call, and tries it until it works: as the
// operator, or in the process of the execution that enters a state, which makes none itself.
func isPersons(call lab.Call) bool {
	return call.Process != lab.Auditor && !strings.Contains(call.Process, "/")
}

// player is a world with a schedule being played in it.
type player struct {
	*lab.Operator
	result  Result
	pending []Fault // those that have not come to pass
	lasting []lastingFault
	clocks  map[string]time.Duration // how far those of functions are ahead, by state
	passed  map[Point]int            // how often each site was passed, under N 0 for entries and 1 for invocations
	trace   trace
	before  map[string]string       // the state that each execution has entered last
	entered uint64                  // the state of the world then, of whichever was the last
	since   map[string]uint64       // how often each site was passed since
	known   func(state uint64) bool // whether it may end in a state of the world: see playUntil
	process *lab.Process            // the operator's
	round   int                     // how often an execution was started
	settles bool                    // the operator waits until those of the round have ended, and does nothing else
	forks   int                     // how often the world could have been copied
	atFork  func(int) bool          // is told of each, and whether it was the last one; nil: no one is
	staged  bool                    // the secret that was to be staged last
	say     func(format string, args ...any)
	kind    World

	excused       []rotation.KeyID             // a person put them into Qovery, whether they work or not
	replaced      []rotation.KeyID             // a person put others into their place
	putAt         map[rotation.KeyID]time.Time // when a person last put them into Qovery
	interferedAt  time.Time                    // when a person last interfered with keys, credentials or clusters
	keysTouchedAt time.Time                    // and with a key that Qovery may hold, or with what it holds
	failedAt      time.Time                    // when there last was something to see to, as a person did something
	roles         bool                         // a person has given roles: keys may be left that nothing holds

	usedBefore map[report.Ref]time.Time // when the old key was used last that a usage check could know of

	said []saying

	sinceLast int // executions that were started after the last fault, or after a person fixed something
	repairs   int

	created    rotation.KeyID   // the key that was created last
	unanswered []rotation.KeyID // keys whose creation was not answered
	succeeded  bool
	first      string // the cluster that a person says is to be moved first
	retired    bool   // a person has cleared away what a move to roles made needless
}

// lastingFault is a fault that goes on.
type lastingFault struct {
	Fault
	until time.Time
}

func (p *player) wrong(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.result.Wrong, text) {
		p.result.Wrong = append(p.result.Wrong, text)
	}
}

func (p *player) tell(format string, args ...any) {
	if p.say != nil {
		p.say(format, args...)
	}
}

// pass notes that a point is passed, and returns the fault that is due there.
func (p *player) pass(station Station, isDue func(Kind) bool) (Fault, bool) {
	for i, fault := range p.pending {
		if fault.Point == station.Point && isDue(fault.Kind) {
			p.pending = slices.Delete(p.pending, i, i+1)
			return fault, true
		}
	}
	station.Place, station.Fork = p.place(station), p.forks
	p.result.After = append(p.result.After, station)
	return Fault{}, false
}

// often is how often a site is passed in one state so that once more makes no difference: a
// step is tried again and again.
const often = 8

// place hashes the state of the world on entering the last state, and what was passed since.
func (p *player) place(s Station) uint64 {
	p.since[s.Site]++
	hash := fnv.New64a()
	var numbers [16]byte
	binary.LittleEndian.PutUint64(numbers[:], p.entered)
	binary.LittleEndian.PutUint64(numbers[8:], min(p.since[s.Site], often))
	_, _ = hash.Write(numbers[:]) // it never fails
	_, _ = io.WriteString(hash, s.State+" "+s.Site)
	return hash.Sum64()
}

func (p *player) fired(fault Fault, state string) {
	p.result.Fired = append(p.result.Fired, Firing{fault, state})
	p.result.After = p.result.After[:0]
	p.sinceLast = 0
	done, _ := actOf(fault.Kind)
	if done.alters >= conditions {
		p.interferedAt = p.Timeline.Now()
	}
	if done.alters >= heldKeys {
		p.keysTouchedAt = p.Timeline.Now()
	}
	p.roles = p.roles || done.alters == toRoles
	p.noticeStop(fault.Kind)
	p.tell("fault in %s: %s", state, fault)
}

// call decides what goes wrong with a call.
func (p *player) call(call lab.Call) lab.Fault {
	if isPersons(call) {
		return lab.Fault{}
	}
	state := stateOf(call.Process)
	station := Station{Point: Point{call.Site, call.N}, State: state, Call: &call}
	if fault, due := p.pass(station, func(k Kind) bool { return k.ofExecution() || k.matters(call) }); due {
		p.fired(fault, state)
		if fault.Kind.ofExecution() {
			p.act(fault.Kind, p.runOf(call.Process))
			return lab.Fault{}
		}
		if fault.lasts() {
			p.lasting = append(p.lasting, lastingFault{fault, p.Timeline.Now().Add(fault.Delay)})
		}
		return lab.Fault{Kind: lab.FaultKind(fault.Kind), Delay: fault.Delay}
	}
	for _, o := range p.lasting {
		if o.Site == call.Site && p.Timeline.Now().Before(o.until) {
			return lab.Fault{Kind: lab.FaultKind(o.Kind)}
		}
	}
	return lab.Fault{}
}

// invoked decides what goes wrong with an invocation.
func (p *player) invoked(state string) lab.InvokeFault {
	count := Point{state, 1}
	p.passed[count]++
	station := Station{Point: Point{state, p.passed[count]}, State: state}
	fault, due := p.pass(station, Kind.ofInvocation)
	if !due {
		return ""
	}
	p.fired(fault, state)
	switch fault.Kind {
	case ClockBehind:
		p.clocks[state] = -fault.Delay
	case ClockAhead:
		p.clocks[state] = fault.Delay
	default:
		return lab.InvokeFault(fault.Kind)
	}
	return ""
}

// event lets happen what is due when an execution enters a state.
func (p *player) event(run *lab.Run, event statemachine.Event) {
	p.trace.event(run, event)
	p.see(run, event)
	p.noteUse(run, event)
	if !event.Entered() {
		return
	}
	count := Point{event.State, 0}
	p.passed[count]++
	station := Station{Point: Point{event.State, p.passed[count]}, State: event.State, Entry: true}
	fault, due := p.pass(station, Kind.isAct)
	if !due {
		return
	}
	if p.act(fault.Kind, run) {
		p.fired(fault, event.State)
	}
}

// operate starts executions until one succeeds.
func (p *player) operate() {
	if p.kind.moved {
		p.Sleep(unusedFor)
	}
	p.rounds()
}

func (p *player) rounds() {
	for p.round < mostRounds {
		p.round++
		p.sinceLast++
		p.start()
		if p.seesToIt() {
			return
		}
	}
}

// seesToIt waits for what was started, and does what a person does then. It tells whether
// nothing is left to do.
func (p *player) seesToIt() (done bool) {
	p.settles = true
	p.settle()
	p.settles = false
	if !p.succeeded {
		p.carryOn(p.round)
	}
	if p.kind.audited {
		p.audits()
	}
	if p.succeeded {
		p.Sleep(15 * time.Minute) // what lands late has landed
		return true
	}
	p.Sleep(pause)
	p.requireNothingLeft()
	p.requireGoodKeys()
	if !p.repair() {
		return p.sinceLast >= mostStarts
	}
	p.sinceLast = 0
	if !p.retired {
		p.Sleep(moment)
	}
	return p.retired
}

// audits lets the daily audit do what there is to do. When it has begun nothing on two days
// on which nothing went wrong with it, it leaves the rest to people.
func (p *player) audits() {
	for day, idle := 0, 0; !p.succeeded && day < mostAudits && idle < 2; {
		p.Sleep(24 * time.Hour)
		begun, fired := p.begun(), len(p.result.Fired)
		_ = p.Do(nil, "audit") // what fails today is done tomorrow
		switch {
		case p.begun() > begun:
			day, idle = day+1, 0
		case len(p.result.Fired) == fired:
			day, idle = day+1, idle+1
		}
		p.settle()
	}
	p.requireTakenCare()
}

// begun is how often executions were started and redriven.
func (p *player) begun() (n int) {
	for _, run := range p.Runs() {
		n += 1 + run.RedriveCount()
	}
	return n
}

// carryOn lets people redrive what has failed instead of starting another.
func (p *player) carryOn(round int) {
	station := Station{Point: Point{Ended, round}, State: Ended}
	fault, due := p.pass(station, func(k Kind) bool { return k == Redrive || k == StartRedrive })
	last := p.Runs()[len(p.Runs())-1]
	if !due || last.Redrivable() != nil {
		return
	}
	p.fired(fault, Ended)
	if fault.Kind == StartRedrive {
		p.start()
		p.Sleep(moment)
	}
	_ = last.Redrive() // it was redrivable just now
	p.settle()
}

// start starts an execution: one that resumes what is open, or begins anew.
func (p *player) start() {
	switch {
	case p.kind.retires > 0 && (p.record() == nil || p.record().Kind == rotation.Retire):
		_ = p.Do(nil, "retire "+p.toRetire()+" 24h") // the key was created
		return
	case p.kind.migrates && p.Judge.HasLeaked(p.KeyToReplace()) && !p.record().BringsBack() &&
		p.Do(nil, "leak old") == nil:
		return
	case p.kind.migrates && (p.record() == nil || p.record().Kind == rotation.Migrate):
		_ = p.Do(nil, "migrate "+p.first) // the credentials were added
		return
	case p.record() == nil && p.kind.begins != "" && p.Do(nil, p.kind.begins) == nil:
		return
	}
	if err := p.Do(nil, "start"); err != nil {
		panic(err) // the explorer itself is wrong
	}
}

// settle waits until all executions have ended, and looks whether the rotation
// has succeeded.
func (p *player) settle() {
	for again := true; again; {
		again = false
		for _, run := range p.Runs() {
			if !run.Ended() {
				again = true
				run.Wait()
			}
		}
		if p.Planned > 0 {
			again = true
			p.Sleep(moment)
		}
	}
	switch {
	case p.record() != nil:
		p.succeeded = false
	case p.kind.retires > 0:
		p.succeeded = p.hasRetired()
	case p.kind.migrates:
		p.succeeded = p.hasMigrated()
	default:
		p.succeeded = slices.ContainsFunc(p.Runs(), completed)
	}
}

// hasMigrated: every cluster that runs was deployed with the role.
func (p *player) hasMigrated() bool {
	return !slices.ContainsFunc(p.Clusters, func(id string) bool {
		_, applied := p.Qovery.Applied(id)
		return p.Qovery.KeyOf(applied) != "" && p.Qovery.Status(id) != "STOPPED"
	})
}

// toRetire is the key that is retired in this world, in the words of scenarios.
func (p *player) toRetire() string { return fmt.Sprintf("key %d", p.kind.retires) }

// hasRetired: that key is gone, also where the answer was lost.
func (p *player) hasRetired() bool {
	_, exists := p.IAM.Status(p.IAM.Lives()[p.kind.retires-1].ID)
	return !exists
}

// completed tells whether the execution has completed a rotation.
func completed(run *lab.Run) bool {
	path := run.Path()
	return run.Outcome() == "SUCCEEDED" && path[len(path)-1] == "RotationComplete"
}

// record is the journal's open record, or nil.
func (p *player) record() *rotation.Record { return p.Journal.Current(lab.UserName) }

// runOf is the execution whose function a process is.
func (p *player) runOf(process string) *lab.Run {
	runs := p.Runs()
	return runs[slices.IndexFunc(runs, func(r *lab.Run) bool { return strings.HasPrefix(process, r.Name()+"/") })]
}

func stateOf(process string) string { return process[strings.LastIndexByte(process, '/')+1:] }
