package qovery

import (
	"reflect"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// withManagers is an answer with one cluster and what it says of its secret
// managers, or nothing.
func withManagers(field string) string {
	return `{"results":[{"id":"c-1","region":"eu-west-3"` + field + `}]}`
}

func TestSecretManagers(t *testing.T) {
	clusters, err := decodeClusters([]byte(withManagers(`,"secret_manager_accesses":[
		{"id":"1","name":"vault","endpoint":{},"authentication":{"mode":"AWS_STATIC_CREDENTIALS","region":"eu-west-3",
			"access_key":"AKIA1111111111111111","secret_key":null}},
		{"id":"2","name":"by role","authentication":{"mode":"AWS_ROLE_ARN","role_arn":"arn"}},
		{"id":"3","name":"","authentication":{"mode":"SOMETHING_NEW","access_key":"AKIA1111111111111111"}}]`)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := managersOf(clusters)
	if err != nil {
		t.Fatal(err)
	}
	manager := func(id, name, key, mode string) rotation.Location {
		return rotation.Location{
			LocationRef: rotation.LocationRef{Kind: rotation.SecretManager, ID: id, Name: name},
			Key:         rotation.KeyID(key), Type: mode, Clusters: []string{"c-1"},
		}
	}
	want := []rotation.Location{
		manager("1", "vault", "AKIA1111111111111111", "AWS_STATIC_CREDENTIALS"), manager("2", "by role", "", "AWS_ROLE_ARN"),
		manager("3", "", "AKIA1111111111111111", "SOMETHING_NEW"),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMalformedSecretManagers(t *testing.T) {
	static := `{"id":"1","authentication":{"mode":"AWS_STATIC_CREDENTIALS","access_key":"AKIA1111111111111111"}}`
	tests := map[string]string{
		`,"secret_manager_accesses":{}`:                                                        "another type",
		`,"secret_manager_accesses":[null]`:                                                    "has no id",
		`,"secret_manager_accesses":[{"id":"1"}]`:                                              `has no "mode"`,
		`,"secret_manager_accesses":[{"id":1}]`:                                                "another type",
		`,"secret_manager_accesses":[` + static + `,` + static + `]`:                           "the same id",
		`,"secret_manager_accesses":[` + strings.ReplaceAll(static, "access_key", "key") + `]`: `has no "access_key"`,
		`,"secret_manager_accesses":[` + strings.ReplaceAll(static, `"id":"1",`, "") + `]`:     "has no id",
	}
	for field, says := range tests {
		clusters, err := decodeClusters([]byte(withManagers(field)))
		if err == nil {
			_, err = managersOf(clusters)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", field, err, says)
		}
	}
	// The field is younger than the API: without it there are none.
	for _, field := range []string{"", `,"secret_manager_accesses":null`, `,"secret_manager_accesses":[]`} {
		clusters, err := decodeClusters([]byte(withManagers(field)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := managersOf(clusters); err != nil || len(got) != 0 {
			t.Errorf("%q: %+v, %v", field, got, err)
		}
	}
}

// What is wrong with any kind of location is an error of Locations.
func TestLocationsNeedsEveryKind(t *testing.T) {
	good := map[string]string{
		"/cluster": withManagers(""), "/credentials": emptyList, "/containerRegistry": emptyList,
		"/helmRepository": emptyList, "/dnsProvider": qoverysDNS,
	}
	for path, answer := range map[string]string{
		"":                   "",
		"/cluster":           withManagers(`,"secret_manager_accesses":[{}]`),
		"/credentials":       `{}`,
		"/containerRegistry": `{}`,
		"/helmRepository":    `{}`,
		"/dnsProvider":       `{}`,
	} {
		opened, _ := serve(t, byPath(func(asked string) string {
			if path != "" && strings.HasSuffix(asked, path) {
				return answer
			}
			return good[asked[strings.LastIndex(asked, "/"):]]
		}))
		got, err := opened.Locations(t.Context())
		if path == "" && (err != nil || got == nil) || path != "" && !fault.HasCode(err, fault.MalformedAnswer) {
			t.Errorf("%s %s: %+v, %v", path, answer, got, err)
		}
	}
}
