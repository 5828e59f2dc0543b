package qovery

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qovery-key-rotation/internal/rotation"
)

// Each decoder answers with an error or with something that later decisions can
// rest on, whatever it is given.

func FuzzLocations(f *testing.F) {
	f.Add([]byte(emptyList))
	f.Add([]byte(`{"results":[{"credential":` + oneCredential + `,"clusters":[{"id":"c-1"}]}]}`))
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

func FuzzLocation(f *testing.F) {
	f.Add([]byte(oneCredential), "cred-1")
	f.Add([]byte(`{}`), "")
	f.Fuzz(func(t *testing.T, answer []byte, id string) {
		location, err := decodeOneCredentials(answer, id)
		if err != nil {
			return
		}
		if checkLocation(t, location); location.ID != id {
			t.Errorf("%+v is not %q", location, id)
		}
	})
}

func checkLocation(t *testing.T, location rotation.Location) {
	t.Helper()
	if location.ID == "" || location.Type == "" || location.Rotatable && location.Key == "" || location.Rotatable != (location.Type == "AWS") {
		t.Errorf("%+v", location)
	}
}

func FuzzClusters(f *testing.F) {
	f.Add([]byte(`{"results":[{"id":"1","production":true}]}`), []byte(`{"results":[{"cluster_id":"1","status":"DEPLOYED"}]}`))
	f.Add([]byte(emptyList), []byte(emptyList))
	f.Add([]byte(`{"results":null}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, listed, statuses []byte) {
		clusters, err := decodeClusters(listed)
		if err != nil {
			return
		}
		byID, err := decodeStatuses(statuses)
		if err != nil {
			return
		}
		if clusters, err = joinStatuses(clusters, byID); err != nil {
			return
		}
		for _, cluster := range clusters {
			if cluster.ID == "" || cluster.Status == "" {
				t.Errorf("%+v", cluster)
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
	f.Add([]byte(`{"results":[{"type":"ERROR","timestamp":"2026-05-04T09:02:00Z","error":{"tag":"T","user_log_message":"x\ny"}}]}`))
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
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit || strings.ContainsAny(text, "\r\n\t\x00\x1b\u2028\u202e") || strings.Contains(text, testToken) {
		t.Errorf("%q", text)
	}
}
