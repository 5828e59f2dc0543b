package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFailState(t *testing.T) {
	for _, test := range []struct{ name, body, input, err, cause string }{
		{"written down", `"Error": "Bad", "Cause": "too bad"`, `{}`, "Bad", "too bad"},
		{"nothing said", `"Comment": ""`, `{}`, "", ""},
		{"from the input", `"ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"`, `{"error": {"Error": "E", "Cause": "c \"q\""}}`, "E", `c "q"`},
		{"no such error", `"ErrorPath": "$.error"`, `{}`, "States.Runtime", "The ErrorPath parameter does not reference a string in the input: $.error"},
		{"a cause that isn't text", `"Error": "E", "CausePath": "$.c"`, `{"c": 1}`, "States.Runtime", "The CausePath parameter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := run(t, newWorld(), machine(state("F", `"Type": "Fail"`, test.body)), test.input)
			wantFailure(t, e, test.err, test.cause)
			if e.Output() != nil {
				t.Errorf("output %s", e.Output())
			}
		})
	}
}

func TestPassAndSucceed(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"nothing", `"Comment": ""`, `{"a":{"b":1}}`},
		{"result", `"Result": {"r": 2}`, `{"r": 2}`},
		{"result in the input", `"Result": 2, "ResultPath": "$.a.r"`, `{"a":{"b":1,"r":2}}`},
		{"parameters", `"Parameters": {"x.$": "$.a.b", "s.$": "$$.State.Name"}, "ResultPath": "$.p"`, `{"a":{"b":1},"p":{"x":1,"s":"P"}}`},
		{"thrown away", `"Result": 2, "ResultPath": null`, `{"a":{"b":1}}`},
		{"part of the input", `"InputPath": "$.a"`, `{"b":1}`},
		{"part of the output", `"OutputPath": "$.a.b"`, `1`},
		{"no input", `"InputPath": null`, `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantOutput(t, run(t, newWorld(), machine(state("P", `"Type": "Pass"`, `"Next": "Done"`, test.body), done), `{"a": {"b": 1}}`), test.want)
		})
	}
	wantOutput(t, run(t, newWorld(), machine(state("S", `"Type": "Succeed"`, `"OutputPath": "$.a"`)), `{"a": 1}`), `1`)
	wantFailure(t, run(t, newWorld(), machine(state("P", `"Type": "Pass"`, `"Parameters": {"x.$": "$.none"}`, `"End": true`)), `{}`), "States.Runtime", "'$.none'")
}

func TestStop(t *testing.T) {
	both := machine(task("Work", "W", retrying(`{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100}`), catching(`"States.ALL"`, "W")),
		state("W", `"Type": "Wait"`, `"Seconds": 1000`, `"Next": "Done"`), done)
	told := &TaskError{Name: "Operator", Cause: "enough"}
	for _, test := range []struct {
		name       string
		after      time.Duration
		answer     answer
		cause      error
		state      string
		err, words string
	}{
		{"in a Task", 5 * time.Second, says(`{}`).after(time.Minute), told, "Work", "Operator", "enough"},
		{"just as a Task ends", time.Minute, says(`{}`).after(time.Minute), told, "Work", "Operator", "enough"},
		{"in a Task that fails", 5 * time.Second, fails("X").after(time.Minute), nil, "Work", "", ""},
		{"in the delay before a retry", 50 * time.Second, fails("X"), nil, "Work", "", ""},
		{"in a Wait", 500 * time.Second, says(`{}`), errors.New("no reason"), "W", "", "no reason"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld().with("work", test.answer).stopping(test.after, test.cause)
			e := run(t, w, both, `{}`)
			wantStatus(t, e, Aborted)
			wantElapsed(t, w, test.after)
			if e.CurrentState() != test.state || e.ErrorName() != test.err || e.Cause() != test.words {
				t.Errorf("in %s: %q %q", e.CurrentState(), e.ErrorName(), e.Cause())
			}
			history := e.History()
			if last := history[len(history)-1]; last.Type != ExecutionAborted || last.Error != test.err {
				t.Errorf("last event %+v", last)
			}
		})
	}
	t.Run("before it begins", func(t *testing.T) {
		w := newWorld()
		e, _ := load(t, both).NewExecution(w, testARN, "first", json.RawMessage(`{}`))
		ctx := w.context()
		w.stop(nil)
		e.Run(ctx)
		wantStatus(t, e, Aborted)
		if len(w.functions) != 0 {
			t.Error("a function ran")
		}
	})
	t.Run("by the host alone", func(t *testing.T) {
		e, _ := load(t, both).NewExecution(brokenClock{newWorld().with("work", says(`{}`))}, testARN, "first", json.RawMessage(`{}`))
		e.Run(context.Background())
		wantStatus(t, e, Aborted)
		if e.Cause() != "the clock stopped" {
			t.Errorf("cause %q", e.Cause())
		}
	})
}

type brokenClock struct{ *world }

func (brokenClock) WaitUntil(context.Context, time.Time) error {
	return errors.New("the clock stopped")
}

func TestExecutionTimeout(t *testing.T) {
	limited := func(more ...string) string {
		return strings.Replace(machine(more...), `"StartAt"`, `"TimeoutSeconds": 60, "StartAt"`, 1)
	}
	wait := state("W", `"Type": "Wait"`, `"Seconds": 100`, `"Next": "Done"`)
	for _, test := range []struct {
		name, definition string
		answer           answer
	}{
		{"in a Wait", limited(wait, done), answer{}},
		{"in a Task", limited(task("Work", "Done", catching(`"States.ALL"`, "Done")), done), says(`{}`).after(time.Hour)},
		{"in a Task with a later timeout", limited(task("Work", "Done", `"TimeoutSeconds": 61`, retrying(`{"ErrorEquals": ["States.ALL"]}`)), done), says(`{}`).after(time.Hour)},
		{"in the delay before a retry", limited(task("Work", "Done", retrying(`{"ErrorEquals": ["X"], "IntervalSeconds": 100}`)), done), fails("X")},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld().with("work", test.answer)
			e := run(t, w, test.definition, `{}`)
			wantStatus(t, e, TimedOut)
			wantElapsed(t, w, time.Minute)
			history := e.History()
			if last := history[len(history)-1]; last.Type != ExecutionTimedOut {
				t.Errorf("last event %+v", last)
			}
		})
	}
	t.Run("a Task's own timeout comes first", func(t *testing.T) {
		w := newWorld().with("work", says(`{}`).after(time.Hour))
		wantFailure(t, run(t, w, limited(task("Work", "", `"TimeoutSeconds": 59`)), `{}`), "States.Timeout", "")
	})
	t.Run("in time", func(t *testing.T) {
		w := newWorld().with("work", says(`{}`).after(59*time.Second))
		wantStatus(t, run(t, w, limited(task("Work", "")), `{}`), Succeeded)
	})
}

func TestDocumentLimit(t *testing.T) {
	text := func(size int) string { return `"` + strings.Repeat("x", size-2) + `"` }
	work := machine(task("Work", "Done", `"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]`), done)

	if _, err := load(t, work).NewExecution(newWorld(), testARN, "first", json.RawMessage(text(MaxDocumentBytes+1))); err == nil {
		t.Error("a larger input was taken")
	}
	if _, err := load(t, work).NewExecution(newWorld(), testARN, "first", json.RawMessage(`{`)); err == nil {
		t.Error("an input that isn't JSON was taken")
	}
	const around = len(`{"FunctionName":"work","Payload":{"document":}}`)
	const wrapped = len(`{"Payload":,"ExecutedVersion":"$LATEST","StatusCode":200}`)
	for _, test := range []struct {
		name           string
		input, answers int
		want           string
		largest        int
	}{
		{"parameters that just fit", MaxDocumentBytes - around, 10, "", MaxDocumentBytes},
		{"parameters too large", MaxDocumentBytes - around + 1, 10, "The input of the state 'Work'", MaxDocumentBytes + 1},
		{"result that just fits", 10, MaxDocumentBytes - wrapped, "", MaxDocumentBytes},
		{"result too large", 10, MaxDocumentBytes - wrapped + 1, "returned a result with a size exceeding", MaxDocumentBytes + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := run(t, newWorld().with("work", says(text(test.answers))), work, text(test.input))
			if test.want == "" {
				wantStatus(t, e, Succeeded)
			} else {
				wantFailure(t, e, "States.DataLimitExceeded", test.want)
			}
			if e.LargestDocument() != test.largest {
				t.Errorf("largest document %d, want %d", e.LargestDocument(), test.largest)
			}
		})
	}
	t.Run("output of another state", func(t *testing.T) {
		e := run(t, newWorld(), machine(state("P", `"Type": "Pass"`, `"Result": "0123456789"`, `"ResultPath": "$.r"`, `"End": true`)),
			`{"a":`+text(MaxDocumentBytes-10)+`}`)
		wantFailure(t, e, "States.DataLimitExceeded", "The output of the state 'P'")
	})
	t.Run("output of a catch", func(t *testing.T) {
		e := run(t, newWorld().with("work", answer{err: FunctionError("X", strings.Repeat("y", 300))}), machine(task("Work", "Done", catching(`"X"`, "Done")), done),
			`{"a":`+text(MaxDocumentBytes-around-200)+`}`)
		wantFailure(t, e, "States.DataLimitExceeded", "The output of the state 'Work'")
	})
	t.Run("caught by its own name", func(t *testing.T) {
		e := run(t, newWorld().with("work", says(text(MaxDocumentBytes))), machine(task("Work", "Done", catching(`"States.DataLimitExceeded"`, "Done")), done), `{}`)
		wantPath(t, e, "Work", "Done")
	})
}

