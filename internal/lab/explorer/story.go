package explorer

import (
	"fmt"
	"io"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/words"
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
		p.World.Tell(write)
		p.IAM.OnKeyChange(func(change lab.KeyChange) {
			write(lab.Line{At: change.At, Text: fmt.Sprintf("the key %s is %s by %s", change.Key, change.What, change.By)})
		})
	})
	for _, fault := range told.Missed() {
		told.WhyNot = append(told.WhyNot, by.whyNot(fault))
	}
	return told, err
}
