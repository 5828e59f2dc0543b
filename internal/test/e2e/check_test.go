//go:build integration

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

// check looks for what must never be, however a scenario ends.
func (w *world) check() {
	w.Helper()
	w.mu.Lock()
	broken := slices.Clone(w.broken)
	w.mu.Unlock()
	for _, rule := range broken {
		w.Errorf("RULE BROKEN: %s", rule)
	}
	w.host.Close() // the logs are whole then
	for _, leak := range w.leaks() {
		w.Errorf("LEAK: %s", leak)
	}
}

// leaks looks for every secret there is in everything that is kept or shown.
func (w *world) leaks() []string {
	w.Helper()
	places := map[string]string{"the journal": w.journal()}
	for function, text := range w.host.Logs() {
		places["the log of "+function] = text
	}
	for _, run := range w.order {
		history, err := json.Marshal(run.history())
		w.must(nil, err)
		places["the history of "+run.name] = string(history)
	}
	w.mu.Lock()
	places["the published messages"] = strings.Join(w.published, "\n")
	w.mu.Unlock()
	var found []string
	for name, secret := range w.secrets() {
		for where, text := range places {
			if strings.Contains(text, secret) {
				found = append(found, fmt.Sprintf("%s is in %s", name, where))
			}
		}
	}
	slices.Sort(found)
	return found
}

// secrets are all that there are, by what they are.
func (w *world) secrets() map[string]string {
	secrets := map[string]string{"the Qovery token": w.token}
	for name := range shipped.template.Functions {
		function, _ := w.function(name)
		secrets["the secret of the function "+name] = function.Environment["AWS_SECRET_ACCESS_KEY"]
		secrets["the session of the function "+name] = function.Environment["AWS_SESSION_TOKEN"]
	}
	for _, key := range w.trail.lives() {
		secrets["the secret of "+string(key)] = w.trail.whole(string(key)).Secret
	}
	return secrets
}

// journal is the whole table.
func (w *world) journal() string {
	w.Helper()
	table, err := dynamodb.NewFromConfig(w.cfg).Scan(w.ctx, &dynamodb.ScanInput{TableName: w.tableName()})
	w.must(nil, err)
	text, err := json.Marshal(table.Items)
	w.must(nil, err)
	return string(text)
}

func (w *world) tableName() *string {
	return aws.String(shipped.template.Functions["preflight"].Environment["TABLE_NAME"])
}

// completed wants a rotation that is complete: one Active key, another one than
// before, which Qovery holds; no secret staged and no record open.
func (w *world) completed() {
	w.Helper()
	var left []string
	for _, key := range w.trail.keys() {
		left = append(left, string(key.ID)+" "+string(key.Status))
	}
	held := w.qovery.KeyOf(lab.CredentialsID)
	if len(left) != 1 || left[0] != held+" "+string(rotation.Active) || held == w.oldKey {
		w.Errorf("the keys are %v, Qovery holds %s, and before it was %s", left, held, w.oldKey)
	}
	if journal := w.journal(); strings.Contains(journal, `"ACTIVE"`) {
		w.Errorf("a record is open: %s", journal)
	}
	staged, err := ssm.NewFromConfig(w.cfg).GetParametersByPath(w.ctx,
		&ssm.GetParametersByPathInput{Path: aws.String("/qovery-key-rotation/staged"), Recursive: aws.Bool(true)})
	w.must(nil, err)
	if len(staged.Parameters) > 0 {
		w.Errorf("%d secrets are staged", len(staged.Parameters))
	}
}

// TestLeaksAreFound plants a secret wherever one is searched for.
func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	w := testWorld(t, lab.Setup{})
	secret := w.trail.whole(w.oldKey).Secret
	w.clock.Script(func() {
		w.start("first", `, "dryRun": true`).wait()
		if leaks := w.leaks(); len(leaks) > 0 {
			w.Errorf("before anything is planted: %v", leaks)
		}
		w.start("planted", fmt.Sprintf(`, "note": %q`, secret)).wait()
	})
	w.host.Print("preflight", secret)
	topics, err := sns.NewFromConfig(w.cfg).ListTopics(w.ctx, &sns.ListTopicsInput{})
	w.must(nil, err)
	w.must(sns.NewFromConfig(w.cfg).Publish(w.ctx,
		&sns.PublishInput{TopicArn: topics.Topics[0].TopicArn, Message: &secret}))
	text := func(s string) dynamotypes.AttributeValue { return &dynamotypes.AttributeValueMemberS{Value: s} }
	w.must(dynamodb.NewFromConfig(w.cfg).PutItem(w.ctx, &dynamodb.PutItemInput{
		TableName: w.tableName(),
		Item: map[string]dynamotypes.AttributeValue{"iamUser": text("someone"), "record": text("planted"),
			"note": text(secret)},
	}))
	found := strings.Join(w.leaks(), "\n")
	for _, place := range []string{"the journal", "the log of preflight", "the history of planted",
		"the published messages"} {
		if !strings.Contains(found, "the secret of "+w.oldKey+" is in "+place) {
			t.Errorf("the secret was planted in %s, and found in: %s", place, found)
		}
	}
}
