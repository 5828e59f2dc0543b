package rotation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// A intervention is a story of what people, and the services around them, do between
// the steps: what becomes of that execution, what is left, what has to be done by
// hand then, and that the rotation gets through in the end.
type intervention struct {
	name     string
	clusters int           // how many there are; zero: one
	given    func(*people) // before the execution starts
	at       string        // the state at whose entry it happens; of a Wait, a minute later
	each     bool          // every time, and not the first time only
	act      func(*people)

	ends string // of the execution
	says string // part of the error
	path string // its stops
	left string

	// still is how another execution ends that is started before anybody did
	// what has to be done; empty: none is started.
	still string
	// then is what has to be done by hand; nil: nothing.
	then    func(*people)
	redrive bool // the execution is redriven after that; else another is started
	more    int  // so many further executions at most; the last one succeeds

	// hurts: what people did made consumers fail by itself.
	hurts bool
}

// people are those who meddle with a world.
type people struct {
	*lab.World
	run         *lab.Run // the first execution
	credentials string   // id of the credentials that hold the key
}

// attentive is a world in which nobody is quicker than the lists: what a person
// did is seen by the next read.
func attentive(t *testing.T, setup lab.Setup) *people {
	t.Helper()
	if setup.Clusters == 0 {
		setup.Clusters = 1
	}
	w, err := lab.NewWorld(setup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Timeline.Close)
	w.IAM.Settling.Lists = lab.Exactly(0)
	w.Qovery.Configure(func(c *fakeqovery.Config) { c.StatusLag, c.CredentialsLag = 0, 0 })
	return &people{World: w, credentials: w.Qovery.Holders(string(w.OldKey.ID))[0].ID}
}

// operate runs a script on the world's timeline, to its end.
func (p *people) operate(t *testing.T, script func()) {
	t.Helper()
	if !p.Timeline.RunUntilDone(p.Timeline.Go("operator", script)) {
		t.Fatal("the executions don't end")
	}
}

func (p *people) start(t *testing.T, more string) *lab.Run {
	run, err := p.Start(fmt.Sprintf("rotation-%d", len(p.Runs())+1), `{"target": "production"`+more+`}`)
	if err != nil {
		t.Error(err)
		panic(err)
	}
	return run
}

func (m intervention) play(t *testing.T) {
	p := attentive(t, lab.Setup{Clusters: m.clusters})
	var last *lab.Run
	p.operate(t, func() {
		if m.given != nil {
			m.given(p)
			p.Sleep(time.Minute)
		}
		m.begin(t, p)
		last = p.run
		requireOutcome(t, last, m.ends, m.path)
		requireLeft(t, p, m.left)
		if cause := unquote(last.Cause()); !strings.Contains(cause, m.says) {
			t.Errorf("says %q, and not %q", cause, m.says)
		}
		if m.still != "" {
			requireOutcome(t, p.another(t), m.still, "")
		}
		if m.then != nil {
			m.then(p)
			p.Sleep(time.Hour)
		}
		if m.redrive {
			if err := last.Redrive(); err != nil {
				t.Error(err)
			}
			last.Wait()
		}
		for range m.more {
			if last = p.another(t); last.Outcome() == "SUCCEEDED" {
				break
			}
		}
	})
	requireOutcome(t, last, "SUCCEEDED", "")
	if !oneKeyLeft(p.World) {
		t.Errorf("leaves in the end %s", whatIsLeft(p.World))
	}
	if m.hurts == (p.Judge.Refusals == 0) {
		t.Errorf("%d failed authentications", p.Judge.Refusals)
	}
	p.Judge.Refusals = 0
	requireNoHarm(t, p.World)
}

// begin runs the first execution, with the act in it.
func (m intervention) begin(t *testing.T, p *people) {
	if !strings.HasSuffix(m.at, "Period") && !strings.HasPrefix(m.at, "WaitFor") && m.at != "ExtendGrace" {
		acted := false
		p.OnInvoke = func(state string) lab.InvokeFault {
			if state == m.at && (m.each || !acted) {
				acted = true
				m.act(p)
			}
			return ""
		}
		p.run = p.start(t, "")
		p.run.Wait()
		p.OnInvoke = nil
		if !acted && m.at != "" {
			t.Errorf("the execution never comes to %s: %v", m.at, p.run.Path())
		}
		return
	}
	p.run = p.start(t, "")
	if !p.run.UntilIn(m.at) {
		t.Errorf("the execution never comes to %s: %v", m.at, p.run.Path())
		return
	}
	p.Sleep(time.Minute)
	m.act(p)
	p.run.Wait()
}

// another runs an execution an hour later.
func (p *people) another(t *testing.T) *lab.Run {
	p.Sleep(time.Hour)
	run := p.start(t, "")
	run.Wait()
	return run
}

// key is the n-th key of the user that was ever created; the first is the old one.
func (p *people) key(n int) rotation.KeyID {
	lives := slices.DeleteFunc(p.IAM.Lives(), func(l lab.KeyLife) bool { return l.User != lab.UserName })
	return lives[n-1].ID
}

// What people do.

func deactivate(n int) func(*people) { return setStatus(n, rotation.Inactive) }
func activate(n int) func(*people)   { return setStatus(n, rotation.Active) }

func setStatus(n int, status rotation.KeyStatus) func(*people) {
	return func(p *people) {
		if err := p.IAM.SetStatusByHand(lab.UserName, p.key(n), status); err != nil {
			panic(err)
		}
	}
}

func remove(n int) func(*people) {
	return func(p *people) { p.IAM.DeleteByHand(lab.UserName, p.key(n)) }
}

func createKey(p *people) {
	if _, err := p.IAM.CreateKeyByHand(lab.UserName); err != nil {
		panic(err)
	}
}

// putForeignKey puts a good key of another user into the credentials.
func putForeignKey(p *people) {
	p.Qovery.SetKey(p.credentials, p.foreignKey())
}

func (p *people) foreignKey() fakeqovery.Key {
	p.IAM.AddUser("somebody", "/")
	return keyOf(p.IAM.SeedKey("somebody", p.Timeline.Now().Add(-time.Hour), rotation.Active))
}

func keyOf(key rotation.NewAccessKey) fakeqovery.Key {
	return fakeqovery.Key{ID: string(key.ID), Secret: key.Secret.Reveal()}
}

func putOldKey(p *people) { p.Qovery.SetKey(p.credentials, keyOf(p.OldKey)) }

func unstage(p *people) { p.SSM.UnstageByHand(p.key(2)) }

func spoil(p *people) {
	p.SSM.StageByHand(p.key(2), p.key(1), p.OldKey.Secret)
}

func stageWrongSecret(p *people) {
	p.SSM.StageByHand(p.key(2), p.key(2), p.OldKey.Secret)
}

func addCluster(p *people) {
	n := len(p.Clusters) + 1
	id := fmt.Sprintf("c1a57e00-0000-4000-8000-%012d", 100+n)
	p.Clusters = append(p.Clusters, id)
	p.Qovery.AddCluster(fakeqovery.Cluster{ID: id, Name: fmt.Sprintf("added-%d", n), CredentialsID: p.credentials})
}

