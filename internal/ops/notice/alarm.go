package notice

import (
	"fmt"

	"qovery-key-rotation/internal/words"
)

// message is the message about an alarm. An alarm is not about one key, so that it
// says what to look at and not what is broken.
func (a Alarm) message() Message {
	m := Message{Urgency: Check, More: alarmPage(a.ARN, a.Name)}
	do := Step{"See all targets, then do what the alarm asks for:", "rotate status"}
	switch a.State {
	case Ringing:
		m.Subject, m.Verdict = "alarm "+a.Name,
			"An alarm rings. It doesn't say whether a key is broken; the command below does."
		m.Happened = []string{fmt.Sprintf("The alarm %s rings since %s.", a.Name, words.At(a.At))}
	case NoData:
		m.Subject, m.Verdict = "alarm without data: "+a.Name,
			"An alarm has no data to judge by. Nothing is known to be broken."
		m.Happened = []string{fmt.Sprintf("The alarm %s has had no data since %s.", a.Name, words.At(a.At))}
	default:
		m.Urgency, m.Subject = Calm, "alarm over: "+a.Name
		m.Verdict = "Nothing is broken as far as this alarm goes: it is over."
		m.Happened = []string{fmt.Sprintf("The alarm %s ended %s.", a.Name, words.At(a.At))}
		do.Text = "Nothing. To see all targets:"
	}
	if a.Description != "" {
		m.Happened = append(m.Happened, "What it means: "+words.Dot(a.Description))
	}
	if a.Reason != "" {
		m.Happened = append(m.Happened, "In CloudWatch's words: "+words.Dot(a.Reason))
	}
	m.Steps = []Step{do}
	return m.Complete()
}
