package interpreter

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/statemachine"
)

func TestFailState(t *testing.T) {
	for _, test := range []struct{ name, input, err, cause string }{
		{"from the input", `{"error": {"Error": "E", "Cause": "c \"q\""}}`, "E", `c "q"`},
		{"no such error", `{}`, "States.Runtime", "The ErrorPath parameter does not reference a string in the input: " +
			"$.error.Error"},
		{"a cause that isn't text", `{"error": {"Error": "E", "Cause": 1}}`, "States.Runtime", "The CausePath parameter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := run(t, newWorld(), machine(bad), test.input)
			wantFailure(t, e, test.err, test.cause)
			if e.Output() != nil {
				t.Errorf("output %s", e.Output())
			}
		})
	}
}

func TestStop(t *testing.T) {
	both := machine(task("Work", "W", retrying(retrier(`"X", "Operator"`, 100, 3, 2)), catching(`"X", "Operator"`, "W")),
		wait("W", "$.t", "Done"))
	const inputOfBoth = `{"t":"2026-03-01T12:16:40Z"}`
	told := &TaskError{Name: "Operator", Cause: "enough"}
	for _, test := range []struct {
		name       string
		after      time.Duration
		answer     answer
		cause      error
		state      string
		err, words string
	}{
		{"in a Task", 5 * time.Second, says(inputOfBoth).after(time.Minute), told, "Work", "Operator", "enough"},
		{"just as a Task ends", time.Minute, says(inputOfBoth).after(time.Minute), told, "Work", "Operator", "enough"},
		{"in a Task that fails", 5 * time.Second, fails("X").after(time.Minute), nil, "Work", "", ""},
		{"in the delay before a retry", 50 * time.Second, fails("X"), nil, "Work", "", ""},
		{"in a Wait", 500 * time.Second, says(inputOfBoth), errors.New("no reason"), "W", "", "no reason"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld().with("work", test.answer).stopping(test.after, test.cause)
			e := run(t, w, both, `{}`)
			wantStatus(t, e, statemachine.Aborted)
			wantElapsed(t, w, test.after)
			if e.CurrentState() != test.state || e.ErrorName() != test.err || e.Cause() != test.words {
				t.Errorf("in %s: %q %q", e.CurrentState(), e.ErrorName(), e.Cause())
			}
			history := e.History()
			if last := history[len(history)-1]; last.Type != statemachine.ExecutionAborted || last.Error != test.err {
				t.Errorf("last event %+v", last)
			}
		})
	}
	t.Run("before it begins", func(t *testing.T) {
		w := newWorld()
		e, _ := NewExecution(load(t, both), w, testARN, "first", json.RawMessage(`{}`))
		ctx := w.context()
		w.stop(nil)
		e.Run(ctx)
		wantStatus(t, e, statemachine.Aborted)
		if len(w.functions) != 0 {
			t.Error("a function ran")
		}
	})
	t.Run("by the host alone", func(t *testing.T) {
		e, _ := NewExecution(load(t, both), brokenClock{newWorld().with("work", says(inputOfBoth))}, testARN, "first",
			json.RawMessage(`{}`))
		e.Run(context.Background())
		wantStatus(t, e, statemachine.Aborted)
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
	late := says(`{}`).after(time.Hour)
	for _, test := range []struct {
		name, definition string
		answer           answer
	}{
		{"in a Wait", waiting, answer{}},
		{"in a Task", machine(task("Work", "Done", catching(`"States.Timeout"`, "Done"))), late},
		{"in a Task with a later timeout",
			machine(taskOf("Work", "Done", 61, retrying(retrier(`"States.Timeout"`, 1, 1, 1)))), late},
		{"in the delay before a retry", machine(task("Work", "Done", retrying(retrier(`"X"`, 100, 1, 1)))), fails("X")},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld().with("work", test.answer)
			e := run(t, w, limited(test.definition, 60), `{"t":"2026-03-01T12:02:00Z"}`)
			wantStatus(t, e, statemachine.TimedOut)
			wantElapsed(t, w, time.Minute)
			history := e.History()
			if last := history[len(history)-1]; last.Type != statemachine.ExecutionTimedOut {
				t.Errorf("last event %+v", last)
			}
		})
	}
	t.Run("a Task's own timeout comes first", func(t *testing.T) {
		w := newWorld().with("work", late)
		wantFailure(t, run(t, w, limited(machine(taskOf("Work", "Done", 59)), 60), `{}`), "States.Timeout", "")
	})
	t.Run("in time", func(t *testing.T) {
		w := newWorld().with("work", says(`{}`).after(59*time.Second))
		wantStatus(t, run(t, w, limited(machine(task("Work", "Done")), 60), `{}`), statemachine.Succeeded)
	})
}

