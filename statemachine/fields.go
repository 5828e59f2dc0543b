package statemachine

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// fields reads one object of the definition. Whatever is read is supported; close rejects what nobody read, by name.
// The first problem is kept and everything after it reads as absent, so that callers check once, at the end.
type fields struct {
	where  string
	names  []string
	values map[string]json.RawMessage
	read   map[string]bool
	err    error
}

func readFields(where string, raw json.RawMessage) *fields {
	f := &fields{where: where, values: map[string]json.RawMessage{}, read: map[string]bool{}}
	ok := eachMember(raw, func(key []byte, start, end int) bool {
		name := unquote(key)
		if _, twice := f.values[name]; twice {
			f.fail("field %q occurs twice", name)
		}
		f.names = append(f.names, name)
		f.values[name] = raw[start:end:end]
		return true
	})
	if !ok {
		f.fail("must be an object")
	}
	return f
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %w", f.where, fmt.Errorf(format, args...))
	}
}

// adopt keeps the problem of a part that was read on its own.
func (f *fields) adopt(err error) {
	if f.err == nil {
		f.err = err
	}
}

func (f *fields) close() error {
	return f.closeAs("field %q is not supported")
}

func (f *fields) closeAs(format string) error {
	for _, name := range f.names {
		if !f.read[name] {
			f.fail(format, name)
		}
	}
	return f.err
}

func (f *fields) take(name string) (json.RawMessage, bool) {
	f.read[name] = true
	raw, ok := f.values[name]
	return raw, ok && f.err == nil
}

func (f *fields) has(name string) bool {
	_, ok := f.values[name]
	return ok
}

// decode reads a field into v and reports whether it was there.
func (f *fields) decode(name string, v any, kind string) bool {
	raw, ok := f.take(name)
	if !ok {
		return false
	}
	if string(raw) == "null" || json.Unmarshal(raw, v) != nil {
		f.fail("field %q must be %s", name, kind)
		return false
	}
	return true
}

func (f *fields) text(name string) string {
	var s string
	f.decode(name, &s, "a string")
	return s
}

func (f *fields) required(name string) string {
	s := f.text(name)
	if s == "" {
		f.fail("field %q is missing", name)
	}
	return s
}

func (f *fields) texts(name string) []string {
	var s []string
	f.decode(name, &s, "an array of strings")
	return s
}

func (f *fields) flag(name string) bool {
	var b bool
	f.decode(name, &b, "true or false")
	return b
}

// maxSeconds is the largest number that Step Functions takes for an interval, a timeout or a number of attempts.
const maxSeconds = 99999999

func (f *fields) integer(name string, least, fallback int) int {
	n := fallback
	if f.decode(name, &n, "an integer") && (n < least || n > maxSeconds) {
		f.fail("field %q must be between %d and %d", name, least, maxSeconds)
	}
	return n
}

func (f *fields) number(name string, least, fallback float64) float64 {
	n := fallback
	if f.decode(name, &n, "a number") && (n < least || math.IsInf(n, 0)) {
		f.fail("field %q must be at least %g", name, least)
	}
	return n
}

func (f *fields) oneOf(name, fallback string, allowed ...string) string {
	s := f.text(name)
	if s == "" {
		return fallback
	}
	if !slices.Contains(allowed, s) {
		f.fail("%s %q is not supported", name, s)
	}
	return s
}

// path reads a path; null gives the zero path, an absent field the fallback.
func (f *fields) path(name string, fallback path) path {
	raw, ok := f.take(name)
	if !ok {
		return fallback
	}
	if string(raw) == "null" {
		return path{}
	}
	p, err := parsePath(f.text(name))
	if err != nil {
		f.fail("field %q: %w", name, err)
	}
	return p
}

// neededPath reads a path that may not be null.
func (f *fields) neededPath(name string) path {
	p := f.path(name, path{})
	if p.isNull() {
		f.fail("field %q must be a path", name)
	}
	return p
}

// resultPath reads a path to write to: the context object can't be.
func (f *fields) resultPath() path {
	p := f.path("ResultPath", root)
	if p.context {
		f.fail(`field "ResultPath": the JSONPath %q is not supported: the context object can't be written`, p.text)
	}
	return p
}

// each reads an array of objects.
func (f *fields) each(name string, visit func(i int, item *fields)) int {
	var items []json.RawMessage
	f.decode(name, &items, "an array")
	for i, item := range items {
		part := readFields(fmt.Sprintf("%s, %s[%d]", f.where, name, i), item)
		visit(i, part)
		f.adopt(part.err)
	}
	return len(items)
}
