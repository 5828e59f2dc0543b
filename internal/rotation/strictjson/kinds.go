package strictjson

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// The kinds of values, in words.
const (
	null        = "null"
	object      = "an object"
	list        = "a list"
	text        = "a string"
	flag        = "true or false"
	number      = "a number"
	fraction    = "a fraction"
	exponent    = "a number with an exponent"
	wholeNumber = "a whole number"
)

// kindOf is the kind of a valid value.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case 'n':
		return null
	case '{':
		return object
	case '[':
		return list
	case '"':
		return text
	case 't', 'f':
		return flag
	}
	switch {
	case bytes.ContainsAny(value, "eE"):
		return exponent
	case bytes.Contains(value, []byte(".")):
		return fraction
	}
	return number
}

// wanted is the kind of value that a field takes.
func wanted(field reflect.Kind) string {
	switch field {
	case reflect.Struct, reflect.Map:
		return object
	case reflect.Slice:
		return list
	case reflect.Bool:
		return flag
	case reflect.Int, reflect.Int64:
		return wholeNumber
	}
	return text
}
