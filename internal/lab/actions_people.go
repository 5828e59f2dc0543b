package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// personActions are what people do to keys, to what Qovery holds, and to clusters.
var personActions = []Action{
	{"create key", "creates a key of the user", func(a *args) act {
		a.skip("key")
		return func(o *Operator) error { _, err := ownKey(o); return err }
	}},
	{"deactivate KEY", "makes the key Inactive: 'old', 'new', or 'key 2', the second one that was created", onKey(
		func(o *Operator, id rotation.KeyID) error { return o.setStatus(id, rotation.Inactive) })},
	{"activate KEY", "makes the key Active", onKey(
		func(o *Operator, id rotation.KeyID) error { return o.setStatus(id, rotation.Active) })},
	{"delete KEY", "deletes the key", onKey(func(o *Operator, id rotation.KeyID) error {
		o.IAM.DeleteByHand(UserName, id)
		return nil
	})},
	{"delete-user", "deletes the IAM user, with its keys", plainly(onUser(func(o *Operator) {
		o.IAM.DeleteUserByHand(UserName)
	}))},
	{"move-user PATH", "gives the IAM user another path", func(a *args) act {
		path := a.word("a path")
		return onUser(func(o *Operator) { o.IAM.MoveByHand(UserName, path) })
	}},
	{"refuse KEY", "has AWS refuse the key, as a policy of the organization does", onKey(
		func(o *Operator, id rotation.KeyID) error { o.IAM.RefuseByHand(id); return nil })},
	{"allow KEY", "ends that", onKey(func(o *Operator, id rotation.KeyID) error { o.IAM.AllowByHand(id); return nil })},
	{"quarantine", "has AWS attach its quarantine policy to the user: deployments fail",
		plainly(onUser(quarantine(true)))},
	{"detach quarantine", "ends that", func(a *args) act {
		a.skip("quarantine")
		return onUser(quarantine(false))
	}},
	{"restrict [REASON]", "has Qovery let the organization deploy nothing, for that reason; without one, ends that",
		restrict},
	{"put KEY into LOCATION", "puts the key into credentials, other-credentials, registry, registry-N, helm, dns, " +
		"secret-manager, variable, project-variable, secret, terraform or chart; also 'foreign', a key of another user, " +
		"and 'own', one that is created for it", put},
	{"give LOCATION|everything role", "has a location use a role of IAM in place of its key, or all of them", give},
	{"put-everywhere KEY", "puts the key into every location, and deploys every cluster", onKey(
		func(o *Operator, id rotation.KeyID) error { o.PutByHand(id); return nil })},
	{"write LOCATION masked|lower-case|spaced|cut|secret|scaleway|right", "has Qovery show the key's id in another way",
		write},
	{"stage KEY as KEY", "stages a wrong secret for the first key, in the name of the second", stage},
	{"unstage KEY", "deletes the staged secret of the key", onKey(
		func(o *Operator, id rotation.KeyID) error { o.SSM.UnstageByHand(id); return nil })},
	{"elsewhere uses KEY SERVICE DURATION", "has something outside Qovery use the key, every so often; " +
		"'elsewhere ends' ends it", elsewhere},
	{"cluster N|last|all ACT", "ACT is points-at CREDENTIALS, deploy, maintain (Qovery does), stop, lock REASON, " +
		"unlock, becomes STATUS, or environment STATUS (a deployment of its environment comes to that); " +
		"or says what becomes of the next deployment: succeeds, fails [PROBLEM [HINT]], ends STATUS, takes DURATION, " +
		"is-ignored", cluster},
}

// quarantine has AWS deny the user what deployments do, or ends that.
func quarantine(attached bool) func(*Operator) {
	return func(o *Operator) {
		since := time.Time{}
		if attached {
			since = o.Timeline.Now()
		}
		o.IAM.SetQuarantine(UserName, since)
		o.Qovery.Configure(func(c *fakeqovery.Config) { c.DeploymentsFail = attached })
	}
}

// restrict has Qovery restrict the organization's deployments, or ends that.
func restrict(a *args) act {
	reason := a.rest()
	return func(o *Operator) error {
		o.Qovery.Configure(func(c *fakeqovery.Config) { c.Restriction, c.RestrictedAt = reason, o.Timeline.Now() })
		return nil
	}
}

// keyRef finds a key when its turn comes.
type keyRef func(*Operator) (rotation.KeyID, error)

func (a *args) key() keyRef {
	if a.accept("key") {
		n := a.number("a number")
		return func(o *Operator) (rotation.KeyID, error) { return o.created(n) }
	}
	return oneOf(a, "key", map[string]keyRef{"old": oldKey, "new": newKey, "own": ownKey, "foreign": foreignKey})
}

