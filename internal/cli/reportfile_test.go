package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qovery-key-rotation/internal/cli"
)

// A link leads to the file that is meant: it stays one, and the report is where it
// leads.
func TestReportIsWrittenWhereALinkLeads(t *testing.T) {
	for name, content := range map[string]string{"to a file": "old", "to nothing yet": ""} {
		dir := t.TempDir()
		link, file := filepath.Join(dir, "link.html"), filepath.Join(dir, "file.html")
		if err := os.Symlink("file.html", link); err != nil {
			t.Fatal(err)
		}
		if content != "" {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var errs bytes.Buffer
		code := program(t, answer{idle, "report --simulation plain --file " + link}, &bytes.Buffer{}, &errs)
		written, err := os.ReadFile(file)
		if code != cli.ExitSucceeded || err != nil || !strings.HasPrefix(string(written), "<!DOCTYPE html>") {
			t.Errorf("%s: exit code %d, %s, %v, %.40q", name, code, &errs, err, written)
		}
		if found, err := os.Lstat(link); err != nil || found.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s: the link is one no more: %v", name, err)
		}
	}
}

// A command's own output is not replaced by a file of its name: what is there stays.
func TestReportIntoTheOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteString("before\n"); err != nil {
		t.Fatal(err)
	}
	code := program(t, answer{idle, "report --simulation plain --file " + file}, out, &bytes.Buffer{})
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if code != cli.ExitSucceeded || err != nil || !strings.HasPrefix(string(written), "before\n<!DOCTYPE html>") {
		t.Errorf("exit code %d, %v, %.40q", code, err, written)
	}
}
