package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/qovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/statemachine"
)

// What every world has.
const (
	TargetName       = "production"
	UserName         = "qovery"
	account          = "123456789012"
	region           = "eu-west-3"
	CredentialsID    = "0f3d9a52-6c1e-4b7d-8a25-3e9d4c7b1f60"
	helmRepositoryID = "7a3e5b10-4f7c-4a41-9d5e-61c2f08b9d34"
	TokenParameter   = "/qovery-key-rotation/qovery-token"
	machineName      = "qovery-key-rotation"
)

// Beginning is the virtual time at which every world begins, on a Monday morning.
var Beginning = time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC)

// Setup says what a world is like. The zero value is a plain one.
type Setup struct {
	Seed uint64
	// Clusters are how many there are; zero: two, one of them production.
	Clusters int
	// Production are how many of them are production clusters; zero: half.
	Production int
	// DeployTime is how long deployments take; zero: seven minutes.
	DeployTime time.Duration
	// Applications are deployed all the time, for up to two hours with the key
	// that they started with.
	Applications bool
	// Registries: every cluster has the container registry that Qovery makes with it.
	Registries bool
	// SelfManaged: the credentials serve a cluster, too, that the customer runs.
	SelfManaged bool
	// Undeployed: the last cluster has changes that were saved and not deployed.
	Undeployed bool
	// Upgrade: there is a newer Kubernetes for the last cluster.
	Upgrade bool
	// OtherClouds are the kinds of the container registries that the organization
	// has on other clouds.
	OtherClouds []string
	// Denied are the regions in which an organization's policy lets nobody look
	// CloudTrail's events up.
	Denied []string
	// HelmRepository: the organization has a Helm repository in ECR, read with the key.
	HelmRepository bool
	// Route53: the first cluster's DNS provider holds the key.
	Route53 bool
	// Prompt: what is changed is seen by the next read, and a key that works goes on
	// working.
	Prompt bool
	// DryRun makes the first execution that a scenario starts a dry run, and its last.
	DryRun bool
	// Through changes what the steps see of the world, to prove that the world
	// sees what that breaks; nil: they see it as it is.
	Through func(*World, *Ports)
	// Target changes the target's configuration before it is deployed.
	Target func(*target.Target)
}

// World is an AWS account, a Qovery organization and everything that uses the
// key, on one timeline.
type World struct {
	Timeline   *Timeline
	Wire       *Wire
	IAM        *IAM
	Trail      *Trail
	SSM        *SSM
	Journal    *Journal
	Executions *Executions
	Qovery     *fakeqovery.Server
	Judge      *Judge
	Target     target.Target
	OldKey     rotation.NewAccessKey
	Clusters   []string // ids

	// OnEvent is told of every event of every execution.
	OnEvent func(*Run, statemachine.Event)
	// OnBetween is told that an execution has left a state and not entered the next.
	OnBetween func(*Run)
	// OnInvoke decides what goes wrong with the call of a function in a state; nil: nothing.
	OnInvoke func(state string) InvokeFault
	// ClockOff is how far the clock of a state's function is ahead of the true time,
	// or behind it; nil: it is right.
	ClockOff func(state string) time.Duration
	// Front stands in front of Qovery, and sees every request and its answer; nil: nothing does.
	Front func(qovery http.Handler) http.Handler
	// OnTold is told what people are told; nil: nobody is told.
	OnTold func(Told)
	// OnSay is told what the script of a scenario says.
	OnSay func(string)
	// GivenUp is asked all the time, and tells whether a play is to end at once; nil: it isn't.
	GivenUp func() bool

	runs        []*Run
	planned     []*planned
	machine     *statemachine.Machine
	functions   map[string]rotation.Step
	around      func(rotation.Step) rotation.Step
	seen        Ports // what the functions have of it
	random      chance
	dryRun      bool
	invocations int
	logs        bytes.Buffer
	token       string
	others      []consumer
	// qoveryAnswers is what it answers, or that it does not, whatever is asked; empty: it does.
	qoveryAnswers string
}

// NewWorld puts a world together.
func NewWorld(setup Setup) (*World, error) {
	machine, err := loadMachine()
	if err != nil {
		return nil, err
	}
	timeline := NewTimeline(Beginning)
	wire := NewWire(timeline, setup.Seed)
	w := &World{
		Timeline: timeline, Wire: wire, machine: machine,
		IAM: NewIAM(wire, account, setup.Seed), SSM: NewSSM(wire), Journal: NewJournal(wire),
		Executions: NewExecutions(wire, setup.Seed),
		random:     newRandom(setup.Seed, worldStream), dryRun: setup.DryRun,
	}
	w.Trail = NewTrail(w.IAM)
	w.Trail.Denied = setup.Denied
	w.Target = w.target(setup)
	w.settle(setup)
	w.Judge = newJudge(w)
	ports, err := w.ports()
	if err != nil {
		return nil, err
	}
	if setup.Through != nil {
		setup.Through(w, &ports)
	}
	w.around, w.seen = ports.Around, ports
	w.functions = ports.steps(slog.New(slog.NewJSONHandler(&w.logs, nil)), w.newID)
	timeline.OnMinute(w.consume)
	return w, nil
}

