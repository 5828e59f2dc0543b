package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
)

// terminal is a terminal that someone looks at.
type terminal struct {
	file *os.File
	out  io.Writer // to it
}

// terminalOf returns the terminal behind a writer, or nil where there is none, or
// none that knows how to erase a line.
func terminalOf(out io.Writer) *terminal {
	if !isTerminal(out) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	file, _ := fileOf(out)
	return &terminal{file, out}
}

// defaultWidth is that of a page of text.
const defaultWidth = 80

// widthOf is the width of the terminal that out leads to, or of a page of text.
func widthOf(out io.Writer) int {
	if file, ok := fileOf(out); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return defaultWidth
}

// repaint writes a text in place of the line that the cursor is in, cut to the
// terminal's width: a line that wraps could not be erased.
func (t *terminal) repaint(text string) {
	if width := widthOf(t.file); len(text) >= width {
		text = text[:width-1]
	}
	t.erase()
	_, _ = io.WriteString(t.out, text)
}

func (t *terminal) erase() { _, _ = io.WriteString(t.out, "\r\x1b[K") }

// isTerminal tells whether a person sits at the other end of what is read or written.
func isTerminal(end any) bool {
	file, ok := fileOf(end)
	return ok && term.IsTerminal(int(file.Fd()))
}

// ask asks a person, who may press Ctrl-C instead of answering.
func (p Program) ask(ctx context.Context, question string) (string, error) {
	return p.askBy(ctx, question, readLine)
}

// askSecret doesn't show what is typed.
func (p Program) askSecret(ctx context.Context, question string) (rotation.Secret, error) {
	file, _ := fileOf(p.In)
	if !isTerminal(p.In) {
		answer, err := p.ask(ctx, question)
		return rotation.NewSecret(answer), err
	}
	before, err := term.GetState(int(file.Fd()))
	if err != nil {
		return rotation.Secret{}, err
	}
	answer, err := p.askBy(ctx, question, func(io.Reader) (string, error) {
		typed, err := term.ReadPassword(int(file.Fd()))
		return string(typed), err
	})
	_ = term.Restore(int(file.Fd()), before) // Ctrl-C leaves it as it is
	fmt.Fprintln(p.Err)
	return rotation.NewSecret(answer), err
}

// readLine reads no further than the line's end: the next line answers the next
// question.
func readLine(in io.Reader) (string, error) {
	var text []byte
	for one := make([]byte, 1); ; {
		n, err := in.Read(one)
		if n > 0 && one[0] == '\n' {
			return string(text), nil
		}
		text = append(text, one[:n]...)
		if err != nil {
			return string(text), err
		}
	}
}

func (p Program) askBy(ctx context.Context, question string, read func(io.Reader) (string, error)) (string, error) {
	if _, err := io.WriteString(p.Err, question); err != nil {
		return "", err // nobody has read what is asked
	}
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := read(p.In)
		typed <- line{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		_, _ = io.WriteString(p.Err, "\n") // after the question
		return "", ctx.Err()
	case answer := <-typed:
		if answer.err == io.EOF { // Ctrl-D: nothing was answered
			answer = line{}
		}
		return answer.text, answer.err
	}
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
func paint(out io.Writer, m notice.Message) string {
	first, rest, _ := strings.Cut(m.Whole, "\n")
	code := map[notice.Urgency]string{notice.Urgent: red, notice.Check: yellow, notice.Calm: green}[m.Urgency]
	return fmt.Sprintf("%s\n%s", colour(out, code, first), rest)
}
