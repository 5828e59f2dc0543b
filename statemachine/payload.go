package statemachine

import (
	"slices"
	"strings"
)

// Payload is what a Task sends to its function: an object of members that each are the whole document or a part of the
// context object.
type Payload []payloadMember

type payloadMember struct {
	Key  []byte // encoded, with its colon
	From string // "$", or one of contextPaths
}

func readPayload(f *fields) Payload {
	var members Payload
	for _, key := range f.names {
		name, isPath := strings.CutSuffix(key, ".$")
		if !isPath {
			f.fail("field %q is not supported: only paths are, in fields that end in .$", key)
		}
		from := f.text(key)
		if from != "$" && !slices.Contains(ContextPaths, from) {
			f.fail("field %q: the path %q is not supported: only $ and %s are", key, from,
				strings.Join(ContextPaths, ", "))
		}
		members = append(members, payloadMember{append(Encode(name), ':'), from})
	}
	return members
}

// ContextPaths are the paths into the context object, which begin with $$, in order.
var ContextPaths = []string{"$$.Execution", "$$.State.EnteredTime"}
