package statemachine

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// path is a reference path: "$", "$.a.b" into a document, or "$$", "$$.Execution.Input" into the context object.
// The zero path is the null that InputPath, ResultPath and OutputPath may be.
type path struct {
	text    string
	context bool
	steps   []string
}

var (
	root = path{text: "$"}

	pathShape      = regexp.MustCompile(`^\$\$?(\.[A-Za-z0-9_-]+)*$`)
	intrinsicShape = regexp.MustCompile(`^States\.[A-Za-z0-9]+\(`)
)

func parsePath(text string) (path, error) {
	switch {
	case intrinsicShape.MatchString(text):
		name, _, _ := strings.Cut(text, "(")
		return path{}, fmt.Errorf("the intrinsic function %s is not supported", name)
	case !pathShape.MatchString(text):
		return path{}, fmt.Errorf("the JSONPath %q is not supported: only $, $.name.name and $$.name.name are", text)
	}
	p := path{text: text, context: strings.HasPrefix(text, "$$")}
	p.steps = strings.Split(text, ".")[1:]
	if p.context && len(p.steps) > 0 {
		switch p.steps[0] {
		case "Execution", "State", "StateMachine":
		default:
			return path{}, fmt.Errorf("%q is not a supported part of the context object", text)
		}
	}
	return p, nil
}

func (p path) isNull() bool { return p.text == "" }

// descend follows the steps into doc. A member that is null is there.
func descend(doc json.RawMessage, steps []string) (json.RawMessage, bool) {
	for _, step := range steps {
		value, ok := member(doc, step)
		if !ok {
			return nil, false
		}
		doc = value
	}
	return doc, true
}

// place puts value at the steps below doc and makes the objects on the way that aren't there yet. It reports false
// where something on the way is there and isn't an object.
func place(doc json.RawMessage, steps []string, value json.RawMessage) (json.RawMessage, bool) {
	if len(steps) == 0 {
		return value, true
	}
	if len(steps) > 1 {
		inner, ok := member(doc, steps[0])
		if !ok {
			inner = json.RawMessage("{}")
		}
		if value, ok = place(inner, steps[1:], value); !ok {
			return nil, false
		}
	}
	return withMember(doc, steps[0], value)
}
