package lab

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
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
		var err error
		switch name {
		case "clusters":
			s.Clusters, err = strconv.Atoi(value)
		case "production":
			s.Production, err = strconv.Atoi(value)
		case "deploy-time":
			s.DeployTime, err = time.ParseDuration(value)
		case "cloud":
			s.OtherClouds = append(s.OtherClouds, value)
		case "denied":
			s.Denied = append(s.Denied, value)
		default:
			flag := map[string]*bool{"applications": &s.Applications, "registries": &s.Registries,
				"helm": &s.HelmRepository, "dns": &s.Route53, "self-managed": &s.SelfManaged, "undeployed": &s.Undeployed,
				"upgrade": &s.Upgrade, "prompt": &s.Prompt}[option]
			if flag == nil {
				return fmt.Errorf("%q isn't an option of a world", option)
			}
			*flag = true
		}
		if err != nil {
			return fmt.Errorf("%q: %w", option, err)
		}
	}
	return nil
}

func add(a *args) act {
	what := a.word("what is added")
	switch detail := ""; what {
	case "credentials":
		detail = a.word("a type")
		return added(func(o *Operator) { o.addCredentials(detail) })
	case "cluster", "dns":
		detail = CredentialsID
		if a.left != "" {
			detail = a.location()
		}
		if what == "dns" {
			return added(func(o *Operator) { o.addDNS(detail) })
		}
		return added(func(o *Operator) { o.addCluster(detail) })
	case "registry":
		detail = a.optional()
		return added(func(o *Operator) { o.addRegistry(detail) })
	}
	if service, is := serviceWith[what]; is {
		return added(func(o *Operator) {
			service.Key = fakeKey(o.OldKey)
			o.Qovery.AddService(service)
		})
	}
	do := additions[what]
	if do == nil {
		a.fail("%q can't be added", what)
	}
	return added(do)
}

func added(do func(*Operator)) act { return func(o *Operator) error { do(o); return nil } }

// additions are what is always the same.
var additions = map[string]func(*Operator){
	"key": func(o *Operator) { o.IAM.SeedKey(UserName, Beginning.Add(-400*24*time.Hour), rotation.Active) },
	"secret-manager": func(o *Operator) {
		vault := fakeqovery.SecretManagerAccess{ID: secretManagerID, Name: "vault", Key: fakeKey(o.OldKey)}
		o.Qovery.AddCluster(fakeqovery.Cluster{ID: dnsClusterID, Name: "with-vault", CredentialsID: CredentialsID,
			SecretManagers: []fakeqovery.SecretManagerAccess{vault}})
	},
}

func (o *Operator) addCredentials(objectType string) {
	o.Qovery.AddCredentials(fakeqovery.Credentials{ID: otherCredentialsID, Name: "AWS, once more",
		ObjectType: objectType, Key: fakeKey(o.OldKey)})
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
	denied := strings.Fields(a.rest())
	return func(o *Operator) error { o.Trail.Denied = denied; return nil }
}

func (w *World) addCluster(credentials string) {
	n := len(w.Clusters) + 1
	id := fmt.Sprintf("c1a57e00-0000-4000-8000-%012d", 100+n)
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
	if !json.Valid([]byte(fields)) {
		a.fail("it isn't JSON")
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
