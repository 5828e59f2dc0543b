package strictjson

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
)

// fieldsOf returns the fields of a struct by their names in JSON, those of
// embedded structs included. A field hides an embedded one of its name.
func fieldsOf(object reflect.Value) map[string]reflect.Value {
	fields, own := map[string]reflect.Value{}, map[string]reflect.Value{}
	for i := range object.NumField() {
		field := object.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			maps.Copy(fields, fieldsOf(object.Field(i)))
		case name == "-" || !field.IsExported():
		case name == "":
			own[field.Name] = object.Field(i)
		default:
			own[name] = object.Field(i)
		}
	}
	maps.Copy(fields, own)
	return fields
}

// fieldOf is the example's field of that name, if it has one.
func fieldOf(example reflect.Value, name string) reflect.Value {
	if example.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return fieldsOf(example)[name]
}

// firstOf is the first item of an example, if it has one.
func firstOf(example reflect.Value) reflect.Value {
	if example.Kind() != reflect.Slice || example.Len() == 0 {
		return reflect.Value{}
	}
	return example.Index(0)
}

// shown is an example as JSON; of one that fills more than a line, only the outside.
func shown(example reflect.Value) string {
	const line = 120
	if !example.IsValid() || hasNil(example) && example.IsNil() {
		return ""
	}
	data, err := json.Marshal(example.Interface())
	switch {
	case err != nil:
		return ""
	case len(data) <= line:
		return string(data)
	case example.Kind() == reflect.Slice:
		return "[{...}]"
	}
	return "{...}"
}
