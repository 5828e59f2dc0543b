package statemachine

import (
	"encoding/json"
	"fmt"
	"strings"
)

// path leads to a member of the document: "$.name", or "$.name.name" and so on.
type path struct {
	text  string
	steps []string
}

var pathShape = onFirstUse(`^\$(\.[A-Za-z0-9_-]+)+$`)

func parsePath(text string) (path, error) {
	if !pathShape().MatchString(text) {
		return path{}, fmt.Errorf("the path %q is not supported: only $.name and $.name.name are", text)
	}
	return path{text: text, steps: strings.Split(text, ".")[1:]}, nil
}

// in is what the path leads to in doc, and whether that is there. A member that is null is.
func (p path) in(doc json.RawMessage) (json.RawMessage, bool) {
	for _, step := range p.steps {
		value, ok := member(doc, step)
		if !ok {
			return nil, false
		}
		doc = value
	}
	return doc, true
}
