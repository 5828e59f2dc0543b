package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Finding is one thing that is not as it should be. Unless it says otherwise it is calm.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Source Source `json:"source,omitempty"` // that could not be read
	About  string `json:"about,omitempty"`  // what of the target it is about; empty where that is clear
	// State changes when the finding does; then people are notified again.
	State   string         `json:"-"`
	Urgency notice.Urgency `json:"urgency"`
	Title   string         `json:"title"`   // in a few words
	Verdict string         `json:"verdict"` // is anything broken?
	Found   []string       `json:"found"`   // in sentences
	Advice  string         `json:"advice"`
	Command string         `json:"command,omitempty"`
	Daily   bool           `json:"-"` // people are notified every day, until it is over
}

// id tells findings about the same apart from others, from one audit to the next.
func (f Finding) id() string { return string(f.Kind) + "#" + f.About }

// Kind is what kind of thing a finding is.
type Kind string

// The kinds, beside that of each source that could not be read.
const (
	tooOld         Kind = "too-old"
	unused         Kind = "unused"
	leftOver       Kind = "left-over"
	drift          Kind = "drift"
	Open           Kind = "open"
	schedule       Kind = "schedule"
	invalid        Kind = "invalid-credentials"
	quarantined    Kind = "quarantined"
	activeLeak     Kind = "leaked"
	undeployed     Kind = "undeployed"
	unknownCluster Kind = "unknown-cluster"
	due            Kind = "due"
	inServices     Kind = "services"
)

// kindOf is the kind of a finding's id.
func kindOf(id string) Kind {
	kind, _, _ := strings.Cut(id, "#")
	return Kind(kind)
}

func unread(s Source) Kind { return Kind("unread-" + string(s)) }

// What drift is about, where it is not about one key.
const (
	several = "several"
	nowhere = "nowhere"
)

const canWait = "Nothing is broken by this. It can wait until the morning"

// command is one about the target. What is open is resumed as what it is.
func (j *Judgement) command(name string, flags ...string) string {
	if name == "start" && j.Record != nil {
		return notice.ResumeCommand(*j.Record, flags...)
	}
	return notice.Command(name, j.Target.Name, flags...)
}

// ToDo is the advice with its command.
func (f Finding) ToDo() string { return strings.TrimSpace(f.Advice + " " + f.Command) }

var sourceNames = map[Source]string{
	fromTarget:   "the target's configuration",
	FromJournal:  "the journal",
	FromOwner:    "the open rotation's execution",
	fromKeys:     "the IAM user's keys",
	fromUses:     "the last uses of the keys",
	FromQovery:   "what Qovery holds",
	FromSchedule: "the schedule",
	FromNeeds:    "what the next rotation needs",
	fromRuns:     "the target's executions",
	fromServices: "the variables and arguments of Qovery's services",
}

// Unread says that the source could not be read.
func (s Source) Unread() string { return sourceNames[s] + " could not be read" }

// notRead is told again when the reason becomes another one. What passes by
// itself is one reason.
func (j *Judgement) notRead(source Source, err *fault.Error) Finding {
	f := Finding{
		Kind: unread(source), Source: source, State: string(err.Code), Urgency: notice.Check, Title: source.Unread(),
		Verdict: "It is not known whether anything is broken: " + source.Unread(),
		Found: []string{j.says(err.What), "Until it can be read, the audit says nothing of it, and nothing that it " +
			"reported before counts as over"},
		Advice: j.says(repair(err)),
	}
	if err.Class == fault.Transient {
		f.State = string(fault.Transient)
		f.Advice = "Nothing, if it was a moment's failure: the next audit says so. If this stays, see the log of the " +
			"function for what was not answered"
	}
	if source == FromNeeds && err.Class != fault.Transient {
		f.Title = "the next rotation would be refused"
		f.Verdict = "Nothing is broken by this. Until it is put right, no rotation begins"
		f.Found = []string{j.says(err.What), "A rotation reads this too, and refuses to begin without it"}
		f.Advice = words.Dot(j.says(repair(err))) + " To see that it works:"
		f.Command = j.command("start", "--dry-run")
	}
	if err.Code == fault.TokenRefused && source == FromQovery {
		f.Title = "the Qovery token is refused"
		f.Verdict = "The next rotation could not begin: Qovery's API token is missing or refused. Whether anything else " +
			"is wrong is not known"
		f.Advice = "Put a token of that organization, with the right to manage clusters and credentials, into the token " +
			"parameter. Then, to see that it works:"
		f.Command = j.command("start", "--dry-run")
	}
	return f
}

