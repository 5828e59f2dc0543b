package audit

import (
	"fmt"
	"maps"
	"slices"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// judgeLeaked judges the keys of which a person said that they leaked, in the open rotation
// or in one that has ended since.
func (j *Judgement) judgeLeaked() {
	if j.Judged[quarantined] = true; len(j.Quarantine) > 0 {
		j.add(j.quarantined())
	}
	if j.Judged[activeLeak] = j.read(FromJournal, FromQovery) && (j.atRest() || j.isRetiring()); !j.Judged[activeLeak] {
		return
	}
	for _, id := range j.leakedActive() {
		if !j.named(id) { // the open rotation's finding says so
			j.add(j.leakedKey(id))
		}
	}
}

// hasLeaked: a person said so of the key, by the journal.
func (j *Judgement) hasLeaked(id rotation.KeyID) bool {
	return slices.ContainsFunc(j.records(), func(r rotation.Record) bool { return r.Leaked[id] != "" })
}

// leakedActive are the keys that leaked and are Active.
func (j *Judgement) leakedActive() (ids []rotation.KeyID) {
	for _, key := range j.Keys {
		if key.Status == rotation.Active && j.hasLeaked(key.ID) {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

// leakedKey is one whose rotation was given up, or that someone made Active again.
func (j *Judgement) leakedKey(id rotation.KeyID) Finding {
	f := Finding{
		Kind: activeLeak, About: string(id), Urgency: notice.Urgent, Daily: true,
		Title:   fmt.Sprintf("the key %s, which leaked, is Active", string(id)),
		Verdict: fmt.Sprintf("Anyone who has the key %s can use it", string(id)),
		Found: []string{fmt.Sprintf("Someone reported that the key %s of the IAM user %s leaked. It is Active, and no "+
			"rotation replaces it", string(id), j.Target.IAMUserName)},
		Advice:  "No location in Qovery holds it. Delete it, whereupon what uses it fails:",
		Command: notice.DeleteCommand(j.Target.IAMUserName, id),
	}
	if held := j.Holders(id); len(held) > 0 {
		f.State = ids(held)
		f.Found = append(f.Found, "It is held by "+names(held))
		f.Advice, f.Command = "Replace it:", notice.LeakedCommand(j.Target.Name, id)
	}
	return f
}

// adviseLeaked: a key that leaked stays Inactive, whatever holds it.
func (j *Judgement) adviseLeaked(id rotation.KeyID) (advice, command string) {
	switch {
	case j.Record == nil:
		return "It leaked, and stays Inactive. Replace it:", notice.LeakedCommand(j.Target.Name, id)
	case id == j.Record.NewKey:
		next := j.Record.NewKeyInactive("").Next
		return j.says(next.First) + ":", j.says(next.Command)
	}
	return "It leaked, and stays Inactive. To resume what is open, start it again. If it is paused again, put an Active " +
		"key of the user into these locations by hand, and run 'rotate release'.", j.command("start", "--watch")
}

// Leaks says which keys of the open rotation leaked, and which of them is still Active, if
// one is.
func (f *Facts) Leaks() (reported []string, active string) {
	for _, id := range slices.Sorted(maps.Keys(f.Record.Leaked)) {
		reported = append(reported, fmt.Sprintf("Someone reported that the key %s leaked: neither the schedule nor the "+
			"audit resumes this", string(id)))
		if f.status(id) == rotation.Active {
			active = fmt.Sprintf("The key %s, which leaked, is still Active", string(id))
		}
	}
	return reported, active
}

// tellLeaks adds to the finding about an open rotation which keys leaked.
func (j *Judgement) tellLeaks(f *Finding) {
	reported, active := j.Leaks()
	if f.Found = append(f.Found, reported...); active != "" {
		f.Urgency, f.State, f.Verdict = notice.Urgent, "leaked", active
	}
	if len(j.Quarantine) > 0 && f.Urgency != notice.Urgent {
		f.Urgency, f.State = notice.Urgent, "quarantined"
		f.Verdict, f.Advice = "Deployments fail now: AWS has quarantined the IAM user", "Once the policy is detached, this "+
			"resumes it where it stopped:"
	}
}

// quarantined names the leaked key first while it is Active: the policy also keeps an
// attacker from the worst.
func (j *Judgement) quarantined() Finding {
	f := Finding{
		Kind: quarantined, State: words.List(j.Quarantine, len(j.Quarantine)), Urgency: notice.Urgent, Daily: true,
		Title:   "AWS has quarantined the IAM user " + j.Target.IAMUserName,
		Verdict: "Deployments fail now, and no rotation begins",
		Found: []string{"AWS found a key of the user in public, and has attached " +
			words.List(j.Quarantine, words.MostListed) + " to the user"},
		Advice:  "The leaked key is out of service. Detach the policy:",
		Command: rotation.DetachCommand(j.Target.IAMUserName, j.Quarantine),
	}
	if !j.leakIsOut() {
		f.Advice = "Replace the key that leaked, and detach the policy once that is Inactive:"
		f.Command = j.command("start", "--leaked", j.suspect(), "--at-once")
	}
	return f
}

// suspect is the key that AWS has found, as far as that is known.
func (j *Judgement) suspect() string {
	switch active := j.leakedActive(); {
	case len(active) == 1:
		return string(active[0])
	case len(active) == 0 && len(j.Keys) == 1:
		return string(j.Keys[0].ID)
	}
	return "KEY"
}

// leakIsOut: a key leaked in the open or the last rotation, and none that did is Active.
func (j *Judgement) leakIsOut() bool {
	records := j.records()
	return len(records) > 0 && len(records[0].Leaked) > 0 && len(j.leakedActive()) == 0
}
