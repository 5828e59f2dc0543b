package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// unusedFor is when a key is unused, by the CIS benchmark for AWS and Security Hub.
// https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-22
const unusedFor = 45 * day

// Judgement is what an audit says of a target. Of one that could not be read, the facts have
// the name.
type Judgement struct {
	Facts
	ageLimit time.Duration
	Findings []Finding
	Figures  Figures
	// Judged are the kinds of findings that could be judged. What is not found
	// and is of another kind is not known to be over.
	Judged map[Kind]bool
}

// Judge judges the facts about a target. It depends on its arguments alone.
func Judge(name string, f Facts, ageLimit time.Duration) Judgement {
	if f.Target.Name == "" {
		f.Target.Name = name
	}
	j := Judgement{Facts: f, ageLimit: ageLimit, Figures: Figures{Audited: 1}, Judged: map[Kind]bool{}}
	for _, source := range Sources {
		if j.asked(source) {
			j.Judged[unread(source)] = true
		}
		if err := f.Unread[source]; err != nil {
			j.Figures[Audited] = 0
			j.add(j.notRead(source, fault.AsError(err)))
		}
	}
	if j.read(fromKeys) {
		j.judgeKeys()
	}
	if j.read(fromKeys, FromQovery) && (j.atRest() || j.isRetiring() || j.isMigrating()) {
		j.judgeLocations()
	}
	if j.read(fromKeys, FromQovery) && (j.atRest() || j.isRetiring()) {
		j.judgeClusters()
	}
	if j.read(fromKeys) {
		j.judgeCopies()
	}
	if j.atRest() {
		j.judgeRecord()
		j.judgeDeed()
	}
	if j.read(FromSchedule) {
		j.judgeSchedule()
	}
	return j
}

// KeyIDs are those of the keys that findings may be about.
func (f *Facts) KeyIDs() notice.KeyIDs {
	ids := notice.KeyIDs(rotation.IDsOf(f.Keys))
	for _, location := range f.Locations {
		ids = append(ids, location.Key)
	}
	if f.Record != nil {
		ids = append(ids, f.Record.OldKey, f.Record.NewKey)
	}
	return slices.DeleteFunc(ids, func(id rotation.KeyID) bool { return id == "" })
}

// Sources are all sources, in the order that they are read.
var Sources = []Source{fromTarget, FromJournal, FromOwner, fromKeys, fromUses, FromQovery, FromSchedule, FromNeeds,
	fromServices, fromRuns}

// says is what a step says, with whole ids.
func (j *Judgement) says(text words.Text) string { return text.With(j.KeyIDs().Whole) }

func (j *Judgement) add(f Finding) {
	f.Urgency, f.Verdict = cmp.Or(f.Urgency, notice.Calm), cmp.Or(f.Verdict, canWait)
	j.Findings = append(j.Findings, f)
}

// atRest: no rotation changes anything now, nor did a moment ago: IAM's lists and Qovery's
// answers lag.
func (f *Facts) atRest() bool {
	if !f.read(FromJournal, FromOwner) || f.Moved {
		return false
	}
	if f.Record != nil {
		return !f.Record.AtWork(f.Owner, f.Now) && f.Now.Sub(f.Record.TouchedAt) >= rotation.Settling
	}
	return len(f.History) == 0 || f.Now.Sub(f.History[0].EndedAt) >= rotation.Settling
}

// judgeKeys judges how many keys there are, how old they are, and when they were
// used last.
func (j *Judgement) judgeKeys() {
	j.Figures[KeyCount] = float64(len(j.Keys))
	left := j.leftover()
	j.judgeAge(left)
	j.judgeLeaked()
	if !j.showsLeftovers() {
		return
	}
	j.Judged[leftOver] = true
	j.Figures[LeftoverKeys] = float64(len(left))
	for _, key := range j.Keys {
		if slices.Contains(left, key.ID) && !slices.Contains(j.leakedActive(), key.ID) {
			j.add(j.leftoverKey(key))
		}
		if j.Record == nil && rotation.ServesNone(j.Locations, key.ID) {
			j.add(j.unneededKey(key))
		}
	}
	if j.Judged[unused] = j.read(fromUses); j.Judged[unused] {
		j.judgeUse(left)
	}
}

// judgeAge judges how old the keys in use are. Of a key that is too old and may be
// one left over it is not known whether it is in use; then what was told stays.
func (j *Judgement) judgeAge(left []rotation.KeyID) {
	j.Judged[tooOld] = true
	for _, key := range j.Keys {
		if slices.Contains(left, key.ID) || key.Status != rotation.Active {
			continue
		}
		age := j.Now.Sub(key.CreatedAt)
		switch {
		case age >= j.ageLimit && j.mayBeLeftover(key.ID):
			j.Judged[tooOld] = false
			continue
		case age >= j.ageLimit:
			j.add(j.oldKey(key))
		}
		j.Figures[KeyAge] = max(j.Figures[KeyAge], days(age.Hours()))
	}
	if !j.Judged[tooOld] && j.Figures[KeyAge] < days(j.ageLimit.Hours()) {
		delete(j.Figures, KeyAge)
	}
}