// repair is what to put right, without starting a rotation: that is not what an
// audit's trouble asks for.
func repair(err *fault.Error) words.Text { return err.Said().Advice.First }

func (j *Judgement) oldKey(key rotation.AccessKey) Finding {
	f := Finding{
		Kind: tooOld, About: string(key.ID),
		Title: fmt.Sprintf("the key %s is over %d days old", string(key.ID), int(j.ageLimit.Hours()/24)),
		Found: []string{fmt.Sprintf("The Active key %s of the IAM user %s was created %s, %s ago. The limit is %d days",
			string(key.ID), j.Target.IAMUserName, words.At(key.CreatedAt), words.Span(key.CreatedAt, j.Now),
			int(j.ageLimit.Hours()/24))},
		Advice: "Rotate it:", Command: j.command("start", "--watch"),
	}
	freeze := j.Target.FrozenAt(j.Now)
	if j.Record == nil && j.read(FromQovery) && len(j.Holders(key.ID)) == 0 {
		f.Found = append(f.Found, "No location in Qovery holds it")
		f.Advice, f.Command = "If Qovery uses a role now, retire it:", notice.RetireCommand(j.Target.Name, key.ID)
	}
	switch {
	case j.Record == nil && freeze != nil:
		f.Found = append(f.Found, "No rotation begins "+freeze.String())
	case j.Record == nil:
	case j.read(FromOwner) && j.Record.AtWork(j.Owner, j.Now):
		f.Found = append(f.Found, "A rotation is at work on it")
		f.Advice, f.Command = "Nothing, unless the rotation is paused. To watch it:", j.command("watch")
	default:
		f.Found = append(f.Found, "A rotation is open; starting it again resumes it")
	}
	return f
}

func (j *Judgement) unusedKey(key rotation.AccessKey) Finding {
	return Finding{
		Kind: unused, About: string(key.ID),
		Title: fmt.Sprintf("nothing has used the key %s for %d days", string(key.ID), int(unusedFor.Hours()/24)),
		Found: []string{
			fmt.Sprintf("The Active key %s of the IAM user %s, which %s, was %s", string(key.ID), j.Target.IAMUserName,
				j.heldBy(key.ID), j.lastUse(key.ID)),
			"A key that nothing uses is better deleted",
		},
		Advice: "See in Qovery whether any cluster still needs it. If none does, take it out of Qovery, take the target " +
			"out of rotation.json, and delete the key in IAM",
	}
}

func (j *Judgement) heldBy(id rotation.KeyID) string {
	if held := j.Holders(id); len(held) > 0 {
		return "is held by " + names(held)
	}
	return "the open rotation names"
}

func (j *Judgement) lastUse(id rotation.KeyID) string {
	use, known := j.Uses[id]
	switch {
	case !known:
		return "last used at a time that could not be found out"
	case use.At.IsZero():
		return "never used, as far as IAM knows"
	}
	text := "last used " + words.At(use.At)
	if by := use.By(); by != "" {
		text += ", " + by
	}
	return text
}

func (j *Judgement) leftoverKey(key rotation.AccessKey) Finding {
	f := Finding{
		Kind: leftOver, About: string(key.ID), State: string(key.Status),
		Title: fmt.Sprintf("a leftover key %s", string(key.ID)),
		Found: []string{
			fmt.Sprintf("The IAM user %s has the key %s (%s), which no location in Qovery holds. It was created %s, %s ago, "+
				"and %s",
				j.Target.IAMUserName, string(key.ID), key.Status, words.At(key.CreatedAt), words.Span(key.CreatedAt, j.Now),
				j.lastUse(key.ID)),
			"No rotation that is open knows of it. While it is there, the next rotation refuses to begin",
		},
		Advice: "Find out whose it is. If no one uses it:", Command: notice.RetireCommand(j.Target.Name, key.ID),
	}
	if key.Status == rotation.Inactive {
		f.Advice = "Find out whose it is, and since when it is Inactive. If no one has missed it, delete it in IAM"
		f.Command = ""
	}
	if j.Record != nil {
		f.Found[1] = "The open rotation does not know of it"
	}
	return f
}

