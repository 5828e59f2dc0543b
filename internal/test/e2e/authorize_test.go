//go:build integration

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"qovery-key-rotation/internal/aws/awsclient"
	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation/fault"
)

// TestRefused: what a role's policy doesn't allow is refused, and the rotation fails with
// AWS's sentence, and with the advice to look at the path.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given    func(*world)
		resource string
	}{
		"a statement is taken out of the template": {func(w *world) {
			w.without = func(function string, statement map[string]any) bool {
				actions, _ := statement["Action"].([]any)
				return function == "preflight" && slices.Contains(actions, any("iam:ListAccessKeys"))
			}
		}, "arn:aws:iam::123456789012:user/automation/qovery"},
		"the user has another path": {func(w *world) { w.trail.iam.MoveByHand(lab.UserName, "/") },
			"arn:aws:iam::123456789012:user/qovery"},
		"the user is deleted": {func(w *world) { w.trail.iam.DeleteUserByHand(lab.UserName) }, "user qovery"},
	} {
		t.Run(name, func(t *testing.T) {
			w := testWorld(t, lab.Setup{})
			test.given(w)
			run := w.start("rotation-1", "")
			run.wait()
			told := run.told()
			sentence := fmt.Sprintf("/qovery-key-rotation-preflight is not authorized to perform: "+
				"iam:ListAccessKeys on resource: %s because no identity-based policy allows the iam:ListAccessKeys action",
				test.resource)
			if told.Ended != "FAILED AccessDenied" || !strings.Contains(told.Cause, sentence) ||
				!strings.Contains(told.Cause, "Compare iamUserPath") {
				t.Errorf("it is %s: %s", told.Ended, told.Cause)
			}
			w.set(func() { clear(w.refused) })
		})
	}
}

// TestRefusedOfAnUnknownKey: GetAccessKeyLastUsed of a key that IAM doesn't know.
func TestRefusedOfAnUnknownKey(t *testing.T) {
	t.Parallel()
	w := testWorld(t, lab.Setup{})
	cfg := w.cfg.Copy()
	cfg.Credentials = awsclient.Static(aws.Credentials{AccessKeyID: callerOf("checkusage"), SecretAccessKey: "secret"})
	_, err := iam.New(cfg).LastUse(t.Context(), lab.UserName, "AKIA0123456789ABCDEF")
	if !fault.HasCode(err, fault.IAMSettling) {
		t.Error(err)
	}
}
