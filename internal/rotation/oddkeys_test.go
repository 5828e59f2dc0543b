package rotation_test

import (
	"fmt"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab/fakeqovery"
)

// oddly are ways in which an access key id may stand in Qovery that is none: as a
// person mistyped it, or as answers without the right to see it might write it.
var oddly = map[string]func(string) string{
	"masked":        func(id string) string { return id[:4] + strings.Repeat("*", len(id)-8) + id[len(id)-4:] },
	"in lower case": strings.ToLower,
	"with a space":  func(id string) string { return id + " " },
	"cut off":       func(id string) string { return id[:len(id)-5] },
	"a secret":      func(string) string { return "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
}

// Where what stands in a location that may hold one of AWS's keys is no access key
// id, nobody can tell whether the key is there. It is not somebody else's.
func TestOddKeyIDs(t *testing.T) {
	for _, location := range []struct {
		id, says    string
		given, then func(*people)
	}{
		{otherCredentials, `AWS credentials "AWS, once more"`, addCredentials("AWS"), nothing},
		{otherCredentials, `AWS credentials "AWS, once more"`, addCredentials("EKS_ANYWHERE_VSPHERE"),
			putForeignKeyInto(otherCredentials)},
		{registryID, `container registry "images"`, addRegistries, nothing},
		{helmID, `Helm repository "charts"`, addRegistries, nothing},
		{dnsCluster, `DNS provider "with-dns"`, addRoute53, changeRoute53},
		{managerID, `secret manager "vault"`, addSecretManager, putForeignKeyInto(managerID)},
	} {
		for how, written := range oddly {
			intervention{
				name: location.says + " " + how, given: all(location.given, writtenAs(location.id, written)),
				ends: "FAILED MalformedAnswer", says: location.says, path: "Preflight", left: nothingDone,
				then: all(writtenAs(location.id, nil), location.then), more: 1,
			}.run(t)
		}
	}
}

func nothing(*people) {}

// In the middle of a rotation the old key is brought back, and nothing is deleted.
func TestOddKeyIDsInTheMiddle(t *testing.T) {
	masked := oddly["masked"]
	for _, m := range []intervention{
		{name: "before the old key is deactivated", given: addRegistries, at: "GracePeriod",
			act:  writtenAs(registryID, masked),
			ends: "FAILED MalformedAnswer", says: `container registry "images"`, path: untilDeact + broughtBack, left: heldBoth,
			then: writtenAs(registryID, nil), more: 1},
		{name: "before the old key is deleted", given: addRegistries, at: "ObservationPeriod",
			act:  writtenAs(registryID, masked),
			ends: "FAILED MalformedAnswer", says: `container registry "images"`, path: untilVerified + broughtBack,
			left: heldBoth, then: writtenAs(registryID, nil), more: 1},
	} {
		m.run(t)
	}
}

// A registry of another cloud holds no key of AWS, whatever its key's id is like.
func TestOddKeyIDsOfOtherClouds(t *testing.T) {
	for i, kind := range []string{"SCALEWAY_CR", "DOCKER_HUB", "GENERIC_CR"} {
		intervention{name: kind, given: func(p *people) {
			id := fmt.Sprintf("%s%d", registryID[:35], i)
			p.Qovery.AddContainerRegistry(fakeqovery.Registry{ID: id, Name: "elsewhere", Kind: kind, Key: p.foreignKey()})
			p.Qovery.WriteKeyAs(id, func(string) string { return "scw-key-1" })
		}, ends: "SUCCEEDED", path: whole, left: "key 3 Active and held"}.run(t)
	}
}

func writtenAs(id string, written func(string) string) func(*people) {
	return func(p *people) { p.Qovery.WriteKeyAs(id, written) }
}

func (m intervention) run(t *testing.T) {
	t.Run(m.name, func(t *testing.T) { m.play(t) })
}
