//go:build integration

package main

import (
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/test/awstest"
)

// notTold says of scenarios why they cannot be told here.
var notTold = map[string]string{
	"cluster-handled-elsewhere":   "the stack is deployed once, with one configuration",
	"deployment-keeps-failing":    "moto has no redrive",
	"old-key-deactivated-by-hand": "moto has no redrive",
	"redriven-after-takeover":     "moto has no redrive",
	"undeployed-changes-refused":  "the stack is deployed once, with one configuration",
	"variable-with-key":           "the stack is deployed once, with one configuration",
}

func plainly(w *world) { w.start("rotation", "").wait() }

// scripts tell the simulator's scenarios, under their names.
var scripts = map[string]func(*world){
	"plain":                        plainly,
	"long-application-deployments": plainly,
	"slow-propagation":             func(w *world) { w.trail.propagates(75 * time.Second); plainly(w) },
	"key-never-works":              func(w *world) { w.trail.propagates(24 * time.Hour); plainly(w) },
	"deployment-fails-once": func(w *world) {
		w.qovery.Script(w.clusters[0], fakeqovery.Fails("Error acquiring the state lock", "Try again in a few minutes"))
		plainly(w)
	},
	"invalid-credentials": func(w *world) {
		invalid := fakeqovery.EndsAs("INVALID_CREDENTIALS")
		w.qovery.Script(w.clusters[0], invalid, invalid)
		w.start("rotation-1", "").wait()
		w.sleep(time.Hour)
		w.start("rotation-2", "").wait()
	},
	"clocks-off": func(w *world) {
		w.host.Off = func(function string) time.Duration {
			switch function {
			case "createkey", "checkusage", "deletekey":
				return 5 * time.Minute
			}
			return -5 * time.Minute
		}
		plainly(w)
	},
	"deployment-not-observed": func(w *world) {
		w.qovery.Configure(func(c *fakeqovery.Config) { c.ChangesAt = fakeqovery.ChangesNever })
		plainly(w)
	},
	"deployment-under-way": func(w *world) {
		w.qovery.Deploy(w.clusters[0])
		w.sleep(time.Minute)
		plainly(w)
	},
	"deployment-in-between": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("VerifyKey")
		w.qovery.Deploy(w.clusters[0])
		run.wait()
	},
	"old-key-in-use": func(w *world) { w.usedElsewhere(true); plainly(w) },
	"old-key-in-use-for-a-while": func(w *world) {
		w.usedElsewhere(true)
		run := w.start("rotation", "")
		run.untilIn("ExtendGrace")
		w.sleep(3 * time.Hour)
		w.usedElsewhere(false)
		run.wait()
	},
	"verification-fails": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("ObservationPeriod")
		fails := fakeqovery.Fails("AuthFailure: AWS was not able to validate the provided access credentials", "")
		w.qovery.Script(w.clusters[0], fails, fails)
		run.wait()
	},
	"two-keys": func(w *world) { w.createKey(); plainly(w) },
	"create-answer-lost": func(w *world) {
		w.gateway.Fault = func(call awstest.Call) awstest.Fault {
			return awstest.Fault{Drop: first(call, "createkey", "iam:CreateAccessKey")}
		}
		plainly(w)
	},
	"parameters-throttled": func(w *world) { w.throttling("createkey", "ssm:PutParameter", 1); plainly(w) },
	"secrets-not-staged":   func(w *world) { w.throttling("createkey", "ssm:PutParameter", 2); plainly(w) },
	"put-lands-late":       func(w *world) { w.landingLate(90 * time.Second); plainly(w) },
	"update-refused":       func(w *world) { w.refusing("PUT", 403, ""); plainly(w) },
	"aborted-in-grace": func(w *world) {
		run := w.start("rotation-1", "")
		run.untilIn("GracePeriod")
		w.sleep(time.Hour)
		run.stop()
		w.sleep(10 * time.Minute)
		w.start("rotation-2", "").wait()
	},
	"aborted-for-90-days": func(w *world) {
		run := w.start("rotation-1", "")
		run.untilIn("GracePeriod")
		w.sleep(time.Hour)
		run.stop()
		w.sleep(90*24*time.Hour - w.clock.Now().Sub(beginning))
		w.start("rotation-2", "").wait()
	},
	"abort-while-inactive": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("ObservationPeriod")
		w.sleep(10 * time.Minute)
		run.stop()
		w.sleep(5 * time.Second)
		w.start("abort", `, "abort": true`).wait()
	},
	"old-key-deleted-by-hand": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("GracePeriod")
		w.sleep(time.Hour)
		w.deleteByHand(w.oldKey)
		run.wait()
	},
	"second-execution": func(w *world) {
		run := w.start("rotation-1", "")
		run.untilIn("GracePeriod")
		w.start("rotation-2", "").wait()
		run.wait()
	},
	"registry-with-cluster": plainly,
	"scaleway-registry":     plainly,
	"self-managed-cluster":  plainly,
	"only-self-managed-clusters": func(w *world) {
		w.qovery.Stop(w.clusters[0])
		w.sleep(time.Minute)
		plainly(w)
	},
	"gcp-registry":        plainly,
	"docker-hub-registry": plainly,
	"region-denied":       plainly,
	"helm-repository":     plainly,
	"route53-provider":    plainly,
	"masked-key-id": func(w *world) {
		w.qovery.WriteKeyAs(lab.RegistryID(0), func(id string) string { return id[:4] + "************" + id[len(id)-4:] })
		plainly(w)
	},
	"partial-update": func(w *world) {
		w.refusing("PUT", 422, lab.RegistryID(1))
		w.start("rotation-1", "").wait()
		w.sleep(2 * time.Hour)
		w.qovery.Configure(func(c *fakeqovery.Config) { c.Hook = nil })
		w.start("rotation-2", "").wait()
	},
	"cloudtrail-throttled": func(w *world) {
		w.throttling("checkusage", "cloudtrail:LookupEvents", 1)
		plainly(w)
	},
	"stopped-cluster": func(w *world) {
		w.qovery.Stop(w.clusters[0])
		w.sleep(time.Minute)
		plainly(w)
	},
	"every-cluster-stopped": func(w *world) {
		for _, cluster := range w.clusters {
			w.qovery.Stop(cluster)
		}
		w.sleep(time.Minute)
		plainly(w)
	},
	"forty-clusters":     plainly,
	"kubernetes-upgrade": plainly,
	"qoverys-maintenance": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("UpdateCredentials")
		w.qovery.Maintain(w.clusters[0])
		run.wait()
	},
	"long-deployments": plainly,
	"sent-back": func(w *world) {
		run := w.start("rotation", "")
		run.untilIn("GracePeriod")
		w.qovery.SetStatus(w.clusters[0], "DEPLOYMENT_ERROR")
		run.wait()
	},
	"dry-run":                        func(w *world) { w.start("dry-run", `, "dryRun": true`).wait() },
	"migrate/plain":                  migrated,
	"migrate/registries":             migrated,
	"migrate/aborted-in-first-soak":  migrationAborted(30 * time.Minute),
	"migrate/aborted-in-middle-soak": migrationAborted(105 * time.Minute),
}

// toRole is the input of an execution that moves the clusters.
const toRole = `, "migrateTo": "AWS by role"`

func migrated(w *world) {
	w.qovery.AddCredentials(lab.RoleCredentials("AWS by role"))
	w.start("migrate", toRole).wait()
}

// migrationAborted is a migration that a person aborts after a while, and begins again.
func migrationAborted(after time.Duration) func(*world) {
	return func(w *world) {
		w.qovery.AddCredentials(lab.RoleCredentials("AWS by role"))
		run := w.start("migrate-1", toRole)
		w.sleep(after)
		run.stop()
		w.start("rotation-2", `, "abort": true`).wait()
		w.sleep(15 * time.Minute)
		w.start("migrate-2", toRole).wait()
	}
}
