package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/target"
)

var today = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// parse reads a configuration in which a field that stands twice has its last value.
func parse(t *testing.T, text string) (Config, error) {
	t.Helper()
	return Parse(last(t, text), Environment{}, today)
}

// last is a text in which every field stands once: with the last of its values.
func last(t *testing.T, text string) json.RawMessage {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	organization = `"organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"`
	startAt      = `"startAt": "2026-01-13T09:00:00+01:00"`
	schedule     = `"schedule": {` + startAt + `}`
)

// one is a configuration with one target, which has some more fields.
func one(more ...string) string {
	return several(targetText("production", "qovery", more...))
}

func several(targets ...string) string { return `{"targets": [` + strings.Join(targets, ", ") + `]}` }

// target has all that a target must have. A field of its own may come again:
// the last one counts.
func targetText(name, user string, more ...string) string {
	fields := append([]string{fmt.Sprintf(`"name": %q`, name), fmt.Sprintf(`"iamUserName": %q`, user), organization,
		schedule}, more...)
	return "{" + strings.Join(fields, ", ") + "}"
}

func scheduled(more ...string) string {
	return one(`"schedule": {` + strings.Join(append([]string{startAt}, more...), ", ") + `}`)
}

func many(n int) string {
	var targets []string
	for i := range n {
		targets = append(targets, targetText(fmt.Sprintf("t-%d", i), fmt.Sprintf("user-%d", i)))
	}
	return several(targets...)
}

// large is a configuration of n targets with names of the longest, and paths that
// are so long.
func large(n, path int) string {
	var targets []string
	for i := range n {
		targets = append(targets, targetText(fmt.Sprintf("t-%d", i), strings.Repeat("u", 62)+fmt.Sprintf("%02d", i),
			`"iamUserPath": "/`+strings.Repeat("p", path-2)+`/", "tokenParameter": "/`+strings.Repeat("t", 961)+`"`))
	}
	return several(targets...)
}

func elsewhere(n int) string {
	return `"handledElsewhere": [` + strings.Repeat(`"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12", `, n-1) +
		`"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"]`
}

const otherPartition = `is no region of the partition aws. GovCloud, China, the European Sovereign Cloud and the ` +
	`isolated regions aren't supported: ` +
	`whether the old key is still used is looked up in us-east-1, where CloudTrail has the events of IAM (for example ` +
	`"eu-west-3")`

// emails is a configuration with these addresses.
func emails(addresses ...string) string {
	list, _ := json.Marshal(addresses)
	return `{"targets": [` + targetText("a", "b") + `], "alertEmails": ` + string(list) + `}`
}

// api is a configuration with Qovery's API somewhere else.
func api(url string) string {
	return fmt.Sprintf(`{"targets": [%s], "qoveryApiUrl": %q}`, targetText("a", "b"), url)
}

// tagged is a configuration with a tag.
func tagged(name, value string) string {
	return fmt.Sprintf(`{"targets": [%s], "tags": {%q: %q}}`, targetText("a", "b"), name, value)
}

// addresses are n different ones.
func addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("p%d@company.example", i)
	}
	return list
}

// longAddress has so many characters before the @, and in its domain.
func longAddress(local, domain int) string {
	return strings.Repeat("a", local) + "@" + strings.Repeat("d.", (domain-2)/2) + strings.Repeat("e", 2+domain%2)
}

