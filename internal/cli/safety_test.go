package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"qovery-key-rotation/internal/explorer"
)

// docs/safety.md names each mutation beside its rule, and only commands and files
// that are there.
func TestSafetyNamesWhatIsThere(t *testing.T) {
	data, err := os.ReadFile("../../docs/safety.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, m := range explorer.Mutations {
		if row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| %d \\|.*`%s`", m.Rule, m.Name)); !row.MatchString(text) {
			t.Errorf("rule %d is not said to be defeated by %s", m.Rule, m.Name)
		}
	}
	targets := regexp.MustCompile("`make ([a-z]+)`").FindAllStringSubmatch(text, -1)
	for _, target := range targets {
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("there is no 'make %s'", target[1])
		}
	}
	packages := regexp.MustCompile("`go test \\./([a-z/]+)").FindAllStringSubmatch(text, -1)
	for _, pkg := range packages {
		if tests, _ := filepath.Glob("../../" + pkg[1] + "/*_test.go"); len(tests) == 0 {
			t.Errorf("there are no tests in %s", pkg[1])
		}
	}
	links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(text, -1)
	for _, link := range links {
		if _, err := os.Stat(filepath.Join("../../docs", link[1])); err != nil {
			t.Errorf("it leads to %s, which is not there", link[1])
		}
	}
	if len(targets) < 3 || len(packages) < 3 || len(links) < 3 {
		t.Errorf("only %d, %d and %d things to look at were found", len(targets), len(packages), len(links))
	}
}