func TestHistoryLimit(t *testing.T) {
	const cause = "The execution reached the maximum number of history events (25000)."
	t.Run("a loop", func(t *testing.T) {
		loop := state("Loop", `"Type": "Choice"`, `"Choices": [{"Variable": "$.spin", "IsPresent": true, "Next": "Loop"}]`, `"Default": "Done"`)
		e := run(t, newWorld(), machine(loop, done), `{"spin": true}`)
		wantFailure(t, e, "States.Runtime", cause)
		history := e.History()
		last, before := history[len(history)-1], history[len(history)-2]
		if last.ID != 25000 || last.PreviousID != 24999 || last.Type != ExecutionFailed || before.Type != "ChoiceStateExited" {
			t.Errorf("the history ends with %+v, %+v", before, last)
		}
		if err := e.Redrivable(); err == nil {
			t.Error("it can be redriven")
		}
	})
	t.Run("retries for ever", func(t *testing.T) {
		w := newWorld().with("work", fails("X"))
		e := run(t, w, machine(task("Work", "Done", retrying(`{"ErrorEquals": ["X"], "MaxAttempts": 99999, "BackoffRate": 1}`), catching(`"States.ALL"`, "Done")), done), `{}`)
		wantFailure(t, e, "States.Runtime", cause)
		if n := len(e.History()); n != MaxHistoryEvents {
			t.Errorf("%d events", n)
		}
	})
}

