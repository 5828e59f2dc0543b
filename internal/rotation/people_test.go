package rotation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// people are those who interfere with a world between the steps. What they do is
// said in the words of scenarios.
type people struct {
	*lab.Operator
	run *lab.Run // the first execution
}

// attentive is a world in which nobody is quicker than the lists: what a person
// did is seen by the next read.
func attentive(t *testing.T, setup lab.Setup) *people {
	t.Helper()
	if setup.Clusters == 0 {
		setup.Clusters = 1
	}
	setup.Prompt = true
	w, err := lab.NewWorld(setup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Timeline.Close)
	return &people{Operator: lab.NewOperator(w)}
}

// does is what the lines of a script say.
func does(lines ...string) func(*people) {
	return func(p *people) {
		for _, line := range lines {
			if err := p.Do(p.run, line); err != nil {
				panic(line + ": " + err.Error()) // the test itself is wrong
			}
		}
	}
}

// operate runs a script on the world's timeline, to its end.
func (p *people) operate(t *testing.T, script func()) {
	t.Helper()
	if !p.Timeline.RunUntilDone(p.Timeline.Go("operator", script)) {
		t.Fatal("the executions don't end")
	}
}

func (p *people) start() *lab.Run {
	return begin(p.World, fmt.Sprintf("rotation-%d", len(p.Runs())+1), "")
}

// another runs an execution an hour later.
func (p *people) another() *lab.Run {
	p.Sleep(time.Hour)
	run := p.start()
	run.Wait()
	return run
}

// interrupt starts an execution and stops it in a state.
func (p *people) interrupt(t *testing.T, state string) {
	p.run = p.start()
	if !p.run.UntilIn(state) {
		t.Errorf("never comes to %s", state)
	}
	p.Sleep(time.Minute)
	p.run.Stop()
	p.Sleep(time.Minute)
}

// touch is a write to the record by somebody else.
func (p *people) touch() { _ = p.Do(nil, "touch") } // if there is a record

// together does several things at once.
func together(acts ...func(*people)) func(*people) {
	return func(p *people) {
		for _, act := range acts {
			act(p)
		}
	}
}

// all does one thing after another, a minute apart.
func all(acts ...func(*people)) func(*people) {
	return func(p *people) {
		for _, act := range acts {
			act(p)
			p.Sleep(time.Minute)
		}
	}
}

// later does something after a while.
func later(d time.Duration, act func(*people)) func(*people) {
	return func(p *people) { p.Timeline.At(p.Timeline.Now().Add(d), func() { act(p) }) }
}

func requireOutcome(t *testing.T, run *lab.Run, want string) {
	t.Helper()
	if run.Outcome() != want {
		t.Errorf("%s ends with %s, want %s: %s", run.Name(), run.Outcome(), want, run.Says())
	}
}

func requireLeft(t *testing.T, p *people, want string) {
	t.Helper()
	if left := p.Left(); left != want {
		t.Errorf("leaves %s, want %s", left, want)
	}
}

// effectful are the states that write to the journal more than a lease, in order.
var effectful = []string{"CreateKey", "UpdateCredentials", "DeployClusters", "DeactivateKey", "VerifyDeployment",
	"DeleteKey", "Complete"}

// TestRecordChangesUnderAClaim: who finds the record changed has lost the lock and
// stops at once. Nobody takes the way back for that: another one carries on.
func TestRecordChangesUnderAClaim(t *testing.T) {
	for _, state := range effectful {
		t.Run(state, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			claim := 1
			if state == "DeployClusters" {
				claim = 3 // its first run is too early to start anything, and writes claim and release
			}
			writes := 0
			p.Journal.OnWrite(func(w lab.JournalWrite) {
				if !strings.HasSuffix(w.By, "/"+state) {
					return
				}
				if writes++; writes == claim {
					p.Timeline.At(w.At, p.touch)
				}
			})
			p.operate(t, func() {
				run := p.start()
				run.Wait()
				requireOutcome(t, run, "FAILED LockLost")
				if last := run.Path()[len(run.Path())-1]; last != state {
					t.Errorf("stops in %s", last)
				}
				requireOutcome(t, p.another(), "SUCCEEDED")
			})
			if !oneKeyLeft(p.World) {
				t.Errorf("leaves %s", p.Left())
			}
			requireNoHarm(t, p.World)
		})
	}
}

// TestTakenOverForALeak: a claim learns that a key leaked, and nothing else: who takes the
// record over because of that has it.
func TestTakenOverForALeak(t *testing.T) {
	p := attentive(t, lab.Setup{})
	taken := false
	p.Journal.OnWrite(func(w lab.JournalWrite) {
		if taken || !strings.HasSuffix(w.By, "/CreateKey") {
			return
		}
		taken = true
		p.Timeline.At(w.At, func() {
			p.rewrite(func(r *rotation.Record) {
				r.Owner, r.Fence, r.Leaked = "arn:another", r.Fence+1, rotation.Leaked{r.OldKey: target.AfterDeployment}
			})
		})
	})
	p.operate(t, func() {
		run := p.start()
		run.Wait()
		requireOutcome(t, run, "FAILED LockLost")
	})
	if record := p.Journal.Current(lab.UserName); record == nil || record.Owner != "arn:another" {
		t.Errorf("the record is %+v", record)
	}
}

// TestRecordChangesBeforeTheClaim: whose claim comes second tries again, and finds
// out who owns the record then.
func TestRecordChangesBeforeTheClaim(t *testing.T) {
	for _, state := range append([]string{"Preflight"}, effectful...) {
		t.Run(state, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			changes := 0
			p.operate(t, func() {
				if state == "Preflight" {
					p.interrupt(t, "GracePeriod")
				}
				p.Wire.Injector = func(c lab.Call) lab.Fault {
					if c.Site == "journal.Save" && strings.HasSuffix(c.Process, "/"+state) && changes < 3 {
						changes++
						p.Timeline.At(p.Timeline.Now(), p.touch)
					}
					return lab.Fault{}
				}
				run := p.start()
				run.Wait()
				requireOutcome(t, run, "SUCCEEDED")
			})
			if changes != 3 {
				t.Errorf("the record was changed %d times", changes)
			}
			requireLeft(t, p, oldDeleted)
			requireNoHarm(t, p.World)
		})
	}
}

// TestClosedTwice: a step that closes the record dies before it can answer, and is
// run again. All goes as if it had not.
func TestClosedTwice(t *testing.T) {
	for _, name := range []string{"plain", "key-never-works"} {
		for _, kind := range []lab.FaultKind{lab.KillAfter, lab.FailAfter, lab.HangAfter, lab.Malformed} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				given := ""
				if name == "key-never-works" {
					given = "lag propagation 24h\n"
				}
				result := playText(t, lab.Setup{}, given+"fault journal.Close#1 "+string(kind)+"\nrun rotation")
				if want := scenario(name).Want; result.Told != want {
					t.Errorf("it goes\n%s\nwant\n%s", result.Told, want)
				}
				items, err := result.World.Journal.History(context.Background(), lab.UserName)
				if err != nil || len(items) != 1 {
					t.Errorf("%d rotations in the history, %v", len(items), err)
				}
			})
		}
	}
}
