package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/story"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

// view is how a command shows an execution while it runs.
type view interface {
	line(line)            // something happened
	live(progress)        // nothing did, but time passes
	every() time.Duration // how often live wants to be called
	close(progress)
}

// newView is lines of JSON, or plain lines, or on a terminal a checklist that is always up
// to date.
func (s *stack) newView() view {
	t := terminalOf(s.Out)
	switch {
	case s.flags.json():
		return jsonView{s.Out}
	case t != nil:
		return &liveView{terminal: t}
	}
	return &plainView{out: s.Out}
}

// plainView is a line for each event, and a sign of life where none comes.
type plainView struct {
	out  io.Writer
	last time.Time // that something was written
}

const (
	// lineTime is how a line about an event begins.
	lineTime  = "Jan 02 15:04:05"
	heartbeat = 5 * time.Minute
)

func (v *plainView) line(l line) {
	if l.At.After(v.last) {
		v.last = l.At
	}
	fmt.Fprintf(v.out, "%s  %-20s %s\n", words.Time(l.At, lineTime+" UTC"), l.State, l.Text)
}

func (v *plainView) live(p progress) {
	if v.last.IsZero() {
		v.last = p.now
	}
	if p.now.Sub(v.last) >= heartbeat {
		v.line(line{At: p.now, State: story.PhaseOf(p.state), Text: p.String()})
	}
}

func (v *plainView) every() time.Duration { return latest }
func (v *plainView) close(progress)       {}

// jsonView writes one object a line, so that a reader need not wait for the end.
type jsonView struct{ out io.Writer }

func (v jsonView) line(l line)          { _ = writeLine(v.out, l) } // follow sees that it is lost
func (v jsonView) live(progress)        {}
func (v jsonView) every() time.Duration { return latest }
func (v jsonView) close(progress)       {}

// liveView repaints the checklist in its place.
type liveView struct {
	terminal *terminal
	trouble  string // with looking
}

func (v *liveView) line(l line) {
	v.trouble = ""
	if l.State == "" && l.Error != "" {
		v.trouble = l.Text
	}
}

func (v *liveView) live(p progress) {
	width, height := sizeOf(v.terminal.out)
	lines := p.list.lines(p.now, width-1, height-1)
	if v.trouble != "" {
		lines = append(lines, words.Wrap("  ", v.trouble, width-1)...)
	}
	v.terminal.repaint(lines...)
}

func (v *liveView) every() time.Duration { return time.Second }

func (v *liveView) close(p progress) {
	v.live(p)
	v.terminal.leave()
}

// String is how it is, on one line.
func (p progress) String() string {
	text := fmt.Sprintf("%s so far", words.Duration(p.elapsed))
	if p.all > 0 {
		text = fmt.Sprintf("%d of %s done, %s", p.done, words.Count(p.all, "cluster"), text)
	}
	if !p.until.IsZero() && p.left > 0 {
		text = fmt.Sprintf("%s left, until %s; %s", words.Duration(p.left), words.Time(p.until, "15:04:05 UTC"), text)
	}
	return text
}

// showEnd tells how an execution ended: in the words of the notice about it.
func (s *stack) showEnd(e *ended) error {
	return s.answerLine(s.flags.output, *e, func() {
		text := e.Message
		if !s.flags.full {
			text = strings.Join(e.notice.Brief(mostAtEnd), "\n") + "\n"
		}
		say(s.Out, "\n"+paint(s.Out, e.Urgency, text))
	})
}

// mostAtEnd is how many lines follow the verdict.
const mostAtEnd = 6

// exit is the exit code that an execution's end calls for.
func (e *ended) exit() int {
	ending := e.Ending
	switch {
	case ending == notice.Planned && e.Document != nil && e.Document.Plan.Refused != "", ending.IsUnchanged():
		return ExitRefused
	case ending == notice.Rotated, ending == notice.AbortDone, ending == notice.NotDue,
		ending == notice.Planned && e.Status == statemachine.Succeeded:
		return ExitSucceeded
	case ending == notice.Met:
		return ExitRunning
	case ending.IsPaused():
		return ExitPaused
	}
	return ExitFailed
}
