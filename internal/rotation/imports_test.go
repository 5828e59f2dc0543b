package rotation

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports: the domain is made of the standard library alone, and speaks to
// no network.
func TestImports(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	own := []string{"qovery-key-rotation/internal/rotation", "qovery-key-rotation/internal/rotation/fault",
		"qovery-key-rotation/internal/rotation/strictjson", "qovery-key-rotation/internal/rotation/target",
		"qovery-key-rotation/internal/words"}
	deps := strings.Fields(string(output))
	for _, dep := range deps {
		first, _, _ := strings.Cut(dep, "/")
		if dep == "net/http" || !slices.Contains(own, dep) &&
			(strings.Contains(first, ".") || first == "qovery-key-rotation") {
			t.Errorf("the domain imports %s", dep)
		}
	}
	if len(deps) < 2 {
		t.Errorf("go list tells only of %v", deps)
	}
}
