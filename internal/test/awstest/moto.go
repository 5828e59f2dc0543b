package awstest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Moto starts a moto server that lasts as long as the test, and returns its
// endpoint. Where there is none the test is skipped, loudly; in continuous
// integration that is a failure.
func Moto(t *testing.T) string {
	t.Helper()
	command := motoCommand(t)
	var output MotoOutput
	server := exec.Command(command[0], append(command[1:], "-H", "127.0.0.1", "-p", "0")...)
	server.Env = append(os.Environ(), "TZ=UTC") // moto writes local times and calls them UTC
	server.Stdout, server.Stderr = &output, &output
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a launcher may have started another process
	server.WaitDelay = 5 * time.Second
	if err := server.Start(); err != nil {
		t.Fatalf("starting the moto server: %v", err)
	}
	over := make(chan struct{})
	go func() { defer close(over); _ = server.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		<-over
	})
	endpoint, err := output.Endpoint(over)
	if err != nil {
		t.Fatal(err)
	}
	return oneAtATime(t, endpoint)
}

// oneAtATime puts requests to moto one after another. AWS decides about a
// condition and writes in one step; moto, with a thread for each request, looks
// first and writes later, so that of two writers at the same moment both win.
func oneAtATime(t *testing.T, moto string) string {
	t.Helper()
	target, err := url.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	var turn sync.Mutex
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out = r.Out.WithContext(context.WithoutCancel(r.Out.Context())) // moto does not stop either
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn.Lock()
		defer turn.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// motoCommand finds the server.
func motoCommand(t *testing.T) []string {
	t.Helper()
	if path, err := exec.LookPath("moto_server"); err == nil {
		return []string{path}
	}
	if python, err := exec.LookPath("python3"); err == nil &&
		exec.Command(python, "-c", "import moto.server, flask").Run() == nil {
		return []string{python, "-m", "moto.server"}
	}
	const missing = "NOT TESTED AGAINST AWS'S APIs: the moto server is missing; get it with: pip install " +
		"'moto[server]==5.2.1'"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s: %s\n\n", t.Name(), missing)
	t.Skip(missing)
	return nil
}
