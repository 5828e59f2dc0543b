package docs_test

import (
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/docs"
)

// The chapters are the whole runbook but for its introduction.
func TestChapters(t *testing.T) {
	var names []string
	var text strings.Builder
	for _, chapter := range docs.Chapters() {
		names = append(names, chapter.Name)
		text.WriteString("\n" + chapter.Text)
		if !strings.HasPrefix(chapter.Text, "## "+chapter.Title+"\n") {
			t.Errorf("%s does not begin with its heading %q", chapter.Name, chapter.Title)
		}
	}
	if !strings.HasSuffix(docs.Runbook, text.String()) {
		t.Error("the chapters together are not what stands in the runbook")
	}
	for _, name := range []string{"a-key-by-hand", "current-state", "rolling-back", "starting-again-or-redriving",
		"errors-that-are-not-this-systems-own"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no chapter %s in %q", name, names)
		}
	}
}
