package explorer

import (
	"encoding/json"
	"slices"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// judgeSoFar says what must not have happened, wherever the rotation is, and has.
func (p *player) judgeSoFar() {
	for _, violation := range slices.Concat(p.Judge.Violations, p.Judge.LatePointings()) {
		p.wrong("%s", violation)
	}
	for _, refused := range p.Judge.Refused {
		if !p.isExcused(refused) {
			p.wrong("%s was refused with the key %s at %s", refused.Consumer, refused.Key, words.Time(refused.At, "02 15:04"))
		}
	}
	for _, leak := range p.Judge.Leaks() {
		p.wrong("%s", leak)
	}
}

// judge says, too, what must be so in the end and is not.
func (p *player) judge() {
	p.judgeSoFar()
	p.judgeEvidence()
	p.judgeUnasked()
	p.requireApplied()
	p.requireTold()
	p.requireAlarm()
	if !p.succeeded && !p.retired {
		last := p.Runs()[len(p.Runs())-1]
		p.wrong("after the faults, %d executions have not led to a rotation; the last ended %s: %s", p.sinceLast,
			last.Outcome(), fault.Read(last.Cause()))
		return
	}
	p.requireOneKey()
	p.requireNothingLeft()
}

// requireApplied: every cluster was deployed with what it points at.
func (p *player) requireApplied() {
	for _, id := range p.Clusters {
		pointsAt, applied := p.Qovery.Applied(id)
		if pointsAt != applied {
			p.wrong("in the end %s points at credentials with which it was not deployed", p.Qovery.NameOf(id))
		}
	}
}

// judgeUnasked: an execution that came for a key never resumes a rotation of another
// one, which a person may have stopped.
func (p *player) judgeUnasked() {
	for _, run := range p.Runs() {
		for _, event := range run.History() {
			var doc rotation.Document
			if run.Name() == cameFor && event.Type == "TaskStateExited" && event.State == "Preflight" &&
				json.Unmarshal(event.Output, &doc) == nil && doc.CarriedOn {
				p.wrong("%s resumed a rotation that it had not begun", run.Name())
			}
		}
	}
}

// requireTakenCare: the audit begins again what no person needs to fix, unless a person
// has had a hand in it.
func (p *player) requireTakenCare() {
	last := p.Runs()[len(p.Runs())-1]
	byPeople := slices.ContainsFunc(p.result.Fired, func(f Firing) bool { return f.Kind.isAct() })
	givenUp := p.record() != nil && p.EndedIn(last) == "Fail"
	isOver := p.succeeded || p.hasCompleted(last.ARN(), last.StartTime())
	if !isOver && !byPeople && !givenUp && fault.Passing(last.ErrorName()) {
		p.wrong("the audit leaves alone what no person needs to fix: %s", last.ErrorName())
	}
}

// isExcused tells whether a key's not working was a person's own doing: a person
// put it into Qovery without its working, or just before it was deactivated or
// deleted, or deactivated or deleted it.
func (p *player) isExcused(refused lab.Refused) bool {
	if slices.Contains(p.excused, refused.Key) {
		return true
	}
	broken := p.lastChange(refused)
	if broken.By == lab.Person {
		return broken.What != lab.Created
	}
	put, byPerson := p.putAt[refused.Key]
	return byPerson && broken.Sent.Before(put.Add(unseen))
}

// lastChange is the last one of the key before it was refused.
func (p *player) lastChange(refused lab.Refused) (last lab.KeyChange) {
	for _, life := range p.IAM.Lives() {
		for _, change := range life.Changes {
			if life.ID == refused.Key && !change.At.After(refused.At) {
				last = change
			}
		}
	}
	return last
}

// requireOneKey: after a rotation, the locations hold one Active key, unless a
// person saw to it otherwise too late for the rotation to notice. A retirement does
// nothing about the other key.
func (p *player) requireOneKey() {
	if p.interferedLate() || p.kind.retires > 0 && p.interfered() {
		return
	}
	held := 0
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 {
			continue
		}
		held++
		if key.Status != rotation.Active {
			p.wrong("in the end the key %s, which Qovery holds, is %s", key.ID, key.Status)
		}
	}
	if held != 1 && !(held == 0 && p.roles) {
		p.wrong("in the end Qovery holds %d keys that exist", held)
	}
}

// requireGoodKeys: however the executions ended, every location that holds a key
// holds one that works, unless a person has interfered.
func (p *player) requireGoodKeys() {
	if p.interfered() {
		return
	}
	for _, location := range p.Qovery.Locations() {
		id := rotation.KeyID(p.Qovery.KeyOf(location))
		if status, exists := p.IAM.Status(id); id != "" && (!exists || status != rotation.Active) {
			p.wrong("%s holds the key %s, which does not work", location, id)
		}
	}
}

// unseen is how long what a person does may go unnoticed: lists and reads are
// stale by up to a minute, and between the last look and the last effect are
// some seconds.
const unseen = 90 * time.Second

// interferedLate tells whether a person changed keys or what Qovery holds just
// before the rotation sent its last request about a key, or later.
func (p *player) interferedLate() bool {
	var acted time.Time
	for _, life := range p.IAM.Lives() {
		for _, change := range life.Changes {
			if change.By != lab.Person && change.Sent.After(acted) {
				acted = change.Sent
			}
		}
	}
	return p.keysTouchedAt.Add(unseen).After(acted)
}

// requireNothingLeft: while no record is open, every key is held by Qovery, was
// made by a person, or was replaced by one or by a role, and no secret is staged.
func (p *player) requireNothingLeft() {
	if p.record() != nil {
		return
	}
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 && !p.isOwn(key.ID) && !p.roles &&
			!slices.Contains(p.replaced, key.ID) {
			p.wrong("nobody answers for the key %s, which is %s", key.ID, key.Status)
		}
	}
	for _, id := range p.SSM.Staged() {
		p.wrong("the secret of %s is still staged", id)
	}
}