func breakCluster(p *people) { p.Qovery.SetStatus(p.Clusters[0], "DEPLOYMENT_ERROR") }
func stopCluster(p *people)  { p.Qovery.Stop(p.Clusters[0]) }
func deploy(p *people)       { p.Qovery.Deploy(p.Clusters[0]) }

// release closes the record of a rotation that was resolved by hand.
func release(p *people) {
	if err := p.ReleaseByHand(); err != nil {
		panic(err)
	}
}

// together does several things at once.
func together(acts ...func(*people)) func(*people) {
	return func(p *people) {
		for _, act := range acts {
			act(p)
		}
	}
}

// all does one thing after another, a minute apart.
func all(acts ...func(*people)) func(*people) {
	return func(p *people) {
		for _, act := range acts {
			act(p)
			p.Sleep(time.Minute)
		}
	}
}

const (
	untilVerifyKey = "Preflight CreateKey VerifyKey"
	untilUpdate    = untilVerifyKey + " UpdateCredentials"
	untilDeploy    = untilUpdate + " DeployClusters"
	untilUsage     = toGrace + " CheckUsage"
	untilDeact     = untilUsage + " DeactivateKey"
	untilObserve   = untilDeact + " ObservationPeriod"
	untilVerified  = untilObserve + " VerifyDeployment"
	untilDelete    = untilVerified + " DeleteKey"
	clean          = " DiscardKey RotationUnchanged"
	broughtBack    = " ReactivateKey RotationPaused"

	bothStaged = "key 1 Active and held, key 2 Active, record open, secret of key 2 staged"
)

