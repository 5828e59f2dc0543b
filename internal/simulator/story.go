package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// Line is one line of a story.
type Line struct {
	At        time.Time `json:"at"`
	Execution string    `json:"execution,omitempty"` // empty: what a person does
	State     string    `json:"state,omitempty"`
	Text      string    `json:"text"`
}

// Tell has every event of the world told as a line.
func (w *World) Tell(tell func(Line)) {
	w.OnSay = func(text string) { tell(Line{At: w.Timeline.Now(), Text: text}) }
	w.OnEvent = func(run *Run, event statemachine.Event) {
		if text := describe(run, event); text != "" {
			tell(Line{At: event.Time, Execution: run.Name(), State: event.State, Text: text})
		}
	}
}

// describe says what an event means, or "" when it needs no words.
func describe(run *Run, event statemachine.Event) string {
	switch {
	case event.Type == statemachine.ExecutionStarted:
		return "started with " + string(run.Input())
	case event.Type == statemachine.ExecutionRedriven:
		return "redriven"
	case event.Type == statemachine.ExecutionSucceeded, event.Type == statemachine.ExecutionAborted, event.Type == statemachine.ExecutionTimedOut:
		return strings.ToUpper(strings.TrimPrefix(string(event.Type), "Execution"))
	case event.Type == statemachine.ExecutionFailed:
		return "FAILED: " + event.Error
	case event.Error != "":
		return event.Error + ": " + sentence(event.Cause)
	case strings.HasSuffix(string(event.Type), "StateExited"):
		return describeExit(event)
	case event.Type == "WaitStateEntered":
		return "until " + waitsUntil(event)
	case event.Type == "SucceedStateEntered", event.Type == "FailStateEntered":
		return "reached"
	}
	return ""
}

// sentence is the message in the cause of a failed function.
func sentence(cause string) string {
	var failure struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(cause), &failure) == nil && failure.Message != "" {
		return failure.Message
	}
	return cause
}

func waitsUntil(event statemachine.Event) string {
	var doc rotation.Document
	if json.Unmarshal(event.Input, &doc) != nil {
		return "?"
	}
	until := map[string]rotation.WaitTime{
		"WaitForDeployment": doc.Deployment.NextPollAt, "GracePeriod": doc.GraceEndsAt, "ExtendGrace": doc.Usage.NextCheckAt,
		"ObservationPeriod": doc.ObservedAt, "WaitForVerification": doc.Verification.NextPollAt,
	}[event.State]
	return until.Format("15:04:05")
}

// describeExit says what a state has come to, from the document it returned.
func describeExit(event statemachine.Event) string {
	var doc rotation.Document
	if json.Unmarshal(event.Output, &doc) != nil {
		return ""
	}
	if tell, exists := tellings[event.State]; exists {
		return tell(doc)
	}
	return ""
}

var tellings = map[string]func(rotation.Document) string{
	"Preflight":         func(d rotation.Document) string { return fmt.Sprintf("%s; old key %s", d.Plan.Reason, d.OldKey) },
	"ChoosePlan":        func(d rotation.Document) string { return string(d.Plan.Action) },
	"RestoreOldKey":     func(d rotation.Document) string { return "old key " + d.OldKey + " is Active" },
	"IsAbort":           func(d rotation.Document) string { return yes(d.Plan.Action == rotation.ActionAbort) },
	"CreateKey":         func(d rotation.Document) string { return "new key " + d.NewKey + " created, its secret staged" },
	"VerifyKey":         func(d rotation.Document) string { return "STS knows it as " + d.Identity },
	"UpdateCredentials": func(rotation.Document) string { return "Qovery holds the new key; the staged secret is destroyed" },
	"DeployClusters":    tellDeployment,
	"IsDeployed":        func(d rotation.Document) string { return yes(d.Deployment.Next != rotation.PollAgain) },
	"CheckUsage":        tellUsage,
	"IsIdle":            func(d rotation.Document) string { return yes(d.Usage.Idle) },
	"DeactivateKey":     func(d rotation.Document) string { return "old key " + d.OldKey + " is Inactive" },
	"VerifyDeployment":  tellVerification,
	"IsVerified":        func(d rotation.Document) string { return yes(d.Verification.Next != rotation.PollAgain) },
	"DeleteKey":         func(d rotation.Document) string { return "old key " + d.OldKey + " deleted" },
	"Complete":          func(rotation.Document) string { return "the journal's record is closed" },
	"IsNextDue":         func(d rotation.Document) string { return yes(d.NextIsDue) },
	"DiscardKey":        func(d rotation.Document) string { return "the new key is discarded, the journal's record closed" },
	"ReactivateKey":     func(d rotation.Document) string { return "old key " + d.OldKey + " is Active" },
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func tellDeployment(d rotation.Document) string {
	var started, done, skipped int
	for _, cluster := range d.Deployment.Clusters {
		switch {
		case !cluster.DoneAt.IsZero():
			done++
		case cluster.Skipped != "":
			skipped++
		case !cluster.PostedAt.IsZero():
			started++
		}
	}
	text := fmt.Sprintf("%d of %d clusters deployed, %d being deployed", done, len(d.Deployment.Clusters), started)
	if skipped > 0 {
		text += fmt.Sprintf(", %d passed over", skipped)
	}
	if d.Deployment.Next == rotation.PollAgain {
		text = fmt.Sprintf("wave %d: %s", d.Deployment.Wave, text)
	}
	return text
}

func tellUsage(d rotation.Document) string {
	switch {
	case d.Usage.Idle && d.Usage.LastUse == "":
		return "the old key was never used"
	case d.Usage.Idle:
		return "the old key is idle, last used " + d.Usage.LastUse
	default:
		return "the old key is in use, last " + d.Usage.LastUse
	}
}

func tellVerification(d rotation.Document) string {
	canary := d.Verification.Canary
	switch {
	case canary == nil:
		return "nothing to verify with"
	case d.Verification.Next == rotation.PollAgain:
		return "cluster " + canary.Name + " is being deployed while the old key is Inactive"
	default:
		return "cluster " + canary.Name + " was deployed while the old key was Inactive"
	}
}
