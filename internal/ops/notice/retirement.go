package notice

import (
	"fmt"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// A retirement goes through the states of a rotation, and is another thing to people:
// one key, which nothing in Qovery holds, comes to its end.

// retires: the execution was to retire a key, or to abort that.
func (r *report) retires() bool {
	x := r.Execution
	return x.Retire != "" || x.Output != nil && x.Output.Kind == rotation.Retire || r.isRetiring() && (x.Abort || r.own())
}

// isRetiring: a retirement is open.
func (r *report) isRetiring() bool { return r.Record != nil && r.Record.Kind == rotation.Retire }

// noun is what people call what the execution is about.
func (r *report) noun() string {
	switch {
	case r.retires():
		return rotation.Retire.Noun()
	case r.migrates():
		return rotation.Migrate.Noun()
	}
	return rotation.Rotate.Noun()
}

// retired is the key that is retired, as far as it is known.
func (r *report) retired() rotation.KeyID {
	switch {
	case r.Execution.Retire != "":
		return r.Execution.Retire
	case r.isRetiring():
		return r.Record.OldKey
	case r.Execution.Output != nil:
		return r.id(r.Execution.Output.OldKey)
	}
	return ""
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
