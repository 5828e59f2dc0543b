package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"qovery-key-rotation/internal/words"
)

// say writes paragraphs, a line each. On a terminal they are as wide as it is.
// Whether they could be written, sink knows.
func say(out io.Writer, text string) {
	if terminalOf(out) != nil {
		width, _ := sizeOf(out)
		text = wrapped(text, width)
	}
	_, _ = io.WriteString(out, text)
}

// wrapped breaks lines between words, below where their last column begins. What is to be copied
// stays whole: a line that is a command, and a command within a sentence.
func wrapped(text string, width int) string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		if commandLine.MatchString(line) {
			all = append(all, line)
			continue
		}
		indent := indentOf(line, width)
		all = append(all, words.Wrap(line[:indent], inPieces(line[indent:]), width)...)
	}
	return strings.ReplaceAll(strings.Join(all, "\n"), unbreakable, " ")
}

var (
	commandLine = regexp.MustCompile(`^ {4}\S`)
	columns     = regexp.MustCompile(` {2,}`)
)

// unbreakable stands for a space of a command while lines are broken.
const unbreakable = "\x00"

// inPieces makes each command in a text one word. A command follows a colon, or another one and a
// semicolon, and goes on to the end of its clause; one that reads what is typed, of the text.
func inPieces(text string) string {
	programs := []string{"aws", "eval", "make", "read", "rotate"}
	var pieces []string
	inside, reads, before := false, false, ""
	for word := range strings.FieldsSeq(text) {
		isNext := word == "aws" && strings.HasSuffix(before, ";") && !reads
		switch {
		case isNext, strings.HasSuffix(before, ":") && slices.Contains(programs, word):
			inside, reads = true, word == "read"
			pieces = append(pieces, word)
		case inside:
			pieces[len(pieces)-1] += unbreakable + word
		default:
			pieces = append(pieces, word)
		}
		if strings.ContainsAny(word[len(word)-1:], ".,;)") {
			inside = reads
		}
		before = word
	}
	return strings.Join(pieces, " ")
}

// indentOf is where a line's last column begins that leaves room for words.
func indentOf(line string, width int) int {
	const room = 24
	for _, gap := range slices.Backward(columns.FindAllStringIndex(line, -1)) {
		if end := gap[1]; words.Width(line[:end]) <= width-room {
			return end
		}
	}
	return 0
}

// writeTable writes rows with their columns below each other.
func writeTable(out io.Writer, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // as good as out is
}

// namesOf are the names of things.
func namesOf[T any](list []T, name func(T) string) (names []string) {
	for _, one := range list {
		names = append(names, name(one))
	}
	return names
}
