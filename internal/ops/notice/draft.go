package notice

import (
	"strings"

	"qovery-key-rotation/internal/words"
)

// draft is a message that is being written, as a phone shows it.
type draft struct {
	Message
	idle string // what happens if nothing is done
	more string // where to read on
}

// message completes the message.
func (d *draft) message() Message {
	m := d.Message
	m.Subject = subject(m.Urgency.Prefix() + m.Subject)
	m.Verdict, m.Body = words.Dot(m.Verdict), d.body()
	return m
}

// lead is the first line: it says whether anything is broken.
func (m Message) lead() string {
	if prefix := strings.TrimSpace(m.Urgency.Prefix()); prefix != "" {
		return prefix + ". " + words.Dot(m.Verdict)
	}
	return words.Dot(m.Verdict)
}

// Brief is the first line and so many lines at most: what happened, and what to do.
func (m Message) Brief(most int) []string {
	todo := m.todo()
	if len(todo) > most-1 {
		todo = todo[:most-1] // the most important comes first
	}
	lines := []string{m.lead()}
	for _, line := range m.Happened[:min(len(m.Happened), most-len(todo))] {
		lines = append(lines, words.Short(words.Line(line), longestLine))
	}
	return append(lines, todo...)
}

func (m Message) todo() (lines []string) {
	for _, s := range m.Steps[:min(len(m.Steps), mostSteps)] {
		lines = append(lines, words.Line(s.Text))
		if s.Command != "" {
			lines = append(lines, "    "+s.Command)
		}
	}
	return lines
}

const (
	mostLines   = 12 // that a phone shows
	mostSteps   = 2
	longestLine = 350
)

// body is what someone has to know who is woken by it. The rest is in what the last
// line names.
func (d *draft) body() string {
	todo := d.todo()
	if d.idle != "" {
		todo = append(todo, d.idle)
	}
	if d.more != "" {
		todo = append(todo, "More: "+d.more)
	}
	story := d.Happened[:min(len(d.Happened), mostLines-len(todo)-3)] // the verdict and two blank lines
	lines := []string{words.Line(d.lead()), ""}
	for _, line := range story {
		lines = append(lines, words.Short(words.Line(line), longestLine))
	}
	return strings.Join(append(append(lines, ""), todo...), "\n") + "\n"
}
