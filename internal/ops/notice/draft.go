package notice

import (
	"slices"
	"strings"

	"qovery-key-rotation/internal/words"
)

// Complete makes of what a message says what a phone shows.
func (m Message) Complete() Message {
	m.Subject = subject(m.Urgency.Prefix() + m.Subject)
	m.Verdict = words.Dot(m.Verdict)
	m.Body = m.body()
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
	todo = todo[:min(len(todo), most-1)] // the most important comes first
	return append(append([]string{m.lead()}, m.story(most-len(todo))...), todo...)
}

// story is what happened, in so many lines at most.
func (m Message) story(most int) (lines []string) {
	for _, line := range m.Happened[:min(len(m.Happened), most)] {
		lines = append(lines, words.Short(words.Line(line), longestLine))
	}
	return lines
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
func (m Message) body() string {
	todo := m.todo()
	if m.Idle != "" {
		todo = append(todo, m.Idle)
	}
	if m.More != "" {
		todo = append(todo, "More: "+m.More)
	}
	story := m.story(mostLines - len(todo) - 3) // the verdict and two blank lines
	lines := slices.Concat([]string{words.Line(m.lead()), ""}, story, []string{""}, todo)
	return strings.Join(lines, "\n") + "\n"
}
