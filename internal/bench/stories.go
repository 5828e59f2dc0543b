package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"time"

	"qovery-key-rotation/internal/environment"
	"qovery-key-rotation/internal/fakeqovery"
	"qovery-key-rotation/internal/rotation"
)

const (
	tokenParameter = "/qovery-key-rotation/qovery-token"
	targetPrefix   = "/qovery-key-rotation/targets/"
	stagedPrefix   = "/qovery-key-rotation/staged/"
	credentialsID  = "0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"
	clusterID      = "1c8e3d5f-9a72-4a1d-82ef-a4d1b8065f23"
	executionARN   = "arn:aws:states:" + region + ":" + account + ":execution:rotation:bench"
	started        = `{"target":"production"}`
)

// stories are what functions are called for, with a new process each time. Each
// function is measured where a story calls it first.
var stories = []func(*teller) error{rotates, discards, reactivates, tells, audits}

// rotates is a whole rotation.
func rotates(t *teller) error {
	t.run("preflight", "createkey", "verifykey", "updatecredentials")
	t.pass(2 * time.Minute) // a baseline is taken a minute after the last PUT
	t.run("deployclusters")
	time.Sleep(deployed)
	t.run("deployclusters")
	t.pass(3 * time.Hour)
	t.run("checkusage", "deactivatekey")
	t.pass(time.Hour)
	t.run("deployclusters") // the canary
	time.Sleep(deployed)
	t.run("deployclusters", "deletekey", "complete")
	return t.err
}

// discards is one whose new key is of no use.
func discards(t *teller) error {
	t.run("preflight", "createkey", "discardkey")
	return t.err
}

// reactivates is one whose old key is needed after all.
func reactivates(t *teller) error {
	t.run("preflight", "createkey", "reactivatekey")
	return t.err
}

// tells is the notice of an execution that was stopped.
func tells(t *teller) error {
	t.run("preflight", "createkey")
	t.call("notify", []byte(`{"detail-type":"Step Functions Execution Status Change","source":"aws.states","time":"2026-08-03T03:04:05Z",`+
		`"resources":["`+executionARN+`"],"detail":{"executionArn":"`+executionARN+`","name":"bench","status":"ABORTED",`+
		`"startDate":1785700000000,"stopDate":1785720000000,"input":"{\"target\":\"production\"}"}}`))
	return t.err
}

// audits is a day on which all is as it should be.
func audits(t *teller) error {
	t.call("audit", []byte(`{}`))
	if t.err == nil && !bytes.Contains(t.answers[0].log, []byte(`"Audited":1`)) {
		t.err = fmt.Errorf("the audit could not look at everything:\n%s", t.answers[0].log)
	}
	return t.err
}

// deployed is longer than a deployment takes at this Qovery.
const deployed = 50 * time.Millisecond

// teller calls the functions of one story. After an error it calls none.
type teller struct {
	programs *programs
	host     *host
	aws      *aws
	qovery   *fakeqovery.Server
	api      *httptest.Server
	document json.RawMessage
	answers  []firstAnswer
	err      error
}

func newTeller(p *programs, h *host) *teller {
	t := &teller{programs: p, host: h, aws: newAWS(), document: json.RawMessage(started)}
	config := fakeqovery.DefaultConfig(time.Now)
	config.StatusLag, config.CredentialsLag, config.QueueTime = 0, 0, 0
	t.qovery = fakeqovery.New(config)
	t.api = httptest.NewServer(t.qovery)
	old := t.aws.addKey(time.Now().Add(-90 * 24 * time.Hour))
	t.aws.parameters[tokenParameter] = parameter{tokenParameter, "SecureString", config.Token}
	target := fmt.Sprintf(`{"name":"production","iamUserName":%q,"organizationId":%q,"schedule":{"startAt":"2026-01-12T09:00:00+01:00"}}`, user, config.OrganizationID)
	t.aws.parameters[targetPrefix+"production"] = parameter{targetPrefix + "production", "String", target}
	t.qovery.AddCredentials(fakeqovery.Credentials{ID: credentialsID, Name: "aws", Key: fakeqovery.Key{ID: old.ID, Secret: old.Secret}})
	t.qovery.AddCluster(fakeqovery.Cluster{ID: clusterID, Name: "staging", CredentialsID: credentialsID, DeployTime: deployed / 5})
	return t
}

func (t *teller) close() {
	t.api.Close()
	t.aws.close()
}

// run calls steps one after another, with the document of the one before.
func (t *teller) run(functions ...string) {
	for _, function := range functions {
		event := fmt.Appendf(nil, `{"document":%s,"execution":{"Id":%q,"Name":"bench","Input":%s,"StartTime":"2026-01-12T08:00:00Z"}}`, t.document, executionARN, started)
		if body := t.call(function, event); t.err == nil {
			t.document = body
		}
	}
}

// call starts a function, hands it one event and ends it.
func (t *teller) call(function string, event []byte) []byte {
	if t.err != nil {
		return nil
	}
	requests, _ := t.qovery.Requests()
	before := t.aws.counted() + requests
	process, _, err := t.host.start(t.programs.program(function), environmentOf(t.aws.server.URL, t.api.URL))
	if err != nil {
		t.err = err
		return nil
	}
	got, err := process.invoke(event, max(rotation.FunctionTimeouts[function], time.Minute))
	used := process.end()
	requests, _ = t.qovery.Requests()
	if t.err = err; err != nil {
		t.err = fmt.Errorf("%s: %w", function, err)
		return nil
	}
	if got.code != "" {
		t.err = fmt.Errorf("%s failed: %s", function, got.body)
	}
	t.answers = append(t.answers, firstAnswer{function, t.aws.counted() + requests - before, got.code, used})
	return got.body
}

// pass makes everything that the functions remember as old as if time had passed.
func (t *teller) pass(d time.Duration) {
	t.aws.pass(d)
	t.document = earlier(t.document, d)
}

// environmentOf is Lambda's environment and the stack's, of all functions together.
func environmentOf(awsURL, qoveryURL string) map[string]string {
	env := map[string]string{
		"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "ASIABENCH", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL":         awsURL,
		environment.TableName:      "journal",
		environment.TargetPrefix:   targetPrefix,
		environment.StagedPrefix:   stagedPrefix,
		environment.TopicARN:       "arn:aws:sns:" + region + ":" + account + ":notices",
		environment.CreatorRoleARN: "arn:aws:iam::" + account + ":role/createkey",

		environment.TargetNames:     "production",
		environment.ScheduleGroup:   "qovery-key-rotation",
		environment.KeyAgeLimitDays: "97",
	}
	if qoveryURL != "" {
		env[environment.QoveryAPIURL] = qoveryURL
	}
	return env
}
