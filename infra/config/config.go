// Package config is what rotation.json says: read strictly and checked, so that
// every mistake shows at synthesis and none at deployment or, worse, on the day of
// a rotation. It knows nothing of the CDK.
package config

import (
	"encoding/json"
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation/strictjson"
	"qovery-key-rotation/internal/rotation/target"
)

// Config is all that can be configured.
type Config struct {
	Schema  string          `json:"$schema,omitempty"` // for editors
	Targets []target.Target `json:"targets"`
	// AlertEmails are told how every rotation ended, and when something needs a
	// person. Each has to confirm its subscription once.
	AlertEmails []string `json:"alertEmails"`
	// KeyAgeLimitDays is the age at which an access key is too old. It must leave
	// room above every target's schedule.rateDays.
	KeyAgeLimitDays int `json:"keyAgeLimitDays"`
	// CustomerKey makes each stack create a KMS key of its own, which encrypts the
	// staged secrets, the journal, the topic, the queue and the logs in place of
	// AWS's keys. The token is the operator's: whoever puts it chooses its key. The
	// targets' parameters and the histories of executions, which hold no secrets,
	// are not encrypted with it.
	CustomerKey bool `json:"customerKey"`
	// Alarms are the essential ones (an audit that doesn't come, what couldn't be
	// delivered), or all, with all metrics. CloudWatch bills each alarm and each metric.
	Alarms Alarms `json:"alarms"`
	// Dashboard makes each stack have a dashboard, which is billed above three in an
	// account, and all metrics.
	Dashboard bool `json:"dashboard"`
	// Tags are put on every resource.
	Tags map[string]string `json:"tags,omitempty"`
	// The parameters, put there by the operator, that hold the addresses of webhooks:
	// SecureStrings, like the token's.
	SlackWebhookParameter string `json:"slackWebhookParameter,omitempty"`
	TeamsWebhookParameter string `json:"teamsWebhookParameter,omitempty"`
	// QoveryAPIURL is where Qovery's API is; empty: at its public address.
	QoveryAPIURL string `json:"qoveryApiUrl"`
}

// Alarms says which alarms a stack has.
type Alarms string

// The kinds of alarms.
const (
	EssentialAlarms Alarms = "essential"
	FullAlarms      Alarms = "full"
)

// Environment is an account and a region. Either is empty where neither the
// configuration nor the CLI says: then CloudFormation's own apply.
type Environment struct {
	Account string
	Region  string
}

// Parse reads a configuration and checks it. An error is Mistakes: all of them at
// once. Targets without an account or a region get the CLI's, as far as that knows.
func Parse(file []byte, cli Environment, now time.Time) (Config, error) {
	config, found := read(file)
	config.settle(cli)
	config.check(now, &found)
	checkSchema(file, &found)
	if len(found) > 0 {
		return Config{}, found
	}
	return config, nil
}

// DefaultKeyAgeLimit is a week above the longest schedule, for the rotation itself and
// a failure that a person fixes, or 90 days where schedules leave room for that: the
// usual rule for keys.
func DefaultKeyAgeLimit(targets ...target.Target) int {
	const week, usual = 7, int(target.UsualAgeLimit / (24 * time.Hour))
	longest := 0
	for _, t := range targets {
		longest = max(longest, t.Schedule.RateDays)
	}
	if longest <= target.ComplyingDays {
		return min(longest+week, usual)
	}
	return longest + week
}

// read fills the defaults in. What has the wrong shape is left at its default.
func read(file []byte) (Config, Mistakes) {
	var raw struct {
		Config
		Targets []json.RawMessage `json:"targets"`
	}
	raw.Alarms = EssentialAlarms
	found := Mistakes(strictjson.Read("", file, &raw, example()))
	config := raw.Config
	for i, data := range raw.Targets {
		read := target.Default()
		found = append(found,
			strictjson.Read(fmt.Sprintf("targets[%d]", i), data, &read, target.Example())...)
		config.Targets = append(config.Targets, read)
	}
	if config.KeyAgeLimitDays == 0 && !found.has("keyAgeLimitDays") {
		config.KeyAgeLimitDays = DefaultKeyAgeLimit(config.Targets...)
	}
	return config, found
}

// settle gives each target the account and the region that it is deployed to.
func (c *Config) settle(cli Environment) {
	for i := range c.Targets {
		target := &c.Targets[i]
		if target.Account == "" {
			target.Account = cli.Account
		}
		if target.Region == "" {
			target.Region = cli.Region
		}
	}
}
