package qovery

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qovery-key-rotation/internal/rotation"
)

// Each decoder answers with an error or with something that later decisions can
// rest on, whatever it is given.

func FuzzCredentials(f *testing.F) {
	f.Add([]byte(emptyList))
	f.Add([]byte(oneCredential))
	f.Add([]byte(`{"results":[{"credential":{"id":"1","object_type":"AWS_ROLE"}},{"credential":null}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		locations, err := decodeCredentials(answer)
		if err != nil {
			return
		}
		if locations == nil {
			t.Error("no list and no error")
		}
		seen := map[string]bool{}
		for _, location := range locations {
			checkLocation(t, location)
			if seen[location.ID] || slices.Contains(location.Clusters, "") {
				t.Errorf("%+v", location)
			}
			seen[location.ID] = true
		}
	})
}

func checkLocation(t *testing.T, location rotation.Location) {
	t.Helper()
	if location.ID == "" || location.Type == "" || location.Rotatable && location.Key == "" ||
		location.Rotatable != (location.Type == "AWS") {
		t.Errorf("%+v", location)
	}
}

func FuzzClusters(f *testing.F) {
	f.Add([]byte(`{"results":[{"id":"1","region":"r","production":true}]}`),
		[]byte(`{"results":[{"cluster_id":"1","status":"DEPLOYED"}]}`))
	f.Add([]byte(emptyList), []byte(emptyList))
	f.Add([]byte(`{"results":null}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, listed, statuses []byte) {
		found, err := decodeClusters(listed)
		if err != nil {
			return
		}
		byID, err := decodeStatuses(statuses)
		if err != nil {
			return
		}
		for _, cluster := range joinStatuses(found, byID) {
			if cluster.ID == "" || cluster.Region == "" {
				t.Errorf("%+v", cluster)
			}
		}
	})
}

