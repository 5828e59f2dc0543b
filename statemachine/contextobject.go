package statemachine

import (
	"encoding/json"
	"strings"
	"time"
)

// The context object is what paths that begin with $$ lead into.

const contextTime = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(contextTime) }

func (e *Execution) contextValue(steps []string) (json.RawMessage, bool) {
	if len(steps) == 0 {
		return encode(map[string]json.RawMessage{
			"Execution": e.contextExecution(), "State": e.contextState(), "StateMachine": e.contextMachine(),
		}), true
	}
	switch steps[0] {
	case "Execution":
		return descend(e.contextExecution(), steps[1:])
	case "State":
		return descend(e.contextState(), steps[1:])
	default:
		return descend(e.contextMachine(), steps[1:])
	}
}

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
		e.encoded = encode(v)
	}
	return e.encoded
}

func (e *Execution) contextState() json.RawMessage {
	return encode(struct {
		EnteredTime string
		Name        string
		RetryCount  int
	}{formatTime(e.visit.entered), e.visit.state.Name, e.visit.retryCount()})
}

func (e *Execution) contextMachine() json.RawMessage {
	return encode(struct {
		ID   string `json:"Id"`
		Name string
	}{e.machineARN(), e.machineName()})
}

// An execution's ARN is arn:aws:states:<region>:<account>:execution:<machine>:<name>.

func (e *Execution) machineName() string { return e.arnPart(6) }

func (e *Execution) machineARN() string {
	arn, _, _ := strings.Cut(e.arn, ":execution:")
	return arn + ":stateMachine:" + e.machineName()
}

// roleARN is a likely one: a definition can read the role, but an interpreter has none.
func (e *Execution) roleARN() string {
	return "arn:" + e.arnPart(1) + ":iam::" + e.arnPart(4) + ":role/" + e.machineName()
}

func (e *Execution) arnPart(i int) string {
	parts := strings.Split(e.arn, ":")
	if i >= len(parts) {
		return ""
	}
	return parts[i]
}
