package lab

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// worldActions say what a world is like.
var worldActions = []Action{
	{"world OPTION...", "the first line, if it is not a plain world: clusters=N, production=N, deploy-time=DURATION, " +
		"cloud=KIND (a registry on another cloud), denied=REGION, applications, registries, helm, dns, self-managed, " +
		"undeployed, upgrade (there is a newer Kubernetes for the last cluster), prompt (what is changed is seen by the " +
		"next read)", func(a *args) act {
		a.fail("it is the first line")
		return nil
	}},
	{"add credentials TYPE|cluster [OF]|registry [KIND]|dns [OF]|secret-manager|variable|project-variable|secret|" +
		"terraform|chart|key",
		"adds what holds the old key, a cluster of the credentials or of other-credentials, with a DNS provider or " +
			"without, a registry of another kind with a foreign key, a service with a variable, a secret or arguments, or a " +
			"key that the user has had for a year", add},
	{"audits-read-services", "has the daily audits read the variables and arguments of all services",
		plainly((*Operator).readServices)},
	{"deny-regions [REGION...]", "has an organization's policy deny looking events up in those regions alone",
		denyRegions},
	{"target JSON", "deploys another configuration of the target: the fields that differ; a location's name, or " +
		"cluster-N, stands for its id", retarget},
}

// describe reads the options of a world.
func (s *Setup) describe(options string) error {
	for _, option := range strings.Fields(options) {
		name, value, _ := strings.Cut(option, "=")
		a := &args{left: value}
		switch name {
		case "clusters":
			if s.Clusters = a.number("a number"); s.Clusters > MostClusters {
				a.fail("%d are more than %d", s.Clusters, MostClusters)
			}
		case "production":
			s.Production = a.number("a number")
		case "deploy-time":
			s.DeployTime = a.duration()
		case "cloud":
			s.OtherClouds = append(s.OtherClouds, a.registry())
		case "denied":
			s.Denied = append(s.Denied, a.region())
		default:
			flag := map[string]*bool{"applications": &s.Applications, "registries": &s.Registries,
				"helm": &s.HelmRepository, "dns": &s.Route53, "self-managed": &s.SelfManaged, "undeployed": &s.Undeployed,
				"upgrade": &s.Upgrade, "prompt": &s.Prompt}[option]
			if flag == nil {
				return fmt.Errorf("%q isn't an option of a world", option)
			}
			*flag = true
		}
		if a.err != nil {
			return fmt.Errorf("%q: %w", option, a.err)
		}
	}
	if count := cmp.Or(s.Clusters, 2); s.Production > count {
		return fmt.Errorf("%d production clusters are more than %s", s.Production, words.Count(count, "cluster"))
	}
	return nil
}

// MostClusters is what the simulator lets itself be asked for: more than a rotation
// takes, so that the refusal can be seen.
const MostClusters = 1000

// registries are Qovery's kinds of container registries (its public OpenAPI description).
var registries = []string{"ECR", "SCALEWAY_CR", "DOCKER_HUB", "GITHUB_CR", "GITHUB_ENTERPRISE_CR", "GITLAB_CR",
	"PUBLIC_ECR", "DOCR", "GENERIC_CR", "GCP_ARTIFACT_REGISTRY", "AZURE_CR"}

func (a *args) registry() string {
	kind := a.word("a kind of registries")
	if !slices.Contains(registries, kind) {
		a.fail("%q isn't a kind of registries: they are %s", kind, strings.Join(registries, ", "))
	}
	return kind
}

func (a *args) region() string {
	region := a.word("a region")
	if problem := target.RegionProblem(region); problem != "" {
		a.fail("%q %s", region, problem)
	}
	return region
}

func add(a *args) act {
	switch what := a.word("what is added"); what {
	case "credentials":
		kind := oneOf(a, "type of credentials", map[string]string{"AWS": "AWS",
			"EKS_ANYWHERE_VSPHERE": "EKS_ANYWHERE_VSPHERE", "role": roleType})
		return added(otherCredentialsID, func(o *Operator) { o.addCredentials(kind) })
	case "cluster":
		credentials := a.credentials()
		return served(credentials, added("", func(o *Operator) { o.addCluster(credentials) }))
	case "dns":
		credentials := a.credentials()
		return served(credentials, added(dnsClusterID, func(o *Operator) { o.addDNS(credentials) }))
	case "registry":
		kind := ""
		if a.left != "" {
			kind = a.registry()
		}
		return added(lonelyRegistryID, func(o *Operator) { o.addRegistry(kind) })
	case "secret-manager":
		return added(secretManagerID, (*Operator).addSecretManager)
	case "key":
		return onUser(func(o *Operator) { o.IAM.SeedKey(UserName, Beginning.Add(-400*24*time.Hour), rotation.Active) })
	default:
		service, is := serviceWith[what]
		if !is {
			a.fail("%q can't be added", what)
		}
		return added(service.HolderID, func(o *Operator) {
			service.Key = fakeKey(o.OldKey)
			o.Qovery.AddService(service)
		})
	}
}

