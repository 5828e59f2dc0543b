package awstest

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// Function is a running process of a function, in real time.
type Function struct {
	host     *LambdaHost
	deployed HostedFunction
	sandbox  *sandbox
}

// StartFunction starts a program with an environment, and nothing else in it. It ends
// with the test.
func StartFunction(t testing.TB, env map[string]string, program string) *Function {
	t.Helper()
	clock := NewClock(time.Now())
	clock.Begin() // it stands still, and is set for each invocation
	f := &Function{host: NewLambdaHost(clock),
		deployed: HostedFunction{Name: filepath.Base(program), Program: program, Environment: env}}
	t.Cleanup(f.Stop)
	var err error
	if f.sandbox, err = f.host.sandbox(f.deployed); err != nil {
		t.Fatal(err)
	}
	f.sandbox.free()
	return f
}

// Asked waits until the process has started: it asks for an invocation.
func (f *Function) Asked(t testing.TB) {
	t.Helper()
	select {
	case <-f.sandbox.asked:
	case <-f.sandbox.gone:
		t.Fatalf("the function ended at start:\n%s", f.Logs())
	case <-time.After(time.Minute):
		t.Fatalf("the function does not ask for an invocation:\n%s", f.Logs())
	}
}

// Invoke hands the function an event, to be answered within the timeout.
func (f *Function) Invoke(t testing.TB, event string, timeout time.Duration) FunctionAnswer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout+10*time.Second)
	defer cancel()
	f.host.clock.Set(time.Now())
	f.deployed.Timeout = timeout
	answer, err := f.host.Invoke(ctx, f.deployed, []byte(event), nil)
	if err != nil || answer.ErrorType == exited {
		t.Fatalf("the function ended, or did not answer: %v\n%s", err, f.Logs())
	}
	return answer
}

// Logs is what the process has written so far; after Stop, all of it.
func (f *Function) Logs() string { return f.host.Logs()[f.deployed.Name] }

// Stop ends the process.
func (f *Function) Stop() { f.host.Close() }
