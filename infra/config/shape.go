package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// matchShape holds a decoded JSON value against an example of the type that it
// is meant for: no unknown field, no value of another kind. It returns what is
// left of the value without the mistakes, which can be decoded, and them.
//
// Go's own decoder stops at the first mistake, names no path, and takes
// "startat" for "startAt".
func matchShape(path string, value any, example any) (any, Mistakes) {
	s := shape{}
	clean, _ := s.match(path, value, reflect.ValueOf(example))
	return clean, s.found
}

type shape struct{ found Mistakes }

// match returns the value without its mistakes, and whether any is left.
func (s *shape) match(path string, value any, example reflect.Value) (any, bool) {
	if _, isText := example.Interface().(encoding.TextMarshaler); isText {
		return s.matchText(path, value, example)
	}
	switch example.Kind() {
	case reflect.Struct:
		if object, ok := value.(map[string]any); ok {
			return s.matchObject(path, object, fieldsOf(example)), true
		}
	case reflect.Slice:
		if list, ok := value.([]any); ok {
			return s.matchList(path, list, example.Index(0)), true
		}
	case reflect.Int:
		if number, ok := value.(float64); ok && number == float64(int(number)) {
			return int(number), true
		}
	case reflect.String:
		if text, ok := value.(string); ok {
			return text, true
		}
	case reflect.Bool:
		if flag, ok := value.(bool); ok {
			return flag, true
		}
	}
	s.found.add(path, fmt.Sprintf("is %s, not %s", kindOf(value), wanted(example.Kind())), asJSON(example))
	return nil, false
}

func (s *shape) matchObject(path string, object map[string]any, fields map[string]reflect.Value) map[string]any {
	clean := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field, known := fields[name]
		if !known {
			s.found.add(path+"."+name, "is no field that is known", nearest(name, slices.Sorted(maps.Keys(fields))))
			continue
		}
		if value, ok := s.match(path+"."+name, object[name], field); ok {
			clean[name] = value
		}
	}
	return clean
}

func (s *shape) matchList(path string, list []any, example reflect.Value) []any {
	clean := []any{}
	for i, item := range list {
		// The place of a bad item is kept, so that later paths have the right index.
		value, ok := s.match(fmt.Sprintf("%s[%d]", path, i), item, example)
		if !ok {
			value = reflect.Zero(example.Type()).Interface()
		}
		clean = append(clean, value)
	}
	return clean
}

// matchText is for values that are written as text and parse themselves, such
// as durations.
func (s *shape) matchText(path string, value any, example reflect.Value) (any, bool) {
	text, ok := value.(string)
	if !ok {
		s.found.add(path, fmt.Sprintf("is %s, not a string", kindOf(value)), asJSON(example))
		return nil, false
	}
	parsed := reflect.New(example.Type()).Interface().(encoding.TextUnmarshaler)
	if err := parsed.UnmarshalText([]byte(text)); err != nil {
		s.found.add(path, err.Error(), asJSON(example))
		return nil, false
	}
	return text, true
}

// fieldsOf returns the fields of a struct by their JSON names, those of embedded
// structs included.
func fieldsOf(example reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range example.NumField() {
		field := example.Type().Field(i)
		if field.Anonymous {
			maps.Copy(fields, fieldsOf(example.Field(i)))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = example.Field(i)
	}
	return fields
}

func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case float64:
		if value == float64(int(value)) {
			return "a number"
		}
		return "a fraction"
	}
	return fmt.Sprintf("a %T", value)
}

func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Struct:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return "a string"
}

// asJSON shows an example; of one that fills a page, only the outside.
func asJSON(example reflect.Value) string {
	switch example.Kind() {
	case reflect.Struct:
		return "{...}"
	case reflect.Slice:
		if example.Index(0).Kind() == reflect.Struct {
			return "[{...}]"
		}
	}
	data, err := json.Marshal(example.Interface())
	if err != nil {
		return example.String()
	}
	return string(data)
}
