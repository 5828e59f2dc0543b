package config

import "qovery-key-rotation/internal/rotation"

// example has a right value for every field. The mistakes show them.
func example() Config {
	target := rotation.DefaultTarget()
	target.Name = "production"
	target.IAMUserName = "qovery"
	target.OrganizationID = "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90"
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

const exampleEmail = "platform@example.com"
