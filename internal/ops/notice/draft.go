package notice

import (
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// draft is a message that is being written, as a phone shows it.
type draft struct {
	Message
	keys []rotation.KeyID // whose ids the message shows
	idle string           // what happens if nothing is done
	more string           // where to read on
}

// message completes the message. The ids of keys are whole in all of it.
func (d *draft) message() Message {
	m := d.Message
	m.Steps = nil
	for _, s := range d.Steps {
		m.Steps = append(m.Steps, Step{d.whole(s.Text), d.whole(s.Command)})
	}
	m.Happened = nil
	for _, line := range d.Happened {
		m.Happened = append(m.Happened, d.whole(strings.TrimSpace(line)))
	}
	m.Subject = subject(d.whole(m.Urgency.Prefix() + m.Subject))
	m.Verdict, m.Body = d.whole(words.Dot(m.Verdict)), d.whole(d.body())
	return m
}

func (d *draft) whole(text string) string { return WholeKeys(d.keys, text) }

// WholeKeys writes the ids of keys out, of which a text has the last four characters.
// Those of which several end so stay as they are.
func WholeKeys(keys []rotation.KeyID, text string) string {
	whole := map[string]rotation.KeyID{}
	for _, id := range keys {
		if known, exists := whole[id.String()]; exists && known != id {
			id = rotation.KeyID(id.String())
		}
		whole[id.String()] = id
	}
	for short, id := range whole {
		text = strings.ReplaceAll(text, short, string(id))
	}
	return text
}

// lead is the first line: it says whether anything is broken.
func (m Message) lead() string {
	return strings.Replace(m.Urgency.Prefix(), " ", ". ", 1) + words.Dot(m.Verdict)
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
	longestLine = 300
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
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		lines = append(lines, indent+words.Short(words.Line(line), longestLine))
	}
	return strings.Join(append(append(lines, ""), todo...), "\n") + "\n"
}
