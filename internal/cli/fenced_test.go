package cli_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"qovery-key-rotation/internal/cli"
)

var update = flag.Bool("update", false, "bring the pages up to date instead of comparing")

// requireFenced holds the block of a page that begins as wanted against what a
// command prints.
func requireFenced(t *testing.T, page, kind, want string) {
	t.Helper()
	data, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	firstLine, _, _ := strings.Cut(want, "\n")
	opening := "```" + kind + "\n" + firstLine + "\n"
	before, after, found := strings.Cut(string(data), opening)
	block, rest, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no block that begins with\n%s", page, opening)
	}
	if firstLine+"\n"+block == want {
		return
	}
	if !*update {
		t.Fatalf("%s's ```%s block is not what is printed now ('go test ./internal/cli -update' fixes that):\n%s\nwant\n%s",
			page, kind, block, want)
	}
	if err := os.WriteFile("../../"+page, []byte(before+"```"+kind+"\n"+want+"```\n"+rest), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Run(context.Background(), args, &out, &errs); code != 0 {
		t.Fatalf("rotate %v: exit code %d: %s", args, code, errs.String())
	}
	return out.String()
}

func TestArchitectureShowsTheDiagram(t *testing.T) {
	requireFenced(t, "docs/architecture.md", "mermaid", run(t, "diagram"))
}
