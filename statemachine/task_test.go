package statemachine

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestTaskResult(t *testing.T) {
	bare := func(more ...string) string {
		return machine(state("A", append([]string{`"Type": "Task"`, `"Resource": "arn:aws:states:::lambda:invoke"`,
			`"Parameters": {"FunctionName": "a", "Payload": {"x.$": "$.in"}}`, `"End": true`}, more...)...))
	}
	for _, test := range []struct{ name, definition, payload, output string }{
		{"whole result", bare(), `{"x":1}`, `{"Payload":{"k":2},"ExecutedVersion":"$LATEST","StatusCode":200}`},
		{"payload only", bare(`"OutputPath": "$.Payload"`), `{"x":1}`, `{"k":2}`},
		{"a part of the payload", bare(`"OutputPath": "$.Payload.k"`), `{"x":1}`, `2`},
		{"nothing of the rest", bare(`"ResultPath": "$.r"`, `"OutputPath": "$.in"`), `{"x":1}`, `1`},
		{"no output", bare(`"OutputPath": null`), `{"x":1}`, `{}`},
		{"into the input", bare(`"ResultPath": "$.r"`, `"OutputPath": "$.r.Payload"`), `{"x":1}`, `{"k":2}`},
		{"beside the input", bare(`"ResultPath": null`), `{"x":1}`, `{"in":1,"deep":{"in":7}}`},
		{"InputPath, but the raw input in the output", bare(`"InputPath": "$.deep"`, `"ResultPath": null`), `{"x":7}`, `{"in":1,"deep":{"in":7}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld().with("a", says(`{"k":2}`))
			e := run(t, w, test.definition, `{"in": 1, "deep": {"in": 7}}`)
			wantOutput(t, e, test.output)
			if w.payloads[0] != test.payload {
				t.Errorf("payload %s, want %s", w.payloads[0], test.payload)
			}
		})
	}
}

func TestTemplate(t *testing.T) {
	parameters := `{"FunctionName": "a", "Payload": {"text": "x", "list": [1, {"n.$": "$.a.b"}], "in": {"d.$": "$", "none.$": "$.null"}, "empty": {}}}`
	w := newWorld().with("a", says(`1`))
	run(t, w, machine(parametersOf(parameters)), `{"a": {"b": [true]}, "null": null}`)
	want := `{"text":"x","list":[1,{"n":[true]}],"in":{"d":{"a":{"b":[true]},"null":null},"none":null},"empty":{}}`
	if w.payloads[0] != want {
		t.Errorf("payload %s\nwant    %s", w.payloads[0], want)
	}
	w = newWorld().with("a", says(`1`))
	run(t, w, machine(parametersOf(`{"FunctionName": "a", "Payload.$": "$.a"}`)), `{"a": {"b": 1}}`)
	if w.payloads[0] != `{"b":1}` {
		t.Errorf("payload by path %s", w.payloads[0])
	}
}

func TestPathsThatLeadToNothing(t *testing.T) {
	for _, test := range []struct{ name, definition, cause string }{
		{"parameters", machine(parametersOf(`{"FunctionName": "a", "Payload": {"x.$": "$.no.where"}}`)), "The JSONPath '$.no.where' specified for the field 'x.$' could not be found"},
		{"context", machine(parametersOf(`{"FunctionName": "a", "Payload": {"x.$": "$$.Execution.RedriveCount"}}`)), "'$$.Execution.RedriveCount'"},
		{"InputPath", machine(task("A", "", `"InputPath": "$.no"`)), "Invalid path '$.no'"},
		{"OutputPath", machine(strings.Replace(task("A", ""), "$.Payload", "$.Payload.no", 1)), "Invalid path '$.Payload.no'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			definition := strings.Replace(test.definition, `"End": true`, `"End": true, `+retrying(`{"ErrorEquals": ["States.ALL"]}`)+`,`+
				`"Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "A"}, {"ErrorEquals": ["States.ALL"], "Next": "A"}]`, 1)
			e := run(t, newWorld().with("a", says(`{}`)), definition, `{}`)
			wantFailure(t, e, "States.Runtime", test.cause)
			if !strings.HasPrefix(e.Cause(), "An error occurred while executing the state 'A' (entered at the event id #2). ") {
				t.Errorf("cause %s", e.Cause())
			}
			wantPath(t, e, "A")
		})
	}
}

