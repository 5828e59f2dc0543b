package cli

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// JSONSchema describes all answers in JSON: which there are, and of each the members
// of the Go type.
func JSONSchema() map[string]any {
	s := schemas{}
	var all []any
	for _, a := range jsonAnswers {
		answer := s.object(deref(reflect.TypeOf(a.value)))
		answer["description"] = a.about
		answer["properties"].(map[string]any)["type"] = map[string]any{"const": a.name}
		answer["properties"].(map[string]any)["version"] = map[string]any{"const": jsonVersion}
		answer["required"] = append([]string{"type", "version"}, answer["required"].([]string)...)
		s[a.name] = answer
		all = append(all, map[string]any{"$ref": "#/$defs/" + a.name})
	}
	return map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title": "What rotate answers in JSON", "oneOf": all, "$defs": map[string]any(s)}
}

// JSONTypes are the types of the answers, with the commands that give them.
func JSONTypes() (rows [][2]string) {
	for _, a := range jsonAnswers {
		rows = append(rows, [2]string{a.name, a.about})
	}
	return rows
}

// ExitCodes are the rows of the table of exit codes.
func ExitCodes() (rows []string) {
	for _, row := range exitCodes {
		rows = append(rows, fmt.Sprintf("| %d | %s |", row.code, strings.ReplaceAll(row.means, "|", `\|`)))
	}
	return rows
}

// schemas are those of the Go types so far, by name.
type schemas map[string]any

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

func (s schemas) of(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[target.Seconds]():
		return map[string]any{"type": "integer", "description": "seconds"}
	case t == reflect.TypeFor[time.Duration]():
		panic("a duration that isn't in seconds: " + t.String())
	case t == timeType, t == reflect.TypeFor[rotation.WaitTime]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Implements(textType):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.reference(t)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	}
	panic("no schema of " + t.String())
}

// reference puts a struct's schema among the others.
func (s schemas) reference(t reflect.Type) map[string]any {
	name := strings.ReplaceAll(t.String(), ".", "-")
	if s[name] == nil {
		s[name] = true // it may have itself in it
		s[name] = s.object(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s schemas) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for field := range fieldsOf(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			panic(t.String() + "." + field.Name + " has no name in JSON")
		}
		properties[name] = s.of(field.Type)
		isTime := field.Type == timeType || field.Type == reflect.TypeFor[rotation.WaitTime]()
		if !strings.Contains(options, "omit") && !isTime { // one that isn't known is left out
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fieldsOf are the fields that are members in JSON, those of embedded structs included.
func fieldsOf(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			hidden := !field.IsExported() || name == "-" || field.Anonymous && name == ""
			if !hidden && !yield(field) {
				return
			}
		}
	}
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// Indented is how the schema's file is written.
func Indented(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(text) + "\n"
}
