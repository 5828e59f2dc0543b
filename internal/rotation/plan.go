package rotation

import (
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Action is what an execution does after Preflight.
type Action string

// The actions that ChoosePlan knows.
const (
	ActionCreate     Action = "CREATE"
	ActionVerify     Action = "VERIFY"
	ActionDeploy     Action = "DEPLOY"
	ActionDelete     Action = "DELETE"
	ActionReactivate Action = "REACTIVATE"
	ActionRetire     Action = "RETIRE"
	ActionMigrate    Action = "MIGRATE"
	ActionMoveBack   Action = "MOVE_BACK" // the abort of a migration
	ActionAbort      Action = "ABORT"
	ActionDryRun     Action = "DRY_RUN"
	ActionNotDue     Action = "NOT_DUE"
	ActionAwait      Action = "AWAIT" // the time from which the execution may begin
)

// Situation is all that the plan depends on.
type Situation struct {
	Now              time.Time
	Execution        string // ARN of the execution that asks
	Abort            bool
	IAMUser          string
	Keys             []AccessKey
	LastUses         map[KeyID]Use // of the keys beyond the one that Qovery uses
	Locations        []Location
	HandledElsewhere []string
	Record           *Record
	Owner            ExecutionState // of the record's owner
	Staged           bool           // the secret of the record's new key is staged
	Scheduled        bool           // no person started the execution
	CameFor          KeyID          // the key that it was started for; empty: whichever there is
	Frozen           *fault.Error   // why no rotation may begin now; nil: one may
	Leaked           Leaked         // the keys that leaked, by the record and by the input
	Named            KeyID          // the key of which the input says that it leaked
	DueAt            time.Duration  // the age from which on the key is due for a scheduled execution
	Retire           KeyID          // the key that the execution is to retire; then Locations are of all kinds
	Unheld           bool           // no location held that one a minute ago
	Copies           []Copy         // of that one's id, in services
	MigrateTo        string         // the credentials that the clusters are to be moved to, as a person calls them
	To               *Location      // which those are; then Locations are of all kinds. Nil: none are
	First            string         // the cluster to move first, by id or name; empty: whichever
	Account          string         // of AWS
}

// Decision is what to do. Either Action or Refusal is set.
type Decision struct {
	Action  Action
	Reason  string // the row that matched, for people
	Refusal *fault.Error
	// CloseRecord: the record is of a rotation whose new key is gone and held
	// nowhere. It is closed first; what follows was decided without it.
	CloseRecord bool
}

// row is one row of the plan. Rows are asked in order; the first that applies decides.
type row struct {
	situation string
	applies   func(*Situation) bool
	decide    func(*Situation) Decision
}

// Decide is the plan: a pure function of the situation.
func Decide(s Situation) Decision {
	for _, row := range plan {
		if row.applies(&s) {
			decision := row.decide(&s)
			if decision.Reason == "" {
				decision.Reason = row.situation
			}
			return decision
		}
	}
	panic("the plan's last row applies to everything")
}

// plan is the table of design: what each situation calls for. It is filled in
// by init because one row decides again.
var plan []row

func init() {
	plan = slices.Concat(notDueRows, kindRows, ownershipRows, leakedRows, abortRows, settlingRows, retireRows, migrateRows,
		keylessRows, freshRows, unfinishedRows, carryOnRows)
}

// Is there anything to do for an execution that no person started? Nothing is, once
// somebody has begun: what a person stopped, only a person or the schedule resumes.
var notDueRows = []row{
	{"a key leaked, and a person takes care of it", func(s *Situation) bool {
		return s.Scheduled && s.Record != nil && !s.own() && len(s.Record.Leaked) > 0
	}, do(ActionNotDue)},
	{"the key that this execution came for is being rotated already", func(s *Situation) bool {
		return s.CameFor != "" && s.Record != nil && !s.own()
	}, do(ActionNotDue)},
	{"Qovery no longer holds the key that this execution came for", func(s *Situation) bool {
		return s.CameFor != "" && s.Record == nil && !s.holds(s.CameFor)
	}, do(ActionNotDue)},
	{"Qovery uses roles, and the user has no key left", func(s *Situation) bool {
		return s.Scheduled && s.Record == nil && len(s.Keys) == 0 && s.movedToRole()
	}, do(ActionNotDue)},
	{"the key is young enough for the next scheduled run", func(s *Situation) bool {
		key, exists := findKey(s.Keys, s.usedByQovery())
		return s.Scheduled && s.Record == nil && exists && key.Status == Active && s.Now.Sub(key.CreatedAt) < s.DueAt
	}, do(ActionNotDue)},
}

// Who owns the record, and may the execution that asks have it?
var ownershipRows = []row{
	{"abort, or a key leaked, while the execution that was stopped still seems to run",
		func(s *Situation) bool { return (s.Abort || s.Named != "") && s.ownerRuns() }, func(s *Situation) Decision {
			return refuse(fault.StepBusy, "Step Functions still tells that %s runs", s.Record.Owner)
		}},
	{"another execution is at work", (*Situation).ownerRuns, func(s *Situation) Decision {
		return refuse(fault.RotationInProgress, "The execution %s is rotating this key", s.Record.Owner)
	}},
	{"a step may still be at work", (*Situation).stepMayRun, func(s *Situation) Decision {
		return refuse(fault.StepBusy, "A step of %s may still be at work", s.Record.Owner)
	}},
}

// An abort comes before all that could refuse it: bringing back the key that
// this record deactivated is always right.
var abortRows = []row{
	{"abort without an open rotation", func(s *Situation) bool { return s.Abort && s.Record == nil },
		func(s *Situation) Decision {
			return refuse(fault.NothingToAbort, "No rotation of the IAM user %s is open", s.IAMUser)
		}},
	{"abort of a migration whose key isn't Active", func(s *Situation) bool {
		return s.Abort && s.migrating() && s.status(s.Record.OldKey) != Active
	}, oldKeyGone},
	{"abort; the old key is Inactive, not by this rotation", func(s *Situation) bool {
		return s.Abort && s.oldInactiveByOthers()
	}, oldKeyInactive},
	{"abort of a migration", func(s *Situation) bool { return s.Abort && s.migrating() }, do(ActionMoveBack)},
	{"abort", func(s *Situation) bool { return s.Abort }, do(ActionAbort)},
}

var settlingRows = []row{
	{"the new key or a creation is too young to judge", (*Situation).creationSettling, func(s *Situation) Decision {
		return refuse(fault.IAMSettling, "A key was created less than %d minutes ago, and IAM's lists lag",
			Settling/time.Minute)
	}},
}

// Is there a key to rotate? Where Qovery was given roles there is none, and a person
// may be clearing away what the user has left.
var keylessRows = []row{
	{"credentials hold a role, and none a key of the user", func(s *Situation) bool {
		return s.Record == nil && s.movedToRole()
	}, movedToRole},
	{"the credentials were given a role before there was a new key", func(s *Situation) bool {
		return s.movedEarly() && len(s.Record.further(s.Keys)) == 0
	}, decideWithoutRecord},
	{"every location was given a role, and the keys are for a person to clear away", func(s *Situation) bool {
		return s.movedEarly() || s.moved() && s.tampered()
	}, movedToRole},
	{"the user has no key", func(s *Situation) bool { return len(s.Keys) == 0 }, noAccessKey},
}

// noAccessKey names a key that Qovery holds all the same, unless a journal's record says which.
func noAccessKey(s *Situation) Decision {
	decision := refuse(fault.NoAccessKey, "The IAM user %s has no access key%s", s.IAMUser, s.heldText())
	i := slices.IndexFunc(s.Locations, func(l Location) bool { return l.Key != "" })
	if s.Record == nil && i >= 0 {
		decision.Refusal.Key = s.Locations[i].Key.String()
	}
	return decision
}

// credentialMismatch names a key that credentials hold all the same. It is another user's, or
// was this one's and is deleted.
func credentialMismatch(s *Situation) Decision {
	decision := refuse(fault.CredentialMismatch, "No AWS credentials in the organization hold a key of the IAM user %s: "+
		"the user has %s%s", s.IAMUser, s.keysText(), s.heldText())
	i := slices.IndexFunc(s.Locations, func(l Location) bool { return l.Kind == AWSCredentials && l.Key != "" })
	if i >= 0 {
		decision.Refusal.Key = s.Locations[i].Key.String()
	}
	return decision
}

// No rotation is open.
var freshRows = []row{
	{"credentials of another type hold the key", func(s *Situation) bool {
		return s.Record == nil && s.usedByQovery() == "" && len(s.unsupported()) > 0
	}, func(s *Situation) Decision {
		held := s.unsupported()
		return refuse(fault.UnsupportedCredentials, "%s hold the key %s, and are of type %s, not static AWS credentials",
			names(held), held[0].Key, held[0].Type)
	}},
	{"Qovery holds no key of the user", func(s *Situation) bool { return s.Record == nil && s.usedByQovery() == "" },
		credentialMismatch},
	{"more than one key, and the one that Qovery uses leaked", func(s *Situation) bool {
		return s.Record == nil && len(s.Keys) > 1 && s.Leaked.has(s.usedByQovery())
	}, furtherKeys},
	{"more than one key", func(s *Situation) bool { return s.Record == nil && len(s.Keys) > 1 }, multipleKeys},
	{"the key leaked", func(s *Situation) bool { return s.Record == nil && s.Leaked.has(s.Keys[0].ID) }, do(ActionCreate)},
	{"every cluster uses a role already", func(s *Situation) bool {
		return s.Record == nil && ServesNone(s.Locations, s.usedByQovery())
	},
		func(s *Situation) Decision {
			decision := refuse(fault.MovedToRole, "No cluster uses the key %s any more; it is held by %s", s.usedByQovery(),
				names(holders(s.Locations, s.usedByQovery())))
			decision.Refusal.Next = &fault.Advice{Do: fault.Status, First: "Once nothing has failed for two weeks, give a " +
				"role to registries and Helm repositories that hold it, delete the credentials in Qovery, and retire the key " +
				"('rotate retire')"}
			return decision
		}},
	{"the key is Inactive", func(s *Situation) bool { return s.Record == nil && s.Keys[0].Status != Active },
		func(s *Situation) Decision {
			decision := refuse(fault.OldKeyInactive, "The key %s, which Qovery holds, is Inactive", s.Keys[0].ID)
			decision.Refusal.Urgent = true
			return decision
		}},
	{"no rotation may begin now", func(s *Situation) bool { return s.Record == nil && s.Frozen != nil }, frozenNow},
	{"clusters use the key, and are to be moved", func(s *Situation) bool {
		return s.Record == nil && s.MigrateTo != ""
	}, do(ActionMigrate)},
	{"one Active key, held by Qovery", func(s *Situation) bool { return s.Record == nil }, do(ActionCreate)},
}

// A rotation is open that has no new key, or is giving it up. From here on there
// is a record.
var unfinishedRows = []row{
	{"a location holds another key", func(s *Situation) bool { return len(s.Record.foreignLocations(s.Locations)) > 0 },
		func(s *Situation) Decision {
			found := s.Record.requireFamiliar(s.Locations).(*fault.Error)
			decision := refuse(fault.UnexpectedAccessKey, "%s", found.What)
			decision.Refusal.Key = found.Key
			return decision
		}},
	{"no new key yet", func(s *Situation) bool {
		return s.withoutNewKey() && len(s.Record.further(s.Keys)) == 0
	}, do(ActionCreate)},
	{"no new key yet; a lost creation left keys behind", func(s *Situation) bool {
		return s.withoutNewKey() && s.onlyOrphans()
	}, do(ActionCreate)},
	{"the old key is held, and this rotation may have made it Inactive", func(s *Situation) bool {
		return s.oldHeld() && s.oldOut() && s.Record.mayReactivate()
	}, do(ActionReactivate)},
	{"the new key leaked and is not used anywhere in Qovery", func(s *Situation) bool {
		return s.Record.newLeaked() && s.exists(s.Record.NewKey) && s.exists(s.Record.OldKey) && s.oldHeld() &&
			!s.holds(s.Record.NewKey) && !s.Record.begun(Update)
	}, do(ActionCreate)},
	{"the new key is being discarded", func(s *Situation) bool {
		return s.Record.begun(Discard) && !s.holds(s.Record.NewKey) && !s.moved()
	}, do(ActionCreate)},
	{"the new key is gone, and the old one was brought back a moment ago", func(s *Situation) bool {
		return s.newGone() && s.oldInactive() && s.Record.recently(Reactivate, s.Now)
	}, oldKeyInactive},
	{"the new key is gone and not used anywhere in Qovery", func(s *Situation) bool {
		return s.newGone() && !s.holds(s.Record.NewKey) && s.exists(s.Record.OldKey) &&
			!(s.oldOut() && s.Record.mayReactivate())
	}, decideWithoutRecord},
	{"the new key is gone", (*Situation).newGone, func(s *Situation) Decision {
		decision := refuse(fault.NewKeyLost, "The new key %s does not exist any more%s", s.Record.NewKey, s.heldText())
		decision.Refusal.Urgent = s.holds(s.Record.NewKey)
		return decision
	}},
	{"the new key is Inactive", func(s *Situation) bool { return s.status(s.Record.NewKey) == Inactive },
		func(s *Situation) Decision {
			refusal := s.Record.NewKeyInactive(s.heldText())
			refusal.Urgent = s.holds(s.Record.NewKey)
			return Decision{Refusal: refusal}
		}},
	{"the old key is Inactive, not by this rotation", (*Situation).oldInactiveByOthers, oldKeyInactive},
}

// A rotation is open, and its new key is Active.
var carryOnRows = []row{
	{"the new key's secret is still staged", func(s *Situation) bool {
		return s.named() && s.Staged && (s.oldHeld() || s.released() && !s.oldInactive())
	}, do(ActionVerify)},
	{"the new key was never handed out and its secret is gone", func(s *Situation) bool {
		return s.named() && s.oldHeld() && s.exists(s.Record.OldKey) && !s.holds(s.Record.NewKey) && !s.Record.begun(Update)
	}, do(ActionCreate)},
	{"locations hold the old key and the new key's secret is gone",
		func(s *Situation) bool { return s.named() && s.oldHeld() }, func(s *Situation) Decision {
			decision := refuse(fault.StagedSecretLost, "The secret of the new key %s is gone%s", s.Record.NewKey, s.heldText())
			decision.Refusal.Urgent = !s.exists(s.Record.OldKey)
			return decision
		}},
	{"the old key's deletion was begun", func(s *Situation) bool {
		return s.released() && s.Record.begun(Delete) && (s.oldInactive() || !s.exists(s.Record.OldKey))
	}, do(ActionDelete)},
	{"all locations hold the new key, or a role; the old key may be Inactive", func(s *Situation) bool {
		return s.released() && s.oldOut() && s.Record.mayReactivate() && !s.Record.newLeaked()
	}, do(ActionReactivate)},
	{"all locations hold the new key, or a role", (*Situation).released, do(ActionDeploy)},
	{"anything else", func(*Situation) bool { return true }, func(s *Situation) Decision {
		return refuse(fault.UnexpectedAccessKey, "The keys are not what the journal says: it knows the old key %s and the "+
			"new key %s, the user has %s%s",
			s.Record.OldKey, s.Record.NewKey, s.keysText(), s.heldText())
	}},
}

func do(action Action) func(*Situation) Decision {
	return func(*Situation) Decision { return Decision{Action: action} }
}

// decideWithoutRecord closes the record, which has come to nothing.
func decideWithoutRecord(s *Situation) Decision {
	without := *s
	without.Record = nil
	decision := Decide(without)
	decision.CloseRecord = true
	return decision
}

func movedToRole(s *Situation) Decision {
	if s.leakedKey() != "" {
		return leakedElsewhere(s) // which waits for no retirement
	}
	decision := refuse(fault.MovedToRole, "%s a role, and no credentials in the organization a key of the IAM user "+
		"%s, which has %s%s", holding(withRole(s.Locations)), s.IAMUser, s.keysText(), s.heldText())
	if s.Record != nil { // whose marks name keys that Qovery held before
		decision.Refusal.InPlace = "A rotation of the key " + s.Record.OldKey.Text() + " is open"
	}
	return decision
}

func frozenNow(s *Situation) Decision { return Decision{Refusal: s.Frozen} }

func refuse(code fault.Code, format string, args ...any) Decision {
	return Decision{Refusal: fault.Errorf(code, format, args...)}
}

func oldKeyInactive(s *Situation) Decision {
	if s.Record.recently(Reactivate, s.Now) {
		return refuse(fault.IAMSettling, "The old key %s was made Active less than %d minutes ago, and IAM's lists lag",
			s.Record.OldKey, Settling/time.Minute)
	}
	decision := refuse(fault.OldKeyInactive, "The old key %s is Inactive, and not by this rotation%s", s.Record.OldKey,
		s.heldText())
	decision.Refusal.Urgent = s.oldHeld()
	return decision
}

func multipleKeys(s *Situation) Decision {
	used := s.usedByQovery()
	others := slices.DeleteFunc(slices.Clone(s.Keys), func(key AccessKey) bool { return key.ID == used })
	decision := refuse(fault.MultipleAccessKeys,
		"The IAM user %s has %d access keys: Qovery uses %s; beside it there is %s",
		s.IAMUser, len(s.Keys), used, s.describeAll(others))
	decision.Refusal.Key = used.String()
	if slices.ContainsFunc(s.Keys,
		func(key AccessKey) bool { return key.ID != used && len(holders(s.Locations, key.ID)) > 0 }) {
		decision.Refusal.Advise("Both are in use: put one of them into all of those locations by hand and deploy their " +
			"clusters, and delete the other once nothing uses it")
	}
	return decision
}

func (s *Situation) describeAll(keys []AccessKey) words.Text {
	var list []words.Text
	for _, key := range keys {
		list = append(list, s.describe(key))
	}
	return words.Join(list, "; ")
}

func (s *Situation) describe(key AccessKey) words.Text {
	use := "never used"
	if at := s.LastUses[key.ID].At; !at.IsZero() {
		use = "last used " + words.Time(at, time.RFC3339)
	}
	text := words.Textf("%s, %s, %d days old, %s", key.ID, key.Status, int(s.Now.Sub(key.CreatedAt).Hours()/24), use)
	if held := holders(s.Locations, key.ID); len(held) > 0 {
		text = words.Textf("%s, held by %s", text, names(held))
	}
	return text
}

// own: the record is this execution's own, as when Preflight is tried again.
func (s *Situation) own() bool { return s.Record != nil && s.Record.Owner == s.Execution }

func (s *Situation) ownerRuns() bool {
	return s.Record != nil && !s.own() && s.Owner == ExecutionRunning
}

// forgotten is how long an owner that Step Functions does not know may yet turn
// up: it answers late for executions that have just begun, and knows none after
// ninety days.
const forgotten = 24 * time.Hour

func (s *Situation) stepMayRun() bool {
	if s.Record == nil {
		return false
	}
	unknown := !s.own() && s.Owner != ExecutionEnded && s.Now.Sub(s.Record.TouchedAt) < forgotten
	return s.Record.Lease.runs(s.Now) || unknown
}

func (s *Situation) creationSettling() bool {
	if s.Record == nil {
		return false
	}
	missing := s.newGone() && s.Record.recently(Create, s.Now)
	return missing || s.Record.NewKey == "" && s.Record.requireSettled(s.Now) != nil
}

// usedByQovery is the user's key that the AWS credentials to rotate hold.
func (s *Situation) usedByQovery() KeyID {
	for _, key := range s.Keys {
		for _, location := range holders(rotated(s.Locations, s.HandledElsewhere), key.ID) {
			if location.Kind == AWSCredentials {
				return key.ID
			}
		}
	}
	return ""
}

// unsupported are the AWS credentials that hold a key of the user and cannot be
// changed from here.
func (s *Situation) unsupported() []Location {
	return slices.DeleteFunc(managed(s.Locations, s.HandledElsewhere), func(l Location) bool {
		_, ours := findKey(s.Keys, l.Key)
		return !ours || l.Rotatable || l.Kind != AWSCredentials
	})
}

// holds: a location that is rotated holds the key.
func (s *Situation) holds(id KeyID) bool {
	return len(holders(rotated(s.Locations, s.HandledElsewhere), id)) > 0
}

func (s *Situation) oldHeld() bool { return s.holds(s.Record.OldKey) }

// released: the old key has given way everywhere, to the new one or to roles.
func (s *Situation) released() bool {
	return s.named() && !s.oldHeld() && (s.holds(s.Record.NewKey) || s.moved())
}

// movedToRole: there are credentials that hold a role, and none that hold a key of
// the user.
func (s *Situation) movedToRole() bool {
	roles := withRole(managed(s.Locations, s.HandledElsewhere))
	return s.usedByQovery() == "" && len(s.unsupported()) == 0 &&
		slices.ContainsFunc(roles, func(l Location) bool { return l.Kind == AWSCredentials })
}

// movedEarly: so they do, and the open rotation has no new key.
func (s *Situation) movedEarly() bool { return s.Record != nil && !s.named() && s.movedToRole() }

// moved: every location of the open rotation was given a role.
func (s *Situation) moved() bool {
	return s.Record != nil && s.Record.moved(s.Locations) && !s.oldHeld() && !s.holds(s.Record.NewKey)
}

// tampered: the user's keys are not such that an open rotation can be led to its end.
func (s *Situation) tampered() bool {
	return s.status(s.Record.NewKey) != Active || s.oldInactiveByOthers()
}

func (s *Situation) named() bool { return s.Record.NewKey != "" }

func (s *Situation) exists(id KeyID) bool {
	_, exists := findKey(s.Keys, id)
	return exists
}

func (s *Situation) status(id KeyID) KeyStatus {
	key, _ := findKey(s.Keys, id)
	return key.Status
}

func (s *Situation) oldInactive() bool { return s.status(s.Record.OldKey) == Inactive }

// oldInactiveByOthers: somebody else made the old key Inactive, and not because it leaked.
func (s *Situation) oldInactiveByOthers() bool {
	return s.oldInactive() && !s.Record.DeactivatedByUs() && !s.Record.oldLeaked()
}

// oldOut: the old key is Inactive, or this record has begun to make it so, or
// has begun to bring it back. What IAM lists may lag behind that.
func (s *Situation) oldOut() bool {
	return s.oldInactive() || s.exists(s.Record.OldKey) && s.Record.DeactivatedByUs()
}

func (s *Situation) newGone() bool { return s.named() && !s.exists(s.Record.NewKey) }

func (s *Situation) withoutNewKey() bool {
	return !s.named() && s.oldHeld() && (s.status(s.Record.OldKey) == Active || s.oldInactive() && s.Record.oldLeaked())
}

func (s *Situation) onlyOrphans() bool {
	return !slices.ContainsFunc(s.Record.further(s.Keys), func(key AccessKey) bool {
		held := len(holders(s.Locations, key.ID)) > 0
		return !s.Record.isOrphan(key, held, !s.LastUses[key.ID].At.IsZero())
	})
}

func (s *Situation) keysText() words.Text {
	var list []words.Text
	for _, key := range s.Keys {
		list = append(list, words.Textf("%s (%s)", key.ID, key.Status))
	}
	if len(list) == 0 {
		return "none"
	}
	return words.Join(list, ", ")
}

func (s *Situation) heldText() words.Text {
	if s.Abort {
		return "" // an abort does not ask Qovery
	}
	var list []words.Text
	for _, location := range s.Locations {
		if location.Key != "" {
			list = append(list, words.Textf("%s holds %s", location, location.Key))
		}
	}
	if len(list) == 0 {
		return "; no location holds a key"
	}
	return "; " + words.List(list, mostListed)
}