// Whatever can be changed is changed in two fields, and in nothing else.
func FuzzRegistries(f *testing.F) {
	f.Add([]byte(oneRegistry))
	f.Add([]byte(strings.ReplaceAll(oneRepository, "OCI_ECR", "ECR")))
	f.Add([]byte(`{"results":[{"id":"1","kind":"DOCKER_HUB","config":null},{"id":"2","name":"x","kind":"ECR","a":1,` +
		`"config":{"region":"r","access_key_id":"AKIA1111111111111111","b":"&"}}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		entries, err := containerRegistries.decodeEntries(answer)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, entry := range entries {
			if entry.ID == "" || entry.Type == "" || seen[entry.ID] || slices.Contains(entry.Clusters, "") || entry.Rotatable &&
				entry.Key == "" {
				t.Errorf("%+v", entry.Location)
			}
			seen[entry.ID] = true
			set := map[string]string{"access_key_id": string(testKey), "secret_access_key": testSecret}
			if body, err := entry.with(set, nil); err == nil {
				checkChange(t, entry.raw, body)
			}
		}
	})
}

func checkChange(t *testing.T, read, sent []byte) {
	t.Helper()
	var before, after map[string]any
	if json.Unmarshal(read, &before) != nil || json.Unmarshal(sent, &after) != nil {
		t.Fatalf("%s became %s", read, sent)
	}
	for _, name := range answeredOnly {
		delete(before, name)
	}
	config := before["config"].(map[string]any)
	config["access_key_id"], config["secret_access_key"] = string(testKey), testSecret
	if !reflect.DeepEqual(before, after) {
		t.Errorf("%s became %s", read, sent)
	}
}

func FuzzDNSProvider(f *testing.F) {
	for _, answer := range []string{qoverysDNS, route53, cloudflare, `{}`} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		provider, err := decodeDNSProvider(answer)
		if err == nil &&
			(provider.Provider == "" || provider.Provider == "ROUTE53" && provider.Credentials.AccessKeyID == "" &&
				provider.Credentials.Type == "") {
			t.Errorf("%+v", provider)
		}
	})
}

func FuzzSecretManagers(f *testing.F) {
	f.Add([]byte(withManagers(`,"secret_manager_accesses":[{"id":"1","authentication":{"mode":"AWS_STATIC_CREDENTIALS",` +
		`"access_key":"AKIA1111111111111111"}}]`)))
	f.Fuzz(func(t *testing.T, answer []byte) {
		clusters, err := decodeClusters(answer)
		if err != nil {
			return
		}
		managers, err := managersOf(clusters)
		if err != nil {
			return
		}
		for _, manager := range managers {
			if manager.ID == "" || manager.Type == "" || manager.Rotatable || manager.Type == staticManager &&
				manager.Key == "" || len(manager.Clusters) != 1 {
				t.Errorf("%+v", manager)
			}
		}
	})
}

func FuzzServices(f *testing.F) {
	f.Add([]byte(`{"results":[{"id":"` + serviceID + `","name":"api","service_type":"JOB"}]}`))
	f.Add([]byte(`{"results":[{"id":"` + variableID + `","key":"A","value":"` + string(testKey) +
		`","is_secret":false}]}`))
	f.Add([]byte(`{"id":"x","terraform_variables_source":{"tf_vars":[{"key":"AWS_ACCESS_KEY_ID","secret":true}]},` +
		`"action_extra_arguments":{"plan":["` + string(testKey) + `"]}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		services, _ := decodeServices(answer)
		for _, s := range services {
			if _, err := listVariables.with(s.ID, s.Kind); err != nil || strings.ContainsAny(s.ID+s.Kind, "&=?/#") {
				t.Errorf("%+v, %v", s, err)
			}
		}
		keys, its := []rotation.KeyID{testKey}, service("TERRAFORM")
		inVariables, _ := copiesInVariables(answer, its, keys)
		inArguments, _ := copiesInArguments(answer, arguments[its.Kind].members, its, keys)
		for _, c := range append(inVariables, inArguments...) {
			if c.ID == "" || len(c.Name) > 4*maxProblem || c.Key != "" && c.Key != testKey {
				t.Errorf("%+v", c)
			}
		}
	})
}

func FuzzEnvironments(f *testing.F) {
	f.Add([]byte(environmentList(placed(1, "c-1"), placed(2, "c-2"))))
	f.Add([]byte(environmentList(ended(1, "DEPLOYED", "null"), ended(2, "READY", `"2026-05-04T09:02:00Z"`))))
	f.Fuzz(func(t *testing.T, answer []byte) {
		places, err := decodePlaces(answer, []string{"c-1"})
		for _, p := range places {
			if err == nil && (p.ClusterID != "c-1" || p.EnvironmentID == "" || p.ProjectID == "") {
				t.Errorf("%+v", p)
			}
		}
		statuses := map[string]environmentStatus{}
		if err := decodeEnvironmentStatuses(answer, statuses); err == nil {
			for id, status := range statuses {
				if id == "" || status.State == "" {
					t.Errorf("%+v", status)
				}
			}
		}
	})
}

func FuzzLocks(f *testing.F) {
	f.Add([]byte(`{"results":[{"cluster_id":"1","reason":"x","locked_at":"2026-05-01T10:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		locks, err := decodeLocks(answer)
		for _, lock := range locks {
			if err == nil && (lock.ClusterID == "" || lock.text() == "") {
				t.Errorf("%+v", lock)
			}
		}
	})
}

func FuzzProblem(f *testing.F) {
	f.Add([]byte(`{"results":[{"type":"ERROR","timestamp":"2026-05-04T09:02:00Z","error":{"tag":"T",` +
		`"user_log_message":"x\ny"}}]}`))
	f.Add([]byte(`{"results":[{"error":{"hint_message":"AKIAIOSFODNN7EXAMPLE"}}]}`))
	opened, _ := open(f, Options{})
	f.Fuzz(func(t *testing.T, answer []byte) {
		lines, err := decodeList[logLine](answer)
		if err != nil {
			return
		}
		checkForeign(t, opened.foreign(lastError(lines), maxProblem), maxProblem)
	})
}

func FuzzErrorBody(f *testing.F) {
	f.Add([]byte(`{"status":403,"detail":"no"}`))
	f.Add([]byte(`{"status":403,"error":"Forbidden","message":"` + testToken + `"}`))
	f.Add([]byte(`<html>`))
	opened, _ := open(f, Options{})
	f.Fuzz(func(t *testing.T, answered []byte) {
		checkForeign(t, opened.detail(answer{status: 400, body: answered}), maxDetail)
	})
}

func checkForeign(t *testing.T, text string, limit int) {
	t.Helper()
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit ||
		strings.ContainsAny(text, "\r\n\t\x00\x1b\u2028\u202e") || strings.Contains(text, testToken) {
		t.Errorf("%q", text)
	}
}
