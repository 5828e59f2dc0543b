package notice

import (
	"strings"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// draft is a message that is being written, as a phone shows it.
type draft struct {
	Message
	keys     []rotation.KeyID // whose ids the message shows
	happened []string
	idle     string // what happens if nothing is done
	more     string // where to read on
}

// message completes the message. The ids of keys are whole in all of it.
func (d *draft) message() Message {
	m := d.Message
	m.Steps = nil
	for _, s := range d.Steps {
		m.Steps = append(m.Steps, Step{d.whole(s.Text), d.whole(s.Command)})
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
func (d *draft) lead() string {
	return strings.Replace(d.Urgency.Prefix(), " ", ". ", 1) + words.Dot(d.Verdict)
}

const (
	mostLines   = 12 // that a phone shows
	mostSteps   = 2
	longestLine = 300
)

// body is what someone has to know who is woken by it. The rest is in what the last
// line names.
func (d *draft) body() string {
	var todo []string
	for _, s := range d.Steps[:min(len(d.Steps), mostSteps)] {
		todo = append(todo, words.Line(s.Text))
		if s.Command != "" {
			todo = append(todo, "    "+s.Command)
		}
	}
	if d.idle != "" {
		todo = append(todo, d.idle)
	}
	if d.more != "" {
		todo = append(todo, "More: "+d.more)
	}
	story := d.happened[:min(len(d.happened), mostLines-len(todo)-3)] // the verdict and two blank lines
	lines := []string{words.Line(d.lead()), ""}
	for _, line := range story {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		lines = append(lines, indent+words.Short(words.Line(line), longestLine))
	}
	return strings.Join(append(append(lines, ""), todo...), "\n") + "\n"
}