var keysByHand = []intervention{
	// A key of somebody else in the credentials.
	{name: "a foreign key before the new one is created", at: "CreateKey", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: "Preflight CreateKey" + clean, left: "key 1 Active",
		still: "FAILED CredentialMismatch", then: putOldKey, more: 1},
	{name: "a foreign key before the update", at: "UpdateCredentials", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilUpdate,
		left:  "key 1 Active, key 2 Active, record open, secret of key 2 staged",
		still: "FAILED UnexpectedAccessKey", then: putOldKey, more: 1},
	{name: "a foreign key while clusters are deployed", at: "WaitForDeployment", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilDeploy, left: "key 1 Active, key 2 Active, record open",
		still: "FAILED UnexpectedAccessKey", then: all(putOldKey, deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "a foreign key in the grace period", at: "GracePeriod", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilDeact, left: "key 1 Active, key 2 Active, record open",
		still: "FAILED UnexpectedAccessKey", then: all(putOldKey, deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "a foreign key in the observation period", at: "ObservationPeriod", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilVerified + broughtBack,
		left:  "key 1 Active, key 2 Active, record open",
		still: "FAILED UnexpectedAccessKey", then: all(putOldKey, deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "a foreign key before the old one is deleted", at: "DeleteKey", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilDelete, left: "key 1 Inactive, key 2 Active, record open",
		still: "FAILED UnexpectedAccessKey",
		then:  all(activate(1), putOldKey, deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "a foreign key before the rotation is completed", at: "Complete", act: putForeignKey,
		ends: "FAILED UnexpectedAccessKey", path: untilDelete + " Complete", left: "key 2 Active, record open",
		still: "FAILED UnexpectedAccessKey", then: putNewKey, more: 1},

	// The old key back in the credentials.
	{name: "the old key back while clusters are deployed", at: "WaitForDeployment", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilDeploy, left: "key 1 Active and held, key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: all(deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "the old key back in the grace period", at: "GracePeriod", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilDeact, left: "key 1 Active and held, key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: all(deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "the old key back in the observation period", at: "ObservationPeriod", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilVerified + broughtBack,
		left:  "key 1 Active and held, key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: all(deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "the old key back just before it is deleted", at: "DeleteKey", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilDelete + broughtBack, left: "key 1 Active and held, key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: all(deploy, release, waitFor(time.Hour), remove(2)), more: 1},
	{name: "the old key back when it is deleted already", at: "Complete", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilDelete + " Complete", left: "key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: all(putNewKey, waitFor(time.Minute)), more: 1},

	// The old key deactivated, activated, deleted.
	{name: "the old key deactivated before the new one is created", at: "CreateKey", act: deactivate(1), hurts: true,
		ends: "FAILED OldKeyInactive", path: "Preflight CreateKey" + clean, left: "key 1 Inactive and held",
		still: "FAILED OldKeyInactive", then: activate(1), more: 1},
	{name: "the old key deactivated before the update", at: "UpdateCredentials", act: deactivate(1), hurts: true,
		ends: "FAILED OldKeyInactive", path: untilDeact, left: "key 1 Inactive, key 2 Active and held, record open",
		still: "FAILED OldKeyInactive", then: activate(1), more: 1},
	{name: "the old key deactivated in the grace period", at: "GracePeriod", act: deactivate(1),
		ends: "FAILED OldKeyInactive", path: untilDeact, left: "key 1 Inactive, key 2 Active and held, record open",
		still: "FAILED OldKeyInactive", then: activate(1), redrive: true},
	{name: "the old key deactivated in the grace period, and meant to be", at: "GracePeriod", act: deactivate(1),
		ends: "FAILED OldKeyInactive", path: untilDeact, left: "key 1 Inactive, key 2 Active and held, record open",
		still: "FAILED OldKeyInactive", then: remove(1), more: 1},
	{name: "the old key Active again in the observation period", at: "ObservationPeriod", act: activate(1),
		ends: "FAILED OldKeyActive", path: untilVerified + broughtBack, left: heldBoth, more: 1},
	{name: "the old key Active again just before it is deleted", at: "DeleteKey", act: activate(1),
		ends: "FAILED OldKeyActive", path: untilDelete, left: heldBoth, more: 1},
	{name: "the old key deleted before the new one is created", at: "CreateKey", act: remove(1), hurts: true,
		ends: "FAILED UnexpectedAccessKey", path: "Preflight CreateKey" + clean, left: "",
		still: "FAILED NoAccessKey", then: newKeyByHand, more: 1},
	{name: "the old key deleted before the update", at: "UpdateCredentials", act: remove(1), hurts: true,
		ends: "SUCCEEDED", path: untilDeploy + " Complete RotationComplete", left: oldDeleted},
	{name: "the old key deleted in the grace period", at: "GracePeriod", act: remove(1),
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "the old key deleted just before it is deactivated", at: "DeactivateKey", act: remove(1),
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "the old key deleted at the last moment", at: "DeactivateKey", act: asSoonAs("iam.UpdateAccessKey", remove(1)),
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "the old key deleted in the observation period", at: "ObservationPeriod", act: remove(1),
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "the old key deleted, and the verification fails", at: "ObservationPeriod",
		act:  all(remove(1), deploymentsFail),
		ends: "FAILED OldKeyLost", path: untilVerified + " ReactivateKey", left: "key 2 Active and held, record open",
		more: 1},

	// The new key deactivated, deleted, forbidden.
	{name: "the new key deactivated before it is verified", at: "VerifyKey", act: deactivate(2),
		ends: "FAILED NewKeyUnusable", says: "there is no new key.", path: untilVerifyKey + clean, left: nothingDone,
		more: 1},
	{name: "the new key deactivated before the update", at: "UpdateCredentials", act: deactivate(2),
		ends: "FAILED NewKeyInactive", path: untilUpdate,
		left:  "key 1 Active and held, key 2 Inactive, record open, secret of key 2 staged",
		still: "FAILED NewKeyInactive", then: activate(2), redrive: true},
	{name: "the new key deactivated in the grace period", at: "GracePeriod", act: deactivate(2), hurts: true,
		ends: "FAILED NewKeyInactive", path: untilDeact, left: "key 1 Active, key 2 Inactive and held, record open",
		still: "FAILED NewKeyInactive", then: activate(2), more: 1},
	{name: "the new key deactivated in the observation period", at: "ObservationPeriod", act: deactivate(2), hurts: true,
		ends: "FAILED NewKeyInactive", path: untilVerified + broughtBack,
		left:  "key 1 Active, key 2 Inactive and held, record open",
		still: "FAILED NewKeyInactive", then: activate(2), more: 1},
	{name: "the new key deactivated just before the old one is deleted", at: "DeleteKey", act: deactivate(2), hurts: true,
		ends: "FAILED NewKeyInactive", path: untilDelete, left: "key 1 Inactive, key 2 Inactive and held, record open",
		still: "FAILED NewKeyInactive", then: activate(2), more: 1},
	{name: "the new key deleted before the update", at: "UpdateCredentials", act: remove(2),
		ends: "FAILED NewKeyLost", path: untilUpdate, left: "key 1 Active and held, record open, secret of key 2 staged",
		more: 1},
	{name: "the new key deleted in the grace period", at: "GracePeriod", act: remove(2), hurts: true,
		ends: "FAILED NewKeyLost", path: untilDeact, left: "key 1 Active, record open",
		still: "FAILED NewKeyLost", then: all(putOldKey, deploy), more: 1},
	{name: "the new key deleted in the observation period", at: "ObservationPeriod", act: remove(2), hurts: true,
		ends: "FAILED NewKeyLost", path: untilVerified + broughtBack, left: "key 1 Active, record open",
		still: "FAILED NewKeyLost", then: all(putOldKey, deploy), more: 1},
	{name: "the new key deleted in the grace period, and another one by hand", at: "GracePeriod", act: remove(2),
		hurts: true,
		ends:  "FAILED NewKeyLost", path: untilDeact, left: "key 1 Active, record open",
		still: "FAILED NewKeyLost", then: byHand(1), more: 1},
	{name: "the new key deactivated because it leaked, and another one by hand", at: "GracePeriod", act: deactivate(2),
		hurts: true,
		ends:  "FAILED NewKeyInactive", path: untilDeact, left: "key 1 Active, key 2 Inactive and held, record open",
		still: "FAILED NewKeyInactive", then: all(remove(2), byHand(1)), more: 1},
	{name: "both keys deleted, and another one by hand", at: "GracePeriod", act: together(remove(1), remove(2)),
		hurts: true,
		ends:  "FAILED NewKeyLost", path: untilDeact, left: "record open",
		still: "FAILED NoAccessKey", then: all(newKeyByHand, release), more: 1},
	{name: "the old key back when it is deleted already, and another one by hand", at: "Complete", act: putOldKey,
		ends: "FAILED OldKeyHeld", path: untilDelete + " Complete", left: "key 2 Active, record open",
		still: "FAILED StagedSecretLost", then: byHand(2), more: 1},
	{name: "the new key deleted, the only one by then", at: "Complete", act: remove(2), hurts: true,
		ends: "SUCCEEDED", path: whole, left: "", then: newKeyByHand, more: 1},

	// A third key.
	{name: "a further key before the new one is created", at: "CreateKey", act: createKey,
		ends: "FAILED UnexpectedAccessKey", path: "Preflight CreateKey" + clean, left: userHasTwo,
		still: "FAILED MultipleAccessKeys", then: remove(2), more: 1},
	{name: "a further key where the old one was", at: "ObservationPeriod", act: all(remove(1), createKey),
		ends: "SUCCEEDED", path: whole, left: "key 2 Active and held, key 3 Active", then: remove(3), more: 1},

	{name: "a further key at the last moment", at: "CreateKey", act: asSoonAs("iam.CreateAccessKey", createKey),
		ends: "FAILED KeyLimitReached", path: "Preflight CreateKey" + clean, left: userHasTwo,
		still: "FAILED MultipleAccessKeys", then: remove(2), more: 1},

	// The staged secret.
	{name: "the staged secret deleted before the key is verified", at: "VerifyKey", act: unstage,
		ends: "FAILED StagedSecretLost", path: untilVerifyKey, left: "key 1 Active and held, key 2 Active, record open",
		more: 1},
	{name: "the staged secret deleted before the update", at: "UpdateCredentials", act: unstage,
		ends: "FAILED StagedSecretLost", path: untilUpdate, left: "key 1 Active and held, key 2 Active, record open",
		more: 1},
	{name: "another key's secret staged in its place", at: "VerifyKey", act: spoil,
		ends: "FAILED MalformedAnswer", says: rotation.NextAfterWrongSecret, path: untilVerifyKey, left: bothStaged,
		still: "FAILED MalformedAnswer", then: unstage, more: 1},
	{name: "another key's secret staged before the update", at: "UpdateCredentials", act: spoil,
		ends: "FAILED MalformedAnswer", says: rotation.NextAfterWrongSecret, path: untilUpdate, left: bothStaged,
		still: "FAILED MalformedAnswer", then: unstage, more: 1},
	{name: "a wrong secret staged", at: "VerifyKey", act: stageWrongSecret,
		ends: "FAILED NewKeyUnusable", path: untilVerifyKey + clean, left: nothingDone, more: 1},
	{name: "a wrong secret staged before the update", at: "UpdateCredentials", act: stageWrongSecret,
		ends: "FAILED DeploymentFailed", path: untilDeploy, left: heldBoth, then: putNewKey, more: 1},
}

// putNewKey is how a person who happens to have the secret puts the new key back.
func putNewKey(p *people) { p.Qovery.SetKey(p.credentials, keyOf(p.IAM.Answer(p.key(2)))) }

// newKeyByHand is a person who begins anew, and makes sure that the key works.
func newKeyByHand(p *people) {
	p.IAM.Settling.Relapse = 0
	key, err := p.IAM.CreateKeyByHand(lab.UserName)
	if err != nil {
		panic(err)
	}
	p.Qovery.SetKey(p.credentials, keyOf(key))
	p.Sleep(time.Minute)
	deploy(p)
}

// byHand is the runbook's "A key by hand": a new key in its place, the rotation
// released, and the n-th key deleted when nothing uses it any more.
func byHand(n int) func(*people) {
	return all(newKeyByHand, waitFor(time.Hour), release, waitFor(2*time.Hour), remove(n))
}

func deploymentsFail(p *people) {
	fails := fakeqovery.Fails("AccessDenied", "")
	p.Qovery.Script(p.Clusters[0], fails, fails)
}

func waitFor(d time.Duration) func(*people) { return func(p *people) { p.Sleep(d) } }

func TestKeysByHand(t *testing.T) {
	for _, m := range keysByHand {
		t.Run(m.name, func(t *testing.T) { m.play(t) })
	}
}

const (
	otherCredentials = "1a2b3c4d-0000-4000-8000-000000000001"
	registryID       = "1a2b3c4d-0000-4000-8000-000000000002"
	helmID           = "1a2b3c4d-0000-4000-8000-000000000003"
	managerID        = "1a2b3c4d-0000-4000-8000-000000000004"
	dnsCluster       = "c1a57e00-0000-4000-8000-000000000300"
)

func addCredentials(objectType string) func(*people) {
	return func(p *people) {
		p.Qovery.AddCredentials(fakeqovery.Credentials{ID: otherCredentials, Name: "AWS, once more", ObjectType: objectType,
			Key: keyOf(p.OldKey)})
	}
}

// addOtherCluster adds a cluster that other credentials serve.
func addOtherCluster(p *people) {
	p.Qovery.AddCluster(fakeqovery.Cluster{ID: "c1a57e00-0000-4000-8000-000000000200", Name: "other",
		CredentialsID: otherCredentials})
}

func addRegistries(p *people) {
	p.Qovery.AddContainerRegistry(fakeqovery.Registry{ID: registryID, Name: "images", Region: "eu-west-3",
		Key: keyOf(p.OldKey)})
	p.Qovery.AddHelmRepository(fakeqovery.Registry{ID: helmID, Name: "charts", Region: "eu-west-3", Key: keyOf(p.OldKey)})
}

func addRoute53(p *people) {
	p.Qovery.AddCluster(fakeqovery.Cluster{ID: dnsCluster, Name: "with-dns", CredentialsID: p.credentials,
		Route53: keyOf(p.OldKey)})
}

func addSecretManager(p *people) {
	p.Qovery.AddCluster(fakeqovery.Cluster{
		ID: dnsCluster, Name: "with-vault", CredentialsID: p.credentials,
		SecretManagers: []fakeqovery.SecretManagerAccess{{ID: managerID, Name: "vault", Key: keyOf(p.OldKey)}},
	})
}

// addRoute53Elsewhere adds one that somebody promises to change by hand.
func addRoute53Elsewhere(p *people) {
	addRoute53(p)
	handledElsewhere(dnsCluster)(p)
}

func handledElsewhere(id string) func(*people) {
	return func(p *people) {
		p.retarget(func(target *target.Target) { target.HandledElsewhere = []string{id} })
	}
}

// later does something after a while.
func later(d time.Duration, act func(*people)) func(*people) {
	return func(p *people) { p.Timeline.At(p.Timeline.Now().Add(d), func() { act(p) }) }
}

func changeRoute53(p *people) { p.Qovery.SetKey(dnsCluster, p.foreignKey()) }

// retarget deploys another configuration of the target.
func (p *people) retarget(change func(*target.Target)) {
	change(&p.Target)
	document, err := json.Marshal(p.Target)
	if err != nil {
		panic(err)
	}
	p.SSM.SetTarget(p.Target.Name, document)
}

func wrongAccount(p *people) {
	p.retarget(func(target *target.Target) { target.Account = "999999999999" })
}

func rightAccount(p *people) {
	p.retarget(func(target *target.Target) { target.Account = "" })
}

func lock(p *people)   { p.Qovery.Lock(p.Clusters[0], "black friday", "ops") }
func unlock(p *people) { p.Qovery.Unlock(p.Clusters[0]) }

// answering has Qovery answer requests of a method (empty: any) in place of
// carrying them out, until answerAgain.
func answering(method, part string, status int) func(*people) {
	return func(p *people) {
		p.Qovery.Configure(func(c *fakeqovery.Config) {
			c.Hook = func(r *http.Request) (bool, *fakeqovery.Answer) {
				if (method == "" || r.Method == method) && strings.Contains(r.URL.Path, part) {
					return false, &fakeqovery.Answer{Status: status}
				}
				return true, nil
			}
		})
	}
}

// qoveryDown lets every connection to Qovery end without an answer.
func qoveryDown(p *people) {
	p.Qovery.Configure(func(c *fakeqovery.Config) {
		c.Hook = func(*http.Request) (bool, *fakeqovery.Answer) { return false, &fakeqovery.Answer{Dropped: true} }
	})
}

func answerAgain(p *people) { p.Qovery.Configure(func(c *fakeqovery.Config) { c.Hook = nil }) }

// script says what becomes of the first cluster's next deployments.
func script(outcomes ...fakeqovery.Outcome) func(*people) {
	return func(p *people) { p.Qovery.Script(p.Clusters[0], outcomes...) }
}

// failing makes every call of a site fail, until mended.
func failing(site string, kind lab.FaultKind) func(*people) {
	return func(p *people) {
		p.Wire.Injector = func(c lab.Call) lab.Fault {
			if strings.HasPrefix(c.Site, site) {
				return lab.Fault{Kind: kind}
			}
			return lab.Fault{}
		}
	}
}

// failingOnce makes the next call of a site fail.
func failingOnce(site string, kind lab.FaultKind) func(*people) {
	return failingAt(site, 1, kind)
}

// failingAt makes the n-th call of a site fail, counted from now.
func failingAt(site string, n int, kind lab.FaultKind) func(*people) {
	return func(p *people) {
		calls := 0
		p.Wire.Injector = func(c lab.Call) lab.Fault {
			if c.Site == site {
				calls++
			}
			if c.Site != site || calls != n {
				return lab.Fault{}
			}
			return lab.Fault{Kind: kind}
		}
	}
}

// asSoonAs does something just when the next call of a site is sent.
func asSoonAs(site string, act func(*people)) func(*people) {
	return func(p *people) {
		acted := false
		p.Wire.Injector = func(c lab.Call) lab.Fault {
			if !acted && c.Site == site {
				acted = true
				p.Timeline.At(p.Timeline.Now(), func() { act(p) })
			}
			return lab.Fault{}
		}
	}
}

func mend(p *people) { p.Wire.Injector = nil }

var placesByHand = []intervention{
	// At the start.
	{name: "a locked cluster", given: lock, ends: "FAILED ClustersLocked", says: "staging-1: black friday",
		path: "Preflight", left: nothingDone,
		still: "FAILED ClustersLocked", then: unlock, more: 1},
	{name: "a cluster in error", given: breakCluster, ends: "FAILED ClustersInError", says: "staging-1 (DEPLOYMENT_ERROR)",
		path: "Preflight", left: nothingDone,
		still: "FAILED ClustersInError", then: deploy, more: 1},
	{name: "credentials of another type beside", given: addCredentials("EKS_ANYWHERE_VSPHERE"),
		ends: "FAILED UnsupportedCredentials", says: "EKS_ANYWHERE_VSPHERE", path: "Preflight", left: nothingDone,
		still: "FAILED UnsupportedCredentials", then: putForeignKeyInto(otherCredentials), more: 1},
	{name: "credentials of another type alone", given: all(addCredentials("EKS_ANYWHERE_VSPHERE"), putForeignKey),
		ends: "FAILED UnsupportedCredentials", says: "EKS_ANYWHERE_VSPHERE", path: "Preflight", left: nothingDone,
		still: "FAILED UnsupportedCredentials", then: all(putOldKey, putForeignKeyInto(otherCredentials)), more: 1},
	{name: "credentials that serve no clusters", given: all(addCredentials("AWS"), putForeignKey),
		ends: "FAILED NoClusters", path: "Preflight", left: nothingDone,
		still: "FAILED NoClusters", then: putOldKey, more: 1},
	{name: "a secret manager with the key", given: addSecretManager, ends: "FAILED UnmanagedLocations",
		says: `secret manager "vault"`, path: "Preflight", left: nothingDone,
		still: "FAILED UnmanagedLocations", then: putForeignKeyInto(managerID), more: 1},
	{name: "a Route 53 provider with the key", given: addRoute53, ends: "FAILED UnmanagedLocations",
		says: `DNS provider "with-dns"`, path: "Preflight", left: nothingDone,
		still: "FAILED UnmanagedLocations", then: changeRoute53, more: 1},
	{name: "a Route 53 provider that is handled elsewhere, and forgotten", given: addRoute53Elsewhere,
		ends: "FAILED OldKeyStillInUse", path: untilUsage, left: "key 1 Active and held, key 2 Active and held, record open",
		still: "FAILED OldKeyStillInUse", then: changeRoute53, more: 1},
	{name: "credentials that are handled elsewhere, unused and forgotten",
		given: all(addCredentials("AWS"), handledElsewhere(otherCredentials)),
		ends:  "FAILED OldKeyHeld", says: `AWS credentials "AWS, once more"`, path: untilDeact,
		left:  "key 1 Active and held, key 2 Active and held, record open",
		still: "FAILED OldKeyHeld", then: putForeignKeyInto(otherCredentials), more: 1},
	{name: "credentials of another type that are handled elsewhere, unused and forgotten",
		given: all(addCredentials("EKS_ANYWHERE_VSPHERE"), handledElsewhere(otherCredentials)),
		ends:  "FAILED OldKeyHeld", says: `AWS credentials "AWS, once more"`, path: untilDeact,
		left: "key 1 Active and held, key 2 Active and held, record open",
		then: putForeignKeyInto(otherCredentials), redrive: true},
	{name: "a Route 53 provider that is handled elsewhere, in time", given: addRoute53Elsewhere, at: "GracePeriod",
		act:  changeRoute53,
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "a container registry and a Helm repository with the key", given: addRegistries,
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "another account in the target", given: wrongAccount, ends: "FAILED WrongIdentity", path: untilVerifyKey,
		left:  bothStaged,
		still: "FAILED WrongIdentity", then: rightAccount, more: 1},

	// Two credentials with the same key.
	{name: "a second credentials", given: all(addCredentials("AWS"), addOtherCluster),
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "a second credentials that refuses the key",
		given: all(addCredentials("AWS"), addOtherCluster, answering("PUT", otherCredentials, 403)),
		ends:  "FAILED UpdateFailed", path: untilUpdate,
		left:  "key 1 Active and held, key 2 Active and held, record open, secret of key 2 staged",
		still: "FAILED UpdateFailed", then: answerAgain, more: 1},
	{name: "a second credentials that refuses the key, and the staged secret is deleted",
		given: all(addCredentials("AWS"), answering("PUT", otherCredentials, 403)),
		at:    "UpdateCredentials", act: later(30*time.Minute, unstage),
		ends: "FAILED UpdateFailed", path: untilUpdate,
		left:  "key 1 Active and held, key 2 Active and held, record open, secret of key 2 staged",
		still: "FAILED StagedSecretLost", then: all(answerAgain, putOldKey, release, remove(2)), more: 1},
	{name: "the old key back in one of several places, which is given another user's", given: addRegistries,
		at: "GracePeriod", act: putOldKeyInto(registryID),
		ends: "FAILED OldKeyStillInUse", path: untilUsage, left: "key 1 Active and held, key 2 Active and held, record open",
		still: "FAILED StagedSecretLost",
		then:  all(putForeignKeyInto(registryID), startInVain, release, waitFor(2*time.Hour), remove(1)), more: 1},
	{name: "the secret is lost in the middle of the update, and the other place is given another user's key",
		given: all(addCredentials("AWS"), answering("PUT", otherCredentials, 403)),
		at:    "UpdateCredentials", act: later(30*time.Minute, unstage),
		ends: "FAILED UpdateFailed", path: untilUpdate,
		left:  "key 1 Active and held, key 2 Active and held, record open, secret of key 2 staged",
		still: "FAILED StagedSecretLost",
		then:  all(answerAgain, putForeignKeyInto(otherCredentials), deploy, release, waitFor(2*time.Hour), remove(1)),
		more:  1},
	{name: "credentials with the old key added in the grace period", at: "GracePeriod",
		act:  all(addCredentials("AWS"), addOtherCluster),
		ends: "FAILED OldKeyStillInUse", path: untilUsage, left: "key 1 Active and held, key 2 Active and held, record open",
		still: "FAILED StagedSecretLost", then: all(putForeignKeyInto(otherCredentials), deployOther), more: 1},
}

func putForeignKeyInto(id string) func(*people) {
	return func(p *people) { p.Qovery.SetKey(id, p.foreignKey()) }
}

func putOldKeyInto(id string) func(*people) {
	return func(p *people) { p.Qovery.SetKey(id, keyOf(p.OldKey)) }
}

// startInVain starts an execution, which refuses a key that the rotation does
// not know where it had put the new one.
func startInVain(p *people) {
	run, err := p.Start("in-vain", `{"target": "production"}`)
	if err != nil {
		panic(err)
	}
	if run.Wait(); run.Outcome() != "FAILED UnexpectedAccessKey" {
		panic(run.Outcome() + ": " + run.Cause())
	}
}

func deployOther(p *people) { p.Qovery.Deploy("c1a57e00-0000-4000-8000-000000000200") }

func TestPlacesByHand(t *testing.T) {
	for _, m := range placesByHand {
		t.Run(m.name, func(t *testing.T) { m.play(t) })
	}
}

var clustersByHand = []intervention{
	{name: "added in the grace period", at: "GracePeriod", act: addCluster,
		ends: "SUCCEEDED", path: toGrace + " CheckUsage DeactivateKey DeployClusters GracePeriod " + toEnd, left: oldDeleted},
	{name: "broken once in the grace period", at: "GracePeriod", act: breakCluster,
		ends: "SUCCEEDED", path: toGrace + " CheckUsage DeactivateKey DeployClusters GracePeriod " + toEnd, left: oldDeleted},
	{name: "broken each time", at: "CheckUsage", act: breakCluster, each: true,
		ends: "FAILED DeploymentNotObserved", says: "staging-1 (DEPLOYMENT_ERROR)", path: untilDeact +
			strings.Repeat(" DeployClusters GracePeriod CheckUsage DeactivateKey", 2), left: heldBoth,
		then: deploy, redrive: true},
	{name: "a stopped one started in the grace period", given: stopCluster, at: "GracePeriod", act: deploy,
		ends: "SUCCEEDED", path: toGrace + " CheckUsage DeactivateKey DeployClusters GracePeriod " + toEnd, left: oldDeleted},
	{name: "a stopped one started while others are deployed", clusters: 3, given: stopCluster, at: "WaitForDeployment",
		act:  deploy,
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "stopped in the grace period", at: "GracePeriod", act: stopCluster, ends: "SUCCEEDED", path: whole,
		left: oldDeleted},
	{name: "all stopped", given: stopCluster, ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "stopped while it is deployed", at: "WaitForDeployment", act: stopCluster, ends: "SUCCEEDED", path: whole,
		left: oldDeleted},
	{name: "the canary stopped while it is deployed again", at: "WaitForVerification", act: stopCluster, ends: "SUCCEEDED",
		path: whole, left: oldDeleted},
	{name: "another one added each time", at: "CheckUsage", act: addCluster, each: true,
		ends: "FAILED DeploymentNotObserved", says: "added-4 (DEPLOYED)", path: untilDeact +
			strings.Repeat(" DeployClusters GracePeriod CheckUsage DeactivateKey", 2), left: heldBoth,
		redrive: true},
	{name: "busy for a day", given: func(p *people) { p.Qovery.SetStatus(p.Clusters[0], "QUEUED") },
		ends: "FAILED ClustersBusy", says: "staging-1 (QUEUED)", path: "Preflight", left: nothingDone,
		still: "FAILED ClustersBusy", then: deploy, more: 1},
	{name: "added in the observation period", at: "ObservationPeriod", act: addCluster, ends: "SUCCEEDED", path: whole,
		left: oldDeleted},

	// Deployments.
	{name: "a deployment ignored once", given: script(fakeqovery.Ignored()), ends: "SUCCEEDED", path: whole,
		left: oldDeleted},
	{name: "deployments ignored", given: script(fakeqovery.Ignored(), fakeqovery.Ignored()),
		ends: "FAILED DeploymentNotObserved", says: "told to deploy 2 times", path: untilDeploy, left: heldBoth,
		redrive: true},
	{name: "a deployment that is too slow", given: script(fakeqovery.Succeeds().After(3 * time.Hour)),
		ends: "FAILED DeploymentTimeout", says: "staging-1 (DEPLOYING, started at 08:0", path: untilDeploy, left: heldBoth,
		redrive: true},
	{name: "deployments refused", given: answering("POST", "/deploy", 409),
		ends: "FAILED DeploymentFailed", says: "refused to deploy the cluster staging-1 (DEPLOYED) with status 409",
		path: untilDeploy, left: heldBoth,
		still: "FAILED DeploymentFailed", then: answerAgain, more: 1},
	{name: "deployments that fail without a word",
		given: all(script(fakeqovery.EndsAs("BUILD_ERROR"), fakeqovery.EndsAs("CANCELED")), answering("GET", "/logs", 500)),
		ends:  "FAILED DeploymentFailed", says: "is CANCELED after 2 attempts to deploy it: its logs tell no reason",
		path: untilDeploy, left: heldBoth,
		then: answerAgain, redrive: true},
	{name: "deployments ignored with the old key Inactive", at: "ObservationPeriod",
		act:  script(fakeqovery.Ignored(), fakeqovery.Ignored()),
		ends: "FAILED DeploymentNotObserved", says: "is Active again.", path: untilVerified + broughtBack, left: heldBoth,
		more: 1},
	{name: "a deployment too slow with the old key Inactive", at: "ObservationPeriod",
		act:  script(fakeqovery.Succeeds().After(3 * time.Hour)),
		ends: "FAILED DeploymentTimeout", path: untilVerified + broughtBack, left: heldBoth, more: 1},
}

func TestClustersByHand(t *testing.T) {
	for _, m := range clustersByHand {
		t.Run(m.name, func(t *testing.T) { m.play(t) })
	}
}

var servicesAstray = []intervention{
	{name: "CloudTrail throttled for long", at: "CheckUsage", act: failing("trail.", lab.Throttle),
		ends: "FAILED Throttled", path: untilUsage, left: heldBoth, still: "FAILED Throttled", then: mend, more: 1},
	{name: "IAM unreachable when the old key is to be deactivated", at: "DeactivateKey",
		act:  failing("iam.UpdateAccessKey", lab.FailBefore),
		ends: "FAILED Unreachable", path: untilDeact + strings.Repeat(" CheckUsage DeactivateKey", 2) + " ReactivateKey",
		left: heldBoth, still: "FAILED Unreachable", then: mend, more: 1},
	{name: "IAM deactivates, and never says so", at: "DeactivateKey", act: failing("iam.UpdateAccessKey", lab.FailAfter),
		ends: "FAILED Unreachable", path: untilDeact + " ReactivateKey", left: heldBoth, then: mend, more: 1},
	{name: "the token revoked in the grace period", at: "GracePeriod", act: answering("GET", "", 401),
		ends: "FAILED TokenRefused", path: untilDeact, left: heldBoth, still: "FAILED TokenRefused", then: answerAgain,
		redrive: true},
	{name: "the token revoked in the observation period", at: "ObservationPeriod", act: answering("GET", "", 401),
		ends: "FAILED TokenRefused", path: untilVerified + broughtBack, left: heldBoth, still: "FAILED TokenRefused",
		then: answerAgain, more: 1},
	{name: "the token revoked before the new key is created", at: "CreateKey", act: answering("GET", "", 401),
		ends: "FAILED TokenRefused", path: "Preflight CreateKey" + clean, left: nothingDone, still: "FAILED TokenRefused",
		then: answerAgain, more: 1},
	{name: "IAM's lists eight minutes late", given: func(p *people) {
		p.IAM.Settling.Lists = lab.Exactly(8 * time.Minute)
	},
		ends: "SUCCEEDED", path: whole, left: oldDeleted},
	{name: "IAM's lists late when the old key is brought back", at: "ObservationPeriod",
		act:  all(deploymentsFail, func(p *people) { p.IAM.Settling.Lists = lab.Exactly(2 * time.Minute) }),
		ends: "FAILED DeploymentFailed", path: untilVerified + broughtBack, left: heldBoth, more: 1},
	{name: "Qovery's reads three minutes late", given: func(p *people) {
		p.Qovery.Configure(func(c *fakeqovery.Config) { c.CredentialsLag = 3 * time.Minute })
	}, ends: "FAILED UpdateFailed", says: "still does not show it there", path: untilUpdate,
		left: "key 1 Active, key 2 Active and held, record open, secret of key 2 staged", more: 1},
	{name: "Qovery's reads three minutes late, and the staged secret deleted", given: func(p *people) {
		p.Qovery.Configure(func(c *fakeqovery.Config) { c.CredentialsLag = 3 * time.Minute })
	}, ends: "FAILED UpdateFailed", path: untilUpdate,
		left: "key 1 Active, key 2 Active and held, record open, secret of key 2 staged", then: unstage, more: 1},
	{name: "a creation that failed, and a person creates a key then", at: "CreateKey",
		act:  together(failingOnce("iam.CreateAccessKey", lab.FailBefore), later(time.Minute, createKey)),
		ends: "FAILED UnexpectedAccessKey", says: "that this rotation did not create", path: "Preflight CreateKey" + clean,
		left:  userHasTwo,
		still: "FAILED MultipleAccessKeys", then: remove(2), more: 1},
	{name: "creations that failed, and a person creates a key while they are cleared up, which CloudTrail tells late",
		at: "DiscardKey",
		given: func(p *people) {
			p.Trail.Lag = 14 * time.Minute
			failing("iam.CreateAccessKey", lab.FailBefore)(p)
		}, act: createKey,
		ends: "FAILED IAMSettling", path: "Preflight CreateKey" + clean, left: userHasTwo,
		still: "FAILED MultipleAccessKeys", then: together(remove(2), func(p *people) { p.Wire.Injector = nil }), more: 1},
	{name: "something outside Qovery uses the old key", given: func(p *people) {
		p.UseElsewhere(p.OldKey.ID, "ecr", 10*time.Minute)
	},
		ends: "FAILED OldKeyStillInUse", says: "ecr in eu-west-3, Describe from 203.0.113.10 by ecr-client", path: untilUsage,
		left:  heldBoth,
		still: "FAILED OldKeyStillInUse", then: func(p *people) { p.NobodyElse() }, more: 1},
}

func TestServicesAstray(t *testing.T) {
	for _, m := range servicesAstray {
		t.Run(m.name, func(t *testing.T) { m.play(t) })
	}
}

// A rotation that is disturbed once, and everything about what came of it.

// interrupt starts an execution and stops it in a state.
func (p *people) interrupt(t *testing.T, state string) {
	p.run = p.start(t, "")
	if !p.run.UntilIn(state) {
		t.Errorf("never comes to %s", state)
	}
	p.Sleep(time.Minute)
	p.run.Stop()
	p.Sleep(time.Minute)
}

func requireOutcome(t *testing.T, run *lab.Run, want, path string) {
	t.Helper()
	if run.Outcome() != want {
		t.Errorf("%s ends with %s, want %s: %s", run.Name(), run.Outcome(), want, unquote(run.Cause()))
	}
	if got := stops(run.Path()); path != "" && got != path {
		t.Errorf("%s goes through\n%s\nwant\n%s", run.Name(), got, path)
	}
}

func requireLeft(t *testing.T, p *people, want string) {
	t.Helper()
	if left := whatIsLeft(p.World); left != want {
		t.Errorf("leaves %s, want %s", left, want)
	}
}

func TestAbort(t *testing.T) {
	for _, c := range []struct {
		name       string
		stop       string // the state in which the first execution is stopped; empty: there is none
		act        func(*people)
		ends, path string
		left       string
	}{
		{"nothing is open", "", nil, "FAILED NothingToAbort", "Preflight", nothingDone},
		{"in the grace period", "GracePeriod", nil, "FAILED AbortRequested", "Preflight RestoreOldKey RotationPaused",
			heldBoth},
		{"in the observation period", "ObservationPeriod", nil, "FAILED AbortRequested",
			"Preflight RestoreOldKey RotationPaused", heldBoth},
		{"the old key is Active again already", "ObservationPeriod", activate(1), "FAILED AbortRequested",
			"Preflight RestoreOldKey RotationPaused", heldBoth},
		{"Qovery is down", "ObservationPeriod", qoveryDown, "FAILED AbortRequested", "Preflight RestoreOldKey RotationPaused",
			heldBoth},
		{"the token is revoked", "ObservationPeriod", answering("", "", 401), "FAILED AbortRequested",
			"Preflight RestoreOldKey RotationPaused", heldBoth},
		{"a person has deactivated the old key", "GracePeriod", deactivate(1), "FAILED OldKeyInactive", "Preflight",
			"key 1 Inactive, key 2 Active and held, record open"},
		{"a person has deleted the old key", "ObservationPeriod", remove(1), "FAILED OldKeyLost", "Preflight RestoreOldKey",
			"key 2 Active and held, record open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			p.operate(t, func() {
				if c.stop != "" {
					p.interrupt(t, c.stop)
				}
				if c.act != nil {
					c.act(p)
				}
				run := p.start(t, `, "abort": true`)
				run.Wait()
				requireOutcome(t, run, c.ends, c.path)
				requireLeft(t, p, c.left)
				answerAgain(p)
				if strings.Contains(c.left, "key 1 Inactive") {
					activate(1)(p)
				}
				requireOutcome(t, p.another(t), "SUCCEEDED", "")
				requireLeft(t, p, oldDeleted)
			})
			requireNoHarm(t, p.World)
		})
	}
}

// TestForgottenOwner: an owner that Step Functions does not know may yet turn up
// for a day; later its record is taken over.
func TestForgottenOwner(t *testing.T) {
	for _, c := range []struct {
		name   string
		passes time.Duration
		waits  bool
	}{{"young", time.Hour, true}, {"old", 25 * time.Hour, false}} {
		t.Run(c.name, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			p.operate(t, func() {
				p.interrupt(t, "GracePeriod")
				p.Executions.Forget(p.run.ARN())
				p.Sleep(c.passes)
				began := p.Timeline.Now()
				run := p.start(t, "")
				run.UntilIn("DeployClusters")
				if waited := p.Timeline.Now().Sub(began) > time.Hour; waited != c.waits {
					t.Errorf("taken over after %s", p.Timeline.Now().Sub(began))
				}
				run.Wait()
				requireOutcome(t, run, "SUCCEEDED", carryOn)
			})
			requireLeft(t, p, oldDeleted)
			requireNoHarm(t, p.World)
		})
	}
}

// touch is a write to the record by somebody else.
func (p *people) touch() {
	if record := p.Journal.Current(lab.UserName); record != nil {
		record.Revision++
		if err := p.Journal.Save(context.Background(), *record); err != nil {
			panic(err)
		}
	}
}

// effectful are the states that write to the journal more than a lease, in order.
var effectful = []string{"CreateKey", "UpdateCredentials", "DeployClusters", "DeactivateKey", "VerifyDeployment",
	"DeleteKey", "Complete"}

// TestRecordChangesUnderAClaim: who finds the record changed has lost the lock and
// stops at once. Nobody takes the way back for that: another one carries on.
func TestRecordChangesUnderAClaim(t *testing.T) {
	for _, state := range effectful {
		t.Run(state, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			claim := 1
			if state == "DeployClusters" {
				claim = 3 // its first run is too early to start anything, and writes claim and release
			}
			writes := 0
			p.Journal.OnWrite(func(w lab.JournalWrite) {
				if !strings.HasSuffix(w.By, "/"+state) {
					return
				}
				if writes++; writes == claim {
					p.Timeline.At(w.At, p.touch)
				}
			})
			p.operate(t, func() {
				run := p.start(t, "")
				run.Wait()
				requireOutcome(t, run, "FAILED LockLost", "")
				if last := run.Path()[len(run.Path())-1]; last != state {
					t.Errorf("stops in %s", last)
				}
				requireOutcome(t, p.another(t), "SUCCEEDED", "")
			})
			if !oneKeyLeft(p.World) {
				t.Errorf("leaves %s", whatIsLeft(p.World))
			}
			requireNoHarm(t, p.World)
		})
	}
}

// TestRecordChangesBeforeTheClaim: whose claim comes second tries again, and finds
// out who owns the record then.
func TestRecordChangesBeforeTheClaim(t *testing.T) {
	for _, state := range append([]string{"Preflight"}, effectful...) {
		t.Run(state, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			changes := 0
			p.operate(t, func() {
				if state == "Preflight" {
					p.interrupt(t, "GracePeriod")
				}
				p.Wire.Injector = func(c lab.Call) lab.Fault {
					if c.Site == "journal.Save" && strings.HasSuffix(c.Process, "/"+state) && changes < 3 {
						changes++
						p.Timeline.At(p.Timeline.Now(), p.touch)
					}
					return lab.Fault{}
				}
				run := p.start(t, "")
				run.Wait()
				requireOutcome(t, run, "SUCCEEDED", "")
			})
			if changes != 3 {
				t.Errorf("the record was changed %d times", changes)
			}
			requireLeft(t, p, oldDeleted)
			requireNoHarm(t, p.World)
		})
	}
}