// onKey is an action on a key that exists.
func onKey(do func(*Operator, rotation.KeyID) error) func(*args) act {
	return func(a *args) act {
		key := a.key()
		return func(o *Operator) error {
			id, err := key(o)
			if err != nil {
				return err
			}
			return do(o, id)
		}
	}
}

// onUser is an action on the user, if there still is one.
func onUser(do func(*Operator)) act {
	return func(o *Operator) error {
		if o.IAM.users[UserName] == nil {
			return fault.NoUser(UserName)
		}
		do(o)
		return nil
	}
}

// created is the n-th key of the user that was ever created.
func (o *Operator) created(n int) (rotation.KeyID, error) {
	for _, life := range o.IAM.Lives() {
		if life.User != UserName {
			continue
		}
		if n--; n == 0 {
			return life.ID, nil
		}
	}
	return "", errors.New("there was no such key yet")
}

// KeyToReplace is the old key: without a record, the one that Qovery holds.
func (w *World) KeyToReplace() rotation.KeyID {
	if record := w.Journal.Current(UserName); record != nil {
		return record.OldKey
	}
	return rotation.KeyID(w.Qovery.KeyOf(w.Qovery.Locations()[0]))
}

func oldKey(o *Operator) (rotation.KeyID, error) { return o.existing(o.KeyToReplace()) }

// newKey is the key to replace it with.
func newKey(o *Operator) (rotation.KeyID, error) {
	if record := o.Journal.Current(UserName); record != nil {
		return o.existing(record.NewKey)
	}
	return "", errors.New("there is no new key")
}

func (o *Operator) existing(id rotation.KeyID) (rotation.KeyID, error) {
	if _, exists := o.IAM.Status(id); !exists {
		return "", errors.New("there is no such key")
	}
	return id, nil
}

func ownKey(o *Operator) (rotation.KeyID, error) {
	key, err := o.IAM.CreateKeyByHand(UserName)
	return key.ID, err
}

// foreignKey is a good key of another user.
func foreignKey(o *Operator) (rotation.KeyID, error) {
	o.IAM.AddUser("somebody", "/")
	return o.IAM.SeedKey("somebody", o.Timeline.Now().Add(-time.Hour), rotation.Active).ID, nil
}

func (o *Operator) setStatus(id rotation.KeyID, status rotation.KeyStatus) error {
	if now, _ := o.IAM.Status(id); now == status {
		return fmt.Errorf("the key is %s already", status)
	}
	return o.IAM.SetStatusByHand(UserName, id, status)
}

// Ids of locations that scripts add.
const (
	otherCredentialsID = "1a2b3c4d-0000-4000-8000-000000000001"
	lonelyRegistryID   = "1a2b3c4d-0000-4000-8000-000000000002"
	secretManagerID    = "1a2b3c4d-0000-4000-8000-000000000004"
	dnsClusterID       = "c1a57e00-0000-4000-8000-000000003000"
	vaultClusterID     = "c1a57e00-0000-4000-8000-000000003001"
)

// locations are the ids of what has one, by name.
func locations() map[string]string {
	ids := map[string]string{"credentials": CredentialsID, "other-credentials": otherCredentialsID,
		"registry": lonelyRegistryID, "helm": helmRepositoryID, "secret-manager": secretManagerID, "dns": dnsClusterID}
	for name, service := range serviceWith {
		ids[name] = service.HolderID
	}
	for n := range 9 {
		ids[fmt.Sprintf("registry-%d", n+1)] = RegistryID(n)
	}
	return ids
}

func (a *args) location() string { return oneOf(a, "location", locations()) }

// at is the id of a location of this world. A DNS provider is the first cluster's, unless
// a script has added one.
func (o *Operator) at(location string) (string, error) {
	if location == dnsClusterID && !o.Qovery.Has(location) {
		location = o.Clusters[0]
	}
	if !o.Qovery.Has(location) {
		return "", errors.New("there is no such location in this world")
	}
	return location, nil
}

func put(a *args) act {
	key := a.key()
	a.skip("into")
	location := a.location()
	return func(o *Operator) error {
		location, err := o.at(location)
		if err != nil {
			return err
		}
		id, err := key(o)
		if err != nil {
			return err
		}
		if o.OnPut != nil {
			o.OnPut(id)
		}
		o.Qovery.SetKey(location, fakeKey(o.IAM.Answer(id)))
		return nil
	}
}

