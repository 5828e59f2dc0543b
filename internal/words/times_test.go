package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forMachines are the files that write times for machines to read, which take no
// words in their place. What they write is always known.
var forMachines = []string{
	"internal/lab/interpreter/contextobject.go", // the context object: when an execution started
	"infra/stack/schedules.go",                  // the schedule's first run, which is computed
	"internal/aws/table/item.go",                // a sort key; a record without its time is refused
	"internal/rotation/waittime.go",             // a Wait state's time
	"internal/cli/executions.go",                // the name of an execution, from the clock
	"internal/cli/init.go",                      // a proposal, from the clock
	"internal/lab/world.go",                     // the beginning of a world
	"internal/ops/report/scale.go",              // an axis, between times that are known
	"internal/test",                             // tests and measurements
}

// TestTimesAreWrittenInOnePlace: whoever else writes a time for people asks this
// package, so that a time that there is not cannot be written as the year 1.
func TestTimesAreWrittenInOnePlace(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		if strings.HasPrefix(name, "internal/words/") ||
			slices.ContainsFunc(forMachines, func(f string) bool { return strings.HasPrefix(name, f) }) {
			return nil
		}
		files++
		for _, where := range formats(t, path) {
			t.Errorf("%s writes a time by itself", where)
		}
		return nil
	})
	if err != nil || files < 200 {
		t.Errorf("%v; only %d files were looked at", err, files)
	}
}

// formats are the places of a file where time's methods write times.
func formats(t *testing.T, path string) (places []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, isCall := n.(*ast.CallExpr)
		if !isCall {
			return true
		}
		if method, ok := call.Fun.(*ast.SelectorExpr); ok &&
			(method.Sel.Name == "Format" && len(call.Args) == 1 || method.Sel.Name == "AppendFormat") {
			places = append(places, set.Position(call.Pos()).String())
		}
		return true
	})
	return places
}
