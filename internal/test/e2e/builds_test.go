//go:build integration

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTheClockIsTheOnlyDifference: what the tests run is what is shipped, but
// for one file.
func TestTheClockIsTheOnlyDifference(t *testing.T) {
	t.Parallel()
	list := func(tags string) map[string]bool {
		output, err := exec.Command("go", "list", "-deps", "-tags", tags, "-f",
			"{{$p := .ImportPath}}{{range .GoFiles}}{{$p}}/{{.}}\n{{end}}", "../../../functions/...").Output()
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]bool{}
		for file := range strings.FieldsSeq(string(output)) {
			files[file] = true
		}
		return files
	}
	shipped, tested := list("lambda.norpc"), list("lambda.norpc,testclock")
	for file := range shipped {
		if !tested[file] && !strings.HasSuffix(file, "internal/lambda/clock.go") {
			t.Errorf("%s is shipped, and not tested here", file)
		}
	}
	for file := range tested {
		if !shipped[file] && !strings.HasSuffix(file, "internal/lambda/testclock.go") {
			t.Errorf("%s is tested here, and not shipped", file)
		}
	}
	if len(shipped) < 500 || !tested["qovery-key-rotation/internal/lambda/testclock.go"] {
		t.Errorf("%d files are shipped, and %d tested", len(shipped), len(tested))
	}
}
