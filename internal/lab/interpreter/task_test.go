package interpreter

import (
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/statemachine"
)

// What a function gets is what the payload says, and its answer is all of the state's output.
func TestTask(t *testing.T) {
	w := newWorld().with("work", says(`{"k":2}`))
	e := run(t, w, machine(strings.Replace(task("Work", "Done"), `"document.$": "$"`, `"all.$": "$", "at.$": `+
		`"$$.State.EnteredTime"`, 1)),
		`{"in": "<1>"}`)
	wantOutput(t, e, `{"k":2}`)
	if want := `{"all":{"in":"<1>"},"at":"2026-03-01T12:00:00.000Z"}`; w.payloads[0] != want {
		t.Errorf("payload %s, want %s", w.payloads[0], want)
	}
}

func TestRetry(t *testing.T) {
	both := retrying(retrier(`"A", "B"`, 1, 2, 2), retrier(`"C"`, 5, 3, 2))
	t.Run("every retrier counts for itself", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("B"), fails("C"), fails("B"), says(`{}`))
		e := run(t, w, machine(task("Work", "Done", both, catching(`"B"`, "Bad")), bad), `{}`)
		wantFailure(t, e, "B", "") // its retrier is exhausted: no other is asked, the catcher is
		wantElapsed(t, w, (1+2+5)*time.Second)
		wantPath(t, e, "Work", "Bad")
		if e.Transitions() != 2+3 {
			t.Errorf("%d transitions", e.Transitions())
		}
	})
	t.Run("until it works", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("C"), fails("C"), says(`{"ok":true}`))
		e := run(t, w, machine(task("Work", "Done", both)), `{}`)
		wantOutput(t, e, `{"ok":true}`)
		wantElapsed(t, w, (1+5+10)*time.Second)
	})
	t.Run("leaving the state resets the counters", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("A"), says(`{"more":true}`), fails("A"), fails("A"),
			says(`{"more":false}`))
		e := run(t, w, machine(task("Work", "More", both), choice("More", `{"Variable": "$.more", "BooleanEquals": true, `+
			`"Next": "Work"}`,
			`{"Variable": "$.more", "BooleanEquals": false, "Next": "Done"}`)), `{}`)
		wantStatus(t, e, statemachine.Succeeded)
		wantElapsed(t, w, 6*time.Second)
		wantPath(t, e, "Work", "More", "Work", "More", "Done")
	})
	t.Run("not what no retrier names", func(t *testing.T) {
		w := newWorld().with("work", fails("D"))
		e := run(t, w, machine(task("Work", "Done", both)), `{}`)
		wantFailure(t, e, "D", `{"errorMessage":"it broke","errorType":"D"}`)
		wantElapsed(t, w, 0)
	})
	t.Run("with jitter", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), says(`1`))
		w.random = 0.5
		run(t, w, machine(task("Work", "Done", retrying(retrier(`"A"`, 60, 1, 1, `"JitterStrategy": "FULL"`)))), `{}`)
		wantElapsed(t, w, 30*time.Second)
	})
	t.Run("an answer that isn't there", func(t *testing.T) {
		wantOutput(t, run(t, newWorld().with("work", answer{}), machine(task("Work", "Done")), `{}`), `null`)
	})
	t.Run("a function that isn't there", func(t *testing.T) {
		wantFailure(t, run(t, newWorld(), machine(task("Work", "Done")), `{}`), "Lambda.Unknown", "no function work")
	})
}

func TestCatch(t *testing.T) {
	catcher := func(name, path string) string {
		return machine(task("Work", "Done", `"Catch": [{"ErrorEquals": ["Bang"], "ResultPath": "$.bang", "Next": "Work"},
			{"ErrorEquals": ["`+name+`"], "ResultPath": "`+path+`", "Next": "Done"}]`))
	}
	w := func() *world { return newWorld().with("work", answer{err: FunctionError("Boom", `said "no"`)}) }
	const caught = `{"Error":"Boom","Cause":"{\"errorMessage\":\"said \\\"no\\\"\",\"errorType\":\"Boom\"}"}`
	t.Run("beside the input", func(t *testing.T) {
		wantOutput(t, run(t, w(), catcher("Boom", "$.error"), `{"a":{"b":1}}`), `{"a":{"b":1},"error":`+caught+`}`)
	})
	t.Run("in place of something", func(t *testing.T) {
		wantOutput(t, run(t, w(), catcher("Boom", "$.a"), `{"a":{"b":1}}`), `{"a":`+caught+`}`)
	})
	t.Run("nowhere to put it", func(t *testing.T) {
		wantFailure(t, run(t, w(), catcher("Boom", "$.error"), `[1]`), "States.ResultPathMatchFailure", "'$.error'")
	})
	t.Run("no catcher for it", func(t *testing.T) {
		e := run(t, w(), catcher("Crash", "$.error"), `{"a":{"b":1}}`)
		wantFailure(t, e, "Boom", "")
		wantPath(t, e, "Work")
	})
}

func TestTaskTimeout(t *testing.T) {
	slow := answer{takes: time.Hour, json: `{}`}
	t.Run("fails", func(t *testing.T) {
		w := newWorld().with("work", slow)
		wantFailure(t, run(t, w, machine(taskOf("Work", "Done", 10)), `{}`), "States.Timeout", "")
		wantElapsed(t, w, 10*time.Second)
	})
	t.Run("is retried anew", func(t *testing.T) {
		w := newWorld().with("work", slow, says(`1`).after(9*time.Second))
		e := run(t, w, machine(taskOf("Work", "Done", 10, retrying(retrier(`"States.Timeout"`, 1, 1, 1)))), `{}`)
		wantOutput(t, e, `1`)
		wantElapsed(t, w, 20*time.Second)
	})
	t.Run("is caught", func(t *testing.T) {
		e := run(t, newWorld().with("work", slow), machine(taskOf("Work", "Done", 10, catching(`"States.Timeout"`, "Done"))),
			`{}`)
		wantOutput(t, e, `{"error":{"Error":"States.Timeout","Cause":""}}`)
	})
}
