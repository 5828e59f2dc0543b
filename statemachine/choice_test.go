package statemachine

import "testing"

func TestChoice(t *testing.T) {
	const input = `{"s": "x", "quoted": "a\"\u0062", "n": 3, "f": 2.5, "yes": true, "no": false, "null": null, "o": {"p": "q"}}`
	for _, test := range []struct {
		rule string
		want string // Yes, No or the cause of a failure
	}{
		{`"Variable": "$.s", "StringEquals": "x"`, "Yes"},
		{`"Variable": "$.s", "StringEquals": "X"`, "No"},
		{`"Variable": "$.o.p", "StringEquals": "q"`, "Yes"},
		{`"Variable": "$.quoted", "StringEquals": "a\"b"`, "Yes"},
		{`"Variable": "$.n", "StringEquals": "3"`, "No"},
		{`"Variable": "$.null", "StringEquals": ""`, "No"},
		{`"Variable": "$.yes", "BooleanEquals": true`, "Yes"},
		{`"Variable": "$.no", "BooleanEquals": false`, "Yes"},
		{`"Variable": "$.s", "BooleanEquals": false`, "No"},
		{`"Variable": "$.n", "NumericEquals": 3.0`, "Yes"},
		{`"Variable": "$.s", "NumericEquals": 3`, "No"},
		{`"Variable": "$.null", "NumericEquals": 0`, "No"},
		{`"Variable": "$.n", "NumericLessThan": 3`, "No"},
		{`"Variable": "$.f", "NumericLessThan": 3`, "Yes"},
		{`"Variable": "$.n", "NumericLessThanEquals": 3`, "Yes"},
		{`"Variable": "$.n", "NumericGreaterThan": 3`, "No"},
		{`"Variable": "$.n", "NumericGreaterThan": 2.9`, "Yes"},
		{`"Variable": "$.n", "NumericGreaterThanEquals": 3`, "Yes"},
		{`"Variable": "$.s", "IsPresent": true`, "Yes"},
		{`"Variable": "$.null", "IsPresent": true`, "Yes"},
		{`"Variable": "$.none", "IsPresent": true`, "No"},
		{`"Variable": "$.none.below", "IsPresent": false`, "Yes"},
		{`"Variable": "$$.Execution.RedriveCount", "IsPresent": false`, "Yes"},
		{`"Variable": "$$.State.Name", "StringEquals": "Ask"`, "Yes"},
		{`"Variable": "$.none", "StringEquals": "x"`, "Invalid path '$.none': The choice state's condition path references an invalid value."},
		{`"And": [{"Variable": "$.s", "StringEquals": "x"}, {"Variable": "$.n", "NumericEquals": 3}]`, "Yes"},
		{`"And": [{"Variable": "$.s", "StringEquals": "x"}, {"Variable": "$.n", "NumericEquals": 4}]`, "No"},
		{`"And": [{"Variable": "$.none", "IsPresent": true}, {"Variable": "$.none", "StringEquals": "x"}]`, "No"},
		{`"Or": [{"Variable": "$.none", "IsPresent": false}, {"Variable": "$.none", "StringEquals": "x"}]`, "Yes"},
		{`"Or": [{"Variable": "$.s", "StringEquals": "y"}, {"Variable": "$.s", "StringEquals": "z"}]`, "No"},
		{`"Not": {"Variable": "$.s", "StringEquals": "y"}`, "Yes"},
		{`"Not": {"Variable": "$.none", "StringEquals": "y"}`, "Invalid path '$.none'"},
		{`"Comment": "c", "Not": {"Or": [{"Variable": "$.yes", "BooleanEquals": false}, {"Variable": "$.no", "BooleanEquals": true}]}`, "Yes"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			e := run(t, newWorld(), machine(state("Ask", `"Type": "Choice"`, `"Choices": [{`+test.rule+`, "Next": "Yes"}]`, `"Default": "No"`),
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
	e := run(t, newWorld(), machine(state("Ask", `"Type": "Choice"`,
		`"Choices": [{"Variable": "$.a", "NumericEquals": 2, "Next": "A"}, {"Variable": "$.a", "NumericEquals": 1, "Next": "B"}, {"Variable": "$.a", "IsPresent": true, "Next": "A"}]`),
		`"A": {"Type": "Succeed"}`, `"B": {"Type": "Succeed"}`), `{"a": 1}`)
	wantPath(t, e, "Ask", "B")
}

func TestNoChoiceMatched(t *testing.T) {
	e := run(t, newWorld(), machine(state("Ask", `"Type": "Choice"`, `"Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "Done"}]`), done), `{}`)
	wantFailure(t, e, "States.NoChoiceMatched", "")
}

func TestConditionInWords(t *testing.T) {
	for rule, want := range map[string]string{
		`"Variable": "$.plan", "StringEquals": "CREATE"`:   "plan = CREATE",
		`"Variable": "$.a.b", "BooleanEquals": false`:      "not a.b",
		`"Variable": "$.a", "IsPresent": false`:            "a is absent",
		`"Variable": "$.n", "NumericLessThan": 3`:          "n under 3",
		`"Variable": "$.n", "NumericLessThanEquals": 3`:    "n at most 3",
		`"Variable": "$.n", "NumericGreaterThan": 2.5`:     "n over 2.5",
		`"Variable": "$.n", "NumericGreaterThanEquals": 3`: "n at least 3",
		`"Variable": "$.n", "NumericEquals": 3`:            "n = 3",
		`"And": [{"Variable": "$.a", "IsPresent": true}, {"Not": {"Or": [{"Variable": "$.b", "BooleanEquals": true}, {"Variable": "$.c", "BooleanEquals": true}]}}]`: "a is present and not (b or c)",
	} {
		m := load(t, machine(state("Ask", `"Type": "Choice"`, `"Choices": [{`+rule+`, "Next": "Done"}]`), done))
		if ask, _ := m.State("Ask"); ask.Choices[0].Condition != want {
			t.Errorf("%s: %q, want %q", rule, ask.Choices[0].Condition, want)
		}
	}
}
