package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// holding tells whether Qovery holds a key, as far as the journal knows.
type holding int

const (
	holdingUnknown holding = iota
	notHeld
	idle    // credentials hold it that serve no cluster
	mayHold // some locations may
	holds
)

func (h holding) String() string {
	return [...]string{"", "Qovery does not hold it", "no cluster uses it any more", "locations in Qovery may hold it",
		"Qovery holds it"}[h]
}

// knownKey is a key that the journal knows, or that IAM lists.
type knownKey struct {
	id     rotation.KeyID
	kind   rotation.Kind // of what the journal knows it by
	role   string
	held   holding
	past   bool      // what is known of it may have changed since
	ours   bool      // this rotation may have made it Inactive
	did    bool      // this rotation did, and was answered
	gone   bool      // the journal says that it is deleted
	begun  bool      // its deletion was begun, and is not known to be done
	touch  time.Time // when it was last changed by the rotation: lists may lag behind that
	listed *rotation.AccessKey
}

// settles: IAM's lists may lag behind the last change.
func (k knownKey) settles(now time.Time) bool { return now.Sub(k.touch) < rotation.Settling }

func (k knownKey) exists() bool { return k.listed != nil }

// status is what IAM says of it.
func (k knownKey) status() rotation.KeyStatus {
	if !k.exists() {
		return rotation.Gone
	}
	return k.listed.Status
}

func (k knownKey) isActive() bool { return k.status() == rotation.Active }

func (k knownKey) isInactive() bool { return k.status() == rotation.Inactive }

// knownKeys are the keys that the journal knows, and then those that only IAM
// knows.
func (r *report) knownKeys() []knownKey {
	if r.past {
		return nil
	}
	known := r.journalKeys()
	alone := len(known) == 0
	for i := range r.Keys {
		listed := &r.Keys[i]
		at := slices.IndexFunc(known, func(k knownKey) bool { return same(k.id, listed.ID) })
		if at < 0 {
			at = len(known)
			known = append(known, knownKey{id: listed.ID, role: r.strange(listed.ID, alone)})
		}
		known[at].listed = listed
	}
	return known
}

// journalKeys are the keys of the open rotation, or else of the last one.
func (r *report) journalKeys() []knownKey {
	switch {
	case r.NoTarget != nil || r.NoRecord != nil && r.summary == nil:
		return nil
	case r.isRetiring(), r.retires() && r.Record == nil:
		return r.retiredKeys()
	case r.isMigrating():
		return []knownKey{{id: r.Record.OldKey, role: "the key that the clusters used", held: holds}}
	case r.Record != nil:
		return r.openKeys()
	case r.summary != nil && r.summary.MovedTo != "":
		return []knownKey{{id: rotation.KeyID(r.summary.OldKey), role: "the key that the clusters used", held: idle}}
	case r.ending == Planned && r.Execution.doc().OldKey != "":
		role := "the key to be replaced"
		if r.migrates() {
			role = "the key that the clusters use"
		}
		return []knownKey{{id: r.id(r.Execution.Output.OldKey), role: role, held: holds}}
	case r.code == fault.CredentialMismatch || r.code == fault.MovedToRole:
		return nil // Preflight has seen that Qovery holds another user's, or none
	case r.usedByQovery() != "" && r.code != fault.UnexpectedAccessKey: // which need not be the user's
		return []knownKey{{id: r.usedByQovery(), role: "the key that Qovery uses", held: holds}}
	case r.summary != nil:
		return []knownKey{
			{id: rotation.KeyID(r.summary.NewKey), role: "the new key", held: holds},
			{id: rotation.KeyID(r.summary.OldKey), role: "the old key", held: notHeld, gone: true, touch: r.summary.CompletedAt},
		}
	}
	if last := slices.IndexFunc(r.History, changesQovery); last >= 0 {
		return lastKeys(r.History[last])
	}
	return nil
}

// changesQovery: what Qovery holds, or which clusters use it.
func changesQovery(item rotation.HistoryItem) bool {
	return item.Record.Kind == rotation.Rotate ||
		item.Record.Kind == rotation.Migrate && item.Outcome == rotation.Completed
}

// usedByQovery is the key that was seen in Qovery, and that the journal doesn't know.
func (r *report) usedByQovery() rotation.KeyID { return r.id(r.Execution.Said.Key) }

// lastKeys is the key that the last rotation left in Qovery, and the one that it
// has deleted. Since then a person may have put another one there. A rotation
// that a person has released left what that person wanted.
func lastKeys(last rotation.HistoryItem) []knownKey {
	left, deleted := last.Record.NewKey, last.Record.OldKey
	if last.Record.Kind == rotation.Migrate {
		role := "the key that the clusters used until the migration that ended " + words.At(last.EndedAt)
		return []knownKey{{id: deleted, role: role, held: idle, past: true}}
	}
	role := "put into Qovery by the rotation that ended " + words.At(last.EndedAt)
	switch last.Outcome {
	case rotation.Discarded:
		left, deleted = deleted, left
		role = "left in Qovery by the rotation that ended " + words.At(last.EndedAt)
	case rotation.Completed:
	default:
		return nil
	}
	known := []knownKey{{id: left, role: role, held: holds, past: true}}
	if deleted != "" {
		role := "gone by the end of that rotation"
		if last.Record.Marks[rotation.Delete].How == rotation.Did || last.Outcome == rotation.Discarded &&
			last.Record.Marks[rotation.Discard].How == rotation.Did {
			role = "deleted by that rotation"
		}
		known = append(known, knownKey{id: deleted, role: role, held: notHeld, past: true, gone: true, touch: last.EndedAt})
	}
	return known
}

