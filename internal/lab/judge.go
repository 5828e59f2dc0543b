package lab

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Judge watches a world and knows nothing of how the rotation works: it counts
// what fails to authenticate, and polices what must never happen.
type Judge struct {
	// Refusals is how often a consumer was refused.
	Refusals int
	// ByIntent is how often one was refused with a key that leaked.
	ByIntent int
	// Refused are the first refusals of each consumer with each key since somebody
	// last changed that key.
	Refused []Refused
	// Violations are the rules that were broken, in words.
	Violations []string

	leaked   map[rotation.KeyID]time.Time // since when that is known
	noted    map[rotation.KeyID]time.Time // since when the journal says that it is made Inactive
	byIntent map[string]bool              // the clusters that were refused with one
	world    *World
	used     map[rotation.KeyID]bool // by a consumer, ever
	known    map[Refused]bool
	stored   [][]byte // all that was ever in the journal
	visits   map[visited][]time.Time
	strikes  []strike
	migrated *rotation.Migration // of the journal's record
}

// visited is a state of an execution.
type visited struct{ execution, state string }

// Refused is a consumer that was refused with a key.
type Refused struct {
	At       time.Time      `json:"at"`
	Consumer string         `json:"consumer"`
	Key      rotation.KeyID `json:"key"`
}

const (
	// heldFor is how long a location may hold a key without a stale read showing it.
	heldFor = time.Minute
	// neverBefore is how long after the last update an old key lives at least.
	neverBefore = 2 * time.Hour
	// retiredAfter is how long a key is unused at least that is retired, and observed how
	// long it is Inactive.
	retiredAfter, observed = 14 * 24 * time.Hour, 24 * time.Hour
	// mostVisits is how often an execution may enter a state within a minute.
	mostVisits = 10
)

func newJudge(w *World) *Judge {
	j := &Judge{world: w, used: map[rotation.KeyID]bool{}, known: map[Refused]bool{}, visits: map[visited][]time.Time{},
		leaked: map[rotation.KeyID]time.Time{}, noted: map[rotation.KeyID]time.Time{}, byIntent: map[string]bool{}}
	w.IAM.OnKeyChange(j.keyChanged)
	w.Wire.struck = j.struck
	w.Journal.OnWrite(func(write JournalWrite) {
		j.stored = append(j.stored, write.Stored)
		j.moved(write.Record)
		j.note(write)
	})
	return j
}

func (j *Judge) refused(at time.Time, consumer string, key rotation.KeyID) {
	if j.HasLeaked(key) {
		j.ByIntent++
		if strings.HasPrefix(consumer, "cluster ") { // which applications are deployed then is chance
			j.byIntent[consumer] = true
		}
		return
	}
	j.Refusals++
	first := Refused{Consumer: consumer, Key: key}
	if !j.known[first] {
		j.known[first] = true
		j.Refused = append(j.Refused, Refused{at, consumer, key})
	}
}

func (j *Judge) violated(format string, args ...any) {
	j.Violations = append(j.Violations, fmt.Sprintf(format, args...))
}

// keyChanged polices what the rotation does to keys. What a person does is that
// person's affair.
func (j *Judge) keyChanged(change KeyChange) {
	maps.DeleteFunc(j.known, func(r Refused, _ bool) bool { return r.Key == change.Key })
	if change.By == Person {
		return
	}
	switch change.What {
	case Activated:
		j.requireNotLeaked(change)
		j.requireOwnDeactivation(change)
	case Deactivated:
		j.requireReleased(change)
		j.requireUnused(change)
		j.requireIdle(change)
	case Deleted:
		j.requireReleased(change)
		j.requireUnused(change)
		if named := j.retires(change); named != "" {
			j.requireRetired(change, named)
			return
		}
		j.requireGrace(change)
		j.requireOwnOrReplaced(change)
	}
}

// retires is the key that an execution was started to retire, if it was. One that was started
// because that key leaked goes on with its retirement.
func (j *Judge) retires(change KeyChange) rotation.KeyID {
	name, _, _ := strings.Cut(change.By, "/")
	for _, run := range j.world.Runs() {
		input, err := target.ParseInput(run.Input())
		if err == nil && run.Name() == name && input.Retire != "" {
			return rotation.KeyID(input.Retire)
		}
		if err == nil && rotation.KeyID(input.Retire) == change.Key && j.HasLeaked(change.Key) {
			return change.Key
		}
	}
	return ""
}

