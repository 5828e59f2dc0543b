package explorer

import (
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// repair does what the last execution's error tells a person to do, where a person
// has interfered, and tells whether there was anything.
func (p *player) repair() bool {
	if p.repairs >= mostRepairs || !p.interfered() && !p.kind.refuses && !p.Judge.AnyLeaked() {
		return false
	}
	last := p.Runs()[len(p.Runs())-1]
	code := fault.Code(last.ErrorName())
	remedy := remedies[code]
	if remedy == nil {
		return false
	}
	if said := fault.Read(last.Cause()).String(); !strings.Contains(said, ". ") { // the sentences, not their data
		p.wrong("%s does not say what to do: %s", code, said)
	}
	p.tell("a person fixes %s", code)
	p.repairs++
	remedy(p)
	if p.Runs()[len(p.Runs())-1] != last { // an abort, which may not get through either
		p.Sleep(moment)
		p.repair()
	}
	return true
}

func (p *player) interfered() bool {
	return !p.interferedAt.IsZero()
}

// remedies are what people do about the errors that need them.
var remedies = map[fault.Code]func(*player){
	fault.OldKeyInactive:         (*player).activate,
	fault.KeyStillHeld:           (*player).takeOut,
	fault.KeyStillUsed:           func(p *player) { p.Sleep(unusedFor) },
	fault.NewKeyInactive:         func(p *player) { _ = p.Do(nil, "activate new") },
	fault.MovedToRole:            (*player).retire,
	fault.MultipleAccessKeys:     (*player).deleteUnused,
	fault.KeyLimitReached:        (*player).deleteUnused,
	fault.OldKeyActive:           func(*player) {}, // find out who uses it: nobody does
	fault.OldKeyHeld:             (*player).giveAll,
	fault.OldKeyLost:             (*player).giveAll,
	fault.NewKeyLost:             (*player).giveAll,
	fault.StagedSecretLost:       (*player).giveAll,
	fault.UnexpectedAccessKey:    (*player).giveAll,
	fault.CredentialMismatch:     (*player).giveAll,
	fault.UnreadableKeyID:        func(p *player) { _ = p.Do(nil, "write credentials right") },
	fault.NoAccessKey:            (*player).giveAll,
	fault.NoClusters:             (*player).startClusters,
	fault.ClusterNotMovable:      (*player).startClusters,
	fault.InvalidInput:           func(p *player) { p.first = "production-1" }, // only that is left
	fault.ClustersInError:        func(p *player) { _ = p.Do(nil, "cluster 1 deploy") },
	fault.ClustersLocked:         func(p *player) { _ = p.Do(nil, "cluster all unlock") },
	fault.DeploymentsRestricted:  (*player).letQovery,
	fault.ClustersBusy:           func(p *player) { _ = p.Do(nil, "cluster last deploy") },
	fault.DeploymentFailed:       (*player).deployAgain,
	fault.DeploymentTimeout:      (*player).startClusters,
	fault.InvalidCredentials:     (*player).startClusters,
	fault.UndeployedChanges:      (*player).startClusters,
	fault.UnsupportedCredentials: (*player).giveOthersRole,
	fault.UnmanagedLocations:     (*player).giveOthersRole,
	fault.OtherKindOpen:          func(p *player) { _ = p.Do(nil, "abort"); p.settle() },
	fault.WrongIdentity:          (*player).moveUserBack,
	fault.AccessDenied:           (*player).moveUserBack,
	fault.UserQuarantined:        func(p *player) { _ = p.Do(nil, "detach quarantine") },
	fault.OldKeyStillInUse:       func(p *player) { _ = p.Do(nil, "elsewhere ends") },
	fault.Frozen:                 func(p *player) { _ = p.Do(nil, "unfreeze") },
	fault.TokenRefused:           (*player).letQovery,
	fault.UpdateRefused:          (*player).letQovery,
	fault.UpdateFailed:           (*player).letQovery,
	fault.Unreachable:            (*player).letQovery,
}

// giveOthersRole has what only a person can change use a role.
func (p *player) giveOthersRole() { _ = p.Do(nil, "give other-credentials role") }

func (p *player) moveUserBack() { _ = p.Do(nil, "move-user /") }

func (p *player) activate() {
	_ = p.Do(nil, "activate old")
	if p.kind.retires > 0 {
		_ = p.Do(nil, "activate "+p.toRetire())
	}
}

// takeOut has Qovery use what it used before a person gave it the key that is retired.
func (p *player) takeOut() {
	if p.kind.moved {
		_ = p.Do(nil, "give everything role")
		p.startClusters()
		return
	}
	_ = p.Do(nil, "activate key 1")
	p.try(p.OldKey.ID)
	p.PutByHand(p.OldKey.ID)
	p.Sleep(2 * time.Hour)
}

// deleteUnused deletes the keys that no location holds, once one key is in all
// of them.
func (p *player) deleteUnused() {
	if p.everyKeyHeld() {
		p.giveAll()
	}
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 {
			p.IAM.DeleteByHand(lab.UserName, key.ID)
		}
	}
}

