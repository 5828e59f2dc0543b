package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"qovery-key-rotation/internal/ops/notice"
)

// terminal is a terminal that someone looks at. On none, nothing is painted or erased.
type terminal struct {
	file    *os.File
	out     io.Writer // to it
	painted []string  // above the cursor, and in its line
}

// terminalOf returns the terminal behind a writer, or nil where there is none, or
// none that knows how to erase a line.
func terminalOf(out io.Writer) *terminal {
	if !isTerminal(out) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	file, _ := fileOf(out)
	return &terminal{file: file, out: out}
}

// The size of a page of text.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// sizeOf is the size of the terminal that out leads to, or of a page of text.
func sizeOf(out io.Writer) (width, height int) {
	if file, ok := fileOf(out); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return defaultWidth, defaultHeight
}

// repaint writes lines in place of those that it wrote before, cut to the terminal's
// width: of a line that wraps no one knows how many there are.
func (t *terminal) repaint(lines ...string) {
	if t == nil {
		return
	}
	width, _ := sizeOf(t.out)
	for i, line := range lines {
		lines[i] = clip(line, width-1)
	}
	if slices.Equal(lines, t.painted) {
		return
	}
	text := t.erasure(width) + strings.Join(lines, "\n")
	if colourful(t.out) {
		text = coloured.Replace(text)
	}
	_, _ = io.WriteString(t.out, text)
	t.painted = lines
}

// erase makes room for other lines.
func (t *terminal) erase() {
	if t == nil {
		return
	}
	width, _ := sizeOf(t.out)
	_, _ = io.WriteString(t.out, t.erasure(width))
	t.painted = nil
}

// leave lets what is painted stand.
func (t *terminal) leave() {
	if len(t.painted) > 0 {
		_, _ = io.WriteString(t.out, "\n")
	}
	t.painted = nil
}

// erasure goes up to where was begun to paint, and erases what is below. A terminal that
// has become narrower has wrapped what was painted.
func (t *terminal) erasure(width int) string {
	rows := 0
	for _, line := range t.painted {
		rows += max(uniseg.StringWidth(line)-1, 0)/width + 1
	}
	if rows < 2 {
		return "\r\x1b[J"
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", rows-1)
}

// clip cuts a text to so many columns: some characters take two, and others none.
func clip(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	var kept strings.Builder
	for g, used := uniseg.NewGraphemes(text), 0; g.Next(); {
		if used += g.Width(); used > width-1 {
			break
		}
		kept.WriteString(g.Str())
	}
	return kept.String() + "…"
}

// isTerminal tells whether a person sits at the other end of what is read or written.
func isTerminal(end any) bool {
	file, ok := fileOf(end)
	return ok && term.IsTerminal(int(file.Fd()))
}

// The colours of the words that matter most.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	plain  = "\x1b[0m"
)

// colourful tells whether out takes colours: a terminal whose owner has not set
// NO_COLOR (https://no-color.org).
func colourful(out io.Writer) bool { return terminalOf(out) != nil && os.Getenv("NO_COLOR") == "" }

func colour(out io.Writer, code, text string) string {
	if !colourful(out) {
		return text
	}
	return code + text + plain
}

// paint colours the first line of a notice, which says whether anything is broken.
func paint(out io.Writer, urgency notice.Urgency, text string) string {
	first, rest, _ := strings.Cut(text, "\n")
	code := map[notice.Urgency]string{notice.Urgent: red, notice.Check: yellow, notice.Calm: green}[urgency]
	return fmt.Sprintf("%s\n%s", colour(out, code, first), rest)
}
