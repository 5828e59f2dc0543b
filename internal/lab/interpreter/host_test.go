package interpreter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/statemachine"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const testARN = "arn:aws:states:eu-west-1:123456789012:execution:rotation:first"

// answer is what a function of the test world does: it takes some time, and answers or fails.
type answer struct {
	takes time.Duration
	json  string
	err   error
}

func says(json string) answer                     { return answer{json: json} }
func fails(name string) answer                    { return answer{err: FunctionError(name, "it broke")} }
func (a answer) after(takes time.Duration) answer { a.takes = takes; return a }

// world is a host with a virtual clock. A function gives its answers one after the other, the last one for ever.
type world struct {
	now       time.Time
	answers   map[string][]answer
	payloads  []string
	functions []string
	random    float64
	stopAt    time.Time
	stop      context.CancelCauseFunc
	stopCause error
}

func newWorld() *world { return &world{now: start, answers: map[string][]answer{}} }

// with makes a function of that name give those answers.
func (w *world) with(function string, answers ...answer) *world {
	w.answers[function] = answers
	return w
}

// stopping stops the execution at a time after the start.
func (w *world) stopping(after time.Duration, cause error) *world {
	w.stopAt, w.stopCause = start.Add(after), cause
	return w
}

func (w *world) Now() time.Time  { return w.now }
func (w *world) Jitter() float64 { return w.random }

func (w *world) WaitUntil(ctx context.Context, t time.Time) error {
	if !w.stopAt.IsZero() && !w.stopAt.After(t) {
		w.now, w.stopAt = w.stopAt, time.Time{}
		w.stop(w.stopCause)
		return ctx.Err()
	}
	w.now = t
	return nil
}

func (w *world) Invoke(ctx context.Context, function string, payload json.RawMessage,
	timeout time.Duration) (json.RawMessage, error) {
	w.functions = append(w.functions, function)
	w.payloads = append(w.payloads, string(payload))
	queue := w.answers[function]
	if len(queue) == 0 {
		return nil, fmt.Errorf("no function %s", function)
	}
	a := queue[0]
	if len(queue) > 1 {
		w.answers[function] = queue[1:]
	}
	if err := w.WaitUntil(ctx, w.now.Add(min(a.takes, timeout))); err != nil {
		return nil, err
	}
	if a.takes > timeout {
		return nil, ErrTimeout
	}
	return json.RawMessage(a.json), a.err
}

func (w *world) context() context.Context {
	ctx, stop := context.WithCancelCause(context.Background())
	w.stop = stop
	return ctx
}

func load(t testing.TB, definition string) *statemachine.Machine {
	t.Helper()
	m, err := statemachine.Load([]byte(definition))
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return m
}

// run runs a definition to its end.
func run(t testing.TB, w *world, definition, input string) *Execution {
	t.Helper()
	e, err := NewExecution(load(t, definition), w, testARN, "first", json.RawMessage(input))
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	e.Run(w.context())
	return e
}

// Definitions are built from small parts, so that a test shows only what it is about.

// machine is a definition that starts with the first of those states, and has the state Done, too, if one leads there.
func machine(states ...string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(states[0], `"`), `"`)
	if all := strings.Join(states, ","); strings.Contains(all, `"Next": "Done"`) {
		states = append(states, done)
	}
	return fmt.Sprintf(`{"StartAt": %q, "TimeoutSeconds": 99999999, "States": {%s}}`, first, strings.Join(states, ","))
}

// limited is a definition with another TimeoutSeconds.
func limited(definition string, seconds int) string {
	return strings.Replace(definition, `"TimeoutSeconds": 99999999`, fmt.Sprintf(`"TimeoutSeconds": %d`, seconds), 1)
}

// task is a Task that calls the function of its own name. It takes at most a day.
func task(name, next string, more ...string) string {
	return taskOf(name, next, 86400, more...)
}

