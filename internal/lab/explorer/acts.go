package explorer

import (
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// act is what people do when an execution enters a state. It tells whether there
// was anything to do.
type act func(*player, *lab.Run) bool

var acts = map[Kind]act{
	Stop:      func(_ *player, run *lab.Run) bool { run.Stop(); return true },
	StopStart: func(p *player, run *lab.Run) bool { run.Stop(); p.start(""); return true },
	StopRedrive: func(p *player, run *lab.Run) bool {
		run.Stop()
		p.redriveSoon(run)
		return true
	},
	StopStartRedrive: func(p *player, run *lab.Run) bool {
		run.Stop()
		p.start("")
		p.redriveSoon(run)
		return true
	},
	Abort:  func(p *player, run *lab.Run) bool { run.Stop(); p.start(`, "abort": true`); return true },
	Second: func(p *player, _ *lab.Run) bool { p.start(""); return true },

	DeactivateOld: func(p *player, _ *lab.Run) bool { return p.setStatus(p.oldKey(), rotation.Inactive) },
	DeactivateNew: func(p *player, _ *lab.Run) bool { return p.setStatus(p.newKey(), rotation.Inactive) },
	ActivateOld:   func(p *player, _ *lab.Run) bool { return p.setStatus(p.oldKey(), rotation.Active) },
	DeleteOld:     func(p *player, _ *lab.Run) bool { return p.delete(p.oldKey()) },
	DeleteNew:     func(p *player, _ *lab.Run) bool { return p.delete(p.newKey()) },
	CreateKey:     func(p *player, _ *lab.Run) bool { return p.create() != "" },
	PutOld:        func(p *player, _ *lab.Run) bool { return p.put(p.oldKey()) },
	PutOwn:        func(p *player, _ *lab.Run) bool { return p.put(p.create()) },

	MaskKey: func(p *player, _ *lab.Run) bool { p.maskKey(); return true },

	DeployCluster: func(p *player, _ *lab.Run) bool { p.Qovery.Deploy(p.Clusters[0]); return true },
	StopCluster:   func(p *player, _ *lab.Run) bool { p.stopCluster(); return true },
	StartCluster: func(p *player, _ *lab.Run) bool {
		p.stopCluster()
		p.soon(time.Hour, func() { p.Qovery.Deploy(p.lastCluster()) })
		return true
	},
}

// soon has a person do something later.
func (p *player) soon(after time.Duration, act func()) {
	p.plans++
	p.Timeline.At(p.Timeline.Now().Add(after), func() { p.plans--; act() })
}

func (p *player) redriveSoon(run *lab.Run) {
	p.soon(moment, func() {
		if run.Ended() {
			p.tell("%s is redriven", run.Name())
			_ = run.Redrive() // what cannot be redriven stays as it is
		}
	})
}

func (p *player) lastCluster() string { return p.Clusters[len(p.Clusters)-1] }

func (p *player) stopCluster() { p.Qovery.Stop(p.lastCluster()) }

// oldKey is the key to replace: without a record, the one that Qovery holds.
func (p *player) oldKey() rotation.KeyID {
	if record := p.record(); record != nil {
		return record.OldKey
	}
	return rotation.KeyID(p.Qovery.KeyOf(p.Qovery.Locations()[0]))
}

// newKey is the key to replace it with; "" while there is none.
func (p *player) newKey() rotation.KeyID {
	if record := p.record(); record != nil {
		return record.NewKey
	}
	return ""
}

func (p *player) setStatus(id rotation.KeyID, status rotation.KeyStatus) bool {
	now, exists := p.IAM.Status(id)
	if !exists || now == status {
		return false
	}
	return p.IAM.SetStatusByHand(lab.UserName, id, status) == nil
}

func (p *player) delete(id rotation.KeyID) bool {
	if _, exists := p.IAM.Status(id); !exists {
		return false
	}
	p.IAM.DeleteByHand(lab.UserName, id)
	return true
}

// create creates a key, unless the user has two.
func (p *player) create() rotation.KeyID {
	key, err := p.IAM.CreateKeyByHand(lab.UserName)
	if err != nil {
		return ""
	}
	p.own = append(p.own, key.ID)
	return key.ID
}

// put puts a key that exists into the credentials. If it does not work, or does
// not yet, what that breaks is the person's doing.
func (p *player) put(id rotation.KeyID) bool {
	status, exists := p.IAM.Status(id)
	if !exists {
		return false
	}
	if status != rotation.Active || id != p.oldKey() {
		p.excused = append(p.excused, id)
	}
	p.noteReplaced(id)
	p.putAt[id] = p.Timeline.Now()
	p.PutCredentialsByHand(id)
	return true
}

// maskKey has Qovery mask an access key id, for longer than anything is tried again.
func (p *player) maskKey() {
	masked := p.Qovery.Locations()[0]
	p.Qovery.WriteKeyAs(masked, func(id string) string { return id[:4] + "************" + id[len(id)-4:] })
	p.soon(3*time.Hour, func() { p.Qovery.WriteKeyAs(masked, nil) })
}

// unmaskKey puts its key into the location again.
func (p *player) unmaskKey() { p.Qovery.WriteKeyAs(p.Qovery.Locations()[0], nil) }

// noteReplaced notes which keys a person is about to replace.
func (p *player) noteReplaced(by rotation.KeyID) {
	for _, location := range p.Qovery.Locations() {
		if held := rotation.KeyID(p.Qovery.KeyOf(location)); held != by {
			p.replaced = append(p.replaced, held)
		}
	}
}
