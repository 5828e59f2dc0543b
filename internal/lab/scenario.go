package lab

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/statemachine"
)

// Scenario is a story: a world, and what people and misfortune do in it.
type Scenario struct {
	Name     string
	Sentence string // what happens, and how it ends
	Setup    Setup
	Script   func(*World) // runs as a process on the world's timeline
	// Ends is the outcome of the last execution.
	Ends string
}

// Outcomes that scenarios end with.
const (
	succeeds = "SUCCEEDED"
	failsIn  = "FAILED "
)

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	for _, scenario := range Scenarios {
		if scenario.Name == name {
			return scenario, true
		}
	}
	return Scenario{}, false
}

// start starts an execution of the target, with more input if there is any. With
// a dry run the story ends.
func (w *World) start(name string, more string) *Run {
	if w.dryRun {
		more = `, "dryRun": true`
	}
	run, err := w.Start(name, fmt.Sprintf(`{"target": %q%s}`, w.Target.Name, more))
	if err != nil {
		panic(err) // the scenario itself is wrong
	}
	if w.dryRun {
		run.Wait()
		operator := w.Timeline.Current()
		operator.Kill()
		operator.checkpoint()
	}
	return run
}

func (w *World) redrive(run *Run) {
	if err := run.Redrive(); err != nil {
		panic(err)
	}
}

// failing makes calls go wrong, by site and number.
func (w *World) failing(site string, n int, fault Fault) {
	before := w.Wire.Injector
	w.Wire.Injector = func(call Call) Fault {
		if call.Site == site && call.N == n {
			return fault
		}
		if before != nil {
			return before(call)
		}
		return Fault{}
	}
}

// throttling throttles every n-th call of a site while a state is at work.
func (w *World) throttling(state, site string, n int) {
	w.Wire.Injector = func(call Call) Fault {
		if strings.HasSuffix(call.Process, "/"+state) && call.Site == site && call.N%n == 0 {
			return Fault{Kind: Throttle}
		}
		return Fault{}
	}
}

// Sites of calls that scenarios disturb.
const (
	createAccessKey = "iam.CreateAccessKey"
	updateAccessKey = "iam.UpdateAccessKey"
	putCredentials  = "qovery.PUT /aws/credentials"
	lookupEvents    = "trail.LookupEvents"
	putParameter    = "staging.Put"
)

