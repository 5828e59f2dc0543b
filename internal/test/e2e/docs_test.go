//go:build integration

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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
	dir := t.TempDir()
	rotate := filepath.Join(dir, "rotate")
	if err := command("../../..", nil, "go", "build", "-o", rotate, "./cmd/rotate"); err != nil {
		t.Fatal(err)
	}
	w := testWorld(t, lab.Setup{Clusters: 3, Production: 1, Registries: true})
	w.open(func(string) {})
	const faster = 3000
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	go w.clock.Pace(ctx, faster)
	commands := docsCommands(t)
	for _, line := range commands {
		run := exec.CommandContext(ctx, rotate, strings.Fields(line)...)
		if asks := regexp.MustCompile("^(start|migrate) "); asks.MatchString(line) && !strings.Contains(line, "--dry-run") {
			run.Args = append(run.Args, "--yes") // no one is asked here
		}
		if line == "init" {
			run.Args = append(run.Args, "--qovery-api-url", w.api.URL)
			run.Stdin = strings.NewReader(w.token + "\n" + fakeqovery.DefaultConfig(nil).OrganizationID +
				"\n\nn\n\nplatform@example.org\n")
		}
		run.Dir, run.Env = dir, os.Environ()
		for name, value := range awstest.Environment("http://" + w.lane.address) {
			run.Env = append(run.Env, name+"="+value)
		}
		var output bytes.Buffer
		run.Stdout, run.Stderr = &output, &output
		err := run.Run()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		if got := run.ProcessState.ExitCode(); got != exitCodes[line] {
			t.Errorf("rotate %s: exit code %d, not %d\n%s", line, got, exitCodes[line], &output)
		}
	}
	if len(commands) < 10 {
		t.Errorf("only %d commands were found", len(commands))
	}
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