// loadMachine loads the shipped definition, once: worlds share it. Its
// placeholders stay: they name the functions.
var loadMachine = sync.OnceValues(func() (*statemachine.Machine, error) {
	machine, err := statemachine.Load(statemachine.Definition)
	if err != nil {
		return nil, fmt.Errorf("loading the state machine: %w", err)
	}
	return machine, nil
})

func (w *World) target(setup Setup) target.Target {
	target := target.Default()
	target.Name, target.IAMUserName = TargetName, UserName
	target.OrganizationID = fakeqovery.DefaultConfig(nil).OrganizationID
	target.TokenParameter = TokenParameter
	target.Schedule.StartAt = Beginning.Format(time.RFC3339)
	target.Account, target.Region = account, region
	if setup.Target != nil {
		setup.Target(&target)
	}
	return target
}

// settle fills the world: a user with a key that is due, an organization that
// holds it, clusters that run with it.
func (w *World) settle(setup Setup) {
	w.IAM.Path = w.Target.IAMUserPath
	w.IAM.AddUser(UserName, w.IAM.Path)
	w.OldKey = w.IAM.SeedKey(UserName, Beginning.Add(-90*24*time.Hour), rotation.Active)

	config := fakeqovery.DefaultConfig(w.Timeline.Now)
	config.Seed = setup.Seed
	config.KeyWorks = func(id, secret string) bool {
		return w.IAM.Authenticate(rotation.KeyID(id), rotation.NewSecret(secret))
	}
	config.GaveRole = func(registry, cluster string) {
		w.Judge.violated("%s was given a role while the cluster %s still had its key", registry, cluster)
	}
	w.Qovery = fakeqovery.New(config)
	w.Clusters = setup.Fill(w.Qovery, fakeKey(w.OldKey))
	if setup.Prompt {
		w.IAM.Settling.Lists, w.IAM.Settling.Relapse = Exactly(0), 0
		w.Qovery.Configure(func(c *fakeqovery.Config) { c.StatusLag, c.CredentialsLag = 0, 0 })
	}

	document, err := json.Marshal(w.Target)
	if err != nil {
		panic(err)
	}
	w.SSM.SetTarget(w.Target.Name, document)
	w.token = config.Token
	w.SSM.SetToken(TokenParameter, rotation.NewSecret(config.Token))
}

func fakeKey(key rotation.NewAccessKey) fakeqovery.Key {
	return fakeqovery.Key{ID: string(key.ID), Secret: key.Secret.Reveal()}
}

// Fill puts into an organization what holds the key: credentials, clusters, and
// whatever else the setup says. It returns the clusters' ids.
func (setup Setup) Fill(organization *fakeqovery.Server, key fakeqovery.Key) (clusters []string) {
	organization.AddCredentials(fakeqovery.Credentials{ID: CredentialsID, Name: "AWS production account", Key: key})
	count := cmp.Or(setup.Clusters, 2)
	first := count - cmp.Or(setup.Production, count/2) // of production
	for i := range count {
		cluster := fakeqovery.Cluster{
			ID: fmt.Sprintf("c1a57e00-0000-4000-8000-%012d", i+1), Name: fmt.Sprintf("staging-%d", i+1), Region: region,
			CredentialsID: CredentialsID, DeployTime: setup.DeployTime, Applications: setup.Applications,
		}
		if i >= first {
			cluster.Production, cluster.Name = true, fmt.Sprintf("production-%d", i+1-first)
		}
		cluster.Undeployed = setup.Undeployed && i == count-1
		if setup.Upgrade && i == count-1 {
			cluster.Upgrade = "1.36"
		}
		if setup.Registries {
			cluster.RegistryID = RegistryID(i)
		}
		if setup.Route53 && i == 0 {
			cluster.Route53 = key
		}
		clusters = append(clusters, cluster.ID)
		organization.AddCluster(cluster)
	}
	if setup.SelfManaged {
		organization.AddCluster(fakeqovery.Cluster{ID: "c1a57e00-0000-4000-8000-000000009999", Name: "own-1", Region: region,
			CredentialsID: CredentialsID, SelfManaged: true, Applications: true})
	}
	for i, kind := range setup.OtherClouds {
		organization.AddContainerRegistry(otherRegistry(i, kind))
	}
	if setup.HelmRepository {
		organization.AddHelmRepository(fakeqovery.Registry{ID: helmRepositoryID, Name: "charts", Region: region, Key: key})
	}
	return clusters
}

// otherRegistry is a container registry of another cloud. Qovery makes one with
// each cluster there; it stands in the same list, and holds no key of AWS.
func otherRegistry(i int, kind string) fakeqovery.Registry {
	regions := map[string]string{"SCALEWAY_CR": "fr-par", "GCP_ARTIFACT_REGISTRY": "europe-west9"}
	return fakeqovery.Registry{ID: "07e3c1d0-0000-4000-8000-" + fmt.Sprintf("%012d", i+1), Name: kind, Kind: kind,
		Region: regions[kind]}
}