// TestClosedTwice: a step that closes the record dies before it can answer, and is
// run again.
func TestClosedTwice(t *testing.T) {
	for _, c := range []struct {
		state, ends, left string
		given             func(*people)
	}{
		{"Complete", "SUCCEEDED", oldDeleted, func(*people) {}},
		{"DiscardKey", "FAILED NewKeyUnusable", nothingDone, func(p *people) {
			p.IAM.Settling.Propagation = lab.Exactly(24 * time.Hour)
		}},
	} {
		for _, kind := range []lab.FaultKind{lab.KillAfter, lab.FailAfter, lab.HangAfter, lab.Malformed} {
			t.Run(c.state+" "+string(kind), func(t *testing.T) {
				p := attentive(t, lab.Setup{})
				c.given(p)
				failingOnce("journal.Close", kind)(p)
				p.operate(t, func() {
					run := p.start(t, "")
					run.Wait()
					requireOutcome(t, run, c.ends, "")
					requireLeft(t, p, c.left)
					if path := strings.Fields(stops(run.Path())); !slices.Contains(path, c.state) {
						t.Errorf("never comes to %s", c.state)
					}
				})
				items, err := p.Journal.History(context.Background(), lab.UserName)
				if err != nil || len(items) != 1 {
					t.Errorf("%d rotations in the history, %v", len(items), err)
				}
				requireNoHarm(t, p.World)
			})
		}
	}
}

