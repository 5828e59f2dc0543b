package explorer

import (
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// judgeEvidence writes the report that 'rotate report' would write of all
// executions, and holds what it says against what truly happened: a claim that is
// called proven and that the world contradicts breaks rule 12.
func (p *player) judgeEvidence() {
	var histories []statemachine.History
	for _, run := range p.Runs() {
		histories = append(histories, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	evidence, err := report.Build(histories, p.Timeline.Now(), "a simulation")
	if err != nil {
		p.wrong("the report cannot be written: %v", err)
		return
	}
	for _, r := range evidence.Rotations {
		t := p.truth(r)
		for _, proof := range r.Proofs {
			if proof.Proven != report.IsProven {
				continue
			}
			if contradicted := contradictions[proof.Claim]; contradicted == nil || contradicted(t, proof) {
				p.wrong("the report calls it proven that: %s (%s), and it is not so", proof.Claim, proof.How)
			}
		}
		t.judgeOldKey(r.Keys[0])
	}
}

// truth is what the world knows of a rotation that a report tells of.
type truth struct {
	*player
	report.Rotation
	old lab.KeyLife
	new []lab.KeyLife
}

func (p *player) truth(r report.Rotation) truth {
	t := truth{player: p, Rotation: r}
	for _, life := range p.IAM.Lives() {
		i := slices.IndexFunc(r.Keys, func(k report.Key) bool { return k.ID == life.ID.String() })
		switch {
		case i == 0:
			t.old = life
		case i > 0:
			t.new = append(t.new, life)
		}
	}
	return t
}

// contradictions tell of each claim whether the world contradicts a proof of it.
// What a person does within 'unseen' of a look may have come too late for it.
var contradictions = map[report.Claim]func(truth, report.Proof) bool{
	report.KeyWorks: func(t truth, proof report.Proof) bool { return !t.anyNewActive(proof.At) },
	report.LocationsUpdated: func(t truth, proof report.Proof) bool {
		return slices.ContainsFunc(t.Qovery.Locations(), func(location string) bool {
			return t.Qovery.KeyOf(location) != "" && t.existed(location, proof.At) && !t.holdsNew(location, proof.At)
		})
	},
	report.ClustersDeployed: func(t truth, proof report.Proof) bool {
		return slices.ContainsFunc(t.Clusters, func(cluster string) bool {
			return !t.passedOver(cluster) && !t.deployed(cluster, time.Time{}, proof.At)
		})
	},
	report.ClustersMoved: func(t truth, proof report.Proof) bool {
		return slices.ContainsFunc(t.Clusters, func(cluster string) bool {
			return !t.passedOver(cluster) && !slices.ContainsFunc(t.Qovery.Deployments(cluster),
				func(d fakeqovery.Deployment) bool {
					return d.KeyID == "" && d.Status == "DEPLOYED" && !d.EndedAt.After(proof.At)
				})
		})
	},
	report.LocationsMoved: func(t truth, proof report.Proof) bool {
		return slices.ContainsFunc(t.Qovery.Locations(), func(location string) bool {
			kind := t.Qovery.KindOf(location)
			isCopy := kind == fakeqovery.ContainerRegistry || kind == fakeqovery.HelmRepository
			return isCopy && t.heldOld(location, proof.At)
		})
	},
	report.GraceKept: func(t truth, proof report.Proof) bool {
		both := t.was(t.old, rotation.Active, proof.From) && t.was(t.old, rotation.Active, proof.At) &&
			t.anyNewActive(proof.From) && t.anyNewActive(proof.At)
		return !both || t.tooShort(proof.At)
	},
	report.OldKeyIdle: func(t truth, proof report.Proof) bool {
		used, noted := t.usedBefore[*proof.Ref]
		return !noted || proof.At.Sub(used) < time.Duration(t.Settings.IdleFor)
	},
	report.NewKeyUsed: func(t truth, proof report.Proof) bool {
		return !slices.ContainsFunc(t.new, func(life lab.KeyLife) bool {
			used := t.IAM.UsedFirst(life.ID)
			return !used.IsZero() && !used.After(proof.At)
		})
	},
	report.CanaryDeployed: func(t truth, proof report.Proof) bool {
		return !t.was(t.old, rotation.Inactive, proof.From) || !t.was(t.old, rotation.Inactive, proof.At) ||
			!slices.ContainsFunc(t.Clusters, func(cluster string) bool { return t.deployed(cluster, proof.From, proof.At) })
	},
	report.ObservationKept: func(t truth, proof report.Proof) bool {
		return !t.was(t.old, rotation.Inactive, proof.From) || !t.was(t.old, rotation.Inactive, proof.At) ||
			proof.At.Sub(proof.From) < time.Duration(t.Settings.ObservationPeriod)
	},
	report.OldKeyDeleted: func(t truth, _ report.Proof) bool { return t.deletedBy() == lab.Person },
}

// tick is how exactly a function whose clock is off knows the time: the journal's clock,
// which it asks, shows whole seconds.
const tick = time.Second

// was tells whether the key had the status at a time, or just before.
func (t truth) was(life lab.KeyLife, status rotation.KeyStatus, at time.Time) bool {
	what := map[rotation.KeyStatus][]string{
		rotation.Active: {lab.Created, lab.Activated}, rotation.Inactive: {lab.Deactivated},
	}[status]
	for i, change := range life.Changes {
		until := at
		if i+1 < len(life.Changes) {
			until = life.Changes[i+1].At
		}
		if slices.Contains(what, change.What) && !change.At.After(at.Add(tick)) && !until.Before(at.Add(-unseen)) {
			return true
		}
	}
	return false
}

func (t truth) anyNewActive(at time.Time) bool {
	return slices.ContainsFunc(t.new, func(life lab.KeyLife) bool { return t.was(life, rotation.Active, at) })
}

func (t truth) isNew(keyID string) bool {
	return slices.ContainsFunc(t.new, func(life lab.KeyLife) bool { return string(life.ID) == keyID })
}

// existed tells whether a location was there at a time: no claim is about one that a
// person added later.
func (t truth) existed(location string, at time.Time) bool {
	held := t.Qovery.Held(location)
	return len(held) > 0 && (!held[0].Since.After(lab.Beginning) || held[0].Since.Before(at.Add(-unseen)))
}

// holdsNew tells whether a location held a new key at a time, or just before.
func (t truth) holdsNew(location string, at time.Time) bool {
	until, held := t.heldNew(location, at)
	return held && !until.Before(at.Add(-unseen))
}

// heldOld tells whether a location held the old key at a time, and not just since.
func (t truth) heldOld(location string, at time.Time) (is bool) {
	for _, held := range t.Qovery.Held(location) {
		if !held.Since.After(at) {
			is = held.KeyID == string(t.old.ID) && (held.Since.Equal(lab.Beginning) || !held.Since.After(at.Add(-unseen)))
		}
	}
	return is
}

// heldNew is until when, up to a time, a location last held a new key.
func (t truth) heldNew(location string, at time.Time) (until time.Time, ever bool) {
	all := t.Qovery.Held(location)
	for i, held := range all {
		if !t.isNew(held.KeyID) || held.Since.After(at) {
			continue
		}
		until, ever = at, true
		if i+1 < len(all) {
			until = all[i+1].Since
		}
	}
	return until, ever
}

// deployed tells whether a deployment of the cluster with a new key, or with a role,
// begun after a time, was over by another.
func (t truth) deployed(cluster string, from, at time.Time) bool {
	return slices.ContainsFunc(t.Qovery.Deployments(cluster), func(d fakeqovery.Deployment) bool {
		without := t.isNew(d.KeyID) || d.KeyID == ""
		return without && d.Status == "DEPLOYED" && !d.StartedAt.Before(from) && !d.EndedAt.After(at)
	})
}

// passedOver tells whether the report says that the cluster was passed over.
func (t truth) passedOver(cluster string) bool {
	return slices.ContainsFunc(t.Waves, func(w report.Wave) bool {
		return slices.ContainsFunc(w.Clusters, func(c report.Cluster) bool { return c.ID == cluster && c.Skipped != "" })
	})
}

// tookNew is when a location first held a new key. What a person changes after the
// rotation has read it back, and a request that lands late upon that, no claim is about.
func (t truth) tookNew(location string) time.Time {
	for _, held := range t.Qovery.Held(location) {
		if t.isNew(held.KeyID) {
			return held.Since
		}
	}
	return time.Time{}
}

// tooShort tells whether a location took the new key, or a cluster was deployed
// with it, for the first time too late for the grace period to be over.
func (t truth) tooShort(at time.Time) bool {
	began := at.Add(-time.Duration(t.Settings.GracePeriod) + time.Minute)
	return slices.ContainsFunc(t.Qovery.Locations(), func(location string) bool {
		return t.existed(location, began) && t.tookNew(location).After(began)
	}) || slices.ContainsFunc(t.Clusters, func(cluster string) bool {
		return !t.passedOver(cluster) && !t.deployed(cluster, time.Time{}, began)
	})
}

// deletedBy is who deleted the old key; "" while it exists.
func (t truth) deletedBy() string {
	if last := t.old.Changes[len(t.old.Changes)-1]; last.What == lab.Deleted {
		return last.By
	}
	return ""
}

// judgeOldKey holds what the report says of the old key's end against what it was.
func (t truth) judgeOldKey(told report.Key) {
	gone := t.old.DeletedAt
	switch {
	case told.Status() == "deleted" && (gone.IsZero() || t.deletedBy() == lab.Person):
		t.wrong("the report says that the rotation deleted the old key, and it did not")
	case told.Status() == "gone" && (gone.IsZero() || gone.After(told.GoneBy) || gone.Before(told.SeenAt.Add(-unseen))):
		t.wrong("the report says that the old key went between %s and %s, and it did not", told.SeenAt, told.GoneBy)
	}
	if strings.Contains(t.Says, "and deleted.") && t.deletedBy() == lab.Person {
		t.wrong("the report says: %s", t.Says)
	}
}

// noteUse notes, when a usage check is over, when the old key was used last of all
// uses that it could know of: they are known a quarter of an hour late, and what it
// read may have been as of a minute before.
func (p *player) noteUse(run *lab.Run, event statemachine.Event) {
	if event.State != "CheckUsage" || event.Type != "TaskStateExited" {
		return
	}
	if record := p.record(); record != nil {
		known := event.Time.Add(-15*time.Minute - unseen)
		p.usedBefore[report.Ref{Execution: run.Name(), Event: event.ID}] = p.IAM.UsedLast(record.OldKey, known)
	}
}