// RegistryID is the id of the container registry of a cluster, from 0.
func RegistryID(cluster int) string { return fmt.Sprintf("5e915712-0000-4000-8000-%012d", cluster+1) }

func (w *World) newID() string { return fmt.Sprintf("%016x", w.random.Uint64()) }

// consume is what happens every minute: everything that uses a key uses it.
func (w *World) consume(at time.Time) {
	w.Qovery.EachUse(at, func(consumer, key string) {
		w.Judge.used[rotation.KeyID(key)] = true
		if !w.IAM.useBy(rotation.KeyID(key), "eks") {
			w.Judge.refused(at, consumer, rotation.KeyID(key))
		}
	})
	for _, other := range w.others {
		if other.every == 0 || at.Sub(Beginning)%other.every == 0 {
			w.IAM.useBy(other.key, other.service)
		}
	}
}

// consumer is something outside Qovery that uses a key.
type consumer struct {
	key     rotation.KeyID
	service string
	every   time.Duration // in whole minutes
}

// useBy is a use by a consumer that has the key whole.
func (i *IAM) useBy(id rotation.KeyID, service string) bool {
	k := i.keys[id]
	return k != nil && i.Use(id, rotation.NewSecret(k.secret), service)
}

// planned is what happens at a time. What is done knows the world from its arguments alone,
// so that it can be done in a copy.
type planned struct {
	at time.Time
	by *Operator // nil: no one's
	do func(*World, *Operator)
}

// After has something happen after a while, as an event that takes no time.
func (w *World) After(d time.Duration, do func(*World)) {
	w.plan(planned{at: w.Timeline.Now().Add(d), do: func(w *World, _ *Operator) { do(w) }})
}

func (w *World) plan(p planned) {
	w.planned = append(w.planned, &p)
	w.Timeline.At(p.at, func() {
		w.planned = slices.DeleteFunc(w.planned, func(other *planned) bool { return other == &p })
		p.do(w, p.by)
	})
}

// Logs are what the functions have logged.
func (w *World) Logs() []byte { return w.logs.Bytes() }

// Say tells what the script of a scenario does.
func (w *World) Say(format string, args ...any) {
	if w.OnSay != nil {
		w.OnSay(fmt.Sprintf(format, args...))
	}
}

// qoveryTransport sends the real client's requests over the wire to the fake
// Qovery, and turns what goes wrong there into what HTTP would show of it.
type qoveryTransport struct {
	world *World
	inner http.RoundTripper
	sites map[requestLine]string // as named before
}

type requestLine struct{ method, path string }

func (t *qoveryTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	w := t.world
	ctx := request.Context()
	call := Call{
		Site: t.site(request), Write: request.Method != http.MethodGet,
		// The client's own timeout is on the real clock; this is the same one on the
		// virtual clock.
		Timeout: qovery.RequestTimeout,
	}
	var response *http.Response
	err := w.Wire.do(ctx, call, func(at time.Time) (err error) {
		if lag := w.Timeline.Now().Sub(at); lag > 0 {
			restore := w.stale(lag)
			defer restore()
		}
		arriving := request
		if ctx.Err() != nil { // what lands late lands when the caller has given up
			arriving = request.WithContext(context.WithoutCancel(ctx))
		}
		response, err = t.inner.RoundTrip(arriving)
		return err
	})
	if err == nil && response.StatusCode >= http.StatusBadRequest && response.StatusCode != http.StatusNotFound {
		w.Judge.struck(FailBefore)
	}
	switch {
	case err == nil:
		return response, nil
	case fault.HasCode(err, fault.Throttled):
		return answer(http.StatusTooManyRequests, ""), nil
	case fault.HasCode(err, fault.AccessDenied):
		return answer(http.StatusForbidden, ""), nil
	case fault.HasCode(err, fault.MalformedAnswer):
		return answer(http.StatusOK, "<html>"), nil
	}
	return nil, fmt.Errorf("connection lost")
}

// stale makes Qovery's reads answer as of some time ago.
func (w *World) stale(lag time.Duration) (restore func()) {
	var before fakeqovery.Config
	w.Qovery.Configure(func(c *fakeqovery.Config) { before, c.StatusLag, c.CredentialsLag = *c, lag, lag })
	return func() {
		w.Qovery.Configure(func(c *fakeqovery.Config) {
			c.StatusLag, c.CredentialsLag = before.StatusLag, before.CredentialsLag
		})
	}
}

func answer(status int, body string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body)
	return recorder.Result()
}

// site names the call: its method, and its path without the ids.
func (t *qoveryTransport) site(request *http.Request) string {
	line := requestLine{request.Method, request.URL.Path}
	site, known := t.sites[line]
	if !known {
		site = "qovery." + line.method + " " + endpoint(line.path)
		t.sites[line] = site
	}
	return site
}

// endpoint is a request's path without its ids, and without the organization unless that is all.
func endpoint(path string) string {
	var kept []string
	for _, part := range strings.Split(path, "/") {
		if len(part) == 36 && strings.Count(part, "-") == 4 {
			continue
		}
		kept = append(kept, part)
	}
	return cmp.Or(strings.TrimPrefix(strings.Join(kept, "/"), "/organization"), "/organization")
}