// TestNewKeyUnusableAfterUpdate: some location holds the new key already when STS
// begins to refuse it. It is never discarded then.
func TestNewKeyUnusableAfterUpdate(t *testing.T) {
	p := attentive(t, lab.Setup{})
	p.operate(t, func() {
		all(addCredentials("AWS"), answering("PUT", otherCredentials, 403))(p)
		p.start(t, "").Wait()
		answerAgain(p)
		p.IAM.RefuseByHand(p.key(2))
		p.Sleep(time.Hour)
		run := p.start(t, "")
		run.Wait()
		requireOutcome(t, run, "FAILED NewKeyUnusableAfterUpdate", "Preflight VerifyKey")
		requireLeft(t, p, "key 1 Active and held, key 2 Active and held, record open, secret of key 2 staged")
		p.IAM.AllowByHand(p.key(2))
		if err := run.Redrive(); err != nil {
			t.Error(err)
		}
		run.Wait()
		requireOutcome(t, run, "SUCCEEDED", "Preflight VerifyKey UpdateCredentials DeployClusters GracePeriod "+toEnd)
	})
	requireLeft(t, p, oldDeleted)
	requireNoHarm(t, p.World)
}

// TestRedriveBringsFreshAttempts: two more, where two have failed.
func TestRedriveBringsFreshAttempts(t *testing.T) {
	p := attentive(t, lab.Setup{})
	p.operate(t, func() {
		fails := fakeqovery.Fails("no capacity", "")
		script(fails, fails, fails)(p)
		run := p.start(t, "")
		run.Wait()
		requireOutcome(t, run, "FAILED DeploymentFailed", untilDeploy)
		if err := run.Redrive(); err != nil {
			t.Error(err)
		}
		run.Wait()
		requireOutcome(t, run, "SUCCEEDED", whole)
	})
	if n := len(p.Qovery.Deployments(p.Clusters[0])); n != 5 {
		t.Errorf("%d deployments, want 2, then 2 more, then the canary's", n)
	}
	requireNoHarm(t, p.World)
}

