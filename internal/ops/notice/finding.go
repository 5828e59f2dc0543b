package notice

import (
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Finding is what an audit found, or found to be over.
type Finding struct {
	Target  target.Target // with nothing but its name where it could not be read
	Kind    string
	Urgency Urgency
	Title   string   // what is so, in a few words: "a leftover key AKIA..."
	Verdict string   // is anything broken?
	Found   []string // what is so, in sentences
	Advice  string   // what to do
	Command string   // what to type
	Keys    KeyIDs   // that may be shown
}

// Message is the message about it.
func (f Finding) Message() Message {
	d := draft{
		Message: Message{Subject: f.Target.Name + ": " + f.Title, Urgency: f.Urgency, Target: f.Target.Name,
			Verdict: f.Verdict, Steps: []Step{{f.Advice, f.Command}}, Code: f.Kind, Thread: f.Target.Name + " audit"},
		more: "rotate explain what-the-audit-finds",
	}
	for _, line := range f.Found {
		d.Happened = append(d.Happened, words.Dot(f.Keys.quotable(line)))
	}
	return d.message()
}
