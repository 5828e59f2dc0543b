package statemachine

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// invokeResource is the one integration that Tasks use.
const invokeResource = "arn:aws:states:::lambda:invoke"

// Load checks a definition and makes it ready to run. Its errors name the state and the field.
func Load(definition []byte) (*Machine, error) {
	var raw json.RawMessage
	if err := json.Unmarshal(definition, &raw); err != nil {
		return nil, fmt.Errorf("reading the definition: %w", err)
	}
	f := readFields("definition", raw)
	f.oneOf("QueryLanguage", "JSONPath", "JSONPath")
	f.oneOf("Version", "1.0", "1.0")
	m := &Machine{
		comment:        f.text("Comment"),
		startAt:        f.required("StartAt"),
		timeoutSeconds: f.integer("TimeoutSeconds", 1, 0),
		byName:         map[string]*State{},
	}
	states, ok := f.take("States")
	if !ok {
		f.fail(`field "States" is missing`)
	}
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

func (m *Machine) readStates(raw json.RawMessage) error {
	all := readFields("States", raw) // also keeps the order of the definition
	if all.err != nil {
		return all.err
	}
	for _, name := range all.names {
		s, err := readState(name, all.values[name])
		if err != nil {
			return err
		}
		m.order = append(m.order, s)
		m.byName[name] = s
	}
	return nil
}

func readState(name string, raw json.RawMessage) (*State, error) {
	f := readFields(fmt.Sprintf("state %q", name), raw)
	if n := utf8.RuneCountInString(name); n == 0 || n > 80 {
		f.fail("a name has 1 to 80 characters")
	}
	f.oneOf("QueryLanguage", "JSONPath", "JSONPath")
	s := &State{Name: name, Type: f.required("Type"), Comment: f.text("Comment")}
	switch s.Type {
	case "Task":
		readTask(s, f)
	case "Choice":
		readChoiceState(s, f)
	case "Wait":
		readFilters(s, f)
		s.wait = readWait(f)
		s.TimestampPath = s.wait.timestampPath.text
		readTransition(s, f)
	case "Pass":
		readPass(s, f)
	case "Succeed":
		readFilters(s, f)
	case "Fail":
		s.errorText = readText(f, "Error", "ErrorPath")
		s.causeText = readText(f, "Cause", "CausePath")
	default:
		f.fail("state type %q is not supported", s.Type)
	}
	s.entered, s.exited = EventType(s.Type+"StateEntered"), EventType(s.Type+"StateExited")
	return s, f.close()
}

func readFilters(s *State, f *fields) {
	s.inputPath = f.path("InputPath", root)
	s.outputPath = f.path("OutputPath", root)
}

func readTransition(s *State, f *fields) {
	s.Next, s.End = f.text("Next"), f.flag("End")
	if (s.Next != "") == s.End {
		f.fail(`needs either "Next" or "End": true`)
	}
}

func readTask(s *State, f *fields) {
	f.oneOf("Resource", "", invokeResource)
	if !f.has("Resource") {
		f.fail(`field "Resource" is missing`)
	}
	readFilters(s, f)
	s.resultPath = f.resultPath()
	readInvocation(s, f)
	s.Retry = readRetriers(f)
	s.Catch = readCatchers(f)
	s.TimeoutSeconds = f.integer("TimeoutSeconds", 1, 0)
	readTransition(s, f)
}

// readInvocation reads the Parameters of lambda:invoke: which function, and the payload it gets.
func readInvocation(s *State, f *fields) {
	raw, ok := f.take("Parameters")
	if !ok {
		f.fail(`field "Parameters" is missing`)
		return
	}
	p := readFields(f.where+", Parameters", raw)
	s.FunctionName = p.required("FunctionName")
	literal, isLiteral := p.take("Payload")
	byPath, isPath := p.take("Payload.$")
	if isLiteral == isPath {
		p.fail(`needs either "Payload" or "Payload.$"`)
	}
	if err := p.close(); err != nil {
		f.adopt(err)
		return
	}
	var err error
	if isPath {
		s.payload, err = parseTemplatePath("Payload.$", byPath)
	} else {
		s.payload, err = parseTemplate(literal)
	}
	if err != nil {
		p.fail("%w", err)
	}
	f.adopt(p.err)
	s.beforePayload = slices.Concat([]byte(`{"FunctionName":`), quote(s.FunctionName), []byte(`,"Payload":`))
}

func readParameters(s *State, where string, raw json.RawMessage) error {
	t, err := parseTemplate(raw)
	if err != nil {
		return fmt.Errorf("%s, Parameters: %w", where, err)
	}
	s.parameters = &t
	return nil
}

func readChoiceState(s *State, f *fields) {
	readFilters(s, f)
	s.Default = f.text("Default")
	if f.each("Choices", func(_ int, item *fields) { s.Choices = append(s.Choices, readChoice(item)) }) == 0 {
		f.fail(`field "Choices" must not be empty`)
	}
}

func readPass(s *State, f *fields) {
	readFilters(s, f)
	s.resultPath = f.resultPath()
	if raw, ok := f.take("Parameters"); ok {
		f.adopt(readParameters(s, f.where, raw))
	}
	s.result, _ = f.take("Result")
	readTransition(s, f)
}

// textRule is a string of a Fail state: written down, or found at a path.
type textRule struct {
	text string
	path path
}

func readText(f *fields, literal, byPath string) textRule {
	if f.has(literal) && f.has(byPath) {
		f.fail("has both %s and %s", literal, byPath)
	}
	t := textRule{text: f.text(literal)}
	if f.has(byPath) {
		t.path = f.neededPath(byPath)
	}
	return t
}

// checkTargets follows every transition. Step Functions, too, refuses states that nothing leads to.
func (m *Machine) checkTargets() error {
	if m.byName[m.startAt] == nil {
		return fmt.Errorf(`definition: field "StartAt": there is no state %q`, m.startAt)
	}
	reached := []string{m.startAt}
	for _, s := range m.order {
		for _, target := range s.Targets() {
			if m.byName[target] == nil {
				return fmt.Errorf("state %q: there is no state %q to go to", s.Name, target)
			}
		}
	}
	for i := 0; i < len(reached); i++ {
		for _, target := range m.byName[reached[i]].Targets() {
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
