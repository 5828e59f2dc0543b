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
		env := environment.From(func(string) string { return value })
		if got := env.KMSKey("NAMES"); got != value {
			t.Errorf("%s became %s", value, got)
		}
		wants(t, env, value, problem)
	}
}

func TestListAndDays(t *testing.T) {
	for value, want := range map[string]struct{ list, days string }{
		"a,b": {"", "is not 1"}, "": {"is missing", "is missing"}, "a,,b": {"has an empty part", "is not 1"},
		"97": {"", ""}, "0": {"", "is not 1"}, "-1": {"", "is not 1"}, "99999": {"", "is not 1"},
	} {
		env := environment.From(func(string) string { return value })
		env.List("NAMES")
		wants(t, env, value, want.list)
		env = environment.From(func(string) string { return value })
		env.Days("NAMES")
		wants(t, env, value, want.days)
	}
	env := environment.From(func(name string) string { return map[string]string{"NAMES": "a,b", "LIMIT": "97"}[name] })
	if names, limit := env.List("NAMES"), env.Days("LIMIT"); strings.Join(names, "|") != "a|b" || limit.Hours() != 97*24 || env.Err() != nil {
		t.Errorf("%v, %s, %v", names, limit, env.Err())
	}
}

func wants(t *testing.T, env *environment.Environment, value, problem string) {
	t.Helper()
	err := env.Err()
	if (err == nil) != (problem == "") || err != nil && (!rotation.HasCode(err, rotation.ConfigurationError) || !strings.Contains(err.Error(), "NAMES "+problem)) {
		t.Errorf("%q: %v, want %q", value, err, problem)
	}
}
