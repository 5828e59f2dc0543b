package notice

import (
	"cmp"
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// A retirement goes through the states of a rotation, and is another thing to people:
// one key, which nothing in Qovery holds, comes to its end.

// kind is of what the execution is about: what it was started for, or what it was to abort.
func (r *report) kind() rotation.Kind {
	kind := r.Execution.Kind()
	if kind == rotation.Rotate && r.Record != nil && (r.Execution.Abort || r.own()) {
		kind = r.Record.Kind
	}
	return kind
}

// noun is what people call that.
func (r *report) noun() string { return r.kind().Noun() }

func (r *report) retires() bool { return r.kind() == rotation.Retire }

// isRetiring: a retirement is open.
func (r *report) isRetiring() bool { return r.Record != nil && r.Record.Kind == rotation.Retire }

// retired is the key that is retired, as far as it is known.
func (r *report) retired() rotation.KeyID {
	if r.Execution.Retire == "" && r.isRetiring() {
		return r.Record.OldKey
	}
	return cmp.Or(rotation.KeyID(r.Execution.Retire), r.id(r.Execution.doc().OldKey))
}

// retiredKeys are the keys of a retirement that the journal knows.
func (r *report) retiredKeys() []knownKey {
	const role = "the key that is retired"
	key := knownKey{id: r.retired(), kind: rotation.Retire, role: role, held: notHeld}
	switch {
	case r.isRetiring():
		key = r.outgoingKey(role, notHeld)
	case r.summary != nil:
		key.gone, key.touch = true, r.summary.CompletedAt
	}
	if r.code == fault.KeyStillHeld || r.code == fault.OldKeyHeld && r.isRetiring() {
		key.held = holds // the step has seen so
	}
	return []knownKey{key}
}

// judgeRetired: no location in Qovery held the key when the retirement began.
func (r *report) judgeRetired() verdict {
	for _, k := range r.known {
		if k.held == holds && !k.isActive() && r.isRetiring() {
			fix := &Step{fmt.Sprintf("This makes %s Active again:", string(k.id)), r.rotate("abort")}
			if r.hasLeaked(k.id) {
				fix = nil // it stays out of service
			}
			return urgent(fix, "Deployments fail now: a location in Qovery holds %s, which is not Active.", string(k.id))
		}
	}
	if r.oldKeyFails() != "" {
		return calm("Nothing is known to be broken: no location in Qovery held the key when it was made Inactive.")
	}
	if id, is := r.lostBeside(); id != "" {
		return check(r.look(), "Nothing is broken by this. But the user's key %s is %s: if Qovery holds it, deployments "+
			"fail now.", string(id), is)
	}
	return calm("Nothing is broken by this.")
}

// lostBeside is another key of the user that is Inactive now, or gone since the retirement
// began.
func (r *report) lostBeside() (id rotation.KeyID, is rotation.KeyStatus) {
	for _, k := range r.known {
		if k.isInactive() && k.held == holdingUnknown {
			return k.id, rotation.Inactive
		}
	}
	record := r.Record
	if record == nil && len(r.History) > 0 && r.completed != nil {
		record = &r.History[0].Record
	}
	if record == nil || record.Kind != rotation.Retire {
		return "", ""
	}
	for _, id := range record.KnownKeys {
		if id != record.OldKey && r.statusOf(id) == rotation.Gone {
			return id, rotation.Gone
		}
	}
	return "", ""
}
