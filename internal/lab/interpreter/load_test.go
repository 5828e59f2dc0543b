package interpreter

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/statemachine"
)

// What of the language is known, TestTheLanguage says. This is how it must be written.
func TestLoadRejectsByName(t *testing.T) {
	rule := func(rule string) string { return machine(choice("C", rule)) }
	calling := func(parameters string) string {
		return machine(state("A", `"Type": "Task"`, `"Resource": "arn:aws:states:::lambda:invoke"`,
			`"OutputPath": "$.Payload"`, `"TimeoutSeconds": 5`, `"Parameters": `+parameters, `"Next": "Done"`))
	}
	retried := func(by string) string { return machine(task("A", "Done", retrying(by))) }
	caught := func(by string) string { return machine(task("A", "Done", `"Catch": [`+by+`]`)) }
	with := func(field string) string { return machine(task("A", "Done", field)) }
	without := func(field string) string { return strings.Replace(machine(task("A", "Done")), field+",", "", 1) }
	for _, test := range []struct{ name, definition, want string }{
		{"not JSON", `{`, "reading the definition: unexpected end"},
		{"not an object", `[]`, "definition: must be an object"},
		{"no StartAt", `{"TimeoutSeconds": 5, "States": {}}`, `definition: field "StartAt" is missing`},
		{"no States", `{"StartAt": "A", "TimeoutSeconds": 5}`, `definition: field "States" is missing`},
		{"no timeout", `{"StartAt": "A", "States": {}}`, `definition: field "TimeoutSeconds" is missing`},
		{"unknown StartAt", `{"StartAt": "A", "TimeoutSeconds": 5, "States": {}}`, `there is no state "A"`},
		{"unknown top field", `{"StartAt": "A", "Colour": 1, "States": {}}`, `definition: field "Colour" is not supported`},
		{"timeout", `{"StartAt": "A", "TimeoutSeconds": 0, "States": {}}`,
			`field "TimeoutSeconds" must be between 1 and 99999999`},
		{"a state twice", machine(done, done), `States: field "Done" occurs twice`},
		{"no Type", machine(state("A", `"Comment": ""`)), `state "A": field "Type" is missing`},
		{"a field twice", with(`"Comment": "", "Comment": ""`), `state "A": field "Comment" occurs twice`},
		{"unknown target", machine(task("A", "B")), `state "A": there is no state "B" to go to`},
		{"unknown catch target", with(catching(`"X"`, "B")), `state "A": there is no state "B" to go to`},
		{"unreachable", machine(task("A", "A"), done), `state "Done": nothing leads to it`},
		{"no Next", machine(state("W", `"Type": "Wait"`, `"TimestampPath": "$.t"`)), `state "W": field "Next" is missing`},
		{"name too long", machine(state("A"+strings.Repeat("x", 80), `"Type": "Succeed"`)), "digits is not supported"},
		{"name of two words", machine(state("Go home", `"Type": "Succeed"`)), "letters and digits is not supported"},
		{"Fail without a cause", machine(state("F", `"Type": "Fail"`, `"ErrorPath": "$.e"`)),
			`state "F": field "CausePath" is missing`},

		{"no parameters", without(`"Parameters": {"FunctionName": "a", "Payload": {"document.$": "$"}}`),
			`field "FunctionName" is missing`},
		{"no function", calling(`{"Payload": {}}`), `state "A", Parameters: field "FunctionName" is missing`},
		{"no payload", calling(`{"FunctionName": "f"}`), `state "A", Parameters: field "Payload" is missing`},
		{"payload that isn't an object", calling(`{"FunctionName": "f", "Payload": 1}`),
			`state "A", Parameters, Payload: must be an object`},
		{"a path that isn't text", calling(`{"FunctionName": "f", "Payload": {"t.$": 1}}`),
			`Payload: field "t.$" must be a string`},
		{"member twice", calling(`{"FunctionName": "f", "Payload": {"t.$": "$", "t.$": "$"}}`), `field "t.$" occurs twice`},

		{"no errors", retried(retrier(``, 1, 1, 1)), `Retry[0]: field "ErrorEquals" must name at least one error`},
		{"backoff", retried(retrier(`"X"`, 1, 1, 0.5)), `"BackoffRate" must be at least 1`},
		{"interval", retried(retrier(`"X"`, 0, 1, 1)), `"IntervalSeconds" must be between 1`},
		{"attempts", retried(retrier(`"X"`, 1, 0, 1)), `"MaxAttempts" must be between 1`},
		{"fraction", retried(`{"ErrorEquals": ["X"], "IntervalSeconds": 1.5}`), `"IntervalSeconds" must be an integer`},
		{"max delay", retried(retrier(`"X"`, 1, 1, 1, `"MaxDelaySeconds": 31622400`)),
			`"MaxDelaySeconds" must be between 1 and 31622399`},
		{"retry without a rate", retried(`{"ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 1}`),
			`"BackoffRate" is missing`},
		{"retry without an interval", retried(`{"ErrorEquals": ["X"], "MaxAttempts": 1, "BackoffRate": 1}`),
			`"IntervalSeconds" is missing`},
		{"retry field", retried(retrier(`"X"`, 1, 1, 1, `"Limit": 1`)),
			`state "A", Retry[0]: field "Limit" is not supported`},
		{"catch without Next", caught(`{"ErrorEquals": ["X"], "ResultPath": "$.e"}`),
			`state "A", Catch[0]: field "Next" is missing`},
		{"catch without a path", caught(`{"ErrorEquals": ["X"], "Next": "A"}`),
			`state "A", Catch[0]: field "ResultPath" is missing`},

		{"no comparison", rule(`{"Variable": "$.a", "Next": "Done"}`),
			`state "C", Choices[0]: field "StringEquals or BooleanEquals" is missing`},
		{"two comparisons", rule(`{"Variable": "$.a", "BooleanEquals": true, "StringEquals": "", "Next": "Done"}`),
			`state "C", Choices[0]: field "BooleanEquals" is not supported`},
		{"no variable", rule(`{"StringEquals": "", "Next": "Done"}`), `field "Variable" is missing`},
		{"wrong type", rule(`{"Variable": "$.a", "StringEquals": 1, "Next": "Done"}`),
			`field "StringEquals" must be a string`},
		{"rule without Next", rule(`{"Variable": "$.a", "BooleanEquals": true}`),
			`state "C", Choices[0]: field "Next" is missing`},
		{"no choices", rule(``), `field "Choices" must not be empty`},
		{"wait for nothing", machine(state("W", `"Type": "Wait"`, `"Next": "Done"`)),
			`state "W": field "TimestampPath" is missing`},
		{"wait for null", machine(state("W", `"Type": "Wait"`, `"TimestampPath": null`, `"Next": "Done"`)),
			`"TimestampPath" must be a string`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := statemachine.Load([]byte(test.definition))
			if err == nil {
				t.Fatalf("it loaded, want: %s", test.want)
			}
			if m != nil {
				t.Errorf("a machine came with the error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nwant: %s", err, test.want)
			}
		})
	}
}

