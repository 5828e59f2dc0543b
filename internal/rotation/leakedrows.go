package rotation

import (
	"slices"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// A key that leaked is one that this rotation can replace, or there is something else to
// be done at once.
var leakedRows = []row{
	{"the leaked key isn't the user's", func(s *Situation) bool {
		return s.Named != "" && !s.exists(s.Named) && (s.Record == nil || s.Record.requireOwnKey(s.Named) != nil)
	}, notTheUsers},
	{"a key leaked, and the migration was aborted", func(s *Situation) bool {
		return s.Named != "" && s.migrating() && !s.Record.BringsBack()
	}, decideWithoutRecord},
	{"a key leaked while clusters are being moved", func(s *Situation) bool { return s.Named != "" && s.migrating() },
		leakedFirst},
	{"a key leaked while another is being retired", func(s *Situation) bool {
		return s.Named != "" && s.retiring() && !s.retiresLeaked() && s.exists(s.Record.OldKey)
	}, retiredFirst},
	{"a key leaked, and the one that was being retired is gone", func(s *Situation) bool {
		return s.Named != "" && s.retiring() && !s.retiresLeaked()
	}, decideWithoutRecord},
	{"the leaked key is not one that is rotated", func(s *Situation) bool {
		return s.Named != "" && s.Record != nil && !s.Record.unbegun() && s.Record.requireOwnKey(s.Named) != nil
	}, leakedElsewhere},
	{"the leaked key is not the one that Qovery uses", func(s *Situation) bool {
		return s.Named != "" && s.Record == nil && s.Named != s.usedByQovery()
	}, leakedElsewhere},
}

// migrating: a migration is open that has moved something.
func (s *Situation) migrating() bool { return s.Record.Migrating() }

// Migrating tells whether the record is a migration's that has moved something, and not all
// of it back.
func (r *Record) Migrating() bool { return r != nil && r.Kind == Migrate && !r.unbegun() }

// BringsBack tells whether an abort of the migration still has clusters to bring back: none
// that a person had pointed at the role.
func (r *Record) BringsBack() bool {
	isBack := func(m Move) bool { return m.returned() || m.stays() && !m.underWay() }
	return r.Migrating() && len(r.movesThat(func(m Move) bool { return !isBack(m) })) > 0
}

// retiring: a retirement is open that has changed something.
func (s *Situation) retiring() bool {
	return s.Record != nil && s.Record.Kind == Retire && !s.Record.unbegun()
}

// retiresLeaked: the key that leaked is the one that is being retired, which goes on.
func (s *Situation) retiresLeaked() bool { return s.retiring() && s.Named == s.Record.OldKey }

// NewKeyInactive says that someone made the new key Inactive. If that leaked, deploying it
// would break what still works with the old key, and there is no room for a third. No step
// deletes what a location may hold.
func (r *Record) NewKeyInactive(held words.Text) *fault.Error {
	err := fault.Errorf(fault.NewKeyInactive, "The new key %s is Inactive%s", r.NewKey, held)
	if !r.newLeaked() {
		return err
	}
	err.Next = &fault.Advice{First: "The new key leaked. Delete it", Command: DeleteCommand(r.IAMUser, r.NewKey),
		Do: fault.Start}
	if r.begun(Update) {
		err.Next = &fault.Advice{First: "The new key leaked and stays Inactive. Replace it, put the one that is " +
			"created into every location in Qovery, and deploy the clusters", Do: fault.Release,
			Command: words.Textf("%s; aws iam create-access-key --user-name %s", err.Next.Command, r.IAMUser)}
	}
	if r.oldLeaked() && !r.outSinceLeak() {
		err.Next.First = "Both keys leaked. Make the old one Inactive. " + err.Next.First
		err.Next.Command = StatusCommand(r.IAMUser, r.OldKey, Inactive) + "; " + err.Next.Command
	}
	return err
}

func notTheUsers(s *Situation) Decision {
	decision := refuse(fault.InvalidInput, "The IAM user %s has no key %s, which is said to have leaked: it has %s",
		s.IAMUser, s.Named, s.keysText())
	decision.Refusal.Next = &fault.Advice{Do: fault.Status,
		First: "If the key is deleted already, nothing is left to do. Otherwise find out which IAM user has it"}
	return decision
}

// leakedElsewhere refuses a key that no rotation replaces: another one is in the
// credentials, or the open rotation doesn't know it.
func leakedElsewhere(s *Situation) Decision {
	id := s.leakedKey()
	held := holders(s.Locations, id)
	if len(held) == 0 {
		return leakedSo(s, "and no rotation replaces it: no location that is rotated holds it", fault.Advice{
			First: "Delete it, whereupon what uses it fails", Command: DeleteCommand(s.IAMUser, id), Do: fault.Status})
	}
	return leakedSo(s, words.Textf("and no rotation replaces it: it is held by %s", names(held)), fault.Advice{
		First:   "Make it Inactive, whereupon what uses it fails until you have put another key, or a role, there",
		Command: StatusCommand(s.IAMUser, id, Inactive), Do: fault.Status})
}

// retiredFirst refuses while the user has a key that is being retired: there is no room
// for another one.
func retiredFirst(s *Situation) Decision {
	return leakedSo(s, "and leaves no room for a new one while the user has the key "+
		s.Record.OldKey.Text()+", which is being retired", fault.Advice{
		First:   "Delete the key " + s.Record.OldKey.Text() + ", which no location held when its retirement began",
		Command: DeleteCommand(s.IAMUser, s.Record.OldKey), Do: fault.Start})
}

// furtherKeys refuses while the user has a key beside the one that leaked: an attacker may
// have made it.
func furtherKeys(s *Situation) Decision {
	further := slices.DeleteFunc(slices.Clone(s.Keys), func(k AccessKey) bool { return k.ID == s.usedByQovery() })
	id := further[0].ID
	advice := fault.Advice{Do: fault.Start, Command: DeleteCommand(s.IAMUser, id),
		First: "An attacker who has the leaked key may have made the further one. Delete it"}
	if held := holders(s.Locations, id); len(held) > 0 {
		advice.First = words.Textf("Put the leaked key into %s, where the rotation then replaces it, or a role. Delete the "+
			"further key", names(held))
	}
	return leakedSo(s, words.Textf("and the IAM user %s has a further one: %s", s.IAMUser, s.describeAll(further)), advice)
}

// leakedSo says what keeps the rotation of a leaked key from beginning, and what to do.
func leakedSo(s *Situation, so words.Text, advice fault.Advice) Decision {
	decision := refuse(fault.MultipleAccessKeys, "The key %s leaked, %s", s.leakedKey(), so)
	decision.Refusal.Next = &advice
	return decision
}

// leakedKey is the key that the execution was started for, or else one that leaked before.
func (s *Situation) leakedKey() KeyID {
	if s.Named != "" {
		return s.Named
	}
	for _, key := range s.Keys {
		if s.Leaked.has(key.ID) {
			return key.ID
		}
	}
	return ""
}
