package cli

import (
	"io"
	"regexp"
	"slices"
	"strings"

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
	// command is what follows a colon and begins with a program's name, up to the end of its
	// sentence. One that reads what is typed goes on behind a semicolon.
	command = regexp.MustCompile(`: (read .*|(rotate|aws|make|eval) .*?([.,;)] |$))`)
	columns = regexp.MustCompile(` {2,}`)
)

// unbreakable stands for a space of a command while lines are broken.
const unbreakable = "\x00"

// inPieces makes each command one word.
func inPieces(text string) string {
	return command.ReplaceAllStringFunc(text, func(found string) string {
		inner := strings.TrimSuffix(found[len(": "):], " ")
		return ": " + strings.ReplaceAll(inner, " ", unbreakable) + found[len(": ")+len(inner):]
	})
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
