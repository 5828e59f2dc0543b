package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// conclude draws the conclusions from all that was read of a rotation.
func (f *facts) conclude(executions []Execution) Rotation {
	owner := executions[slices.IndexFunc(executions, func(e Execution) bool { return e.Name == f.owner })]
	r := Rotation{
		ID: f.id, StartedAt: f.latest.TakenAt, Executions: f.executions, Settings: f.latest.Settings,
		Incomplete: f.firstFence > 1, Waves: f.waves(), Locations: f.readBack, Usage: f.lastCheck(),
	}
	r.Outcome, r.EndedAt = f.outcome(owner)
	r.Says = f.says(r, owner)
	old := f.keys[0]
	old.CreatedAt = f.oldKeyMade
	for _, key := range f.keys {
		key.live(f.latest.TakenAt, cmp.Or(r.EndedAt, f.asOf))
		r.Keys = append(r.Keys, *key)
		if key != old {
			r.BothActive += target.Seconds(bothActive(old, key).Round(time.Second))
		}
	}
	r.Controls, r.Proofs, r.Milestones = controls(old), f.proofs(), f.story()
	r.spans = f.chartSpans(executions, r)
	return r
}

// lastCheck is what CheckUsage found, nil if it never looked.
func (f *facts) lastCheck() *Usage {
	if !f.checked.known() {
		return nil
	}
	return &Usage{
		CheckedAt: f.usage.CheckedAt, OldKeyIdle: f.usage.Idle, LastUseOfOldKey: words.MaskKeys(f.usage.LastUse),
		GraceExtendedBy: target.Seconds(f.usage.Extended), FirstUseOfNewKey: f.usage.TakenOver,
	}
}

// outcome is what has become of the rotation, by what the execution that owns it
// came to.
func (f *facts) outcome(owner Execution) (Outcome, time.Time) {
	switch {
	case f.completed != nil:
		return Completed, f.completed.CompletedAt
	case f.done[rotation.Discard].known():
		return Discarded, f.done[rotation.Discard].At
	case owner.Outcome == Running, owner.Outcome == Stopped:
		return owner.Outcome, owner.EndedAt
	}
	return Paused, owner.EndedAt
}

func (f *facts) says(r Rotation, owner Execution) string {
	oldKey, newKey := f.latest.OldKey, f.latest.NewKey
	switch r.Outcome {
	case Completed:
		switch f.latest.Kind {
		case rotation.Migrate:
			return fmt.Sprintf("The clusters that used the key %s were moved to the credentials %s. The key was not changed.",
				oldKey, words.MaskKeys(f.completed.MovedTo))
		case rotation.Retire:
			return fmt.Sprintf("The key %s, which no location in Qovery held, was retired%s", oldKey, f.endOfOldKey())
		}
		return fmt.Sprintf("The key %s was replaced by %s%s", oldKey, newKey, f.endOfOldKey())
	case Discarded:
		return words.Sentences("The rotation did not go through",
			fmt.Sprintf("Nothing is different from before it: Qovery holds %s", oldKey), owner.Cause)
	case Running:
		return fmt.Sprintf("The %s of the key %s is running. This report ends %s.", f.noun(), oldKey, clock(f.asOf))
	case Stopped:
		return fmt.Sprintf("The execution %s was stopped, and the %s of the key %s was left open, to be resumed "+
			"or released.", owner.Name, f.noun(), oldKey)
	}
	return words.Sentences(fmt.Sprintf(
		"The %s of the key %s stopped and was left open, to be resumed or released", f.noun(), oldKey), owner.Cause)
}

// endOfOldKey is the end of a sentence on a completed rotation.
func (f *facts) endOfOldKey() string {
	switch how := f.completed.OldKeyDeletion; how {
	case rotation.Did:
		return " and deleted."
	case rotation.Found, rotation.Unclear:
		return ", and was " + story.FoundGone(how) + "."
	}
	return ", and is gone."
}

// story is the milestones in order, the old key's creation first.
func (f *facts) story() []Milestone {
	milestones := slices.Clone(f.milestones)
	if old := f.keys[0]; !old.CreatedAt.IsZero() {
		milestones = append(milestones, Milestone{At: old.CreatedAt, Key: old.ID, Text: "Old key created"})
	}
	slices.SortStableFunc(milestones, func(a, b Milestone) int { return a.At.Compare(b.At) })
	return milestones
}

// NewIDs are the new keys that were not discarded on the way, by their last four
// characters.
func (r Rotation) NewIDs() []string {
	var ids []string
	for i, key := range r.Keys {
		if i > 0 && (i == len(r.Keys)-1 || key.DeletedAt.IsZero()) {
			ids = append(ids, key.ID)
		}
	}
	return ids
}
