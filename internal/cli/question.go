package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/term"

	"qovery-key-rotation/internal/rotation"
)

// question is what a person decides.
type question struct {
	whether, text, yes string
	answer             string // that agrees; empty: y
}

// canAsk: where no one can be asked, --yes has to be given.
func (p Program) canAsk(q question) error {
	if !isTerminal(p.In) {
		return misuse("no one can be asked here whether %s: give --yes", q.whether)
	}
	return nil
}

// confirm asks a person, who may have said yes already.
func (p Program) confirm(ctx context.Context, yes bool, q question) error {
	if yes {
		return nil
	}
	if err := p.canAsk(q); err != nil {
		return err
	}
	prompt, want := q.text, q.answer
	if want == "" {
		prompt, want = q.text+" [y/N]", "y"
	}
	answer, err := p.ask(ctx, p.fit(prompt))
	if err != nil {
		return err
	}
	if answer == want || q.answer == "" && slices.Contains([]string{"y", "yes"}, strings.ToLower(answer)) {
		return nil
	}
	return &problem{"Nothing was done", fmt.Sprintf("To %s, answer %s", q.yes, want), ExitFailed}
}

// fit is a question that fits the terminal, with room to type.
func (p Program) fit(prompt string) string {
	if terminalOf(p.Err) != nil {
		const cursor = 2
		width, _ := sizeOf(p.Err)
		prompt = wrapped(prompt, width-cursor)
	}
	return prompt + " "
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
