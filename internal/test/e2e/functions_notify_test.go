//go:build !integration

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

// The functions that are no steps.
const (
	notify  = "notify"
	auditor = "audit"
)

// aborted is delivered a moment after it happened: of what is long over nothing is
// judged.
var aborted = fmt.Sprintf(`{"version":"0","id":"6f2a","detail-type":"Step Functions Execution Status Change",`+
	`"source":"aws.states","account":"123456789012",`+
	`"time":"2026-08-03T03:04:05Z","region":"eu-west-3",`+
	`"resources":["arn:aws:states:eu-west-3:123456789012:execution:rotation:run-1"],`+
	`"detail":{"executionArn":"arn:aws:states:eu-west-3:123456789012:execution:rotation:run-1","name":"run-1",`+
	`"status":"ABORTED",`+
	`"stateMachineArn":"arn:aws:states:eu-west-3:123456789012:stateMachine:rotation","startDate":%d,"stopDate":%d,`+
	`"input":"{\"target\":\"production\"}","inputDetails":{"included":true},"output":null,"outputDetails":null,`+
	`"error":null,"cause":null}}`,
	time.Now().Add(-6*time.Hour).UnixMilli(), time.Now().UnixMilli())

const rang = `{"detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","time":"2026-08-03T03:04:05Z",` +
	`"resources":["arn:aws:cloudwatch:eu-west-3:123456789012:alarm:late"],"detail":{"alarmName":"late",` +
	`"state":{"value":"ALARM","reason":"Threshold Crossed"},` +
	`"previousState":{"value":"OK"},"configuration":{"description":"Something is late."}}}`

// account answers as an account in which an execution was stopped while the old
// key was Inactive. Actions that are denied are answered so.
func account(denied ...string) func(w http.ResponseWriter, r awstest.Request, n int) {
	target, _ := json.Marshal(`{"name":"production","iamUserName":"qovery",` +
		`"organizationId":"6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90","schedule":{"startAt":"2026-01-13T09:00:00+01:00"}}`)
	mark := `{"M":{"begun":{"S":"2026-08-03T01:00:00Z"},"done":{"S":"2026-08-03T01:00:01Z"}}}`
	answers := map[string]awstest.Answer{
		"GetParameter": awstest.JSON(200, fmt.Sprintf(`{"Parameter":{"Name":"/qovery-key-rotation/targets/production",`+
			`"Type":"String","Value":%s}}`, target)),
		"GetItem": awstest.JSON(200, `{"ConsumedCapacity":{"CapacityUnits":0.5},"Item":{"iamUser":{"S":"qovery"},`+
			`"record":{"S":"ACTIVE"},"revision":{"N":"9"},`+
			`"target":{"S":"production"},"rotationId":{"S":"r1"},"takenAt":{"S":"2026-08-02T21:00:00Z"},`+
			`"owner":{"S":"arn:aws:states:eu-west-3:123456789012:execution:rotation:run-1"},`+
			`"fence":{"N":"1"},"oldKey":{"S":"AKIAOLDOLDOLDOLDOLD1"},"newKey":{"S":"AKIANEWNEWNEWNEWNEW2"},`+
			`"marks":{"M":{"create":`+mark+`,"update":`+mark+`,"deactivate":`+mark+`}}}}`),
		"PutEvents": awstest.JSON(200, `{"FailedEntryCount":0,"Entries":[{"EventId":"e1"}]}`),
		"Query":     awstest.JSON(200, `{"Items":[],"Count":0,"ScannedCount":0}`),
		"ListAccessKeys": awstest.XML(200, `<ListAccessKeysResponse><ListAccessKeysResult><IsTruncated>false</IsTruncated>`+
			`<AccessKeyMetadata>`+
			`<member><AccessKeyId>AKIAOLDOLDOLDOLDOLD1</AccessKeyId><Status>Inactive</Status><CreateDate>`+
			`2026-05-01T00:00:00Z</CreateDate></member>`+
			`<member><AccessKeyId>AKIANEWNEWNEWNEWNEW2</AccessKeyId><Status>Active</Status><CreateDate>`+
			`2026-08-02T21:00:00Z</CreateDate></member>`+
			`</AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>`),
		"Publish": awstest.XML(200, `<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult>`+
			`</PublishResponse>`),
	}
	for _, action := range denied {
		if answers[action] = awstest.JSONError(400, "AccessDeniedException", awstest.Planted); action == "ListAccessKeys" ||
			action == "Publish" {
			answers[action] = awstest.XMLError(403, "AccessDenied", awstest.Planted)
		}
	}
	return func(w http.ResponseWriter, r awstest.Request, _ int) { answers[r.Operation](w) }
}