func TestRetryDelay(t *testing.T) {
	for _, test := range []struct {
		name    string
		retrier Retrier
		retry   int
		random  float64
		want    time.Duration
	}{
		{"first", Retrier{IntervalSeconds: 3, BackoffRate: 2}, 0, 0, 3 * time.Second},
		{"third", Retrier{IntervalSeconds: 3, BackoffRate: 2}, 2, 0, 12 * time.Second},
		{"fractional rate", Retrier{IntervalSeconds: 2, BackoffRate: 1.5}, 1, 0, 3 * time.Second},
		{"constant", Retrier{IntervalSeconds: 30, BackoffRate: 1}, 50, 0, 30 * time.Second},
		{"capped", Retrier{IntervalSeconds: 3, BackoffRate: 2, MaxDelaySeconds: 10}, 2, 0, 10 * time.Second},
		{"capped from the start", Retrier{IntervalSeconds: 30, BackoffRate: 2, MaxDelaySeconds: 10}, 0, 0, 10 * time.Second},
		{"jitter of nothing", Retrier{IntervalSeconds: 8, BackoffRate: 2, FullJitter: true}, 0, 0, 0},
		{"jitter of a quarter", Retrier{IntervalSeconds: 8, BackoffRate: 2, FullJitter: true}, 1, 0.25, 4 * time.Second},
		{"jitter after the cap", Retrier{IntervalSeconds: 8, BackoffRate: 2, MaxDelaySeconds: 10, FullJitter: true}, 5, 0.5, 5 * time.Second},
		{"endless", Retrier{IntervalSeconds: 8, BackoffRate: math.MaxFloat64}, 1000, 0, maxSeconds * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.retrier.Delay(test.retry, test.random); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestErrorMatching(t *testing.T) {
	for _, test := range []struct {
		names string
		err   string
		want  bool
	}{
		{"Boom", "Boom", true},
		{"Boom", "boom", false},
		{"Boom", "Boomer", false},
		{"A Boom", "Boom", true},
		{"States.ALL", "Boom", true},
		{"States.ALL", "States.Timeout", true},
		{"States.ALL", "States.ResultPathMatchFailure", true},
		{"States.ALL", "States.Runtime", false},
		{"States.ALL", "States.DataLimitExceeded", false},
		{"States.TaskFailed", "Boom", true},
		{"States.TaskFailed", "Lambda.Unknown", true},
		{"States.TaskFailed", "States.Timeout", false},
		{"States.TaskFailed", "States.Runtime", false},
		{"States.TaskFailed", "States.DataLimitExceeded", false},
		{"States.Timeout", "States.Timeout", true},
		{"States.DataLimitExceeded", "States.DataLimitExceeded", true},
		{"States.Runtime", "States.Runtime", false},
	} {
		if got := (Retrier{ErrorEquals: strings.Fields(test.names)}).Matches(test.err); got != test.want {
			t.Errorf("%s matches %s: %v", test.names, test.err, got)
		}
	}
}

func TestRetry(t *testing.T) {
	both := retrying(`{"ErrorEquals": ["A", "B"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 2}`, `{"ErrorEquals": ["C"], "IntervalSeconds": 5}`)
	t.Run("every retrier counts for itself", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("B"), fails("C"), fails("B"), says(`{}`))
		e := run(t, w, machine(task("Work", "Done", both, catching(`"States.ALL"`, "Bad")), done, `"Bad": {"Type": "Fail", "ErrorPath": "$.error.Error"}`), `{}`)
		wantFailure(t, e, "B", "") // its retrier is exhausted: no other is asked, the catcher is
		wantElapsed(t, w, (1+2+5)*time.Second)
		wantPath(t, e, "Work", "Bad")
		if e.Transitions() != 2+3 {
			t.Errorf("%d transitions", e.Transitions())
		}
	})
	t.Run("until it works", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("C"), fails("C"), says(`{"ok":true}`))
		e := run(t, w, machine(task("Work", "", both)), `{}`)
		wantOutput(t, e, `{"ok":true}`)
		wantElapsed(t, w, (1+5+10)*time.Second)
	})
	t.Run("leaving the state resets the counters", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), fails("A"), says(`{"more":true}`), fails("A"), fails("A"), says(`{"more":false}`))
		e := run(t, w, machine(task("Work", "More", both),
			state("More", `"Type": "Choice"`, `"Choices": [{"Variable": "$.more", "BooleanEquals": true, "Next": "Work"}]`, `"Default": "Done"`), done), `{}`)
		wantStatus(t, e, Succeeded)
		wantElapsed(t, w, 6*time.Second)
		wantPath(t, e, "Work", "More", "Work", "More", "Done")
	})
	t.Run("never", func(t *testing.T) {
		w := newWorld().with("work", fails("A"))
		e := run(t, w, machine(task("Work", "", retrying(`{"ErrorEquals": ["A"], "MaxAttempts": 0}`, `{"ErrorEquals": ["States.ALL"]}`))), `{}`)
		wantFailure(t, e, "A", `{"errorMessage":"it broke","errorType":"A"}`)
		wantElapsed(t, w, 0)
	})
	t.Run("three times by default", func(t *testing.T) {
		w := newWorld().with("work", fails("A"))
		wantFailure(t, run(t, w, machine(task("Work", "", retrying(`{"ErrorEquals": ["A"]}`))), `{}`), "A", "")
		wantElapsed(t, w, (1+2+4)*time.Second)
	})
	t.Run("with jitter", func(t *testing.T) {
		w := newWorld().with("work", fails("A"), says(`1`))
		w.random = 0.5
		run(t, w, machine(task("Work", "", retrying(`{"ErrorEquals": ["A"], "IntervalSeconds": 60, "JitterStrategy": "FULL"}`))), `{}`)
		wantElapsed(t, w, 30*time.Second)
	})
	t.Run("an answer that isn't there", func(t *testing.T) {
		wantOutput(t, run(t, newWorld().with("work", answer{}), machine(task("Work", "")), `{}`), `null`)
	})
	t.Run("a function that isn't there", func(t *testing.T) {
		wantFailure(t, run(t, newWorld(), machine(task("Work", "")), `{}`), "Lambda.Unknown", "no function work")
	})
}

