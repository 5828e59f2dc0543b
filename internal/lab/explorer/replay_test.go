//go:build model

package explorer

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// TestReplay: the protocol allows what explored rotations do to the journal, and
// refuses what they do where the journal lets every write through.
func TestReplay(t *testing.T) {
	schedules := sample(t, 1500)
	writes, effects, refused := replay(t, schedules, nil)
	for _, refusal := range refused {
		t.Error(refusal)
	}
	t.Logf("allowed are %d writes and %d effects of %d explored rotations", writes, effects, len(schedules))

	_, _, refused = replay(t, schedules[:300], noLock)
	if len(refused) == 0 {
		t.Error("nothing is refused where there is no lock")
	}
	t.Logf("without a lock, %d rotations of 300 are refused; the first: %s", len(refused), refused[0])
}

// replay plays schedules, and returns what the protocol says.
func replay(t *testing.T, schedules []Schedule, lens Lens) (writes, effects int, refused []string) {
	t.Helper()
	var events strings.Builder
	for _, s := range schedules {
		r := record(t, s, lens)
		events.WriteString(r.events.String())
		writes, effects = writes+r.writes, effects+r.effects
	}
	events.WriteByte('z')
	out := run(t, modelDir(t), []byte(events.String()), "spin", "-T", "-B", "replay.pml")
	for _, line := range strings.Split(out, "\n") {
		var rotation, event int
		if n, _ := fmt.Sscanf(line, "rotation %d: event %d", &rotation, &event); n == 2 {
			refused = append(refused, fmt.Sprintf("%s: %s", schedules[rotation-1], line))
		}
	}
	if want := fmt.Sprintf("%d rotations, %d refused", len(schedules), len(refused)); !strings.Contains(out, want) {
		t.Fatal(out)
	}
	return writes, effects, refused
}

// sample are the corpus, and random schedules of up to six faults.
func sample(t *testing.T, n int) (schedules []Schedule) {
	t.Helper()
	schedules, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for chance := uint64(0); len(schedules) < n; chance++ {
		random := rand.New(rand.NewPCG(1, chance))
		s := Schedule{World: Worlds[random.IntN(len(Worlds))].Name, Seed: 1 + random.Uint64N(1<<32)}
		for range random.IntN(longest) {
			result := mustPlay(t, s, nil)
			if len(result.After) == 0 || !result.AllFired() {
				break
			}
			if faults := draw(random, result.After).faults(); len(faults) > 0 {
				s = s.with(faults[random.IntN(len(faults))])
			}
		}
		schedules = append(schedules, s)
	}
	return schedules
}

// recorder writes what happens to the journal as model/replay.pml reads it.
type recorder struct {
	p           *player
	events      strings.Builder
	executions  map[string]int
	ended       map[string]bool
	invocations map[string]int          // places of invocations
	current     map[*lab.Process]string // the invocation that a process is
	last        map[string]string       // the last invocation of an execution
	stored      *rotation.Record
	writes      int
	effects     int
}

// places is how many invocations the protocol tells apart at a time.
const places = 64

