package statemachine

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Path leads to a member of the document: "$.name", or "$.name.name" and so on.
type Path struct {
	Text  string
	steps []string
}

var pathShape = onFirstUse(`^\$(\.[A-Za-z0-9_-]+)+$`)

func parsePath(text string) (Path, error) {
	if !pathShape().MatchString(text) {
		return Path{}, fmt.Errorf("the path %q is not supported: only $.name and $.name.name are", text)
	}
	return Path{Text: text, steps: strings.Split(text, ".")[1:]}, nil
}

// In is what the path leads to in doc, and whether that is there. A member that is null is.
func (p Path) In(doc json.RawMessage) (json.RawMessage, bool) {
	for _, step := range p.steps {
		value, ok := member(doc, step)
		if !ok {
			return nil, false
		}
		doc = value
	}
	return doc, true
}
