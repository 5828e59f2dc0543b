package stack

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// sites are what the simulated world calls the requests that an action allows, and
// the one to STS, which needs no right.
var sites = map[string][]string{
	"ssm:GetParameter on target parameters":          {"targets.Target"},
	"ssm:GetParameter on token parameters":           {"token.Read"},
	"ssm:GetParameter on staged secrets":             {"staging.Readable", "staging.Has", "staging.Get"},
	"ssm:PutParameter on staged secrets":             {"staging.Put"},
	"ssm:DeleteParameter on staged secrets":          {"staging.Delete"},
	"iam:ListAccessKeys on target users":             {"iam.ListAccessKeys"},
	"iam:GetAccessKeyLastUsed on target users":       {"iam.GetAccessKeyLastUsed"},
	"iam:ListAttachedUserPolicies on target users":   {"iam.ListAttachedUserPolicies"},
	"iam:CreateAccessKey on target users":            {"iam.CreateAccessKey"},
	"iam:UpdateAccessKey on target users":            {"iam.UpdateAccessKey"},
	"iam:DeleteAccessKey on target users":            {"iam.DeleteAccessKey"},
	"cloudtrail:LookupEvents on CloudTrail's events": {"trail.LookupEvents"},
	"dynamodb:GetItem on journal table":              {"journal.Load", "journal.Ended", "journal.Recall"},
	"dynamodb:PutItem on journal table":              {"journal.Save", "journal.Close"},
	"dynamodb:DeleteItem on journal table":           {"journal.Close"},
	"states:DescribeExecution on executions":         {"states.DescribeExecution"},
	signing:                                          {"sts.GetCallerIdentity"},
}

const (
	signing = "sts:GetCallerIdentity"
	// logs are the only thing that a rotation reads and does without: they make an
	// error's sentence longer.
	logs = "GET /cluster/logs"
)

// denial is a right that an organization denies to all functions at once.
type denial struct {
	right string // "iam:CreateAccessKey on target users", "PUT /aws/credentials"
	sites []string
	write bool
}

// denials are all rights of the functions that the state machine invokes, from
// their policies, and all requests to Qovery, from what the scenarios send.
func denials(t *testing.T) []denial {
	t.Helper()
	seen := sitesSeen(t)
	all := []denial{}
	named := map[string]bool{}
	for _, right := range append(granted(), signing) {
		if sites[right] == nil {
			t.Errorf("nothing says what the simulator calls %s", right)
		}
		d := denial{right: right, sites: sites[right]}
		for _, site := range d.sites {
			write, known := seen[site]
			if !known {
				t.Errorf("%s: no scenario calls %s", right, site)
			}
			d.write, named[site] = d.write || write, true
		}
		all = append(all, d)
	}
	for _, site := range slices.Sorted(maps.Keys(seen)) {
		request, isQoverys := strings.CutPrefix(site, "qovery.")
		switch {
		case isQoverys:
			all = append(all, denial{request, []string{site}, seen[site]})
		case !named[site]:
			t.Errorf("nothing says which right the call %s takes", site)
		}
	}
	return all
}

// granted are the rights of the steps' functions, each once.
func granted() (rights []string) {
	for _, f := range functions {
		for _, grant := range f.may {
			for _, action := range grant.actions {
				if right := action + " on " + string(grant.on); f.isStep() && !slices.Contains(rights, right) {
					rights = append(rights, right)
				}
			}
		}
	}
	return rights
}

// sitesSeen are all calls of rotations that the scenarios make, and whether they write.
func sitesSeen(t *testing.T) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for _, scenario := range lab.Scenarios {
		result, err := scenario.Play(scenario.Setup, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range result.World.Wire.Calls() {
			if call.Process != lab.Auditor {
				seen[call.Site] = call.Write
			}
		}
	}
	return seen
}

// fate is what became of a rotation that was denied something.
type fate struct {
	denial
	end   string // the state in which it ended
	code  string // of the error; empty: it succeeded
	state string // that raised it
	left  string // what is different from before
	then  string // how it went on once that was allowed: "redrive" or "start"
}

