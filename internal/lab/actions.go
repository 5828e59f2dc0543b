package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// errDryRun ends a script with its first execution, which is a dry run.
var errDryRun = errors.New("a dry run was started")

// executionActions are about executions and about time.
var executionActions = []Action{
	{"start [NAME [INPUT]]", `starts an execution: without a name, rotation-N; without an input, {"target": ` +
		`"production"}; KEY-N in it stands for the whole id of the N-th key`, start},
	{"abort [NAME]", "stops the execution, and starts one that aborts", onRun(func(o *Operator, run *Run) error {
		run.Stop()
		return o.start("", fmt.Sprintf(`{"target": %q, "abort": true}`, o.Target.Name))
	})},
	{"leak KEY [at-once]", "says that the key leaked, as 'rotate start --leaked' does: writes it into the open record, " +
		"stops what runs, and starts an execution", leak},
	{"run [NAME [INPUT]]", "starts an execution, and waits until it has ended", func(a *args) act {
		return inOrder(start(a), untilEnded)
	}},
	{"retire KEY [DURATION]", "starts an execution that retires the key; it stays Inactive for so long, or a week",
		retire},
	{"migrate [FIRST]", "starts an execution that moves the clusters to 'role' credentials, which were added, the named " +
		"one first", func(a *args) act {
		first := a.optional()
		return func(o *Operator) error {
			input := target.Input{Target: o.Target.Name, MigrateTo: otherCredentialsID, First: first}
			text, err := json.Marshal(input)
			if err != nil {
				return err
			}
			return o.start("", string(text))
		}
	}},
	{"until STATE|ended|DURATION [NAME]", "waits until the execution is in the state, until it has ended, or until the " +
		"world is so old", until},
	{"wait DURATION", "lets time pass", func(a *args) act {
		d := a.duration()
		return func(o *Operator) error { o.Sleep(d); return nil }
	}},
	{"stop [NAME]", "stops the execution", onRun(func(_ *Operator, run *Run) error { run.Stop(); return nil })},
	{"redrive [NAME]", "redrives the execution, which has failed", onRun(func(o *Operator, run *Run) error {
		o.open[run] = true
		return run.Redrive()
	})},
	{"in STATE [NAME]", "requires that the execution is in the state", in},
	{"forget [NAME]", "makes Step Functions forget the execution", onRun(func(o *Operator, run *Run) error {
		o.Executions.Forget(run.ARN())
		return nil
	})},
	{"release [refused TEXT]", "closes the record of a rotation that was resolved by hand; or requires that this is " +
		"refused, with a sentence that contains the text", release},
	{"freeze TIME REASON", "keeps rotations from beginning until then, as 'rotate freeze' does",
		freeze},
	{"unfreeze", "ends what 'freeze' began", plainly(func(o *Operator) error {
		return o.Journal.Remember(rotation.FreezeOf(o.Target.Name), struct{}{})
	})},
	{"lease HOLDER DURATION", "gives somebody the lease of the record", func(a *args) act {
		holder, d := a.word("a holder"), a.duration()
		return func(o *Operator) error {
			return o.rewrite(func(record *rotation.Record) {
				record.Lease = rotation.Lease{Holder: holder, Until: o.Timeline.Now().Add(d)}
			})
		}
	}},
	{"touch", "changes the record, as a step of somebody else's does", plainly(func(o *Operator) error {
		return o.rewrite(func(*rotation.Record) {})
	})},
	{"audit", "runs the daily audit; what it starts or resumes is the execution that lines without a name mean",
		plainly((*Operator).audit)},
	{"when STATE ACTION", "does something when the function of the state is called for the first time", when(false)},
	{"each STATE ACTION", "does something whenever the function of the state is called", when(true)},
	{"after DURATION ACTION", "does something in a while", func(a *args) act {
		line, d, do := a.line, a.duration(), a.putOff()
		return func(o *Operator) error {
			rule := o.rule(line)
			o.later(d, func(o *Operator) error { rule.applied = true; return do(o) })
			return nil
		}
	}},
	{"say TEXT", "is told as part of the story", func(a *args) act {
		text := a.rest()
		return func(o *Operator) error { o.Say("%s", text); return nil }
	}},
	{"says TEXT", "requires that what the last execution says contains the text", says},
	{"deployments N...", "requires that each cluster was deployed so often", deployments},
}

func plainly(do act) func(*args) act { return func(*args) act { return do } }

func inOrder(acts ...act) act {
	return func(o *Operator) error {
		for _, do := range acts {
			if err := do(o); err != nil {
				return err
			}
		}
		return nil
	}
}

// onRun is an action on the execution that is named, or was started last.
func onRun(do func(*Operator, *Run) error) func(*args) act {
	return func(a *args) act {
		name := a.optional()
		return func(o *Operator) error {
			run, err := o.named(name)
			if err != nil {
				return err
			}
			o.run = run
			return do(o, run)
		}
	}
}

func start(a *args) act {
	name, input := a.optional(), a.rest()
	if input != "" && !json.Valid([]byte(input)) {
		a.fail("the input isn't JSON")
	}
	return func(o *Operator) error { return o.start(name, input) }
}

func (o *Operator) start(name, input string) error {
	if name == "" {
		name = fmt.Sprintf("rotation-%d", len(o.Runs())+1)
	}
	switch {
	case o.dryRun:
		input = fmt.Sprintf(`{"target": %q, "dryRun": true}`, o.Target.Name)
	case input == "":
		input = fmt.Sprintf(`{"target": %q}`, o.Target.Name)
	}
	for i, life := range o.IAM.Lives() {
		input = strings.ReplaceAll(input, fmt.Sprintf("KEY-%d", i+1), string(life.ID))
	}
	if run, _ := o.named(name); run != nil {
		return fmt.Errorf("there is an execution %q already, and Step Functions refuses another one of that name", name)
	}
	run, err := o.Start(name, input)
	if err != nil {
		return err
	}
	o.run, o.open[run] = run, true
	if o.dryRun {
		return errDryRun
	}
	return nil
}

