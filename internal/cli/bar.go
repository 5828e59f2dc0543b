package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar shows how far something is: on a terminal in one line that is kept up to
// date, elsewhere in a plain line now and then.
type bar struct {
	out      io.Writer
	terminal *terminal
	said     time.Time
}

const (
	barWidth = 24
	barEvery = 15 * time.Second // without a terminal
)

func newBar(out io.Writer) *bar {
	return &bar{out: out, terminal: terminalOf(out), said: time.Now()}
}

// show shows how much is done, from 0 to 1, and what is being done.
func (b *bar) show(done float64, text string) {
	percent := fmt.Sprintf("%3.0f %%  %s", 100*done, text)
	if b.terminal != nil {
		b.terminal.repaint(drawBar(done) + " " + percent)
		return
	}
	if time.Since(b.said) >= barEvery {
		b.said = time.Now()
		fmt.Fprintln(b.out, percent)
	}
}

// drawBar draws how much is done, from 0 to 1.
func drawBar(done float64) string {
	full := int(barWidth * min(max(done, 0), 1))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}

// erase makes room for a line of something else.
func (b *bar) erase() {
	if b.terminal != nil {
		b.terminal.erase()
	}
}
