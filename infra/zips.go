package main

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// zipFile writes a zip with one program, which Lambda may run. Its time says nothing:
// it is the earliest that a zip can have.
func zipFile(program, to string) (err error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: filepath.Base(program), Method: zip.Deflate,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(data)
	}
	for _, end := range []func() error{archive.Close, file.Close} {
		if ended := end(); err == nil {
			err = ended
		}
	}
	return err
}

// checksums is what 'sha256sum --check' reads.
const checksums = "SHA256SUMS"

func writeChecksums(dir string) error {
	files, err := os.ReadDir(dir) // in order
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, file := range files {
		if file.Name() == checksums {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), file.Name())
	}
	return os.WriteFile(filepath.Join(dir, checksums), []byte(list.String()), 0o644)
}
