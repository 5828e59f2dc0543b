//go:build integration

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/test/awstest"
)

// tale is a story that the simulator's scenarios don't tell, told on both
// engines. Here are those in which functions do what they do rarely.
type tale struct {
	here      func(*world)
	sim       func(*lab.World)
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
		sim: func(w *lab.World) {
			run := begin(w, "rotation-1")
			run.UntilIn("GracePeriod")
			run.Stop()
			w.Sleep(time.Hour)
			w.IAM.DeleteByHand(lab.UserName, w.OldKey.ID)
			begin(w, "rotation-2").Wait()
		},
		completed: true,
	},
	"new-key-deleted-by-hand": {
		here: func(w *world) {
			w.trail.propagation = time.Hour
			run := w.start("rotation-1", "")
			run.untilIn("VerifyKey")
			run.stop()
			w.sleep(20 * time.Minute)
			w.deleteByHand(w.newKey())
			w.sleep(20 * time.Minute)
			w.trail.propagation = 0
			w.start("rotation-2", "").wait()
		},
		sim: func(w *lab.World) {
			w.IAM.Settling.Propagation = lab.Exactly(time.Hour)
			run := begin(w, "rotation-1")
			run.UntilIn("VerifyKey")
			run.Stop()
			w.Sleep(20 * time.Minute)
			for _, key := range w.IAM.Present(lab.UserName) {
				if key.ID != w.OldKey.ID {
					w.IAM.DeleteByHand(lab.UserName, key.ID)
				}
			}
			w.Sleep(20 * time.Minute)
			w.IAM.Settling.Propagation = lab.Exactly(0)
			begin(w, "rotation-2").Wait()
		},
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
		sim: func(w *lab.World) {
			w.Wire.Injector = func(call lab.Call) lab.Fault {
				if call.Site == "staging.Put" && call.N == 2 {
					return lab.Fault{Kind: lab.KillBefore}
				}
				return lab.Fault{}
			}
			begin(w, "rotation").Wait()
		},
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
		sim: func(w *lab.World) {
			w.Wire.Injector = func(call lab.Call) lab.Fault {
				if call.Site == "iam.CreateAccessKey" && call.N == 1 {
					return lab.Fault{Kind: lab.FailAfter}
				}
				return lab.Fault{}
			}
			begin(w, "rotation").Wait()
		},
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
		sim: func(w *lab.World) {
			listed := 0
			w.Wire.Injector = func(call lab.Call) lab.Fault {
				if call.Site == "iam.ListAccessKeys" && strings.HasSuffix(call.Process, "/CreateKey") {
					if listed++; listed > 1 {
						return lab.Fault{Kind: lab.Throttle}
					}
				}
				if call.Site == "iam.CreateAccessKey" && call.N == 1 {
					return lab.Fault{Kind: lab.FailAfter}
				}
				return lab.Fault{}
			}
			begin(w, "rotation").Wait()
		},
	},
}

// TestRareTales tells them.
func TestRareTales(t *testing.T) {
	for name, tale := range tales {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setup := lab.Setup{}
			w := testWorld(t, setup)
			w.clock.Script(func() { tale.here(w) })
			same(w, lab.Scenario{Name: name, Setup: setup, Script: tale.sim})
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
	w.trail.mu.Lock()
	defer w.trail.mu.Unlock()
	for id, key := range w.trail.keys {
		if id != w.oldKey && key.status == rotation.Active {
			return id
		}
	}
	return ""
}
