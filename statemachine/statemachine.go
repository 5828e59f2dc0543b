// Package statemachine holds the definition of the rotation, reads and draws it.
//
// It knows the part of the Amazon States Language (JSONPath) that the definition uses, and no more. Load
// rejects everything else by name, so that nothing is passed over in silence: a definition that loads here does the
// same thing on AWS Step Functions (Standard) as it does in the interpreter of internal/lab.
// TestTheLanguage goes through the language.
package statemachine

import "slices"

// The limits of AWS Step Functions that an Execution keeps.
const (
	// MaxDocumentBytes is how large the input, the parameters, the result and the output of a state may be.
	MaxDocumentBytes = 256 * 1024
	// MaxHistoryEvents is how many events a history holds; the last one says that the execution failed for it.
	MaxHistoryEvents = 25000
)

// Machine is a definition that was checked and made ready to run. It doesn't change: executions share it.
type Machine struct {
	comment        string
	startAt        string
	timeoutSeconds int
	order          []*State
	ByName         map[string]*State
}

// Comment is the definition's own.
func (m *Machine) Comment() string { return m.comment }

// StartAt is the name of the first state.
func (m *Machine) StartAt() string { return m.startAt }

// TimeoutSeconds is how long an execution may take.
func (m *Machine) TimeoutSeconds() int { return m.timeoutSeconds }

// States are the states in the order of the definition, as copies.
func (m *Machine) States() []State {
	states := make([]State, len(m.order))
	for i, s := range m.order {
		states[i] = s.copy()
	}
	return states
}

// State is the state of that name, as a copy.
func (m *Machine) State(name string) (State, bool) {
	s, ok := m.ByName[name]
	if !ok {
		return State{}, false
	}
	return s.copy(), true
}

// State is what the definition says about one state. Fields that its type doesn't have are zero.
type State struct {
	Name    string
	Type    string // Task, Choice, Wait, Succeed or Fail
	Comment string
	Next    string // "" for a Choice and for a state that ends the execution

	FunctionName   string // of a Task; may be a ${placeholder}
	TimeoutSeconds int    // of a Task
	Retry          []Retrier
	Catch          []Catcher

	Choices []Choice

	TimestampPath string // of a Wait

	parts
}

// Targets are the names of all states that may come next, each once.
func (s State) Targets() []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(s.Next)
	for _, c := range s.Choices {
		add(c.Next)
	}
	for _, c := range s.Catch {
		add(c.Next)
	}
	return names
}

func (s *State) copy() State {
	c := *s
	c.Retry, c.Catch, c.Choices = slices.Clone(s.Retry), slices.Clone(s.Catch), slices.Clone(s.Choices)
	for i := range c.Retry {
		c.Retry[i].ErrorEquals = slices.Clone(c.Retry[i].ErrorEquals)
	}
	for i := range c.Catch {
		c.Catch[i].ErrorEquals = slices.Clone(c.Catch[i].ErrorEquals)
	}
	return c
}

// parts are what running a state needs and reading about it doesn't.
type parts struct {
	Entered, Exited EventType
	BeforePayload   []byte  // of a Task: the text of its parameters up to the payload
	Payload         Payload // of a Task
	Until           Path    // of a Wait
	ErrorPath       Path    // of a Fail
	CausePath       Path    // of a Fail
}
