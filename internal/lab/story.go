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

// Tell has every event of the world told as a line.
func (w *World) Tell(tell func(Line)) {
	w.OnSay = func(text string) { tell(Line{At: w.Timeline.Now(), Text: text}) }
	describe := w.Describer()
	w.OnEvent = func(run *Run, event statemachine.Event) {
		if text := describe(run, event); text != "" {
			tell(Line{At: event.Time, Execution: run.Name(), State: event.State, Text: text, Error: event.Error})
		}
	}
}

// Describer returns what says what events of executions mean, or "" of those
// that need no words. It must be told of all of them.
func (w *World) Describer() func(*Run, statemachine.Event) string {
	tellers := map[*Run]*story.Teller{}
	return func(run *Run, event statemachine.Event) string {
		if tellers[run] == nil {
			tellers[run] = story.NewTeller(w.machine)
		}
		return tellers[run].Describe(event)
	}
}
