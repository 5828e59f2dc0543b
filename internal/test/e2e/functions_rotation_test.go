//go:build !integration

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qovery-key-rotation/internal/aws/iam"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

const (
	tokenParameter = "/qovery-key-rotation/qovery-token"
	credentialsID  = "0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12"
	clusterID      = "1c8e3d5f-9a72-4a1d-82ef-a4d1b8065f23"
	kmsKey         = "arn:aws:kms:eu-west-3:123456789012:key/2d9f4e6a-0b83-4c2e-93f0-b5e2c9176a34"
)

// TestRotationUntilItWaits runs the functions one after another, as the state
// machine does, against the moto server and the fake Qovery: until the clusters
// would be waited for, and then what the later functions say that early.
func TestRotationUntilItWaits(t *testing.T) {
	w := newWorld(t)
	if w.mustRun("preflight", nil, `{"target":"production","dryRun":true}`).Plan.Would != rotation.ActionCreate {
		t.Fatal("the dry run would not create a key")
	}
	doc := w.mustRun("preflight", nil, "")
	w.refuses("preflight", nil, w.another, fault.RotationInProgress)

	doc = w.mustRun("createkey", &doc, "")
	if again := w.mustRun("createkey", &doc, ""); again.NewKey != doc.NewKey || len(w.keys(t)) != 2 {
		t.Fatalf("%s and then %s of %v", doc.NewKey, again.NewKey, w.keys(t))
	}
	w.learnStagedSecret()
	doc = w.mustRun("verifykey", &doc, "")
	if !strings.HasSuffix(doc.Identity, ":user/qovery") {
		t.Errorf("verified as %s", doc.Identity)
	}
	doc = w.mustRun("updatecredentials", &doc, "")
	if held := w.qovery.KeyOf(credentialsID); rotation.KeyID(held).String() != doc.NewKey {
		t.Errorf("Qovery holds %s, want %s", rotation.KeyID(held), doc.NewKey)
	}
	w.refuses("verifykey", &doc, w.execution, fault.StagedSecretLost) // it is destroyed by now

	doc = w.mustRun("deployclusters", &doc, "")
	if doc.Deployment.Next != rotation.PollAgain || len(doc.Deployment.Clusters) != 1 {
		t.Errorf("deployment %+v", doc.Deployment)
	}
	if where := doc.Deployment.Regions; !slices.Equal(where, []string{"eu-west-3", "us-east-1"}) {
		t.Errorf("uses are looked for in %v", where)
	}
	if checked := w.mustRun("checkusage", &doc, ""); !checked.Usage.Idle {
		t.Errorf("usage %+v", checked.Usage)
	}
	w.refuses("deactivatekey", &doc, w.execution, fault.ClusterNotDeployed)
	w.refuses("deletekey", &doc, w.execution, fault.OldKeyActive)
	w.refuses("complete", &doc, w.execution, fault.IAMSettling)
	w.refuses("discardkey", &doc, w.execution, fault.UpdateFailed)
	w.refuses("reactivatekey", &doc, w.another, fault.LockLost)
	w.mustRun("reactivatekey", &doc, "")
	if keys := w.keys(t); len(keys) != 2 || keys[0].Status != rotation.Active || keys[1].Status != rotation.Active {
		t.Errorf("the keys are %v", keys)
	}
	w.gaveNothingAway()
}

// world is an AWS account and a Qovery organization, and the functions' processes.
type world struct {
	*testing.T
	cfg                aws.Config
	env                func(function string) map[string]string
	programs           string
	qovery             *fakeqovery.Server
	secrets            []string
	execution, another string
	running            map[string]*awstest.Function
}

func newWorld(t *testing.T) *world {
	t.Helper()
	endpoint := withCloudTrail(t, awstest.Moto(t))
	w := &world{T: t, cfg: awstest.Config(endpoint), programs: build(t), running: map[string]*awstest.Function{}}
	config := fakeqovery.DefaultConfig(time.Now)
	w.qovery = fakeqovery.New(config)
	api := httptest.NewServer(w.qovery)
	t.Cleanup(api.Close)
	w.env = func(function string) map[string]string {
		env := environment(function, endpoint)
		env["QOVERY_API_URL"] = api.URL
		if function == "createkey" {
			env["KMS_KEY_ARN"] = kmsKey
		}
		return env
	}
	w.secrets = []string{config.Token, awstest.Environment("")["AWS_SECRET_ACCESS_KEY"]}
	w.table()
	w.parameter(ssmtypes.ParameterTypeSecureString, tokenParameter, config.Token)
	w.parameter(ssmtypes.ParameterTypeString, values["TARGET_PREFIX"]+"production",
		fmt.Sprintf(`{"name":"production","iamUserName":"qovery","organizationId":%q,`+
			`"schedule":{"startAt":"2026-01-13T09:00:00+01:00"}}`, config.OrganizationID))
	w.oldKey()
	w.execution, w.another = w.executions()
	return w
}

// withCloudTrail puts before the moto server what it has not: CloudTrail, in
// which nothing has been seen yet.
func withCloudTrail(t *testing.T, moto string) string {
	t.Helper()
	target, err := url.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	others := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".LookupEvents") {
			awstest.JSON(http.StatusOK, `{"Events":[]}`)(w)
			return
		}
		others.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (w *world) must(_ any, err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) table() {
	w.Helper()
	text := func(name string, kind dynamotypes.KeyType) (dynamotypes.AttributeDefinition, dynamotypes.KeySchemaElement) {
		return dynamotypes.AttributeDefinition{AttributeName: &name, AttributeType: dynamotypes.ScalarAttributeTypeS},
			dynamotypes.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	user, userKey := text("iamUser", dynamotypes.KeyTypeHash)
	record, recordKey := text("record", dynamotypes.KeyTypeRange)
	w.must(dynamodb.NewFromConfig(w.cfg).CreateTable(w.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(values["TABLE_NAME"]), BillingMode: dynamotypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamotypes.AttributeDefinition{user, record},
		KeySchema:            []dynamotypes.KeySchemaElement{userKey, recordKey},
	}))
}

