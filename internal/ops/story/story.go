// Package story tells a rotation in words: what an execution of the state machine
// is going to do (plan.go, and dryrun.go of what a dry run found), and what it
// does, event by event. The simulator tells its own executions with it, and the
// command line those that run in AWS.
package story

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
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
	case event.Exited():
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
	text := event.Error + ": " + strings.TrimSuffix(fault.Read(event.Cause).What.String(), ".")
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
	until := WaitsUntil(event.State, doc)
	if until.Sub(event.Time) > 24*time.Hour {
		return words.At(until)
	}
	return words.Time(until, "15:04:05 UTC")
}

// WaitsUntil is when a Wait state of the definition ends, zero for other states.
func WaitsUntil(state string, doc rotation.Document) time.Time {
	return map[string]rotation.WaitTime{
		"AwaitWindow": doc.NotBefore, "WaitForDeployment": doc.Deployment.NextPollAt, "GracePeriod": doc.GraceEndsAt,
		"ExtendGrace":       doc.Usage.NextCheckAt,
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
	return Step(event.State, doc)
}

// Step says what a state that was left without an error did, or found done, from
// the document that it returned; "" for a state that needs no words.
func Step(state string, doc rotation.Document) string {
	if say, exists := sayings[state]; exists {
		return say(doc)
	}
	return ""
}

var sayings = map[string]func(rotation.Document) string{
	"Preflight": func(d rotation.Document) string {
		if d.OldKey == "" {
			return d.Plan.Reason
		}
		return d.Plan.Reason + "; " + d.Outgoing()
	},
	"ChoosePlan":    func(d rotation.Document) string { return string(d.Plan.Action) },
	"RestoreOldKey": reactivation,
	"IsAbort":       func(d rotation.Document) string { return yes(d.Plan.Action == rotation.ActionAbort) },
	"CreateKey":     creation,
	"VerifyKey": func(d rotation.Document) string {
		return "new key " + d.NewKey + " works: STS knows it as " + d.Identity
	},
	"UpdateCredentials": update,
	"DeployClusters":    deployment,
	"IsDeployed":        func(d rotation.Document) string { return yes(d.Deployment.Next != rotation.PollAgain) },
	"CheckUsage":        usage,
	"IsIdle":            func(d rotation.Document) string { return yes(d.Usage.Idle) },
	"DeactivateKey":     deactivation,
	"VerifyDeployment":  verification,
	"IsVerified":        func(d rotation.Document) string { return yes(d.Verification.Next != rotation.PollAgain) },
	"DeleteKey":         deletion,
	"Complete":          completion,
	"IsNextDue":         func(d rotation.Document) string { return yes(d.NextIsDue) },
	"DiscardKey":        discarding,
	"ReactivateKey":     reactivation,
}

func completion(d rotation.Document) string {
	return d.Kind.Noun() + " complete: the journal's record is closed"
}

func creation(d rotation.Document) string {
	if d.Marks[rotation.Create].How == rotation.Unclear {
		return "new key " + d.NewKey + " created; its secret was found staged"
	}
	return "new key " + d.NewKey + " created; its secret is staged, encrypted"
}

func update(d rotation.Document) string {
	if d.ReadBack != nil && len(d.ReadBack.Locations) == 0 {
		return "no location takes the new key: each has a role now, or is gone; no secret is staged any more"
	}
	return "Qovery holds the new key, read back; no secret is staged any more"
}

func reactivation(d rotation.Document) string {
	if d.Leaked[d.OldKey] != "" && !d.Marks[rotation.Deactivate].Done.IsZero() {
		return d.Outgoing() + " stays Inactive"
	}
	return d.Outgoing() + " is Active"
}

func discarding(d rotation.Document) string {
	text := "new key gone"
	if d.Marks[rotation.Discard].How == rotation.Did {
		text = "new key deleted"
	}
	return text + ", and no secret of it is staged: nothing is different from before"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func deployment(d rotation.Document) string {
	if d.Kind == rotation.Migrate {
		return moving(d)
	}
	polling := d.Deployment.Next == rotation.PollAgain
	var all, started, done, skipped, maintained int
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
		case cluster.Maintenance:
			maintained++
		}
	}
	if done == 0 && started == 0 && skipped == all {
		if all == 0 {
			return "nothing was deployed: no cluster uses the key"
		}
		return "nothing was deployed: " + words.Count(skipped, "cluster") + " passed over"
	}
	text := fmt.Sprintf("%d of %d clusters deployed", done, all)
	if started > 0 {
		text += fmt.Sprintf(", %d being deployed", started)
	}
	if waiting := all - done - skipped - started; waiting > 0 {
		text += fmt.Sprintf(", %d not started yet", waiting)
	}
	if maintained > 0 {
		text += fmt.Sprintf(" (%d after Qovery's maintenance)", maintained)
	}
	if skipped > 0 {
		text += fmt.Sprintf(", %d passed over", skipped)
	}
	if polling {
		text = fmt.Sprintf("wave %d: %s", d.Deployment.Wave, text)
	}
	return text
}

func moving(d rotation.Document) string {
	moved, under := 0, 0
	for _, cluster := range d.Deployment.Clusters {
		switch {
		case !cluster.DoneAt.IsZero():
			moved++
		case !cluster.PostedAt.IsZero():
			under++
		}
	}
	text := fmt.Sprintf("%d of %d clusters moved to the role", moved, len(d.Deployment.Clusters))
	if d.Abort {
		text = words.Count(moved, "cluster") + " deployed with the role"
	}
	switch {
	case d.Deployment.Next == rotation.MovedBack:
		text += ", and none is under way"
	case under > 0:
		text += fmt.Sprintf(", %d being deployed", under)
	}
	return text
}

func usage(d rotation.Document) string {
	switch {
	case d.Usage.Gone:
		return d.Outgoing() + " " + FoundGone(rotation.Found)
	case d.Kind == rotation.Retire && d.Usage.LastUse == "":
		return "no use of the key is known in the last two weeks"
	case d.Usage.Idle && d.Usage.LastUse == "":
		return "no use of the old key is known since the new key took its place"
	case d.Usage.Idle:
		return "the old key is idle, last used " + d.Usage.LastUse
	default:
		return "the old key is in use, last " + d.Usage.LastUse + "; the grace period is prolonged"
	}
}

func verification(d rotation.Document) string {
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

func deactivation(d rotation.Document) string {
	mark := d.Marks[rotation.Deactivate]
	switch {
	case mark.How == rotation.Did && d.Leaked[d.OldKey] == target.AtOnce:
		return d.Outgoing() + " Inactive since " + words.Time(mark.Done, time.TimeOnly)
	case mark.How == rotation.Did:
		return d.Outgoing() + " made Inactive"
	case mark.How == rotation.Found && !mark.FoundGone():
		return d.Outgoing() + " found Inactive: someone else made it so"
	case mark.FoundGone():
		return d.Outgoing() + " " + FoundGone(mark.How)
	}
	return d.Outgoing() + " is Inactive" // by this rotation, for all that is known
}

func deletion(d rotation.Document) string {
	switch how := d.Marks[rotation.Delete].How; how {
	case rotation.Did:
		return d.Outgoing() + " deleted"
	case rotation.Found, rotation.Unclear:
		return d.Outgoing() + " " + FoundGone(how)
	}
	return d.Outgoing() + " gone"
}

// FoundGone says who deleted a key that a step found gone, as far as is known.
func FoundGone(how rotation.How) string {
	if how == rotation.Unclear {
		return "found gone: a request of this rotation that had no answer deleted it, or someone else did"
	}
	return "found gone: someone else deleted it"
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
