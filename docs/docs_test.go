package docs_test

import (
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/docs"
	"qovery-key-rotation/internal/rotation/fault"
)

// The sections are the whole runbook but for its introduction, and each code has
// one of its name.
func TestSections(t *testing.T) {
	sections := docs.Sections()
	var names []string
	var text strings.Builder
	for _, section := range sections {
		names = append(names, section.Name)
		text.WriteString("\n" + section.Text)
		if !strings.HasPrefix(strings.TrimLeft(section.Text, "#"), " "+section.Title+"\n") {
			t.Errorf("%s does not begin with its heading %q", section.Name, section.Title)
		}
	}
	if !strings.HasSuffix(docs.Runbook, text.String()) {
		t.Error("the sections together are not what stands in the runbook")
	}
	for _, info := range fault.Codes {
		if !slices.Contains(names, string(info.Code)) {
			t.Errorf("there is no section %s", info.Code)
		}
	}
	for _, name := range []string{"a-key-by-hand", "rolling-back", "starting-again-or-redriving",
		"errors-that-are-not-this-systems-own"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no section %s in %q", name, names)
		}
	}
}