// Every mistake, with the whole line that it is answered with.
var mistakes = []struct{ name, config, want string }{
	{"nothing there", `null`, `it is null, not an object`},
	{"no object", `["production"]`, `it is a list, not an object`},
	{"no targets", `{}`,
		`targets: is required: there is nothing to rotate without a target (for example [{...}])`},
	{"empty targets", `{"targets": []}`, `targets: is required: there is nothing to rotate without a target ` +
		`(for example [{...}])`},
	{"targets not a list", `{"targets": {}}`, `targets: is an object, not a list (for example [{...}])`},
	{"target no object", `{"targets": ["production"]}`,
		`targets[0]: is a string, not an object (for example {...})`},

	{"unknown field", several(targetText("a", "b")[:1] + `"iamUser": "x", ` + targetText("a", "b")[1:]),
		`targets[0].iamUser: is no field that is known (for example "iamUserName")`},
	{"unknown field at the top", `{"targets": [` + targetText("a", "b") + `], "alertEmail": "a@example.com"}`,
		`alertEmail: is no field that is known (for example "alertEmails")`},
	{"unknown field inside", scheduled(`"startat": "2026-01-13T09:00:00Z"`),
		`targets[0].schedule.startat: is no field that is known (for example "startAt")`},
	{"number as text", scheduled(`"rateDays": "90"`),
		`targets[0].schedule.rateDays: is a string, not a whole number (for example 90)`},
	{"fraction", scheduled(`"rateDays": 90.5`), `targets[0].schedule.rateDays: is a fraction, not a whole ` +
		`number (for example 90)`},
	{"null", one(`"verification": null`),
		`targets[0].verification: is null, not a string (for example "canary")`},
	{"flag as text", scheduled(`"enabled": "yes"`),
		`targets[0].schedule.enabled: is a string, not true or false (for example true)`},
	{"no duration", one(`"gracePeriod": "2 hours"`),
		`targets[0].gracePeriod: "2 hours" is not a duration such as 2h or 90m (for example "2h")`},
	{"duration as number", one(`"gracePeriod": 7200`),
		`targets[0].gracePeriod: is a number, not a string (for example "2h")`},

	{"name missing", several(`{"iamUserName": "qovery", ` + organization + `, ` + schedule + `}`),
		`targets[0].name: is required (for example "production")`},
	{"bad name", one(`"name": "Production"`), `targets[0].name: "Production" is not 1 to 32 characters of a-z,` +
		` 0-9 and - (for example "production")`},
	{"long name", one(`"name": "` + strings.Repeat("a", 33) + `"`), `targets[0].name: "` +
		strings.Repeat("a", 33) + `" is not 1 to 32 characters of a-z, 0-9 and - (for example "production")`},
	{"user missing", one(`"iamUserName": ""`), `targets[0].iamUserName: is required (for example "qovery")`},
	{"bad user", one(`"iamUserName": "qovery *"`),
		`targets[0].iamUserName: "qovery *" is no IAM user name (for example "qovery")`},
	{"bad path", one(`"iamUserPath": "automation"`),
		`targets[0].iamUserPath: "automation" does not begin and end with a slash (for example "/automation/")`},
	{"bad organization", one(`"organizationId": "my-company"`),
		`targets[0].organizationId: "my-company" is no UUID (for example "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90")`},
	{"bad location", one(`"handledElsewhere": ["registry"]`),
		`targets[0].handledElsewhere[0]: "registry" is no UUID (for example "0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12")`},
	{"bad token parameter", one(`"tokenParameter": "qovery-token"`),
		`targets[0].tokenParameter: is no SSM parameter name that begins with a slash (for example ` +
			`"/qovery-key-rotation/qovery-token")`},
	{"the token itself", one(`"tokenParameter": "qov_hunter2.x"`),
		`targets[0].tokenParameter: is no SSM parameter name that begins with a slash (for example ` +
			`"/qovery-key-rotation/qovery-token")`},
	{"token among secrets", one(`"tokenParameter": "/qovery-key-rotation/staged/token"`),
		`targets[0].tokenParameter: "/qovery-key-rotation/staged/token" lies under /qovery-key-rotation/staged/, ` +
			`where other things are kept (for example "/qovery-key-rotation/qovery-token")`},
	{"token among targets", one(`"tokenParameter": "/qovery-key-rotation/targets/token"`),
		`targets[0].tokenParameter: "/qovery-key-rotation/targets/token" lies under ` +
			`/qovery-key-rotation/targets/, where other things are kept (for example "/qovery-key-rotation/qovery-token")`},
	{"bad account", one(`"account": "1234"`), `targets[0].account: "1234" is not twelve digits (for example ` +
		`"123456789012")`},
	{"account as number", one(`"account": 123456789012`),
		`targets[0].account: is a number, not a string (for example "123456789012")`},
	{"bad region", one(`"region": "Paris"`), `targets[0].region: "Paris" ` + otherPartition},
	{"GovCloud", one(`"region": "us-gov-west-1"`), `targets[0].region: "us-gov-west-1" ` + otherPartition},
	{"Sovereign Cloud", one(`"region": "eusc-de-east-1"`), `targets[0].region: "eusc-de-east-1" ` +
		otherPartition},
	{"too many locations", one(elsewhere(100)), `targets[0].handledElsewhere: with 100 locations the target ` +
		`takes 4436 bytes, and a parameter holds 4096 (for example fewer than 80 locations)`},

	{"rate too short", scheduled(`"rateDays": 6`),
		`targets[0].schedule.rateDays: 6 is not 7 to 365 (for example 90)`},
	{"rate too long", scheduled(`"rateDays": 366`),
		`targets[0].schedule.rateDays: 366 is not 7 to 365 (for example 90)`},
	{"no rate", scheduled(`"rateDays": 0`), `targets[0].schedule.rateDays: 0 is not 7 to 365 (for example 90)`},
	{"schedule no object", one(`"schedule": "every 90 days"`),
		`targets[0].schedule: is a string, not an object ` +
			`(for example {"rateDays":90,"startAt":"2026-01-13T09:00:00+01:00","flexibleWindowMinutes":60,"enabled":true})`},
	{"start missing", one(`"schedule": {}`), `targets[0].schedule.startAt: is required (for example ` +
		`"2026-01-13T09:00:00+01:00")`},
	{"start without offset", one(`"schedule": {"startAt": "2026-01-13T09:00:00"}`),
		`targets[0].schedule.startAt: "2026-01-13T09:00:00" is no RFC 3339 time with offset (for example ` +
			`"2026-01-13T09:00:00+01:00")`},
	{"start too far away", one(`"schedule": {"startAt": "2062-01-12T09:00:00Z"}`),
		`targets[0].schedule.startAt: "2062-01-12T09:00:00Z" leads to no rotation within ten years (for example ` +
			`"2026-01-13T09:00:00+01:00")`},
	{"window too long", scheduled(`"flexibleWindowMinutes": 1441`),
		`targets[0].schedule.flexibleWindowMinutes: 1441 is not 0 to 1440 (for example 60)`},
	{"window negative", scheduled(`"flexibleWindowMinutes": -1`),
		`targets[0].schedule.flexibleWindowMinutes: -1 is not 0 to 1440 (for example 60)`},

	{"grace too short", one(`"gracePeriod": "1h59m"`),
		`targets[0].gracePeriod: 1h59m is not 2h to 24h (for example "2h")`},
	{"grace too long", one(`"gracePeriod": "25h"`),
		`targets[0].gracePeriod: 25h is not 2h to 24h (for example "2h")`},
	{"idle too short", one(`"idleFor": "14m"`), `targets[0].idleFor: 14m is not 15m to 2h (for example "1h")`},
	{"idle over the grace period", one(`"idleFor": "3h"`),
		`targets[0].idleFor: 3h is not 15m to 2h (for example "1h")`},
	{"extension too long", one(`"maxGraceExtension": "169h"`),
		`targets[0].maxGraceExtension: 169h is not 0s to 168h (for example "24h")`},
	{"observation too short", one(`"observationPeriod": "4m"`),
		`targets[0].observationPeriod: 4m is not 5m to 24h (for example "30m")`},
	{"observation too long", one(`"observationPeriod": "25h"`),
		`targets[0].observationPeriod: 25h is not 5m to 24h (for example "30m")`},
	{"timeout too short", one(`"deploymentTimeout": "10m"`),
		`targets[0].deploymentTimeout: 10m is not 30m to 12h: at least 15m for each of maxDeployAttempts (for ` +
			`example "2h")`},
	{"timeout too long", one(`"deploymentTimeout": "13h"`),
		`targets[0].deploymentTimeout: 13h is not 30m to 12h: at least 15m for each of maxDeployAttempts (for ` +
			`example "2h")`},
	{"no attempts", one(`"maxDeployAttempts": 0`),
		`targets[0].maxDeployAttempts: 0 is not 1 to 5 (for example 2)`},
	{"too many attempts", one(`"maxDeployAttempts": 6`),
		`targets[0].maxDeployAttempts: 6 is not 1 to 5 (for example 2)`},
	{"unknown way with undeployed changes", one(`"undeployedChanges": "ask"`),
		`targets[0].undeployedChanges: "ask" is neither deploy nor refuse (for example "refuse")`},
	{"unknown verification", one(`"verification": "all"`),
		`targets[0].verification: "all" is neither none nor canary (for example "canary")`},

	{"duplicate name", several(targetText("a", "x"), targetText("a", "y")),
		`targets[1].name: "a" is the name of targets[0] already (for example "a-2")`},
	{"duplicate user", several(targetText("a", "Qovery"), targetText("b", "qovery")),
		`targets[1].iamUserName: "qovery" is rotated by targets[0] already (for example one target for each IAM ` +
			`user)`},
	{"duplicate user in two regions",
		several(targetText("a", "x", `"account": "111111111111", "region": "eu-west-3"`),
			targetText("b", "x", `"account": "111111111111", "region": "us-east-1"`)),
		`targets[1].iamUserName: "x" is rotated by targets[0] already, in the account 111111111111 (for example ` +
			`one target for each IAM user)`},
	{"users too long for the policies", large(13, 479),
		`targets: the users and token parameters of the targets that go to the CLI's account in the CLI's region ` +
			`take 8502 characters in an IAM policy; there is room for 8500 (for example shorter paths and names, or another ` +
			`"region" or "account" for some of them)`},
	{"too many targets", many(51), `targets: 51 targets go to the CLI's account in the CLI's region; a stack ` +
		`takes 50 (for example another "region" or "account" for some of them)`},

	{"bad e-mail", `{"targets": [` + targetText("a", "b") + `], "alertEmails": ["platform"]}`,
		`alertEmails[0]: "platform" isn't an e-mail address (for example "platform@example.com")`},
	{"e-mail with a name", `{"targets": [` + targetText("a", "b") + `], "alertEmails": ["Platform <p@example.com>"]}`,
		`alertEmails[0]: "Platform <p@example.com>" isn't an e-mail address (for example "platform@example.com")`},
	{"e-mail on this machine", emails("root@localhost"),
		`alertEmails[0]: "root@localhost" has no public domain after the @ (for example "platform@example.com")`},
	{"e-mail to an address of a machine", emails("root@[192.0.2.1]"),
		`alertEmails[0]: "root@[192.0.2.1]" has no public domain after the @ (for example "platform@example.com")`},
	{"e-mail with a bad domain", emails("a@-x.example"),
		`alertEmails[0]: "a@-x.example" has no public domain after the @ (for example "platform@example.com")`},
	{"e-mail not in ASCII", emails("jürgen@company.example"),
		`alertEmails[0]: "jürgen@company.example" is not in ASCII; a domain can be written in Punycode (for ` +
			`example "platform@example.com")`},
	{"e-mail too long before the @", emails(longAddress(65, 10)), `alertEmails[0]: "` + longAddress(65, 10) +
		`" is too long: mail has room for 64 characters before the @, and for 254 in all ` +
		`(for example "platform@example.com")`},
	{"e-mail too long", emails(longAddress(64, 190)), `alertEmails[0]: "` + longAddress(64, 190) +
		`" is too long: mail has room for 64 characters before the @, and for 254 in all ` +
		`(for example "platform@example.com")`},
	{"too many e-mails", emails(addresses(101)...),
		`alertEmails: 101 addresses, those of the targets included, are more than the 100 that a stack has room ` +
			`for (for example the address of ` +
			`a mailing list)`},
	{"e-mail no text", `{"targets": [` + targetText("a", "b") + `], "alertEmails": [7]}`,
		`alertEmails[0]: is a number, not a string (for example "platform@example.com")`},
	{"e-mail twice", `{"targets": [` + targetText("a", "b") + `], "alertEmails": ["p@example.com", "P@example.com"]}`,
		`alertEmails[1]: "P@example.com" is there already, as alertEmails[0] (for example an address once)`},
	{"unknown alarms", `{"targets": [` + targetText("a", "b") + `], "alarms": "all"}`,
		`alarms: "all" is neither essential nor full (for example "full")`},
	{"alarms no text", `{"targets": [` + targetText("a", "b") + `], "alarms": true}`,
		`alarms: is true or false, not a string (for example "full")`},
	{"tag of AWS's", tagged("AWS:x", "y"),
		`tags.AWS:x: begins with aws:, which AWS keeps for itself (for example "team")`},
	{"tag without a name", tagged("", "y"),
		`tags.: is not 1 to 128 characters, or its value is over 256 (for example "platform")`},
	{"tag too long", tagged("a", strings.Repeat("b", 257)),
		`tags.a: is not 1 to 128 characters, or its value is over 256 (for example "platform")`},
	{"tag with other characters", tagged("a", "b;c"),
		`tags.a: has characters other than letters, digits, blanks and _.:/=+-@ (for example "platform")`},
	{"key-age limit too low", `{"targets": [` + targetText("a", "b") + `], "keyAgeLimitDays": 7}`,
		`keyAgeLimitDays: 7 is not 10 to 400 (for example 97)`},
	{"key-age limit too high", `{"targets": [` + targetText("a", "b") + `], "keyAgeLimitDays": 401}`,
		`keyAgeLimitDays: 401 is not 10 to 400 (for example 97)`},
	{"key-age limit not above the rate", `{"targets": [` + targetText("a", "b") + `], "keyAgeLimitDays": 90}`,
		`keyAgeLimitDays: 90 leaves no room: targets[0] is rotated every 90 days, and a rotation may take 3 days with ` +
			`its timings (for example 97)`},
	{"API without TLS", api("http://api.qovery.com"),
		`qoveryApiUrl: must begin with https:// (for example "https://api.qovery.com")`},
	{"API on this machine", api("http://localhost:8080"),
		`qoveryApiUrl: must begin with https:// (for example "https://api.qovery.com")`},
	{"API without a host", api("https://:443"), `qoveryApiUrl: isn't a URL such as https://api.qovery.com (for ` +
		`example "https://api.qovery.com")`},
	{"API with a fragment", api("https://api.qovery.com#"),
		`qoveryApiUrl: must not contain a query or fragment (for example "https://api.qovery.com")`},
	{"API with a query", api("https://api.qovery.com?"),
		`qoveryApiUrl: must not contain a query or fragment (for example "https://api.qovery.com")`},
	{"API with a user", api("https://me:secret@api.qovery.com"),
		`qoveryApiUrl: must not contain a user name or password (for example "https://api.qovery.com")`},
	{"API that CloudFormation would resolve", api("https://api.qovery.com/{{resolve:ssm:x}}"),
		`qoveryApiUrl: isn't a URL such as https://api.qovery.com (for example "https://api.qovery.com")`},
	{"API at an address", api("https://169.254.169.254"),
		`qoveryApiUrl: must name its host by a name in the DNS, with a dot (for example "https://api.qovery.com")`},
	{"a target's address", one(`"alertEmails": ["a"]`),
		`targets[0].alertEmails[0]: "a" isn't an e-mail address (for example "platform@example.com")`},
	{"a target's address twice", one(`"alertEmails": ["a@b.example", "A@b.example"]`),
		`targets[0].alertEmails[1]: "A@b.example" is there already, as targets[0].alertEmails[0] (for example an address ` +
			`once)`},
	{"a webhook's address in place of its parameter", strings.Replace(api("https://a.example"), "qoveryApiUrl",
		"slackWebhookParameter", 1),
		`slackWebhookParameter: is no SSM parameter name that begins with a slash (for example ` +
			`"/qovery-key-rotation/webhook")`},
	{"a webhook where targets are", strings.Replace(api("/qovery-key-rotation/targets/x"), "qoveryApiUrl",
		"teamsWebhookParameter", 1),
		`teamsWebhookParameter: lies under /qovery-key-rotation/targets/, where other things are kept (for example ` +
			`"/qovery-key-rotation/webhook")`},
	{"API too long", api("https://a.example/" + strings.Repeat("a", 1007)),
		`qoveryApiUrl: has 1025 characters; there is room for 1024 (for example "https://api.qovery.com")`},
}

