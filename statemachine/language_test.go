package statemachine

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// feature is something that the Amazon States Language has. The definition uses it, and then it is known, or Load
// rejects it by name. https://states-language.net and
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
type feature struct {
	name string // as usedBy names it

	// How the shipped definition would use it: the value at a place, which begins with the type of a state or with
	// "definition". Of what it does use there is nothing to say.
	at    string
	value string
	want  string // what Load says
}

// unknown is a feature of a kind. How the name of it is told, want says with %q.
func unknown(kind, name, at, value, want string) feature {
	return feature{kind + " " + name, at, value, fmt.Sprintf(want, name)}
}

// language is all of it that a definition for Standard workflows can say.
func language() []feature {
	var all []feature
	used := func(kind string, names ...string) {
		for _, name := range names {
			all = append(all, feature{name: kind + " " + name})
		}
	}
	fields := func(kind, at string, names ...string) {
		for _, name := range names {
			all = append(all, unknown(kind, name, at+"/"+name, `"$.x"`, "field %q is not supported"))
		}
	}
	values := func(kind, at string, values ...string) {
		for _, value := range values {
			all = append(all, unknown(kind, value, at, strconv.Quote(value), "%q is not supported"))
		}
	}

	used("definition", "Comment", "StartAt", "TimeoutSeconds", "States")
	fields("definition", "definition", "Version", "QueryLanguage")
	used("type", "Task", "Choice", "Wait", "Succeed", "Fail")
	values("type", "Succeed/Type", "Pass", "Parallel", "Map")

	used("Task", "Type", "Comment", "Resource", "Parameters", "OutputPath", "TimeoutSeconds", "Retry", "Catch", "Next")
	fields("Task", "Task", "End", "QueryLanguage", "InputPath", "ResultSelector", "ResultPath", "Arguments", "Output",
		"Assign", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials")
	used("Resource", "arn:aws:states:::lambda:invoke")
	values("Resource", "Task/Resource",
		"arn:aws:states:::lambda:invoke.waitForTaskToken", "arn:aws:states:::sqs:sendMessage",
		"arn:aws:states:::states:startExecution.sync:2", "arn:aws:states:::aws-sdk:iam:listAccessKeys",
		"arn:aws:states:::http:invoke", "arn:aws:lambda:eu-west-3:123456789012:function:preflight",
		"arn:aws:states:eu-west-3:123456789012:activity:a")
	used("OutputPath", "$.Payload")
	values("OutputPath", "Task/OutputPath", "$", "$.Payload.plan", "$$.Execution")
	used("Parameters", "FunctionName", "Payload")
	fields("Parameters", "Task/Parameters", "FunctionName.$", "Payload.$", "InvocationType", "ClientContext", "LogType",
		"Qualifier")

	used("Choice", "Type", "Comment", "Choices")
	fields("Choice", "Choice", "Default", "QueryLanguage", "InputPath", "OutputPath", "Output", "Assign")
	used("Wait", "Type", "Comment", "TimestampPath", "Next")
	fields("Wait", "Wait", "End", "QueryLanguage", "InputPath", "OutputPath", "Output", "Assign", "Seconds", "SecondsPath",
		"Timestamp")
	used("Succeed", "Type", "Comment")
	fields("Succeed", "Succeed", "QueryLanguage", "InputPath", "OutputPath", "Output")
	used("Fail", "Type", "Comment", "ErrorPath", "CausePath")
	fields("Fail", "Fail", "QueryLanguage", "Error", "Cause")

	used("Retry", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy")
	fields("Retry", "Task/Retry/0", "Comment")
	used("JitterStrategy", "FULL")
	values("JitterStrategy", "Task/Retry/0/JitterStrategy", "NONE")
	used("Catch", "ErrorEquals", "ResultPath", "Next")
	fields("Catch", "Task/Catch/0", "Comment", "Output", "Assign")
	used("ResultPath", "$.name")
	values("ResultPath", "Task/Catch/0/ResultPath", "$", "$.a.b", "$$.Execution")
	used("error", "States.Timeout")
	for _, name := range reservedErrors {
		for _, list := range []string{"Retry", "Catch"} {
			at := "Task/" + list + "/0/ErrorEquals/0"
			all = append(all, unknown("error", name, at, strconv.Quote(name), "%q is not supported"))
		}
	}
	return slices.Concat(all, rules(), paths())
}

// reservedErrors are Step Functions' own, wildcards first.
var reservedErrors = []string{
	"States.ALL", "States.TaskFailed",
	"States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold",
	"States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed",
	"States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions", "States.QueryEvaluationError",
	"States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime",
}

// rules are what a Choice state can ask.
func rules() []feature {
	all := []feature{
		{name: "rule Variable"}, {name: "rule Next"}, {name: "rule StringEquals"}, {name: "rule BooleanEquals"},
	}
	add := func(name, value string) {
		all = append(all, unknown("rule", name, "Choice/Choices/0/"+name, value, "field %q is not supported"))
	}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, comparison := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			if kind+comparison != "StringEquals" {
				add(kind+comparison, `"x"`)
			}
			add(kind+comparison+"Path", `"$.x"`)
		}
	}
	for _, kind := range []string{"Null", "Present", "Numeric", "String", "Boolean", "Timestamp"} {
		add("Is"+kind, `true`)
	}
	for name, value := range map[string]string{
		"BooleanEqualsPath": `"$.x"`, "StringMatches": `"x*"`, "And": `[]`, "Or": `[]`, "Not": `{}`,
		"Comment": `"c"`, "Condition": `"{% true %}"`, "Assign": `{}`, "Output": `"x"`,
	} {
		add(name, value)
	}
	return all
}

