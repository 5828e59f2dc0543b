package interpreter

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/statemachine"
)

func TestHistory(t *testing.T) {
	const asked = `{"n":"1","t":"2026-03-01T12:01:06Z"}`
	w := newWorld().with("work", fails("X").after(time.Second), says(asked).after(time.Second), answer{takes: time.Hour})
	var observed []statemachine.Event
	e, err := NewExecution(load(t, machine(
		taskOf("Work", "Ask", 10, retrying(retrier(`"X"`, 4, 3, 2)), catching(`"States.Timeout"`, "Bad")),
		choice("Ask", `{"Variable": "$.n", "StringEquals": "1", "Next": "Rest"}`), wait("Rest", "$.t", "Work"), bad)), w,
		testARN, "first", json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	e.Observe(func(v statemachine.Event) { observed = append(observed, v) })
	e.Run(w.context())
	e.Run(w.context()) // does nothing: the name is used up
	const caught = `{"n":"1","t":"2026-03-01T12:01:06Z","error":{"Error":"States.Timeout","Cause":""}}`
	wantTold(t, e,
		`1<-0 +0s ExecutionStarted {}`,
		`2<-0 +0s TaskStateEntered Work {}`,
		`3<-2 +0s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{}}}`,
		`4<-3 +0s TaskStarted Work`,
		`5<-4 +1s TaskFailed Work X`,
		`6<-5 +5s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{}}}`,
		`7<-6 +5s TaskStarted Work`,
		`8<-7 +6s TaskSucceeded Work -> {"Payload":`+asked+`,"ExecutedVersion":"$LATEST","StatusCode":200}`,
		`9<-8 +6s TaskStateExited Work -> `+asked,
		`10<-9 +6s ChoiceStateEntered Ask `+asked,
		`11<-10 +6s ChoiceStateExited Ask -> `+asked,
		`12<-11 +6s WaitStateEntered Rest `+asked,
		`13<-12 +1m6s WaitStateExited Rest -> `+asked,
		`14<-13 +1m6s TaskStateEntered Work `+asked,
		`15<-14 +1m6s TaskScheduled Work {"FunctionName":"work","Payload":{"document":`+asked+`}}`,
		`16<-15 +1m6s TaskStarted Work`,
		`17<-16 +1m16s TaskTimedOut Work States.Timeout`,
		`18<-17 +1m16s TaskStateExited Work -> `+caught,
		`19<-18 +1m16s FailStateEntered Bad `+caught,
		`20<-19 +1m16s ExecutionFailed States.Timeout`,
	)
	wantPath(t, e, "Work", "Ask", "Rest", "Work", "Bad")
	if e.Transitions() != 5+1 {
		t.Errorf("%d transitions", e.Transitions())
	}
	if !slices.EqualFunc(observed, e.History(),
		func(a, b statemachine.Event) bool { return a.ID == b.ID && a.Type == b.Type }) {
		t.Errorf("observed %d events", len(observed))
	}
	if want := w.functions; !slices.Equal(want, []string{"work", "work", "work"}) {
		t.Errorf("functions %v", want)
	}
	line, _ := json.Marshal(e.History()[4])
	if want := `{"id":5,"previousEventId":4,"timestamp":"2026-03-01T12:00:01Z","type":"TaskFailed","state":"Work",` +
		`"error":"X","cause":"{\"errorMessage\":\"it broke\",\"errorType\":\"X\"}"}`; string(line) != want {
		t.Errorf("event as JSON %s", line)
	}
}

func TestHistoryOfASuccess(t *testing.T) {
	e := run(t, newWorld(), machine(choice("Ask", `{"Variable": "$.a", "StringEquals": "1", "Next": "Done"}`)),
		`{"a":"1"}`)
	wantTold(t, e,
		`1<-0 +0s ExecutionStarted {"a":"1"}`,
		`2<-0 +0s ChoiceStateEntered Ask {"a":"1"}`,
		`3<-2 +0s ChoiceStateExited Ask -> {"a":"1"}`,
		`4<-3 +0s SucceedStateEntered Done {"a":"1"}`,
		`5<-4 +0s SucceedStateExited Done -> {"a":"1"}`,
		`6<-5 +0s ExecutionSucceeded -> {"a":"1"}`,
	)
}

func TestRedrive(t *testing.T) {
	t.Run("a Task", func(t *testing.T) {
		w := newWorld().with("work", fails("X"), fails("X"), fails("X"), says(`{"ok":1}`))
		e := run(t, w, machine(task("Work", "Done", retrying(retrier(`"X"`, 1, 1, 2)))), `{"a":1}`)
		wantFailure(t, e, "X", "")
		if err := e.Redrive(w.context()); err != nil {
			t.Fatal(err)
		}
		wantOutput(t, e, `{"ok":1}`)
		wantPath(t, e, "Work", "Done")
		wantElapsed(t, w, 2*time.Second)
		if e.RedriveCount() != 1 || e.Transitions() != 2+2+1 || e.ErrorName() != "" {
			t.Errorf("%d redrives, %d transitions, %s", e.RedriveCount(), e.Transitions(), e.ErrorName())
		}
		wantTold(t, e,
			`1<-0 +0s ExecutionStarted {"a":1}`,
			`2<-0 +0s TaskStateEntered Work {"a":1}`,
			`3<-2 +0s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{"a":1}}}`,
			`4<-3 +0s TaskStarted Work`,
			`5<-4 +0s TaskFailed Work X`,
			`6<-5 +1s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{"a":1}}}`,
			`7<-6 +1s TaskStarted Work`,
			`8<-7 +1s TaskFailed Work X`,
			`9<-8 +1s ExecutionFailed X`,
			`10<-9 +1s ExecutionRedriven`,
			`11<-2 +1s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{"a":1}}}`,
			`12<-11 +1s TaskStarted Work`,
			`13<-12 +1s TaskFailed Work X`,
			`14<-13 +2s TaskScheduled Work {"FunctionName":"work","Payload":{"document":{"a":1}}}`,
			`15<-14 +2s TaskStarted Work`,
			`16<-15 +2s TaskSucceeded Work -> {"Payload":{"ok":1},"ExecutedVersion":"$LATEST","StatusCode":200}`,
			`17<-16 +2s TaskStateExited Work -> {"ok":1}`,
			`18<-17 +2s SucceedStateEntered Done {"ok":1}`,
			`19<-18 +2s SucceedStateExited Done -> {"ok":1}`,
			`20<-19 +2s ExecutionSucceeded -> {"ok":1}`,
		)
	})
	t.Run("a Wait for a timestamp", func(t *testing.T) {
		w := newWorld().stopping(time.Hour, nil)
		e := run(t, w, waiting, `{"t":"2026-03-01T15:00:00Z"}`)
		wantStatus(t, e, statemachine.Aborted)
		w.now = start.Add(2 * time.Hour)
		if err := e.Redrive(w.context()); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, e, statemachine.Succeeded)
		wantElapsed(t, w, 3*time.Hour)
		wantPath(t, e, "W", "Done")
	})
	t.Run("a Fail state only fails again", func(t *testing.T) {
		w := newWorld().with("work", fails("X"), says(`{}`))
		e := run(t, w, machine(task("Work", "Done", catching(`"X"`, "Bad")), bad), `{}`)
		if err := e.Redrive(w.context()); err != nil {
			t.Fatal(err)
		}
		wantFailure(t, e, "X", "")
		wantPath(t, e, "Work", "Bad", "Bad")
		if len(w.functions) != 1 || e.Transitions() != 3 {
			t.Errorf("functions %v, %d transitions", w.functions, e.Transitions())
		}
	})
	t.Run("the timeout starts anew", func(t *testing.T) {
		w := newWorld()
		e := run(t, w, limited(waiting, 60), `{"t":"2026-03-01T12:01:30Z"}`)
		wantStatus(t, e, statemachine.TimedOut)
		w.now = start.Add(80 * time.Second)
		if err := e.Redrive(w.context()); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, e, statemachine.Succeeded)
		wantElapsed(t, w, 90*time.Second)
	})
}

