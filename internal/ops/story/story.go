// Package story tells what an execution of the state machine does, event by
// event, in words. The simulator tells its own executions with it, and the
// command line those that run in AWS.
package story

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Teller tells of one execution.
type Teller struct {
	machine *statemachine.Machine
	failed  string // what was told of the state's last attempt, if that failed
}

// NewTeller tells of an execution of the machine.
func NewTeller(machine *statemachine.Machine) *Teller { return &Teller{machine: machine} }

// Describe says what an event means, or "" when it needs no words. It wants all
// events of the execution from some state on, in order.
func (t *Teller) Describe(event statemachine.Event) string {
	const longest = 500 // an input may have 256 KiB
	return words.Short(words.Line(t.describe(event)), longest)
}

func (t *Teller) describe(event statemachine.Event) string {
	switch {
	case event.Type == statemachine.ExecutionStarted:
		return "started with " + string(event.Input)
	case event.Type == statemachine.ExecutionRedriven:
		return "redriven"
	case event.Type == statemachine.ExecutionSucceeded, event.Type == statemachine.ExecutionAborted,
		event.Type == statemachine.ExecutionTimedOut:
		return strings.ToUpper(strings.TrimPrefix(string(event.Type), "Execution"))
	case event.Type == statemachine.ExecutionFailed && event.Error == string(fault.AbortRequested):
		return "aborted, as asked" // which is a failure to Step Functions alone
	case event.Type == statemachine.ExecutionFailed:
		return "FAILED: " + event.Error
	case event.Error != "" || event.Type == statemachine.TaskTimedOut:
		return t.tellFailure(event)
	case event.Type == statemachine.TaskSucceeded:
		t.failed = ""
	case strings.HasSuffix(string(event.Type), "StateExited"):
		return t.describeExit(event)
	case event.Type == "WaitStateEntered":
		return "until " + waitsUntil(event)
	case event.Type == "SucceedStateEntered", event.Type == "FailStateEntered":
		state, _ := t.machine.State(event.State)
		return state.Comment
	}
	return ""
}

// tellFailure says once what is tried again and again.
func (t *Teller) tellFailure(event statemachine.Event) string {
	text := event.Error + ": " + strings.TrimSuffix(fault.Read(event.Cause).What, ".")
	if text == t.failed {
		return ""
	}
	t.failed = text
	return text
}

func waitsUntil(event statemachine.Event) string {
	var doc rotation.Document
	if json.Unmarshal(event.Input, &doc) != nil {
		return "?"
	}
	return words.Time(WaitsUntil(event.State, doc), time.TimeOnly)
}

// WaitsUntil is when a Wait state of the definition ends, zero for other states.
func WaitsUntil(state string, doc rotation.Document) time.Time {
	return map[string]rotation.WaitTime{
		"WaitForDeployment": doc.Deployment.NextPollAt, "GracePeriod": doc.GraceEndsAt, "ExtendGrace": doc.Usage.NextCheckAt,
		"ObservationPeriod": doc.ObservedAt, "WaitForVerification": doc.Verification.NextPollAt,
	}[state].Time
}

