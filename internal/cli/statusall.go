package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// allStatus is how the stacks of a configuration are doing.
type allStatus struct {
	Stacks []stackStatus `json:"stacks"`
	Unread []unreadStack `json:"unread"` // those that could not be looked at
}

type unreadStack struct {
	Account string   `json:"account,omitempty"`
	Region  string   `json:"region,omitempty"`
	Targets []string `json:"targets"`
	Because string   `json:"because"`
}

// statusOfAll looks at every account and region of the configuration.
func (p Program) statusOfAll(ctx context.Context, f statusFlags) (allStatus, error) {
	text, err := os.ReadFile(f.config)
	if err != nil {
		return allStatus{}, misuse("the configuration can't be read: %v", err)
	}
	configured, err := config.Parse(text, config.Environment{}, p.Clock.Now())
	if err != nil {
		return allStatus{}, misuse("%s: %v", f.config, err)
	}
	all := allStatus{[]stackStatus{}, []unreadStack{}}
	for _, stack := range configured.Stacks() {
		status, err := p.statusIn(ctx, *f.stackFlags, stack)
		switch {
		case ctx.Err() != nil:
			return all, ctx.Err()
		case err != nil:
			all.Unread = append(all.Unread, unread(stack, err))
		default:
			all.Stacks = append(all.Stacks, status)
		}
	}
	return all, nil
}

// statusIn looks at the stack of one account and region.
func (p Program) statusIn(ctx context.Context, f stackFlags, stack config.Stack) (stackStatus, error) {
	if stack.Region != "" {
		f.region = stack.Region
	}
	status, err := p.statusOf(ctx, &f, nil)
	if err == nil && stack.Account != "" && status.Account != stack.Account {
		err = &problem{fmt.Sprintf("You are logged in to the account %s", status.Account),
			fmt.Sprintf("Log in to %s, or choose its profile with --profile", stack.Account), ExitUnreached}
	}
	return status, err
}

func unread(stack config.Stack, err error) unreadStack {
	names := namesOf(stack.Targets, func(t target.Target) string { return t.Name })
	return unreadStack{stack.Account, stack.Region, names, problemOf(err).Error()}
}

// showWide gives each target a line.
func showWide(out io.Writer, all allStatus) {
	rows := [][]string{{"TARGET", "ACCOUNT", "REGION", "STATE", "KEY", "AGE", "LAST", "NEXT", "ATTENTION"}}
	for _, s := range all.Stacks {
		for _, t := range s.Targets {
			key, age := t.oldest()
			rows = append(rows, []string{t.Name, s.Account, s.Region, string(t.State), key, age, t.lastDay(), t.nextDay(),
				t.toSee()})
		}
	}
	for _, u := range all.Unread {
		for _, name := range u.Targets {
			rows = append(rows, []string{name, cmp.Or(u.Account, "-"), cmp.Or(u.Region, "-"), string(unknown),
				"-", "-", "-", "-", u.Because})
		}
	}
	writeTable(out, rows)
}

// oldest is the key that has been there for the longest, and how old it is.
func (t targetStatus) oldest() (key, age string) {
	key, age = "-", "-"
	days := -1
	for _, k := range t.Keys {
		if k.AgeDays > days {
			key, age, days = k.ID, words.Count(k.AgeDays, "day"), k.AgeDays
		}
	}
	if more := len(t.Keys) - 1; more > 0 {
		key += fmt.Sprintf(" (+%d)", more)
	}
	return key, age
}

func (t targetStatus) lastDay() string {
	if t.Last == nil {
		return "-"
	}
	return fmt.Sprintf("%s %s", words.Time(t.Last.EndedAt, time.DateOnly), t.Last.Outcome)
}

func (t targetStatus) nextDay() string {
	switch {
	case t.Schedule == nil || t.Schedule.Next.IsZero():
		return "-"
	case !t.Schedule.Enabled:
		return "disabled"
	}
	return words.Time(t.Schedule.Next, time.DateOnly)
}

// toSee is what someone should see to, or what could not be read.
func (t targetStatus) toSee() string {
	var list []string
	if t.State == isPaused {
		list = append(list, "paused")
	}
	for _, f := range t.Attention {
		list = append(list, f.Urgency.Prefix()+f.Title)
	}
	if len(t.Unknown) > 0 {
		list = append(list, words.Count(len(t.Unknown), "thing")+" not read")
	}
	const most = 3
	return cmp.Or(words.List(list, most), "-")
}

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
