package interpreter

import (
	"encoding/json"
	"reflect"
	"testing"

	"qovery-key-rotation/statemachine"
)

// What Load accepts can be drawn and run: the execution ends, or goes on as long
// as one looks, with documents that are JSON, and the same again with the same
// host.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(machine(task("A", "C", retrying(retrier(`"X"`, 1, 3, 2)), catching(`"Y"`, "F")),
		choice("C", `{"Variable": "$.a.b", "StringEquals": "x", "Next": "F"}`,
			`{"Variable": "$.go", "BooleanEquals": true, "Next": "W"}`),
		wait("W", "$.t", "Done"), state("F", `"Type": "Fail"`, `"ErrorPath": "$.error.Error"`, `"CausePath": "$.t"`))))
	f.Add([]byte(limited(machine(wait("W", "$.t", "A"), task("A", "W")), 9)))
	f.Add([]byte(machine(choice("C", `{"Variable": "$.go", "BooleanEquals": true, "Next": "C"}`))))
	f.Add([]byte(`{"StartAt":"A","States":{"A":{"Type":`))
	f.Add(statemachine.Definition)
	f.Fuzz(func(t *testing.T, definition []byte) {
		m, err := statemachine.Load(definition)
		if err != nil {
			if m != nil || err.Error() == "" {
				t.Errorf("%v, %v", m, err)
			}
			return
		}
		if m.Diagram() == "" || len(m.States()) == 0 {
			t.Error("there is nothing to draw")
		}
		e, ended := watched(t, m)
		checkHistory(t, e.History())
		if ended {
			checkEnd(t, e)
		}
		if again, _ := watched(t, m); !reflect.DeepEqual(e.History(), again.History()) {
			t.Error("run again it goes another way")
		}
	})
}

// enough events show how an execution that does not end goes on. Up to the limit
// of Step Functions it would take seconds.
const enough = 300

// watched runs a machine on a host whose functions answer, fail, and break.
func watched(t *testing.T, m *statemachine.Machine) (e *Execution, ended bool) {
	t.Helper()
	w := newWorld().with("a", says(`{"a":{"b":"x"},"go":true,"t":"2026-03-01T12:00:00Z"}`)).with("x", fails("X"),
		says(`{}`)).with("f", says(`no JSON`))
	e, err := NewExecution(m, w, testARN, "fuzz", []byte(`{"a":{"b":1},"go":true,"t":"2026-03-01T12:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	e.Observe(func(event statemachine.Event) {
		if event.ID == enough {
			panic(enough)
		}
	})
	defer func() {
		if reason := recover(); reason != nil && reason != enough {
			panic(reason)
		}
	}()
	e.Run(w.context())
	return e, true
}

func checkEnd(t *testing.T, e *Execution) {
	t.Helper()
	history := e.History()
	if last := history[len(history)-1]; e.Status() == statemachine.Running || e.Status() == statemachine.Aborted ||
		!last.Type.Ends() {
		t.Errorf("%s after %d events, the last of them %s", e.Status(), len(history), last.Type)
	}
	if (e.Status() == statemachine.Succeeded) != json.Valid(e.Output()) {
		t.Errorf("%s with the output %q", e.Status(), e.Output())
	}
}

func checkHistory(t *testing.T, history []statemachine.Event) {
	t.Helper()
	for i, event := range history {
		if event.ID != i+1 || event.PreviousID > i || i > 0 && event.Time.Before(history[i-1].Time) {
			t.Fatalf("event %d: %+v", i+1, event)
		}
		for _, document := range []json.RawMessage{event.Input, event.Output} {
			if len(document) > 0 && !json.Valid(document) {
				t.Fatalf("event %d carries %.100q", i+1, document)
			}
		}
	}
}
