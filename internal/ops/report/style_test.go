package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Text must stand out from its ground by 4.5 to 1, in daylight and in the dark.
// https://www.w3.org/TR/WCAG21/#contrast-minimum
func TestContrast(t *testing.T) {
	light, rest, _ := strings.Cut(styleText, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "* { box-sizing")
	_, print, found := strings.Cut(rest, "@media print")
	if !found {
		t.Fatal("the style has no rules for print")
	}
	for name, text := range map[string]string{"light": light, "dark": dark, "print": print} {
		colours := map[string]string{}
		for _, found := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			colours[found[1]] = found[2]
		}
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"soft", "paper"}, {"ink", "panel"}, {"soft", "panel"}, {"warn", "paper"}, {"ink", "hatch"},
			{"good", "good-bg"}, {"bad", "bad-bg"}, {"warn", "warn-bg"}, {"calm", "calm-bg"},
			{"on-bar", "old"}, {"on-bar", "new"}, {"on-bar", "work"}, {"on-bar", "wait"}, {"on-bar", "run"},
		} {
			text, ground := colours[pair[0]], colours[pair[1]]
			if text == "" || ground == "" {
				t.Errorf("%s: no colour for %s", name, pair)
				continue
			}
			if ratio := contrast(t, text, ground); ratio < 4.5 {
				t.Errorf("%s: %s %s on %s %s stands out by %.2f to 1 only", name, pair[0], text, pair[1], ground, ratio)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is that of a colour such as #1b2330.
// https://www.w3.org/TR/WCAG21/#dfn-relative-luminance
func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		channel := float64(n) / 255
		if channel <= 0.04045 {
			channel /= 12.92
		} else {
			channel = math.Pow((channel+0.055)/1.055, 2.4)
		}
		sum += weight * channel
	}
	return sum
}
