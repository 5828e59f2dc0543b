package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
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

// What can only be read is not replaced, though its folder could take another one; what is
// replaced is for the same people to read.
func TestReportIntoWhatIsThere(t *testing.T) {
	for mode, want := range map[os.FileMode]int{0o600: cli.ExitSucceeded, 0o400: cli.ExitUnwritten} {
		if mode == 0o400 && os.Geteuid() == 0 {
			continue // root may
		}
		file := filepath.Join(t.TempDir(), "there.html")
		if err := os.WriteFile(file, []byte("old"), mode); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		code := program(t, answer{idle, "report --simulation plain --file " + file}, &bytes.Buffer{}, &errs)
		if found, err := os.Stat(file); err != nil || code != want || runtime.GOOS != "windows" && found.Mode() != mode {
			t.Errorf("%v: exit code %d, %s, %v, %v", mode, code, &errs, found.Mode(), err)
		}
	}
}
