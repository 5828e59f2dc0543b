package rotationtest

import (
	"regexp"
	"strings"
)

// wrongs are what must be nowhere in a text.
var wrongs = []struct {
	what string
	in   *regexp.Regexp
}{
	{"two full stops", regexp.MustCompile(`(^|[^.])\.\.([^.]|$)|\.{4}`)},
	{"a space before a mark", regexp.MustCompile(`[^ ] [.,;:?!]( |$)`)},
	{"two marks in a row", regexp.MustCompile(`[,;][.,;:]|:[.,;]|[?!…][.,;]|\.[,;:]`)},
	{"two spaces between sentences", regexp.MustCompile(`[.:?!]  +[A-Z]`)},
	{"a sentence that begins before the last has ended", regexp.MustCompile(
		`[^.:?!…("'“] (Hint:|Since then:|According to the journal|In the step's words|When that is|To carry|To see|To ` +
			`watch|Trying again|By the journal)`)},
}

// Sentences are the lines of a message that are sentences: neither headings nor
// lists, commands and details.
func Sentences(body string) (lines []string) {
	body, _, _ = strings.Cut(body, "\nDETAILS\n")
	for _, line := range strings.Split(body, "\n") {
		if line != "" && !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "More: ") && !heading.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

var heading = regexp.MustCompile(`^[A-Z ]{8,}(,|$)`)

// Wrong says what is wrong with a line of sentences, "" where nothing is.
func Wrong(line string) string {
	for _, w := range wrongs {
		if found := w.in.FindString(line); found != "" {
			return w.what + " (" + strings.TrimSpace(found) + ")"
		}
	}
	if line != "" && !strings.ContainsAny(line[len(line)-1:], ".:?!") && !strings.HasSuffix(line, "…") {
		return "no full stop"
	}
	return ""
}