// requireIdle: a key that is retired was not used for two weeks, and is the one that a
// person named.
func (j *Judge) requireIdle(change KeyChange) {
	named := j.retires(change)
	if named == "" {
		return
	}
	used := j.world.IAM.UsedLast(change.Key, change.Sent)
	if idle := change.Sent.Sub(used); !used.IsZero() && idle < retiredAfter && !j.HasLeaked(change.Key) {
		j.violated("%s %s the key %s, which was used %s before", change.By, change.What, change.Key, idle.Round(time.Minute))
	}
	if change.Key != named {
		j.violated("%s %s the key %s, and was to retire %s", change.By, change.What, change.Key, named)
	}
}

// HasLeaked tells whether the key is known to have leaked.
func (j *Judge) HasLeaked(key rotation.KeyID) bool { return !j.leaked[key].IsZero() }

// AnyLeaked tells whether a key is known to have leaked.
func (j *Judge) AnyLeaked() bool { return len(j.leaked) > 0 }

// requireNotLeaked: no key that is known to have leaked is made Active.
func (j *Judge) requireNotLeaked(change KeyChange) {
	if since := j.leaked[change.Key]; !since.IsZero() && change.Sent.After(since) {
		j.violated("%s made the key %s Active, which leaked", change.By, change.Key)
	}
}

// auditStarts: an execution would deploy production again every day for a rotation that
// is open.
func (j *Judge) auditStarts(name string) {
	if j.world.Journal.Current(UserName) != nil {
		j.violated("the audit started %s while a rotation was open", name)
	}
}

// auditRedrives: what a person stopped or aborted, or cares for, is that person's.
func (j *Judge) auditRedrives(run *Run) {
	record := j.world.Journal.Current(UserName)
	aborted := slices.ContainsFunc(j.world.Runs(), func(r *Run) bool {
		input, err := target.ParseInput(r.Input())
		return err == nil && input.Abort && !r.StartTime().Before(run.StartTime())
	})
	switch {
	case run.Status() != statemachine.Failed || aborted:
		j.violated("the audit resumed %s, which a person had stopped", run.Name())
	case record == nil || record.Owner != run.ARN():
		j.violated("the audit resumed %s, which no rotation is of any more", run.Name())
	case record.Kind != rotation.Rotate || len(record.Leaked) > 0:
		j.violated("the audit resumed %s, which a person takes care of", run.Name())
	}
}

// requireReleased: no location holds the key, or none did long enough to be seen.
func (j *Judge) requireReleased(change KeyChange) {
	for _, holder := range j.world.Qovery.Holders(string(change.Key)) {
		if change.Sent.Sub(holder.Since) > heldFor {
			j.violated("%s %s the key %s, which %s %q has held since %s", change.By, change.What, change.Key, holder.Kind,
				holder.Name, words.Time(holder.Since, time.DateTime))
		}
	}
}

// requireOwnDeactivation: a person who deactivates a key has a reason. Of what comes after a
// function has noted in the journal that it is about to, nothing tells who did it.
func (j *Judge) requireOwnDeactivation(change KeyChange) {
	before, noted := j.before(change), j.noted[change.Key]
	asked := !noted.IsZero() && noted.Before(before.At) || slices.ContainsFunc(j.world.Wire.Calls(), func(c Call) bool {
		return c.Site == "iam.UpdateAccessKey" && strings.HasSuffix(c.Process, "/DeactivateKey")
	})
	if before.By == Person && !asked {
		j.violated("%s made the key %s Active, which a person had deactivated", change.By, change.Key)
	}
}

// note notes when a function has first noted in the journal that it makes a key Inactive.
func (j *Judge) note(write JournalWrite) {
	key, mark := write.Record.OldKey, write.Record.Marks[rotation.Deactivate]
	if strings.HasSuffix(write.By, "/DeactivateKey") && !mark.Begun.IsZero() && j.noted[key].IsZero() {
		j.noted[key] = write.At
	}
}

// requireOwnOrReplaced: a key is deleted when the rotation made it and Qovery never
// held it, or when Qovery has held it, and it is Inactive now.
func (j *Judge) requireOwnOrReplaced(change KeyChange) {
	before, created := j.before(change), j.world.IAM.keys[change.Key].changes[0]
	held := j.world.Qovery.EverHeld(string(change.Key))
	switch {
	case !held && created.By == Person:
		j.violated("%s deleted the key %s, which a person had created", change.By, change.Key)
	case held && before.What != Deactivated && change.Sent.Sub(before.At) > heldFor:
		j.violated("%s deleted the key %s, which was Active", change.By, change.Key)
	}
}

