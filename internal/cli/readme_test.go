package cli_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"qovery-key-rotation/internal/cli"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fenced is the text of the first block of a kind.
func fenced(t *testing.T, text, kind string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "```"+kind+"\n")
	block, _, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatalf("README.md has no ```%s block", kind)
	}
	return block
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Run(context.Background(), args, &out, &errs); code != 0 {
		t.Fatalf("rotate %v: exit code %d: %s", args, code, errs.String())
	}
	return out.String()
}

func TestReadmeShowsTheDiagram(t *testing.T) {
	if got, want := fenced(t, readme(t), "mermaid"), run(t, "diagram"); got != want {
		t.Errorf("README.md's diagram is not what 'rotate diagram' prints:\n%s\nwant\n%s", got, want)
	}
}

// TestReadmeShowsTheDemo: the session is what 'make demo' prints, less the lines
// that three dots stand for.
func TestReadmeShowsTheDemo(t *testing.T) {
	session := strings.TrimPrefix(fenced(t, readme(t), "console"), "$ make demo\n")
	printed := strings.Split(run(t, "simulate"), "\n")
	for line := range strings.Lines(session) {
		line = strings.TrimSuffix(line, "\n")
		if line == "..." {
			continue
		}
		for len(printed) > 0 && printed[0] != line {
			printed = printed[1:]
		}
		if len(printed) == 0 {
			t.Fatalf("'make demo' does not print, or not in this order: %s", line)
		}
		printed = printed[1:]
	}
}
