package cli_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"slices"
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
		t.Fatalf("%s's ```%s block is not what is printed now ('go test ./internal/cli -update' mends that):\n%s\nwant\n%s",
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

func TestReadmeShowsTheDemo(t *testing.T) {
	requireFenced(t, "README.md", "console", "$ make demo\n"+shorten(run(t, "simulate")))
}

// polls are states that a rotation goes through again and again; a line that
// says the same of one as an earlier line did is left out.
var polls = []string{"DeployClusters", "IsDeployed", "WaitForDeployment", "IsVerified", "WaitForVerification",
	"VerifyDeployment", "IsIdle", "IsNextDue"}

// shorten leaves out what a reader of the README has seen already, and puts
// three dots there.
func shorten(story string) string {
	var kept []string
	told := map[string]bool{}
	for line := range strings.Lines(story) {
		state, text := "", ""
		if fields := strings.Fields(line); len(fields) > 4 {
			state, text = fields[3], strings.Join(fields[4:], " ")
		}
		isPoll := slices.Contains(polls, state)
		boring := isPoll && (strings.HasPrefix(state, "Is") || strings.HasPrefix(state, "WaitFor") || told[state+text])
		told[state+text] = true
		switch {
		case !boring:
			kept = append(kept, line)
		case kept[len(kept)-1] != "...\n":
			kept = append(kept, "...\n")
		}
	}
	return strings.Join(kept, "")
}
