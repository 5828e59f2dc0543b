package interpreter

import "testing"

func TestDiagram(t *testing.T) {
	m := load(t, machine(
		task("Work", "Ask", `"Catch": [{"ErrorEquals": ["A", "B"], "ResultPath": "$.error", "Next": "Bad"},
			{"ErrorEquals": ["C"], "ResultPath": "$.error", "Next": "Done"},
			{"ErrorEquals": ["D", "E"], "ResultPath": "$.error", "Next": "Bad"}]`),
		choice("Ask",
			`{"Variable": "$.plan", "StringEquals": "A:B", "Next": "Rest"}`,
			`{"Variable": "$.plan", "StringEquals": "C", "Next": "Rest"}`,
			`{"Variable": "$.ready", "BooleanEquals": false, "Next": "Work"}`),
		wait("Rest", "$.t", "Work"), bad))
	const want = `stateDiagram-v2
    state Ask <<choice>>
    [*] --> Work
    Work --> Ask
    Work --> Bad : on A and 3 more
    Work --> Done : on C
    Ask --> Rest : plan = A B or plan = C
    Ask --> Work : not ready
    Rest --> Work
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
