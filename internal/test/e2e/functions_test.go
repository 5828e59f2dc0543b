//go:build !integration

// Each function alone: the tests build the functions for this machine, as they are
// shipped, and run them as Lambda does.

package main_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

// The variables of the functions, beside Lambda's own.
var variables = map[string][]string{
	"preflight":         {"KEY_AGE_LIMIT_DAYS", "STAGED_PREFIX", "TABLE_NAME", "TARGET_PREFIX"},
	"createkey":         {"CREATOR_ROLE_ARN", "STAGED_PREFIX", "TABLE_NAME"},
	"verifykey":         {"STAGED_PREFIX", "TABLE_NAME"},
	"updatecredentials": {"STAGED_PREFIX", "TABLE_NAME"},
	"deployclusters":    {"TABLE_NAME"},
	"checkusage":        {"TABLE_NAME"},
	"deactivatekey":     {"TABLE_NAME"},
	"deletekey":         {"TABLE_NAME"},
	"complete":          {"STAGED_PREFIX", "TABLE_NAME"},
	"discardkey":        {"CREATOR_ROLE_ARN", "STAGED_PREFIX", "TABLE_NAME"},
	"reactivatekey":     {"TABLE_NAME"},
	notify: {"CHAT_TOPIC_ARN", "KEY_AGE_LIMIT_DAYS", "TABLE_NAME", "TARGET_NAMES", "TARGET_PREFIX",
		"TOPIC_ARN"},
	auditor: {"CHAT_TOPIC_ARN", "KEY_AGE_LIMIT_DAYS", "SCHEDULE_GROUP", "STAGED_PREFIX", "STATE_MACHINE_ARN", "TABLE_NAME",
		"TARGET_NAMES", "TARGET_PREFIX", "TOPIC_ARN"},
}

// The functions that talk to Qovery, whose API's address may be set.
var qovery = []string{"preflight", "createkey", "updatecredentials", "deployclusters", "deactivatekey", "deletekey",
	"complete", "discardkey", auditor}

// The service clients that a function links. A client that it does not use would
// cost every cold start.
var services = map[string][]string{
	"preflight":         {"cloudtrail", "dynamodb", "iam", "sfn", "ssm"},
	"createkey":         {"cloudtrail", "dynamodb", "iam", "ssm"},
	"verifykey":         {"dynamodb", "ssm", "sts"},
	"updatecredentials": {"dynamodb", "iam", "ssm"},
	"deployclusters":    {"dynamodb", "iam", "ssm"},
	"checkusage":        {"cloudtrail", "dynamodb", "iam"},
	"deactivatekey":     {"dynamodb", "iam", "ssm"},
	"deletekey":         {"dynamodb", "iam", "ssm"},
	"complete":          {"dynamodb", "iam", "ssm"},
	"discardkey":        {"cloudtrail", "dynamodb", "iam", "ssm"},
	"reactivatekey":     {"dynamodb", "iam"},
	notify:              {"dynamodb", "eventbridge", "iam", "sns", "ssm"},
	auditor:             {"cloudtrail", "dynamodb", "iam", "scheduler", "sfn", "sns", "ssm"},
}

const event = `{"document":{"target":"production","rotationId":"r1","takenAt":"2026-01-02T03:04:05Z","fence":1,` +
	`"settings":{"name":"production","iamUserName":"qovery"}},` +
	`"execution":{"Id":"arn:aws:states:eu-west-3:123456789012:execution:rotation:run-1","Name":"run-1",` +
	`"Input":{"target":"production"},"StartTime":"2026-01-02T03:04:05Z"}}`

var values = map[string]string{
	"TABLE_NAME":       "journal",
	"TARGET_PREFIX":    "/qovery-key-rotation/targets/",
	"STAGED_PREFIX":    "/qovery-key-rotation/staged/",
	"CREATOR_ROLE_ARN": "arn:aws:iam::123456789012:role/createkey",
	"TOPIC_ARN":        "arn:aws:sns:eu-west-3:123456789012:notices",
	"CHAT_TOPIC_ARN":   "arn:aws:sns:eu-west-3:123456789012:chat",

	"KEY_AGE_LIMIT_DAYS": "97",
	"SCHEDULE_GROUP":     "qovery-key-rotation",
	"STATE_MACHINE_ARN":  "arn:aws:states:eu-west-3:123456789012:stateMachine:qovery-key-rotation",
	"TARGET_NAMES":       "production",
}

func TestEveryStepHasATimeout(t *testing.T) {
	steps := slices.DeleteFunc(slices.Sorted(maps.Keys(variables)), func(name string) bool {
		return name == notify || name == auditor
	})
	if want, got := slices.Sorted(maps.Keys(rotation.FunctionTimeouts)), steps; !slices.Equal(got, want) {
		t.Errorf("functions %v, timeouts for %v", got, want)
	}
}

func TestFunctions(t *testing.T) {
	programs := build(t)
	for name := range variables {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := filepath.Join(programs, name)
			t.Run("environment", func(t *testing.T) { everyVariableCounts(t, name, program) })
			switch name {
			case notify:
				t.Run("events", func(t *testing.T) { tellsOfEvents(t, program) })
				t.Run("chats", func(t *testing.T) { postsToChats(t, program) })
			case auditor:
				t.Run("audits", func(t *testing.T) { audits(t, program) })
			default:
				t.Run("events", func(t *testing.T) { answersEvents(t, name, program) })
			}
		})
	}
}

// sources are those of the functions, for Go.
const sources = "../../../functions/..."

// shipped are the flags that the Makefile builds the functions with.
var shipped = []string{"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid="}

