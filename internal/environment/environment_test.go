package environment_test

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/rotation"
)

func TestRole(t *testing.T) {
	for value, problem := range map[string]string{
		"arn:aws:iam::123456789012:role/createkey":                 "",
		"arn:aws-us-gov:iam::123456789012:role/rotation/createkey": "",
		"":                                 "is missing",
		"createkey":                        "is not the ARN",
		"arn:aws:iam::123456789012:user/x": "is not the ARN",
		"arn:aws:iam::role/createkey":      "is not the ARN",
		"arn:aws:iam::123456789012:role/":  "is not the ARN",
		"arn:aws:sts::123456789012:assumed-role/createkey/createkey": "is not the ARN",
	} {
		env := environment.From(func(string) string { return value })
		got := env.Role("CREATOR_ROLE_ARN")
		err := env.Err()
		if problem == "" && (err != nil || got != value) {
			t.Errorf("%s: %v", value, err)
		}
		if problem != "" && (!rotation.HasCode(err, rotation.ConfigurationError) || !strings.Contains(err.Error(), "CREATOR_ROLE_ARN "+problem)) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
