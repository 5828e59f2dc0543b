package notice

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// keysBriefly are the states of the keys, or why they are not known, on one line.
// After a rotation that went well there is nothing to say of them.
func (r *report) keysBriefly() []string {
	if r.past || r.ending == Rotated && r.verdict.urgency == Calm && len(r.foreignLocations()) == 0 {
		return nil
	}
	texts := r.unread()
	if r.NoTarget == nil && r.NoKeys == nil && len(r.known) > 0 {
		var states []string
		for _, k := range r.known {
			states = append(states, string(k.id)+" "+string(k.status()))
		}
		texts = append(texts, "Keys: "+strings.Join(states, ", ")+".")
	}
	if len(texts) == 0 {
		return nil
	}
	return []string{strings.Join(texts, " ")}
}

// unread says what could not be found out, and why.
func (r *report) unread() (lines []string) {
	history := r.NoHistory
	if r.NoRecord != nil {
		history = nil // once is enough
	}
	for _, missing := range []struct {
		err  error
		what string
	}{{r.NoTarget, "The target could not be read"}, {r.NoKeys, "The keys could not be read"},
		{r.NoRecord, "The journal could not be read"}, {history, "The journal's history could not be read"}} {
		if missing.err != nil {
			lines = append(lines, missing.what+": "+words.Dot(why(missing.err)))
		}
	}
	return lines
}

// inPlace tells which keys there are and how far the open rotation came.
func (r *report) inPlace() []string {
	lines := r.unread()
	if r.NoTarget != nil {
		return lines
	}
	for _, k := range r.known {
		lines = append(lines, "  "+k.line(r.Now, r.NoKeys != nil))
	}
	if len(r.known) == 0 && r.NoKeys == nil {
		lines = append(lines, fmt.Sprintf("The IAM user %s has no access key.", r.Target.IAMUserName))
	}
	switch {
	case r.Record != nil:
		lines = append(lines, r.progress()...)
	case r.NoRecord == nil:
		lines = append(lines, "No rotation is open.")
	}
	return lines
}

// progress is what the open rotation has begun and done, in the order of time.
func (r *report) progress() []string {
	record := r.Record
	marks := []moment{{record.TakenAt, record.Kind.Noun() + " begun"}}
	for effect, m := range record.Marks {
		words := effects[effect]
		switch {
		case !m.Done.IsZero() && words.is != "":
			marks = append(marks, moment{m.Done, words.of(effect, m)})
		case m.Done.IsZero() && !m.Begun.IsZero() && words.begun != "":
			marks = append(marks, moment{m.FirstBegun(), words.begun + " was begun" + again(m) + " and is not known to be done"})
		}
	}
	for _, attempt := range record.Attempts {
		marks = append(marks, moment{attempt, "a key was asked for, and whether it was created is not known"})
	}
	lines := append([]string{"The " + record.Kind.Noun() + " is open. It came this far:"}, inOrder(marks)...)
	if record.Migration != nil {
		lines = append(lines, "The clusters: "+quotable(record.MovedInPlace())+".")
	}
	if len(record.Locations) > 0 {
		lines = append(lines, "It is about "+quotable(words.List(words.Strings(record.Locations), words.MostListed))+".")
	}
	if record.Lease.Holder != "" && r.Now.Before(record.Lease.Until) {
		lines = append(lines,
			fmt.Sprintf("A step may still be at work until %s; until then this may change.",
				words.At(record.Lease.Until.Add(59*time.Second))))
	}
	if !r.own() {
		lines = append(lines, "Another execution has it, or had it last (see the details).")
	}
	return lines
}

// again is when an effect was begun last, if that was not the only time.
func again(m rotation.Mark) string {
	first, last := words.At(m.FirstBegun()), words.At(m.Begun)
	if first == last {
		return ","
	}
	return ", again at " + last + ","
}

// effectWords are what is said of an effect: that it is begun; what is so once it
// is done, whoever did it; and what is said instead where more is known.
type effectWords struct{ begun, is, did, found, notNeeded string }

// of is what is said of an effect that is done.
func (w effectWords) of(effect rotation.Effect, m rotation.Mark) string {
	said := map[rotation.How]string{rotation.Did: w.did, rotation.Found: w.found, rotation.NotNeeded: w.notNeeded}[m.How]
	if effect == rotation.Deactivate && m.How == rotation.Found && !m.FoundGone() {
		return "old key found Inactive"
	}
	if effect == rotation.Verify && m.How == rotation.Did && m.Saw != rotation.Inactive {
		said = "" // the old key was not there
	}
	return cmp.Or(said, w.is)
}

// effects are the marks of a record, in words.
var effects = map[rotation.Effect]effectWords{
	rotation.Create: {begun: "creating the new key", is: "new key created"},
	rotation.Update: {begun: "putting the new key into the locations in Qovery",
		is: "new key in every location in Qovery"},
	rotation.Deploy: {begun: "deploying the clusters", is: "clusters deployed",
		notNeeded: "nothing was deployed: every cluster was passed over"},
	rotation.Deactivate: {begun: "making the old key Inactive", is: "old key Inactive", did: "old key made Inactive",
		found: "old key found gone"},
	rotation.Verify: {begun: "deploying with the old key Inactive", is: "a deployment verified",
		did: "a deployment verified with the old key Inactive", notNeeded: "nothing was deployed to verify"},
	rotation.Delete:     {begun: "deleting the old key", is: "old key gone", did: "old key deleted"},
	rotation.Discard:    {begun: "deleting the new key", is: "new key gone", did: "new key deleted"},
	rotation.Reactivate: {begun: "making the old key Active again", is: "old key Active again"},
}