// paths are what leads to a value, in the document, in the context object, or through a function.
func paths() []feature {
	all := []feature{
		{name: "path $.name"}, {name: "path $.name.name"}, {name: "payload $"}, {name: "payload $$.Execution"},
		{name: "payload $$.State.EnteredTime"},
	}
	deep := []string{"$.*", "$..a", "$.a[0]", "$.a[-1]", "$.a[*]", "$.a[0,1]", "$.a[0:2]", "$.a[?(@.b == 1)]", "$['a']",
		"$.a.length()", "$a.b"}
	contexts := []string{"$$", "$$.Execution.Id", "$$.Execution.Input", "$$.Execution.Input.target", "$$.Execution.Name",
		"$$.Execution.RoleArn", "$$.Execution.StartTime", "$$.Execution.RedriveCount", "$$.Execution.RedriveTime",
		"$$.State", "$$.State.Name", "$$.State.RetryCount", "$$.StateMachine", "$$.StateMachine.Id", "$$.StateMachine.Name",
		"$$.Task.Token",
		"$$.Map.Item.Index", "$$.Map.Item.Value"}
	intrinsics := []string{"Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange",
		"ArrayUnique", "Base64Decode", "Base64Encode", "Format", "Hash", "JsonMerge", "JsonToString", "MathAdd",
		"MathRandom", "StringSplit", "StringToJson", "UUID"}
	for i, name := range intrinsics {
		intrinsics[i] = "States." + name + "($.a)"
	}
	nowhere := slices.Concat(deep, contexts, intrinsics)
	add := func(kind, at string, paths ...string) {
		for _, p := range paths {
			all = append(all, unknown(kind, p, at, strconv.Quote(p), "the path %q is not supported"))
		}
	}
	for _, at := range []string{
		"Choice/Choices/0/Variable", "Wait/TimestampPath", "Fail/ErrorPath", "Fail/CausePath", "Task/Catch/0/ResultPath",
	} {
		add("path", at, slices.Concat(nowhere, []string{"$", "$$.Execution", "$$.State.EnteredTime"})...)
	}
	const payload = "Task/Parameters/Payload/x"
	add("payload", payload+".$", append(nowhere, "$.a", "$.a.b")...)
	const want = `field "x" is not supported: only paths are`
	return append(all, feature{"payload written down", payload, `{"y": [1]}`, want})
}

// usedBy is what a definition uses, by the names of features.
func usedBy(t *testing.T, definition map[string]any) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	note := func(kind string, object map[string]any) {
		for name, value := range object {
			used[kind+" "+name] = true
			text, _ := value.(string)
			switch name {
			case "Resource", "OutputPath", "JitterStrategy":
				used[name+" "+text] = true
			case "Variable", "TimestampPath", "ErrorPath", "CausePath", "ResultPath":
				kind := map[bool]string{true: "ResultPath", false: "path"}[name == "ResultPath"]
				used[kind+" $"+strings.Repeat(".name", strings.Count(text, "."))] = true
			case "ErrorEquals":
				for _, e := range value.([]any) {
					if strings.HasPrefix(e.(string), "States.") {
						used["error "+e.(string)] = true
					}
				}
			}
		}
	}
	note("definition", definition)
	for _, s := range definition["States"].(map[string]any) {
		s := s.(map[string]any)
		kind := s["Type"].(string)
		used["type "+kind] = true
		note(kind, s)
		for list, of := range map[string]string{"Retry": "Retry", "Catch": "Catch", "Choices": "rule"} {
			items, _ := s[list].([]any)
			for _, item := range items {
				note(of, item.(map[string]any))
			}
		}
		if parameters, exist := s["Parameters"].(map[string]any); exist {
			note("Parameters", parameters)
			for _, from := range parameters["Payload"].(map[string]any) {
				used["payload "+from.(string)] = true
			}
		}
	}
	return used
}

