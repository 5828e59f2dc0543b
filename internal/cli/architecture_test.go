package cli_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/architecture.md names folders and files of the repository. All of them are
// there, and every adapter's package is named.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	data, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	paths := regexp.MustCompile("`((?:internal|infra|cmd|functions|statemachine)(?:/[a-z./]+)?)`").FindAllStringSubmatch(
		text, -1)
	if len(paths) < 10 {
		t.Errorf("only %d paths found", len(paths))
	}
	for _, named := range paths {
		if _, err := os.Stat("../../" + named[1]); err != nil {
			t.Errorf("it names %s, which is not there", named[1])
		}
	}
	for _, file := range regexp.MustCompile("`([a-z]+\\.go)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat("../rotation/" + file[1]); err != nil {
			t.Errorf("it names %s of internal/rotation, which is not there", file[1])
		}
	}
	adapters, err := filepath.Glob("../*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	inFunctions, err := filepath.Glob("../../functions/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(adapters, inFunctions, []string{"../qovery/qovery.go"}) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		folder := path.Join("internal/cli", filepath.ToSlash(filepath.Dir(file)))
		if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(source), "mplements the port") &&
			!strings.Contains(text, folder) {
			t.Errorf("%s implements a port, and the page does not name it", folder)
		}
	}
}
