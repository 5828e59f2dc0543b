package lab

import (
	"encoding/json"
	"slices"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Report is what a scenario came to.
type Report struct {
	Scenario             string            `json:"scenario"`
	Outcome              string            `json:"outcome"` // of the last execution
	Succeeded            bool              `json:"succeeded"`
	Sentence             string            `json:"sentence,omitempty"` // why it did not succeed
	Took                 target.Seconds    `json:"took"`               // virtual time
	Keys                 []KeyReport       `json:"keys"`
	BothValid            target.Seconds    `json:"bothValid"` // how long two keys were Active at once
	Executions           []ExecutionReport `json:"executions"`
	Transitions          int               `json:"transitions"`
	LargestDocument      int               `json:"largestDocument"` // bytes
	QoveryRequests       int               `json:"qoveryRequests"`
	BusiestHour          int               `json:"busiestHour"` // requests to Qovery
	FailedAuthentication int               `json:"failedAuthentications"`
	RefusedByIntent      int               `json:"refusedByIntent,omitempty"`    // with a key that leaked
	LeakedInactiveAfter  target.Seconds    `json:"leakedInactiveAfter,omitzero"` // from when that was known
	// PointedAtMost is how long a cluster pointed at other credentials before its deployment
	// was started.
	PointedAtMost target.Seconds `json:"pointedAtMost,omitzero"`
	// RefusedWhilePointed are deployments of applications between a cluster's pointing and
	// the end of its deployment.
	RefusedWhilePointed int         `json:"refusedWhilePointed,omitempty"`
	Refused             []Refused   `json:"refused,omitempty"`
	Violations          []string    `json:"violations,omitempty"`
	Leaks               []string    `json:"leaks,omitempty"`
	Plan                *story.Plan `json:"plan,omitempty"` // of a dry run
}

// KeyReport is the life of one key.
type KeyReport struct {
	Key        string    `json:"key"` // last four characters
	Status     string    `json:"status"`
	CreatedAt  time.Time `json:"createdAt"`
	InactiveAt time.Time `json:"inactiveAt,omitzero"`
	DeletedAt  time.Time `json:"deletedAt,omitzero"`
}

// ExecutionReport is one execution.
type ExecutionReport struct {
	Name        string   `json:"name"`
	Outcome     string   `json:"outcome"`
	Path        []string `json:"path"`
	Transitions int      `json:"transitions"`
}

// Report sums the scenario up.
func (r Result) Report(name string) Report {
	w := r.World
	report := Report{
		Scenario: name, Outcome: r.Outcome, Succeeded: r.Last.Status() == statemachine.Succeeded,
		Sentence: fault.Read(r.Last.Cause()).String(),
		Took:     target.Seconds(w.Timeline.Now().Sub(Beginning).Round(time.Second)), Keys: w.keyReports(),
		FailedAuthentication: w.Judge.Refusals, Refused: w.Judge.Refused, Leaks: w.Judge.Leaks(),
		Violations: slices.Concat(w.Judge.Violations, w.Judge.LatePointings()),
	}
	report.RefusedWhilePointed = w.Qovery.RefusedApplications()
	report.PointedAtMost = target.Seconds(w.Judge.pointedAtMost())
	report.BothValid = target.Seconds(w.bothValid().Round(time.Second))
	report.RefusedByIntent, report.LeakedInactiveAfter = w.Judge.ByIntent, target.Seconds(w.leakedInactiveAfter())
	report.QoveryRequests, report.BusiestHour = w.Qovery.Requests()
	for _, run := range w.runs {
		report.Executions = append(report.Executions,
			ExecutionReport{run.Name(), run.Outcome(), run.Path(), run.Transitions()})
		report.Transitions += run.Transitions()
		report.LargestDocument = max(report.LargestDocument, run.LargestDocument())
	}
	report.Plan = r.plan()
	return report
}

// plan is what a dry run found.
func (r Result) plan() *story.Plan {
	var doc rotation.Document
	if json.Unmarshal(r.Last.Output(), &doc) != nil || doc.Plan.Action != rotation.ActionDryRun {
		return nil // it has not succeeded, or was none
	}
	view := story.PlanOf(doc, story.Pace{}, words.AsSaid)
	return &view
}

func (w *World) keyReports() []KeyReport {
	var keys []KeyReport
	for _, life := range w.IAM.Lives() {
		report := KeyReport{Key: life.ID.String(), CreatedAt: life.CreatedAt, DeletedAt: life.DeletedAt, Status: "deleted"}
		if status, exists := w.IAM.Status(life.ID); exists {
			report.Status = string(status)
		}
		for _, change := range life.Changes {
			switch change.What {
			case Deactivated:
				report.InactiveAt = change.At
			case Activated:
				report.InactiveAt = time.Time{}
			}
		}
		keys = append(keys, report)
	}
	return keys
}

// leakedInactiveAfter is how long it took until a key that leaked was out of service.
func (w *World) leakedInactiveAfter() (after time.Duration) {
	for _, life := range w.IAM.Lives() {
		since, leaked := w.Judge.leaked[life.ID]
		i := slices.IndexFunc(life.Changes, func(c KeyChange) bool { return c.What == Deactivated || c.What == Deleted })
		if leaked && i >= 0 {
			after = max(after, life.Changes[i].At.Sub(since)).Round(time.Second)
		}
	}
	return after
}

// bothValid is how long more than one key was Active, since the world began.
func (w *World) bothValid() time.Duration {
	var changes []KeyChange
	for _, life := range w.IAM.Lives() {
		changes = append(changes, life.Changes...)
	}
	slices.SortStableFunc(changes, func(a, b KeyChange) int { return a.At.Compare(b.At) })
	var both time.Duration
	active := map[rotation.KeyID]bool{}
	last := Beginning
	for _, change := range changes {
		if change.At.After(last) {
			if len(active) > 1 {
				both += change.At.Sub(last)
			}
			last = change.At
		}
		if change.What == Created || change.What == Activated {
			active[change.Key] = true
		} else {
			delete(active, change.Key)
		}
	}
	if len(active) > 1 {
		both += w.Timeline.Now().Sub(last)
	}
	return both
}

// Good tells whether the scenario succeeded and nothing went wrong in it, or, of a dry
// run, would be refused.
func (r Report) Good() bool {
	return r.Succeeded && r.FailedAuthentication == 0 && len(r.Violations) == 0 && len(r.Leaks) == 0 &&
		(r.Plan == nil || r.Plan.Refused == "")
}