// outgoingKey is the one that the open record takes out of service.
func (r *report) outgoingKey(role string, held holding) knownKey {
	return knownKey{
		id: r.Record.OldKey, kind: r.Record.Kind, role: role, held: held, ours: r.oldKeyIsOut(),
		did:  r.Record.Marks[rotation.Deactivate].How == rotation.Did,
		gone: r.done(rotation.Delete), begun: r.begun(rotation.Delete),
		touch: r.latest(rotation.Deactivate, rotation.Reactivate, rotation.Delete),
	}
}

// openKeys are the keys of the open record. What Qovery holds follows from what
// was begun: until the update nothing but the old key, while it may be going on
// either, and from then on the new one.
func (r *report) openKeys() []knownKey {
	oldKey := r.outgoingKey("the old key", holds)
	newKey := knownKey{
		id: r.Record.NewKey, role: "the new key", held: notHeld,
		begun: r.begun(rotation.Discard), touch: r.latest(rotation.Create, rotation.Discard),
	}
	switch {
	case r.code == fault.MovedToRole:
		oldKey.held, newKey.held = notHeld, notHeld
	case r.updated() && (r.code == fault.OldKeyHeld || r.code == fault.OldKeyLost):
		oldKey.held, newKey.held = mayHold, holds // the step has seen so, or has reason to fear it
	case r.updated():
		oldKey.held, newKey.held = notHeld, holds
	case r.begun(rotation.Update):
		oldKey.held, newKey.held = mayHold, mayHold
	}
	if newKey.id == "" {
		return []knownKey{oldKey}
	}
	return []knownKey{newKey, oldKey}
}

func (r *report) begun(e rotation.Effect) bool {
	return r.Record != nil && !r.Record.Marks[e].Begun.IsZero()
}

func (r *report) done(e rotation.Effect) bool {
	return r.Record != nil && !r.Record.Marks[e].Done.IsZero()
}

// updated: all locations hold the new key. Nothing later is begun before that.
func (r *report) updated() bool {
	return slices.ContainsFunc([]rotation.Effect{rotation.Update, rotation.Deploy}, r.done) ||
		slices.ContainsFunc([]rotation.Effect{rotation.Deactivate, rotation.Delete}, r.begun)
}

// oldKeyIsOut: the open rotation may have made the old key Inactive, and can
// bring it back.
func (r *report) oldKeyIsOut() bool {
	return r.Record != nil && r.Record.DeactivatedByUs()
}

func (r *report) latest(effects ...rotation.Effect) (latest time.Time) {
	for _, e := range effects {
		for _, t := range []time.Time{r.Record.Marks[e].Begun, r.Record.Marks[e].Done} {
			if t.After(latest) {
				latest = t
			}
		}
	}
	return latest
}

// strange tells what can be said of a key that only IAM knows; alone: so are all.
func (r *report) strange(id rotation.KeyID, alone bool) string {
	switch {
	case alone:
		return "a key of the IAM user"
	case r.Record == nil && len(r.History) == 0 && r.summary == nil:
		return "another key of the IAM user"
	case r.Record == nil && len(r.History) > 0 &&
		slices.Contains([]rotation.KeyID{r.History[0].Record.OldKey, r.History[0].Record.NewKey}, id):
		return "a key of the rotation that ended " + words.At(r.History[0].EndedAt) + ", " + string(r.History[0].Outcome)
	case r.Record == nil:
		return "a key that the last rotation did not know"
	case slices.Contains(r.Record.KnownKeys, id):
		return "a key that was there before this rotation"
	case len(r.Record.Attempts) > 0:
		return "perhaps a key that this rotation created without getting an answer"
	}
	return "a key that this rotation does not know"
}

// foreignLocations are the listed keys that a rotation would stumble over.
func (r *report) foreignLocations() []string {
	var ids []string
	for _, k := range r.known {
		if k.exists() && k.held == holdingUnknown {
			ids = append(ids, string(k.id))
		}
	}
	return ids
}

// line tells of one key, of which IAM has said nothing if unlisted.
func (k knownKey) line(now time.Time, unlisted bool) string {
	parts, status := []string{k.role}, string(k.status())
	if held := k.held.String(); held != "" && !k.past {
		parts = append(parts, held)
	}
	switch {
	case unlisted:
		status = "unknown"
	case !k.exists() && k.gone && k.past:
	case !k.exists() && k.gone:
		parts = append(parts, "deleted")
	case !k.exists() && k.begun:
		parts = append(parts, "its deletion was begun")
	case !k.exists():
		parts = append(parts, "IAM does not list it"+k.lag(now))
	case k.gone && k.past:
		parts = append(parts, "and IAM still lists it"+k.lag(now))
	case k.gone:
		parts = append(parts, "deleted, and IAM still lists it"+k.lag(now))
	case k.isInactive() && k.did:
		parts = append(parts, "made Inactive by this "+k.kind.Noun())
	case k.isInactive() && k.ours:
		parts = append(parts, "this "+k.kind.Noun()+" asked for that")
	case k.isInactive() && k.held != holdingUnknown:
		parts = append(parts, "not made Inactive by a rotation"+k.lag(now))
	}
	if k.exists() {
		parts = append(parts,
			fmt.Sprintf("created %s, %s ago", words.At(k.listed.CreatedAt), words.Span(k.listed.CreatedAt, now)))
	}
	return fmt.Sprintf("%s  %-8s  %s", string(k.id), status, strings.Join(parts, "; "))
}

func (k knownKey) lag(now time.Time) string {
	if k.settles(now) {
		return " (its lists may lag by ten minutes)"
	}
	return ""
}
