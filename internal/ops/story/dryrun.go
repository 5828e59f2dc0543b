package story

import (
	"fmt"
	"slices"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Plan is what a dry run found, for people.
type Plan struct {
	Target  string         `json:"target"`
	Verdict string         `json:"verdict"`           // what would happen now
	Refused string         `json:"refused,omitempty"` // the code of what would make it wait, or refuse it
	Because string         `json:"because,omitempty"` // why, in a sentence
	Advice  string         `json:"advice,omitempty"`  // what to do about that
	Phases  []Phase        `json:"phases,omitempty"`
	Takes   target.Seconds `json:"takes,omitzero"` // all of them, as far as that can be told
	Notes   []Note         `json:"notes,omitempty"`

	pace    Pace
	shown   func(id string) string
	because words.Text
	advice  fault.Advice
}

// NoClusters is what to do about the new key of a rotation that found no cluster with the old.
const NoClusters = "No cluster uses the new key: give a role to registries and Helm repositories that hold it, and " +
	"delete the credentials in Qovery"

const (
	takes      = "takes" // the label of a note
	mostListed = 5
)

// Note is what else is to be known.
type Note struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// PlanOf is the plan in a dry run's answer, with the ids of keys as the function shows them.
func PlanOf(doc rotation.Document, pace Pace, shown func(id string) string) Plan {
	report, leaked := doc.Plan, doc.Leaked[doc.OldKey]
	doc.OldKey = shown(doc.OldKey)
	doc.Leaked = map[string]target.How{doc.OldKey: leaked}
	p := Plan{Target: doc.Target, Verdict: Verdict(doc), Refused: report.Refused, pace: pace, shown: shown}
	action := report.Would
	if p.Refused != "" {
		action = rotation.ActionCreate // what it would do otherwise, if that much was found
		if doc.Kind == rotation.Migrate {
			action = rotation.ActionMigrate
		}
		p.because, p.advice = report.Because, fault.Code(report.Refused).Advised(report.Advice)
		p.Because, p.Advice = p.because.With(shown), p.advice.Text().With(shown)
	}
	if p.Refused == "" || len(report.Clusters) > 0 {
		p.Phases = Phases(action, doc, pace)
	}
	for _, phase := range p.Phases {
		p.Takes += phase.Takes
	}
	p.note(doc, slices.ContainsFunc(p.Phases, func(p Phase) bool { return p.Estimated }))
	return p
}

func (p *Plan) note(doc rotation.Document, estimated bool) {
	add := func(label, text string) { p.Notes = append(p.Notes, Note{label, text}) }
	all := words.Duration(time.Duration(p.Takes))
	switch {
	case estimated:
		add(takes, fmt.Sprintf("about %s (%s)", all, p.pace))
	case p.Takes > 0:
		add(takes, all)
	}
	for _, skipped := range doc.Plan.Skipped {
		add("passed over", skipped)
	}
	if doc.Plan.DeploysNothing() && len(doc.Plan.Skipped) == 0 {
		add("afterwards", words.Dot(NoClusters)+" Then retire that key")
	}
	if doc.Plan.Variables != "" {
		add("variables", doc.Plan.Variables)
	}
	if estimated {
		add("not known", "how long deployments take; whether anything outside Qovery has a copy of the key, which shows "+
			"only when it uses it")
	}
}

// Verdict says what would happen now.
func Verdict(doc rotation.Document) string {
	noun := doc.Kind.Noun()
	switch report := doc.Plan; {
	case fault.Code(report.Refused).Class() == fault.Transient && report.Refused != "":
		return fmt.Sprintf("a %s would wait (%s)", noun, report.Refused)
	case report.Refused != "":
		return fmt.Sprintf("a %s would be refused (%s)", noun, report.Refused)
	case report.Would == rotation.ActionCreate:
		return "a rotation would begin"
	case report.Would == rotation.ActionRetire:
		return "the retirement would begin, or be resumed"
	case report.Would == rotation.ActionMigrate:
		return "the migration would begin, or be resumed"
	}
	return "the open rotation would be resumed"
}

// Lines are the phases and the notes, each with what it is in front, wrapped to the width.
func (p Plan) Lines(width int) (lines []string) {
	const label = 19
	row := func(name, mark, text string) {
		lines = append(lines, words.Wrap(fmt.Sprintf("  %-*s%s", label, name, mark), words.Line(text), width)...)
	}
	if p.Refused != "" && len(p.Phases) > 0 {
		lines = append(lines, "", "Once it may begin:", "")
	}
	for _, phase := range p.Phases {
		row(phase.State, "", phase.Timed())
		for _, item := range phase.Items {
			row("", "- ", item)
		}
	}
	if len(p.Phases) > 0 && len(p.Notes) > 0 {
		lines = append(lines, "")
	}
	for _, note := range p.Notes {
		row(note.Label, "", note.Text)
	}
	return lines
}

// Refusal is why it would be refused, and what to do. A command has a line of its own, which
// is not wrapped: people copy it.
func (p Plan) Refusal(width int) []string {
	if p.advice.Command == "" {
		return words.Wrap("", words.Sentences(p.Because, p.Advice), width)
	}
	first := words.Sentences(p.because) + " " + p.advice.First + ":"
	lines := words.Wrap("", first.With(p.shown), width)
	lines = append(lines, "    "+p.advice.Command.With(p.shown))
	if then := p.advice.Then(); then != "" {
		lines = append(lines, words.Wrap("", words.Dot(then).String(), width)...)
	}
	return lines
}

// Brief is which clusters are deployed, and how long it takes, as sentences.
func (p Plan) Brief() (lines []string) {
	for _, phase := range p.Phases {
		if phase.State != Waves {
			continue
		}
		text := words.Capital(phase.Timed())
		if len(phase.Items) > 0 {
			text += ": " + words.List(phase.Items, mostListed)
		}
		lines = append(lines, words.Dot(text))
	}
	for _, note := range p.Notes {
		if note.Label == takes {
			lines = append(lines, words.Dot("In all "+note.Text))
		}
	}
	return lines
}

// Timed is what happens in the phase, after how long that takes.
func (p Phase) Timed() string {
	switch {
	case p.Takes == 0:
		return p.Text
	case p.Estimated:
		return fmt.Sprintf("about %s: %s", words.Duration(time.Duration(p.Takes)), p.Text)
	}
	return fmt.Sprintf("%s: %s", words.Duration(time.Duration(p.Takes)), p.Text)
}