func TestFunctionsAreBuiltAsTheyAreShipped(t *testing.T) {
	makefile, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	last := len(shipped) - 1
	if want := "go build " + strings.Join(shipped[:last], " ") + " '" + shipped[last] +
		"'\n"; !strings.Contains(string(makefile), want) {
		t.Errorf("the Makefile does not say %q", want)
	}
}

// build builds all functions for this machine, and other packages beside them.
func build(t testing.TB, others ...string) string {
	t.Helper()
	dir := t.TempDir()
	arguments := append([]string{"build", "-o", dir + string(filepath.Separator)}, shipped...)
	command := exec.Command("go", append(append(arguments, sources), others...)...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return dir
}

// environment is Lambda's, and that of the stack for the function.
func environment(name, endpoint string) map[string]string {
	env := awstest.Environment(endpoint)
	for _, variable := range variables[name] {
		env[variable] = values[variable]
	}
	return env
}

// everyVariableCounts takes one variable away after another.
func everyVariableCounts(t *testing.T, name, program string) {
	broken := map[string]string{"AWS_ENDPOINT_URL": "nonsense"}
	for _, variable := range append([]string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
		variables[name]...) {
		broken[variable] = ""
	}
	if slices.Contains(qovery, name) {
		broken["QOVERY_API_URL"] = "http://elsewhere.example"
	}
	if name == "createkey" {
		broken["KMS_KEY_ARN"] = "alias/mine"
	}
	for variable, value := range broken {
		env := environment(name, "http://127.0.0.1:1")
		env[variable] = value
		answer := awstest.StartFunction(t, env, program).Invoke(t, event, 20*time.Second)
		if answer.ErrorType != string(fault.ConfigurationError) || !strings.Contains(answer.Message, variable) {
			t.Errorf("%s=%q: %+v", variable, value, answer)
		}
		for other := range broken {
			if other != variable && strings.Contains(answer.Message, " "+other+" ") {
				t.Errorf("%s=%q: complains of %s", variable, value, other)
			}
		}
		if strings.Contains(answer.Message, env["AWS_SECRET_ACCESS_KEY"]) && env["AWS_SECRET_ACCESS_KEY"] != "" {
			t.Errorf("%s=%q: the credentials are quoted", variable, value)
		}
	}
}

// answersEvents runs the function against a world in which there is nothing: no
// target for Preflight, and no record for the others.
func answersEvents(t *testing.T, name, program string) {
	server := awstest.Serve(t, func(w http.ResponseWriter, r awstest.Request, _ int) {
		answer := awstest.JSONError(400, "ParameterNotFound", "")
		if r.Operation == "GetItem" {
			answer = awstest.JSON(200, `{"ConsumedCapacity":{"TableName":"journal","CapacityUnits":0.5}}`)
		}
		answer(w)
	})
	f := awstest.StartFunction(t, environment(name, server.URL), program)
	for _, malformed := range []string{`{`, `{}`, `{"document":"text"}`} {
		if answer := f.Invoke(t, malformed, 20*time.Second); answer.ErrorType != string(fault.InvalidInput) {
			t.Errorf("%s: %s", malformed, answer.Body)
		}
	}
	want, asked := fault.LockLost, "GetItem"
	if name == "preflight" {
		want, asked = fault.TargetNotFound, "GetParameter"
	}
	if answer := f.Invoke(t, event, 20*time.Second); answer.ErrorType != string(want) || answer.Message == "" {
		t.Errorf("%+v, want %s", answer, want)
	}
	requests := server.Requests()
	if len(requests) == 0 || requests[0].Operation != asked || requests[0].Header.Get("X-Amz-Security-Token") == "" {
		t.Errorf("asked %+v", requests)
	}
	f.Stop()
	if log := f.Logs(); !strings.Contains(log, `"rotation":"r1"`) || !strings.Contains(log, `"requestId":`) {
		t.Errorf("logged %s", log)
	}
}

// listed is what go list tells of a function.
type listed struct {
	ImportPath string
	Deps       []string
}

// TestImports: no function links the CDK, the SDK's configuration loader or a
// test, nor a service client that it does not use, nor one that describes its
// whole API in tables (schemas) which every start fills: see docs/performance.md.
func TestImports(t *testing.T) {
	output, err := exec.Command("go", "list", "-tags", "lambda.norpc", "-json=ImportPath,Deps", sources).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(output))); decoder.More(); {
		var program listed
		if err := decoder.Decode(&program); err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(program.ImportPath)
		if _, isFunction := variables[name]; !isFunction {
			continue
		}
		seen++
		if got := linkedServices(t, name, program.Deps); !slices.Equal(got, services[name]) {
			t.Errorf("%s links %v, want %v", name, got, services[name])
		}
	}
	if seen != len(variables) {
		t.Errorf("%d functions, want %d", seen, len(variables))
	}
}

func linkedServices(t *testing.T, name string, deps []string) []string {
	const prefix = "github.com/aws/aws-sdk-go-v2/service/"
	var linked []string
	for _, dep := range deps {
		for _, unwanted := range []string{"aws-cdk-go", "jsii", "constructs-go", "/infra", "aws-sdk-go-v2/config",
			"aws-sdk-go-v2/feature",
			"net/rpc", "spf13", "key-rotation/internal/lab", "key-rotation/internal/test", "key-rotation/internal/cli"} {
			if strings.Contains(dep, unwanted) {
				t.Errorf("%s links %s", name, dep)
			}
		}
		service, found := strings.CutPrefix(dep, prefix)
		switch {
		case found && strings.HasSuffix(service, "/schemas"):
			t.Errorf("%s links %s, which costs each start a millisecond and megabytes: keep the version before", name, dep)
		case found && !strings.Contains(service, "/"):
			linked = append(linked, service)
		}
	}
	return linked
}
