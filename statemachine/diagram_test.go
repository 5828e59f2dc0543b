package statemachine

import "testing"

func TestDiagram(t *testing.T) {
	m := load(t, machine(
		task("Work", "Ask", `"Catch": [{"ErrorEquals": ["A", "B"], "Next": "Bad"}, {"ErrorEquals": ["C"], "Next": "go home"}, {"ErrorEquals": ["D", "E"], "Next": "Bad"}]`),
		state("Ask", `"Type": "Choice"`, `"Choices": [{"Variable": "$.plan", "StringEquals": "A:B", "Next": "Rest"}, {"Variable": "$.plan", "StringEquals": "C", "Next": "Rest"}, {"Variable": "$.n", "NumericLessThan": 3, "Next": "Work"}]`, `"Default": "Done"`),
		state("Rest", `"Type": "Wait"`, `"Seconds": 1`, `"Next": "Work"`),
		state("go home", `"Type": "Pass"`, `"End": true`),
		state("Bad", `"Type": "Fail"`), done))
	const want = `stateDiagram-v2
    state Ask <<choice>>
    state "go home" as S4
    [*] --> Work
    Work --> Ask
    Work --> Bad : on A and 3 more
    Work --> S4 : on C
    Ask --> Rest : plan = A B or plan = C
    Ask --> Work : n under 3
    Ask --> Done : otherwise
    Rest --> Work
    S4 --> [*]
    Bad --> [*]
    Done --> [*]
    classDef waits stroke-dasharray:4 3
    class Rest waits
    classDef succeeds stroke:#2da44e,stroke-width:2px
    class Done succeeds
    classDef fails stroke:#cf222e,stroke-width:2px
    class Bad fails
`
	if got := m.Diagram(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