// leftover are the keys beyond those in use: that no location in Qovery holds and no
// open rotation names. There are none where that cannot be told, nor where no key
// is in use: then it is Qovery that lacks one.
func (j *Judgement) leftover() []rotation.KeyID {
	if !j.showsLeftovers() {
		return nil
	}
	var left []rotation.KeyID
	for _, key := range j.Keys {
		if !j.named(key.ID) && len(j.Holders(key.ID)) == 0 {
			left = append(left, key.ID)
		}
	}
	if len(left) == len(j.Keys) {
		return nil
	}
	return left
}

// showsLeftovers: it can be told which keys are left over.
func (j *Judgement) showsLeftovers() bool { return j.read(FromQovery) && j.atRest() }

// mayBeLeftover tells of a key whether that cannot be told. A user's only key is
// never left over.
func (j *Judgement) mayBeLeftover(id rotation.KeyID) bool {
	return !j.showsLeftovers() && len(j.Keys) > 1 && !j.named(id)
}

// named: the open rotation knows of the key.
func (j *Judgement) named(id rotation.KeyID) bool {
	return j.Record != nil && (id == j.Record.OldKey || id == j.Record.NewKey)
}

func (j *Judgement) judgeUse(left []rotation.KeyID) {
	for _, key := range j.Keys {
		last := key.CreatedAt
		if use := j.Uses[key.ID].At; use.After(last) {
			last = use
		}
		if key.Status == rotation.Active && !slices.Contains(left, key.ID) && j.Now.Sub(last) >= unusedFor {
			j.add(j.unusedKey(key))
		}
	}
}

// Holders are the locations in Qovery that hold the key.
func (f *Facts) Holders(id rotation.KeyID) []rotation.Location {
	return slices.DeleteFunc(slices.Clone(f.Locations), func(l rotation.Location) bool { return l.Key != id })
}

