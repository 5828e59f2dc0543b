package statemachine

import (
	"strings"
)

// History is what Step Functions keeps of one execution: all events, in order.
type History struct {
	ARN    string
	Events []Event
}

// Name is the execution's: the last part of its ARN.
func (h History) Name() string { return h.ARN[strings.LastIndex(h.ARN, ":")+1:] }