// requireRetired: a key that is retired is the one that a person named, and was Inactive
// for a day. That counts from when it was asked for: where it took effect ten minutes late, a
// person has made the key Active in between, unseen.
func (j *Judge) requireRetired(change KeyChange, named rotation.KeyID) {
	before := j.before(change)
	ago := change.Sent.Sub(before.Sent)
	switch {
	case change.Key != named:
		j.violated("%s deleted the key %s, and was to retire %s", change.By, change.Key, named)
	case before.What != Deactivated && ago > heldFor,
		before.What == Deactivated && before.By != Person && ago < observed && !j.HasLeaked(change.Key):
		j.violated("%s deleted the key %s, which was %s only %s before", change.By, change.Key, before.What,
			ago.Round(time.Second))
	}
}

// before is what happened to the key before the change, which is its latest.
func (j *Judge) before(change KeyChange) KeyChange {
	changes := j.world.IAM.keys[change.Key].changes
	return changes[len(changes)-2]
}

// requireUnused: nothing uses the key. Of a request that lands late, only who is
// refused then tells: what uses the key may have come after it was sent.
func (j *Judge) requireUnused(change KeyChange) {
	if change.At.Sub(change.Sent) > heldFor || j.HasLeaked(change.Key) {
		return
	}
	j.world.Qovery.EachUse(j.world.Timeline.Now(), func(consumer, key string) {
		if key == string(change.Key) {
			j.violated("%s %s the key %s, which %s uses", change.By, change.What, change.Key, consumer)
		}
	})
}

// requireGrace: a key that was ever in use lives for two hours after the last
// location let go of it for another key of the user; which key of another user's a person puts
// there is that person's affair.
func (j *Judge) requireGrace(change KeyChange) {
	if change.Key != j.world.OldKey.ID && !j.used[change.Key] || j.HasLeaked(change.Key) {
		return
	}
	for _, location := range j.world.Qovery.Locations() {
		held := j.world.Qovery.Held(location)
		for i := 1; i < len(held); i++ {
			age, took := change.At.Sub(held[i].Since), rotation.KeyID(held[i].KeyID)
			isNext := held[i-1].KeyID == string(change.Key) && j.world.IAM.existing(change.User, took) != nil
			if isNext && age < neverBefore && !j.HasLeaked(took) {
				j.violated("%s deleted the key %s only %s after %s took %s", change.By, change.Key, age.Round(time.Second),
					location, took)
			}
		}
	}
}

// entered polices the loops of the state machine: none goes round without waiting.
func (j *Judge) entered(execution string, event statemachine.Event) {
	if !event.Entered() {
		return
	}
	visit := visited{execution, event.State}
	latest := append(j.visits[visit], event.Time)
	if len(latest) > mostVisits {
		latest = latest[1:]
	}
	if len(latest) == mostVisits && event.Time.Sub(latest[0]) < time.Minute {
		j.violated("%s entered %s %d times within a minute", execution, event.State, mostVisits)
		latest = nil
	}
	j.visits[visit] = latest
}

// raised polices the table of codes: a state raises only what the table says.
func (j *Judge) raised(state string, code fault.Code) {
	info := code.Info()
	if !slices.Contains(slices.Concat(info.Retried, info.Caught, info.Uncaught), state) {
		j.violated("%s raised %s, which the table of codes does not say", state, code)
	}
}

// Leaks looks for every secret there is in everything that is kept or shown:
// histories, logs and journal.
func (j *Judge) Leaks(shown ...[]byte) []string {
	secrets := j.world.secrets()
	var leaks []string
	var searched []byte // the same document goes from state to state
	search := func(where string, text []byte) {
		if len(text) == 0 || len(searched) == len(text) && &searched[0] == &text[0] {
			return
		}
		searched = text
		for _, s := range secrets {
			if bytes.Contains(text, s.value) {
				leaks = append(leaks, s.name+" is in "+where)
			}
		}
	}
	search("the logs", j.world.Logs())
	for i, text := range shown {
		search(fmt.Sprintf("output %d", i+1), text)
	}
	for _, run := range j.world.Runs() {
		history := "the history of " + run.Name()
		for _, event := range run.History() {
			search(history, event.Input)
			search(history, event.Output)
			search(history, []byte(event.Error))
			search(history, []byte(event.Cause))
		}
	}
	for _, text := range j.stored {
		search("the journal", text)
	}
	slices.Sort(leaks)
	return slices.Compact(leaks)
}

type secret struct {
	name  string
	value []byte
}

// secrets are all secrets of the world.
func (w *World) secrets() []secret {
	secrets := []secret{{"the Qovery token", []byte(w.token)}}
	for id, key := range w.IAM.keys {
		secrets = append(secrets, secret{"the secret of " + id.String(), []byte(key.secret)})
	}
	return secrets
}
