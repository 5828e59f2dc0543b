package explorer

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// toldWithin is how soon somebody is told of an execution that did not succeed.
const toldWithin = 25 * time.Hour // an audit, and what it takes

// saying is something that people were told.
type saying struct {
	lab.Told
	at    time.Time
	fails bool // deployments failed then, as must have been known
}

// told holds what people are told against what is so.
func (p *player) told(told lab.Told) {
	p.said = append(p.said, saying{told, p.Timeline.Now(), p.fails(true)})
	if told.Urgency == notice.Urgent && !p.mayFail() && p.longAgo(p.failedAt) && !p.mustSuppose(told.Execution) {
		p.wrong("people are told that something is broken, and nothing is: %s", told.Subject)
	}
	if x := told.Execution; x != nil && p.hasCompleted(x.ARN, x.StartedAt) &&
		strings.Contains(told.Body, "rotate start ") {
		p.wrong("people are told to start what is complete: %s", told.Subject)
	}
	record := p.record()
	if record == nil {
		return // nothing says to notify that a key leaked: the advice names that case
	}
	for key := range record.Leaked {
		if strings.Contains(told.Body, notice.ActivateCommand(lab.UserName, key)) {
			p.wrong("people are told to make the key %s Active, which leaked", key)
		}
	}
}

// hasCompleted: an execution has completed what it began, and nothing was due after that. Its
// last answer may have been lost.
func (p *player) hasCompleted(arn string, started time.Time) bool {
	return p.record() == nil && slices.ContainsFunc(p.Journal.Past(lab.UserName), func(item rotation.HistoryItem) bool {
		return item.Record.Owner == arn && item.Outcome == rotation.Completed && !item.NextIsDue(started)
	})
}

// requireAlarm: nobody is told only that nothing is broken while deployments fail. An audit
// has a message for each thing that it finds.
func (p *player) requireAlarm() {
	for _, s := range p.said {
		loud := slices.ContainsFunc(p.said, func(other saying) bool {
			return other.Urgency != notice.Calm && (other.Execution == nil) == (s.Execution == nil) &&
				other.at.Sub(s.at).Abs() < time.Minute
		})
		if s.fails && !loud {
			p.wrong("people are told that nothing is broken, and deployments fail: %s", s.Subject)
		}
	}
}

// fails tells whether what a cluster is deployed with does not work; or, where only what
// must be known counts, that of one that runs has not for a while, and not by what a person
// put there.
func (p *player) fails(known bool) bool {
	return slices.ContainsFunc(p.Clusters, func(cluster string) bool {
		location, _ := p.Qovery.Applied(cluster)
		key := rotation.KeyID(p.Qovery.KeyOf(location))
		status, exists := p.IAM.Status(key)
		works := p.IAM.Works(key) || known && exists && status == rotation.Active
		if key == "" || works || known && p.Qovery.Status(cluster) == "STOPPED" {
			return false
		}
		held, changed := p.Qovery.Held(location), p.lastChange(lab.Refused{Key: key, At: p.Timeline.Now()}).At
		return !known || !slices.Contains(p.excused, key) && !p.beforeRetiring(changed) &&
			p.longAgo(held[len(held)-1].Since) && p.longAgo(changed)
	})
}

// beforeRetiring tells whether something was so before a retirement began, which looks at
// its own key alone: the daily audit tells of the others.
func (p *player) beforeRetiring(at time.Time) bool {
	if p.kind.retires == 0 {
		return false
	}
	past := p.Journal.Past(lab.UserName)
	return len(past) == 0 || at.Before(past[0].Record.TakenAt)
}

func (p *player) longAgo(at time.Time) bool { return p.Timeline.Now().Sub(at) > unseen }

// mayFail tells whether there is something to see to at once.
func (p *player) mayFail() bool {
	switch record := p.record(); {
	case record != nil && len(record.UnderWay()) > 0, p.roles, p.fails(false), p.failsElsewhere():
		return true
	case p.Judge.AnyLeaked(), !p.IAM.QuarantinedSince(lab.UserName).IsZero(), p.migratesWithout(record):
		return true
	}
	return slices.ContainsFunc(p.Clusters, func(cluster string) bool {
		pointsAt, applied := p.Qovery.Applied(cluster)
		return pointsAt != applied || p.Qovery.Status(cluster) == "INVALID_CREDENTIALS"
	})
}

// mustSuppose: no key of the user works; or by the journal, Qovery holds or may hold one that
// doesn't, and the execution has not seen otherwise; or someone asked to have the old key back,
// and it is not. A notice reads no location.
func (p *player) mustSuppose(execution *statemachine.Execution) bool {
	record := p.record()
	switch {
	case execution != nil && execution.Error == string(fault.UnexpectedAccessKey):
		return false
	case record == nil:
		return !slices.ContainsFunc(p.IAM.Present(lab.UserName), func(key rotation.AccessKey) bool {
			return key.Status == rotation.Active
		})
	}
	fails := func(id rotation.KeyID) bool { return id != "" && !p.IAM.Works(id) }
	update := record.Marks[rotation.Update]
	asked := false
	if execution != nil {
		input, err := target.ParseInput(json.RawMessage(execution.Input))
		asked = err == nil && input.Abort
	}
	return fails(record.OldKey) && (update.Done.IsZero() || asked) || fails(record.NewKey) && !update.Begun.IsZero()
}

// migratesWithout: a migration is open whose key doesn't work. While Qovery can't be read,
// nobody knows whether a cluster is left that needs it.
func (p *player) migratesWithout(record *rotation.Record) bool {
	status, exists := p.IAM.Status(p.OldKey.ID)
	return record != nil && record.Kind == rotation.Migrate && (!exists || status != rotation.Active)
}

// failsElsewhere tells whether another place than a cluster's credentials holds a key that
// does not work. Credentials that serve no cluster may yet, unless clusters were moved away.
func (p *player) failsElsewhere() bool {
	return slices.ContainsFunc(p.IAM.Lives(), func(life lab.KeyLife) bool {
		status, exists := p.IAM.Status(life.ID)
		return (!exists || status != rotation.Active) && slices.ContainsFunc(p.Qovery.Holders(string(life.ID)),
			func(h fakeqovery.Holder) bool { return h.Kind != fakeqovery.AWSCredentials || !p.kind.migrates })
	})
}

// requireTold: of every execution that did not succeed, somebody is told: at once, or within
// a day where that is left to the abort that follows it, or to the audit.
func (p *player) requireTold() {
	for _, run := range p.Runs() {
		ended, within := run.StopTime(), time.Minute
		input, err := target.ParseInput(run.Input())
		if run.ErrorName() == notice.StoppedToAbort || err == nil && input.Scheduled && input.Key != "" {
			within = toldWithin
		}
		byChance := run.Name() == cameFor // no audit knows of it
		if ended.IsZero() || run.Status() == statemachine.Succeeded || byChance || p.Timeline.Now().Sub(ended) < within {
			continue
		}
		if !slices.ContainsFunc(p.said, func(s saying) bool { return !s.at.Before(ended) && s.at.Sub(ended) <= within }) {
			p.wrong("nobody is told within %s that %s ended %s", words.Duration(within), run.Name(), run.Outcome())
		}
	}
}
