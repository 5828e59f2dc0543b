package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A zip depends on the program alone: not on its time, its rights or its folder.
func TestZipFile(t *testing.T) {
	var zips [][]byte
	for i, mode := range []os.FileMode{0o755, 0o600} {
		program, to := filepath.Join(t.TempDir(), "bootstrap"), filepath.Join(t.TempDir(), "one.zip")
		if err := os.WriteFile(program, []byte("a program"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(program, time.Time{}, time.Unix(int64(1e9*i), 0)); err != nil {
			t.Fatal(err)
		}
		if err := zipFile(program, to); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		zips = append(zips, data)
	}
	if !bytes.Equal(zips[0], zips[1]) {
		t.Error("they differ")
	}
	read, err := zip.NewReader(bytes.NewReader(zips[0]), int64(len(zips[0])))
	if err != nil || len(read.File) != 1 || read.File[0].Name != "bootstrap" || read.File[0].Mode() != 0o755 {
		t.Errorf("the zip has %v (%v)", read.File, err)
	}
}

func TestChecksums(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const want = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n" +
		"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b\n"
	for range 2 { // the list is not in it
		if err := writeChecksums(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, checksums)); err != nil || string(got) != want {
			t.Errorf("%s (%v)", got, err)
		}
	}
}
