package statemachine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// template is the value of Parameters: JSON in which members whose name ends in ".$" are replaced by what their path
// leads to. Exactly one of its fields is set.
type template struct {
	literal json.RawMessage
	path    *path
	field   string // the path's member, for messages
	members []templateMember
	items   []template
}

type templateMember struct {
	key   []byte // encoded, with its colon
	value template
}

func parseTemplate(raw json.RawMessage) (template, error) {
	if !bytes.Contains(raw, []byte(`.$"`)) { // nothing to replace anywhere below
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return template{}, err
		}
		return template{literal: b.Bytes()}, nil
	}
	switch raw[0] {
	case '{':
		return parseTemplateObject(raw)
	case '[':
		return parseTemplateArray(raw)
	default:
		return template{literal: raw}, nil
	}
}

func parseTemplateObject(raw json.RawMessage) (template, error) {
	t := template{members: []templateMember{}}
	seen := map[string]bool{}
	var problem error
	eachMember(raw, func(rawKey []byte, start, end int) bool {
		key := unquote(rawKey)
		name, isPath := strings.CutSuffix(key, ".$")
		if seen[name] {
			problem = fmt.Errorf("field %q occurs twice", name)
			return false
		}
		seen[name] = true
		var value template
		if isPath {
			value, problem = parseTemplatePath(key, raw[start:end])
		} else {
			value, problem = parseTemplate(raw[start:end])
		}
		t.members = append(t.members, templateMember{key: append(quote(name), ':'), value: value})
		return problem == nil
	})
	return t, problem
}

func parseTemplatePath(key string, raw json.RawMessage) (template, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return template{}, fmt.Errorf("field %q must be a path", key)
	}
	p, err := parsePath(text)
	if err != nil {
		return template{}, fmt.Errorf("field %q: %w", key, err)
	}
	return template{path: &p, field: key}, nil
}

func parseTemplateArray(raw json.RawMessage) (template, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return template{}, err
	}
	t := template{items: []template{}}
	for _, item := range items {
		value, err := parseTemplate(item)
		if err != nil {
			return template{}, err
		}
		t.items = append(t.items, value)
	}
	return t, nil
}

// resolver finds what a path leads to in the state's input or in the context object.
type resolver func(path) (json.RawMessage, bool)

// appendTo writes the template, filled in, to out.
func (t *template) appendTo(out []byte, resolve resolver) ([]byte, error) {
	switch {
	case t.literal != nil:
		return append(out, t.literal...), nil
	case t.path != nil:
		value, ok := resolve(*t.path)
		if !ok {
			return nil, fmt.Errorf("The JSONPath '%s' specified for the field '%s' could not be found in the input", t.path.text, t.field)
		}
		return append(out, value...), nil
	case t.members != nil:
		return t.appendMembers(out, resolve)
	default:
		return t.appendItems(out, resolve)
	}
}

func (t *template) appendMembers(out []byte, resolve resolver) ([]byte, error) {
	var err error
	out = append(out, '{')
	for i := range t.members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, t.members[i].key...)
		if out, err = t.members[i].value.appendTo(out, resolve); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (t *template) appendItems(out []byte, resolve resolver) ([]byte, error) {
	var err error
	out = append(out, '[')
	for i := range t.items {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = t.items[i].appendTo(out, resolve); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}
