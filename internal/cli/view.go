package cli

import (
	"cmp"
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
	line(line) // something happened
	// live: nothing did, but time passes. It returns when it wants to be called again.
	live(*checklist, time.Time) time.Duration
	close(*checklist, time.Time)
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

func (v *plainView) live(list *checklist, now time.Time) time.Duration {
	if v.last.IsZero() {
		v.last = now
	}
	if now.Sub(v.last) >= heartbeat {
		v.line(line{At: now, State: story.PhaseOf(list.state), Text: list.brief(now)})
	}
	return latest
}

func (v *plainView) close(*checklist, time.Time) {}

// jsonView writes one object a line, so that a reader need not wait for the end.
type jsonView struct{ out io.Writer }

func (v jsonView) line(l line)                              { _ = writeJSON(v.out, l) } // follow sees that it is lost
func (v jsonView) live(*checklist, time.Time) time.Duration { return latest }
func (v jsonView) close(*checklist, time.Time)              {}

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

func (v *liveView) live(list *checklist, now time.Time) time.Duration {
	width, height := sizeOf(v.terminal.out)
	lines := list.lines(now, width-1, height-1)
	if v.trouble != "" {
		lines = append(lines, words.Wrap("  ", v.trouble, width-1)...)
	}
	v.terminal.repaint(lines...)
	return time.Second
}

func (v *liveView) close(list *checklist, now time.Time) {
	v.live(list, now)
	v.terminal.leave()
}

// brief is how it is, on one line.
func (c *checklist) brief(now time.Time) string {
	text := fmt.Sprintf("%s so far", words.Duration(now.Sub(cmp.Or(c.began, now))))
	if done, all := story.Clusters(c.doc); all > 0 {
		text = fmt.Sprintf("%d of %s done, %s", done, words.Count(all, "cluster"), text)
	}
	if end, guessed := c.until(); !guessed && end.After(now) {
		text = fmt.Sprintf("%s left, until %s; %s", words.Duration(end.Sub(now)), words.Time(end, "15:04:05 UTC"), text)
	}
	return text
}

// showEnd tells how an execution ended: in the words of the notice about it.
func (s *stack) showEnd(e *ended) error {
	return s.answer(s.flags.output, *e, func() {
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
