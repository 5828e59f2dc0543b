package explorer

import (
	"fmt"
	"io"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// Told is the result of a schedule whose story was told.
type Told struct {
	Result
	WhyNot []string // what was missed did not come to pass
}

// Tell plays a schedule and writes the story of what happens, event by event.
func Tell(s Schedule, lens Lens, out io.Writer) (told Told, err error) {
	var by *player
	told.Result, err = play(s, lens, func(p *player) {
		by = p
		write := func(line lab.Line) {
			who := line.Execution
			if who == "" {
				who = "--"
			}
			fmt.Fprintf(out, "%s  %-12s %-20s %s\n", words.Time(line.At, "Jan 02 15:04:05"), who, line.State, line.Text)
		}
		p.say = func(format string, args ...any) {
			write(lab.Line{At: p.Timeline.Now(), Text: fmt.Sprintf(format, args...)})
		}
		p.World.OnSay = func(text string) { p.say("%s", text) }
		p.IAM.OnKeyChange(func(change lab.KeyChange) {
			write(lab.Line{At: change.At, Text: fmt.Sprintf("the key %s is %s by %s", change.Key, change.What, change.By)})
		})
		describe := p.World.Describer()
		p.World.OnEvent = func(run *lab.Run, event statemachine.Event) {
			if text := describe(run, event); text != "" {
				write(lab.Line{At: event.Time, Execution: run.Name(), State: event.State, Text: text})
			}
			p.event(run, event)
		}
	})
	for _, fault := range told.Missed() {
		told.WhyNot = append(told.WhyNot, by.whyNot(fault))
	}
	return told, err
}
