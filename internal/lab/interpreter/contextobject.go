package interpreter

import (
	"encoding/json"
	"strings"
	"time"

	"qovery-key-rotation/statemachine"
)

// contextValues are what the contextPaths lead to.
var contextValues = map[string]func(*Execution) json.RawMessage{
	"$$.Execution":         (*Execution).contextExecution,
	"$$.State.EnteredTime": func(e *Execution) json.RawMessage { return statemachine.Encode(formatTime(e.visit.entered)) },
}

const contextTime = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(contextTime) }

// contextExecution is encoded once, and again after a redrive: it holds the whole input. RedriveCount and RedriveTime
// are there only after a redrive, as in the real service.
func (e *Execution) contextExecution() json.RawMessage {
	if e.encoded == nil {
		v := struct {
			ID           string `json:"Id"`
			Input        json.RawMessage
			Name         string
			RoleArn      string
			StartTime    string
			RedriveCount int    `json:",omitempty"`
			RedriveTime  string `json:",omitempty"`
		}{ID: e.arn, Input: e.input, Name: e.name, RoleArn: e.roleARN(), StartTime: formatTime(e.started)}
		if e.redrives > 0 {
			v.RedriveCount, v.RedriveTime = e.redrives, formatTime(e.redriven)
		}
		e.encoded = statemachine.Encode(v)
	}
	return e.encoded
}

// roleARN is a likely one: an interpreter has no role. An execution's ARN is
// arn:aws:states:<region>:<account>:execution:<machine>:<name>.
func (e *Execution) roleARN() string {
	return "arn:" + e.arnPart(1) + ":iam::" + e.arnPart(4) + ":role/" + e.arnPart(6)
}

func (e *Execution) arnPart(i int) string {
	parts := strings.Split(e.arn, ":")
	if i >= len(parts) {
		return ""
	}
	return parts[i]
}

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