// credentials are those of a cluster that is added.
func (a *args) credentials() string {
	if a.left == "" {
		return CredentialsID
	}
	return oneOf(a, "kind of credentials", map[string]string{"credentials": CredentialsID,
		"other-credentials": otherCredentialsID})
}

// added adds what has an id of its own, once; what has none, always.
func added(id string, do func(*Operator)) act {
	return func(o *Operator) error {
		if o.Qovery.Has(id) {
			return errors.New("it was added already")
		}
		do(o)
		return nil
	}
}

func (o *Operator) addSecretManager() {
	vault := fakeqovery.SecretManagerAccess{ID: secretManagerID, Name: "vault", Key: fakeKey(o.OldKey)}
	o.Qovery.AddCluster(fakeqovery.Cluster{ID: vaultClusterID, Name: "with-vault", CredentialsID: CredentialsID,
		SecretManagers: []fakeqovery.SecretManagerAccess{vault}})
}

func (o *Operator) addCredentials(objectType string) {
	if objectType == roleType {
		o.Qovery.AddCredentials(RoleCredentials("AWS by role"))
		return
	}
	o.Qovery.AddCredentials(fakeqovery.Credentials{ID: otherCredentialsID, Name: "AWS, once more", ObjectType: objectType,
		Key: fakeKey(o.OldKey)})
}

const roleType = "AWS_ROLE"

// RoleCredentials are credentials of that name with a role of the account, to move clusters to.
func RoleCredentials(name string) fakeqovery.Credentials {
	return fakeqovery.Credentials{ID: otherCredentialsID, Name: name, ObjectType: roleType,
		RoleARN: "arn:aws:iam::" + account + ":role/qovery"}
}

// addRegistry adds one with the old key or, of a kind of its own, with a foreign key.
func (o *Operator) addRegistry(kind string) {
	key := o.OldKey
	if kind != "" {
		id, _ := foreignKey(o)
		key = o.IAM.Answer(id)
	}
	o.Qovery.AddContainerRegistry(fakeqovery.Registry{ID: lonelyRegistryID, Name: "images", Kind: kind, Region: region,
		Key: fakeKey(key)})
}

func denyRegions(a *args) act {
	var denied []string
	for a.left != "" {
		denied = append(denied, a.region())
	}
	return func(o *Operator) error { o.Trail.Denied = denied; return nil }
}

// served is an action that needs those credentials.
func served(credentials string, do act) act {
	return func(o *Operator) error {
		if !o.Qovery.Has(credentials) {
			return errors.New("there are no such credentials yet")
		}
		return do(o)
	}
}

func (w *World) addCluster(credentials string) {
	n := len(w.Clusters) + 1
	id := fmt.Sprintf("c1a57e00-0000-4000-8000-%012d", 1000+n)
	w.Clusters = append(w.Clusters, id)
	w.Qovery.AddCluster(fakeqovery.Cluster{ID: id, Name: fmt.Sprintf("added-%d", n), CredentialsID: credentials})
}

// addDNS adds a cluster with a DNS provider that holds the old key.
func (w *World) addDNS(credentials string) {
	w.Clusters = append(w.Clusters, dnsClusterID)
	w.Qovery.AddCluster(fakeqovery.Cluster{ID: dnsClusterID, Name: "with-dns", CredentialsID: credentials,
		Route53: fakeKey(w.OldKey)})
}

func retarget(a *args) act {
	fields := a.rest()
	if err := json.Unmarshal([]byte(fields), &map[string]any{}); err != nil {
		a.fail("it isn't a JSON object")
	}
	for name, id := range locations() {
		fields = strings.ReplaceAll(fields, strconv.Quote(name), strconv.Quote(id))
	}
	return func(o *Operator) error {
		fields := fields
		for i, id := range o.Clusters {
			fields = strings.ReplaceAll(fields, fmt.Sprintf(`"cluster-%d"`, i+1), strconv.Quote(id))
		}
		document, err := json.Marshal(o.Target)
		var all map[string]json.RawMessage
		if err == nil {
			err = json.Unmarshal(document, &all)
		}
		if err == nil {
			err = json.Unmarshal([]byte(fields), &all)
		}
		if err == nil {
			document, err = json.Marshal(all)
		}
		o.SSM.SetTarget(o.Target.Name, document)
		var target target.Target
		if json.Unmarshal(document, &target) == nil {
			o.Target = target // unless the configuration is one that can't be read
			o.IAM.Path = target.IAMUserPath
		}
		return err
	}
}