func TestStatesCanBeReadButNotChanged(t *testing.T) {
	m := load(t, `{"Comment": "all", "StartAt": "Work", "TimeoutSeconds": 60, "States": {`+
		taskOf("Work", "Ask", 7, `"Comment": "works"`, retrying(retrier(`"X"`, 1, 3, 2)), catching(`"Y"`, "Bad"))+
		`, "Ask": {"Type": "Choice", "Choices": [{"Variable": "$.a", "BooleanEquals": true, "Next": "Rest"}]},
		"Rest": {"Type": "Wait", "TimestampPath": "$.t", "Next": "Done"}, `+bad+`, `+done+`}}`)
	if m.Comment() != "all" || m.StartAt() != "Work" || m.TimeoutSeconds() != 60 {
		t.Errorf("top level: %q %q %d", m.Comment(), m.StartAt(), m.TimeoutSeconds())
	}
	var names []string
	for _, s := range m.States() {
		names = append(names, s.Name+" "+s.Type)
	}
	if want := []string{"Work Task", "Ask Choice", "Rest Wait", "Bad Fail", "Done Succeed"}; !slices.Equal(names, want) {
		t.Errorf("states %v, want %v", names, want)
	}
	work, _ := m.State("Work")
	if work.FunctionName != "work" || work.TimeoutSeconds != 7 || work.Comment != "works" || work.Next != "Ask" {
		t.Errorf("%+v", work)
	}
	want := statemachine.Retrier{ErrorEquals: []string{"X"}, IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}
	if r := work.Retry[0]; !reflect.DeepEqual(r, want) {
		t.Errorf("retrier: %+v", r)
	}
	if c := work.Catch[0]; c.Next != "Bad" || c.ResultPath != "$.error" || !c.Matches("Y") {
		t.Errorf("catcher: %+v", c)
	}
	if got := work.Targets(); !slices.Equal(got, []string{"Ask", "Bad"}) {
		t.Errorf("targets %v", got)
	}
	ask, _ := m.State("Ask")
	if c := ask.Choices[0]; c.Condition != "a" || c.Next != "Rest" {
		t.Errorf("%+v", ask)
	}
	if rest, _ := m.State("Rest"); rest.TimestampPath != "$.t" {
		t.Errorf("%+v", rest)
	}
	if _, ok := m.State("None"); ok {
		t.Error("there is no such state")
	}
	work.Retry[0].ErrorEquals[0], work.Catch[0].Next, ask.Choices[0].Next = "changed", "changed", "changed"
	again, _ := m.State("Work")
	if !again.Retry[0].Matches("X") || again.Catch[0].Next != "Bad" {
		t.Error("a copy changed the machine")
	}
}

func TestPlaceholders(t *testing.T) {
	definition := strings.NewReplacer(`"a"`, `"${work}"`, `"b"`, `"${other-one}"`, `"c"`, `"${work}"`).
		Replace(machine(task("A", "B"), task("B", "C"), task("C", "Done")))
	load(t, definition)
	if got := statemachine.Placeholders([]byte(definition)); !slices.Equal(got, []string{"work", "other-one"}) {
		t.Errorf("placeholders %v", got)
	}
}
