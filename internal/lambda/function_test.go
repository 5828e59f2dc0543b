package lambda_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

const (
	stepVariable = "TEST_STEP" // names the step that this program serves, where it is started as a function
	planted      = "PlantedSecretNobodyMayQuote"
	event        = `{"document":{"target":"production","rotationId":"r1"},"execution":{"Id":"arn:execution",` +
		`"Name":"run-1","Input":{"target":"production"}}}`
)

func TestMain(m *testing.M) {
	if name, isListener := strings.CutPrefix(os.Getenv(stepVariable), "listener "); isListener {
		lambda.StartListener(func(f *lambda.Setup) lambda.Listener {
			f.Required("TABLE_NAME")
			return testListener{name, f}
		})
	}
	if name := os.Getenv(stepVariable); name != "" {
		lambda.Start(func(f *lambda.Setup) rotation.Step {
			f.Required("TABLE_NAME")
			f.Prefix("STAGED_PREFIX")
			return testStep{name, f}
		})
	}
	os.Exit(m.Run())
}

// testStep does what it is called.
type testStep struct {
	name  string
	setup *lambda.Setup
}

func (s testStep) Run(ctx context.Context, call rotation.Call) (rotation.Document, error) {
	doc := call.Document
	switch s.name {
	case "panic":
		panic(fmt.Errorf("the secret is %s", planted))
	case "nil":
		var none *rotation.Document
		return *none, nil
	case "fail":
		return doc,
			fault.Errorf(fault.OldKeyHeld, "A location holds the key %s", rotation.KeyID("AKIA0123456789ABCDEF"))
	case "foreign":
		return doc, fmt.Errorf("wrapped: %w", fault.Errorf(fault.Throttled, "Slow down"))
	case "hang":
		return doc, s.setup.Clock.Sleep(ctx, time.Hour)
	}
	s.setup.Log.InfoContext(ctx, "effect", "rotation", "its own", "invocation", call.InvocationID)
	ends, _ := ctx.Deadline()
	doc.Identity = call.Deadline.Sub(ends).String()
	doc.RotationID = "r2"
	return doc, nil
}

// testListener does what it is called.
type testListener struct {
	name  string
	setup *lambda.Setup
}

func (l testListener) Handle(ctx context.Context, event []byte) error {
	switch l.name {
	case "panic":
		panic(fmt.Errorf("the secret is %s", planted))
	case "fail":
		return fault.Errorf(fault.Throttled, "Slow down")
	case "refuse":
		err := fault.Errorf(fault.InvalidInput, "No")
		err.Next = &fault.Advice{First: "Ask again"}
		return err
	case "hang":
		return l.setup.Clock.Sleep(ctx, time.Hour)
	}
	l.setup.Log.InfoContext(ctx, "heard", "event", string(event))
	return nil
}

func start(t *testing.T, step string) *awstest.Function {
	return startWith(t, map[string]string{stepVariable: step, "TABLE_NAME": "journal", "STAGED_PREFIX": "/staged/"})
}

func startWith(t *testing.T, env map[string]string) *awstest.Function {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return awstest.StartFunction(t, env, self)
}

func TestSuccess(t *testing.T) {
	f := start(t, "succeed")
	answer := f.Invoke(t, event, time.Minute)
	var doc rotation.Document
	if err := json.Unmarshal(answer.Body, &doc); err != nil || answer.ErrorType != "" || doc.RotationID != "r2" {
		t.Fatalf("%s: %v", answer.Body, err)
	}
	if doc.Identity != "2s" {
		t.Errorf("the step's context ends %s before the function", doc.Identity)
	}
}

// sentence is what a person reads of an answer: the first line.
func sentence(answer awstest.FunctionAnswer) string {
	first, _, _ := strings.Cut(answer.Message, "\n")
	return first
}

func TestErrorsHaveCodeAndSentence(t *testing.T) {
	for step, want := range map[string]awstest.FunctionAnswer{
		"fail": {ErrorType: "OldKeyHeld", Message: "A location holds the key ****CDEF. " +
			fault.OldKeyHeld.Advice().String()},
		"foreign": {ErrorType: "Throttled", Message: "Slow down. " + fault.Throttled.Advice().String()},
	} {
		f := start(t, step)
		answer := f.Invoke(t, event, time.Minute)
		if answer.ErrorType != want.ErrorType || sentence(answer) != want.Message {
			t.Errorf("%s: %+v", step, answer)
		}
	}
}

func TestMalformedEvents(t *testing.T) {
	f := start(t, "succeed")
	for _, malformed := range []string{``, `null`, `[]`, `"text"`, `{`, `{}`, `{"document":[],"execution":{"Id":"arn"}}`,
		`{"document":{}}`,
		`{"document":{"graceEndsAt":"soon"},"execution":{"Id":"arn"}}`} {
		if answer := f.Invoke(t, malformed, time.Minute); answer.ErrorType != string(fault.InvalidInput) {
			t.Errorf("%s: %s", malformed, answer.Body)
		}
	}
	if answer := f.Invoke(t, event, time.Minute); answer.ErrorType != "" {
		t.Errorf("afterwards: %s", answer.Body)
	}
}

// A panic's value may hold anything. The function goes on afterwards.
func TestPanic(t *testing.T) {
	for _, step := range []string{"panic", "nil"} {
		f := start(t, step)
		for range 2 {
			answer := f.Invoke(t, event, time.Minute)
			if answer.ErrorType != string(fault.Unreachable) ||
				!strings.Contains(answer.Message, "testStep.Run (function_test.go:") {
				t.Errorf("%s: %+v", step, answer)
			}
		}
		f.Stop()
		if strings.Contains(f.Logs(), planted) || strings.Contains(f.Logs(), "goroutine") {
			t.Errorf("the panic is logged: %s", f.Logs())
		}
	}
}

