// Package config is what cdk.json says under context.rotation: decoded strictly
// and checked, so that every mistake shows at synthesis and none at deployment
// or, worse, on the day of a rotation. It knows nothing of the CDK.
package config

import (
	"encoding/json"
	"fmt"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/strictjson"
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

// Parse reads what the context holds under Key, and checks it. An error is
// Mistakes: all of them at once. Targets without an account or a region get the
// CLI's, as far as that knows.
func Parse(context json.RawMessage, cli Environment, now time.Time) (Config, error) {
	if problem := contextProblem(context); problem != "" {
		var found Mistakes
		found.add(Key, problem, `{"targets": [...], "alertEmails": [...]}`)
		return Config{}, found
	}
	config, found := read(context)
	config.settle(cli)
	config.check(now, &found)
	if len(found) > 0 {
		return Config{}, found
	}
	return config, nil
}

func contextProblem(context json.RawMessage) string {
	switch {
	case len(context) == 0 || string(context) == "null":
		return "is missing from the context in cdk.json"
	case context[0] == '"':
		return "is a string, not an object: it has to be in cdk.json, since the CDK's option -c gives strings alone"
	}
	return ""
}

// defaultKeyAgeLimitDays leaves a week above the default schedule: for the
// grace period, its longest extension, and a failure that a person mends.
const defaultKeyAgeLimitDays = 97

// read fills the defaults in. What has the wrong shape is left at its default.
func read(context json.RawMessage) (Config, Mistakes) {
	var raw struct {
		Config
		Targets []json.RawMessage `json:"targets"`
	}
	raw.KeyAgeLimitDays = defaultKeyAgeLimitDays
	found := Mistakes(strictjson.Read(Key, context, &raw, example()))
	config := raw.Config
	for i, data := range raw.Targets {
		target := rotation.DefaultTarget()
		found = append(found,
			strictjson.Read(fmt.Sprintf("%s.targets[%d]", Key, i), data, &target, rotation.ExampleTarget())...)
		config.Targets = append(config.Targets, target)
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
