package config

import (
	"fmt"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// example has a right value for every field. The mistakes show them.
func example() Config {
	target := rotation.DefaultTarget()
	target.Name = "production"
	target.IAMUserName = "qovery"
	target.OrganizationID = exampleOrganization
	target.Schedule.StartAt = "2026-01-12T09:00:00+01:00"
	target.HandledElsewhere = []string{"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"}
	target.Account = "123456789012"
	target.Region = "eu-west-3"
	return Config{
		Targets:         []rotation.Target{target},
		AlertEmails:     []string{exampleEmail},
		KeyAgeLimitDays: defaultKeyAgeLimitDays,
		CustomerKey:     true,
		QoveryAPIURL:    "https://api.qovery.com",
	}
}

// What the shipped cdk.json and the examples have, and nobody else.
const (
	exampleEmail        = "platform@" + exampleDomain
	exampleDomain       = "example.com"
	exampleOrganization = "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
)

// ExampleOrganizationWarning tells that a target still has the organization of
// the shipped cdk.json, or is empty.
func ExampleOrganizationWarning(target rotation.Target) string {
	if !strings.EqualFold(target.OrganizationID, exampleOrganization) {
		return ""
	}
	return fmt.Sprintf("The organizationId of the target %s is still the example's: no token opens it, and no rotation begins. "+
		"Put the UUID of yours into cdk.json.", target.Name)
}

// ExampleEmailWarning tells that an address is still one of the domain that
// examples are written with, or is empty. Mail there reaches nobody.
// https://www.rfc-editor.org/rfc/rfc2606#section-3
func ExampleEmailWarning(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	if !strings.EqualFold(domain, exampleDomain) {
		return ""
	}
	return fmt.Sprintf("%s in rotation.alertEmails is still the example's: nobody reads what is sent there. Put the address of your team into cdk.json.", email)
}
