//go:build integration

package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/test/awstest"
)

// exitCodes are those of commands that find nothing to do when no rotation is open.
var exitCodes = map[string]int{
	"watch production": cli.ExitNothing, "abort production": cli.ExitNothing, "release production": cli.ExitNothing,
}

// What the pages say to type works, on the playground: before a rotation, for it, after
// it, and a move to role credentials last. What names an execution, a key or another account isn't there.
func TestTheDocsCommandsRun(t *testing.T) {
	t.Parallel()
	w, ctx, dir := playground(t)
	commands := docsCommands(t)
	for _, line := range commands {
		if code, output := w.types(ctx, dir, line); code != exitCodes[line] {
			t.Errorf("rotate %s: exit code %d, not %d\n%s", line, code, exitCodes[line], output)
		}
	}
	if len(commands) < 10 {
		t.Errorf("only %d commands were found", len(commands))
	}
}

// What the playground says to type works, in that order: a rotation, a move to role credentials, and
// the end of the key.
func TestThePlaygroundsCommandsRun(t *testing.T) {
	t.Parallel()
	w, ctx, dir := playground(t)
	var said strings.Builder
	w.invite(&said)
	types := func(line string, want int) {
		t.Helper()
		if code, output := w.types(ctx, dir, line); code != want {
			t.Errorf("rotate %s: exit code %d, not %d\n%s", line, code, want, output)
		}
	}
	typed := 0
	for line := range strings.Lines(said.String()) {
		rotate, isRotate := strings.CutPrefix(strings.TrimSpace(line), "rotate ")
		request := regexp.MustCompile(`^curl -X (\w+) -H '(\w+): (.*)' (\S+)$`).FindStringSubmatch(strings.TrimSpace(line))
		switch {
		case request != nil:
			types("retire "+shipped.target+" "+w.end()+" --dry-run", cli.ExitRefused) // the credentials still hold it
			w.send(request[1], request[4], request[2], request[3])
			w.clock.Tick(time.Minute) // Qovery's answers are seconds old, and people type slowly
		case isRotate:
			code := map[bool]int{true: cli.ExitNothing}[strings.HasPrefix(rotate, "abort")]
			types(strings.ReplaceAll(rotate, " KEY", " "+w.end()), code)
		default:
			continue
		}
		typed++
	}
	if left := w.trail.keys(); len(left) != 0 || typed < 9 {
		t.Errorf("after %d commands the keys are %v", typed, left)
	}
}

// end is the last four characters of the user's only key.
func (w *world) end() string {
	id := string(w.trail.keys()[0].ID)
	return id[len(id)-4:]
}

// send sends a request that must succeed.
func (w *world) send(method, address, name, value string) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, method, address, nil)
	w.must(nil, err)
	request.Header.Set(name, value)
	answer, err := http.DefaultClient.Do(request)
	w.must(nil, err)
	if answer.Body.Close(); answer.StatusCode >= http.StatusBadRequest {
		w.Errorf("%s %s: %s", method, address, answer.Status)
	}
}

// playground is one, with the command line in a folder. Time goes fast in it until ctx ends.
func playground(t *testing.T) (w *world, ctx context.Context, dir string) {
	dir = t.TempDir()
	if err := command("../../..", nil, "go", "build", "-o", filepath.Join(dir, "rotate"), "./cmd/rotate"); err != nil {
		t.Fatal(err)
	}
	w = testWorld(t, lab.Setup{Clusters: 3, Production: 1, Registries: true})
	w.open(func(string) {})
	const faster = 3000
	ctx, stop := context.WithCancel(w.ctx)
	t.Cleanup(stop)
	go w.clock.Pace(ctx, faster)
	return w, ctx, dir
}

// types is a person who types a command, and confirms it.
func (w *world) types(ctx context.Context, dir, line string) (code int, output string) {
	w.Helper()
	run := exec.CommandContext(ctx, filepath.Join(dir, "rotate"), strings.Fields(line)...)
	if asks := regexp.MustCompile("^(start|migrate|retire) "); asks.MatchString(line) &&
		!strings.Contains(line, "--dry-run") {
		run.Args = append(run.Args, "--yes") // no one is asked here
	}
	if strings.HasPrefix(line, "init") {
		run.Args = append(run.Args, "--qovery-api-url", w.api.URL)
		run.Stdin = strings.NewReader(w.token + "\n" + fakeqovery.DefaultConfig(nil).OrganizationID +
			"\n\nn\n\nplatform@example.org\n")
	}
	run.Dir, run.Env = dir, os.Environ()
	for name, value := range awstest.Environment("http://" + w.lane.address) {
		run.Env = append(run.Env, name+"="+value)
	}
	said, err := run.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		w.Fatal(err)
	}
	return run.ProcessState.ExitCode(), string(said)
}

// docsCommands are the commands of the pages, each once: what looks before a rotation
// comes first, then the rotation, and the migration last.
func docsCommands(t *testing.T) (all []string) {
	pages, err := filepath.Glob("../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^ *\$ rotate (.*)$`).FindAllStringSubmatch(string(text), -1) {
			elsewhere := regexp.MustCompile(`--profile|\b(KEY|CREDENTIALS)\b|\d{8}T\d{6}Z`).MatchString(match[1])
			if !elsewhere && !slices.Contains(all, match[1]) {
				all = append(all, match[1])
			}
		}
	}
	before := regexp.MustCompile(`^(init|status|doctor|.*--dry-run)`)
	order := func(line string) int {
		switch {
		case before.MatchString(line):
			return 0
		case strings.HasPrefix(line, "start "):
			return 1
		case strings.HasPrefix(line, "migrate "):
			return 3
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(order(a), order(b)) })
	return all
}