// badKey: places hold a key that does not work, or that is not the user's.
func (j *Judgement) badKey(id rotation.KeyID, held []rotation.Location, ours bool) Finding {
	status, key := j.status(id), string(id)
	f := Finding{
		Kind: drift, About: key, State: string(status) + " " + ids(held), Urgency: notice.Urgent,
	}
	user := j.Target.IAMUserName
	switch {
	case status == rotation.Inactive:
		f.Title = fmt.Sprintf("Qovery holds the Inactive key %s", key)
		f.Verdict = fmt.Sprintf("Deployments fail now: Qovery holds %s, which is Inactive", key)
		f.Found = []string{fmt.Sprintf("The key %s of the IAM user %s is Inactive, and held by %s", key, user, names(held))}
		f.Advice = fmt.Sprintf("Someone made it Inactive. If that was because it leaked, replace it: %s. Else make it "+
			"Active again; then 'rotate status' shows whether all is well:", notice.LeakedCommand(j.Target.Name, id))
		f.Command = notice.ActivateCommand(user, id)
	case ours:
		f.Title = fmt.Sprintf("Qovery holds the key %s, which does not exist", key)
		f.Verdict = fmt.Sprintf("Deployments fail now: Qovery holds %s, which does not exist any more", key)
		f.Found = []string{fmt.Sprintf("The IAM user %s has no key %s any more, and it is held by %s", user, key,
			names(held))}
		f.Advice = fmt.Sprintf("Put an Active key of the IAM user %s into these locations. If no one has its secret, create "+
			"one and put it everywhere, as the runbook says under \"A key by hand\"", user)
		if at := j.replacedAt(id, held); !at.IsZero() {
			f.Found = append(f.Found, fmt.Sprintf("The rotation that ended %s replaced it there and deleted it; something has "+
				"put it back since", words.At(at)))
			f.Advice += ". If Terraform manages these locations, it wrote back what its state holds, and will again: first " +
				"give them lifecycle { ignore_changes = all }, as docs/terraform.md says under \"If Terraform manages Qovery\""
		}
	default:
		f.Urgency = notice.Check
		f.Title = fmt.Sprintf("Qovery holds another key, %s", key)
		f.Verdict = fmt.Sprintf("Something may be broken: Qovery holds %s, which is no key of the IAM user %s", key, user)
		f.Found = []string{
			fmt.Sprintf(
				"The last rotation put a key of the IAM user %s into %s. Now that holds %s, which is none of that user's", user,
				names(held), key),
			"It may be another user's, or not exist; this audit may not ask about other users",
		}
		f.Advice = "If someone changed it on purpose, nothing is to be done until the next rotation, which leaves that " +
			"place alone. Else put the user's Active key there"
	}
	switch {
	case status == rotation.Inactive && !j.isMigrating() && j.hasLeaked(id):
		f.Advice, f.Command = j.adviseLeaked(id)
	case j.isRetiring() && id == j.Record.OldKey:
		f.Advice = "Its retirement is open, and this makes it Active again:"
		f.Command = j.command("abort")
	case j.isMigrating() && id == j.Record.OldKey:
		j.adviseMigration(&f, status)
	case j.Record != nil && ours && !j.inactiveByOthers(id):
		f.Advice = "A rotation is open. Starting it again resumes it, and brings the old key back where that is what " +
			"is missing. " +
			"If it is paused again, put an Active key of the user into these locations by hand, and run 'rotate release'."
		f.Command = j.command("start", "--watch")
	}
	return f
}

// adviseMigration: clusters that aren't moved yet can't use their key. The role is their cure.
func (j *Judgement) adviseMigration(f *Finding, status rotation.KeyStatus) {
	leave, advice, command := ", and resume the migration, which gives every cluster the role",
		"The migration gives every cluster the role, once you resume it:", j.command("start", "--watch")
	if j.Record.AtWork(j.Owner, j.Now) {
		leave, advice, command = ": the migration gives every cluster the role",
			"Nothing: the migration gives every cluster the role. To watch it:", j.command("watch")
	}
	if status == rotation.Inactive && j.Record.Leaked[j.Record.OldKey] == "" { // the command makes it Active
		f.Advice = "Someone made it Inactive. If it leaked, leave it so" + leave + ". Otherwise make it Active again: " +
			"clusters that aren't moved yet need it, as does the way back:"
		return
	}
	f.Advice, f.Command = advice, command
}