func leak(a *args) act {
	key, how := a.key(), target.AfterDeployment
	if a.accept("at-once") {
		how = target.AtOnce
	}
	return func(o *Operator) error {
		id, err := key(o)
		if err != nil {
			return err
		}
		o.Judge.leaked[id] = o.Timeline.Now()
		if err := o.nameLeaked(id, how); err != nil {
			return err
		}
		for _, run := range o.Runs() {
			if !run.Ended() {
				run.Stop()
			}
		}
		return o.start("", fmt.Sprintf(`{"target": %q, "leaked": {"key": %q, "how": %q}}`, o.Target.Name, string(id), how))
	}
}

func retire(a *args) act {
	key, observed := a.key(), a.optional()
	if observed == "" {
		observed = "168h"
	}
	return func(o *Operator) error {
		id, err := key(o)
		if err != nil {
			return err
		}
		input := `{"target": %q, "retire": %q, "observationPeriod": %q}`
		return o.start("", fmt.Sprintf(input, o.Target.Name, string(id), observed))
	}
}

func untilEnded(o *Operator) error { o.run.Wait(); return nil }

func until(a *args) act {
	if first, _, _ := strings.Cut(a.left, " "); isDuration(first) {
		age := a.duration()
		return func(o *Operator) error {
			left := Beginning.Add(age).Sub(o.Timeline.Now())
			if left < 0 {
				return errors.New("the world is older than that")
			}
			o.Sleep(left)
			return nil
		}
	}
	if a.accept("ended") {
		return onRun(func(o *Operator, _ *Run) error { return untilEnded(o) })(a)
	}
	what := a.state()
	return onRun(func(_ *Operator, run *Run) error {
		if !run.UntilIn(what) {
			return unmet("the execution never comes there: it goes through %s", strings.Join(Stops(run.Path()), " "))
		}
		return nil
	})(a)
}

func isDuration(word string) bool { _, err := time.ParseDuration(word); return err == nil }

// Unmet is that what a script requires is not so. All else that goes wrong with a script
// is a mistake in it.
type Unmet struct{ error }

func unmet(format string, values ...any) error { return Unmet{fmt.Errorf(format, values...)} }

func in(a *args) act {
	state := a.state()
	return onRun(func(_ *Operator, run *Run) error {
		if now := run.CurrentState(); now != state {
			return unmet("it is in %s", now)
		}
		return nil
	})(a)
}

// later does something after a while, as an event that takes no time: see args.putOff.
func (o *Operator) later(d time.Duration, do act) {
	o.Planned++
	o.plan(planned{o.Timeline.Now().Add(d), o, func(_ *World, o *Operator) { o.Planned--; o.putOff(do) }})
}

// putOff does what an action had put off. If it fails, the script ends with that.
func (o *Operator) putOff(do act) {
	if err := do(o); err != nil && o.err == nil {
		o.err = err
	}
}

func when(always bool) func(*args) act {
	return func(a *args) act {
		line, state, do := a.line, a.state(), a.action()
		return func(o *Operator) error {
			before, calms, rule := o.OnInvoke, o.calms, o.rule(line)
			o.OnInvoke = func(s string) InvokeFault {
				if s == state && (always || !rule.applied) && calms == o.calms {
					rule.applied = true
					o.putOff(do)
				}
				if before != nil {
					return before(s)
				}
				return ""
			}
			return nil
		}
	}
}

func release(a *args) act {
	isRefused := a.accept("refused")
	text := a.rest()
	return func(o *Operator) error {
		err := o.ReleaseByHand()
		switch {
		case !isRefused:
			return err
		case err == nil:
			return unmet("it is not refused")
		case !strings.Contains(err.Error(), text):
			return unmet("it says: %v", err)
		}
		return nil
	}
}

func freeze(a *args) act {
	until, reason := a.word("a time"), a.rest()
	return func(o *Operator) error {
		from := words.Time(o.Timeline.Now(), time.RFC3339)
		return o.Journal.Remember(rotation.FreezeOf(o.Target.Name), target.Freeze{From: from, To: until, Reason: reason})
	}
}

// rewrite saves a change of the record.
func (o *Operator) rewrite(change func(*rotation.Record)) error {
	record := o.Journal.Current(UserName)
	if record == nil {
		return errors.New("no record is open")
	}
	record.Revision++
	change(record)
	return o.Journal.Save(context.Background(), *record)
}

func says(a *args) act {
	text := a.rest()
	return func(o *Operator) error {
		run, err := o.named("")
		if err != nil {
			return err
		}
		if said := run.Says(); !strings.Contains(said, text) {
			return unmet("it says: %s", said)
		}
		return nil
	}
}

func deployments(a *args) act {
	var numbers []string
	for a.left != "" {
		numbers = append(numbers, strconv.Itoa(a.from(0, "a number")))
	}
	want := strings.Join(numbers, " ")
	return func(o *Operator) error {
		var got []string
		for _, cluster := range o.Clusters {
			got = append(got, fmt.Sprint(len(o.Qovery.Deployments(cluster))))
		}
		if got := strings.Join(got, " "); got != want {
			return unmet("it is %s", got)
		}
		return nil
	}
}