// describeExit says what a state has come to, from the document it returned. A
// state that was left because of an error has come to nothing.
func (t *Teller) describeExit(event statemachine.Event) string {
	if t.failed != "" {
		t.failed = ""
		return ""
	}
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
	"Preflight": func(d rotation.Document) string {
		if d.OldKey == "" {
			return d.Plan.Reason
		}
		return fmt.Sprintf("%s; old key %s", d.Plan.Reason, d.OldKey)
	},
	"ChoosePlan":    func(d rotation.Document) string { return string(d.Plan.Action) },
	"RestoreOldKey": func(d rotation.Document) string { return "old key " + d.OldKey + " is Active" },
	"IsAbort":       func(d rotation.Document) string { return yes(d.Plan.Action == rotation.ActionAbort) },
	"CreateKey":     func(d rotation.Document) string { return "new key " + d.NewKey + " created, its secret staged" },
	"VerifyKey":     func(d rotation.Document) string { return "STS knows it as " + d.Identity },
	"UpdateCredentials": func(rotation.Document) string {
		return "Qovery holds the new key; no secret is staged any more"
	},
	"DeployClusters":   tellDeployment,
	"IsDeployed":       func(d rotation.Document) string { return yes(d.Deployment.Next != rotation.PollAgain) },
	"CheckUsage":       tellUsage,
	"IsIdle":           func(d rotation.Document) string { return yes(d.Usage.Idle) },
	"DeactivateKey":    tellDeactivation,
	"VerifyDeployment": tellVerification,
	"IsVerified":       func(d rotation.Document) string { return yes(d.Verification.Next != rotation.PollAgain) },
	"DeleteKey":        tellDeletion,
	"Complete":         func(rotation.Document) string { return "the journal's record is closed" },
	"IsNextDue":        func(d rotation.Document) string { return yes(d.NextIsDue) },
	"DiscardKey": func(d rotation.Document) string {
		return "the new key is discarded, the journal's record closed"
	},
	"ReactivateKey": func(d rotation.Document) string { return "old key " + d.OldKey + " is Active" },
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func tellDeployment(d rotation.Document) string {
	polling := d.Deployment.Next == rotation.PollAgain
	var all, started, done, skipped int
	for _, cluster := range d.Deployment.Clusters {
		if polling && cluster.Wave != d.Deployment.Wave {
			continue
		}
		all++
		switch {
		case !cluster.DoneAt.IsZero():
			done++
		case cluster.Skipped != "":
			skipped++
		case !cluster.PostedAt.IsZero():
			started++
		}
	}
	if done == 0 && started == 0 && skipped == all {
		return "nothing was deployed: " + words.Count(skipped, "cluster") + " passed over"
	}
	text := fmt.Sprintf("%d of %d clusters deployed", done, all)
	if started > 0 {
		text += fmt.Sprintf(", %d being deployed", started)
	}
	if waiting := all - done - skipped - started; waiting > 0 {
		text += fmt.Sprintf(", %d not started yet", waiting)
	}
	if skipped > 0 {
		text += fmt.Sprintf(", %d passed over", skipped)
	}
	if polling {
		text = fmt.Sprintf("wave %d: %s", d.Deployment.Wave, text)
	}
	return text
}

func tellUsage(d rotation.Document) string {
	switch {
	case d.Usage.Gone:
		return "the old key is gone, and its uses were not asked for"
	case d.Usage.Idle && d.Usage.LastUse == "":
		return "no use of the old key is known since the new key took its place"
	case d.Usage.Idle:
		return "the old key is idle, last used " + d.Usage.LastUse
	default:
		return "the old key is in use, last " + d.Usage.LastUse
	}
}

func tellVerification(d rotation.Document) string {
	canary, verified := d.Verification.Canary, d.Marks[rotation.Verify]
	switch {
	case verified.How == rotation.NotNeeded || canary == nil:
		return "nothing was deployed"
	case d.Verification.Next == rotation.PollAgain:
		return "cluster " + canary.Name + " is being deployed" + withOldKey(verified, "is")
	default:
		return "cluster " + canary.Name + " was deployed" + withOldKey(verified, "was")
	}
}

// withOldKey says what the old key was seen to be meanwhile.
func withOldKey(verified rotation.Mark, was string) string {
	if verified.Saw == "" {
		return ""
	}
	return fmt.Sprintf(" while the old key %s %s", was, verified.Saw)
}

func tellDeactivation(d rotation.Document) string {
	if d.Marks[rotation.Deactivate].How == rotation.Found {
		return "the old key " + d.OldKey + " is gone: someone else deleted it"
	}
	return "old key " + d.OldKey + " is Inactive"
}

func tellDeletion(d rotation.Document) string {
	switch d.Marks[rotation.Delete].How {
	case rotation.Did:
		return "old key " + d.OldKey + " deleted"
	case rotation.Found:
		return "the old key " + d.OldKey + " is gone: someone else deleted it"
	}
	return "the old key " + d.OldKey + " is gone"
}

// Clusters counts the clusters of a rotation that are done, deployed or passed
// over, and all of them. Before DeployClusters none are known.
func Clusters(doc rotation.Document) (done, all int) {
	for _, cluster := range doc.Deployment.Clusters {
		if !cluster.DoneAt.IsZero() || cluster.Skipped != "" {
			done++
		}
	}
	return done, len(doc.Deployment.Clusters)
}