// inactiveByOthers: the open rotation has not made the key Inactive, and refuses to go on.
func (j *Judgement) inactiveByOthers(id rotation.KeyID) bool {
	return j.status(id) == rotation.Inactive && (id != j.Record.OldKey || !j.Record.DeactivatedByUs())
}

// unneededKey is one that is left from a move to roles.
func (j *Judgement) unneededKey(key rotation.AccessKey) Finding {
	return Finding{
		Kind: leftOver, About: string(key.ID), State: "no cluster",
		Title: fmt.Sprintf("no cluster uses the key %s any more", string(key.ID)),
		Found: []string{fmt.Sprintf("Role credentials serve the clusters. The key %s is held by %s", string(key.ID),
			names(j.Holders(key.ID)))},
		Advice: "Watch for two weeks that nothing fails. Then give a role to what still holds the key, delete credentials " +
			"that serve no cluster in Qovery, and retire the key:",
		Command: notice.RetireCommand(j.Target.Name, key.ID),
	}
}

// deadCredentials serve no cluster, and their key does not exist.
func (j *Judgement) deadCredentials(id rotation.KeyID) Finding {
	return Finding{
		Kind: leftOver, About: string(id), State: "no key",
		Title: fmt.Sprintf("credentials in Qovery hold the key %s, which does not exist", string(id)),
		Found: []string{fmt.Sprintf("Role credentials serve the clusters. The key %s is held by %s, which serve none",
			string(id), names(j.Holders(id)))},
		Advice: "Delete these credentials in Qovery. To see what is left:", Command: "rotate status",
	}
}

// replacedAt is when the latest rotation ended that replaced the key in one of these
// locations; zero if none did.
func (j *Judgement) replacedAt(id rotation.KeyID, held []rotation.Location) time.Time {
	for _, item := range j.History {
		record, isHeld := item.Record, func(l rotation.Location) bool { return isAbout(item.Record, l) }
		if record.Kind == rotation.Rotate && item.Outcome == rotation.Completed && record.OldKey == id &&
			slices.ContainsFunc(held, isHeld) {
			return item.EndedAt
		}
	}
	return time.Time{}
}

// severalKeys: places hold different keys, and no rotation is open.
func (j *Judgement) severalKeys(active []rotation.KeyID) Finding {
	f := Finding{
		Kind: drift, About: several,
		Title: "Qovery holds several keys of the IAM user " + j.Target.IAMUserName,
		Advice: "Put the same key into all of these locations, then delete the other one. Until then the next rotation " +
			"refuses to begin",
	}
	for _, id := range active {
		held := j.Holders(id)
		f.Found = append(f.Found, fmt.Sprintf("The Active key %s is held by %s", string(id), names(held)))
		f.State += string(id) + " " + ids(held) + " "
	}
	return f
}

// heldNowhere: what Qovery holds, if anything, is of other users, or doesn't exist: this audit
// may not ask about those.
func (j *Judgement) heldNowhere() Finding {
	user := j.Target.IAMUserName
	f := Finding{
		Kind: drift, About: nowhere,
		Title:   "Qovery holds no key of the IAM user " + user,
		Verdict: "Nothing is known to be broken, and the next rotation refuses to begin",
		Found: []string{fmt.Sprintf("No location in the organization %s holds a key of the IAM user %s, which has %s",
			j.Target.OrganizationID, user, j.keysText())},
		Advice: "If Qovery uses role credentials now, retire each of the user's keys (rotate retire), and take the target " +
			"out of rotation.json. Else correct the target's IAM user or organization. To see what a rotation would do:",
		Command: j.command("start", "--dry-run"),
	}
	others := slices.DeleteFunc(slices.Clone(j.Locations), func(l rotation.Location) bool { return l.Key == "" })
	if len(others) > 0 {
		f.Urgency = notice.Check
		f.Verdict = fmt.Sprintf("Something may be broken: no key that Qovery holds belongs to the IAM user %s. If one was "+
			"deleted, deployments fail now", user)
		f.Found = append(f.Found, "Keys that it doesn't have are held by "+names(others))
		f.Advice = "If they are another user's, correct the target's IAM user or organization. Else put an Active key of " +
			"the user there. To see what a rotation would do:"
	}
	return f
}