func (w *world) parameter(kind ssmtypes.ParameterType, name, value string) {
	w.Helper()
	w.must(ssm.NewFromConfig(w.cfg).PutParameter(w.Context(),
		&ssm.PutParameterInput{Name: &name, Value: &value, Type: kind}))
}

// oldKey gives the user a key, and Qovery the key.
func (w *world) oldKey() {
	w.Helper()
	w.must(awsiam.NewFromConfig(w.cfg).CreateUser(w.Context(), &awsiam.CreateUserInput{UserName: aws.String("qovery")}))
	key, err := iam.New(w.cfg).Create(w.Context(), "qovery")
	w.must(nil, err)
	w.secrets = append(w.secrets, key.Secret.Reveal())
	w.qovery.AddCredentials(fakeqovery.Credentials{ID: credentialsID, Name: "aws",
		Key: fakeqovery.Key{ID: string(key.ID), Secret: key.Secret.Reveal()}})
	w.qovery.AddCluster(fakeqovery.Cluster{ID: clusterID, Name: "staging", CredentialsID: credentialsID})
}

// executions starts two executions that go on running.
func (w *world) executions() (first, second string) {
	w.Helper()
	client := sfn.NewFromConfig(w.cfg)
	machine, err := client.CreateStateMachine(w.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("rotation"), RoleArn: aws.String("arn:aws:iam::123456789012:role/machine"),
		Definition: aws.String(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"End":true}}}`),
	})
	w.must(nil, err)
	start := func(name string) string {
		execution, err := client.StartExecution(w.Context(),
			&sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: &name})
		w.must(nil, err)
		return *execution.ExecutionArn
	}
	return start("run-1"), start("run-2")
}

func (w *world) keys(t *testing.T) []rotation.AccessKey {
	t.Helper()
	keys, err := iam.New(w.cfg).List(t.Context(), "qovery")
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// learnStagedSecret finds out what nobody else may.
func (w *world) learnStagedSecret() {
	w.Helper()
	for _, key := range w.keys(w.T) {
		name := values["STAGED_PREFIX"] + string(key.ID)
		found, err := ssm.NewFromConfig(w.cfg).GetParameter(w.Context(),
			&ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
		if err != nil {
			continue // the old key
		}
		var staged struct{ SecretAccessKey string }
		w.must(nil, json.Unmarshal([]byte(*found.Parameter.Value), &staged))
		w.secrets = append(w.secrets, staged.SecretAccessKey)
		history, err := ssm.NewFromConfig(w.cfg).GetParameterHistory(w.Context(), &ssm.GetParameterHistoryInput{Name: &name})
		w.must(nil, err)
		if key := aws.ToString(history.Parameters[0].KeyId); key != kmsKey {
			w.Errorf("the secret is encrypted with %q", key)
		}
		return
	}
	w.Fatal("no secret is staged")
}

// gaveNothingAway looks for secrets in the logs and in the journal.
func (w *world) gaveNothingAway() {
	w.Helper()
	table, err := dynamodb.NewFromConfig(w.cfg).Scan(w.Context(),
		&dynamodb.ScanInput{TableName: aws.String(values["TABLE_NAME"])})
	w.must(nil, err)
	journal, err := json.Marshal(table.Items)
	w.must(nil, err)
	if len(table.Items) != 1 {
		w.Errorf("%d items in the journal", len(table.Items))
	}
	for function, f := range w.running {
		f.Stop()
		for _, secret := range w.secrets {
			if secret == "" || strings.Contains(f.Logs(), secret) || strings.Contains(string(journal), secret) {
				w.Errorf("a secret is in the journal or in the logs of %s", function)
			}
		}
	}
}

// invoke hands a function a document, and looks for secrets in all that it says.
func (w *world) invoke(function string, doc *rotation.Document, execution, input string) awstest.FunctionAnswer {
	w.Helper()
	f := w.running[function]
	if f == nil {
		f = awstest.StartFunction(w, w.env(function), filepath.Join(w.programs, function))
		w.running[function] = f
	}
	if input == "" {
		input = `{"target":"production"}`
	}
	event := map[string]any{"execution": map[string]any{
		"Id": execution, "Name": "run", "Input": json.RawMessage(input), "StartTime": time.Now().UTC(),
	}}
	if doc != nil {
		event["document"] = doc
	} else {
		event["document"] = json.RawMessage(input)
	}
	text, err := json.Marshal(event)
	w.must(nil, err)
	answer := f.Invoke(w, string(text), rotation.FunctionTimeouts[function])
	for _, secret := range w.secrets {
		if strings.Contains(string(answer.Body)+f.Logs(), secret) {
			w.Errorf("%s gives a secret away", function)
		}
	}
	return answer
}

func (w *world) mustRun(function string, doc *rotation.Document, input string) (next rotation.Document) {
	w.Helper()
	answer := w.invoke(function, doc, w.execution, input)
	if answer.ErrorType != "" {
		w.Fatalf("%s: %s: %s", function, answer.ErrorType, answer.Message)
	}
	w.must(nil, json.Unmarshal(answer.Body, &next))
	return next
}

func (w *world) refuses(function string, doc *rotation.Document, execution string, want fault.Code) {
	w.Helper()
	if answer := w.invoke(function, doc, execution, ""); answer.ErrorType != string(want) {
		w.Errorf("%s: %s: %s, want %s", function, answer.ErrorType, answer.Message, want)
	}
}
