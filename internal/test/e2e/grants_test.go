//go:build integration

package main

import (
	"slices"
	"testing"

	"qovery-key-rotation/internal/test/awstest"
)

// TestUnused: a grant too many is named, also one on other items.
func TestUnused(t *testing.T) {
	t.Parallel()
	grants := []awstest.Grant{{Action: "ssm:GetParameter", Resource: "a/*"}, {Action: "iam:ListAccessKeys", Resource: "u"},
		{Action: "dynamodb:PutItem", Resource: "t", Keys: "target:*"}, {Action: "logs:PutLogEvents", Resource: "*"}}
	for key, want := range map[string][]string{
		"target:production": {"iam:ListAccessKeys on u"},
		"qovery":            {"dynamodb:PutItem on t target:*", "iam:ListAccessKeys on u"},
	} {
		needs := map[awstest.Need]bool{{Action: "ssm:GetParameter", Resource: "a/1"}: true,
			{Action: "dynamodb:PutItem", Resource: "t", Key: key}: true}
		if got := unused(grants, needs); !slices.Equal(got, want) {
			t.Errorf("%s: %q", key, got)
		}
	}
}