// Scenarios are all scenarios, the plain one first.
var Scenarios = []Scenario{
	{
		Name: "plain", Ends: succeeds,
		Sentence: "Nothing goes wrong: the key is replaced in two waves, and the old one is deleted.",
		Script:   func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "long-application-deployments", Ends: succeeds,
		Sentence: "Applications are deployed all the time, for up to two hours with the key they started with; the grace " +
			"period is extended until the last of them is over.",
		Setup:  Setup{Clusters: 6, Applications: true},
		Script: func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "slow-propagation", Ends: succeeds,
		Sentence: "IAM takes 75 seconds to make the new key known; the rotation waits for it.",
		Script: func(w *World) {
			w.IAM.Settling.Propagation = Exactly(75 * time.Second)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "key-never-works", Ends: failsIn + "NewKeyUnusable",
		Sentence: "STS never accepts the new key; it is discarded, and nothing is different from before.",
		Script: func(w *World) {
			w.IAM.Settling.Propagation = Exactly(24 * time.Hour)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "deployment-fails-once", Ends: succeeds,
		Sentence: "A cluster's deployment fails once and is started again; the rotation succeeds.",
		Script: func(w *World) {
			w.Qovery.Script(w.Clusters[0], fakeqovery.Fails("Error acquiring the state lock", "Try again in a few minutes"))
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "deployment-keeps-failing", Ends: succeeds,
		Sentence: "A cluster keeps failing, so the rotation is held; once the cause is mended it is redriven, and succeeds.",
		Script: func(w *World) {
			fails := fakeqovery.Fails("VcpuLimitExceeded: you have requested more vCPU capacity than your limit",
				"Ask AWS for a higher quota")
			w.Qovery.Script(w.Clusters[0], fails, fails)
			run := w.start("rotation", "")
			run.Wait()
			w.Sleep(3 * time.Hour)
			w.Say("The quota was raised. A person redrives the execution.")
			w.redrive(run)
			run.Wait()
		},
	},
	{
		Name: "invalid-credentials", Ends: succeeds,
		Sentence: "Qovery calls the credentials invalid twice, so the rotation is held; the next execution carries on, " +
			"and succeeds.",
		Script: func(w *World) {
			invalid := fakeqovery.EndsAs("INVALID_CREDENTIALS")
			w.Qovery.Script(w.Clusters[0], invalid, invalid)
			w.start("rotation-1", "").Wait()
			w.Sleep(time.Hour)
			w.Say("A person starts the rotation again.")
			w.start("rotation-2", "").Wait()
		},
	},
	{
		Name: "deployment-not-observed", Ends: failsIn + "DeploymentNotObserved",
		Sentence: "Deployments take three seconds, and Qovery shows neither an execution nor a date; nothing proves them, " +
			"so the rotation is paused.",
		Setup: Setup{DeployTime: 3 * time.Second},
		Script: func(w *World) {
			w.Qovery.Configure(func(c *fakeqovery.Config) { c.ChangesAt = fakeqovery.ChangesNever })
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "deployment-under-way", Ends: succeeds,
		Sentence: "A deployment with the old key runs when the rotation starts; it is waited for.",
		Script: func(w *World) {
			w.Qovery.Deploy(w.Clusters[0])
			w.Sleep(time.Minute)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "deployment-in-between", Ends: succeeds,
		Sentence: "A person deploys a cluster just before the credentials change; that deployment is waited for, and " +
			"another one started.",
		Script: func(w *World) {
			run := w.start("rotation", "")
			run.UntilIn("VerifyKey")
			w.Say("A person deploys a cluster, which still takes the old key.")
			w.Qovery.Deploy(w.Clusters[0])
			run.Wait()
		},
	},
	{
		Name: "old-key-in-use", Ends: failsIn + "OldKeyStillInUse",
		Sentence: "A forgotten CI job goes on using the old key; the grace period is extended for a day, then the " +
			"rotation is held and names the use.",
		Script: func(w *World) {
			w.UseElsewhere(w.OldKey.ID, "ecr", 10*time.Minute)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "old-key-in-use-for-a-while", Ends: succeeds,
		Sentence: "Something outside Qovery uses the old key for some hours more; the grace period is extended, and the " +
			"rotation succeeds.",
		Script: func(w *World) {
			w.UseElsewhere(w.OldKey.ID, "ecr", 10*time.Minute)
			run := w.start("rotation", "")
			run.UntilIn("ExtendGrace")
			w.Sleep(3 * time.Hour)
			w.Say("That consumer was given a key of its own.")
			w.others = nil
			run.Wait()
		},
	},
	{
		Name: "verification-fails", Ends: failsIn + "DeploymentFailed",
		Sentence: "With the old key Inactive the canary does not deploy; the old key is brought back, and the rotation is " +
			"held.",
		Script: func(w *World) {
			run := w.start("rotation", "")
			run.UntilIn("ObservationPeriod")
			fails := fakeqovery.Fails("AuthFailure: AWS was not able to validate the provided access credentials", "")
			w.Qovery.Script(w.Clusters[0], fails, fails)
			run.Wait()
		},
	},
	{
		Name: "two-keys", Ends: failsIn + "MultipleAccessKeys",
		Sentence: "The user has two keys at the start; the rotation refuses, and says which one Qovery uses.",
		Script: func(w *World) {
			w.IAM.SeedKey(UserName, Beginning.Add(-400*24*time.Hour), rotation.Active)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "create-answer-lost", Ends: succeeds,
		Sentence: "The answer to CreateAccessKey is lost; the key that it left behind is found ten minutes later, " +
			"deleted, and another one created.",
		Script: func(w *World) {
			w.failing(createAccessKey, 1, Fault{Kind: FailAfter})
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "parameters-throttled", Ends: failsIn + "Throttled",
		Sentence: "Parameter Store throttles every write; that is found out before a key is created, and nothing is " +
			"different from before.",
		Script: func(w *World) {
			w.throttling("CreateKey", putParameter, 1)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "secrets-not-staged", Ends: failsIn + "CreationFailed",
		Sentence: "Parameter Store throttles every second write, so that no new key's secret is ever staged; after three " +
			"keys the rotation gives up, and nothing is different from before.",
		Script: func(w *World) {
			w.throttling("CreateKey", putParameter, 2)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "put-lands-late", Ends: succeeds,
		Sentence: "The update of the credentials seems to fail and lands ninety seconds later; the new key is never " +
			"discarded.",
		Script: func(w *World) {
			w.failing(putCredentials, 1, Fault{Kind: LandLate, Delay: 90 * time.Second})
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "update-refused", Ends: failsIn + "UpdateRefused",
		Sentence: "Qovery definitely refuses the update; the new key is discarded, and nothing is different from before.",
		Script: func(w *World) {
			w.refusing("PUT", 403, "")
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "aborted-in-grace", Ends: succeeds,
		Sentence: "The execution is stopped in the grace period; the next one carries on, and succeeds.",
		Script: func(w *World) {
			run := w.start("rotation-1", "")
			run.UntilIn("GracePeriod")
			w.Sleep(time.Hour)
			w.Say("A person stops the execution.")
			run.Stop()
			w.Sleep(10 * time.Minute)
			w.Say("A person starts the rotation again.")
			w.start("rotation-2", "").Wait()
		},
	},
	{
		Name: "aborted-for-90-days", Ends: succeeds,
		Sentence: "The execution is stopped in the grace period, and 90 days later the schedule starts the next one: it " +
			"carries on, and then does the rotation that is due.",
		Setup: Setup{Clusters: 1},
		Script: func(w *World) {
			run := w.start("rotation-1", "")
			run.UntilIn("GracePeriod")
			w.Sleep(time.Hour)
			w.Say("A person stops the execution.")
			run.Stop()
			w.Sleep(90*24*time.Hour - w.Timeline.Now().Sub(Beginning))
			w.Say("The schedule starts the rotation.")
			w.start("rotation-2", "").Wait()
		},
	},
	{
		Name: "abort-while-inactive", Ends: failsIn + "AbortRequested",
		Sentence: "The execution is stopped while the old key is Inactive; one with \"abort\": true brings the old key " +
			"back, and ends held.",
		Script: func(w *World) {
			run := w.start("rotation", "")
			run.UntilIn("ObservationPeriod")
			w.Sleep(10 * time.Minute)
			w.Say("A person stops the execution, and starts one that aborts.")
			run.Stop()
			w.Sleep(5 * time.Second)
			w.start("abort", `, "abort": true`).Wait()
		},
	},
	{
		Name: "old-key-deactivated-by-hand", Ends: succeeds,
		Sentence: "A person deactivates the old key in the grace period; the rotation is held until that person makes it " +
			"Active again and redrives it.",
		Script: func(w *World) {
			run := w.start("rotation", "")
			run.UntilIn("GracePeriod")
			w.Sleep(time.Hour)
			w.Say("A person deactivates the old key.")
			w.byHand(w.IAM.SetStatusByHand(UserName, w.OldKey.ID, rotation.Inactive))
			run.Wait()
			w.Sleep(time.Hour)
			w.Say("That person makes the old key Active again, and redrives the execution.")
			w.byHand(w.IAM.SetStatusByHand(UserName, w.OldKey.ID, rotation.Active))
			w.Sleep(time.Minute)
			w.redrive(run)
			run.Wait()
		},
	},
	{
		Name: "old-key-deleted-by-hand", Ends: succeeds,
		Sentence: "A person deletes the old key in the grace period; the rotation finds it gone, and completes.",
		Script: func(w *World) {
			run := w.start("rotation", "")
			run.UntilIn("GracePeriod")
			w.Sleep(time.Hour)
			w.Say("A person deletes the old key.")
			w.IAM.DeleteByHand(UserName, w.OldKey.ID)
			run.Wait()
		},
	},
	{
		Name: "second-execution", Ends: succeeds,
		Sentence: "A second execution is started while one runs; it says so and ends, and the first one succeeds.",
		Script: func(w *World) {
			run := w.start("rotation-1", "")
			run.UntilIn("GracePeriod")
			w.Say("A person starts another execution.")
			w.start("rotation-2", "").Wait()
			run.Wait()
		},
	},
	{
		Name: "redriven-after-takeover", Ends: succeeds,
		Sentence: "An execution fails, a second one takes over, and the first one is redriven: it finds the lock lost, " +
			"and the second one succeeds.",
		Script: func(w *World) {
			fails := fakeqovery.Fails("Error: timeout while waiting for state to become 'success'", "")
			w.Qovery.Script(w.Clusters[0], fails, fails)
			first := w.start("rotation-1", "")
			first.Wait()
			w.Sleep(time.Minute)
			second := w.start("rotation-2", "")
			second.UntilIn("WaitForDeployment")
			w.Say("A person redrives the first execution.")
			w.redrive(first)
			first.Wait()
			second.Wait()
		},
	},
	{
		Name: "registry-with-cluster", Ends: succeeds,
		Sentence: "Qovery made a container registry with each cluster, which keeps a key of its own; it is rotated too, " +
			"and no image pull fails.",
		Setup:  Setup{Registries: true},
		Script: func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "scaleway-registry", Ends: succeeds,
		Sentence: "The organization has a container registry on Scaleway; it holds no key of AWS, and its region is none " +
			"of AWS's.",
		Setup:  Setup{OtherClouds: []string{"SCALEWAY_CR"}},
		Script: func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "gcp-registry", Ends: succeeds,
		Sentence: "The organization has a container registry on Google Cloud.",
		Setup:    Setup{OtherClouds: []string{"GCP_ARTIFACT_REGISTRY"}},
		Script:   func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "docker-hub-registry", Ends: succeeds,
		Sentence: "The organization has a registry on Docker Hub.",
		Setup:    Setup{OtherClouds: []string{"DOCKER_HUB"}},
		Script:   func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "region-denied", Ends: failsIn + "RegionNotSearchable",
		Sentence: "An organization's policy denies looking up CloudTrail's events in us-east-1, where those of IAM are; " +
			"the rotation refuses before anything is changed.",
		Setup:  Setup{Denied: []string{"us-east-1"}},
		Script: func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "masked-key-id", Ends: failsIn + "MalformedAnswer",
		Sentence: "Qovery masks the access key id of a registry; whether it is the old key nobody can tell, and nothing " +
			"is begun.",
		Setup: Setup{Registries: true},
		Script: func(w *World) {
			w.Qovery.WriteKeyAs(registryID(0), func(id string) string { return id[:4] + "************" + id[len(id)-4:] })
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "helm-repository", Ends: succeeds,
		Sentence: "A Helm repository in ECR is read with the key; it is rotated too.",
		Setup:    Setup{HelmRepository: true},
		Script:   func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "route53-provider", Ends: failsIn + "UnmanagedLocations",
		Sentence: "A cluster's DNS provider holds the key, and can only be changed by hand; the rotation refuses before " +
			"anything is changed.",
		Setup:  Setup{Route53: true},
		Script: func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "partial-update", Ends: succeeds,
		Sentence: "Qovery refuses the update of one of two registries, so the rotation is held in the middle; once that " +
			"is mended the next execution carries on.",
		Setup: Setup{Registries: true},
		Script: func(w *World) {
			w.refusing("PUT", 422, registryID(1))
			w.start("rotation-1", "").Wait()
			w.Sleep(2 * time.Hour)
			w.Say("A person mends the registry, and starts the rotation again.")
			w.Qovery.Configure(func(c *fakeqovery.Config) { c.Hook = nil })
			w.start("rotation-2", "").Wait()
		},
	},
	{
		Name: "cloudtrail-throttled", Ends: failsIn + "Throttled",
		Sentence: "CloudTrail throttles every look-up of the usage check; what is not known to be unused is not " +
			"deactivated, and the rotation is held.",
		Script: func(w *World) {
			w.throttling("CheckUsage", lookupEvents, 1)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "clocks-off", Ends: succeeds,
		Sentence: "The clocks of the functions are five minutes behind or ahead; a step's time is AWS's, so that it makes " +
			"no difference.",
		Script: func(w *World) {
			w.ClockOff = func(state string) time.Duration {
				switch state {
				case "CreateKey", "CheckUsage", "DeleteKey":
					return 5 * time.Minute
				}
				return -5 * time.Minute
			}
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "stopped-cluster", Ends: succeeds,
		Sentence: "A cluster is stopped; it is passed over and reported, because deploying it would start it.",
		Setup:    Setup{Clusters: 3},
		Script: func(w *World) {
			w.Qovery.Stop(w.Clusters[0])
			w.Sleep(time.Minute)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "every-cluster-stopped", Ends: succeeds,
		Sentence: "Every cluster is stopped; the key is replaced, and nothing is deployed.",
		Script: func(w *World) {
			for _, cluster := range w.Clusters {
				w.Qovery.Stop(cluster)
			}
			w.Sleep(time.Minute)
			w.start("rotation", "").Wait()
		},
	},
	{
		Name: "forty-clusters", Ends: succeeds,
		Sentence: "Forty clusters are deployed in two waves, non-production first.",
		Setup:    Setup{Clusters: 40, Production: 15},
		Script:   func(w *World) { w.start("rotation", "").Wait() },
	},
	{
		Name: "dry-run", Ends: succeeds,
		Sentence: "A dry run says what a rotation would do, and changes nothing.",
		Script:   func(w *World) { w.start("dry-run", `, "dryRun": true`).Wait() },
	},
}

// byHand is for what a person does, which does not fail in a scenario.
func (w *World) byHand(err error) {
	if err != nil {
		panic(err)
	}
}

// refusing has Qovery answer all requests of a method with a status, or those
// that concern one id.
func (w *World) refusing(method string, status int, id string) {
	w.Qovery.Configure(func(c *fakeqovery.Config) {
		c.Hook = func(r *http.Request) (apply bool, answer *fakeqovery.Answer) {
			if r.Method != method || !strings.HasSuffix(r.URL.Path, id) {
				return true, nil
			}
			return false, &fakeqovery.Answer{Status: status, Body: fmt.Sprintf(`{"status":%d,"detail":"Refused"}`, status)}
		}
	})
}

// Result is what became of a scenario.
type Result struct {
	World   *World
	Last    *Run // the execution that the scenario ends with
	Outcome string
}

// Play runs a scenario to its end.
func (s Scenario) Play(setup Setup, watch func(*World)) (Result, error) {
	w, err := NewWorld(setup)
	if err != nil {
		return Result{}, err
	}
	defer w.Timeline.Close()
	if watch != nil {
		watch(w)
	}
	operator := w.Timeline.Go("operator", func() { s.Script(w) })
	if !w.Timeline.RunUntilDone(operator) {
		return Result{}, fmt.Errorf("the scenario %s does not end", s.Name)
	}
	last := w.lastToEnd()
	return Result{World: w, Last: last, Outcome: last.Outcome()}, nil
}

// lastToEnd is the execution that ended last.
func (w *World) lastToEnd() *Run {
	last := w.runs[0]
	for _, run := range w.runs {
		if run.Status() == statemachine.Running || run.StopTime().After(last.StopTime()) {
			last = run
		}
	}
	return last
}