// letQovery has Qovery answer as usual, and deploy.
func (p *player) letQovery() {
	_ = p.Do(nil, "qovery recovers")
	_ = p.Do(nil, "restrict")
}

// startClusters puts right what keeps clusters from being deployed, and deploys them.
func (p *player) startClusters() {
	p.letQovery()
	_ = p.Do(nil, "cluster all unlock")
	_ = p.Do(nil, "cluster all deploy")
	p.Sleep(time.Hour)
}

// deployAgain does so with another key, where one is deleted that clusters were to go back to.
func (p *player) deployAgain() {
	record := p.record()
	if _, exists := p.IAM.Status(p.OldKey.ID); exists || !record.Migrating() || len(record.UnderWay()) == 0 {
		p.startClusters()
		return
	}
	_ = p.Do(nil, "put own into credentials")
	p.startClusters()
	p.release()
}

// release closes the record, unless that is refused.
func (p *player) release() {
	if err := p.ReleaseByHand(); err != nil {
		p.tell("the release is refused: %v", err)
	}
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
	p.takeOutLeaked()
	p.release()
}

// takeOutLeaked makes the keys Inactive that leaked and that no location holds.
func (p *player) takeOutLeaked() {
	for _, key := range p.IAM.Present(lab.UserName) {
		isLeaked := p.record().Leaked[key.ID] != "" && key.Status == rotation.Active
		if isLeaked && len(p.Qovery.Holders(string(key.ID))) == 0 {
			_ = p.IAM.SetStatusByHand(lab.UserName, key.ID, rotation.Inactive)
			p.Sleep(2 * time.Minute) // IAM's lists lag
		}
	}
}

// retire moves what is left to roles, closes the record and deletes the keys.
func (p *player) retire() {
	_ = p.Do(nil, "give everything role") // or nothing is left
	p.startClusters()
	if p.record() != nil {
		p.takeOutLeaked()
		if err := p.ReleaseByHand(); err != nil {
			p.wrong("the release is refused: %v", err)
		}
	}
	p.deleteUnused()
	p.retired = true
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
		if key.Status != rotation.Active || p.Judge.HasLeaked(key.ID) {
			continue
		}
		if active = key.ID; len(p.Qovery.Holders(string(key.ID))) > 0 {
			return key.ID
		}
	}
	if active == "" && p.makesRoom() && p.Do(nil, "create key") == nil {
		return p.activeKey()
	}
	return active
}

// makesRoom has the user have one key at most, if all of two leaked or are Inactive.
func (p *player) makesRoom() bool {
	if keys := p.IAM.Present(lab.UserName); len(keys) > 1 && p.Judge.AnyLeaked() {
		p.IAM.DeleteByHand(lab.UserName, keys[0].ID)
	}
	return true
}

func (p *player) everyKeyHeld() bool {
	for _, key := range p.IAM.Present(lab.UserName) {
		if len(p.Qovery.Holders(string(key.ID))) == 0 {
			return false
		}
	}
	return true
}
