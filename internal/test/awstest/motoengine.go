// StartEngine starts the moto server as an engine for state machines whose
// clock is the host's (engine.py says what that takes).

package awstest

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed engine.py
var engineProgram string

// ErrNoMoto says how to get what is missing.
var ErrNoMoto = errors.New("the moto server is missing, which the integration tests run against; get it with: pip " +
	"install 'moto[server]==5.2.1'")

// Engine is a running moto server.
type Engine struct {
	URL string

	process *exec.Cmd
	host    io.Closer
	over    chan struct{}
	output  log
}

// StartEngine starts a server that takes Lambda and the clock from the given port.
func StartEngine(hostPort string) (*Engine, error) {
	python, err := python()
	if err != nil {
		return nil, err
	}
	return startMoto("MOTO_PORT="+hostPort, python, "-c", engineProgram)
}

// startMoto starts a server with a variable more, the interpreter and its arguments.
func startMoto(variable, python string, args ...string) (_ *Engine, err error) {
	s := &Engine{over: make(chan struct{})}
	s.process = exec.Command(python, args...)
	s.process.Env = append(os.Environ(), variable, "TZ=UTC", // moto writes local times and calls them UTC
		"AWS_DEFAULT_REGION=eu-west-3", "NO_PROXY=localhost,127.0.0.1", "PYTHONDONTWRITEBYTECODE=1")
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.process.WaitDelay = time.Second
	// The server ends with this process: at the latest when the pipe does.
	if s.host, err = s.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the moto server: %w", err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("starting the moto server: %w", err)
	}
	go func() { defer close(s.over); _ = s.process.Wait() }()
	if s.URL, err = s.endpoint(); err != nil {
		s.Close()
		return nil, fmt.Errorf("starting the moto server: %w", err)
	}
	return s, nil
}

// Where the server says that it listens.
var runningOn = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)\s`)

// endpoint waits up to a minute until the server says where it listens. It is started on
// port 0: a port that was free a moment ago may be another server's by the time moto takes it.
func (s *Engine) endpoint() (string, error) {
	for range 600 {
		if found := runningOn.FindStringSubmatch(s.output.String()); found != nil {
			return found[1], nil
		}
		select {
		case <-s.over:
			return "", fmt.Errorf("the moto server ended:\n%s", &s.output)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("the moto server does not say where it listens:\n%s", &s.output)
}

// Reset empties the server, and has it run state machines.
func (s *Engine) Reset() error {
	if err := s.post("/moto-api/reset", ""); err != nil {
		return err
	}
	return s.post("/moto-api/config", `{"stepfunctions":{"execute_state_machine":true}}`)
}

func (s *Engine) post(path, body string) error {
	answer, err := http.Post(s.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("asking the moto server: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("asking the moto server: %s answers %s", path, answer.Status)
	}
	return nil
}

// Close ends the server.
func (s *Engine) Close() {
	_ = s.host.Close()
	_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
	<-s.over
}

// python finds the interpreter that moto is installed for: the usual one, or the
// one that runs the command moto_server.
func python() (string, error) {
	candidates := []string{"python3", "python"}
	if command, err := exec.LookPath("moto_server"); err == nil {
		if text, err := os.ReadFile(command); err == nil {
			first, _, _ := strings.Cut(string(text), "\n")
			if strings.HasPrefix(first, "#!") && strings.Contains(first, "python") {
				candidates = append([]string{strings.TrimSpace(strings.TrimPrefix(first, "#!"))}, candidates...)
			}
		}
	}
	for _, candidate := range candidates {
		if exec.Command(candidate, "-c", "import moto.server, flask").Run() == nil {
			return candidate, nil
		}
	}
	return "", ErrNoMoto
}

// Moto starts a moto server that lasts as long as the test, and returns its
// endpoint. Where there is none the test is skipped, loudly; in continuous
// integration that is a failure.
func Moto(t *testing.T) string {
	t.Helper()
	python, err := python()
	if err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintf(os.Stderr, "\n*** %s: NOT TESTED AGAINST AWS'S APIs: %v\n\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	moto, err := startMoto("MOTO_PORT=0", python, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Close)
	gateway := &Gateway{Behind: moto.URL}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what can't be read is moto's to refuse
		gateway.forward(r, body).write(w)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
