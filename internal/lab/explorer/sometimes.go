package explorer

import (
	"slices"
	"strings"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/statemachine"
)

// Moment is something rare that an exploration is worth nothing without: one in which it
// never happened has not looked where mistakes are made.
type Moment string

// The moments.
const (
	lateAfterTakeover Moment = "a write takes effect after another execution has taken the rotation over"
	stoppedAtWork     Moment = "an execution is stopped while its function may be at work"
	twoAtWork         Moment = "two executions have gone beyond Preflight and haven't ended"
	redrivenToEnd     Moment = "a redriven execution completes the rotation"
	fixedToEnd        Moment = "a rotation completes after a person did what its error says"
	broughtBack       Moment = "the old key is made Active again by an execution"
	orphanDeleted     Moment = "a key whose creation was not answered is found and deleted"
	discarded         Moment = "a new key is deleted by an execution"
)

// Moments are all of them.
var Moments = []Moment{lateAfterTakeover, stoppedAtWork, twoAtWork, redrivenToEnd, fixedToEnd, broughtBack,
	orphanDeleted, discarded}

// OutOfReach are the codes that no schedule can raise, and why. One that is raised all the
// same is a violation, so that the list stays true.
var OutOfReach = map[fault.Code]string{
	fault.ConfigurationError: "the simulated stack is whole, and so are its functions' environments",
	fault.NoClusters:         "the credentials of each world serve a cluster",
	fault.TargetNotFound:     "no one takes the target out",
	fault.TooEarly:           "a Wait state ends no earlier than it says",
	fault.TooManyClusters:    "a world of 251 clusters is played by a scenario alone",
}

func (p *player) sometimes(moment Moment) { p.result.Seen.Moments[moment] = true }

// notice looks for moments in what an event shows.
func (p *player) notice(run *lab.Run, event statemachine.Event) {
	if event.State != "" && OutOfReach[fault.Code(event.Error)] != "" {
		p.wrong("%s was raised, which is listed as out of reach", event.Error)
	}
	atWork := 0
	for _, other := range p.Runs() {
		if at := p.before[other.Name()]; !other.Ended() && at != "" && at != "Preflight" && at != "ChoosePlan" {
			atWork++
		}
	}
	if atWork > 1 {
		p.sometimes(twoAtWork)
	}
	if event.State == "RotationComplete" {
		if slices.ContainsFunc(run.History(), redriven) {
			p.sometimes(redrivenToEnd)
		}
		if p.repairs > 0 {
			p.sometimes(fixedToEnd)
		}
	}
}

func redriven(event statemachine.Event) bool { return event.Type == statemachine.ExecutionRedriven }

// noticeCall looks for moments in the outcome of a call.
func (p *player) noticeCall(outcome lab.Outcome) {
	if outcome.Site == createAccessKey && outcome.Applied && (!outcome.Answered || outcome.Err != nil) {
		p.unanswered = append(p.unanswered, p.created)
	}
	name, _, isStep := strings.Cut(outcome.Process, "/")
	if !outcome.Late || !outcome.Applied || !isStep {
		return
	}
	if record := p.record(); record != nil && !strings.HasSuffix(record.Owner, ":"+name) {
		p.sometimes(lateAfterTakeover)
	}
}

// noticeKey looks for moments in the change of a key.
func (p *player) noticeKey(change lab.KeyChange) {
	switch {
	case change.What == lab.Created:
		p.created = change.Key
	case change.By == lab.Person:
	case change.What == lab.Activated:
		p.sometimes(broughtBack)
	case change.What == lab.Deleted && change.Key != p.OldKey.ID:
		p.sometimes(discarded)
		if slices.Contains(p.unanswered, change.Key) {
			p.sometimes(orphanDeleted)
		}
	}
}

// noticeStop looks for moments in an execution's end by hand.
func (p *player) noticeStop(kind Kind) {
	record := p.record()
	if kind.ofExecution() && kind != Second && record != nil && record.Lease.Holder != "" {
		p.sometimes(stoppedAtWork)
	}
}
