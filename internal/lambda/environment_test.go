package lambda_test

import (
	"strings"
	"testing"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation/fault"
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
		env := lambda.From(func(string) string { return value })
		got := env.Role("CREATOR_ROLE_ARN")
		err := env.Err()
		if problem == "" && (err != nil || got != value) {
			t.Errorf("%s: %v", value, err)
		}
		if problem != "" &&
			(!fault.HasCode(err, fault.ConfigurationError) ||
				!strings.Contains(err.Error(), "CREATOR_ROLE_ARN "+problem)) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestKMSKey(t *testing.T) {
	for value, problem := range map[string]string{
		"arn:aws:kms:eu-west-3:123456789012:key/0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12": "",
		"":              "", // AWS's own
		"alias/aws/ssm": "is not the ARN",
		"arn:aws:kms:eu-west-3:123456789012:alias/mine":    "is not the ARN",
		"arn:aws:kms:eu-west-3:123456789012:key/":          "is not the ARN",
		"arn:aws:iam::123456789012:role/key/createkey":     "is not the ARN",
		"0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12":             "is not the ARN",
		"arn:aws:kms:eu-west-3:1234:key/0b7d2c4e-8f61-4f0": "is not the ARN",
	} {
		env := lambda.From(func(string) string { return value })
		if got := env.KMSKey("NAMES"); got != value {
			t.Errorf("%s became %s", value, got)
		}
		wants(t, env, value, problem)
	}
}

// What is deployed is held to the rules of what is configured.
func TestTargetsAndKeyAgeLimit(t *testing.T) {
	const noName, noLimit = "names no target in one of its parts", "is not 10 to 400"
	for value, want := range map[string]struct{ targets, limit string }{
		"a,b": {"", noLimit}, "": {"is missing", "is missing"}, "a,,b": {noName, noLimit}, "a,B": {noName, noLimit},
		"a, b": {noName, noLimit},
		"97":   {"", ""}, "10": {"", ""}, "400": {"", ""}, "9": {"", noLimit}, "401": {"", noLimit}, "-1": {noName, noLimit},
		"9.5": {noName, noLimit},
	} {
		env := lambda.From(func(string) string { return value })
		env.Targets("NAMES")
		wants(t, env, value, want.targets)
		env = lambda.From(func(string) string { return value })
		env.KeyAgeLimit("NAMES")
		wants(t, env, value, want.limit)
	}
	env := lambda.From(func(name string) string { return map[string]string{"NAMES": "a,b", "LIMIT": "97"}[name] })
	if names, limit := env.Targets("NAMES"), env.KeyAgeLimit("LIMIT"); strings.Join(names, "|") != "a|b" ||
		limit.Hours() != 97*24 || env.Err() != nil {
		t.Errorf("%v, %s, %v", names, limit, env.Err())
	}
}

func wants(t *testing.T, env *lambda.Environment, value, problem string) {
	t.Helper()
	err := env.Err()
	if (err == nil) != (problem == "") || err != nil &&
		(!fault.HasCode(err, fault.ConfigurationError) || !strings.Contains(err.Error(), "NAMES "+problem)) {
		t.Errorf("%q: %v, want %q", value, err, problem)
	}
}
