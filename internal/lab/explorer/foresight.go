package explorer

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation/target"
)

// foresee polices rule 13: no key is created of which it can be known that it
// would have to be thrown away, or would stay beside the old one for ever.
func (p *player) foresee(change lab.KeyChange) {
	denied := change.At.Before(lab.Beginning.Add(p.kind.denied))
	switch {
	case change.What != lab.Created || change.By == lab.Person:
	case denied && !p.Judge.AnyLeaked(): // which waits for no one's disuse
		p.wrong("the key %s was created while CloudTrail could not be searched, so that no rotation could end", change.Key)
	case !p.staged:
		p.wrong("the key %s was created while no secret could be staged", change.Key)
	case p.beganAfter(p.IAM.QuarantinedSince(lab.UserName), change.By):
		p.wrong("the key %s was created although AWS had quarantined the user", change.Key)
	case p.beganAfter(p.Qovery.RestrictedSince(), change.By):
		p.wrong("the key %s was created although Qovery let the organization deploy nothing", change.Key)
	case p.replacesYoung(change):
		p.wrong("%s replaces a key of the day, and no one had asked for that", change.By)
	}
}

// noticeStaging notes whether a secret that was to be staged was.
func (p *player) noticeStaging(outcome lab.Outcome) {
	if outcome.Site == putParameter && !outcome.Late {
		p.staged = outcome.Answered && outcome.Err == nil
	}
}

// beganAfter: the execution of a function entered Preflight after that, and no one has said that
// a key leaked.
func (p *player) beganAfter(since time.Time, process string) bool {
	if since.IsZero() || p.Judge.AnyLeaked() {
		return false
	}
	for _, event := range slices.Backward(p.runOf(process).History()) {
		if event.Entered() && event.State == "Preflight" {
			return !since.After(event.Time)
		}
	}
	return false
}

// replacesYoung: an execution that no person started replaces a key that is younger than a
// day, and that did not leak.
func (p *player) replacesYoung(change lab.KeyChange) bool {
	record := p.record()
	input, err := target.ParseInput(p.runOf(change.By).Input())
	if record == nil || err != nil || !input.Scheduled || p.Judge.AnyLeaked() {
		return false
	}
	return slices.ContainsFunc(p.IAM.Lives(), func(life lab.KeyLife) bool {
		return life.ID == record.OldKey && change.At.Sub(life.CreatedAt) < 24*time.Hour
	})
}
