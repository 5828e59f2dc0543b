package cli_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"qovery-key-rotation/internal/lab/explorer"
)

// docs/safety.md has the rule that each mutation defeats.
func TestSafetyHasTheRules(t *testing.T) {
	text := pages(t)["docs/safety.md"]
	for _, m := range explorer.Mutations {
		if !strings.Contains(text, fmt.Sprintf("\n- **%d.** ", m.Rule)) {
			t.Errorf("%s defeats rule %d, which the page doesn't have", m.Name, m.Rule)
		}
	}
}

// The pages name only packages that have tests.
func TestDocsPackages(t *testing.T) {
	named := 0
	for page, text := range pages(t) {
		for _, pkg := range regexp.MustCompile("`go test [^`]*?\\./([a-z0-9/]+)").FindAllStringSubmatch(text, -1) {
			named++
			if tests, _ := filepath.Glob("../../" + pkg[1] + "/*_test.go"); len(tests) == 0 {
				t.Errorf("%s: there are no tests in %s", page, pkg[1])
			}
		}
	}
	if named < 3 {
		t.Errorf("only %d packages were found", named)
	}
}
