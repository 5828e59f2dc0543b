package stack

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qovery-key-rotation/internal/test/awstest"
)

// What Lambda would take at deployment, and then not run.
func TestCheckAssets(t *testing.T) {
	program := awstest.Program("notify", elf.EM_AARCH64)
	write := func(data []byte, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, file string) { rewrite(t, file, data, mode) }
	}
	for _, row := range []struct {
		name  string
		spoil func(t *testing.T, file string)
		want  string
	}{
		{"as built", func(*testing.T, string) {}, ""},
		{"read by all, written by none", write(program, 0o555), ""},
		{"of the largest size", sized(250 << 20), ""},
		{"missing", func(t *testing.T, file string) { remove(t, file) }, "is missing"},
		{"a folder", func(t *testing.T, file string) { remove(t, file); mkdir(t, file) }, "isn't a file"},
		{"a link", link, "isn't a file"},
		{"empty", write(nil, 0o755), "is empty"},
		{"not executable", write(program, 0o644), "is not readable and executable for everyone (-rw-r--r--), which Lambda " +
			"needs"},
		{"its owner's alone", write(program, 0o700),
			"is not readable and executable for everyone (-rwx------), which Lambda needs"},
		{"not readable", write(program, 0o711),
			"is not readable and executable for everyone (-rwx--x--x), which Lambda needs"},
		{"a script", write([]byte("#!/bin/sh\n"), 0o755), "isn't a program for Linux"},
		{"cut off", write(program[:63], 0o755), "isn't a program for Linux"},
		{"for another machine", write(awstest.Program("notify", elf.EM_X86_64), 0o755),
			"is a program for EM_X86_64, and the functions run on EM_AARCH64"},
		{"for FreeBSD", write(forFreeBSD(program), 0o755), "is a program for ELFOSABI_FREEBSD, and the functions run on " +
			"Linux"},
		{"too large", sized(250<<20 + 1), "has 262144001 bytes; Lambda takes 262144000"},
		{"with something beside it", func(t *testing.T, file string) {
			rewrite(t, filepath.Join(filepath.Dir(file), ".env"), nil, 0o644)
		}, "is not alone: .env would be deployed with it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			placeholders(dir)
			file := filepath.Join(dir, "notify", "bootstrap")
			row.spoil(t, file)
			err := CheckAssets(dir)
			if want := "the function notify cannot be deployed: " + file + " " + row.want; row.want != "" &&
				(err == nil || !strings.HasPrefix(err.Error(), want)) ||
				row.want == "" && err != nil {
				t.Errorf("got %v, not %s", err, row.want)
			}
		})
	}
}

// forFreeBSD is what the linker writes into a header that says so.
func forFreeBSD(program []byte) []byte {
	program = bytes.Clone(program)
	program[elf.EI_OSABI] = byte(elf.ELFOSABI_FREEBSD)
	return program
}

func rewrite(t *testing.T, file string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// sized makes the file longer, without filling a disk.
func sized(bytes int64) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		if err := os.Truncate(file, bytes); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, file string) {
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, file string) {
	elsewhere := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.Rename(file, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, file); err != nil {
		t.Fatal(err)
	}
}
