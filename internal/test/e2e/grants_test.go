//go:build integration

package main

import (
	"slices"
	"testing"

	"qovery-key-rotation/internal/test/awstest"
)

// TestDifferences: a grant too few and a grant too many are both named.
func TestDifferences(t *testing.T) {
	t.Parallel()
	grants := []awstest.Grant{{Action: "ssm:GetParameter", Resource: "a/*"}, {Action: "iam:ListAccessKeys", Resource: "u"},
		{Action: "logs:PutLogEvents", Resource: "*"}}
	needs := map[awstest.Need]bool{{Action: "ssm:GetParameter", Resource: "a/1"}: true,
		{Action: "iam:DeleteAccessKey", Resource: "u"}: true}
	want := []string{"f did iam:DeleteAccessKey on u, which it may not", "f may do iam:ListAccessKeys on u, and never did"}
	if got := differences("f", grants, needs, true); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := differences("f", grants, needs, false); !slices.Equal(got, want[:1]) {
		t.Errorf("where not all has run: %q", got)
	}
}

// TestDifferencesOfItems: a grant on some items is none on the others.
func TestDifferencesOfItems(t *testing.T) {
	t.Parallel()
	grants := []awstest.Grant{{Action: "dynamodb:PutItem", Resource: "t", Keys: "target:*"}}
	for key, want := range map[string][]string{
		"target:production": nil,
		"qovery": {"f did dynamodb:PutItem on t qovery, which it may not",
			"f may do dynamodb:PutItem on t target:*, and never did"},
	} {
		needs := map[awstest.Need]bool{{Action: "dynamodb:PutItem", Resource: "t", Key: key}: true}
		if got := differences("f", grants, needs, true); !slices.Equal(got, want) {
			t.Errorf("%s: %q", key, got)
		}
	}
}
