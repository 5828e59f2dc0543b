package notice

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// leaked are the keys that leaked and are not replaced yet, those first that are Active.
func (r *report) leaked() (ids []rotation.KeyID) {
	if r.Record != nil {
		ids = slices.Collect(maps.Keys(r.Record.Leaked))
	}
	if leaked := r.unwritten(); leaked != nil {
		ids = append(ids, rotation.KeyID(leaked.Key))
	}
	slices.SortFunc(ids, func(a, b rotation.KeyID) int {
		return cmp.Or(cmp.Compare(r.statusOf(a), r.statusOf(b)), cmp.Compare(a, b))
	})
	return slices.Compact(ids)
}

// hasLeaked tells whether the key did, and is not replaced yet.
func (r *report) hasLeaked(id rotation.KeyID) bool {
	return slices.ContainsFunc(r.leaked(), func(leaked rotation.KeyID) bool { return same(leaked, id) })
}

// unwritten is the key of which the journal doesn't say that it leaked: the rotation of it
// that a person wanted, or that followed another one, has not begun.
func (r *report) unwritten() *target.Leaked {
	if r.past || r.ending == Rotated {
		return nil
	}
	if leaked := r.Execution.Leaked; leaked != nil && len(r.completed) == 0 &&
		(r.Record == nil || r.Record.Leaked[rotation.KeyID(leaked.Key)] == "") {
		return leaked
	}
	for _, item := range r.History {
		id := item.Record.NewKey
		if how := item.Record.Leaked[id]; how != "" && item.Record.Owner == r.Execution.ARN && r.Record == nil {
			return &target.Leaked{Key: string(id), How: how}
		}
	}
	return nil
}

// judgeLeaked: until a key that leaked is replaced, nothing can wait until the morning.
func (r *report) judgeLeaked() {
	ids := r.leaked()
	if len(ids) == 0 || r.past || r.ending == Planned || r.ending == NotDue {
		return
	}
	var texts []string
	for _, id := range ids {
		texts = append(texts, "The key "+string(id)+" leaked and "+r.leakedIs(id))
	}
	switch {
	case r.verdict.urgency != Calm || r.statusOf(ids[0]) == rotation.Inactive:
		texts = append(texts, r.verdict.text)
	default:
		texts = append(texts, "Nothing in Qovery is known to fail")
	}
	r.verdict.urgency, r.verdict.text = Urgent, words.Sentences(texts...)
}

// takeOut is how to take a leaked key out of service while its rotation is open and can't go
// on. The new key is left aside: no rotation goes on with an Inactive one.
func (r *report) takeOut() []Step {
	if !r.ending.IsPaused() && r.ending != AbortDone || r.Record == nil || r.past {
		return nil
	}
	for _, k := range r.known {
		if k.id == r.Record.OldKey && r.hasLeaked(k.id) && k.isActive() {
			return []Step{{"If that takes time, make the leaked key Inactive now; what uses it fails from then on:",
				rotation.StatusCommand(r.Target.IAMUserName, k.id, rotation.Inactive).With(r.ids.Whole)}}
		}
	}
	return nil
}

// leakedIs says of a key that leaked whether it is out of service.
func (r *report) leakedIs(id rotation.KeyID) string {
	switch status := r.statusOf(id); {
	case r.NoKeys != nil:
		return "may be Active"
	case status == rotation.Gone:
		return "isn't listed by IAM"
	case status == rotation.Active:
		return "is Active: anyone who has it can use it"
	}
	return "is Inactive, and stays so"
}

func (r *report) statusOf(id rotation.KeyID) rotation.KeyStatus {
	if i := slices.IndexFunc(r.known, func(k knownKey) bool { return same(k.id, id) }); i >= 0 {
		return r.known[i].status()
	}
	return rotation.Gone
}

// gone are the keys that leaked and that the execution has seen to their end.
func (r *report) gone() []string {
	var ids []string
	if leaked := r.Execution.Leaked; leaked != nil {
		ids = append(ids, leaked.Key)
	}
	for end := range r.Execution.doc().Leaked {
		ids = append(ids, r.ids.Whole(end))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// tellGone says what the end of a leaked key does not close.
func (r *report) tellGone() []string {
	ids := r.gone()
	if len(ids) == 0 {
		return nil
	}
	which := "The key " + ids[0] + " leaked, and is gone"
	if len(ids) > 1 {
		which = "The keys " + strings.Join(ids, " and ") + " leaked, and are gone"
	}
	return []string{which + ". That does not close what was done meanwhile: keys, users, roles and policies that were " +
		"made or changed, and sessions that were begun. 'rotate uses' shows what CloudTrail knows of it."}
}

// judgePassedOver: clusters that a rotation passed over still use the key that leaked, which
// is out of service.
func (r *report) judgePassedOver() {
	var broken []string
	for _, summary := range r.completed {
		broken = append(broken, summary.ClustersBroken...)
	}
	if len(broken) == 0 || r.past || r.ending != Rotated || r.verdict.urgency != Calm {
		return
	}
	r.verdict = urgent(&Step{"Deploy these clusters in Qovery, once what keeps them from it is fixed. To see the others:",
		r.rotate("status")}, "What these clusters do with the leaked key fails now, because they couldn't be deployed: %s.",
		quotable(words.List(broken, words.MostListed)))
}
