package cli_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
)

// broken are things that doctor finds, each with the mark and the name of its check, and
// its fix.
var broken = []struct {
	name  string
	broke func(*account)
	check string
	fix   string
}{
	{"another version", func(a *account) { a.definition = "0a1b2c3d4e5f" }, "✗ version", "make deploy."},
	{"an earlier version", func(a *account) { a.definition, a.version = "", "" }, "✗ version", "make deploy."},
	{"a refused token", func(a *account) {
		a.world.Qovery.Configure(func(c *fakeqovery.Config) { c.Token = "another" })
	}, "✗ token", "read -rs TOKEN; aws ssm put-parameter --name /qovery-key-rotation/qovery-token"},
	{"a token with too few rights", func(a *account) {
		a.world.Qovery.Configure(func(c *fakeqovery.Config) { c.Hook = fakeqovery.Answering(403, "GET", "/lock") })
	}, "✗ token", "Listing the locked clusters at Qovery"},
	{"a token that may not look in variables", func(a *account) {
		a.world.Target.LookInVariables = true
		a.world.Qovery.Configure(func(c *fakeqovery.Config) { c.Hook = fakeqovery.Answering(403, "GET", "/services") })
	}, "✗ token", "Listing the services at Qovery"},
	{"another path", func(a *account) { a.world.IAM.Path = "/automation/" }, "✗ user",
		`Set iamUserPath to "/automation/" in rotation.json, then: make deploy.`},
	{"an old key", func(a *account) { a.world.Sleep(8 * 24 * time.Hour) }, "✗ keys",
		"Rotate it: rotate start production --watch."},
	{"a leftover key", func(a *account) {
		a.world.IAM.SeedKey(lab.UserName, a.world.Timeline.Now(), rotation.Active)
	}, "✗ keys", "If no one uses it: rotate retire production "},
	{"an Inactive key", func(a *account) {
		_ = a.world.IAM.SetStatusByHand(lab.UserName, a.world.OldKey.ID, rotation.Inactive)
	}, "✗ locations", "aws iam update-access-key --user-name qovery --access-key-id AKIA"},
	{"refused credentials", func(a *account) {
		a.world.Qovery.SetStatus(a.world.Clusters[0], "INVALID_CREDENTIALS")
		a.world.Sleep(time.Minute)
	}, "✗ clusters", "rotate status."},
	{"restricted deployments", func(a *account) {
		a.world.Qovery.Configure(func(c *fakeqovery.Config) { c.Restriction = "Payment overdue" })
	}, "✗ clusters", "Settle the organization's bills"},
	{"no schedule", func(a *account) { a.schedule = "" }, "✗ schedule", "Deploy the stack again."},
	{"a disabled schedule", func(a *account) { a.schedule = "DISABLED" }, "✗ schedule",
		"Enable it in EventBridge Scheduler"},
	{"a paused rotation", func(a *account) {
		run, _ := a.world.Start("begun", `{"target": "production"}`)
		run.UntilIn("GracePeriod")
		run.StopWith("AbortRequested", "")
		a.world.Sleep(time.Hour)
	}, "✗ rotation", "To resume it: rotate start production --watch"},
	{"no audit", func(a *account) { a.audited = a.world.Timeline.Now().Add(-48 * time.Hour) }, "✗ audit",
		"aws lambda invoke --region eu-west-3 --function-name qovery-key-rotation-audit /dev/stdout."},
	{"never an audit", func(a *account) { a.unaudited = true }, "✗ audit", "There was none yet."},
	{"an unconfirmed address", func(a *account) { a.confirmed = false }, "! addresses",
		"aws sns subscribe --region eu-west-3"},
	{"a webhook without its address", func(a *account) { a.hooks = "/hooks/slack,/hooks/teams" }, "✗ chat",
		"Run the command of the stack's output PutWebhook for /hooks/teams."},
	{"no address", func(a *account) { a.emails = "security@example.com" }, "! addresses",
		"--notification-endpoint 'security@example.com'."},
	{"an unconfirmed webhook", func(a *account) { a.webhook = "https://pager.example/secret-in-the-path" }, "! addresses",
		"--notification-endpoint 'https://pager.example/...'."},
}

var amiss = regexp.MustCompile(`(?m)^[✗!] \w+`)

// Doctor finds each thing that is broken, and nothing else.
func TestDoctor(t *testing.T) {
	for _, test := range broken {
		t.Run(test.name, func(t *testing.T) {
			a, err := newAccount(lab.Setup{})
			if err != nil {
				t.Fatal(err)
			}
			defer a.close()
			test.broke(a)
			code, said := a.types(t, "doctor")
			want, result := cli.ExitAttention, `"wrong"`
			if strings.HasPrefix(test.check, "!") {
				want, result = cli.ExitSucceeded, `"warning"`
			}
			bad := amiss.FindAllString(said, -1)
			if code != want || len(bad) != 1 || bad[0] != test.check || !strings.Contains(said, test.fix) {
				t.Errorf("exit code %d, bad %q, want %d, %s, with %q in:\n%s", code, bad, want, test.check, test.fix, said)
			}
			again, answer := a.types(t, "doctor", "production", "--output", "json")
			if again != want || strings.Count(answer, result) != 1 {
				t.Errorf("exit code %d: %s", again, answer)
			}
			for _, secret := range []string{"secret-in-the-path", "qov_"} {
				if strings.Contains(said+answer, secret) {
					t.Errorf("it shows %s", secret)
				}
			}
		})
	}
}
