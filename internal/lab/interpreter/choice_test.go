package interpreter

import (
	"fmt"
	"testing"
)

func TestChoice(t *testing.T) {
	const input = `{"s": "x", "quoted": "a\"\u0062", "n": 3, "yes": true, "no": false, "null": null, "o": {"p": "q"}}`
	const missing = "Invalid path '%s': The choice state's condition path references an invalid value."
	for _, test := range []struct{ rule, want string }{ // Yes, No or the cause of a failure
		{`"Variable": "$.s", "StringEquals": "x"`, "Yes"},
		{`"Variable": "$.s", "StringEquals": "X"`, "No"},
		{`"Variable": "$.o.p", "StringEquals": "q"`, "Yes"},
		{`"Variable": "$.quoted", "StringEquals": "a\"b"`, "Yes"},
		{`"Variable": "$.n", "StringEquals": "3"`, "No"},
		{`"Variable": "$.null", "StringEquals": ""`, "No"},
		{`"Variable": "$.yes", "BooleanEquals": true`, "Yes"},
		{`"Variable": "$.yes", "BooleanEquals": false`, "No"},
		{`"Variable": "$.no", "BooleanEquals": false`, "Yes"},
		{`"Variable": "$.s", "BooleanEquals": false`, "No"},
		{`"Variable": "$.none", "StringEquals": "x"`, fmt.Sprintf(missing, "$.none")},
		{`"Variable": "$.o.none", "BooleanEquals": false`, fmt.Sprintf(missing, "$.o.none")},
	} {
		t.Run(test.rule, func(t *testing.T) {
			e := run(t, newWorld(), machine(
				choice("Ask", `{`+test.rule+`, "Next": "Yes"}`, `{"Variable": "$.yes", "BooleanEquals": true, "Next": "No"}`),
				`"Yes": {"Type": "Succeed"}`, `"No": {"Type": "Succeed"}`), input)
			if test.want == "Yes" || test.want == "No" {
				wantPath(t, e, "Ask", test.want)
				return
			}
			wantFailure(t, e, "States.Runtime", test.want)
		})
	}
}

func TestFirstChoiceWins(t *testing.T) {
	e := run(t, newWorld(), machine(choice("Ask",
		`{"Variable": "$.a", "StringEquals": "2", "Next": "A"}`,
		`{"Variable": "$.a", "StringEquals": "1", "Next": "B"}`,
		`{"Variable": "$.yes", "BooleanEquals": true, "Next": "A"}`),
		`"A": {"Type": "Succeed"}`, `"B": {"Type": "Succeed"}`), `{"a": "1", "yes": true}`)
	wantPath(t, e, "Ask", "B")
}

func TestNoChoiceMatched(t *testing.T) {
	definition := machine(choice("Ask", `{"Variable": "$.a", "BooleanEquals": true, "Next": "Done"}`))
	wantFailure(t, run(t, newWorld(), definition, `{"a": "true"}`), "States.NoChoiceMatched", "")
}

func TestConditionInWords(t *testing.T) {
	for rule, want := range map[string]string{
		`"Variable": "$.plan", "StringEquals": "CREATE"`: "plan = CREATE",
		`"Variable": "$.a.b", "BooleanEquals": false`:    "not a.b",
		`"Variable": "$.a.b", "BooleanEquals": true`:     "a.b",
	} {
		m := load(t, machine(choice("Ask", `{`+rule+`, "Next": "Done"}`)))
		if ask, _ := m.State("Ask"); ask.Choices[0].Condition != want {
			t.Errorf("%s: %q, want %q", rule, ask.Choices[0].Condition, want)
		}
	}
}
