package stack

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"testing"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/statemachine"
)

var update = flag.Bool("update", false, "write the golden template anew")

const (
	golden     = "testdata/qovery-key-rotation.template.json"
	goldenFull = "testdata/full.template.json"
)

// The template of the shipped configuration, so that every change to what is
// deployed shows in review. The definition, which has its own file and tests,
// is left out.
func TestGoldenTemplate(t *testing.T) {
	_, result := shipped(t)
	got := withoutDefinition(t, result.files[Name])
	requireFile(t, golden, got)
}

// What is different in it with all alarms and the dashboard, tags aside.
func TestGoldenFullTemplate(t *testing.T) {
	_, result := shipped(t)
	standard, full := untagged(t, result.files[Name]), untagged(t, extended(t).files[Name])
	maps.DeleteFunc(full, func(id string, more map[string]any) bool { return reflect.DeepEqual(more, standard[id]) })
	requireFile(t, goldenFull, indented(t, map[string]any{"Resources": full}))
}

// untagged are a template's resources without their tags.
func untagged(t *testing.T, file string) map[string]map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct{ Resources map[string]map[string]any }
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	for _, resource := range whole.Resources {
		if properties, _ := resource["Properties"].(map[string]any); properties != nil {
			delete(properties, "Tags")
		}
	}
	return whole.Resources
}

// requireFile requires that a file of the repository holds what the template says.
func requireFile(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the template differs from %s. If that is meant, run go test ./infra/stack -update and review the "+
			"difference. The first one:\n%s",
			file, firstDifference(got, want))
	}
}

func withoutDefinition(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	for _, resource := range whole["Resources"].(map[string]any) {
		properties, _ := resource.(map[string]any)["Properties"].(map[string]any)
		if properties["DefinitionString"] == string(statemachine.Definition) {
			properties["DefinitionString"] = "statemachine/rotation.asl.json"
		}
	}
	return indented(t, whole)
}

func indented(t *testing.T, value any) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func firstDifference(got, want []byte) string {
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(gotLines), len(wantLines)) {
		if !bytes.Equal(gotLines[i], wantLines[i]) {
			return "- " + string(wantLines[i]) + "\n+ " + string(gotLines[i])
		}
	}
	return "one ends earlier"
}

func TestSynthesisIsRepeatable(t *testing.T) {
	_, first := shipped(t)
	second := synthesize(t, shippedFile(t), config.Environment{}, today)
	if a, b := withoutDefinition(t, first.files[Name]), withoutDefinition(t, second.files[Name]); !bytes.Equal(a, b) {
		t.Errorf("the same input gave another template:\n%s", firstDifference(b, a))
	}
}