func TestMistakes(t *testing.T) {
	for _, row := range mistakes {
		t.Run(row.name, func(t *testing.T) {
			_, err := parse(t, row.config)
			var found Mistakes
			if !errors.As(err, &found) {
				t.Fatalf("the error is %v", err)
			}
			if len(found) != 1 || found[0].Error() != row.want {
				t.Errorf("got:\n%s\nnot:\n  %s", err, row.want)
			}
		})
	}
}

// The CLI's region counts as one that is written down.
func TestTheCLIsRegionIsChecked(t *testing.T) {
	for region, refused := range map[string]bool{"us-gov-west-1": true, "eusc-de-east-1": true, "eu-west-3": false,
		"": false} {
		_, err := Parse(last(t, one()), Environment{"111111111111", region}, today)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), fmt.Sprintf("targets[0].region: "+
			"%q is no region", region)) {
			t.Errorf("%q: %v", region, err)
		}
	}
}

// The other side of each border: what the services take is taken here.
func TestWhatTheServicesTakeIsTaken(t *testing.T) {
	for name, text := range map[string]string{
		"the most e-mails":               emails(addresses(100)...),
		"the longest e-mail":             emails(longAddress(64, 189)),
		"an e-mail with much in it":      emails("a.b+c/d=e$f{g}@sub.company-1.xn--p1ai"),
		"the longest API":                api("https://a.example/" + strings.Repeat("a", 1006)),
		"an API behind a path and port":  api("https://proxy.company.example:8443/qovery%20api/"),
		"a limit just above the rate":    `{"targets": [` + targetText("a", "b") + `], "keyAgeLimitDays": 93}`,
		"the highest limit":              `{"targets": [` + targetText("a", "b") + `], "keyAgeLimitDays": 400}`,
		"a target called like the group": several(targetText("group", "b")),
		"as many targets as fit":         many(50),
		"users that just fit":            large(13, 478),
	} {
		if _, err := parse(t, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// All mistakes are told at once.
func TestAllMistakesAreTold(t *testing.T) {
	_, err := parse(t, `{"targets": [
		{"name": "a", "iamUserName": "x", "organizationId": "no", "schedule": {"startAt": "2026-01-13T09:00:00"}},
		{"name": "a", "iamUserName": 7, "gracePeriod": "1h", "color": "red"}
	]}`)
	want := `there are 8 mistakes
  targets[1].color: is no field that is known (for example account, alertEmails, clustersHandledElsewhere, ` +
		`deploymentTimeout, ` +
		`freeze, gracePeriod, handledElsewhere, iamUserName, iamUserPath, idleFor, lookInVariables, maxDeployAttempts, ` +
		`maxGraceExtension, name, observationPeriod, organizationId, region, schedule, tokenParameter, ` +
		`undeployedChanges, verification)
  targets[1].iamUserName: is a number, not a string (for example "qovery")
  targets[0].organizationId: "no" is no UUID (for example "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90")
  targets[0].schedule.startAt: "2026-01-13T09:00:00" is no RFC 3339 time with offset ` +
		`(for example "2026-01-13T09:00:00+01:00")
  targets[1].organizationId: is required (for example "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90")
  targets[1].schedule.startAt: is required (for example "2026-01-13T09:00:00+01:00")
  targets[1].gracePeriod: 1h is not 2h to 24h (for example "2h")
  targets[1].name: "a" is the name of targets[0] already (for example "a-2")
`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nnot:\n%s", err, want)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	config, err := parse(t, one())
	if err != nil {
		t.Fatal(err)
	}
	want := target.Default()
	want.Name, want.IAMUserName = "production", "qovery"
	want.OrganizationID, want.Schedule.StartAt = "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90", "2026-01-13T09:00:00+01:00"
	if got := JSON(config.Targets[0]); got != JSON(want) {
		t.Errorf("the target is %s", got)
	}
	if config.KeyAgeLimitDays != 97 {
		t.Errorf("the key-age limit is %d", config.KeyAgeLimitDays)
	}
}

// The limit of a key's age leaves a week for a rotation, and keeps to the usual 90
// days where that can be.
func TestDefaultKeyAgeLimit(t *testing.T) {
	for days, want := range map[int]int{7: 14, 30: 37, 83: 90, 84: 90, 85: 92, 90: 97, 365: 372} {
		config, err := Parse(last(t, scheduled(fmt.Sprintf(`"rateDays": %d`, days))), Environment{}, today)
		if err != nil || config.KeyAgeLimitDays != want {
			t.Errorf("every %d days: %d, want %d (%v)", days, config.KeyAgeLimitDays, want, err)
		}
	}
}

// The mistakes show examples; taken together they are a right configuration.
func TestExampleIsRight(t *testing.T) {
	data, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse(t, string(data)); err != nil {
		t.Error(err)
	}
}

// What Preflight will parse is what was configured.
func TestTargetsSurviveTheirParameter(t *testing.T) {
	config, err := parse(t, one(`"iamUserPath": "/a<b>&c/"`, elsewhere(3), `"verification": "none"`))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := target.Parse([]byte(JSON(config.Targets[0])))
	if err != nil || JSON(parsed) != JSON(config.Targets[0]) {
		t.Errorf("%v, %+v", err, parsed)
	}
}

func TestStacksGroupTargets(t *testing.T) {
	const home, far = `"account": "111111111111", "region": "eu-west-3"`, `"region": "us-east-1"`
	file := last(t, several(targetText("a", "a"), targetText("b", "b", far), targetText("c", "c", home)))
	config, err := Parse(file, Environment{"111111111111", "eu-west-3"}, today)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, stack := range config.Stacks() {
		for _, target := range stack.Targets {
			got = append(got, stack.Environment.String()+": "+target.Name)
		}
	}
	want := "111111111111 in eu-west-3: a, 111111111111 in eu-west-3: c, 111111111111 in us-east-1: b"
	if strings.Join(got, ", ") != want {
		t.Errorf("the stacks are %v", got)
	}
}