// judgeLocations judges whether Qovery holds what IAM has. A key that neither
// IAM lists nor the journal knows, in a place that was never rotated, is not
// this user's, and none of this target's business.
func (j *Judgement) judgeLocations() {
	j.Judged[drift] = true
	var (
		ours    = j.knownKeys()
		active  []rotation.KeyID // that are held
		bad     = map[rotation.KeyID][]rotation.Location{}
		drifted = 0
		idle    = false // credentials that serve no cluster hold a key that does not work
	)
	for _, location := range j.Locations {
		id := location.Key
		switch {
		case id == "":
		case j.status(id) == rotation.Active:
			if !slices.Contains(active, id) {
				active = append(active, id)
			}
		case ours[id] && j.isIdle(id):
			idle = true
		case ours[id], j.isRotated(location) && !rotation.IsRetired(j.Keys, j.History):
			bad[id] = append(bad[id], location)
			drifted++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ours)) {
		if j.atRest() && j.status(id) == "" && j.isIdle(id) {
			j.add(j.deadCredentials(id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(bad)) {
		j.add(j.badKey(id, bad[id], ours[id]))
	}
	switch {
	case j.Record != nil: // it accounts for two keys
	case len(active) > 1:
		slices.Sort(active)
		j.add(j.severalKeys(active))
		drifted++
	case len(active) == 0 && drifted == 0 && !idle && !rotation.IsRetired(j.Keys, j.History):
		j.add(j.heldNowhere())
		drifted++
	}
	j.Figures[Drift] = float64(drifted)
}

// isIdle: clusters were moved to a role, and only credentials are left with the key.
func (f *Facts) isIdle(id rotation.KeyID) bool {
	return rotation.ServesNone(f.Locations, id) && !slices.ContainsFunc(f.Holders(id),
		func(l rotation.Location) bool { return l.Kind != rotation.AWSCredentials })
}

// isRetiring: a retirement is open, which changes nothing in Qovery and takes a week.
func (j *Judgement) isRetiring() bool {
	return j.read(FromJournal) && !j.Moved && j.Record != nil && j.Record.Kind == rotation.Retire
}

// isMigrating: a migration is open, which changes no key, puts none anywhere, and takes hours
// or days.
func (j *Judgement) isMigrating() bool {
	return j.read(FromJournal, FromOwner) && !j.Moved && j.Record != nil && j.Record.Kind == rotation.Migrate
}

// judgeClusters judges those that the user's keys serve or have served, the
// passed-over ones aside.
func (j *Judgement) judgeClusters() {
	j.Judged[invalid], j.Judged[undeployed], j.Judged[unknownCluster] = true, true, true
	for _, id := range rotation.UnknownClusters(j.Clusters, j.Target) {
		j.add(j.unknownCluster(id))
	}
	var refused, changed []string
	served := j.servedClusters()
	for _, c := range j.Clusters {
		switch {
		case !slices.Contains(served, c.ID) || c.PassedOver():
			continue
		case c.Status == rotation.InvalidCredentials:
			refused = append(refused, c.Name)
		}
		if c.Undeployed {
			changed = append(changed, c.Name)
		}
	}
	if len(refused) > 0 {
		j.add(j.invalidCredentials(refused))
	}
	if len(changed) > 0 {
		j.add(j.undeployedChanges(changed))
	}
}

// servedClusters are the ids of the clusters of credentials that hold a key of ours.
func (j *Judgement) servedClusters() (ids []string) {
	ours := j.knownKeys()
	for _, l := range j.Locations {
		if l.Kind == rotation.AWSCredentials && ours[l.Key] {
			ids = append(ids, l.Clusters...)
		}
	}
	return ids
}

// status is that of a key of the user, or "" when IAM lists no such key.
func (f *Facts) status(id rotation.KeyID) rotation.KeyStatus {
	for _, key := range f.Keys {
		if key.ID == id {
			return key.Status
		}
	}
	return ""
}

// records are the open record and those of the past.
func (j *Judgement) records() []rotation.Record {
	var all []rotation.Record
	if j.Record != nil {
		all = append(all, *j.Record)
	}
	for _, item := range j.History {
		all = append(all, item.Record)
	}
	return all
}

// knownKeys are the keys that are the user's or have been.
func (j *Judgement) knownKeys() map[rotation.KeyID]bool {
	known := map[rotation.KeyID]bool{}
	for _, key := range j.Keys {
		known[key.ID] = true
	}
	for _, record := range j.records() {
		for _, id := range append([]rotation.KeyID{record.OldKey, record.NewKey}, record.KnownKeys...) {
			known[id] = id != ""
		}
	}
	return known
}

// isRotated: the latest rotation was about the location.
func (j *Judgement) isRotated(l rotation.Location) bool {
	records := j.records()
	i := slices.IndexFunc(records, func(r rotation.Record) bool { return len(r.Locations) > 0 })
	return i >= 0 && isAbout(records[i], l)
}

// isAbout leaves the location's name aside, which people change.
func isAbout(record rotation.Record, l rotation.Location) bool {
	return slices.ContainsFunc(record.Locations, func(ref rotation.LocationRef) bool {
		return ref.Kind == l.Kind && strings.EqualFold(ref.ID, l.ID)
	})
}

// judgeCopies judges where else the user's keys are: what no rotation changes.
func (j *Judgement) judgeCopies() {
	j.Judged[inServices] = j.read(fromServices)
	for _, key := range append(slices.Clone(j.Keys), rotation.AccessKey{}) {
		if copies := rotation.Unhandled(j.Readings.Copies(key.ID), j.Target); len(copies) > 0 {
			j.add(j.copies(key.ID, copies))
		}
	}
}

func (j *Judgement) judgeRecord() {
	j.Judged[Open] = true
	j.Figures[OpenRecords] = 0
	if j.Record != nil {
		j.Figures[OpenRecords] = 1
		j.add(j.openRecord())
	}
}

// judgeDeed says what the audit has started. While that waits or runs it is not over.
func (j *Judgement) judgeDeed() {
	if j.Done.Start != nil {
		j.add(j.started())
	}
	j.Judged[due] = j.read(fromRuns) && !j.working()
}

func (j *Judgement) judgeSchedule() {
	const (
		notByItself = "Until then the next rotation does not start by itself. "
		byHand      = "To rotate by hand meanwhile:"
	)
	j.Judged[schedule] = true
	name, deployed, want := j.Target.Name, j.Schedule, j.Target.Schedule
	f := Finding{Kind: schedule, Command: j.command("start", "--watch")}
	switch {
	case deployed == nil:
		f.State, f.Title = "missing", "there is no schedule"
		f.Found = []string{fmt.Sprintf("EventBridge Scheduler has no schedule for the target %s. Nothing starts its "+
			"rotations", name)}
		f.Advice = "Deploy the stack again. " + notByItself + byHand
	case want.Enabled && !deployed.Enabled:
		f.State, f.Title = "disabled", "the schedule is disabled"
		f.Found = []string{fmt.Sprintf("The schedule of the target %s is disabled, and the target's configuration wants it "+
			"enabled", name)}
		f.Advice = "Enable it in EventBridge Scheduler, or, if that was on purpose, set schedule.enabled to false in " +
			"rotation.json and deploy. " + notByItself + byHand
	case deployed.Expression != want.Expression():
		f.State, f.Title = deployed.Expression, "the schedule is not the configured one"
		f.Found = []string{fmt.Sprintf("The schedule of the target %s is %s, and the target's configuration wants %s", name,
			deployed.Expression, want.Expression())}
		f.Advice = "Deploy the stack again, with the rateDays in rotation.json that are meant. " + byHand
	default:
		return
	}
	j.add(f)
}
