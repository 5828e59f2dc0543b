// Package report turns the histories of executions into evidence: what happened
// to which key when, what proves it, and which controls the old key's life meets.
//
// Everything it says is read from the events that Step Functions kept, and from
// the rotation documents in them; what they do not tell is reported as not told.
// history.go reads events, evidence.go gathers what they say of each rotation,
// life.go, proof.go and control.go draw the conclusions, and page.go and chart.go
// put them on a page. overview.go is another page: how all targets stand now.
package report

import (
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// Report is the evidence of the rotations that some executions carried out.
type Report struct {
	AsOf       time.Time   `json:"asOf"`   // what was later is not in it
	Source     string      `json:"source"` // where the histories are from
	Rotations  []Rotation  `json:"rotations"`
	Executions []Execution `json:"executions"` // in the order in which they began
}

// Outcome is what has become of a rotation, or of an execution that had none.
type Outcome string

// The outcomes. The first five are those of rotations.
const (
	Completed Outcome = "completed" // the old key is replaced, and gone
	Discarded Outcome = "discarded" // the new key is gone, nothing is different
	Paused    Outcome = "paused"    // an execution failed; Qovery holds a good key, and the rotation can be resumed
	Stopped   Outcome = "stopped"   // an execution was stopped; the rotation can be resumed
	Running   Outcome = "running"
	Refused   Outcome = "refused" // nothing was begun
	Planned   Outcome = "planned" // a dry run
	Passed    Outcome = "passed"  // another execution was at work, or nothing was due
)

// Execution is one execution, as its history tells.
type Execution struct {
	Name      string              `json:"name"`
	ARN       string              `json:"arn"`
	Input     string              `json:"input"`
	Status    statemachine.Status `json:"status"`
	Outcome   Outcome             `json:"outcome"`
	StartedAt time.Time           `json:"startedAt"`
	EndedAt   time.Time           `json:"endedAt,omitzero"`
	Redriven  []time.Time         `json:"redriven,omitempty"`
	Error     string              `json:"error,omitempty"`
	Cause     string              `json:"cause,omitempty"` // in words
	Events    int                 `json:"events"`
	Visits    []Visit             `json:"visits"`
	Plan      *story.Plan         `json:"plan,omitempty"` // of a dry run
}

// Visit is one stay in a state.
type Visit struct {
	State     string    `json:"state"`
	Event     int       `json:"event"` // the number of the event that it begins with
	EnteredAt time.Time `json:"enteredAt"`
	LeftAt    time.Time `json:"leftAt,omitzero"` // zero: the execution is, or ended, in it
	Tries     int       `json:"tries,omitempty"` // calls of its function
	Failures  []Failure `json:"failures,omitempty"`
}

// Failure is a call of a function that failed.
type Failure struct {
	At    time.Time `json:"at"`
	Error string    `json:"error"`
	Cause string    `json:"cause,omitempty"`
	What  string    `json:"-"` // its first part: what is so
}

// Ref says which event of which execution's history proves something.
type Ref struct {
	Execution string `json:"execution"`
	Event     int    `json:"event"`
}

// Rotation is the evidence of one rotation.
type Rotation struct {
	ID         string        `json:"id"`
	Outcome    Outcome       `json:"outcome"`
	Says       string        `json:"says"` // the outcome, in words
	StartedAt  time.Time     `json:"startedAt"`
	EndedAt    time.Time     `json:"endedAt,omitzero"`
	Incomplete bool          `json:"incomplete,omitempty"` // an earlier execution's history is missing
	Executions []string      `json:"executions"`
	Settings   target.Target `json:"settings"` // the target, with the execution's longer timings
	Keys       []Key         `json:"keys"`     // the old one first
	// BothActive is how long the old key and a new one were Active immediately.
	BothActive target.Seconds     `json:"bothActive"`
	Controls   []Control          `json:"controls"`
	Proofs     []Proof            `json:"proofs"`
	Milestones []Milestone        `json:"milestones"`
	Waves      []Wave             `json:"waves,omitempty"`
	Locations  *rotation.ReadBack `json:"locations,omitempty"`
	Usage      *Usage             `json:"usage,omitempty"` // nil: not checked
	spans      []span             // what else the chart shows
}

// Usage is the last check of what uses the keys.
type Usage struct {
	CheckedAt        time.Time      `json:"checkedAt"`
	OldKeyIdle       bool           `json:"oldKeyIdle"`
	LastUseOfOldKey  string         `json:"lastUseOfOldKey,omitempty"`
	GraceExtendedBy  target.Seconds `json:"graceExtendedBy"`
	FirstUseOfNewKey *rotation.Use  `json:"firstUseOfNewKey,omitempty"`
}

// Milestone is something that happened in a rotation.
type Milestone struct {
	At   time.Time `json:"at"`
	Key  string    `json:"key,omitempty"` // last four characters
	Text string    `json:"text"`
	Ref  *Ref      `json:"ref,omitempty"`
}

// Wave is the clusters that were deployed together.
type Wave struct {
	Number   int       `json:"number"`
	Name     string    `json:"name"`
	Clusters []Cluster `json:"clusters"`
}

// Cluster is the deployment of one cluster.
type Cluster struct {
	Name      string    `json:"name"`
	ID        string    `json:"id"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	DoneAt    time.Time `json:"doneAt,omitzero"`
	Attempts  int       `json:"attempts,omitempty"`
	Skipped   string    `json:"skipped,omitempty"` // the status for which it was passed over
	// Maintenance: Qovery's own deployment was waited for first.
	Maintenance bool `json:"maintenance,omitempty"`
}

// Build reads histories and says what they prove. They may come in any order,
// and no execution twice. What is still going on counts until asOf.
func Build(histories []statemachine.History, asOf time.Time, source string) (Report, error) {
	report := Report{AsOf: asOf.UTC(), Source: source, Rotations: []Rotation{}, Executions: []Execution{}}
	evidence := &evidence{asOf: report.AsOf}
	for _, history := range inOrder(histories) {
		execution, err := evidence.read(history)
		if err != nil {
			return Report{}, err
		}
		report.Executions = append(report.Executions, execution)
	}
	for _, facts := range evidence.rotations {
		report.Rotations = append(report.Rotations, facts.conclude(report.Executions))
	}
	return report, nil
}
