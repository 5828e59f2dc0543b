package cli_test

import (
	"slices"
	"strings"
	"testing"
)

// svg is a figure with such a drawing.
func svg(drawing string) string {
	return `<figure><svg viewBox="0 0 300 100" style="width:300px">` + drawing + `</svg></figure>`
}

// Each fault that a page may have is found, and none in a page that has none.
func TestBrowserFaults(t *testing.T) {
	program, err := findChromium()
	if err != nil {
		t.Skip("NOT TESTED: ", err)
	}
	b, err := startChromium(program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.close() }()
	const bar = `<rect rx="3" width="60" height="20"></rect>`
	for want, body := range map[string]string{
		"":                          `<p>All is well.</p>` + svg(bar+`<text class="on" y="14" font-size="12">well</text>`),
		"the page is 500 wide":      `<div style="width:500px">wide</div>`,
		"out of the page: div":      `<div style="width:500px">wide</div>`,
		"cut off: div":              `<div style="width:90px;overflow:hidden"><hr style="width:200px"></div>`,
		"small letters: p":          `<p style="font-size:8px">small</p>`,
		"0 charts in 1 figures":     `<figure><svg style="display:none"></svg></figure>`,
		"small letters: text":       svg(`<text x="9" y="50" font-size="6">small</text>`),
		"out of the chart: text":    svg(`<text x="280" y="50" font-size="12">beyond</text>`),
		"longer than its bar: text": svg(bar + `<text class="on" y="14" font-size="12">as long as can be</text>`),
		"one on the other: text":    svg(`<text y="50" font-size="12">one</text><text y="52" font-size="12">two</text>`),
		"behind a cut: text":        svg(`<text y="50" font-size="12">one</text><rect class="gap" width="5" height="90"/>`),
		"0 names of 1 bars":         svg(bar),
	} {
		page := `<!DOCTYPE html><body style="margin:0">` + body
		if err := b.open(page, view{width: 400, scheme: "light", media: "screen"}); err != nil {
			t.Fatal(err)
		}
		faults, err := b.faults()
		found := slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, want) })
		if err != nil || found != (want != "") || want == "" && len(faults) > 0 {
			t.Errorf("%q: %q (%v)", want, faults, err)
		}
	}
}