func TestRedriveRefused(t *testing.T) {
	failing := machine(task("Work", "Done"))
	refused := func(t *testing.T, w *world, e *Execution, want string) {
		t.Helper()
		events := len(e.History())
		if err := e.Redrive(w.context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want ...%s...", err, want)
		}
		if len(e.History()) != events {
			t.Error("the history goes on")
		}
	}
	t.Run("SUCCEEDED", func(t *testing.T) {
		w := newWorld().with("work", says(`1`))
		refused(t, w, run(t, w, failing, `{}`), "is SUCCEEDED")
	})
	t.Run("RUNNING", func(t *testing.T) {
		w := newWorld()
		e, _ := NewExecution(load(t, failing), w, testARN, "first", json.RawMessage(`{}`))
		refused(t, w, e, "is RUNNING")
	})
	t.Run("after 14 days", func(t *testing.T) {
		w := newWorld().with("work", fails("X"))
		e := run(t, w, failing, `{}`)
		w.now = start.Add(14 * 24 * time.Hour)
		if err := e.Redrive(w.context()); err != nil {
			t.Errorf("on the last day: %v", err)
		}
		w.now = w.now.Add(14*24*time.Hour + time.Second)
		refused(t, w, e, "more than 14 days ago")
	})
	t.Run("a thousand times", func(t *testing.T) {
		w := newWorld().with("work", fails("X"))
		e := run(t, w, failing, `{}`)
		for range maxRedrives {
			if err := e.Redrive(w.context()); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, w, e, "1000 times")
	})
}
