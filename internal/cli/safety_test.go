package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"qovery-key-rotation/internal/lab/explorer"
)

// docs/safety.md names each mutation beside its rule, and only packages
// that have tests.
func TestSafetyNamesWhatIsThere(t *testing.T) {
	data, err := os.ReadFile("../../docs/safety.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, m := range explorer.Mutations {
		if row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| %d \\|.*`%s`", m.Rule, m.Name)); !row.MatchString(text) {
			t.Errorf("rule %d is not said to be defeated by %s", m.Rule, m.Name)
		}
	}
	packages := regexp.MustCompile("`go test \\./([a-z/]+)").FindAllStringSubmatch(text, -1)
	for _, pkg := range packages {
		if tests, _ := filepath.Glob("../../" + pkg[1] + "/*_test.go"); len(tests) == 0 {
			t.Errorf("there are no tests in %s", pkg[1])
		}
	}
	if len(packages) < 3 {
		t.Errorf("only %d packages with tests were found", len(packages))
	}
}
