package explorer

import (
	"strings"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// acts are what people do when an execution enters a state, in the words of
// scenarios; RUN is that execution.
var acts = map[Kind][]string{
	Stop:             {"stop"},
	StopStart:        {"stop", "start"},
	StopRedrive:      {"stop", "after 1m redrive RUN"},
	StopStartRedrive: {"stop", "start", "after 1m redrive RUN"},
	Abort:            {"abort"},
	Second:           {"start"},

	DeactivateOld: {"deactivate old"},
	DeactivateNew: {"deactivate new"},
	ActivateOld:   {"activate old"},
	DeleteOld:     {"delete old"},
	DeleteNew:     {"delete new"},
	CreateKey:     {"create key"},
	PutOld:        {"put old into credentials"},
	PutOwn:        {"put own into credentials"},
	GiveRole:      {"give credentials role"},
	GiveRoles:     {"give everything role"},

	// for longer than anything is tried again
	MaskKey: {"write credentials masked", "after 3h write credentials right"},

	DeployCluster: {"cluster 1 deploy"},
	StopCluster:   {"cluster last stop"},
	StartCluster:  {"cluster last stop", "after 1h cluster last deploy"},

	LeakOld:       {"leak old"},
	LeakOldAtOnce: {"leak old at-once"},
	LeakNew:       {"leak new"},
	Quarantine:    {"quarantine"},

	ComeFor: {"start " + cameFor + ` {"target": "production", "scheduled": true, "key": "KEY-1"}`},
}

// cameFor is the name of the execution that comes for the old key.
const cameFor = "came-for"

// act does what people do, and tells whether there was anything to do.
func (p *player) act(kind Kind, run *lab.Run) bool {
	for _, line := range acts[kind] {
		if p.Do(run, strings.ReplaceAll(line, "RUN", run.Name())) != nil {
			return false
		}
	}
	return true
}

// notePut notes that a person is about to put a key into the credentials. If it does
// not work, or does not yet, what that breaks is the person's doing.
func (p *player) notePut(id rotation.KeyID) {
	if status, _ := p.IAM.Status(id); status != rotation.Active || id != p.KeyToReplace() {
		p.excused = append(p.excused, id)
	}
	for _, location := range p.Qovery.Locations() {
		if held := rotation.KeyID(p.Qovery.KeyOf(location)); held != id {
			p.replaced = append(p.replaced, held)
		}
	}
	p.putAt[id] = p.Timeline.Now()
}

// isOwn tells whether a person has created the key while rotations ran.
func (p *player) isOwn(id rotation.KeyID) bool {
	for _, life := range p.IAM.Lives() {
		if life.ID == id {
			return life.Changes[0].By == lab.Person && id != p.OldKey.ID
		}
	}
	return false
}
