package awstest

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

// The test is its own function: it does what the event says.
func TestMain(m *testing.M) {
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" {
		lambda.Start(func(event string) (string, error) { return work(api, event) })
	}
	os.Exit(m.Run())
}

func work(api, event string) (string, error) {
	switch {
	case event == "fail":
		return "", messages.InvokeResponse_Error{Type: "Throttled", Message: "Not now"}
	case event == "exit":
		os.Exit(1)
	case strings.HasPrefix(event, "sleep "):
		answer, err := http.Get("http://" + api + "/testclock/sleep?for=" + strings.TrimPrefix(event, "sleep "))
		if err == nil {
			_ = answer.Body.Close()
		}
	}
	println("did " + event)
	return os.Getenv("GREETING") + " " + event, nil
}

var morning = time.Date(2090, 1, 1, 8, 0, 0, 0, time.UTC) // ahead of the real time, by which a context ends

func openHost(t *testing.T) (*LambdaHost, *Clock, HostedFunction) {
	t.Helper()
	programs := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(programs, "worker"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(programs, "worker", "bootstrap")); err != nil {
		t.Fatal(err)
	}
	clock := NewClock(morning)
	h := NewLambdaHost(clock)
	t.Cleanup(h.Close)
	clock.Begin()
	return h, clock,
		HostedFunction{Name: "worker", Program: filepath.Join(programs, "worker", "bootstrap"),
			Environment: map[string]string{"GREETING": "hello"}, Timeout: 5 * time.Minute}
}

func TestInvoke(t *testing.T) {
	for event, c := range map[string]struct {
		body, failure string
		took          time.Duration
	}{
		"work":      {`"hello work"`, "", 0},
		"fail":      {`{"errorMessage":"Not now","errorType":"Throttled"}`, "Throttled", 0},
		"exit":      {"", exited, 0},
		"sleep 1h":  {"", timedOut, 5 * time.Minute},
		"sleep 10s": {`"hello sleep 10s"`, "", 10 * time.Second},
	} {
		t.Run(event, func(t *testing.T) {
			h, clock, f := openHost(t)
			answer, err := h.Invoke(t.Context(), f, []byte(`"`+event+`"`), nil)
			if err != nil || answer.ErrorType != c.failure || c.body != "" && string(answer.Body) != c.body {
				t.Errorf("%s %s %v", answer.ErrorType, answer.Body, err)
			}
			if took := clock.Now().Sub(morning); took != c.took {
				t.Errorf("took %s, want %s", took, c.took)
			}
			again, err := h.Invoke(t.Context(), f, []byte(`"again"`), nil)
			h.Close()
			if err != nil || string(again.Body) != `"hello again"` || !strings.Contains(h.Logs()["worker"], "did again") {
				t.Errorf("then %s %v", again.Body, err)
			}
		})
	}
}

// Whoever waits no more has the clock; the function has it too, and goes on.
func TestAbandonedFunctionsGoOn(t *testing.T) {
	h, clock, f := openHost(t)
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := h.Invoke(ctx, f, []byte(`"sleep 10s"`), func(*Invocation) { cancel(gone) })
	if !errors.Is(err, gone) {
		t.Fatal(err)
	}
	if err := clock.Sleep(t.Context(), morning.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	h.Close()
	if !strings.Contains(h.Logs()["worker"], "did sleep 10s") {
		t.Error("the function did not go on")
	}
}

func TestKilled(t *testing.T) {
	h, _, f := openHost(t)
	answer, err := h.Invoke(t.Context(), f, []byte(`"sleep 1m"`), func(work *Invocation) { work.Kill() })
	if err != nil || answer.ErrorType != exited {
		t.Errorf("%s %v", answer.ErrorType, err)
	}
}
