package explorer

import (
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// repair does what the last execution's error tells a person to do, where a person
// has interfered, and tells whether there was anything.
func (p *player) repair() bool {
	if p.repairs >= mostRepairs || !p.interfered() {
		return false
	}
	last := p.Runs()[len(p.Runs())-1]
	code := rotation.Code(last.ErrorName())
	remedy := remedies[code]
	if remedy == nil {
		return false
	}
	if !strings.Contains(last.Cause(), ". ") {
		p.wrong("%s does not say what to do: %s", code, last.Cause())
	}
	p.tell("a person fixes %s", code)
	p.repairs++
	remedy(p)
	return true
}

func (p *player) interfered() bool {
	return !p.interferedAt.IsZero()
}

// remedies are what people do about the errors that need them.
var remedies = map[rotation.Code]func(*player){
	rotation.OldKeyInactive:      func(p *player) { p.setStatus(p.oldKey(), rotation.Active) },
	rotation.NewKeyInactive:      func(p *player) { p.setStatus(p.newKey(), rotation.Active) },
	rotation.MultipleAccessKeys:  (*player).deleteUnused,
	rotation.KeyLimitReached:     (*player).deleteUnused,
	rotation.OldKeyActive:        func(*player) {}, // find out who uses it: nobody does
	rotation.OldKeyHeld:          (*player).giveAll,
	rotation.OldKeyLost:          (*player).giveAll,
	rotation.NewKeyLost:          (*player).giveAll,
	rotation.StagedSecretLost:    (*player).giveAll,
	rotation.UnexpectedAccessKey: (*player).giveAll,
	rotation.CredentialMismatch:  (*player).giveAll,
	rotation.NoAccessKey:         (*player).giveAll,
	rotation.NoClusters:          (*player).startClusters,
	rotation.ClustersInError:     (*player).startClusters,
	rotation.DeploymentFailed:    (*player).startClusters,
	rotation.OldKeyStillInUse:    (*player).startClusters,
}

// deleteUnused deletes the keys that no location holds, once one key is in all
// of them.
func (p *player) deleteUnused() {
	if p.everyKeyHeld() {
		p.giveAll()
	}
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 {
			p.delete(key.ID)
		}
	}
}

func (p *player) startClusters() {
	for _, cluster := range p.Clusters {
		p.Qovery.Deploy(cluster)
	}
	p.Sleep(time.Hour)
}

// giveAll gives every location one Active key of the user, and closes the record.
func (p *player) giveAll() {
	id := p.activeKey()
	if id == "" {
		p.tell("there is no room for another key")
		return
	}
	p.try(id)
	for _, key := range p.IAM.Present(lab.UserName) {
		if key.ID != id {
			p.replaced = append(p.replaced, key.ID)
		}
	}
	p.PutByHand(id)
	p.Sleep(2 * time.Hour)
	if p.record() == nil {
		return
	}
	if err := p.ReleaseByHand(); err != nil {
		p.tell("the release is refused: %v", err)
	}
}

// try tries a key, as one does before giving it to anybody: a new one takes a while
// to work everywhere.
func (p *player) try(id rotation.KeyID) {
	p.Sleep(3 * time.Minute)
	for range 10 {
		p.IAM.Use(id, p.IAM.Answer(id).Secret, "sts")
	}
}

// activeKey is an Active key of the user: one that a location holds, else any,
// else a new one.
func (p *player) activeKey() rotation.KeyID {
	var active rotation.KeyID
	for _, key := range p.IAM.Present(lab.UserName) {
		if key.Status != rotation.Active {
			continue
		}
		if active = key.ID; len(p.Qovery.Holders(string(key.ID))) > 0 {
			return key.ID
		}
	}
	if active == "" {
		active = p.create()
	}
	return active
}

func (p *player) everyKeyHeld() bool {
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 {
			return false
		}
	}
	return true
}
