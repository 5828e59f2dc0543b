package stack

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/infra/config"
)

// Targets for several accounts and regions, with a key of the customer's own.
func several(t *testing.T) synthesized {
	return synthesize(t, `{
		"alertEmails": ["platform@company.example", "security@company.example"],
		"customerKey": true,
		"qoveryApiUrl": "https://qovery.example.com/api",
		"targets": [
			`+targetJSON("production", "qovery", `"account": "111111111111", "region": "eu-west-3"`)+`,
			`+targetJSON("staging", "qovery-staging", `"iamUserPath": "/automation/",
				"tokenParameter": "/qovery-key-rotation/staging-token"`)+`,
			`+targetJSON("overseas", "qovery-overseas", `"account": "111111111111", "region": "us-east-1"`)+`
		]}`, config.Environment{Account: "111111111111", Region: "eu-west-3"}, today)
}

func TestOneStackForEachAccountAndRegion(t *testing.T) {
	result := several(t)
	ids := slices.Sorted(maps.Keys(result.templates))
	want := []string{"qovery-key-rotation-111111111111-eu-west-3", "qovery-key-rotation-111111111111-us-east-1"}
	if !slices.Equal(ids, want) {
		t.Fatalf("the stacks are %v", ids)
	}
	for _, message := range result.messages {
		t.Errorf("%s", message)
	}

	home := result.templates[want[0]]
	if n := len(home.rotations()); n != 2 {
		t.Errorf("there are %d schedules", n)
	}
	keys := permissions(t, home.all("AWS::IAM::Role")["reactivatekeyrole"])
	for _, user := range []string{"user/qovery", "user/automation/qovery-staging"} {
		if !slices.Contains(keys, "iam:UpdateAccessKey on arn:aws:iam::111111111111:"+user) {
			t.Errorf("reactivatekey may %v", keys)
		}
	}
	tokens := permissions(t, home.all("AWS::IAM::Role")["deletekeyrole"])
	for _, name := range []string{"qovery-token", "staging-token"} {
		if !slices.Contains(tokens, "ssm:GetParameter on arn:aws:ssm:eu-west-3:111111111111:parameter/qovery-key-rotation/"+
			name) {
			t.Errorf("deletekey may %v", tokens)
		}
	}
	if got := home.all("AWS::Lambda::Function")["deletekey"].text(
		"Environment.Variables.QOVERY_API_URL"); got != "https://qovery.example.com/api" {
		t.Errorf("Qovery is at %q", got)
	}
	for _, name := range []string{"PutToken", "PutToken2", "DryRun", "DryRun2"} {
		if _, exists := home.Outputs[name]; !exists {
			t.Errorf("there is no output %s", name)
		}
	}
	if url := home.Outputs["QoveryApiUrl"].Value; url != "https://qovery.example.com/api" {
		t.Errorf("the command line would find Qovery at %v", url)
	}
}

func TestCustomerKeyEncryptsEverything(t *testing.T) {
	result := several(t)
	tpl := result.templates["qovery-key-rotation-111111111111-eu-west-3"]
	key := tpl.one(t, "AWS::KMS::Key")
	if key.property("EnableKeyRotation") != true || key.DeletionPolicy != "RetainExceptOnCreate" {
		t.Errorf("the key is %v", key.Properties)
	}
	for kind, path := range map[string]string{
		"AWS::DynamoDB::Table": "SSESpecification.KMSMasterKeyId", "AWS::SNS::Topic": "KmsMasterKeyId",
		"AWS::SQS::Queue": "KmsMasterKeyId",
	} {
		for id, encrypted := range tpl.all(kind) {
			if got := encrypted.text(path); got != "${key.Arn}" {
				t.Errorf("%s is encrypted with %q", id, got)
			}
		}
	}
	for id, group := range tpl.all("AWS::Logs::LogGroup") {
		if got := group.text("KmsKeyId"); got != "${key.Arn}" {
			t.Errorf("%s is encrypted with %q", id, got)
		}
	}
	for name, function := range tpl.all("AWS::Lambda::Function") {
		want := ""
		if name == "createkey" { // the one that stages secrets
			want = "${key.Arn}"
		}
		if got := function.text("Environment.Variables.KMS_KEY_ARN"); got != want {
			t.Errorf("%s encrypts secrets with %q", name, got)
		}
	}
	if command := fmt.Sprint(tpl.Outputs["PutToken"].Value); !strings.Contains(command,
		"--key-id alias/qovery-key-rotation") {
		t.Errorf("the token is put with %s", command)
	}
}

// The key's policy lets those who may read and write use the key for that,
// through the services that store and in no other way.
func TestCustomerKeyIsUsedThroughItsServices(t *testing.T) {
	tpl := several(t).templates["qovery-key-rotation-111111111111-eu-west-3"]
	statements, _ := tpl.one(t, "AWS::KMS::Key").property("KeyPolicy.Statement").([]any)
	via := func(services ...string) map[string]any {
		var hosts []any
		for _, service := range services {
			hosts = append(hosts, service+".eu-west-3.amazonaws.com")
		}
		return map[string]any{"kms:CallerAccount": "111111111111", "kms:ViaService": hosts}
	}
	parameter := "arn:aws:ssm:eu-west-3:111111111111:parameter/qovery-key-rotation/"
	for sid, want := range map[string]map[string]any{
		"WhatTheStackStores": {"StringEquals": via("dynamodb", "sns", "sqs")},
		"GrantsOfServices": {"StringEquals": via("dynamodb"),
			"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}},
		"Parameters": {"StringEquals": via("ssm"), "ArnLike": map[string]any{
			"kms:EncryptionContext:PARAMETER_ARN": []any{parameter + "staged/*", parameter + "qovery-token",
				parameter + "staging-token"}}},
		"UndeliveredEvents": nil,
	} {
		at := slices.IndexFunc(statements, func(s any) bool { return s.(map[string]any)["Sid"] == sid })
		if at < 0 {
			t.Fatalf("the key's policy has no statement %s: %v", sid, statements)
		}
		condition, _ := statements[at].(map[string]any)["Condition"].(map[string]any)
		if !reflect.DeepEqual(condition, want) {
			t.Errorf("%s: the condition is %v, want %v", sid, condition, want)
		}
		for _, action := range list(statements[at].(map[string]any)["Action"]) {
			if (action == "kms:CreateGrant") != (sid == "GrantsOfServices") {
				t.Errorf("%s allows %s", sid, action)
			}
		}
	}
}