func TestDocumentLimit(t *testing.T) {
	text := func(size int) string { return `"` + strings.Repeat("x", size-2) + `"` }
	work := machine(task("Work", "Done"))

	if _, err := NewExecution(load(t, work), newWorld(), testARN, "first",
		json.RawMessage(text(statemachine.MaxDocumentBytes+1))); err == nil {
		t.Error("a larger input was taken")
	}
	if _, err := NewExecution(load(t, work), newWorld(), testARN, "first", json.RawMessage(`{`)); err == nil {
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
		{"parameters that just fit", statemachine.MaxDocumentBytes - around, 10, "", statemachine.MaxDocumentBytes},
		{"parameters too large", statemachine.MaxDocumentBytes - around + 1, 10, "The input of the state 'Work'",
			statemachine.MaxDocumentBytes + 1},
		{"result that just fits", 10, statemachine.MaxDocumentBytes - wrapped, "", statemachine.MaxDocumentBytes},
		{"result too large", 10, statemachine.MaxDocumentBytes - wrapped + 1, "returned a result with a size exceeding",
			statemachine.MaxDocumentBytes + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := run(t, newWorld().with("work", says(text(test.answers))), work, text(test.input))
			if test.want == "" {
				wantStatus(t, e, statemachine.Succeeded)
			} else {
				wantFailure(t, e, "States.DataLimitExceeded", test.want)
			}
			if e.LargestDocument() != test.largest {
				t.Errorf("largest document %d, want %d", e.LargestDocument(), test.largest)
			}
		})
	}
	t.Run("output of a catch", func(t *testing.T) {
		e := run(t, newWorld().with("work", answer{err: FunctionError("X", strings.Repeat("y", 300))}),
			machine(task("Work", "Done", catching(`"X"`, "Done"))),
			`{"a":`+text(statemachine.MaxDocumentBytes-around-200)+`}`)
		wantFailure(t, e, "States.DataLimitExceeded", "The output of the state 'Work'")
	})
}

func TestHistoryLimit(t *testing.T) {
	const cause = "The execution reached the maximum number of history events (25000)."
	t.Run("a loop", func(t *testing.T) {
		e := run(t, newWorld(), machine(choice("Loop", `{"Variable": "$.spin", "BooleanEquals": true, "Next": "Loop"}`)),
			`{"spin": true}`)
		wantFailure(t, e, "States.Runtime", cause)
		history := e.History()
		last, before := history[len(history)-1], history[len(history)-2]
		if last.ID != 25000 || last.PreviousID != 24999 || last.Type != statemachine.ExecutionFailed ||
			before.Type != "ChoiceStateExited" {
			t.Errorf("the history ends with %+v, %+v", before, last)
		}
		if err := e.Redrivable(); err == nil {
			t.Error("it can be redriven")
		}
	})
	t.Run("retries for ever", func(t *testing.T) {
		w := newWorld().with("work", fails("X"))
		e := run(t, w, machine(task("Work", "Done", retrying(retrier(`"X"`, 1, 99999, 1)), catching(`"X"`, "Done"))), `{}`)
		wantFailure(t, e, "States.Runtime", cause)
		if n := len(e.History()); n != statemachine.MaxHistoryEvents {
			t.Errorf("%d events", n)
		}
	})
}

func TestContextObject(t *testing.T) {
	definition := machine(strings.Replace(task("A", "Done", retrying(retrier(`"X"`, 5, 1, 1))), `"document.$": "$"`,
		`"execution.$": "$$.Execution", "entered.$": "$$.State.EnteredTime"`, 1))
	w := newWorld().with("a", fails("X"), fails("Y"), says(`1`))
	w.now = start.Add(1500 * time.Microsecond)
	e := run(t, w, definition, `{"who": "<me>"}`)
	if e.ARN() != testARN || e.Name() != "first" || string(e.Input()) != `{"who":"<me>"}` {
		t.Errorf("%s %s %s", e.ARN(), e.Name(), e.Input())
	}
	if err := e.Redrive(w.context()); err != nil {
		t.Fatal(err)
	}
	for i, redriven := range []string{"", "", `,"RedriveCount":1,"RedriveTime":"2026-03-01T12:00:05.001Z"`} {
		payload := `{"execution":{"Id":"` + testARN + `","Input":{"who":"<me>"},"Name":"first",` +
			`"RoleArn":"arn:aws:iam::123456789012:role/rotation","StartTime":"2026-03-01T12:00:00.001Z"` + redriven + `},` +
			`"entered":"2026-03-01T12:00:00.001Z"}`
		if w.payloads[i] != payload {
			t.Errorf("payload %d\n%s\nwant\n%s", i, w.payloads[i], payload)
		}
	}
}
