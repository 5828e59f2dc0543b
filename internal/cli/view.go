package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
)

// view is how a command shows an execution while it runs.
type view interface {
	line(line) error      // something happened
	live(progress)        // nothing did, but time passes
	every() time.Duration // how often live wants to be called
	close()
}

// newView is lines of JSON, or plain lines, or on a terminal plain lines with one
// beneath them that is always up to date.
func newView(cmd *cobra.Command, f *stackFlags) view {
	out := cmd.OutOrStdout()
	t := terminalOf(out)
	switch {
	case f.json():
		return jsonView{out}
	case t != nil:
		return &liveView{plainView: plainView{out}, terminal: t}
	}
	return plainView{out}
}

type plainView struct{ out io.Writer }

// lineTime is how a line about an event begins.
const lineTime = "Jan 02 15:04:05"

func (v plainView) line(l line) error {
	_, err := fmt.Fprintf(v.out, "%s  %-20s %s\n", words.Time(l.At, lineTime), l.State, l.Text)
	return err
}

func (v plainView) live(progress)        {}
func (v plainView) every() time.Duration { return latest }
func (v plainView) close()               {}

// jsonView writes one object a line, so that a reader need not wait for the end.
type jsonView struct{ out io.Writer }

func (v jsonView) line(l line) error    { return writeLine(v.out, l) }
func (v jsonView) live(progress)        {}
func (v jsonView) every() time.Duration { return latest }
func (v jsonView) close()               {}

// liveView keeps one line up to date at the bottom.
type liveView struct {
	plainView
	terminal *terminal
}

func (v *liveView) line(l line) error {
	v.terminal.erase()
	return v.plainView.line(l)
}

func (v *liveView) live(p progress)      { v.terminal.repaint(p.String()) }
func (v *liveView) every() time.Duration { return time.Second }
func (v *liveView) close()               { v.terminal.erase() }

// String is the line that is kept up to date.
func (p progress) String() string {
	text := fmt.Sprintf("%s so far", words.Duration(p.Elapsed))
	if p.All > 0 {
		text = fmt.Sprintf("%d of %s done, %s", p.Done, words.Count(p.All, "cluster"), text)
	}
	switch {
	case p.State == "":
		return "starting, " + text
	case !p.Until.IsZero():
		return fmt.Sprintf("%s: %s left, until %s UTC (%s)", p.State, words.Duration(p.Left),
			words.Time(p.Until, time.TimeOnly), text)
	}
	return fmt.Sprintf("%s (%s)", p.State, text)
}

// outcome is how an execution ended, as JSON.
type outcome struct {
	Execution string             `json:"execution"`
	ARN       string             `json:"arn"`
	Target    string             `json:"target"`
	Status    notice.Status      `json:"status"`
	Ending    notice.Ending      `json:"ending"`
	Urgency   notice.Urgency     `json:"urgency"`
	Error     string             `json:"error,omitempty"`
	Cause     string             `json:"cause,omitempty"`
	StartedAt time.Time          `json:"startedAt"`
	StoppedAt time.Time          `json:"stoppedAt"`
	Document  *rotation.Document `json:"document,omitempty"`
	Message   string             `json:"message"`
}

// showEnd tells how an execution ended: in the words of the notice about it.
func showEnd(cmd *cobra.Command, f *stackFlags, e *ended) error {
	out := cmd.OutOrStdout()
	if f.json() {
		return writeLine(out, outcome{
			e.Name, e.ARN, e.message.Target, e.Status, e.message.Ending, e.message.Urgency, e.Error, e.Cause, e.StartedAt,
			e.StoppedAt, e.Output, e.message.Whole,
		})
	}
	_, err := fmt.Fprintf(out, "\n%s", paint(out, e.message))
	return err
}

// exit is the exit code that an execution's end calls for.
func (e *ended) exit() int {
	switch {
	case e.message.Ending == notice.Rotated, e.message.Ending == notice.AbortDone, e.message.Ending == notice.NotDue:
		return ExitSucceeded
	case e.message.Ending == notice.Planned && e.Status == notice.Succeeded &&
		(e.Output == nil || e.Output.Plan.Refused == ""):
		return ExitSucceeded
	case e.message.Ending == notice.Met:
		return ExitRunning
	}
	return ExitPaused
}