// TestCanary: which clusters are deployed once more while the old key is Inactive.
func TestCanary(t *testing.T) {
	for _, c := range []struct {
		name         string
		verification target.Verification
		meanwhile    func(*people) // while the canary is deployed
		want         string        // deployments of staging and production
	}{
		{"one of non-production", target.VerifyCanary, nil, "2 1"},
		{"none", target.VerifyNone, nil, "1 1"},
		{"another one when it is stopped", target.VerifyCanary, stopCluster, "2 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := attentive(t, lab.Setup{Clusters: 2, Target: func(target *target.Target) {
				target.Verification = c.verification
			}})
			p.operate(t, func() {
				run := p.start(t, "")
				if c.meanwhile != nil {
					run.UntilIn("WaitForVerification")
					p.Sleep(time.Minute)
					c.meanwhile(p)
				}
				run.Wait()
				requireOutcome(t, run, "SUCCEEDED", whole)
			})
			got := fmt.Sprint(len(p.Qovery.Deployments(p.Clusters[0])), len(p.Qovery.Deployments(p.Clusters[1])))
			if got != c.want {
				t.Errorf("deployments of staging and production: %s, want %s", got, c.want)
			}
			requireLeft(t, p, oldDeleted)
			requireNoHarm(t, p.World)
		})
	}
}

