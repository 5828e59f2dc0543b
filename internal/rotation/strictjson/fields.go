package strictjson

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// fieldsByType keeps what fieldsOf has found out: a map[string][]int by its reflect.Type.
var fieldsByType sync.Map

// fieldsOf returns the indexes of a struct's fields by their names in JSON, those of
// embedded structs included. A field hides an embedded one of its name.
func fieldsOf(object reflect.Type) map[string][]int {
	if known, ok := fieldsByType.Load(object); ok {
		return known.(map[string][]int)
	}
	fields, own := map[string][]int{}, map[string][]int{}
	for i := range object.NumField() {
		field := object.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			for embedded, index := range fieldsOf(field.Type) {
				fields[embedded] = slices.Concat([]int{i}, index)
			}
		case name == "-" || !field.IsExported():
		case name == "":
			own[field.Name] = []int{i}
		default:
			own[name] = []int{i}
		}
	}
	maps.Copy(fields, own)
	fieldsByType.Store(object, fields)
	return fields
}

// fieldOf is the example's field of that name, if it has one.
func fieldOf(example reflect.Value, name string) reflect.Value {
	if example.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	index, known := fieldsOf(example.Type())[name]
	if !known {
		return reflect.Value{}
	}
	return example.FieldByIndex(index)
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
