package cli

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// checklist is what an execution does, phase after phase: what it has done, what it does
// now, and what comes then. It wants all events of the execution, in order.
type checklist struct {
	machine *statemachine.Machine
	pace    story.Pace

	doc     rotation.Document
	state   string // that the execution is in
	began   time.Time
	ended   time.Time
	begun   []item
	ahead   []story.Phase
	strayed bool   // what it does now is not in its plan
	trouble string // why the latest try of the state failed, until one succeeds
	code    string // of that
}

// item is a phase that has begun.
type item struct {
	story.Phase
	began, ended time.Time
	failed, back bool // back: it isn't an error, but leads to what is to be done again
}

// see takes an event up, with what is said of it.
func (c *checklist) see(event statemachine.Event, said string) {
	kind, isEnd := strings.CutSuffix(string(event.Type), "StateExited")
	switch {
	case event.Type == statemachine.ExecutionStarted:
		c.began = event.Time
	case event.Type == statemachine.ExecutionRedriven:
		c.ended, c.trouble = time.Time{}, ""
	case event.Type == "SucceedStateEntered" || event.Type == "FailStateEntered":
		c.close(event.Time)
	case event.Type.Ends():
		if event.Type != statemachine.ExecutionSucceeded {
			c.trouble = cmp.Or(c.trouble, said)
		}
		c.close(event.Time)
		c.ended, c.ahead = event.Time, nil
	case event.Type == "TaskStateEntered" || event.Type == "WaitStateEntered":
		c.enter(event.State, event.Time)
	case event.Error != "" || event.Type == statemachine.TaskTimedOut:
		if said != "" { // nothing is said of what happens again
			c.trouble, c.code = said, event.Error
		}
	case event.Type == statemachine.TaskSucceeded:
		c.trouble = ""
	case isEnd && kind == "Task" && c.trouble == "":
		var doc rotation.Document
		if json.Unmarshal(event.Output, &doc) == nil {
			c.doc = doc
		}
		c.leave(event, said)
	}
}

func (c *checklist) enter(state string, at time.Time) {
	c.state = state
	phase, wave := c.phaseOf(state), 0
	if phase == story.Waves {
		wave = c.doc.Deployment.Wave
	}
	if now := c.now(); now == nil || now.State != phase || now.failed || now.State == "Preflight" && !now.ended.IsZero() {
		c.begin(phase, wave, at)
	}
}

// phaseOf is the phase that a state belongs to: that of its own name, if the plan has one.
func (c *checklist) phaseOf(state string) string {
	if slices.ContainsFunc(c.ahead, func(p story.Phase) bool { return p.State == state }) {
		return state
	}
	if now := c.now(); now != nil && now.State == state {
		return state
	}
	return story.PhaseOf(state)
}

// now is what goes on, or went on last.
func (c *checklist) now() *item {
	if len(c.begun) == 0 {
		return nil
	}
	return &c.begun[len(c.begun)-1]
}

func (c *checklist) begin(state string, wave int, at time.Time) {
	c.close(at)
	phases := story.Phases(c.doc.Plan.Action, c.doc, c.pace)
	i := slices.IndexFunc(phases, func(p story.Phase) bool {
		return p.State == state && (p.Wave == wave || wave == 0 || p.Wave == 0)
	})
	if c.strayed = i < 0; c.strayed {
		known, _ := c.machine.State(state)
		phases, i = []story.Phase{{State: state, Text: known.Comment}}, 0
	}
	c.begun, c.ahead = append(c.begun, item{Phase: phases[i], began: at}), phases[i+1:]
}

// close ends what goes on. It failed if its last try did.
func (c *checklist) close(at time.Time) {
	if now := c.now(); now != nil && now.ended.IsZero() {
		now.ended, now.failed = at, c.trouble != ""
		if now.failed {
			now.back = fault.Code(c.code).Class() == fault.Again
			now.Text, c.trouble = c.trouble, ""
		}
	}
}

// leave notes what came of a step: it may have made the plan, or begun another wave.
func (c *checklist) leave(event statemachine.Event, said string) {
	now := c.now()
	if now == nil || c.phaseOf(event.State) != now.State {
		return
	}
	wave := c.doc.Deployment.Wave
	switch {
	case now.State == story.Waves && c.givesRoles():
		c.beginRoles(event.Time)
	case event.State == "Preflight":
		c.close(event.Time)
		c.ahead = story.Phases(c.doc.Plan.Action, c.doc, c.pace)
	case now.State == story.Waves && now.Wave == 0:
		began := now.began
		c.begun = c.begun[:len(c.begun)-1]
		c.begin(story.Waves, wave, began)
		return
	case now.State == story.Waves && wave > now.Wave:
		c.begin(story.Waves, wave, event.Time)
		return
	}
	if said != "" && now.State != story.Waves {
		now.Text = said
	}
}

// givesRoles: every cluster of a migration is deployed and has soaked.
func (c *checklist) givesRoles() bool {
	return c.doc.Kind == rotation.Migrate && !c.doc.Marks[rotation.Deploy].Done.IsZero()
}

// beginRoles begins the phase after the waves, once, if something is given a role.
func (c *checklist) beginRoles(at time.Time) {
	if len(c.ahead) == 0 || c.ahead[0].State != story.Waves || c.doc.Deployment.Next != rotation.PollAgain {
		return
	}
	c.close(at)
	c.begun, c.ahead = append(c.begun, item{Phase: c.ahead[0], began: at}), c.ahead[1:]
}

// soakEnds is when the clusters of the wave that goes on have run with the role for long
// enough; zero: they aren't deployed with it yet, or it is no migration.
func (c *checklist) soakEnds() time.Time {
	now := c.now()
	if now == nil || now.State != story.Waves || now.Wave == 0 || c.doc.Kind != rotation.Migrate ||
		slices.ContainsFunc(c.doc.Deployment.Clusters, func(p rotation.ClusterProgress) bool {
			return p.Wave == now.Wave && p.DoneAt.IsZero() && p.Skipped == ""
		}) {
		return time.Time{}
	}
	return c.doc.SoakEnds()
}

// until is when what goes on ends, and whether that is only expected; zero: no one knows.
func (c *checklist) until() (end time.Time, expected bool) {
	now := c.now()
	if now == nil || !c.ended.IsZero() {
		return time.Time{}, false
	}
	if end := waitsUntil(c.state, c.doc); !end.IsZero() {
		return end, false
	}
	if end := c.soakEnds(); !end.IsZero() {
		return end, false
	}
	if now.Takes > 0 {
		return now.began.Add(time.Duration(now.Takes)), true
	}
	return time.Time{}, false
}

// waitsUntil is when a state ends that waits for a time, and not only until the next look.
func waitsUntil(state string, doc rotation.Document) time.Time {
	if story.Polls(state) && state != "ExtendGrace" {
		return time.Time{}
	}
	return story.WaitsUntil(state, doc)
}

// ends is when the execution is expected to end; zero: no one knows.
func (c *checklist) ends(now time.Time) time.Time {
	if c.strayed || len(c.ahead) == 0 || !c.ended.IsZero() {
		return time.Time{}
	}
	end, _ := c.until()
	if end.Before(now) {
		end = now
	}
	for _, phase := range c.ahead {
		end = end.Add(time.Duration(phase.Takes))
	}
	return end
}
