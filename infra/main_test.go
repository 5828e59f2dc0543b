package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"qovery-key-rotation/internal/test/awstest"
)

// The tests run the app as the CDK's CLI does: as a process, with the context
// and the place of the output in its environment.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_THE_APP") != "" {
		main()
		os.Exit(0)
	}
	jsii.Close() // removes what jsii unpacks into every process
	os.Exit(m.Run())
}

// run runs the app in a folder in which the given functions are built.
func run(t *testing.T, context string, functions ...string) (output string, status int, out string) {
	t.Helper()
	return runIn(t, nil, context, functions...)
}

// runIn runs the app in a folder that has some more files.
func runIn(t *testing.T, files map[string]string, context string, functions ...string) (output string, status int,
	out string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := awstest.Placeholders(filepath.Join(dir, assetsDir), functions...); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out = filepath.Join(dir, "cdk.out")
	app := exec.Command(program)
	app.Dir = dir
	app.Env = append(os.Environ(), "RUN_THE_APP=1", "CDK_CONTEXT_JSON="+context, "CDK_OUTDIR="+out,
		"CDK_DEFAULT_ACCOUNT=", "CDK_DEFAULT_REGION=", "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1")
	text, _ := app.CombinedOutput()
	return string(text), app.ProcessState.ExitCode(), out
}

// requireNoTrace makes sure that a person is shown sentences alone.
func requireNoTrace(t *testing.T, output string) {
	t.Helper()
	for _, trace := range []string{"goroutine", "panic", ".go:", ".js:", "    at ", "jsii"} {
		if strings.Contains(output, trace) {
			t.Errorf("there is a trace (%q) in:\n%s", trace, output)
		}
	}
}

func TestMistakesEndSynthesisPlainly(t *testing.T) {
	output, status, _ := run(t, `{"rotation": {"targets": [{"name": "Production", "iamUserName": "qovery", `+
		`"organisationId": "6c4f9e2a"}]}}`)
	if status != 1 {
		t.Errorf("the status is %d", status)
	}
	for _, want := range []string{
		"cdk.json: there are 4 mistakes in the context\n",
		`rotation.targets[0].organisationId: is no field that is known (for example "organizationId")`,
		`rotation.targets[0].organizationId: is required`,
		`rotation.targets[0].schedule.startAt: is required`,
		`rotation.targets[0].name: "Production" is not 1 to 32 characters`,
	} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not in:\n%s", want, output)
		}
	}
	requireNoTrace(t, output)
}

const context = `{"rotation": {"targets": [{
	"name": "production", "iamUserName": "qovery", "organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	"schedule": {"startAt": "2026-01-12T09:00:00+01:00"}
}]}}`

// A context that is too long for a variable comes in a file.
func TestLongContextComesInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(file, []byte(`{"rotation": {"targets": 7}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONTEXT_OVERFLOW_LOCATION_ENV", file)
	output, status, _ := run(t, `{"other": true}`)
	if want := "rotation.targets: is a number, not a list"; status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
}

// Of a field that stands twice in cdk.json the CDK's CLI hands over the last, and
// nobody hears of the other one.
func TestAFieldThatStandsTwiceEndsSynthesisPlainly(t *testing.T) {
	file := `{"app": "go run ./infra", "context": ` +
		strings.Replace(context, `"name"`, `"gracePeriod": "12h", "gracePeriod": "2h", "name"`, 1) + `}`
	output, status, _ := runIn(t, map[string]string{"cdk.json": file}, context)
	if want := "context.rotation.targets[0].gracePeriod: is there more than once"; status != 1 ||
		!strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	requireNoTrace(t, output)
}

func TestFunctionsThatAreNotBuiltEndSynthesisPlainly(t *testing.T) {
	output, status, _ := run(t, context, "preflight")
	if want := "the function createkey cannot be deployed: dist/createkey/bootstrap is missing (run make build)"; status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	requireNoTrace(t, output)
}

// What only the CDK knows of is a sentence, too. To it these addresses are one.
func TestWhatTheCDKRefusesEndsSynthesisPlainly(t *testing.T) {
	twice := strings.Replace(context, `{"rotation": {`,
		`{"rotation": {"alertEmails": ["a/b@company.example", "a--b@company.example"], `, 1)
	output, status, _ := run(t, twice, functions...)
	if want := `the CDK refuses this configuration: SubscriptionAlreadyExistsUnder: A subscription with id ` +
		`"a--b@company.example" already exists`; status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	requireNoTrace(t, output)
}

// Without the CDK's CLI there is no context, and with a slip of the finger none
// that is read.
func TestAContextThatIsNotReadEndsSynthesisPlainly(t *testing.T) {
	for given, want := range map[string]string{
		"": "this is the CDK's app: run make synth",
		strings.Replace(context, "rotation", "Rotation",
			1): `the context has "Rotation", which nothing reads; the configuration is "rotation"`,
		strings.Replace(context, "rotation", "rotations",
			1): `the context has "rotations", which nothing reads; the configuration is "rotation"`,
		strings.Replace(context, "{", `{"rotation.customerKey":"true",`,
			1): `the context has "rotation.customerKey", which nothing reads; the configuration is "rotation"`,
	} {
		output, status, _ := run(t, given, functions...)
		if status != 1 || !strings.Contains(output, want) {
			t.Errorf("%d, %s", status, output)
		}
		requireNoTrace(t, output)
	}
}

// files are the files in a folder, with what is in them.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	read := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			if read[entry.Name()], err = os.ReadFile(filepath.Join(dir, entry.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return read
}

var functions = []string{"preflight", "createkey", "verifykey", "updatecredentials", "deployclusters", "checkusage",
	"deactivatekey", "deletekey", "complete", "discardkey", "reactivatekey", "notify", "audit"}

func TestSynthesis(t *testing.T) {
	output, status, out := run(t, context, functions...)
	if status != 0 {
		t.Fatalf("%d, %s", status, output)
	}
	data, err := os.ReadFile(filepath.Join(out, "qovery-key-rotation.template.json"))
	if err != nil || !json.Valid(data) {
		t.Errorf("the template: %v", err)
	}
	// Beside each warning the CDK's CLI would show the first line of a trace.
	for file, text := range files(t, out) {
		if strings.Contains(string(text), "program.js") {
			t.Errorf("there is a trace in %s", file)
		}
	}
}