// TestTheLanguage: the definition uses nothing that this table does not have, and of the rest of the language the
// interpreter knows nothing.
func TestTheLanguage(t *testing.T) {
	used := usedBy(t, decoded(t))
	listed := map[string]bool{}
	for _, f := range language() {
		listed[f.name] = true
		if f.at == "" {
			if !used[f.name] {
				t.Errorf("%s: the definition does not use it any more; the interpreter is to reject it", f.name)
			}
			continue
		}
		_, err := Load(f.in(t))
		switch {
		case err == nil && !used[f.name]:
			t.Errorf("%s at %s: the interpreter knows it, and the definition does not use it", f.name, f.at)
		case err != nil && used[f.name]:
			t.Errorf("%s at %s: the definition uses it: %v", f.name, f.at, err)
		case err != nil && !strings.Contains(err.Error(), f.want):
			t.Errorf("%s at %s: %v\nwant: %s", f.name, f.at, err, f.want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if !listed[name] {
			t.Errorf("%s: the definition uses it, and the table does not have it", name)
		}
	}
}

func decoded(t *testing.T) map[string]any {
	t.Helper()
	var definition map[string]any
	if err := json.Unmarshal(Definition, &definition); err != nil {
		t.Fatal(err)
	}
	return definition
}

// in is the shipped definition with the feature in it.
func (f feature) in(t *testing.T) []byte {
	t.Helper()
	definition := decoded(t)
	kind, at, _ := strings.Cut(f.at, "/")
	var place any = definition
	if kind != "definition" {
		place = stateOf(t, definition, kind)
	}
	var value any
	if err := json.Unmarshal([]byte(f.value), &value); err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	steps := strings.Split(at, "/")
	last := len(steps) - 1
	for _, step := range steps[:last] {
		place = inside(place, step)
	}
	if list, isList := place.([]any); isList {
		i, _ := strconv.Atoi(steps[last])
		list[i] = value
	} else {
		place.(map[string]any)[steps[last]] = value
	}
	edited, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	return edited
}

func inside(place any, step string) any {
	if list, isList := place.([]any); isList {
		i, _ := strconv.Atoi(step)
		return list[i]
	}
	return place.(map[string]any)[step]
}

// stateOf is a state of a type; a Task has a Catch.
func stateOf(t *testing.T, definition map[string]any, kind string) map[string]any {
	t.Helper()
	states := definition["States"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(states)) {
		s := states[name].(map[string]any)
		if s["Type"] == kind && (kind != "Task" || s["Catch"] != nil) {
			return s
		}
	}
	t.Fatalf("there is no state of type %s", kind)
	return nil
}

// TestNothingElseIsKnown: no name of a type or field that the definition does not use is in the interpreter's source.
func TestNothingElseIsKnown(t *testing.T) {
	used := map[string]bool{}
	for name := range usedBy(t, decoded(t)) {
		_, word, _ := strings.Cut(name, " ")
		used[word] = true
	}
	unused := map[string]bool{}
	for _, f := range language() {
		if _, word, _ := strings.Cut(f.name, " "); !used[word] && !strings.ContainsAny(word, ".$ ") {
			unused[word] = true
		}
	}
	if len(unused) < 60 {
		t.Fatalf("only %d words are unused: %v", len(unused), unused)
	}
	seen := 0
	for _, literal := range literals(t) {
		if used[literal] {
			seen++
		}
		if unused[literal] {
			t.Errorf("the interpreter says %q, which the definition does not", literal)
		}
	}
	if seen == 0 {
		t.Error("no word of the definition was found in the source")
	}
}

// literals are the strings in the package's source.
func literals(t *testing.T) (found []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, _ := strconv.Unquote(literal.Value) // what compiles can be unquoted
				found = append(found, text)
			}
			return true
		})
	}
	return found
}
