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

// run runs the app in a folder that has a configuration and in which the given
// functions are built.
func run(t *testing.T, rotation string, functions ...string) (output string, status int, out string) {
	t.Helper()
	return runIn(t, map[string]string{"rotation.json": rotation}, `{}`, functions...)
}

// runIn runs the app in a folder that has these files, with that context.
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
	output, status, _ := run(t, `{"targets": [{"name": "Production", "iamUserName": "qovery", `+
		`"organisationId": "6c4f9e2a"}]}`)
	if status != 1 {
		t.Errorf("the status is %d", status)
	}
	for _, want := range []string{
		"rotation.json: there are 4 mistakes\n",
		`targets[0].organisationId: is no field that is known (for example "organizationId")`,
		`targets[0].organizationId: is required`,
		`targets[0].schedule.startAt: is required`,
		`targets[0].name: "Production" is not 1 to 32 characters`,
	} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not in:\n%s", want, output)
		}
	}
	requireNoTrace(t, output)
}

const rotation = `{"targets": [{
	"name": "production", "iamUserName": "qovery", "organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	"schedule": {"startAt": "2026-01-13T09:00:00+01:00"}
}]}`

// The context names another file; one that is too long for a variable comes in a file.
func TestAnotherConfiguration(t *testing.T) {
	overflow := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(overflow, []byte(`{"config": "staging.json"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"rotation.json": rotation, "staging.json": `{"targets": 7}`}
	want := "staging.json: there is 1 mistake\n  targets: is a number, not a list"
	if output, status, _ := runIn(t, files, `{"config": "staging.json"}`); status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	t.Setenv("CONTEXT_OVERFLOW_LOCATION_ENV", overflow)
	if output, status, _ := runIn(t, files, `{"other": true}`); status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
}

// Without a configuration there is the example, and it says so. One that was named
// has to be there.
func TestWithoutAConfiguration(t *testing.T) {
	files := map[string]string{"rotation.example.json": rotation}
	output, status, _ := runIn(t, files, `{}`, functions...)
	if want := "There is no rotation.json: this is rotation.example.json."; status != 0 ||
		!strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	for _, context := range []string{`{"config": "rotation.json"}`, `{"config": "other.json"}`, `{"config": "."}`} {
		output, status, _ := runIn(t, files, context, functions...)
		if want := "reading the configuration: "; status != 1 || !strings.Contains(output, want) {
			t.Errorf("%s: %d, %s", context, status, output)
		}
		requireNoTrace(t, output)
	}
}

func TestAFieldThatStandsTwiceEndsSynthesisPlainly(t *testing.T) {
	output, status, _ := run(t,
		strings.Replace(rotation, `"name"`, `"gracePeriod": "12h", "gracePeriod": "2h", "name"`, 1))
	if want := "targets[0].gracePeriod: is there more than once"; status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	requireNoTrace(t, output)
}

func TestFunctionsThatAreNotBuiltEndSynthesisPlainly(t *testing.T) {
	output, status, _ := run(t, rotation, "preflight")
	want := "the function createkey cannot be deployed: dist/createkey/bootstrap is missing (run make build)"
	if status != 1 || !strings.Contains(output, want) {
		t.Errorf("%d, %s", status, output)
	}
	requireNoTrace(t, output)
}

// What only the CDK knows of is a sentence, too. To it these addresses are one.
func TestWhatTheCDKRefusesEndsSynthesisPlainly(t *testing.T) {
	twice := strings.Replace(rotation, `{`, `{"alertEmails": ["a/b@company.example", "a--b@company.example"], `, 1)
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
	const moved = "the configuration stands in rotation.json now, not in the context of cdk.json: move what is under "
	for given, want := range map[string]string{
		"":               "this is the CDK's app: run make synth",
		`{"config": 7}`:  `the context's "config" is not the path of a file`,
		`{"config": ""}`: `the context's "config" is not the path of a file`,
		`{"Config": "x.json"}`: `the context has "Config", which nothing reads; the configuration's path is ` +
			`"config"`,
		`{"configuration": "x"}`:           `the context has "configuration", which nothing reads`,
		`{"rotation": ` + rotation + `}`:   moved + `"rotation" there`,
		`{"rotation.customerKey": "true"}`: moved + `"rotation.customerKey" there`,
	} {
		output, status, _ := runIn(t, map[string]string{"rotation.json": rotation}, given, functions...)
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
	output, status, out := run(t, rotation, functions...)
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
