// What a release has beside its programs: the functions' zips, the template, and the
// checksums of everything. The same commit gives the same bytes.

package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qovery-key-rotation/infra/stack"
)

// writeRelease writes it to a folder. It runs in the repository's folder.
func writeRelease(functions, out string) error {
	if err := stack.CheckAssets(functions); err != nil {
		return err
	}
	for folder, name := range stack.Zips() {
		if err := zipFile(filepath.Join(functions, folder, "bootstrap"), filepath.Join(out, name)); err != nil {
			return err
		}
	}
	if err := writeTemplate(functions, filepath.Join(out, stack.Name+".template.json")); err != nil {
		return err
	}
	return writeChecksums(out)
}

func writeTemplate(functions, to string) error {
	var cdk struct{ Context map[string]any }
	data, err := os.ReadFile("cdk.json")
	if err := errors.Join(err, json.Unmarshal(data, &cdk)); err != nil {
		return fmt.Errorf("reading the CDK's context: %w", err)
	}
	text, err := stack.Released(functions, cdk.Context)
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(text, '\n'), 0o644)
}

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
