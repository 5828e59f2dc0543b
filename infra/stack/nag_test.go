package stack

import (
	"strings"
	"testing"
)

// What there is to say of the shipped configuration is that it is an example.
func TestNagFindsNothing(t *testing.T) {
	_, result := shipped(t)
	for _, message := range result.messages {
		if !strings.Contains(message, "still the example's") {
			t.Errorf("%s", message)
		}
	}
}

// An auditor reads the reasons: each says why the finding is none here.
func TestSuppressionsHaveReasons(t *testing.T) {
	tpl, _ := shipped(t)
	rules := map[string]int{}
	for id, resource := range tpl.Resources {
		nag, _ := resource.Metadata["cdk_nag"].(map[string]any)
		list, _ := nag["rules_to_suppress"].([]any)
		for _, rule := range list {
			fields := rule.(map[string]any)
			rules[fields["id"].(string)]++
			if reason := fields["reason"].(string); len(strings.Fields(reason)) < 12 {
				t.Errorf("%s: %v is suppressed because %q", id, fields["id"], reason)
			}
		}
	}
	for rule := range rules {
		if rule != "AwsSolutions-IAM5" && rule != "AwsSolutions-SQS3" {
			t.Errorf("%s is suppressed", rule)
		}
	}
}