func TestDeadline(t *testing.T) {
	f := start(t, "hang")
	const timeout = 3 * time.Second
	began := time.Now()
	answer := f.Invoke(t, event, timeout)
	if took := time.Since(began); took < 500*time.Millisecond || took > timeout-time.Second {
		t.Errorf("answered after %s", took)
	}
	if answer.ErrorType != string(fault.Unreachable) {
		t.Errorf("%+v", answer)
	}
	if answer := f.Invoke(t, event, time.Second); answer.ErrorType != string(fault.Unreachable) {
		t.Errorf("without any time: %+v", answer)
	}
}

func TestWrongEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing":  {map[string]string{}, []string{"TABLE_NAME is missing", "STAGED_PREFIX is missing"}},
		"no table": {map[string]string{"STAGED_PREFIX": "/staged/"}, []string{"TABLE_NAME is missing"}},
		"empty":    {map[string]string{"TABLE_NAME": "", "STAGED_PREFIX": "/staged/"}, []string{"TABLE_NAME is missing"}},
		"wrong prefix": {map[string]string{"TABLE_NAME": "journal", "STAGED_PREFIX": "staged"},
			[]string{"STAGED_PREFIX does not begin"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.env[stepVariable] = "panic"
			f := startWith(t, test.env)
			for range 2 {
				answer := f.Invoke(t, event, time.Minute)
				for _, want := range test.want {
					if answer.ErrorType != string(fault.ConfigurationError) || !strings.Contains(answer.Message, want) {
						t.Errorf("%+v, want %s", answer, want)
					}
				}
			}
		})
	}
}

// Every line is JSON and says what it is about.
func TestLogs(t *testing.T) {
	f := start(t, "succeed")
	f.Invoke(t, event, time.Minute)
	f.Invoke(t, event, time.Minute)
	f.Stop()
	type line struct{ Level, Message, RequestID, Target, Rotation, Execution, Invocation string }
	var lines []line
	for text := range strings.Lines(f.Logs()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("no JSON: %s", text)
		}
		if strings.Count(text, `"rotation"`) != 1 {
			t.Errorf("the rotation is named twice: %s", text)
		}
		lines = append(lines, l)
	}
	if len(lines) != 4 {
		t.Fatalf("logged %s", f.Logs())
	}
	const id = "00000000-0000-4000-8000-000000000001"
	effect, done := lines[0], lines[1]
	if done != (line{"INFO", "step done", id, "production", "r2", "run-1", ""}) {
		t.Errorf("at the end %+v", done)
	}
	if effect.Rotation != "its own" || effect.RequestID != id || !strings.HasPrefix(effect.Invocation, id+"-") {
		t.Errorf("in the step %+v", effect)
	}
	if effect.Invocation == lines[2].Invocation {
		t.Error("two invocations share an id")
	}
}

func TestErrorLogs(t *testing.T) {
	for step, want := range map[string]string{"fail": `"level":"ERROR"`, "foreign": `"level":"WARN"`} {
		f := start(t, step)
		f.Invoke(t, event, time.Minute)
		f.Stop()
		for text := range strings.Lines(f.Logs()) {
			if !json.Valid([]byte(text)) {
				t.Errorf("%s: no JSON: %s", step, text)
			}
		}
		if !strings.Contains(f.Logs(), want) || !strings.Contains(f.Logs(), `"code":"`) {
			t.Errorf("%s: %s", step, f.Logs())
		}
	}
}

// A listener's errors have advice about listeners, unless they bring their own.
func TestListener(t *testing.T) {
	const again = "Lambda tries again by itself; if this continues, fix the cause."
	for listener, want := range map[string]awstest.FunctionAnswer{
		"succeed": {Body: []byte("null")},
		"fail":    {ErrorType: "Throttled", Message: "Slow down. " + again},
		"refuse":  {ErrorType: "InvalidInput", Message: "No. Ask again."},
		"hang":    {ErrorType: "Unreachable", Message: "The step was interrupted: context deadline exceeded. " + again},
	} {
		f := start(t, "listener "+listener)
		answer := f.Invoke(t, `{"any":"event"}`, 3*time.Second)
		if answer.ErrorType != want.ErrorType || sentence(answer) != want.Message || want.Body != nil &&
			string(answer.Body) != string(want.Body) {
			t.Errorf("%s: %s", listener, answer.Body)
		}
		f.Stop()
		end := map[bool]string{true: `"event done"`, false: `"event failed"`}[want.ErrorType == ""]
		if !strings.Contains(f.Logs(), end) || !strings.Contains(f.Logs(), `"requestId"`) {
			t.Errorf("%s: logged %s", listener, f.Logs())
		}
	}
}

func TestListenerPanics(t *testing.T) {
	f := start(t, "listener panic")
	for range 2 {
		answer := f.Invoke(t, `{}`, time.Minute)
		if answer.ErrorType != string(fault.Unreachable) ||
			!strings.Contains(answer.Message, "testListener.Handle (function_test.go:") {
			t.Errorf("%+v", answer)
		}
	}
	f.Stop()
	if strings.Contains(f.Logs(), planted) || strings.Contains(f.Logs(), "goroutine") {
		t.Errorf("the panic is logged: %s", f.Logs())
	}
}

func TestListenersWrongEnvironment(t *testing.T) {
	f := startWith(t, map[string]string{stepVariable: "listener panic"})
	answer := f.Invoke(t, `{}`, time.Minute)
	if answer.ErrorType != string(fault.ConfigurationError) ||
		!strings.Contains(answer.Message, fault.ConfigurationError.Advice().String()) {
		t.Errorf("%+v", answer)
	}
}
