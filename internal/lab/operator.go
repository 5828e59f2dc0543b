package lab

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// Operator is who acts in a world: who does what the lines of a script say, and
// notes what becomes of the executions.
type Operator struct {
	*World
	// Planned is how much is going to be done after a while.
	Planned int
	// OnPut is told of each key that is about to be put somewhere; nil: nobody is.
	OnPut func(rotation.KeyID)

	run   *Run // that lines without a name mean
	noted map[*Run]int
	open  map[*Run]bool
	left  string // as last noted
	story strings.Builder
	err   error // of an action that another one put off

	calms int // how often all faults were ended
	rules []*rule
}

// rule is what a line has happen later, if something comes to pass.
type rule struct {
	line    string
	applied bool
}

// rule notes the rule of a line.
func (o *Operator) rule(line string) *rule {
	o.rules = append(o.rules, &rule{line: line})
	return o.rules[len(o.rules)-1]
}

// idle are the rules that never applied.
func (o *Operator) idle() (lines []string) {
	for _, rule := range o.rules {
		if !rule.applied {
			lines = append(lines, rule.line)
		}
	}
	return lines
}

// NewOperator returns one who has done nothing yet.
func NewOperator(w *World) *Operator {
	return &Operator{World: w, noted: map[*Run]int{}, open: map[*Run]bool{}}
}

// Do does what a line says, for those who don't read it from a script.
func (o *Operator) Do(run *Run, line string) error {
	do, err := parseAction(line)
	if err != nil {
		return err
	}
	if run != nil {
		o.run = run
	}
	return do(o)
}

// perform does what the lines say, one after another.
func (o *Operator) perform(lines []scriptLine) error {
	for _, line := range lines {
		err := cmp.Or(line.do(o), o.err)
		if err == errDryRun {
			o.run.Wait()
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", line.number, line.text, err)
		}
		o.note()
	}
	if o.run != nil && !o.run.Ended() {
		o.Sleep(time.Millisecond) // in which it ends if the last line stopped it
		o.note()
	}
	return nil
}

// named is the execution of that name, or the one that was started last.
func (o *Operator) named(name string) (*Run, error) {
	if name == "" && o.run != nil {
		return o.run, nil
	}
	for _, run := range o.Runs() {
		if run.Name() == name {
			return run, nil
		}
	}
	if name == "" {
		return nil, errors.New("no execution was started yet")
	}
	return nil, fmt.Errorf("there is no execution %q", name)
}

// note writes down which executions have ended since the last note.
func (o *Operator) note() {
	ended := false
	for _, run := range o.Runs() {
		if !o.open[run] || !run.Ended() {
			continue
		}
		o.open[run], ended = false, true
		fmt.Fprintf(&o.story, "%s %s\n", run.Name(), run.Outcome())
		path := run.Path()
		writePath(&o.story, Stops(path[o.noted[run]:]))
		o.noted[run] = len(path)
	}
	if ended {
		o.left = o.Left()
		fmt.Fprintf(&o.story, "  left: %s\n", o.left)
	}
}

// transcript is the whole story, for comparison with what is expected.
func (o *Operator) transcript() string {
	if left := o.Left(); left != o.left {
		fmt.Fprintf(&o.story, "in the end\n  left: %s\n", left)
	}
	for _, id := range o.Clusters {
		for _, p := range o.Qovery.Pointings(id) {
			if took := o.Judge.until(p).Sub(p.Since); took > deployedWithin {
				fmt.Fprintf(&o.story, "%s pointed for %s at credentials that no deployment took up\n", o.Qovery.NameOf(id),
					took.Round(time.Minute))
			}
		}
	}
	if o.Judge.Refusals > 0 {
		fmt.Fprintln(&o.story, "consumers were refused")
	}
	if len(o.Judge.byIntent) > 0 {
		fmt.Fprintf(&o.story, "refused by intent: %s\n", strings.Join(slices.Sorted(maps.Keys(o.Judge.byIntent)), ", "))
	}
	for _, wrong := range slices.Concat(o.Judge.Violations, o.Judge.Leaks(), o.Judge.LatePointings()) {
		fmt.Fprintln(&o.story, "RULE BROKEN:", wrong)
	}
	return o.story.String()
}

// writePath writes states in lines that are not too long.
func writePath(out *strings.Builder, states []string) {
	const width = 100
	column := 0
	for _, state := range states {
		switch {
		case column == 0:
			out.WriteString(" ")
			column = 1
		case column+len(state) > width:
			out.WriteString("\n ")
			column = 1
		}
		out.WriteString(" " + state)
		column += 1 + len(state)
	}
	if column > 0 {
		out.WriteString("\n")
	}
}

// Stops are the states in a path that say something; choices and polls don't.
func Stops(path []string) (stops []string) {
	for _, state := range path {
		if !story.Polls(state) && state != "ChoosePlan" && (len(stops) == 0 || stops[len(stops)-1] != state) {
			stops = append(stops, state)
		}
	}
	return stops
}

// Left says in words which keys there are, which of them Qovery holds, and
// whether a record is open and secrets are staged. Keys are numbered as they were
// created; the first is the old one.
func (w *World) Left() string {
	names := map[rotation.KeyID]string{}
	for i, life := range w.IAM.Lives() {
		names[life.ID] = fmt.Sprintf("key %d", i+1)
	}
	var left []string
	for _, key := range w.IAM.Present(UserName) {
		text := names[key.ID] + " " + string(key.Status)
		if len(w.Qovery.Holders(string(key.ID))) > 0 {
			text += " and held"
		}
		left = append(left, text)
	}
	left = append(left, w.moved()...)
	if w.Journal.Current(UserName) != nil {
		left = append(left, "record open")
	}
	for _, id := range w.SSM.Staged() {
		left = append(left, "secret of "+names[id]+" staged")
	}
	return strings.Join(left, ", ")
}

// moved says which clusters were deployed with role credentials, and which point at others
// than they were deployed with.
func (w *World) moved() (moved []string) {
	for _, id := range w.Clusters {
		pointsAt, applied := w.Qovery.Applied(id)
		name := w.Qovery.NameOf(id)
		switch {
		case pointsAt != applied:
			moved = append(moved, name+" POINTED AND NOT DEPLOYED")
		case applied == otherCredentialsID && w.Qovery.KeyOf(applied) == "":
			moved = append(moved, name+" with role")
		}
	}
	if given := w.Qovery.GaveRole(); len(given) > 0 {
		moved = append(moved, "given the role: "+strings.Join(given, " "))
	}
	return moved
}

// Says is what an execution that has ended says of that: the sentence that it
// failed with, or its output.
func (r *Run) Says() string {
	return fault.Read(r.Cause()).String() + string(r.Output())
}
