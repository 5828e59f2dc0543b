package notice

import (
	"qovery-key-rotation/internal/words"
)

// message is the whole message about an alarm. An alarm is not about one key, so
// that it says what to look at and not what is broken.
func (a Alarm) message() Message {
	m := Message{Urgency: Calm}
	var p page
	switch a.State {
	case Ringing:
		m.Urgency, m.Subject = Check, "ALARM "+a.Name
		p.line("CHECK. An alarm rings. It doesn't say whether a key is broken; the command below does.")
		p.section("WHAT HAPPENED")
		p.line("The alarm %s rings since %s.", a.Name, words.At(a.At))
	case NoData:
		m.Urgency, m.Subject = Check, "CHECK alarm without data: "+a.Name
		p.line("CHECK. An alarm has no data to judge by. Nothing is known to be broken.")
		p.section("WHAT HAPPENED")
		p.line("The alarm %s has had no data since %s.", a.Name, words.At(a.At))
	default:
		m.Subject = "Alarm over: " + a.Name
		p.line("Nothing is broken as far as this alarm goes: it is over.")
		p.section("WHAT HAPPENED")
		p.line("The alarm %s ended %s.", a.Name, words.At(a.At))
	}
	if a.Description != "" {
		p.line("What it means: %s", words.Dot(a.Description))
	}
	if a.Reason != "" {
		p.line("In CloudWatch's words: %s", words.Dot(a.Reason))
	}
	p.section("WHAT TO DO")
	if a.State == Quiet {
		p.step(step{"Nothing. To see all targets:", "rotate status"})
	} else {
		p.step(step{"See all targets, then do what the alarm asks for:", "rotate status"})
	}
	p.section("DETAILS")
	p.field("alarm", a.Name)
	p.field("since", words.At(a.At))
	p.field("see", alarmPage(a.ARN, a.Name))
	m.Subject, m.Body = subject(m.Subject), p.String()
	return m
}