func TestCatch(t *testing.T) {
	catchers := func(list string) string {
		return machine(task("Work", "Done", `"InputPath": "$.a"`, `"Catch": [`+list+`]`), done)
	}
	w := func() *world { return newWorld().with("work", answer{err: FunctionError("Boom", `said "no"`)}) }
	const caught = `{"Error":"Boom","Cause":"{\"errorMessage\":\"said \\\"no\\\"\",\"errorType\":\"Boom\"}"}`
	for _, test := range []struct{ name, catch, want string }{
		{"beside the raw input", `{"ErrorEquals": ["Boom"], "ResultPath": "$.error", "Next": "Done"}`, `{"a":{"b":1},"error":` + caught + `}`},
		{"deep in the input", `{"ErrorEquals": ["Boom"], "ResultPath": "$.a.c.d", "Next": "Done"}`, `{"a":{"b":1,"c":{"d":` + caught + `}}}`},
		{"in place of something", `{"ErrorEquals": ["Boom"], "ResultPath": "$.a", "Next": "Done"}`, `{"a":` + caught + `}`},
		{"in place of the input", `{"ErrorEquals": ["Boom"], "Next": "Done"}`, caught},
		{"thrown away", `{"ErrorEquals": ["Boom"], "ResultPath": null, "Next": "Done"}`, `{"a":{"b":1}}`},
		{"the first that matches", `{"ErrorEquals": ["Bang"], "Next": "Work"}, {"ErrorEquals": ["States.TaskFailed"], "ResultPath": null, "Next": "Done"}, {"ErrorEquals": ["States.ALL"], "Next": "Work"}`, `{"a":{"b":1}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantOutput(t, run(t, w(), catchers(test.catch), `{"a":{"b":1}}`), test.want)
		})
	}
	t.Run("nowhere to put it", func(t *testing.T) {
		e := run(t, w(), catchers(`{"ErrorEquals": ["Boom"], "ResultPath": "$.a.b.c", "Next": "Done"}`), `{"a":{"b":1}}`)
		wantFailure(t, e, "States.ResultPathMatchFailure", "'$.a.b.c'")
	})
	t.Run("no catcher for it", func(t *testing.T) {
		e := run(t, w(), catchers(`{"ErrorEquals": ["Bang"], "Next": "Done"}`), `{"a":{"b":1}}`)
		wantFailure(t, e, "Boom", "")
		wantPath(t, e, "Work")
	})
	t.Run("a result that can't be placed is caught", func(t *testing.T) {
		e := run(t, newWorld().with("work", says(`1`)), machine(task("Work", "Done", `"ResultPath": "$.a.b"`, catching(`"States.ALL"`, "Done")), done), `{"a":1}`)
		wantStatus(t, e, Succeeded)
	})
}

func TestTaskTimeout(t *testing.T) {
	slow := answer{takes: time.Hour, json: `{}`}
	t.Run("fails", func(t *testing.T) {
		w := newWorld().with("work", slow)
		e := run(t, w, machine(task("Work", "", `"TimeoutSeconds": 10`)), `{}`)
		wantFailure(t, e, "States.Timeout", "")
		wantElapsed(t, w, 10*time.Second)
	})
	t.Run("is retried anew", func(t *testing.T) {
		w := newWorld().with("work", slow, says(`1`).after(9*time.Second))
		e := run(t, w, machine(task("Work", "", `"TimeoutSeconds": 10`, retrying(`{"ErrorEquals": ["States.Timeout"]}`))), `{}`)
		wantOutput(t, e, `1`)
		wantElapsed(t, w, 20*time.Second)
	})
	t.Run("is caught", func(t *testing.T) {
		e := run(t, newWorld().with("work", slow), machine(task("Work", "Done", `"TimeoutSeconds": 10`, catching(`"States.Timeout"`, "Done")), done), `{}`)
		wantOutput(t, e, `{"error":{"Error":"States.Timeout","Cause":""}}`)
	})
	t.Run("isn't a failed task", func(t *testing.T) {
		e := run(t, newWorld().with("work", slow), machine(task("Work", "Done", `"TimeoutSeconds": 10`, catching(`"States.TaskFailed"`, "Done")), done), `{}`)
		wantFailure(t, e, "States.Timeout", "")
	})
}