func (j *Judgement) keysText() string {
	if !j.read(fromKeys) {
		return "keys that could not be listed"
	}
	var list []string
	for _, key := range j.Keys {
		list = append(list, fmt.Sprintf("%s (%s)", string(key.ID), key.Status))
	}
	if len(list) == 0 {
		return "no key"
	}
	return strings.Join(list, " and ")
}

func (j *Judgement) invalidCredentials(clusters []string) Finding {
	return Finding{
		Kind: invalid, State: strings.Join(clusters, " "), Urgency: notice.Urgent,
		Title:   "AWS refuses the credentials of " + words.Count(len(clusters), "cluster"),
		Verdict: "Deployments to these clusters fail now",
		Found: []string{"INVALID_CREDENTIALS is the status of " + words.List(clusters, words.MostListed),
			"Qovery may remove a cluster that stays so for thirty days"},
		Advice:  words.Dot(j.says(fault.InvalidCredentials.Advice().First)) + " The keys, and which locations hold them:",
		Command: "rotate status",
	}
}

// unknownCluster doesn't keep a rotation from beginning: a cluster that was deleted must
// not block it for ever.
func (j *Judgement) unknownCluster(id string) Finding {
	return Finding{
		Kind: unknownCluster, About: id, Urgency: notice.Check, Verdict: "A rotation may deploy a cluster that it is to " +
			"pass over.",
		Title: "no cluster has an id under clustersHandledElsewhere",
		Found: []string{"The organization has no cluster " + words.Quote(id) + ": the cluster was deleted, or its id is " +
			"mistyped"},
		Advice:  "Correct clustersHandledElsewhere in rotation.json, and deploy the stack. To see what a rotation would do:",
		Command: j.command("start", "--dry-run"),
	}
}

// undeployedChanges is reported once, not again at each change of the list: people
// save and deploy all the time.
func (j *Judgement) undeployedChanges(clusters []string) Finding {
	f := Finding{
		Kind:  undeployed,
		Title: "a rotation would roll out saved changes to " + words.Count(len(clusters), "cluster"),
		Found: []string{"Something is saved and not deployed for " + words.List(clusters, words.MostListed)},
		Advice: "Deploy these clusters in Qovery when it suits you, or take the changes back: the next rotation deploys " +
			"them unattended. To see what it would do:",
		Command: j.command("start", "--dry-run"),
	}
	if j.Target.UndeployedChanges == target.RefuseUndeployed {
		f.Title = "the next rotation would be refused: changes are saved and not deployed"
		f.Advice = words.Dot(j.says(fault.UndeployedChanges.Advice().First)) + " To see what a rotation would do:"
	}
	return f
}

// copies: the key, or perhaps one, is where no rotation changes it.
func (j *Judgement) copies(id rotation.KeyID, copies []rotation.Copy) Finding {
	f := Finding{
		Kind: inServices, About: string(id),
		Title: fmt.Sprintf("the key %s is also in Qovery's variables or arguments", string(id)),
		Found: []string{"Its id is in " + rotation.NamesOf(copies),
			"A rotation doesn't change these, and pauses before it deactivates the key while one has its id"},
		Advice: "Give what uses it a role or a key of another IAM user, at the latest in the grace period of the next " +
			"rotation. Name the ids of copies that nothing uses under handledElsewhere. To see what a rotation would do:",
		Command: j.command("start", "--dry-run"),
	}
	if id == "" {
		f.Title = "secrets at Qovery that may have the key can't be ruled out"
		f.Found = []string{"Named like an access key's id are " + rotation.NamesOf(copies),
			"Qovery doesn't show what is in a secret. If it is the key, what uses it fails after the next rotation"}
		f.Advice = "Find out what is in them. Name the ids of those that have another key under handledElsewhere. To " +
			"see what a rotation would do:"
	}
	for _, c := range copies {
		f.State += c.ID + " "
	}
	return f
}

