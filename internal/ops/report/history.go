package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

func inOrder(histories []statemachine.History) []statemachine.History {
	return slices.SortedStableFunc(slices.Values(histories), func(a, b statemachine.History) int {
		if len(a.Events) == 0 || len(b.Events) == 0 {
			return len(a.Events) - len(b.Events)
		}
		return a.Events[0].Time.Compare(b.Events[0].Time)
	})
}

// reader reads one execution's history.
type reader struct {
	evidence *evidence
	Execution
	facts   *facts // of the rotation that the execution is at
	failing bool   // the state's latest call failed
	output  json.RawMessage
	doc     rotation.Document // what the output holds
}

// read adds what a history tells to the evidence, and returns the execution.
func (e *evidence) read(history statemachine.History) (Execution, error) {
	if len(history.Events) == 0 || history.Events[0].Type != statemachine.ExecutionStarted {
		return Execution{}, fmt.Errorf("the history of %s does not begin with its start", history.ARN)
	}
	r := &reader{evidence: e, Execution: Execution{
		ARN: history.ARN, Name: history.Name(), Events: len(history.Events),
		Status: statemachine.Running, StartedAt: history.Events[0].Time.UTC(),
		Input: words.MaskKeys(string(history.Events[0].Input)),
	}}
	for _, event := range history.Events {
		if err := r.event(event); err != nil {
			return Execution{}, fmt.Errorf("event %d of %s: %w", event.ID, r.Name, err)
		}
	}
	r.Outcome = r.outcome()
	return r.Execution, nil
}

func (r *reader) event(event statemachine.Event) error {
	event.Time = event.Time.UTC()
	switch {
	case event.Entered():
		r.failing = false
		r.Visits = append(r.Visits, Visit{State: event.State, Event: event.ID, EnteredAt: event.Time})
	case event.Type == statemachine.TaskScheduled:
		r.failing = false
		r.visit().Tries++
	case event.Type == statemachine.TaskFailed, event.Type == statemachine.TaskTimedOut:
		r.failed(event)
	case event.Exited():
		return r.exited(event)
	case event.Type == statemachine.ExecutionRedriven:
		r.Redriven = append(r.Redriven, event.Time)
		r.Status, r.EndedAt, r.Error, r.Cause = statemachine.Running, time.Time{}, "", ""
		r.tell(event, "The execution "+r.Name+" is redriven: it continues where it failed")
	default:
		r.ended(event)
	}
	return nil
}

// visit is the latest, or one of no state.
func (r *reader) visit() *Visit {
	if len(r.Visits) == 0 {
		return &Visit{}
	}
	return &r.Visits[len(r.Visits)-1]
}

func (r *reader) failed(event statemachine.Event) {
	r.failing = true
	said, visit := fault.Read(event.Cause), r.visit()
	visit.Failures = append(visit.Failures, Failure{
		At: event.Time, Error: cmp.Or(event.Error, "States.Timeout"), Cause: words.MaskKeys(said.String()),
		What: words.MaskKeys(strings.TrimSuffix(said.What.String(), ".")),
	})
}

// exited ends a visit. A Task that is left because of an error has come to
// nothing, and its document is the one that it was given.
func (r *reader) exited(event statemachine.Event) error {
	r.visit().LeftAt = event.Time
	doc, err := r.document(event.Output)
	if err != nil {
		return fmt.Errorf("the state %s left no rotation document: %w", event.State, err)
	}
	if doc.Plan.Action == rotation.ActionDryRun {
		view := story.PlanOf(doc, story.Pace{}, words.AsSaid)
		r.Plan = &view
	}
	if doc.RotationID != "" {
		r.facts = r.evidence.rotation(doc.RotationID)
		r.facts.note(doc, Ref{r.Name, event.ID})
		ref, failures := Ref{r.Name, event.ID}, r.visit().Failures
		switch {
		case !r.failing:
			r.facts.stepDone(event, doc, ref)
		case event.State == "VerifyDeployment":
			last := failures[len(failures)-1]
			r.facts.canaryFailed = exit{fact{last.At, ref}, last.What}
		}
	}
	r.failing = false
	return nil
}

// document reads what a state left. Choices and waits leave what the state before
// them did, which is not read again.
func (r *reader) document(output json.RawMessage) (doc rotation.Document, err error) {
	if r.output == nil || !bytes.Equal(output, r.output) {
		if err := json.Unmarshal(output, &doc); err != nil {
			return doc, err
		}
		r.output, r.doc = output, doc
	}
	return r.doc, nil
}

// ended notes how the execution ended.
func (r *reader) ended(event statemachine.Event) {
	status := event.Type.Status()
	if status == "" {
		return
	}
	r.Status, r.EndedAt, r.Error = status, event.Time, words.MaskKeys(event.Error)
	r.Cause = words.MaskKeys(fault.Read(event.Cause).String())
	if status != statemachine.Succeeded {
		text := fmt.Sprintf("The execution %s ends: %s %s", r.Name, status, r.Error)
		r.tell(event, strings.TrimSpace(text))
	}
}

// tell notes a milestone of the rotation that the execution is at.
func (r *reader) tell(event statemachine.Event, text string) {
	if r.facts != nil {
		r.facts.tell(event.Time, "", text, &Ref{r.Name, event.ID})
	}
}

// outcome is what the execution as a whole came to.
func (r *reader) outcome() Outcome {
	switch last := r.visit().State; {
	case r.Status == statemachine.Running:
		return Running
	case last == "PlanReported":
		return Planned
	case last == "AlreadyRunning", last == "NotDue":
		return Passed
	case r.Status == statemachine.Succeeded:
		return Completed
	case last == "RotationUnchanged":
		return Discarded
	case r.Status == statemachine.Aborted:
		return Stopped
	case r.facts == nil:
		return Refused
	}
	return Paused
}
