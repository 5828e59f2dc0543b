package qovery

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

const noList = `there are no "results"`

// Answers of 2xx that do not say what has to be known.
func TestMalformedAnswers(t *testing.T) {
	credential := func(fields string) string {
		return `{"results":[{"credential":{` + fields + `},"clusters":[]}]}`
	}
	tests := []struct{ method, answer, says string }{
		{"Credentials", `{}`, noList},
		{"Credentials", `{"results":null}`, noList},
		{"Credentials", `null`, noList},
		{"Credentials", ``, "it isn't JSON"},
		{"Credentials", `<html>`, "it isn't JSON"},
		{"Credentials", `{"results":[]} {}`, "it isn't JSON"},
		{"Credentials", `[]`, "another type"},
		{"Credentials", `{"results":{}}`, `"results" has another type`},
		{"Credentials", `{"results":[null]}`, `no "credential"`},
		{"Credentials", `{"results":[{"clusters":[]}]}`, `no "credential"`},
		{"Credentials", `{"results":[{"credential":null,"clusters":[]}]}`, `no "credential"`},
		{"Credentials", credential(`"object_type":"AWS","access_key_id":"AKIA1111111111111111"`), "no id"},
		{"Credentials", credential(`"id":"1","access_key_id":"AKIA1111111111111111"`), `no "object_type"`},
		{"Credentials", credential(`"id":"1","object_type":"AWS"`), `no "access_key_id"`},
		{"Credentials", credential(`"id":"1","object_type":"AWS","access_key_id":null`), `no "access_key_id"`},
		{"Credentials", credential(`"id":1,"object_type":"AWS","access_key_id":"AKIA1111111111111111"`), "another type"},
		{"Credentials", `{"results":[{"credential":{"id":"1","object_type":"AWS","access_key_id":"AKIA1111111111111111"}}]}`,
			`no "clusters"`},
		{"Credentials", `{"results":[{"credential":{"id":"1","object_type":"AWS","access_key_id":"AKIA1111111111111111"},` +
			`"clusters":[{"name":"x"}]}]}`, "cluster of the credentials has no id"},
		{"Credentials", `{"results":[{"credential":{"id":"1","object_type":"GCP"}},{"credential":{"id":"1",` +
			`"object_type":"GCP"}}]}`, "the same id"},
		{"PutKey", `{}`, noList},
		{"PutKey", credential(`"id":"cred-1","object_type":"AWS"`), `no "access_key_id"`},
		{"Clusters", `{}`, noList},
		{"Clusters", `{"results":[{}]}`, "a cluster has no id"},
		{"Clusters", `{"results":[{"id":"1"}]}`, "has no region"},
		{"Clusters", `{"results":[{"id":"1","region":"r"},{"id":"1","region":"r"}]}`, "the same id"},
		{"Clusters", `{"results":[{"id":"1","production":"yes"}]}`, "another type"},
		{"Locks", `{"results":[{"reason":"x"}]}`, "a lock has no cluster"},
		{"Locks", `{"locks":[]}`, noList},
		{"Problem", `{}`, noList},
		{"Problem", `{"results":[{"error":"x"}]}`, "another type"},
	}
	for _, test := range tests {
		opened, _ := serve(t, answers(body(test.answer)))
		err := callNamed(test.method)(t.Context(), opened)
		if !fault.HasCode(err, fault.MalformedAnswer) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s %s: %v, want %q", test.method, test.answer, err, test.says)
		}
	}
}

func TestMalformedStatuses(t *testing.T) {
	tests := map[string]string{
		`{}`:                                  noList,
		`{"results":[{"status":"DEPLOYED"}]}`: "status without a cluster",
		`{"results":[{"cluster_id":"c-1"}]}`:  "without a value",
		`{"results":[{"cluster_id":"c-1","status":null}]}`:                                         "without a value",
		`{"results":[{"cluster_id":"c-1","status":"A"},{"cluster_id":"c-1","status":"DEPLOYED"}]}`: "two statuses",
	}
	for answer, says := range tests {
		opened, _ := serve(t, answers(body(`{"results":[{"id":"c-1","region":"eu-west-3"}]}`), body(answer)))
		_, err := opened.Clusters(t.Context())
		if !fault.HasCode(err, fault.MalformedAnswer) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", answer, err, says)
		}
	}
}

