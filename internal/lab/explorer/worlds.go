package explorer

import (
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
)

// World is a world to explore.
type World struct {
	Name     string
	Sentence string
	setup    lab.Setup
	// denied is how long an organization denies what setup says; then somebody
	// allows it.
	denied time.Duration
	shape  func(*lab.World) // before anything happens; may be nil
	begins string           // how a rotation is begun; empty: "start"
	// retires is the key that is retired, by the order in which keys were created; 0: none is.
	retires int
	// audited: a person comes only for what the daily audit leaves.
	audited bool
	// migrates: its clusters are moved to role credentials.
	migrates bool
	// moved: Qovery was moved to roles two weeks before.
	moved bool
	// refuses: a person has to put something right before a rotation begins.
	refuses bool
	// closed: every state that two faults lead to is reached, whatever they are.
	closed bool
	// alike: what fails and is refused makes no difference here that it doesn't make in
	// the world "one".
	alike bool
}

// deployTime is how long deployments take where nothing else is said: long enough
// to be polled, and short enough for the explorer to get about.
const deployTime = 3 * time.Minute

// Worlds are all of them, the smallest first.
var Worlds = []World{
	{
		Name: "one", Sentence: "one cluster", closed: true,
		setup: lab.Setup{Clusters: 1},
	},
	{
		Name: "waves", Sentence: "two clusters, deployed one after the other",
		alike: true, setup: lab.Setup{Clusters: 2, Production: 1},
	},
	{
		Name: "registries", Sentence: "two clusters with container registries, and a Helm repository",
		alike: true, setup: lab.Setup{Clusters: 2, Production: 1, Registries: true, HelmRepository: true},
	},
	{
		Name: "clouds", Sentence: "one cluster, beside container registries on Scaleway, Google Cloud and Docker Hub",
		alike: true, setup: lab.Setup{Clusters: 1,
			OtherClouds: []string{"SCALEWAY_CR", "GCP_ARTIFACT_REGISTRY", "DOCKER_HUB"}},
	},
	{
		Name: "dns", Sentence: "two clusters, one of them with a Route 53 provider that holds the key",
		alike: true, setup: lab.Setup{Clusters: 2, Production: 1, Route53: true},
	},
	{
		Name: "own", Sentence: "one cluster with undeployed changes, beside a self-managed one",
		setup: lab.Setup{Clusters: 1, SelfManaged: true, Undeployed: true},
	},
	{
		Name: "variables", Sentence: "one cluster, and for three hours a variable that the audits found has the key's id",
		alike: true, setup: lab.Setup{Clusters: 1},
		shape: func(w *lab.World) {
			byHand("add variable", `target {"lookInVariables": true}`, "audits-read-services")(w)
			w.After(3*time.Hour, byHand("put foreign into variable"))
		},
	},
	{
		Name: "denied", Sentence: "one cluster, and for three hours CloudTrail may not be searched in us-east-1",
		alike: true, setup: lab.Setup{Clusters: 1, Denied: []string{"us-east-1"}},
		denied: 3 * time.Hour,
	},
	{
		Name: "refused", Sentence: "two clusters, one of them broken and the other locked, in a freeze",
		setup: lab.Setup{Clusters: 2}, refuses: true,
		shape: byHand("freeze 2026-02-01T00:00:00Z the launch", "cluster 1 becomes DEPLOYMENT_ERROR",
			"cluster 2 lock for a demonstration"),
	},
	{
		Name: "slow", Sentence: "IAM's lists, new keys and Qovery's answers take most of a minute and more",
		alike: true, setup: lab.Setup{Clusters: 1},
		shape: func(w *lab.World) {
			w.IAM.Settling.Lists = lab.Range{Min: 0, Max: 50 * time.Second}
			w.IAM.Settling.Propagation = lab.Range{Min: 30 * time.Second, Max: 100 * time.Second}
			w.Qovery.Configure(func(c *fakeqovery.Config) {
				c.StatusLag, c.CredentialsLag = 55*time.Second, 55*time.Second
				c.ChangesAt = fakeqovery.ChangesAtEnd
			})
		},
	},
	{
		Name: "long", Sentence: "applications are deployed all the time, and clusters take 25 minutes",
		alike: true, setup: lab.Setup{Clusters: 1, Applications: true, DeployTime: 25 * time.Minute},
	},
	{
		Name: "audited", Sentence: "one cluster, locked when the schedule starts a rotation; the audit comes every day",
		alike: true, setup: lab.Setup{Clusters: 1}, audited: true,
		begins: `start scheduled {"target": "production", "scheduled": true}`,
		shape: func(w *lab.World) {
			byHand("cluster 1 lock Release")(w)
			w.After(30*time.Hour, byHand("cluster 1 unlock"))
		},
	},
	{
		Name: "leaked", Sentence: "one cluster, and its key leaked", setup: lab.Setup{Clusters: 1}, begins: "leak old",
	},
	{
		Name: "leaked-at-once", Sentence: "the same, and the key goes out of service before the deployment",
		alike: true, setup: lab.Setup{Clusters: 1}, begins: "leak old at-once",
	},
	{
		Name: "retire", Sentence: "one cluster, and a second key, which nothing uses and which is retired",
		closed: true, setup: lab.Setup{Clusters: 1}, retires: 2, shape: byHand("add key"),
	},
	{
		Name: "retire-after-move", Sentence: "two clusters and a registry that were moved to roles, and their key is retired",
		alike: true, setup: lab.Setup{Clusters: 2, Production: 1, Registries: true}, retires: 1, moved: true,
		shape: byHand("give everything role", "cluster all deploy"),
	},
	{
		Name: "migrate", Sentence: "two clusters with container registries that are moved to role credentials, and " +
			"applications are deployed",
		setup: lab.Setup{Clusters: 2, Production: 1, Applications: true, Registries: true}, migrates: true,
		shape: byHand("add credentials role", "cluster all environment DEPLOYED"),
	},
}

// byHand is what people do, in the words of scenarios.
func byHand(lines ...string) func(*lab.World) {
	return func(w *lab.World) {
		person := lab.NewOperator(w)
		for _, line := range lines {
			if err := person.Do(nil, line); err != nil {
				panic(err) // the world can't be made
			}
		}
	}
}

func find(name string) (World, bool) {
	for _, w := range Worlds {
		if w.Name == name {
			return w, true
		}
	}
	return World{}, false
}

// WorldNames are the names of all worlds.
func WorldNames() []string {
	var names []string
	for _, w := range Worlds {
		names = append(names, w.Name)
	}
	return names
}

// open puts the world together.
func (w World) open(seed uint64, through Lens) (*lab.World, error) {
	world, err := w.unshaped(seed, through)
	if err != nil {
		return nil, err
	}
	if w.shape != nil {
		w.shape(world)
	}
	world.After(w.denied, func(world *lab.World) { world.Trail.Denied = nil })
	return world, nil
}

// unshaped is the world before anything was done in it.
func (w World) unshaped(seed uint64, through Lens) (*lab.World, error) {
	setup := w.setup
	setup.Seed, setup.Through = seed, through
	if setup.DeployTime == 0 {
		setup.DeployTime = deployTime
	}
	return lab.NewWorld(setup)
}