func TestContextObject(t *testing.T) {
	parameters := `{"FunctionName": "a", "Payload": {"all.$": "$$", "execution.$": "$$.Execution", "who.$": "$$.Execution.Input.who", "state.$": "$$.State", "retries.$": "$$.State.RetryCount", "machine.$": "$$.StateMachine"}}`
	definition := strings.Replace(machine(parametersOf(parameters)), `"End"`, retrying(`{"ErrorEquals": ["X"], "IntervalSeconds": 5}`)+`, "End"`, 1)
	w := newWorld().with("a", fails("X"), fails("Y"), says(`1`))
	w.now = start.Add(1500 * time.Microsecond)
	e := run(t, w, definition, `{"who": "<me>"}`)
	if e.ARN() != testARN || e.Name() != "first" || string(e.Input()) != `{"who":"<me>"}` {
		t.Errorf("%s %s %s", e.ARN(), e.Name(), e.Input())
	}
	if err := e.Redrive(w.context()); err != nil {
		t.Fatal(err)
	}
	const execution = `{"Id":"` + testARN + `","Input":{"who":"<me>"},"Name":"first","RoleArn":"arn:aws:iam::123456789012:role/rotation","StartTime":"2026-03-01T12:00:00.001Z"%s}`
	const stateMachine = `{"Id":"arn:aws:states:eu-west-1:123456789012:stateMachine:rotation","Name":"rotation"}`
	for i, want := range []struct{ redrive, retries string }{
		{"", "0"}, {"", "1"}, {`,"RedriveCount":1,"RedriveTime":"2026-03-01T12:00:05.001Z"`, "0"},
	} {
		x := fmt.Sprintf(execution, want.redrive)
		s := `{"EnteredTime":"2026-03-01T12:00:00.001Z","Name":"A","RetryCount":` + want.retries + `}`
		payload := `{"all":{"Execution":` + x + `,"State":` + s + `,"StateMachine":` + stateMachine + `},"execution":` + x +
			`,"who":"<me>","state":` + s + `,"retries":` + want.retries + `,"machine":` + stateMachine + `}`
		if w.payloads[i] != payload {
			t.Errorf("payload %d\n%s\nwant\n%s", i, w.payloads[i], payload)
		}
	}
}
