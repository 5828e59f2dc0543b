package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"qovery-key-rotation/internal/rotation/target"
)

// Mistakes are all mistakes in a configuration, each with its field's path.
type Mistakes []*target.Mistake

// Error lists them, a line each.
func (m Mistakes) Error() string {
	var text strings.Builder
	if len(m) == 1 {
		text.WriteString("there is 1 mistake\n")
	} else {
		fmt.Fprintf(&text, "there are %d mistakes\n", len(m))
	}
	for _, mistake := range m {
		fmt.Fprintf(&text, "  %s\n", mistake)
	}
	return text.String()
}

func (m *Mistakes) add(field, problem, example string) {
	*m = append(*m, &target.Mistake{Field: field, Problem: problem, Example: example})
}

// adopt adds what the domain found, with the path of the value that it looked
// at. Of a field whose shape is wrong already, that is all there is to say.
func (m *Mistakes) adopt(path string, err error) {
	for _, mistake := range fieldErrors(err) {
		field := path + "." + mistake.Field
		if !m.has(field) {
			m.add(field, mistake.Problem, mistake.Example)
		}
	}
}

// has tells whether there is a mistake in the field, or in what it is a part of.
func (m Mistakes) has(field string) bool {
	return slices.ContainsFunc(m, func(e *target.Mistake) bool {
		rest, within := strings.CutPrefix(field, e.Field)
		return within && (rest == "" || e.Field == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// fieldErrors takes apart what errors.Join has put together.
func fieldErrors(err error) []*target.Mistake {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*target.Mistake
		for _, e := range joined.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	var mistake *target.Mistake
	if errors.As(err, &mistake) {
		return []*target.Mistake{mistake}
	}
	return []*target.Mistake{{Field: "target", Problem: err.Error(), Example: "none"}}
}

// hasWithin tells whether there is a mistake in a part of the field.
func (m Mistakes) hasWithin(field string) bool {
	return slices.ContainsFunc(m, func(e *target.Mistake) bool {
		return Mistakes{{Field: field}}.has(e.Field)
	})
}