// tellsOfEvents sends notify what EventBridge does, and what it never would.
func tellsOfEvents(t *testing.T, program string) {
	server := awstest.Serve(t, account())
	f := awstest.StartFunction(t, environment(notify, server.URL), program)
	for _, malformed := range []string{``, `{`, `{}`, `null`, event, strings.Replace(aborted, "ABORTED", "WAITING", 1)} {
		if answer := f.Invoke(t, malformed, 20*time.Second); answer.ErrorType != string(fault.InvalidInput) ||
			!strings.Contains(answer.Message, "which rule") {
			t.Errorf("%s: %s", malformed, answer.Body)
		}
	}
	if asked := server.Requests(); len(asked) != 0 {
		t.Errorf("malformed events made it ask %+v", asked)
	}
	published(t, server, f, aborted, "production: execution stopped by hand",
		"Nothing is known to be broken: Qovery holds AKIANEWNEWNEWNEWNEW2, which is Active. "+
			"The old key AKIAOLDOLDOLDOLDOLD1 is Inactive",
		"rotate abort production")
	published(t, server, f, rang, "CHECK alarm late", "Something is late.", "rotate status")
	f.Stop()
	if log := f.Logs(); strings.Count(log, `"notice sent"`) != 2 || !strings.Contains(log, `"requestId":`) ||
		!strings.Contains(log, `"code":"InvalidInput"`) {
		t.Errorf("logged %s", log)
	}

	blind := awstest.Serve(t, account("GetItem", "Query", "ListAccessKeys"))
	published(t, blind, awstest.StartFunction(t, environment(notify, blind.URL), program), aborted,
		"CHECK production: execution stopped by hand", "IAM did not list the keys", "The journal could not be read")
	blind = awstest.Serve(t, account("GetParameter"))
	published(t, blind, awstest.StartFunction(t, environment(notify, blind.URL), program), aborted,
		"CHECK production: execution stopped by hand", "the target could not be read", "rotate status")

	mute := awstest.Serve(t, account("Publish"))
	answer := awstest.StartFunction(t, environment(notify, mute.URL), program).Invoke(t, aborted, 20*time.Second)
	if answer.ErrorType != string(fault.AccessDenied) ||
		!strings.Contains(answer.Message, "sns:Publish (the topic notices)") ||
		!strings.Contains(answer.Message, "Lambda tries again") {
		t.Errorf("mute: %s", answer.Body)
	}

	env := environment(notify, "http://127.0.0.1:1")
	env["TOPIC_ARN"] = "notices"
	if answer := awstest.StartFunction(t, env, program).Invoke(t, aborted,
		20*time.Second); answer.ErrorType != string(fault.ConfigurationError) ||
		!strings.Contains(answer.Message, "TOPIC_ARN isn't the ARN") {
		t.Errorf("no ARN: %s", answer.Body)
	}
}

// published invokes notify, and looks at what it publishes.
func published(t *testing.T, server *awstest.Server, f *awstest.Function, event, subject string, texts ...string) {
	t.Helper()
	if answer := f.Invoke(t, event, 20*time.Second); answer.ErrorType != "" || string(answer.Body) != "null" {
		t.Fatalf("%s", answer.Body)
	}
	publications := slices.DeleteFunc(server.Requests(), func(r awstest.Request) bool {
		return !strings.Contains(r.Body, url.QueryEscape(values["TOPIC_ARN"])+"&") &&
			!strings.HasSuffix(r.Body, url.QueryEscape(values["TOPIC_ARN"]))
	})
	sent := publications[len(publications)-1]
	message, err := url.ParseQuery(sent.Body)
	if err != nil || sent.Operation != "Publish" || sent.Header.Get("X-Amz-Security-Token") == "" {
		t.Fatalf("sent %+v, %v", sent, err)
	}
	if message.Get("TopicArn") != values["TOPIC_ARN"] || message.Get("Subject") != subject {
		t.Errorf("%q to %s, want %q", message.Get("Subject"), message.Get("TopicArn"), subject)
	}
	for _, text := range texts {
		if !strings.Contains(message.Get("Message"), text) {
			t.Errorf("no %q in\n%s", text, message.Get("Message"))
		}
	}
	for _, secret := range []string{awstest.Environment("")["AWS_SECRET_ACCESS_KEY"],
		awstest.Environment("")["AWS_SESSION_TOKEN"]} {
		if strings.Contains(sent.Body+f.Logs(), secret) {
			t.Error("the function's own credentials are told")
		}
	}
}
