package interpreter

import (
	"encoding/json"

	"qovery-key-rotation/statemachine"
)

// appendPayload writes the payload, filled in, to out.
func appendPayload(p statemachine.Payload, out []byte, e *Execution, document json.RawMessage) []byte {
	out = append(out, '{')
	for i, m := range p {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.Key...)
		if m.From == "$" {
			out = append(out, document...)
		} else {
			out = append(out, contextValues[m.From](e)...)
		}
	}
	return append(out, '}')
}
