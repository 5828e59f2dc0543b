// Package strictjson reads the JSON that people or other versions of this system
// write: executions' inputs, the configuration, deployed targets, the journal.
//
// encoding/json takes "Target" for "target" and lets the last of two equal names
// win, so that the next program reads something else from the same text. Here a
// name is a field's, letter for letter, it comes once, and nothing comes after the
// value. A mistake says which field it is about.
//
// Answers of services are not read with it: they may get new fields any day.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"qovery-key-rotation/internal/words"
)

// Mistake is one thing that is wrong with a text.
type Mistake struct {
	Field   string // path of the field; empty: the whole text
	Problem string // what is wrong with it
	Example string // a right value of a field, if one is known
}

// Error reads as one line.
func (m *Mistake) Error() string {
	if m.Field == "" {
		return "it " + m.Problem
	}
	text := m.Field + ": " + m.Problem
	if m.Example != "" {
		text += fmt.Sprintf(" (for example %s)", m.Example)
	}
	return text
}

// Read reads one JSON value into what the pointer leads to, and returns all the
// mistakes. What is absent stays as it was, and so does what is wrong.
//
// The path is where the value itself stands; empty: it is the whole text. The
// example has right values under the same names, which the mistakes show; nil:
// there are none. A json.RawMessage is kept for somebody else to read.
func Read(path string, data []byte, into, example any) []*Mistake {
	r := reader{}
	if value, problem := single(data); problem != "" {
		r.add(path, problem, reflect.ValueOf(example))
	} else {
		r.read(path, value, reflect.ValueOf(into).Elem(), reflect.ValueOf(example))
	}
	return r.found
}

// Err joins mistakes into one error, a line each, and counts those that are too many.
func Err(mistakes []*Mistake) error {
	const most = 10
	var all []error
	for _, m := range mistakes[:min(len(mistakes), most)] {
		all = append(all, m)
	}
	if more := len(mistakes) - most; more > 0 {
		all = append(all, errors.New("and "+words.Count(more, "more mistake")))
	}
	return errors.Join(all...)
}

// Line is such an error on one line.
func Line(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// single is the one value of a text, or what is wrong.
func single(data []byte) (value json.RawMessage, problem string) {
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		return nil, "begins with a byte order mark; save it without one, as plain UTF-8"
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&value); {
	case errors.Is(err, io.EOF):
		return nil, "is empty"
	case err != nil:
		return nil, fmt.Sprintf("is not JSON: %v", err)
	}
	switch err := decoder.Decode(new(json.RawMessage)); {
	case errors.Is(err, io.EOF):
		return value, ""
	case err != nil:
		return nil, fmt.Sprintf("has more than its JSON value: %v", err)
	}
	return nil, "is more than one JSON value"
}
