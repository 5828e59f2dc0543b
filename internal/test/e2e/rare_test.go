//go:build integration

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/awstest"
)

// tale is a story that the simulator's scenarios don't tell, told on both
// engines. Here are those in which functions do what they do rarely.
type tale struct {
	here      func(*world)
	sim       string // the script
	completed bool
}

var tales = map[string]tale{
	"old-key-deleted-by-hand": {
		here: func(w *world) {
			run := w.start("rotation-1", "")
			run.untilIn("GracePeriod")
			run.stop()
			w.sleep(time.Hour)
			w.deleteByHand(w.oldKey)
			w.start("rotation-2", "").wait()
		},
		sim:       "start rotation-1\nuntil GracePeriod\nstop\nwait 1h\ndelete old\nrun rotation-2",
		completed: true,
	},
	"new-key-deleted-by-hand": {
		here: func(w *world) {
			w.trail.propagates(time.Hour)
			run := w.start("rotation-1", "")
			run.untilIn("VerifyKey")
			run.stop()
			w.sleep(20 * time.Minute)
			w.deleteByHand(w.newKey())
			w.sleep(20 * time.Minute)
			w.trail.propagates(0)
			w.start("rotation-2", "").wait()
		},
		sim: "lag propagation 1h\nstart rotation-1\nuntil VerifyKey\nstop\nwait 20m\ndelete new\nwait 20m\n" +
			"lag propagation 0s\nrun rotation-2",
		completed: true,
	},
	"killed-before-staging": {
		here: func(w *world) {
			w.gateway.Fault = func(call awstest.Call) awstest.Fault {
				if !nth(2, call, "createkey", "ssm:PutParameter") { // the first is the proof that one can be staged
					return awstest.Fault{}
				}
				return awstest.Fault{Lost: true, Drop: true, Then: func() { w.worker("createkey").Kill() }}
			}
			plainly(w)
		},
		sim:       "fault staging.Put#2 kill-before\nrun rotation",
		completed: true,
	},
	"create-answer-lost-by-a-clock-ahead": {
		here: func(w *world) {
			w.host.Off = func(function string) time.Duration {
				if function == "createkey" {
					return 4 * time.Minute
				}
				return 0
			}
			w.gateway.Fault = func(call awstest.Call) awstest.Fault {
				return awstest.Fault{Drop: first(call, "createkey", "iam:CreateAccessKey")}
			}
			plainly(w)
		},
		sim:       "fault iam.CreateAccessKey#1 fail-after\nrun rotation",
		completed: true,
	},
	"orphan-discarded": {
		here: func(w *world) {
			throttled := &awstest.Reply{Status: 400, Body: []byte(`<ErrorResponse><Error><Type>Sender</Type><Code>` +
				`ThrottlingError</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`)}
			w.gateway.Fault = func(call awstest.Call) awstest.Fault {
				switch {
				case call.Caller == callerOf("createkey") && call.Action == "iam:ListAccessKeys" && call.N > 1:
					return awstest.Fault{Lost: true, Answer: throttled}
				default:
					return awstest.Fault{Drop: first(call, "createkey", "iam:CreateAccessKey")}
				}
			}
			plainly(w)
		},
		sim: "fault iam.CreateAccessKey#1 fail-after\nfault iam.ListAccessKeys>1 throttle in CreateKey\nrun rotation",
	},
	"key-leaked":         {here: leaked(target.AfterDeployment), sim: "leak old\nuntil ended", completed: true},
	"key-leaked-at-once": {here: leaked(target.AtOnce), sim: "leak old at-once\nuntil ended", completed: true},
	"key-retired": {
		here: func(w *world) {
			made, err := iam.NewFromConfig(w.cfg).CreateAccessKey(w.ctx,
				&iam.CreateAccessKeyInput{UserName: aws.String(lab.UserName)})
			w.must(nil, err)
			w.sleep(15 * 24 * time.Hour)
			w.start("rotation-1", fmt.Sprintf(`, "retire": %q, "observationPeriod": "24h"`, *made.AccessKey.AccessKeyId)).wait()
		},
		sim: "create key\nwait 360h\nretire key 2 24h\nuntil ended",
	},
}

// TestRareTales tells them.
func TestRareTales(t *testing.T) {
	for name, tale := range tales {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testWorld(t, lab.Setup{})
			w.clock.Script(func() { tale.here(w) })
			sameAs(w, tale.sim)
			w.check()
			if tale.completed {
				w.completed()
			}
			if !t.Failed() {
				row("%-30s %s, the same path", name, w.summaryOfRuns())
			}
		})
	}
}

// leaked replaces the key, which leaked.
func leaked(how target.How) func(*world) {
	return func(w *world) {
		w.set(func() { w.leaked = w.oldKey })
		w.start("rotation-1", fmt.Sprintf(`, "leaked": {"key": %q, "how": %q}`, w.oldKey, how)).wait()
	}
}

// first tells whether it is the function's first call of an action.
func first(call awstest.Call, function, action string) bool { return nth(1, call, function, action) }

// nth tells whether it is the function's n-th call of an action.
func nth(n int, call awstest.Call, function, action string) bool {
	return call.Caller == callerOf(function) && call.Action == action && call.N == n
}

func (w *world) deleteByHand(id string) {
	w.Helper()
	w.must(iam.NewFromConfig(w.cfg).DeleteAccessKey(w.ctx,
		&iam.DeleteAccessKeyInput{UserName: aws.String(lab.UserName), AccessKeyId: &id}))
}

// newKey is the key that is there beside the old one.
func (w *world) newKey() string {
	for _, key := range w.trail.keys() {
		if string(key.ID) != w.oldKey && key.Status == rotation.Active {
			return string(key.ID)
		}
	}
	return ""
}