func callNamed(name string) func(context.Context, rotation.Organization) error {
	for _, call := range everyCall {
		if call.name == name {
			return call.call
		}
	}
	panic("no method " + name)
}

func TestCredentials(t *testing.T) {
	opened, _ := serve(t, answers(body(`{"results":[
		{"credential":{"id":"1","name":"prod","object_type":"AWS","access_key_id":"AKIA1111111111111111",
			"new_field":{}},"clusters":[{"id":"c-1","name":"a"},{"id":"c-2"}]},
		{"credential":{"id":"2","name":"spare","object_type":"AWS","access_key_id":"AKIA1111111111111111"},"clusters":[]},
		{"credential":{"id":"3","name":"role","object_type":"AWS_ROLE","role_arn":"arn"},"clusters":[{"id":"c-3"}]},
		{"credential":{"id":"4","name":"hall","object_type":"EKS_ANYWHERE_VSPHERE",
			"access_key_id":"AKIA1111111111111111"},"clusters":[]},
		{"credential":{"id":"5","object_type":"SOMETHING_NEW"}},
		{"credential":{"id":"6","name":"nobody's","object_type":"AWS_ROLE","role_arn":"arn"}}
	],"more":true}`)))
	got, err := opened.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	location := func(id, name, key, kind string, clusters ...string) rotation.Location {
		return rotation.Location{
			LocationRef: rotation.LocationRef{Kind: rotation.AWSCredentials, ID: id, Name: name},
			Key:         rotation.KeyID(key), Type: kind, Rotatable: kind == "AWS", Role: len(clusters) > 0 && key == "",
			Clusters: clusters,
		}
	}
	want := []rotation.Location{
		location("1", "prod", "AKIA1111111111111111", "AWS", "c-1", "c-2"),
		location("2", "spare", "AKIA1111111111111111", "AWS"),
		location("3", "role", "", "AWS_ROLE", "c-3"),
		location("4", "hall", "AKIA1111111111111111", "EKS_ANYWHERE_VSPHERE"),
		location("5", "", "", "SOMETHING_NEW"),
		location("6", "nobody's", "", "AWS_ROLE"), // without its clusters it isn't known who is still to be deployed
	}
	want[2].RoleARN, want[5].RoleARN = "arn", "arn"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestClusters(t *testing.T) {
	opened, _ := serve(t, answers(
		body(`{"results":[{"id":"1","name":"a","region":"eu-west-3","production":false,"status":"READY"},{"id":"2",`+
			`"name":"b","region":"us-east-2","production":true},{"id":"3","region":"on-premise"}]}`),
		body(`{"results":[
			{"cluster_id":"3","status":"SOMETHING_NEW"},
			{"cluster_id":"1","status":"DEPLOYED","is_deployed":false,"last_execution_id":"x-1",
				"last_deployment_date":"2026-05-04T09:00:00.5Z"},
			{"cluster_id":"2","status":"STOPPED","last_execution_id":null},
			{"cluster_id":"made meanwhile","status":"READY"}]}`)))
	got, err := opened.Clusters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []rotation.Cluster{
		{ID: "1", Name: "a", Region: "eu-west-3", Status: "DEPLOYED", LastExecutionID: "x-1",
			LastDeployedAt: "2026-05-04T09:00:00.5Z"},
		{ID: "2", Name: "b", Region: "us-east-2", Production: true, Status: "STOPPED"},
		{ID: "3", Region: "on-premise", Production: true, Status: "SOMETHING_NEW"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLocks(t *testing.T) {
	opened, _ := serve(t, answers(body(`{"results":[
		{"cluster_id":"1","reason":"upgrade\nof EKS","owner_name":"Ada","locked_at":"2026-05-01T10:00:00Z","ttl_in_days":3},
		{"cluster_id":"2"}]}`)))
	got, err := opened.Locks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"1": "upgrade of EKS (by Ada, since 2026-05-01 10:00 UTC, until 2026-05-04 10:00 UTC)",
		"2": "no reason given (by no one named, since an unknown time)",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

// Null, or absent, is no restriction; any text is one.
func TestRestriction(t *testing.T) {
	for answer, want := range map[string]string{
		`{"id":"o","billing_deployment_restriction":null}`: "",
		`{"id":"o"}`: "",
		`{"id":"o","billing_deployment_restriction":"NO_CREDIT_CARD"}`:   "NO_CREDIT_CARD",
		`{"id":"o","billing_deployment_restriction":"Payment\noverdue"}`: "Payment overdue",
		`{"id":"o","billing_deployment_restriction":""}`:                 "no reason given",
	} {
		opened, _ := serve(t, answers(body(answer)))
		if got, err := opened.Restriction(t.Context()); err != nil || got != want {
			t.Errorf("%s: %q, %v", answer, got, err)
		}
	}
	for _, answer := range []string{`{}`, `{"results":[]}`, `{"id":"o","billing_deployment_restriction":true}`} {
		opened, _ := serve(t, answers(body(answer)))
		if got, err := opened.Restriction(t.Context()); !fault.HasCode(err, fault.MalformedAnswer) {
			t.Errorf("%s: %q, %v", answer, got, err)
		}
	}
}

func TestProblem(t *testing.T) {
	tests := []struct{ name, lines, want string }{
		{"no lines", ``, ""},
		{"no error among them", `{"type":"INFO","message":{"safe_message":"fine"}}`, ""},
		{"the user's message and the hint", `{"error":{"tag":"T","user_log_message":"No capacity","hint_message":"Ask ` +
			`AWS","underlying_error":{"message":"raw"}},"message":{"safe_message":"safe"}}`, "No capacity. Hint: Ask AWS"},
		{"the underlying error", `{"error":{"tag":"T","underlying_error":{"message":"raw"}}}`, "raw"},
		{"the safe message", `{"error":{"tag":"T"},"message":{"safe_message":"safe"}}`, "safe"},
		{"the tag", `{"error":{"tag":"T"}}`, "T"},
		{"the hint alone", `{"error":{"hint_message":"Ask AWS"}}`, "Hint: Ask AWS"},
		{"a line of type error", `{"type":"error","message":{"safe_message":"safe"}}`, "safe"},
		{"the latest by time", `{"timestamp":"2026-05-04T09:02:00Z","error":{"tag":"late"}},` +
			`{"timestamp":"2026-05-04T09:01:00Z","error":{"tag":"early"}},{"timestamp":"2026-05-04T09:03:00Z","type":"INFO"}`,
			"late"},
		{"the last of the same time", `{"timestamp":"2026-05-04T09:02:00Z","error":{"tag":"one"}},` +
			`{"timestamp":"2026-05-04T09:02:00Z","error":{"tag":"two"}}`, "two"},
		{"the last without times", `{"error":{"tag":"one"}},{"timestamp":"yesterday","error":{"tag":"two"}}`, "two"},
		{"several lines in one", `{"error":{"user_log_message":"a\n\tb\u001b[0m"}}`, "a b [0m"},
		{"too long", `{"error":{"user_log_message":"` + strings.Repeat("é ", 400) + `"}}`,
			strings.Repeat("é ", 149) + "é…"},
		{"a key id", `{"error":{"user_log_message":"AKIAIOSFODNN7EXAMPLE is Inactive"}}`, "****MPLE is Inactive"},
	}
	for _, test := range tests {
		opened, _ := serve(t, answers(body(`{"results":[`+test.lines+`]}`)))
		got, err := opened.Problem(t.Context(), "c-1")
		if err != nil || got != test.want {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
	}
}