// TestDryRunOfAnInterruptedRotation says what carrying on would be, or what would
// refuse it, and changes nothing.
func TestDryRunOfAnInterruptedRotation(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(*people)
		says []string
	}{
		{"carries on", func(*people) {}, []string{`"would":"DEPLOY"`}},
		{"is refused", putForeignKey, []string{`"refused":"UnexpectedAccessKey"`, `hold neither the old key`}},
		{"brings the old key back", deactivate(1), []string{`"refused":"OldKeyInactive"`}},
		{"gives up a new key that is gone", all(remove(2), putOldKey),
			[]string{`"would":"CREATE"`, `"clusters":["staging-1"]`}},
		{"waits", lendTo("somebody", time.Hour), []string{`"refused":"StepBusy"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := attentive(t, lab.Setup{})
			p.operate(t, func() {
				p.interrupt(t, "GracePeriod")
				c.act(p)
				before, left := p.Journal.Current(lab.UserName), whatIsLeft(p.World)
				run := p.start(t, `, "dryRun": true`)
				run.Wait()
				requireOutcome(t, run, "SUCCEEDED", "Preflight PlanReported")
				for _, part := range c.says {
					if output := string(run.Output()); !strings.Contains(output, part) {
						t.Errorf("%s is not in %s", part, output)
					}
				}
				requireLeft(t, p, left)
				if after := p.Journal.Current(lab.UserName); after.Revision != before.Revision {
					t.Errorf("the record was changed: %+v", after)
				}
			})
		})
	}
}

// lendTo gives an invocation the lease of the record.
func lendTo(holder string, d time.Duration) func(*people) {
	return func(p *people) {
		record := p.Journal.Current(lab.UserName)
		record.Revision++
		record.Lease = rotation.Lease{Holder: holder, Until: p.Timeline.Now().Add(d)}
		if err := p.Journal.Save(context.Background(), *record); err != nil {
			panic(err)
		}
	}
}
