// What a release has beside its programs: the functions' zips, the template, and the
// checksums of everything. The same commit gives the same bytes.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
