package cli

import (
	"fmt"
	"slices"

	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/words"
)

// writeStatus writes the page that --file asks for.
func (p Program) writeStatus(file string, all allStatus) error {
	page := all.overview()
	if page.At.IsZero() {
		page.At = p.Clock.Now()
	}
	wrote := fmt.Sprintf("the status of %s to %s, as an HTML page", words.Count(len(page.Targets), "target"), file)
	return p.writePage("The page", file, wrote, page.WriteHTML)
}

// overview is what the page shows.
func (a allStatus) overview() (page report.Overview) {
	for _, s := range a.Stacks {
		if s.At.After(page.At) {
			page.At = s.At
		}
		for _, t := range s.Targets {
			page.Targets = append(page.Targets, t.standing(s))
		}
		for _, text := range slices.Concat(s.Attention, s.Warnings, []string{s.Notices.Unknown}) {
			if text != "" {
				page.Notices = append(page.Notices, s.Region+": "+words.Dot(text))
			}
		}
	}
	for _, u := range a.Unread {
		for _, name := range u.Targets {
			page.Targets = append(page.Targets, report.Standing{Name: name, Account: u.Account, Region: u.Region,
				State: string(unknown), Says: string(unknown), Last: notRead, Next: notRead,
				Unknown: []string{words.Dot(u.Because)}})
		}
	}
	return page
}

func (t targetStatus) standing(s stackStatus) report.Standing {
	shown := report.Standing{Name: t.Name, Account: s.Account, Region: s.Region, IAMUser: t.IAMUser,
		State: string(t.State), Says: t.stateText(s.At), Last: t.lastText(), Next: notRead}
	for _, k := range t.Keys {
		shown.Keys = append(shown.Keys, report.KeyAge{ID: k.ID, Status: k.Status, Days: k.AgeDays,
			Limit: s.KeyAgeLimitDays, HeldBy: k.held()})
	}
	if t.Schedule != nil {
		shown.Next = t.Schedule.text(s.At)
	}
	if t.Frozen != "" {
		shown.Next += "; frozen " + t.Frozen
	}
	if t.Because != "" {
		shown.Attention = append(shown.Attention, []string{"The " + t.Kind.Noun() + " is paused.", words.Dot(t.Because)})
	}
	for _, f := range t.Attention {
		said := []string{words.Capital(words.Dot(f.Urgency.Prefix() + f.Title))}
		for _, text := range append(f.Found, f.ToDo()) {
			said = append(said, words.Dot(text))
		}
		shown.Attention = append(shown.Attention, said)
	}
	for _, text := range t.Unknown {
		shown.Unknown = append(shown.Unknown, words.Dot(text))
	}
	return shown
}

const notRead = "not known"
