package lab

import (
	"time"

	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/statemachine"
)

// Line is one line of a story.
type Line struct {
	At        time.Time `json:"at"`
	Execution string    `json:"execution,omitempty"` // empty: what a person does
	State     string    `json:"state,omitempty"`
	Text      string    `json:"text"`
	Error     string    `json:"error,omitempty"` // its code
}

// Tell has every event of the world told as a line, before those hear of it who do so far.
func (w *World) Tell(tell func(Line)) {
	w.OnSay = func(text string) { tell(Line{At: w.Timeline.Now(), Text: text}) }
	tellers, heard := map[*Run]*story.Teller{}, w.OnEvent
	w.OnEvent = func(run *Run, event statemachine.Event) {
		if tellers[run] == nil {
			tellers[run] = story.NewTeller(w.machine)
		}
		if text := tellers[run].Describe(event); text != "" {
			tell(Line{At: event.Time, Execution: run.Name(), State: event.State, Text: text, Error: event.Error})
		}
		if heard != nil {
			heard(run, event)
		}
	}
}
