package awstest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
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
	address := freeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	var output bytes.Buffer
	server := exec.Command(command[0], append(command[1:], "-H", host, "-p", port)...)
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
	endpoint := "http://" + address
	waitFor(t, endpoint+"/moto-api/", over, &output)
	return endpoint
}

// motoCommand finds the server.
func motoCommand(t *testing.T) []string {
	t.Helper()
	if path, err := exec.LookPath("moto_server"); err == nil {
		return []string{path}
	}
	if python, err := exec.LookPath("python3"); err == nil && exec.Command(python, "-c", "import moto.server, flask").Run() == nil {
		return []string{python, "-m", "moto.server"}
	}
	const missing = "NOT TESTED AGAINST AWS'S APIs: the moto server is missing; get it with: pip install 'moto[server]'"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s: %s\n\n", t.Name(), missing)
	t.Skip(missing)
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func waitFor(t *testing.T, url string, over <-chan struct{}, output *bytes.Buffer) {
	t.Helper()
	for range 600 {
		select {
		case <-over:
			t.Fatalf("the moto server ended:\n%s", output)
		case <-time.After(100 * time.Millisecond):
		}
		if answer, err := http.Get(url); err == nil {
			_ = answer.Body.Close()
			return
		}
	}
	t.Fatal("the moto server does not answer")
}