// haveServices gives the organization services of all kinds that are read, and has the
// target look in them.
func haveServices(t *testing.T, w *lab.World) {
	t.Helper()
	lines := []string{`target {"lookInVariables": true}`}
	for _, service := range []string{"secret", "terraform", "chart"} {
		lines = append(lines, "add "+service, "put foreign into "+service) // nothing is to be found in them
	}
	for _, line := range lines {
		if err := lab.NewOperator(w).Do(nil, line); err != nil {
			t.Fatal(err)
		}
	}
}

// play denies the right from the beginning and for the whole rotation, then allows
// it, and goes on as people do.
func (d denial) play(t *testing.T) fate {
	t.Helper()
	f := fate{denial: d}
	setup := lab.Setup{Registries: true, HelmRepository: true, Route53: !d.ofMigration()}
	result, err := lab.Play(setup, nil, func(w *lab.World) {
		haveServices(t, w)
		if err := lab.NewOperator(w).Do(nil, "add credentials role"); err != nil {
			t.Fatal(err)
		}
		w.Wire.Injector = func(call lab.Call) lab.Fault {
			if slices.Contains(d.sites, call.Site) {
				return lab.Fault{Kind: lab.Deny}
			}
			return lab.Fault{}
		}
		run := d.begin(t, w, "rotation-1")
		f.ended(t, w, run)
		w.Wire.Injector = nil
		w.Sleep(time.Hour)
		switch {
		case f.code == "":
			return
		case f.end == "RotationUnchanged" || f.end == "RotationPaused" || run.Redrive() != nil:
			f.then = "start"
			run = d.begin(t, w, "rotation-2")
		default:
			f.then = "redrive"
			run.Wait()
		}
		if run.Outcome() != "SUCCEEDED" || len(w.IAM.Present(lab.UserName)) != 1 || len(w.SSM.Staged()) != 0 ||
			w.Journal.Current(lab.UserName) != nil {
			t.Errorf("%s: allowed again, a %s ends %s: %s", d.right, f.then, run.Outcome(), run.Cause())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if judge := result.World.Judge; judge.Refusals > 0 || len(judge.Violations) > 0 || len(judge.Leaks()) > 0 {
		t.Errorf("%s: %d failed authentications, %v, %v", d.right, judge.Refusals, judge.Violations, judge.Leaks())
	}
	return f
}

// ofMigration: rotations don't need it, and migrations do.
func (d denial) ofMigration() bool {
	return strings.HasSuffix(d.right, "/cloudProviderInfo") || strings.HasSuffix(d.right, "/environment/status")
}

func (d denial) begin(t *testing.T, w *lab.World, name string) *lab.Run {
	input := fmt.Sprintf(`{"target": %q}`, lab.TargetName)
	if d.ofMigration() {
		input = fmt.Sprintf(`{"target": %q, "migrateTo": "AWS by role"}`, lab.TargetName)
	}
	run, err := w.Start(name, input)
	if err != nil {
		t.Fatal(err)
	}
	run.Wait()
	return run
}

// ended notes where a rotation ended. Qovery holds keys that are Active, whatever
// was denied.
func (f *fate) ended(t *testing.T, w *lab.World, run *lab.Run) {
	path := run.Path()
	f.end, f.code = path[len(path)-1], run.ErrorName()
	f.state = f.end
	if f.end == "RotationUnchanged" || f.end == "RotationPaused" {
		f.state = path[len(path)-3]
	}
	for _, location := range w.Qovery.Locations() {
		key := rotation.KeyID(w.Qovery.KeyOf(location))
		if status, _ := w.IAM.Status(key); key != "" && status != rotation.Active {
			t.Errorf("%s: Qovery holds a key that is %s", f.right, status)
		}
	}
	var left []string
	if keys := len(w.IAM.Present(lab.UserName)); keys != 1 {
		left = append(left, fmt.Sprintf("%d keys", keys))
	}
	if w.Journal.Current(lab.UserName) != nil {
		left = append(left, "an open record")
	}
	if len(w.SSM.Staged()) > 0 {
		left = append(left, "a staged secret")
	}
	f.left = strings.Join(left, ", ")
	for _, life := range w.IAM.Lives() {
		if by := life.Changes[0].By; strings.HasPrefix(by, run.Name()) && f.end == "Preflight" {
			t.Errorf("%s: refused in Preflight after %s created a key", f.right, by)
		}
	}
}

// TestDenials: whatever an organization denies to all functions at once, a
// rotation ends in Preflight, or where the table of codes says. Nothing that
// Qovery holds stops working, and once the right is back, one redrive or one start
// completes the rotation.
func TestDenials(t *testing.T) {
	unproved := unprovedRights()
	for _, f := range fates(t) {
		t.Log(f)
		action, _, _ := strings.Cut(f.right, " on ")
		want, listed := unproved[action]
		delete(unproved, action)
		switch {
		case f.right == logs:
			if f.code != "" {
				t.Errorf("%s: ends in %s with %s, and is nothing that a rotation needs", f.right, f.end, f.code)
			}
		case !listed:
			if f.end != "Preflight" || f.left != "" {
				t.Errorf("%s: ends in %s with %s, leaving %q; Preflight should have found out", f.right, f.end, f.code, f.left)
			}
		case !f.write && f.right != signing:
			t.Errorf("%s: a read is listed among what no read proves", f.right)
		case f.code != want.code || f.state != want.In || f.end != want.Ends || f.left != "" && f.end == "RotationUnchanged":
			t.Errorf("%s: ends in %s with %s of %s, leaving %q; the table of codes says %+v", f.right, f.end, f.code, f.state,
				f.left, want)
		}
	}
	for right := range unproved {
		t.Errorf("%s: no function has that right", right)
	}
}

// unproved is a row's entry with its code.
type unproved struct {
	fault.Unproved
	code string
}

func unprovedRights() map[string]unproved {
	all := map[string]unproved{}
	for _, info := range fault.Codes {
		for _, u := range info.Unproved {
			all[u.Right] = unproved{u, string(info.Code)}
		}
	}
	return all
}

func fates(t *testing.T) (all []fate) {
	t.Helper()
	for _, d := range denials(t) {
		all = append(all, d.play(t))
	}
	return all
}

// writeFates writes the part of the page on rights that says what becomes of a
// rotation.
func writeFates(page *bytes.Buffer, all []fate) {
	page.WriteString(fatesIntroduction)
	for _, f := range all {
		ends := "`" + f.end + "`, with `" + f.code + "`"
		if f.code == "" {
			ends = "`" + f.end + "`: it does without"
		}
		right := "`" + f.right + "`"
		if action, on, found := strings.Cut(f.right, " on "); found {
			right = "`" + action + "` on " + on
		}
		fmt.Fprintf(page, "| %s | %s | %s | %s |\n", right, ends, cmp.Or(f.left, "nothing"), f.then)
	}
}

const fatesIntroduction = `
## What an organization's denial does

A policy above the account may deny what these roles allow. A test denies each right, and each
request to Qovery, to all functions of a simulated rotation:
` + "`go test ./infra/stack -run Denials -v`" + `. If a read proves the right, Preflight refuses before
anything changes. If only its use does, the rotation ends unchanged or pauses. Qovery then holds an
Active key, and a redrive completes the rotation once the right is there.

| denied | the rotation ends in | left | once it is allowed |
| --- | --- | --- | --- |
`

// String tells the fate on one line.
func (f fate) String() string {
	return fmt.Sprintf("%-48s ends in %-18s %-20s left: %s", f.right, f.end, f.code, cmp.Or(f.left, "nothing")) +
		f.continued(", and then a %s")
}

func (f fate) continued(format string) string {
	if f.then == "" {
		return ""
	}
	return fmt.Sprintf(format, f.then)
}