func give(a *args) act {
	location := ""
	if !a.accept("everything") {
		location = a.location()
	}
	a.skip("role")
	return func(o *Operator) error {
		ids := slices.DeleteFunc(o.Qovery.Locations(), func(id string) bool { return o.Qovery.KeyOf(id) == "" })
		if location != "" {
			id, err := o.at(location)
			if err != nil {
				return err
			}
			ids = []string{id}
		}
		if len(ids) == 0 || o.Qovery.KeyOf(ids[0]) == "" {
			return errors.New("it holds no key")
		}
		for _, id := range ids {
			o.Qovery.GiveRole(id)
		}
		return nil
	}
}

// ways in which an access key id may stand in Qovery that is none: as a person
// mistyped it, or as answers without the right to see it might write it.
var ways = map[string]func(string) string{
	"masked":     func(id string) string { return id[:4] + strings.Repeat("*", len(id)-8) + id[len(id)-4:] },
	"lower-case": strings.ToLower,
	"spaced":     func(id string) string { return id + " " },
	"cut":        func(id string) string { return id[:len(id)-5] },
	"secret":     func(string) string { return "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
	"scaleway":   func(string) string { return "scw-key-1" },
	"right":      nil,
}

func write(a *args) act {
	location, way := a.location(), oneOf(a, "way", ways)
	return func(o *Operator) error {
		location, err := o.at(location)
		if err != nil {
			return err
		}
		o.Qovery.WriteKeyAs(location, way)
		return nil
	}
}

func stage(a *args) act {
	parameter := a.key()
	a.skip("as")
	named := a.key()
	return func(o *Operator) error {
		id, err := parameter(o)
		other, err2 := named(o)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		o.SSM.StageByHand(id, other, o.OldKey.Secret)
		return nil
	}
}

func elsewhere(a *args) act {
	if a.accept("ends") {
		return func(o *Operator) error { o.others = nil; return nil }
	}
	a.skip("uses")
	key, service, every := a.key(), a.word("a service"), a.duration()
	if every < time.Minute {
		a.fail("%s is less than a minute", every)
	}
	return func(o *Operator) error {
		id, err := key(o)
		if err == nil {
			o.others = append(o.others, consumer{id, service, every})
		}
		return err
	}
}

func cluster(a *args) act {
	isAll, isLast, n := a.accept("all"), a.accept("last"), 0
	if !isAll && !isLast {
		n = a.number("a cluster")
	}
	do := clusterAct(a)
	return func(o *Operator) error {
		clusters := o.Clusters
		switch {
		case n > len(clusters):
			return fmt.Errorf("there are %d clusters", len(clusters))
		case isLast:
			clusters = clusters[len(clusters)-1:]
		case n > 0:
			clusters = clusters[n-1 : n]
		}
		for _, id := range clusters {
			do(o.Qovery, id)
		}
		return nil
	}
}

// status is the next word, a status of clusters.
func (a *args) status() string {
	status := a.word("a status")
	if !rotation.KnownStatus(status) {
		a.fail("%q isn't a status of Qovery's clusters", status)
	}
	return status
}

func clusterAct(a *args) func(*fakeqovery.Server, string) {
	type does = func(*fakeqovery.Server, string)
	next := func(outcome fakeqovery.Outcome) does {
		return func(q *fakeqovery.Server, id string) { q.Script(id, outcome) }
	}
	switch what := a.word("an act"); what {
	case "deploy":
		return (*fakeqovery.Server).Deploy
	case "points-at":
		credentials := a.credentials()
		return func(q *fakeqovery.Server, id string) { q.Point(id, credentials) }
	case "maintain":
		return (*fakeqovery.Server).Maintain
	case "stop":
		return (*fakeqovery.Server).Stop
	case "unlock":
		return (*fakeqovery.Server).Unlock
	case "lock":
		reason := a.rest()
		return func(q *fakeqovery.Server, id string) { q.Lock(id, reason, "ops") }
	case "becomes":
		status := a.status()
		return func(q *fakeqovery.Server, id string) { q.SetStatus(id, status) }
	case "environment":
		status := a.status()
		return func(q *fakeqovery.Server, id string) { q.DeployEnvironment(id, status) }
	case "succeeds":
		return next(fakeqovery.Succeeds())
	case "fails":
		return next(fakeqovery.Fails(a.optional(), a.optional()))
	case "ends":
		return next(fakeqovery.EndsAs(a.status()))
	case "takes":
		return next(fakeqovery.Succeeds().After(a.duration()))
	case "is-ignored":
		return next(fakeqovery.Ignored())
	default:
		a.fail("%q isn't an act", what)
		return nil
	}
}