func (j *Judgement) openRecord() Finding {
	record := j.Record
	noun := record.Kind.Noun()
	found := fmt.Sprintf("A %s that began %s is open, and no one has been at work on it for %s. The old key is %s",
		noun, words.At(record.TakenAt), words.Span(record.TouchedAt, j.Now), string(record.OldKey))
	if record.NewKey != "" {
		found += fmt.Sprintf(", the new one %s", string(record.NewKey))
	}
	places := []string{found, fmt.Sprintf("The IAM user %s has %s", j.Target.IAMUserName, j.keysText())}
	if j.status(record.OldKey) == rotation.Inactive && record.Leaked[record.OldKey] == "" {
		fails := "If something still needs the old key, that fails now"
		switch {
		case record.Kind == rotation.Migrate:
			fails = "Clusters can't be moved back while the key is Inactive"
		case record.DeactivatedByUs():
			fails += fmt.Sprintf("; '%s' makes it Active again", j.command("abort"))
		}
		places = append(places, fails)
	}
	resume := notice.ToResume(*record)
	f := Finding{
		Kind: Open, About: record.RotationID,
		Verdict: "Nothing is known to be broken. This can wait until the morning",
		Title:   "a " + noun + " was left open",
		Found:   places,
		Advice:  resume.Text, Command: resume.Command,
	}
	if under := record.UnderWay(); len(under) > 0 {
		f.Urgency, f.State = notice.Urgent, "between"
		f.Verdict = "Deployments of applications may fail: clusters point at other credentials than they were deployed with"
		f.Found = append(f.Found, "Pointed, and not deployed yet: "+words.List(under, len(under)))
	}
	j.tellRefused(&f)
	j.tellLeaks(&f)
	f.Daily = f.Urgency == notice.Urgent
	if j.Done.Redrive != "" {
		f.State, f.Title = "resumed", "the audit resumed a rotation"
		f.Found = append(f.Found, fmt.Sprintf("Its execution failed with %s, which no person needs to fix. The audit "+
			"resumed it, and does so once a day, %d times at most", j.Done.Error, mostRedrives))
		f.Advice, f.Command = "Nothing: a notice says how it ends. To watch it:", j.command("watch")
	}
	return f
}

// tellRefused adds to the finding about an open rotation why it could not be resumed.
func (j *Judgement) tellRefused(f *Finding) {
	if j.OwnerRun == nil {
		return
	}
	x := notice.RefusedSince(j.Runs, j.Target.Name, j.OwnerRun.StoppedAt)
	if x == nil {
		return
	}
	advice := fault.Code(x.Error).Advised(x.Said.Advice)
	f.Found = append(f.Found, words.Sentences(x.Refusal(), j.says(x.Said.What)))
	f.State, f.Advice = "refused "+x.Error, j.says(advice.Text())
	if advice.Do == fault.Release {
		f.Command = j.command("release")
	}
}

// started says what the audit has started, and why.
func (j *Judgement) started() Finding {
	key, begins := j.Keys[0], j.Done.Start.NotBefore
	f := Finding{
		Kind: due, About: string(key.ID), State: j.Done.Error,
		Title:   fmt.Sprintf("the audit started the rotation of the key %s", string(key.ID)),
		Verdict: "Nothing is broken by this",
		Found: []string{fmt.Sprintf("The key %s of the IAM user %s is %s old, and due every %s", string(key.ID),
			j.Target.IAMUserName, words.Span(key.CreatedAt, j.Now), words.Count(j.Target.Schedule.RateDays, "day")),
			fmt.Sprintf("The audit started the execution %s, which begins %s", dueName(j.Target.Name, j.Now), words.At(begins))},
		Advice: "Nothing: a notice says how it ends.",
	}
	if j.Done.Error != "" {
		f.Found = append(f.Found, fmt.Sprintf("The last execution was refused with %s. The audit tries again every day, "+
			"and reports it, until a rotation begins", j.Done.Error))
		f.Daily = true
		f.Advice = words.Sentences(j.says(fault.Code(j.Done.Error).Advice().First), "The audit starts the rotation again")
	}
	return f
}

// names lists places for a sentence.
func names(locations []rotation.Location) string {
	return words.List(words.Strings(locations), words.MostListed)
}

// ids are those of places, whatever the order they came in.
func ids(locations []rotation.Location) string {
	var list []string
	for _, l := range locations {
		list = append(list, l.ID)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
