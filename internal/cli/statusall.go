package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"qovery-key-rotation/infra/config"
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
func (p Program) statusOfAll(ctx context.Context, f statusFlags) error {
	text, err := os.ReadFile(f.config)
	if err != nil {
		return usageError{fmt.Errorf("the configuration can't be read: %w", err)}
	}
	configured, err := config.Parse(text, config.Environment{}, p.Clock.Now())
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", f.config, err)}
	}
	all := allStatus{[]stackStatus{}, []unreadStack{}}
	for _, stack := range configured.Stacks() {
		status, err := p.statusIn(ctx, *f.stackFlags, stack)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			all.Unread = append(all.Unread, unread(stack, err))
			continue
		}
		all.Stacks = append(all.Stacks, status)
	}
	if f.json() {
		err = writeJSON(p.Out, all)
	} else {
		err = p.showAll(f, all)
	}
	attention, isUnread := false, len(all.Unread) > 0
	for _, status := range all.Stacks {
		attention, isUnread = attention || status.needsAttention(), isUnread || status.isUnread()
	}
	return f.exit(err, attention, isUnread)
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
	u := unreadStack{stack.Account, stack.Region, nil, problemOf(err).Error()}
	for _, t := range stack.Targets {
		u.Targets = append(u.Targets, t.Name)
	}
	return u
}

// showWide gives each target a line.
func showWide(out io.Writer, all allStatus) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TARGET\tACCOUNT\tREGION\tSTATE\tKEY\tAGE\tLAST\tNEXT\tATTENTION")
	for _, s := range all.Stacks {
		for _, t := range s.Targets {
			key, age := t.oldest()
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, s.Account, s.Region, t.State, key, age,
				t.lastDay(), t.nextDay(), t.toSee())
		}
	}
	for _, u := range all.Unread {
		for _, name := range u.Targets {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t-\t-\t-\t-\t%s\n", name, cmp.Or(u.Account, "-"), cmp.Or(u.Region, "-"), unknown,
				u.Because)
		}
	}
	return table.Flush()
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
