//go:build model

package explorer

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The protocol of the journal is checked by an engine that knows nothing of this code:
// model/model.pml exhaustively, for three executions, and in replay_test.go what
// explored rotations did to the journal.

// TestModel: nothing that can happen breaks the protocol, and without any of its rules
// something does.
func TestModel(t *testing.T) {
	for rule, without := range map[string]string{
		"all rules": "", "no lease": "IGNORE_LEASE", "the guard ignores the fence": "IGNORE_FENCE",
		"the fence does not grow": "SAME_FENCE", "writes without a condition": "IGNORE_REVISION",
	} {
		t.Run(rule, func(t *testing.T) {
			dir := modelDir(t)
			run(t, dir, nil, "spin", "-a", "-D"+cmp.Or(without, "ALL_RULES"), "model.pml")
			run(t, dir, nil, "cc", "-w", "-O2", "-DSAFETY", "-DBFS", "-o", "pan", "pan.c")
			out := run(t, dir, nil, filepath.Join(dir, "pan"))
			states := regexp.MustCompile(`\d+ states, stored`).FindString(out)
			broken := strings.Contains(out, "assertion violated")
			switch {
			case states == "" || strings.Contains(out, "invalid end state (at"):
				t.Fatal(out)
			case without != "" && !broken:
				t.Errorf("nothing breaks:\n%s", out)
			case without != "":
				t.Logf("broken after %s, by\n%s", states, story(run(t, dir, nil, "spin", "-t", "-T", "-D"+without, "model.pml")))
			case broken || strings.Contains(out, "Search not completed"):
				t.Errorf("it breaks, or is not complete:\n%s", out)
			default:
				t.Logf("complete: %s, nothing breaks", states)
			}
		})
	}
}

// story are the lines that the model prints of what happens.
func story(out string) string {
	var told []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "execution ") || strings.HasPrefix(line, "a person ") {
			told = append(told, "  "+line)
		}
	}
	return strings.Join(told, "\n")
}

func modelDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("model")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a program, and returns what it prints. A search that finds something ends
// with zero, too.
func run(t *testing.T, dir string, in []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