func taskOf(name, next string, timeout int, more ...string) string {
	body := []string{
		`"Type": "Task"`,
		`"Resource": "arn:aws:states:::lambda:invoke"`,
		fmt.Sprintf(`"Parameters": {"FunctionName": %q, "Payload": {"document.$": "$"}}`, strings.ToLower(name)),
		`"OutputPath": "$.Payload"`,
		fmt.Sprintf(`"TimeoutSeconds": %d`, timeout),
		fmt.Sprintf(`"Next": %q`, next),
	}
	return state(name, append(body, more...)...)
}

func state(name string, body ...string) string {
	return fmt.Sprintf("%q: {%s}", name, strings.Join(body, ","))
}

func choice(name string, rules ...string) string {
	return state(name, `"Type": "Choice"`, `"Choices": [`+strings.Join(rules, ",")+`]`)
}

func wait(name, path, next string) string {
	return state(name, `"Type": "Wait"`, fmt.Sprintf(`"TimestampPath": %q`, path), fmt.Sprintf(`"Next": %q`, next))
}

func retrying(retriers ...string) string { return `"Retry": [` + strings.Join(retriers, ",") + `]` }

// retrier retries errors (quoted, with commas) so often, first after so many seconds.
func retrier(errors string, seconds, attempts int, rate float64, more ...string) string {
	body := append([]string{fmt.Sprintf(`"ErrorEquals": [%s], "IntervalSeconds": %d, "MaxAttempts": %d, "BackoffRate": %g`,
		errors, seconds, attempts, rate)}, more...)
	return "{" + strings.Join(body, ",") + "}"
}

func catching(errors, next string) string {
	return fmt.Sprintf(`"Catch": [{"ErrorEquals": [%s], "ResultPath": "$.error", "Next": %q}]`, errors, next)
}

// Ends: Done succeeds, Bad fails with what was caught.
const (
	done = `"Done": {"Type": "Succeed"}`
	bad  = `"Bad": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}`
)

func wantStatus(t testing.TB, e *Execution, want statemachine.Status) {
	t.Helper()
	if e.Status() != want {
		t.Fatalf("status %s, want %s (%s: %s)", e.Status(), want, e.ErrorName(), e.Cause())
	}
}

func wantFailure(t testing.TB, e *Execution, name, causePart string) {
	t.Helper()
	wantStatus(t, e, statemachine.Failed)
	if e.ErrorName() != name || !strings.Contains(e.Cause(), causePart) {
		t.Fatalf("failed with %s: %s\nwant %s: ...%s...", e.ErrorName(), e.Cause(), name, causePart)
	}
}

func wantOutput(t testing.TB, e *Execution, want string) {
	t.Helper()
	wantStatus(t, e, statemachine.Succeeded)
	if string(e.Output()) != want {
		t.Fatalf("output %s, want %s", e.Output(), want)
	}
}

func wantPath(t testing.TB, e *Execution, want ...string) {
	t.Helper()
	if !slices.Equal(e.Path(), want) {
		t.Fatalf("path %v, want %v", e.Path(), want)
	}
}

func wantElapsed(t testing.TB, w *world, want time.Duration) {
	t.Helper()
	if got := w.now.Sub(start); got != want {
		t.Fatalf("it took %s, want %s", got, want)
	}
}

// told is the history in short lines: "id<-previous type state error input -> output".
func told(e *Execution) []string {
	var lines []string
	for _, v := range e.History() {
		line := fmt.Sprintf("%d<-%d +%s %s", v.ID, v.PreviousID, v.Time.Sub(start), v.Type)
		for _, word := range []string{v.State, v.Error, string(v.Input)} {
			if word != "" {
				line += " " + word
			}
		}
		if v.Output != nil {
			line += " -> " + string(v.Output)
		}
		lines = append(lines, line)
	}
	return lines
}

func wantTold(t testing.TB, e *Execution, want ...string) {
	t.Helper()
	if got := told(e); !slices.Equal(got, want) {
		t.Fatalf("history:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
