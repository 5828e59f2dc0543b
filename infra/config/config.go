// Package config is what cdk.json says under context.rotation: decoded strictly
// and checked, so that every mistake shows at synthesis and none at deployment
// or, worse, on the day of a rotation. It knows nothing of the CDK.
package config

import (
	"encoding/json"
	"time"

	"qovery-key-rotation/internal/rotation"
)

// Config is all that can be configured.
type Config struct {
	Targets []rotation.Target `json:"targets"`
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
	// QoveryAPIURL is where Qovery's API is; empty: at its public address.
	QoveryAPIURL string `json:"qoveryApiUrl"`
}

// Environment is an account and a region. Either is empty where neither the
// configuration nor the CLI says: then CloudFormation's own apply.
type Environment struct {
	Account string
	Region  string
}

// Key is where the configuration stands in cdk.json's context, and how the
// paths of its fields begin.
const Key = "rotation"

// Parse decodes what the context holds under Key, and checks it. An error is
// Mistakes: all of them at once. Targets without an account or a region get the
// CLI's, as far as that knows.
func Parse(context any, cli Environment, now time.Time) (Config, error) {
	var found Mistakes
	if context == nil {
		found.add(Key, "is missing from the context in cdk.json", `{"targets": [...], "alertEmails": [...]}`)
		return Config{}, found
	}
	clean, found := matchShape(Key, context, example())
	config := decode(clean)
	config.settle(cli)
	config.check(now, &found)
	if len(found) > 0 {
		return Config{}, found
	}
	return config, nil
}

// defaultKeyAgeLimitDays leaves a week above the default schedule: for the
// grace period, its longest extension, and a failure that a person mends.
const defaultKeyAgeLimitDays = 97

// decode fills the defaults in. What it decodes has the right shape.
func decode(clean any) Config {
	var raw struct {
		Config
		Targets []json.RawMessage `json:"targets"`
	}
	raw.KeyAgeLimitDays = defaultKeyAgeLimitDays
	mustRecode(clean, &raw)
	config := raw.Config
	config.Targets = nil
	for _, data := range raw.Targets {
		target := rotation.DefaultTarget()
		mustRecode(data, &target)
		config.Targets = append(config.Targets, target)
	}
	return config
}

// mustRecode decodes a value that matchShape has let through.
func mustRecode(from, into any) {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic("config: a value of the right shape cannot be decoded: " + err.Error())
	}
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
