package cli

import (
	"strings"
	"testing"

	"qovery-key-rotation/docs"
)

func TestRendered(t *testing.T) {
	const text = "## Title\n\n" +
		"It **is** `so`, see [there](x.md#y), and\nwraps at words.\n\n1. First, and\n   more of it.\n2. Second\n\n" +
		"| it ended in | current state |\n| --- | --- |\n" +
		"| `Preflight` | Nothing |\n\n```console\n$ rotate `x`\n```\n"
	const want = "<Title>\n\nIt is so, see there, and\nwraps at words.\n\n1. First, and more of it.\n2. Second\n\n" +
		"- it ended in: Preflight;\n  current state: Nothing\n\n" +
		"    <$ rotate `x`>\n"
	if got := rendered(text, 26, func(s string) string { return "<" + s + ">" }); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// No page that is shown has marks left, but in what is to be typed.
func TestNoMarksAreShown(t *testing.T) {
	for line := range strings.Lines(rendered(docs.Runbook+docs.Codes(), 80, func(s string) string { return s })) {
		if !strings.HasPrefix(line, "    ") && (strings.Contains(line, "**") || strings.Contains(line, "`") ||
			strings.Contains(line, "](") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|")) {
			t.Errorf("%q", line)
		}
	}
}
