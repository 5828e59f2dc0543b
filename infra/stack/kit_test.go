package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/test/awstest"
)

// today is the clock of the tests.
var today = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "infra")
	if err != nil {
		panic(err)
	}
	workDir = dir
	placeholders(filepath.Join(dir, "dist"))
	// What jsii unpacks is removed with the rest. Once Node runs, jsii.Close has a
	// data race; before that, it removes what was unpacked by then.
	jsii.Close()
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var workDir string

// placeholders puts a file in the place of each function's binary, so that the
// hashes in the templates depend on nothing that is built.
func placeholders(dir string) {
	for _, f := range functions {
		if err := awstest.Placeholders(dir, f.name); err != nil {
			panic(err)
		}
	}
}

// synthesized is what one configuration turns into.
type synthesized struct {
	templates map[string]template // by the stack's id
	files     map[string]string   // where they are
	messages  []string            // warnings and errors, the CDK's and cdk-nag's
	remarks   []string
}

// context is the CDK's, as cdk.json has it.
var context = sync.OnceValue(func() map[string]any {
	var file struct{ Context map[string]any }
	data, err := os.ReadFile("../../cdk.json")
	if err := errors.Join(err, json.Unmarshal(data, &file)); err != nil {
		panic(err)
	}
	return file.Context
})

// synthesize turns a configuration into templates. cdk-nag always looks at them, too.
func synthesize(t *testing.T, file string, cli config.Environment, now time.Time) synthesized {
	t.Helper()
	out, err := os.MkdirTemp(workDir, "cdk.out")
	if err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, AnalyticsReporting: jsii.Bool(false), Context: new(context())})
	cfg, err := config.Parse([]byte(file), cli, now)
	if err != nil {
		t.Fatal(err)
	}
	stacks := AddAll(app, cfg, filepath.Join(workDir, "dist"), now)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	assembly := app.Synth(nil)

	result := synthesized{templates: map[string]template{}, files: map[string]string{}}
	for _, s := range stacks {
		artifact := assembly.GetStackArtifact(s.ArtifactId())
		id := *artifact.Id()
		file := filepath.Join(out, id+".template.json")
		result.files[id] = file
		result.templates[id] = readTemplate(t, file)
		metadata := filepath.Join(out, id+".metadata.json")
		result.messages = append(result.messages, readMessages(t, metadata, "aws:cdk:warning", "aws:cdk:error")...)
		result.remarks = append(result.remarks, readMessages(t, metadata, "aws:cdk:info")...)
	}
	return result
}

// readMessages returns what the CLI would show of these kinds.
func readMessages(t *testing.T, file string, kinds ...string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var metadata map[string][]struct {
		Type string
		Data any
	}
	if err := json.Unmarshal(data, &metadata); err != nil {
		t.Fatal(err)
	}
	var messages []string
	for path, entries := range metadata {
		for _, entry := range entries {
			if slices.Contains(kinds, entry.Type) {
				messages = append(messages, fmt.Sprintf("%s: %s: %v", entry.Type, path, entry.Data))
			}
		}
	}
	return messages
}

// shipped is what the shipped rotation.example.json turns into, without an account
// or a region: made once, and only read.
func shipped(t *testing.T) (template, synthesized) {
	t.Helper()
	shippedOnce.Do(func() { shippedResult = synthesize(t, shippedFile(t), config.Environment{}, today) })
	return shippedResult.templates[Name], shippedResult
}

var (
	shippedOnce   sync.Once
	shippedResult synthesized
)

// extended is the example with everything that costs something more.
var extended = func() func(t *testing.T) synthesized {
	var once sync.Once
	var result synthesized
	return func(t *testing.T) synthesized {
		t.Helper()
		once.Do(func() {
			more := `{"alarms": "full", "dashboard": true, "tags": {"cost-center": "platform 7"},`
			result = synthesize(t, strings.Replace(shippedFile(t), "{", more, 1), config.Environment{}, today)
		})
		return result
	}
}()

func withAll(t *testing.T) template {
	t.Helper()
	return extended(t).templates[Name]
}

// shippedFile is the example that is shipped.
func shippedFile(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../rotation.example.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// targetJSON is a target with some fields of its own.
func targetJSON(name, user string, more ...string) string {
	fields := append([]string{
		fmt.Sprintf(`"name": %q`, name), fmt.Sprintf(`"iamUserName": %q`, user),
		`"organizationId": "7d50af3b-2e4c-4c68-8b1f-309e8d6c2ba1"`, `"schedule": {"startAt": "2026-01-13T09:00:00+01:00"}`,
	}, more...)
	return "{" + strings.Join(fields, ", ") + "}"
}
