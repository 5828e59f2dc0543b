package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"qovery-key-rotation/internal/rotation"
)

// described is what the schema says of one field.
type described struct {
	Description string            `json:"description"`
	Type        string            `json:"type"`
	Default     json.RawMessage   `json:"default"`
	Minimum     *int              `json:"minimum"`
	Maximum     *int              `json:"maximum"`
	Examples    []json.RawMessage `json:"examples"`
}

type object struct {
	Properties map[string]described `json:"properties"`
}

// objects are the schema's objects, by the name of their definition.
func objects(t *testing.T) map[string]object {
	t.Helper()
	var file struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(schemaFile, &file); err != nil {
		t.Fatal(err)
	}
	file.Defs["configuration"] = file.object
	return file.Defs
}

// The schema has the fields that are read, each with the default that it has.
func TestTheSchemaHasEveryField(t *testing.T) {
	defaults, right := rotation.DefaultTarget(), rotation.ExampleTarget()
	fallback := Config{KeyAgeLimitDays: defaultKeyAgeLimitDays}
	whole := example()
	whole.Schema = "rotation.schema.json"
	for name, values := range map[string]struct{ all, defaults any }{
		"configuration": {whole, fallback}, "target": {right, defaults}, "schedule": {right.Schedule, defaults.Schedule},
	} {
		fields, fallbacks := asMap(t, values.all), asMap(t, values.defaults)
		properties := objects(t)[name].Properties
		if got, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, and read are %v", name, got, want)
		}
		for field, d := range properties {
			if d.Default != nil && string(d.Default) != string(fallbacks[field]) {
				t.Errorf("%s.%s: the schema's default is %s, and it is %s", name, field, d.Default, fallbacks[field])
			}
		}
	}
}

// On both sides of each number's bounds the schema and this package agree.
func TestTheSchemasBounds(t *testing.T) {
	checked := 0
	for name, o := range objects(t) {
		for field, d := range o.Properties {
			for _, example := range d.Examples {
				if problem := alone(t, name, field, string(example)); problem != "" {
					t.Errorf("the schema's example of %s.%s: %s", name, field, problem)
				}
			}
			if d.Minimum == nil || d.Maximum == nil {
				continue
			}
			checked++
			for value, taken := range map[int]bool{*d.Minimum - 1: false, *d.Maximum + 1: false, *d.Maximum: true,
				*d.Minimum: true} {
				if problem := alone(t, name, field, fmt.Sprint(value)); (problem == "") != taken {
					t.Errorf("%s.%s: %d: %q", name, field, value, problem)
				}
			}
		}
	}
	if checked < 4 {
		t.Errorf("only %d fields with bounds were found", checked)
	}
}

// alone is what this package has against a field's value without the schema.
func alone(t *testing.T, object, field, value string) string {
	t.Helper()
	text := one(fmt.Sprintf("%q: %s", field, value))
	switch object {
	case "configuration":
		text = fmt.Sprintf(`{"targets": [%s], %q: %s}`,
			target("a", "b", `"schedule": {`+startAt+`, "rateDays": 7}`), field, value)
	case "schedule":
		text = strings.Replace(scheduled(fmt.Sprintf("%q: %s", field, value)), `{"targets"`,
			`{"keyAgeLimitDays": 400, "targets"`, 1)
	}
	config, found := read(last(t, text))
	config.check(today, &found)
	if len(found) == 0 {
		return ""
	}
	return found.Error()
}

// Whatever the schema refuses has its place; most of what is refused here an editor
// shows, too.
func TestTheSchemaRefuses(t *testing.T) {
	refused := 0
	for _, row := range mistakes {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(last(t, row.config)))
		if err != nil {
			t.Fatal(err)
		}
		if schema().Validate(document) != nil {
			refused++
		}
	}
	if refused < len(mistakes)/2 {
		t.Errorf("the schema refuses %d of %d", refused, len(mistakes))
	}
	for text, want := range map[string]string{
		`{"targets": [` + target("a", "b") + `], "alertEmails": null}`: "alertEmails: got null, want array",
		one(`"handledElsewhere": null`):                                "targets[0].handledElsewhere: got null, want array",
	} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func asMap(t *testing.T, value any) (fields map[string]json.RawMessage) {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}
