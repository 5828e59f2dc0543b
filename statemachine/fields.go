package statemachine

import (
	"encoding/json"
	"fmt"
)

// fields reads one object of the definition. Whatever is read is supported; close rejects what nobody read, by name.
// The first problem is kept and everything after it reads as absent, so that callers check once, at the end. A missing
// field comes last: what stands in its place says more.
type fields struct {
	where  string
	names  []string
	values map[string]json.RawMessage
	read   map[string]bool
	lacks  string // the first field that is missing, "" for none
	err    error
}

func readFields(where string, raw json.RawMessage) *fields {
	f := &fields{where: where, values: map[string]json.RawMessage{}, read: map[string]bool{}}
	ok := eachMember(raw, func(key []byte, start, end int) bool {
		name := Unquote(key)
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
	for _, name := range f.names {
		if !f.read[name] {
			f.fail("field %q is not supported", name)
		}
	}
	if f.lacks != "" {
		f.fail("field %q is missing", f.lacks)
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
		f.lack(name)
	}
	return s
}

func (f *fields) lack(name string) {
	if f.lacks == "" {
		f.lacks = name
	}
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

func (f *fields) integer(name string, most int) (n int) {
	switch {
	case !f.has(name):
		f.lack(name)
	case f.decode(name, &n, "an integer") && (n < 1 || n > most):
		f.fail("field %q must be between 1 and %d", name, most)
	}
	return n
}

func (f *fields) number(name string, least float64) (n float64) {
	switch {
	case !f.has(name):
		f.lack(name)
	case f.decode(name, &n, "a number") && n < least:
		f.fail("field %q must be at least %g", name, least)
	}
	return n
}

// must reads a field that has one supported value.
func (f *fields) must(name, value string) {
	if s := f.required(name); s != "" && s != value {
		f.fail("%s %q is not supported: only %q is", name, s, value)
	}
}

// path reads a path into the document.
func (f *fields) path(name string) Path {
	text := f.required(name)
	if text == "" {
		return Path{}
	}
	p, err := parsePath(text)
	if err != nil {
		f.fail("field %q: %w", name, err)
	}
	return p
}

// object reads a field that is an object.
func (f *fields) object(name string) *fields {
	raw, ok := f.take(name)
	if !ok {
		f.lack(name)
		raw = json.RawMessage("{}")
	}
	return readFields(f.where+", "+name, raw)
}

// each reads an array of objects.
func (f *fields) each(name string, visit func(item *fields)) int {
	var items []json.RawMessage
	f.decode(name, &items, "an array")
	for i, item := range items {
		part := readFields(fmt.Sprintf("%s, %s[%d]", f.where, name, i), item)
		visit(part)
		f.adopt(part.err)
	}
	return len(items)
}
