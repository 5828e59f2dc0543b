package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// sinceFlag is a time in the past, as a person gives it: a duration or a time.
type sinceFlag struct{ text string }

func (f *sinceFlag) add(cmd *cobra.Command, plain, usage string) {
	cmd.Flags().StringVar(&f.text, "since", plain, usage)
}

func (f sinceFlag) before(now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(f.text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	if at, err := time.Parse(time.RFC3339, f.text); err == nil && at.Before(now) {
		return at, nil
	}
	return time.Time{}, misuse("--since %s is neither a duration such as 72h nor a past time such as "+
		"2026-01-12T08:00:00Z", words.Quote(f.text))
}

// usesFlags say which uses of a key to look for.
type usesFlags struct {
	*stackFlags
	since   sinceFlag
	regions []string
}

func (p Program) newUses() *cobra.Command {
	var f usesFlags
	cmd := &cobra.Command{
		Use:   "uses KEY",
		Short: "List what CloudTrail knows of the uses of a key",
		Long: `uses lists what an access key was used for: by address, caller and action, as
CloudTrail's event history has it. KEY is its whole id; the key may be gone.

It searches the regions that every account has, --region and each --also. The history
has management events of the last 90 days, 15 minutes late. It does not have what was
read from buckets or done to other data, nor what a session did that the key began.`,
		Example: `  rotate uses AKIAIOSFODNN7EXAMPLE
  rotate uses AKIAIOSFODNN7EXAMPLE --since 72h --also eu-south-1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse("one access key id is needed")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.uses(cmd.Context(), f, args[0]) },
	}
	f.stackFlags = p.onStack(cmd, "text")
	cmd.ValidArgsFunction = nil // a key isn't completed
	f.since.add(cmd, "24h", "since then: a duration, or an RFC 3339 time")
	cmd.Flags().StringArrayVar(&f.regions, "also", nil, "search this region, too")
	return cmd
}

// usualRegions are enabled in every account.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var usualRegions = []string{"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1",
	"ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1",
	"eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1"}

// usesOf are all uses from one address by one caller for one action.
type usesOf struct {
	Count   int       `json:"count"` // at least, where a region has more than are read
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Address string    `json:"address,omitempty"`
	Caller  string    `json:"caller,omitempty"`
	Action  string    `json:"action"`
	Region  string    `json:"region"`
}

// usesFound is what was found, and where it was not looked.
type usesFound struct {
	Key    string            `json:"key"` // last four characters
	Since  time.Time         `json:"since"`
	Uses   []usesOf          `json:"uses"`
	Cut    []string          `json:"cut,omitempty"`    // regions with more events than are read
	Unread map[string]string `json:"unread,omitempty"` // regions, and why
}

func (p Program) uses(ctx context.Context, f usesFlags, key string) error {
	id, err := rotation.ParseKeyID(key)
	if err != nil {
		return misuse("KEY is %v", err)
	}
	since, err := f.since.before(p.Clock.Now())
	if err != nil {
		return err
	}
	cfg, err := p.logIn(ctx, f.stackFlags)
	if err != nil {
		return err
	}
	found := usesFound{Key: id.String(), Since: since.UTC(), Uses: []usesOf{}, Unread: map[string]string{}}
	regions := slices.Concat(usualRegions, f.regions, []string{cfg.Region})
	slices.Sort(regions)
	history := trail.New(cfg, p.Clock)
	for _, region := range slices.Compact(regions) {
		uses, all, err := history.Uses(ctx, id, since, region)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		found.add(region, uses, all, err)
	}
	return p.answer(f.output, found, func() { found.show(p.Out) })
}

func (f *usesFound) add(region string, uses []rotation.Use, all bool, err error) {
	if err != nil {
		f.Unread[region] = problemOf(err).what
		return
	}
	if !all {
		f.Cut = append(f.Cut, region)
	}
	for _, use := range uses {
		f.count(use)
	}
	slices.SortStableFunc(f.Uses, func(a, b usesOf) int { return b.Last.Compare(a.Last) })
}

func (f *usesFound) count(use rotation.Use) {
	action := use.Service + ":" + use.Event
	i := slices.IndexFunc(f.Uses, func(u usesOf) bool {
		return u.Address == use.Source && u.Caller == use.UserAgent && u.Action == action && u.Region == use.Region
	})
	if i < 0 {
		i = len(f.Uses)
		f.Uses = append(f.Uses, usesOf{0, use.At, use.At, use.Source, use.UserAgent, action, use.Region})
	}
	u := &f.Uses[i]
	u.Count++
	if use.At.Before(u.First) {
		u.First = use.At
	}
	if use.At.After(u.Last) {
		u.Last = use.At
	}
}

func (f *usesFound) show(out io.Writer) {
	fmt.Fprintf(out, "Uses of %s since %s, by CloudTrail's event history:\n\n", f.Key, words.At(f.Since))
	if len(f.Uses) == 0 {
		fmt.Fprintln(out, "none")
	} else {
		rows := [][]string{{"LAST", "COUNT", "REGION", "ACTION", "ADDRESS", "CALLER"}}
		for _, u := range f.Uses {
			rows = append(rows, []string{words.At(u.Last), fmt.Sprint(u.Count), u.Region, u.Action, cmp.Or(u.Address, "-"),
				cmp.Or(u.Caller, "-")})
		}
		writeTable(out, rows)
	}
	for _, region := range f.Cut {
		fmt.Fprintf(out, "There are more in %s, before those: give a shorter --since.\n", region)
	}
	for _, region := range slices.Sorted(maps.Keys(f.Unread)) {
		fmt.Fprintf(out, "%s was not searched: %s\n", region, words.Dot(f.Unread[region]))
	}
	fmt.Fprint(out, "\nNot closed by replacing a key, and not all of it shown here: keys, users, roles and\n"+
		"policies that were made or changed with it, sessions that it began, and what was read with it.\n")
}