func record(t *testing.T, s Schedule, defeat Lens) *recorder {
	t.Helper()
	r := &recorder{executions: map[string]int{}, ended: map[string]bool{}, invocations: map[string]int{},
		current: map[*lab.Process]string{}, last: map[string]string{}}
	r.event('r', 0, 0, 0)
	lens := func(w *lab.World, ports *lab.Ports) {
		w.Journal.OnWrite(r.write)
		if defeat != nil {
			defeat(w, ports)
		}
		ports.Around = func(step rotation.Step) rotation.Step { return recorded{step, r} }
	}
	_, err := play(s, lens, func(p *player) {
		r.p = p
		call := p.World.Wire.Injector
		p.World.Wire.Injector = func(c lab.Call) lab.Fault {
			r.change(c)
			return call(c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *recorder) event(kind byte, execution, invocation, how int) {
	r.events.Write([]byte{kind, byte('0' + execution), byte('0' + invocation), byte('0' + how)})
}

// recorded is a step whose invocations are told of.
type recorded struct {
	rotation.Step
	recorder *recorder
}

func (s recorded) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	r := s.recorder
	r.catchUp()
	how := 0
	if doc := call.Document; r.stored != nil && doc.RotationID == r.stored.RotationID {
		if how = 1; doc.Fence == r.stored.Fence {
			how = 2
		}
	}
	r.current[r.p.Timeline.Current()] = call.InvocationID
	r.begin(call.Execution.Name, call.InvocationID, how)
	return s.Step.Run(ctx, call)
}

func (r *recorder) begin(execution, invocation string, how int) {
	r.invocations[invocation] = len(r.invocations) % places
	r.last[execution] = invocation
	r.event('b', r.execution(execution), r.invocations[invocation], how)
}

// execution is the number of an execution, or of a person, who owns no rotation.
func (r *recorder) execution(name string) int {
	n, known := r.executions[name]
	if !known {
		n = len(r.executions)
		r.executions[name] = n
	}
	return n
}

// accuracy is how far off the time may be by which a step judges a lease: the journal
// tells it in whole seconds. No step starts anything in its last two seconds.
const accuracy = time.Second

// catchUp notes executions that have ended, and the deadline of
// the lease, if it has passed.
func (r *recorder) catchUp() {
	for _, run := range r.p.Runs() {
		if run.Ended() && !r.ended[run.Name()] {
			r.ended[run.Name()] = true
			r.event('e', r.execution(run.Name()), 0, 0)
		}
	}
	if r.stored != nil && r.stored.Lease.Holder != "" && !r.p.Timeline.Now().Add(accuracy).Before(r.stored.Lease.Until) {
		r.event('d', 0, r.invocations[r.stored.Lease.Holder], 0)
	}
}

// change notes a call that changes anything but the journal.
func (r *recorder) change(call lab.Call) {
	invocation, ofStep := r.current[r.p.Timeline.Current()]
	if !call.Write || strings.HasPrefix(call.Site, "journal.") || !ofStep {
		return
	}
	r.catchUp()
	kind := byte('f')
	if stateOf(call.Process) == "Preflight" {
		kind = 's' // it sweeps what a rotation left that came to nothing
	}
	r.effects++
	r.event(kind, 0, r.invocations[invocation], 0)
}

// write notes a write that took effect.
func (r *recorder) write(w lab.JournalWrite) {
	r.catchUp()
	r.writes++
	before, after := r.stored, w.Record
	execution, _, _ := strings.Cut(w.By, "/")
	kind, invocation := byte('m'), r.last[execution]
	switch {
	case before == nil:
		kind = 'o'
	case w.Closed != nil:
		kind, invocation = 'x', before.Lease.Holder
	case before.Owner != after.Owner || before.Fence != after.Fence:
		kind = 't'
	case !maps.Equal(before.Leaked, after.Leaked) && before.Lease == after.Lease:
		kind = 'l'
	case after.Lease.Holder != before.Lease.Holder && after.Lease.Holder != "":
		kind, invocation = r.claim(w), after.Lease.Holder
	case after.Lease.Holder == "" && before.Lease.Holder == "":
		kind = 'n'
	case after.Lease.Holder == "":
		kind, invocation = 'u', before.Lease.Holder
	default:
		invocation = before.Lease.Holder
	}
	r.event(kind, r.execution(execution), r.invocations[invocation], 0)
	r.stored = &after
	if w.Closed != nil {
		r.stored = nil
	}
}

// claim tells a step's claim of its execution's record from one that is to close
// whatever record there is. That of a person has no invocation before.
func (r *recorder) claim(w lab.JournalWrite) byte {
	execution, state, _ := strings.Cut(w.By, "/")
	holder := w.Record.Lease.Holder
	if _, known := r.invocations[holder]; !known {
		r.begin(execution, holder, 0)
	}
	if !r.p.Timeline.Now().Before(w.Record.Lease.Until) {
		r.event('d', 0, r.invocations[holder], 0) // it landed after its deadline
	}
	if state == "Preflight" || state == "" {
		return 'v'
	}
	return 'c'
}
