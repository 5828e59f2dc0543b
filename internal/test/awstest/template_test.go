package awstest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The golden template of the infrastructure's tests, read as the integration
// tests read the one that they synthesize.
func TestReadTemplate(t *testing.T) {
	read, err := ReadTemplate("../../../infra/stack/testdata/qovery-key-rotation.template.json",
		Place{Account: "123456789012", Region: "eu-west-3"})
	if err != nil {
		t.Fatal(err)
	}
	preflight := read.Functions["preflight"]
	if preflight.Name != "qovery-key-rotation-preflight" || preflight.Timeout != 300 ||
		preflight.Environment["TARGET_PREFIX"] != "/qovery-key-rotation/targets/" {
		t.Errorf("preflight is %+v", preflight)
	}
	if topic := read.Functions["notify"].Environment["TOPIC_ARN"]; !slices.Contains(read.Topics,
		strings.TrimPrefix(topic, "arn:aws:sns:eu-west-3:123456789012:")) || len(read.Topics) != 2 {
		t.Errorf("the topic is %s", topic)
	}
	if target := read.Targets["/qovery-key-rotation/targets/production"]; !strings.Contains(target,
		`"account":"123456789012"`) {
		t.Errorf("the target is %s", target)
	}
	table := "arn:aws:dynamodb:eu-west-3:123456789012:table/" + preflight.Environment["TABLE_NAME"]
	if !allowed(preflight, "dynamodb:GetItem", table) || allowed(preflight, "dynamodb:Query", table) ||
		allowed(preflight, "dynamodb:GetItem", table+"2") {
		t.Errorf("preflight may do %v", preflight.Grants)
	}
	audit := read.Functions["audit"]
	if !allowed(audit, "dynamodb:GetItem", table) || allowed(audit, "dynamodb:PutItem", table) {
		t.Errorf("audit may do %v", audit.Grants)
	}
	if read.Table["KeySchema"] == nil || read.Machine != "qovery-key-rotation" {
		t.Errorf("the table is %v, the machine %s", read.Table, read.Machine)
	}
}

func TestOutputsAndSchedules(t *testing.T) {
	read, err := ReadTemplate("../../../infra/stack/testdata/qovery-key-rotation.template.json",
		Place{Account: "123456789012", Region: "eu-west-3"})
	if err != nil {
		t.Fatal(err)
	}
	machine := read.Outputs["StateMachineArn"]
	if machine != "arn:aws:states:eu-west-3:123456789012:stateMachine:qovery-key-rotation" {
		t.Errorf("the machine is %s", machine)
	}
	if table := read.Outputs["TableName"]; table != read.Functions["preflight"].Environment["TABLE_NAME"] {
		t.Errorf("the table is %s", table)
	}
	want := TemplateSchedule{"qovery-key-rotation", "rate(90 days)", "ENABLED", "2026-01-13T08:00:00.000Z",
		"arn:aws:scheduler:::aws-sdk:sfn:startExecution"}
	if got := read.Schedules["production"]; got != want || len(read.Schedules) != 2 {
		t.Errorf("the schedules are %+v", read.Schedules)
	}
	if len(read.Emails) != 1 || read.Emails[0] != "platform@example.com" {
		t.Errorf("subscribed are %v", read.Emails)
	}
}

func allowed(f TemplateFunction, action, on string) bool {
	for _, grant := range f.Grants {
		if grant.Allows(action, on, "qovery") {
			return true
		}
	}
	return false
}

func TestGrants(t *testing.T) {
	g := Grant{Action: "ssm:GetParameter", Resource: "arn:aws:ssm:eu-west-3:1:parameter/staged/*"}
	for on, want := range map[string]bool{
		"arn:aws:ssm:eu-west-3:1:parameter/staged/AKIA1": true,
		"arn:aws:ssm:eu-west-3:1:parameter/staged":       false,
		"arn:aws:ssm:eu-west-3:12:parameter/staged/A":    false,
	} {
		if g.Allows("ssm:GetParameter", on, "") != want {
			t.Errorf("%s: %t", on, !want)
		}
	}
	if g.Allows("ssm:GetParameters", "arn:aws:ssm:eu-west-3:1:parameter/staged/A", "") {
		t.Error("another action is allowed")
	}
}

func TestGrantsOnItems(t *testing.T) {
	g := Grant{Action: "dynamodb:PutItem", Resource: "t", Keys: "target:*"}
	for key, want := range map[string]bool{"target:production": true, "qovery": false, "a-target:b": false, "": false} {
		if g.Allows("dynamodb:PutItem", "t", key) != want {
			t.Errorf("%q: %t", key, !want)
		}
	}
}

// A condition is read for just what it says, or not at all.
func TestConditions(t *testing.T) {
	const like, known = `{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["target:*"]}`,
		`"Null": {"dynamodb:LeadingKeys": "false"}`
	for condition, want := range map[string]string{
		"null":                    "",
		like + ", " + known + "}": "target:*",
		like + "}":                "refused",
		like + `, "Null": {"dynamodb:LeadingKeys": "true"}}`:                                      "refused",
		like + ", " + known + `, "Bool": {"aws:SecureTransport": "true"}}`:                        "refused",
		`{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a", "b"]}, ` + known + "}":        "refused",
		`{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "a", "aws:x": "b"}, ` + known + "}": "refused",
		`{"StringEquals": {"aws:SourceAccount": "1"}}`:                                            "refused",
		"{}": "refused",
	} {
		var read any
		if err := json.Unmarshal([]byte(condition), &read); err != nil {
			t.Fatal(err)
		}
		got, err := leadingKeys(read)
		if (err != nil) != (want == "refused") || err == nil && got != want {
			t.Errorf("%s: %q, %v", condition, got, err)
		}
	}
}

// A template with such a condition in it is not read.
func TestUnknownConditionInATemplate(t *testing.T) {
	golden, err := os.ReadFile("../../../infra/stack/testdata/qovery-key-rotation.template.json")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(file,
		bytes.ReplaceAll(golden, []byte("ForAllValues:StringLike"), []byte("ForAnyValue:StringLike")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTemplate(file, Place{}); err == nil || !strings.Contains(err.Error(), "ForAnyValue") {
		t.Error(err)
	}
}
