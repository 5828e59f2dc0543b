package config

import (
	"fmt"
	"strings"

	"qovery-key-rotation/internal/rotation/target"
)

// example has a right value for every field. The mistakes show them.
func example() Config {
	return Config{
		Targets:         []target.Target{target.Example()},
		AlertEmails:     []string{exampleEmail},
		KeyAgeLimitDays: 97,
		CustomerKey:     true,
		Alarms:          FullAlarms,
		Dashboard:       true,
		Tags:            map[string]string{"team": "platform"},

		SlackWebhookParameter: "/qovery-key-rotation/slack-webhook",
		TeamsWebhookParameter: "/qovery-key-rotation/teams-webhook",

		QoveryAPIURL: "https://api.qovery.com",
	}
}

// What rotation.example.json and the examples have, and nobody else.
const (
	exampleEmail  = "platform@" + exampleDomain
	exampleDomain = "example.com"
)

// ExampleOrganizationWarning tells that a target still has the organization of
// rotation.example.json, or is empty.
func ExampleOrganizationWarning(t target.Target) string {
	if !strings.EqualFold(t.OrganizationID, target.Example().OrganizationID) {
		return ""
	}
	return fmt.Sprintf("The organizationId of the target %s is still the example's: no token opens it, and no rotation "+
		"begins. Put the UUID of yours into rotation.json.", t.Name)
}

// ExampleEmailWarning tells that an address is still one of the domain that
// examples are written with, or is empty. Mail there reaches nobody.
// https://www.rfc-editor.org/rfc/rfc2606#section-3
func ExampleEmailWarning(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	if !strings.EqualFold(domain, exampleDomain) {
		return ""
	}
	return fmt.Sprintf("%s in alertEmails is still the example's: no one reads what is sent there. Put the "+
		"address of your team into rotation.json.", email)
}
