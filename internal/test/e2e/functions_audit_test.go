//go:build !integration

package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

// audited answers as an account in which everything is denied to the audit but
// what it tells and remembers.
func audited(w http.ResponseWriter, r awstest.Request, _ int) {
	answers := map[string]awstest.Answer{
		"GetItem": awstest.JSON(200, `{"ConsumedCapacity":{"CapacityUnits":0.5}}`),
		"PutItem": awstest.JSON(200, `{}`),
		// of the machine, whose executions are asked for first
		"ListExecutions": awstest.JSON(200, `{"executions":[]}`),
		"Publish": awstest.XML(200, `<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult>`+
			`</PublishResponse>`),
	}
	answer, known := answers[r.Operation]
	if !known {
		answer = awstest.JSONError(400, "AccessDeniedException", awstest.Planted)
	}
	answer(w)
}

// audits runs the audit on a target that cannot be read: it tells so, remembers
// that, and writes its metrics.
func audits(t *testing.T, program string) {
	server := awstest.Serve(t, audited)
	env := environment(auditor, server.URL)
	env["ALL_METRICS"] = "true"
	f := awstest.StartFunction(t, env, program)
	if answer := f.Invoke(t, `{}`, 30*time.Second); answer.ErrorType != "" || string(answer.Body) != "null" {
		t.Fatalf("%s", answer.Body)
	}
	var told, remembered string
	for _, request := range server.Requests() {
		switch request.Operation {
		case "Publish":
			message, err := url.ParseQuery(request.Body)
			if message.Get("TopicArn") == values["CHAT_TOPIC_ARN"] {
				continue
			}
			if err != nil || message.Get("TopicArn") != values["TOPIC_ARN"] {
				t.Errorf("sent %s, %v", request.Body, err)
			}
			told += message.Get("Subject")
		case "PutItem":
			remembered += request.Body
		}
	}
	if told != "CHECK production: the target's configuration could not be read" {
		t.Errorf("told %q", told)
	}
	if !strings.Contains(remembered, `"unread-target#"`) || !strings.Contains(remembered, `"target:production"`) {
		t.Errorf("remembered %s", remembered)
	}
	f.Stop()
	for _, line := range []string{`"target":"production"`, `"Audited":0`, `"Dimensions":[["target"]]`, `"Dimensions":[[]]`,
		`"notice sent"`} {
		if !strings.Contains(f.Logs(), line) {
			t.Errorf("no %s in %s", line, f.Logs())
		}
	}

	mute := awstest.Serve(t, func(w http.ResponseWriter, _ awstest.Request, _ int) {
		awstest.JSONError(400, "AccessDeniedException", awstest.Planted)(w)
	})
	answer := awstest.StartFunction(t, environment(auditor, mute.URL), program).Invoke(t, `{}`, 30*time.Second)
	if answer.ErrorType != string(fault.AccessDenied) || !strings.Contains(answer.Message, "production: ") ||
		!strings.Contains(answer.Message, "Lambda tries again") {
		t.Errorf("without a memory: %s", answer.Body)
	}
	f = awstest.StartFunction(t, environment(auditor, server.URL), program)
	f.Invoke(t, `{}`, 30*time.Second)
	if f.Stop(); !strings.Contains(f.Logs(), `"Dimensions":[[]]`) || strings.Contains(f.Logs(), `[["target"]]`) {
		t.Errorf("by default the metrics are %s", f.Logs())
	}
	for variable, value := range map[string]string{"TOPIC_ARN": "notices", "TARGET_NAMES": "a,,b",
		"KEY_AGE_LIMIT_DAYS": "many"} {
		env := environment(auditor, "http://127.0.0.1:1")
		env[variable] = value
		if answer := awstest.StartFunction(t, env, program).Invoke(t, `{}`,
			20*time.Second); answer.ErrorType != string(fault.ConfigurationError) ||
			!strings.Contains(answer.Message, variable) {
			t.Errorf("%s=%s: %s", variable, value, answer.Body)
		}
	}
}
