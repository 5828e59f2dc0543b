package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/words"
)

// Told is a finding that people have been told of.
type Told struct {
	State string    `json:"state,omitempty"`
	Title string    `json:"title"`
	Since time.Time `json:"since"`
}

// memory is what people have been told of a target, by the findings' ids.
type memory struct {
	AuditedAt time.Time       `json:"auditedAt"`
	Told      map[string]Told `json:"told"`
}

// tell tells people what is new, what has changed and what is over, and
// remembers each immediately after it was told: what fails then does not make
// it be told again. What could not be told is not remembered, so that the next
// audit tells it.
func (a Auditor) tell(ctx context.Context, j Judgement) error {
	before, err := a.recall(ctx, j.Target.Name)
	if err != nil {
		return err
	}
	known := maps.Clone(before)
	remember := func() error { return a.Memory.Remember(ctx, j.Target.Name, memory{j.Now, known}) }
	forgotten := remember() // also what was illegible, and when the target was audited
	var failures []error
	say := func(message notice.Message, note func()) {
		if err := a.Send(ctx, message); err != nil {
			failures = append(failures, err)
			return
		}
		note()
		forgotten = remember() // the whole: it makes up for an earlier one that failed
	}
	for _, f := range j.Findings {
		told, wasTold := before[f.id()]
		if wasTold && told.State == f.State && !f.Daily {
			continue
		}
		say(f.message(j, told), func() {
			if !wasTold {
				told.Since = j.Now
			}
			known[f.id()] = Told{f.State, f.Title, told.Since}
		})
	}
	for _, id := range over(before, j) {
		if kindOf(id) == due { // another notice says how it ended
			delete(known, id)
			forgotten = remember()
			continue
		}
		say(before[id].over(j), func() { delete(known, id) })
	}
	return errors.Join(append(failures, forgotten)...)
}

// recall is what people were told of a target. A memory that cannot be read for
// what it says is none, or else no one would hear of the target again: everything
// is told anew, and the memory is replaced.
func (a Auditor) recall(ctx context.Context, target string) (map[string]Told, error) {
	var found memory
	err := a.Memory.Recall(ctx, target, &found)
	if fault.HasCode(err, fault.MalformedAnswer) {
		a.Log.WarnContext(ctx, "memory illegible, everything is told anew", "target", target, "error",
			fault.AsError(err).What)
		return map[string]Told{}, nil
	}
	if found.Told == nil {
		found.Told = map[string]Told{}
	}
	return found.Told, err
}

// MissingAfter is when an audit is missed: it comes once a day.
const MissingAfter = 2 * day

// LastAudit is when the target was audited last; zero: never.
func (r Reader) LastAudit(ctx context.Context, target string) (time.Time, error) {
	var found memory
	err := r.Memory.Recall(ctx, target, &found)
	return found.AuditedAt, err
}

// over are the ids of what was told and is not found any more, where that could
// be judged.
func over(told map[string]Told, j Judgement) []string {
	found := map[string]bool{}
	for _, f := range j.Findings {
		found[f.id()] = true
	}
	var gone []string
	for _, id := range slices.Sorted(maps.Keys(told)) {
		if !found[id] && j.Judged[kindOf(id)] {
			gone = append(gone, id)
		}
	}
	return gone
}

// What a message ends with where there is no command for what is to be done.
const (
	seeAll = "To see all targets:"
	status = "rotate status"
)

// message tells of a finding that is new, or that was told in another state.
func (f Finding) message(j Judgement, before Told) notice.Message {
	found := slices.Clone(f.Found)
	switch since := words.At(before.Since); {
	case before.Since.IsZero():
	case before.State == f.State:
		found = append(found, fmt.Sprintf("This was first reported %s, and is still so", since))
	default:
		found = append(found, fmt.Sprintf("This was reported %s, and has changed since", since))
	}
	step := notice.Step{Text: f.Advice, Command: f.Command}
	if f.Command == "" {
		step = notice.Step{Text: words.Dot(f.Advice) + " " + seeAll, Command: status}
	}
	return j.message(notice.Message{Code: string(f.Kind), Urgency: f.Urgency, Subject: f.Title, Verdict: f.Verdict,
		Happened: found, Steps: []notice.Step{step}})
}

// alarming are the titles of what is or may be broken; what could not be read aside.
func (j Judgement) alarming() (titles []string) {
	for _, f := range j.Findings {
		if f.Urgency != notice.Calm && f.Source == "" {
			titles = append(titles, f.Urgency.Prefix()+f.Title)
		}
	}
	return titles
}

// message completes one about the target. What is calm itself doesn't say that nothing is broken
// beside what is: that may have been reported days ago.
func (j Judgement) message(m notice.Message) notice.Message {
	name := j.Target.Name
	m.Target, m.Thread, m.More = name, name+" audit", "rotate explain what-the-audit-finds"
	m.Subject = name + ": " + m.Subject
	if beside := j.alarming(); m.Urgency == notice.Calm && len(beside) > 0 {
		m.Urgency, m.Verdict = notice.Check, "Beside this: "+strings.Join(beside, "; ")
	}
	for i, line := range m.Happened {
		m.Happened[i] = words.Dot(j.KeyIDs().Quote(words.Text(line)))
	}
	return m.Complete()
}

// over tells that a finding is over.
func (t Told) over(j Judgement) notice.Message {
	return j.message(notice.Message{
		Code: "over", Urgency: notice.Calm, Subject: "over: " + t.Title,
		Verdict:  "Nothing is broken as far as this finding goes: it is over",
		Happened: []string{fmt.Sprintf("No longer so: %s, reported %s", t.Title, words.At(t.Since))},
		Steps:    []notice.Step{{Text: "Nothing. " + seeAll, Command: status}},
	})
}
