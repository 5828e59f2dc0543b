package notice

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// An ending is an event and what may be so when it is told: every code, every way
// to end, every record, every state of the keys. Some of them never come together;
// no message may contradict itself all the same.
type anEnding struct {
	name, keys string
	event      Event
	facts      Facts
}

var (
	records = map[string]fact{
		"no record":               func(*Facts) {},
		"discarded":               ended(rotation.Discarded, thisExecution, 0, nil),
		"no update":               open(created),
		"between":                 open(created, began(rotation.Update, 5*time.Minute)),
		"deployed":                open(deployed),
		"another's":               open(deployed, ofAnother),
		"the old key is Inactive": open(deactivated),
		"no journal":              noJournal,
	}
	listed = map[string]fact{
		"the old key":      oneKey,
		"both keys":        bothKeys,
		"old key Inactive": keys(inactive(keyO, 90*day), active(keyN, 6*hour)),
		"new key Inactive": keys(active(keyO, 90*day), inactive(keyN, 6*hour)),
		"only Inactive":    keys(inactive(keyO, 90*day)),
		"no key":           keys(),
		"keys unknown":     noKeys,
	}
)

// failures are all codes, errors of others, and what steps say with them.
func failures() map[string]func(detail) {
	all := map[string]func(detail){"States.Timeout": with("error", "States.Timeout"),
		"States.Whatever": with("error", "States.Whatever")}
	for _, info := range fault.Codes {
		all[string(info.Code)] = failedWith(said(info.Code, "Something is so", ""))
	}
	return all
}

var endings = sync.OnceValue(func() (all []anEnding) {
	events := map[string]string{
		"stopped": execution("ABORTED"), "abort stopped": execution("ABORTED", input(abort)),
		"timed out": execution("TIMED_OUT"),
		"succeeded": execution("SUCCEEDED"), "rotated": execution("SUCCEEDED", output(completed(summary()))),
		"dry run": execution("SUCCEEDED", input(dryRun),
			output(plannedAs(rotation.PlanReport{Would: rotation.ActionCreate}))),
	}
	for name, failure := range failures() {
		events["failed "+name] = execution("FAILED", failure)
		events["abort failed "+name] = execution("FAILED", failure, input(abort))
		events["dry run failed "+name] = execution("FAILED", failure, input(dryRun))
	}
	for _, info := range fault.Codes {
		events["dry run refused "+string(info.Code)] = execution("SUCCEEDED", input(dryRun),
			output(refused(said(info.Code, "Something is so", ""))))
	}
	for event, text := range events {
		parsed, err := ParseEvent([]byte(text))
		if err != nil {
			panic(err)
		}
		for record, tell := range records {
			for key, list := range listed {
				all = append(all, anEnding{event + ", " + record + ", " + key, key, parsed, world(list, tell)})
			}
		}
	}
	return all
})

var (
	ifOpen  = strings.NewReplacer("If a rotation is open, then run 'rotate release'", "", ", if a rotation is open", "")
	resumes = regexp.MustCompile(`carr(y|ies) (it|the rotation|on)|be carried on|where it stopped|goes on with|stays ` +
		`open|[Rr]esumes|'rotate release'`)
)

// Where no rotation is open, nothing is to be resumed, and nothing to be released.
func TestNothingIsResumedThatIsNotOpen(t *testing.T) {
	for _, e := range endings() {
		if e.facts.Record != nil || e.facts.NoRecord != nil {
			continue
		}
		body := strings.ReplaceAll(Compose(e.event, e.facts).Whole, "run 'rotate release', if a rotation is open", "")
		if found := resumes.FindString(ifOpen.Replace(body)); found != "" {
			t.Fatalf("%s: %q in\n%s", e.name, found, body)
		}
	}
}

var allIsWell = regexp.MustCompile(`(?i)nothing (is|was|has been) (different|changed|broken)|nothing changed|` +
	`can wait|changes nothing`)

// Whoever is woken because something fails, or may fail, does not read that nothing
// has changed.
func TestNoAlarmSaysThatAllIsWell(t *testing.T) {
	urgencies := map[Urgency]int{}
	for _, e := range endings() {
		m := Compose(e.event, e.facts)
		urgencies[m.Urgency]++
		if found := allIsWell.FindString(strings.ReplaceAll(m.Subject+"\n"+m.Whole, "Probably nothing is broken",
			"")); found != "" && m.Urgency != Calm {
			t.Fatalf("%s: %q in\n%s", e.name, found, whole(m))
		}
		if m.Urgency == Calm && strings.Contains(m.Subject+m.Whole, "URGENT") {
			t.Fatalf("%s: it is not urgent, and says so in\n%s", e.name, whole(m))
		}
	}
	for _, urgency := range []Urgency{Urgent, Check, Calm} {
		if urgencies[urgency] < 1000 {
			t.Errorf("only %d messages are of urgency %s", urgencies[urgency], urgency)
		}
	}
}

var aboutNow = regexp.MustCompile(`URGENT|CHECK|IN PLACE|[Ii]s held|[Ii]s open|stays ` +
	`open|\bnow\b|fails?\b|broken|not urgent|If nothing is done`)

// Once others have worked on the target, or when a day has passed, an execution is
// told as what it was. Whatever is so by then, nothing is judged by it.
func TestThePastSaysNothingOfNow(t *testing.T) {
	later := map[string]fact{
		"rotated since": func(f *Facts) {
			f.Now = f.Now.Add(3 * time.Hour)
			item := rotation.HistoryItem{Record: newRecord(updated, ofAnother), Outcome: rotation.Completed,
				EndedAt: f.Now.Add(-time.Hour)}
			f.Record, f.History = nil, append([]rotation.HistoryItem{item}, f.History...)
		},
		"another's since": func(f *Facts) {
			f.Now = f.Now.Add(3 * time.Hour)
			open(deactivated, ofAnother, func(r *rotation.Record) { r.TouchedAt = f.Now.Add(-time.Hour) })(f)
		},
		"days ago": func(f *Facts) {
			f.Now = f.Now.Add(2 * day)
			f.Record = nil
		},
	}
	for _, e := range endings() {
		if e.facts.NoRecord != nil || e.keys != "both keys" {
			continue // which keys there are is not even looked at
		}
		for name, happen := range later {
			facts := e.facts
			happen(&facts)
			m := Compose(e.event, facts)
			story, _, _ := strings.Cut(m.Whole, "\nDETAILS\n")
			if found := aboutNow.FindString(story); found != "" || m.Urgency != Calm {
				t.Fatalf("%s, %s: %q in\n%s", e.name, name, found, whole(m))
			}
			checkForm(t, m)
		}
	}
}

// What a step says, it says before it is known how the execution will end: its
// advice claims nothing of what starting again will do.
func TestAdviceKnowsNoEnd(t *testing.T) {
	for _, info := range fault.Codes {
		found := regexp.MustCompile(`carries on|resumes|where it stopped|goes on with`).FindString(info.Advice.String())
		if found != "" {
			t.Errorf("%s: %q in %q", info.Code, found, info.Advice)
		}
	}
}
