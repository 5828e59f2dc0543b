package statemachine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// payload is what a Task sends to its function: an object of members that each are the whole document or a part of the
// context object.
type payload []payloadMember

type payloadMember struct {
	key  []byte // encoded, with its colon
	from string // "$", or one of contextPaths
}

func readPayload(f *fields) payload {
	var members payload
	for _, key := range f.names {
		name, isPath := strings.CutSuffix(key, ".$")
		if !isPath {
			f.fail("field %q is not supported: only paths are, in fields that end in .$", key)
		}
		from := f.text(key)
		if from != "$" && contextPaths[from] == nil {
			f.fail("field %q: the path %q is not supported: only $ and %s are", key, from,
				strings.Join(slices.Sorted(maps.Keys(contextPaths)), ", "))
		}
		members = append(members, payloadMember{append(quote(name), ':'), from})
	}
	return members
}

// appendTo writes the payload, filled in, to out.
func (p payload) appendTo(out []byte, e *Execution, document json.RawMessage) []byte {
	out = append(out, '{')
	for i, m := range p {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.key...)
		if m.from == "$" {
			out = append(out, document...)
		} else {
			out = append(out, contextPaths[m.from](e)...)
		}
	}
	return append(out, '}')
}
