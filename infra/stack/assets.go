package stack

import (
	"fmt"
	"os"
	"path/filepath"
)

// CheckAssets makes sure that the functions are built. The CDK would say so
// with a stack trace.
func CheckAssets(dir string) error {
	for _, f := range functions {
		binary := filepath.Join(dir, f.name, "bootstrap")
		if info, err := os.Stat(binary); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("the function %s is not built: there is no file %s (run make build)", f.name, binary)
		}
	}
	return nil
}
