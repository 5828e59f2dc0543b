package statemachine

import (
	"slices"
	"strings"
	"testing"
)

func TestLoadRejectsByName(t *testing.T) {
	choice := func(rule string) string {
		return machine(state("C", `"Type": "Choice"`, `"Choices": [`+rule+`]`, `"Default": "Done"`), done)
	}
	for _, test := range []struct{ name, definition, want string }{
		{"not JSON", `{`, "reading the definition: unexpected end"},
		{"not an object", `[]`, "definition: must be an object"},
		{"no StartAt", `{"States": {}}`, `definition: field "StartAt" is missing`},
		{"no States", `{"StartAt": "A"}`, `definition: field "States" is missing`},
		{"unknown StartAt", `{"StartAt": "A", "States": {}}`, `there is no state "A"`},
		{"unknown top field", `{"StartAt": "A", "Colour": 1, "States": {}}`, `definition: field "Colour" is not supported`},
		{"JSONata", `{"StartAt": "A", "QueryLanguage": "JSONata", "States": {}}`, `definition: QueryLanguage "JSONata" is not supported`},
		{"JSONata in a state", machine(state("A", `"Type": "Succeed"`, `"QueryLanguage": "JSONata"`)), `state "A": QueryLanguage "JSONata" is not supported`},
		{"Version", `{"StartAt": "A", "Version": "2.0", "States": {}}`, `Version "2.0" is not supported`},
		{"timeout", `{"StartAt": "A", "TimeoutSeconds": 0, "States": {}}`, `field "TimeoutSeconds" must be between 1 and`},
		{"a state twice", machine(done, done), `States: field "Done" occurs twice`},
		{"no Type", machine(state("A", `"End": true`)), `state "A": field "Type" is missing`},
		{"Parallel", machine(state("A", `"Type": "Parallel"`)), `state "A": state type "Parallel" is not supported`},
		{"Map", machine(state("A", `"Type": "Map"`)), `state "A": state type "Map" is not supported`},
		{"unknown field", machine(task("A", "", `"HeartbeatSeconds": 5`)), `state "A": field "HeartbeatSeconds" is not supported`},
		{"ResultSelector", machine(task("A", "", `"ResultSelector": {}`)), `state "A": field "ResultSelector" is not supported`},
		{"Assign", machine(task("A", "", `"Assign": {}`)), `state "A": field "Assign" is not supported`},
		{"a field twice", machine(task("A", "", `"Comment": "", "Comment": ""`)), `state "A": field "Comment" occurs twice`},
		{"unknown target", machine(task("A", "B")), `state "A": there is no state "B" to go to`},
		{"unknown catch target", machine(task("A", "", catching(`"X"`, "B"))), `state "A": there is no state "B" to go to`},
		{"unreachable", machine(task("A", ""), done), `state "Done": nothing leads to it`},
		{"Next and End", machine(state("A", `"Type": "Pass"`, `"Next": "A"`, `"End": true`)), `state "A": needs either`},
		{"neither Next nor End", machine(state("A", `"Type": "Pass"`)), `state "A": needs either`},
		{"name too long", machine(state(strings.Repeat("x", 81), `"Type": "Succeed"`)), "a name has 1 to 80 characters"},

		{"resource", machine(state("A", `"Type": "Task"`, `"Resource": "arn:aws:states:::sqs:sendMessage"`)), `state "A": Resource "arn:aws:states:::sqs:sendMessage" is not supported`},
		{"waiting for a token", machine(state("A", `"Type": "Task"`, `"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"`)), `waitForTaskToken" is not supported`},
		{"no parameters", machine(state("A", `"Type": "Task"`, `"Resource": "arn:aws:states:::lambda:invoke"`, `"End": true`)), `state "A": field "Parameters" is missing`},
		{"other parameter", machine(parametersOf(`{"FunctionName": "f", "Payload": {}, "InvocationType": "Event"}`)), `state "A", Parameters: field "InvocationType" is not supported`},
		{"function name by path", machine(parametersOf(`{"FunctionName.$": "$.f", "Payload": {}}`)), `state "A", Parameters: field "FunctionName" is missing`},
		{"no payload", machine(parametersOf(`{"FunctionName": "f"}`)), `state "A", Parameters: needs either "Payload" or "Payload.$"`},
		{"intrinsic", machine(parametersOf(`{"FunctionName": "f", "Payload": {"id.$": "States.UUID()"}}`)), `state "A", Parameters: field "id.$": the intrinsic function States.UUID is not supported`},
		{"array index", machine(parametersOf(`{"FunctionName": "f", "Payload": {"id.$": "$.a[0]"}}`)), `the JSONPath "$.a[0]" is not supported`},
		{"deep scan", machine(parametersOf(`{"FunctionName": "f", "Payload": {"in": [{"id.$": "$..a"}]}}`)), `the JSONPath "$..a" is not supported`},
		{"task token", machine(parametersOf(`{"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}`)), `"$$.Task.Token" is not a supported part of the context object`},
		{"a path that isn't text", machine(parametersOf(`{"FunctionName": "f", "Payload": {"t.$": 1}}`)), `field "t.$" must be a path`},
		{"member twice", machine(parametersOf(`{"FunctionName": "f", "Payload": {"t.$": "$", "t": 1}}`)), `field "t" occurs twice`},
		{"OutputPath", machine(task("A", "", `"InputPath": "$.*"`)), `state "A": field "InputPath": the JSONPath "$.*" is not supported`},
		{"ResultPath into the context", machine(task("A", "", `"ResultPath": "$$.x"`)), `"$$.x" is not a supported part`},
		{"ResultPath into the execution", machine(task("A", "", `"ResultPath": "$$.Execution.x"`)), `the context object can't be written`},

		{"States.ALL in company", machine(task("A", "", retrying(`{"ErrorEquals": ["States.ALL", "X"]}`))), `state "A", Retry[0]: States.ALL must stand alone`},
		{"States.ALL first", machine(task("A", "", retrying(`{"ErrorEquals": ["States.ALL"]}`, `{"ErrorEquals": ["X"]}`))), `state "A": Retry: States.ALL must come last`},
		{"misspelled", machine(task("A", "", retrying(`{"ErrorEquals": ["States.Timeot"]}`))), `error name "States.Timeot" is not one`},
		{"no errors", machine(task("A", "", retrying(`{"ErrorEquals": []}`))), `"ErrorEquals" must name at least one error`},
		{"backoff", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "BackoffRate": 0.5}`))), `"BackoffRate" must be at least 1`},
		{"interval", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "IntervalSeconds": 0}`))), `"IntervalSeconds" must be between 1`},
		{"fraction", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "IntervalSeconds": 1.5}`))), `"IntervalSeconds" must be an integer`},
		{"max delay", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "MaxDelaySeconds": 31622400}`))), `"MaxDelaySeconds" must be under`},
		{"jitter", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "JitterStrategy": "HALF"}`))), `JitterStrategy "HALF" is not supported`},
		{"retry field", machine(task("A", "", retrying(`{"ErrorEquals": ["X"], "Limit": 1}`))), `state "A", Retry[0]: field "Limit" is not supported`},
		{"catch field", machine(task("A", "", `"Catch": [{"ErrorEquals": ["X"], "Next": "A", "Output": 1}]`)), `state "A", Catch[0]: field "Output" is not supported`},
		{"catch without Next", machine(task("A", "", `"Catch": [{"ErrorEquals": ["X"]}]`)), `state "A", Catch[0]: field "Next" is missing`},

		{"unknown comparison", choice(`{"Variable": "$.a", "StringMatches": "x*", "Next": "Done"}`), `state "C", Choices[0]: comparison operator "StringMatches" is not supported`},
		{"unknown comparison within And", choice(`{"And": [{"Variable": "$.a", "IsNull": true}], "Next": "Done"}`), `state "C", Choices[0], And[0]: comparison operator "IsNull" is not supported`},
		{"comparison with a path", choice(`{"Variable": "$.a", "StringEqualsPath": "$.b", "Next": "Done"}`), `comparison operator "StringEqualsPath" is not supported`},
		{"no comparison", choice(`{"Variable": "$.a", "Next": "Done"}`), `state "C", Choices[0]: has no comparison operator`},
		{"two comparisons", choice(`{"Variable": "$.a", "IsPresent": true, "StringEquals": "", "Next": "Done"}`), `has both StringEquals and IsPresent`},
		{"no variable", choice(`{"StringEquals": "", "Next": "Done"}`), `field "Variable" must be a path`},
		{"wrong type", choice(`{"Variable": "$.a", "StringEquals": 1, "Next": "Done"}`), `field "StringEquals" must be a string`},
		{"empty And", choice(`{"And": [], "Next": "Done"}`), `field "And" must not be empty`},
		{"Next inside", choice(`{"Not": {"Variable": "$.a", "IsPresent": true, "Next": "Done"}, "Next": "Done"}`), `state "C", Choices[0], Not: comparison operator "Next" is not supported`},
		{"rule without Next", choice(`{"Variable": "$.a", "IsPresent": true}`), `state "C", Choices[0]: field "Next" is missing`},
		{"no choices", choice(``), `field "Choices" must not be empty`},

		{"wait for nothing", machine(state("W", `"Type": "Wait"`, `"End": true`)), `state "W": needs exactly one of Seconds`},
		{"wait for two things", machine(state("W", `"Type": "Wait"`, `"Seconds": 1`, `"SecondsPath": "$.s"`, `"End": true`)), `state "W": needs exactly one of Seconds`},
		{"wait for a bad time", machine(state("W", `"Type": "Wait"`, `"Timestamp": "tomorrow"`, `"End": true`)), `field "Timestamp" must be an RFC 3339 timestamp`},
		{"wait for a null path", machine(state("W", `"Type": "Wait"`, `"TimestampPath": null`, `"End": true`)), `field "TimestampPath" must be a path`},
		{"both kinds of cause", machine(state("F", `"Type": "Fail"`, `"Cause": "", "CausePath": "$.c"`)), `state "F": has both Cause and CausePath`},
		{"intrinsic cause", machine(state("F", `"Type": "Fail"`, `"CausePath": "States.Format('x')"`)), `the intrinsic function States.Format is not supported`},
		{"Fail with Next", machine(state("F", `"Type": "Fail"`, `"Next": "F"`)), `state "F": field "Next" is not supported`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := Load([]byte(test.definition))
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

func parametersOf(parameters string) string {
	return state("A", `"Type": "Task"`, `"Resource": "arn:aws:states:::lambda:invoke"`, `"Parameters": `+parameters, `"End": true`)
}

func TestLoadAcceptsWhatDoesNoHarm(t *testing.T) {
	load(t, `{"Comment": "c", "Version": "1.0", "QueryLanguage": "JSONPath", "StartAt": "Done", "TimeoutSeconds": 5,
		"States": {"Done": {"Type": "Succeed", "Comment": "c", "QueryLanguage": "JSONPath"}}}`)
}

func TestStatesCanBeReadButNotChanged(t *testing.T) {
	m := load(t, `{"Comment": "all", "StartAt": "Work", "TimeoutSeconds": 60, "States": {`+
		task("Work", "Ask", `"Comment": "works"`, `"TimeoutSeconds": 7`, retrying(`{"ErrorEquals": ["X"]}`), catching(`"Y"`, "Bad"))+
		`, "Ask": {"Type": "Choice", "Choices": [{"Variable": "$.a", "BooleanEquals": true, "Next": "Rest"}], "Default": "Done"},
		"Rest": {"Type": "Wait", "TimestampPath": "$.t", "Next": "Ask"},
		"Bad": {"Type": "Fail"}, "Done": {"Type": "Succeed"}}}`)
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
	if work.FunctionName != "work" || work.TimeoutSeconds != 7 || work.Comment != "works" || work.Next != "Ask" || work.End {
		t.Errorf("%+v", work)
	}
	if r := work.Retry[0]; r.IntervalSeconds != 1 || r.MaxAttempts != 3 || r.BackoffRate != 2 || r.FullJitter || r.MaxDelaySeconds != 0 {
		t.Errorf("defaults of a retrier: %+v", r)
	}
	if c := work.Catch[0]; c.Next != "Bad" || c.ResultPath != "$.error" || !c.Matches("Y") {
		t.Errorf("catcher: %+v", c)
	}
	if got := work.Targets(); !slices.Equal(got, []string{"Ask", "Bad"}) {
		t.Errorf("targets %v", got)
	}
	ask, _ := m.State("Ask")
	if c := ask.Choices[0]; c.Condition != "a" || c.Next != "Rest" || ask.Default != "Done" {
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
	definition := []byte(machine(parametersOf(`{"FunctionName": "${work}", "Payload": {"to": "${other-one}", "again": "${work}"}}`)))
	load(t, string(definition))
	if got := Placeholders(definition); !slices.Equal(got, []string{"work", "other-one"}) {
		t.Errorf("placeholders %v", got)
	}
}
