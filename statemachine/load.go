package statemachine

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// InvokeResource is the one integration that Tasks use.
const InvokeResource = "arn:aws:states:::lambda:invoke"

// Load checks a definition and makes it ready to run. Its errors name the state and the field.
func Load(definition []byte) (*Machine, error) {
	var raw json.RawMessage
	if err := json.Unmarshal(definition, &raw); err != nil {
		return nil, fmt.Errorf("reading the definition: %w", err)
	}
	f := readFields("definition", raw)
	m := &Machine{
		comment:        f.text("Comment"),
		startAt:        f.required("StartAt"),
		timeoutSeconds: f.integer("TimeoutSeconds", maxSeconds),
		ByName:         map[string]*State{},
	}
	states := f.object("States")
	if err := f.close(); err != nil {
		return nil, err
	}
	if err := m.readStates(states); err != nil {
		return nil, err
	}
	if err := m.checkTargets(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Machine) readStates(all *fields) error {
	if all.err != nil {
		return all.err
	}
	for _, name := range all.names { // in the order of the definition
		s, err := readState(name, all.values[name])
		if err != nil {
			return err
		}
		m.order = append(m.order, s)
		m.ByName[name] = s
	}
	return nil
}

// nameShape is that of a state's name, which the diagram's language takes, too. (Step Functions takes more.)
var nameShape = onFirstUse(`^[A-Z][A-Za-z0-9]{0,79}$`)

func readState(name string, raw json.RawMessage) (*State, error) {
	f := readFields(fmt.Sprintf("state %q", name), raw)
	if !nameShape().MatchString(name) {
		f.fail("a name that is not one capitalized word of up to 80 letters and digits is not supported")
	}
	s := &State{Name: name, Type: f.required("Type"), Comment: f.text("Comment")}
	switch s.Type {
	case "Task":
		readTask(s, f)
	case "Choice":
		if f.each("Choices", func(item *fields) { s.Choices = append(s.Choices, readChoice(item)) }) == 0 {
			f.fail(`field "Choices" must not be empty`)
		}
	case "Wait":
		s.Until = f.path("TimestampPath")
		s.TimestampPath = s.Until.Text
		s.Next = f.required("Next")
	case "Succeed": // has nothing more
	case "Fail":
		s.ErrorPath, s.CausePath = f.path("ErrorPath"), f.path("CausePath")
	case "":
		f.fail(`field "Type" is missing`)
	default:
		f.fail("state type %q is not supported", s.Type)
	}
	s.Entered, s.Exited = EventType(s.Type+"StateEntered"), EventType(s.Type+"StateExited")
	return s, f.close()
}

func readTask(s *State, f *fields) {
	f.must("Resource", InvokeResource)
	f.must("OutputPath", "$.Payload")
	readInvocation(s, f)
	s.Retry = readRetriers(f)
	s.Catch = readCatchers(f)
	s.TimeoutSeconds = f.integer("TimeoutSeconds", maxSeconds)
	s.Next = f.required("Next")
}

// readInvocation reads the Parameters of lambda:invoke: which function, and the payload it gets.
func readInvocation(s *State, f *fields) {
	p := f.object("Parameters")
	s.FunctionName = p.required("FunctionName")
	payload := p.object("Payload")
	s.Payload = readPayload(payload)
	p.adopt(payload.err)
	f.adopt(p.close())
	s.BeforePayload = slices.Concat([]byte(`{"FunctionName":`), Encode(s.FunctionName), []byte(`,"Payload":`))
}

// checkTargets follows every transition. Step Functions, too, refuses states that nothing leads to.
func (m *Machine) checkTargets() error {
	if m.ByName[m.startAt] == nil {
		return fmt.Errorf(`definition: field "StartAt": there is no state %q`, m.startAt)
	}
	reached := []string{m.startAt}
	for _, s := range m.order {
		for _, target := range s.Targets() {
			if m.ByName[target] == nil {
				return fmt.Errorf("state %q: there is no state %q to go to", s.Name, target)
			}
		}
	}
	for i := 0; i < len(reached); i++ {
		for _, target := range m.ByName[reached[i]].Targets() {
			if !slices.Contains(reached, target) {
				reached = append(reached, target)
			}
		}
	}
	for _, s := range m.order {
		if !slices.Contains(reached, s.Name) {
			return fmt.Errorf("state %q: nothing leads to it", s.Name)
		}
	}
	return nil
}

// onFirstUse compiles an expression when it is first used: functions, which link
// this package for its words alone, compile none.
func onFirstUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
