package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/version"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

func (p Program) newDoctor() *cobra.Command {
	var f *stackFlags
	cmd := &cobra.Command{
		Use:   "doctor [TARGET]",
		Short: "Check what rotations need, and say how to fix what is wrong",
		Long: `doctor checks, one after the other, your login, the stack and its version; of the target,
or of each one, the token, the IAM user, the keys, the locations in Qovery, the clusters,
CloudTrail's regions, the schedule, the open rotation and the last audit; who gets the notices,
and the chats. It changes nothing.

A ✓ says that all is as it should be, a ✗ what is wrong and how to fix it, a ! what
rotations do without, such as an address that has not confirmed, and a ? what could not be
read, or can't be judged now. If there is a ✗, the exit code is 5; if there is none, but
something could not be read, 7.
You can paste the output into an issue: it has no secrets.`,
		Example: `  rotate doctor
  rotate doctor production --output json`,
		Args: atMostOne("target"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.doctor(cmd.Context(), f, args) },
	}
	f = p.onStack(cmd, "text")
	return cmd
}

// examination is what doctor finds.
type examination struct {
	Stack  string    `json:"stack"`
	At     time.Time `json:"at,omitzero"`
	Checks []check   `json:"checks"`

	isUnread bool // something could not be read
}

// check is one thing that doctor looks at.
type check struct {
	Target string   `json:"target,omitempty"`
	Name   string   `json:"check"`
	Result result   `json:"result"`
	Found  []string `json:"found"` // in sentences
	ToDo   string   `json:"toDo,omitempty"`
}

type result string

const (
	sound    result = "ok"
	wrong    result = "wrong"
	warned   result = "warning" // doesn't change the exit code
	notKnown result = "unknown"
)

func (p Program) doctor(ctx context.Context, f *stackFlags, targets []string) error {
	e := &examination{Stack: f.name}
	ended := p.examine(ctx, f, targets, e)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	exitCode := ExitSucceeded
	switch {
	case ended != nil && problemOf(ended).exit == ExitUsage:
		return ended
	case ended != nil:
		exitCode = problemOf(ended).exit
	case e.count(wrong) > 0:
		exitCode = ExitAttention
	case e.isUnread:
		exitCode = ExitUnread
	}
	err := p.answer(f.output, e, func() { showExamination(p.Out, e, ended != nil) })
	return cmp.Or(exit(exitCode), err) // that the output is lost, is said in any case
}

// examine returns what keeps it from the checks that are left.
func (p Program) examine(ctx context.Context, f *stackFlags, targets []string, e *examination) error {
	cfg, err := p.logIn(ctx, f)
	if err != nil {
		return e.end("login", err)
	}
	e.add("", "login", sound, "AWS credentials for "+cfg.Region)
	s, err := p.findStack(ctx, f, cfg)
	if err != nil {
		return e.end("stack", err)
	}
	reader, err := s.reader()
	if err != nil {
		return e.end("stack", err)
	}
	e.add("", "stack", sound, fmt.Sprintf("%s in the account %s", s.name, s.account))
	if err := s.requireAgeLimit(); err != nil {
		return e.end("version", err)
	}
	e.checkVersion(s)
	if len(targets) == 0 {
		targets, err = s.targets.Names(ctx)
	} else if _, unknown := s.target(ctx, targets[0]); unknown != nil && problemOf(unknown).exit == ExitUsage {
		err = unknown
	}
	if err != nil {
		return e.end("targets", err)
	}
	if len(targets) == 0 {
		e.add("", "targets", wrong, "The stack has no targets").ToDo = "Add one to rotation.json, then: make deploy"
	}
	working, workingErr := s.states.running(ctx)
	for _, name := range targets {
		e.checkTarget(ctx, reader, s.look(ctx, name, reader.LookTwice(ctx, name), working, workingErr))
	}
	e.checkAddresses(s.notices(ctx))
	e.checkChat(ctx, s)
	e.At = s.clock.Now().Truncate(time.Second)
	return nil
}

// checkVersion: what a command shows of an execution it knows by its own definition.
func (e *examination) checkVersion(s *stack) {
	own := version.Read()
	if s.definition != statemachine.Fingerprint() {
		e.add("", "version", wrong, fmt.Sprintf("The stack was deployed with %s, and this command line is %s",
			cmp.Or(s.version, "another version"), own)).ToDo =
			"Use the command line of the stack's version, or deploy the stack with this one: make deploy"
		return
	}
	stack := "the stack"
	if s.version != "" {
		stack += ", " + s.version + ","
	}
	e.add("", "version", sound, fmt.Sprintf("%s; %s has the same state machine", own, stack))
}

// add adds a check, whose advice may still be missing.
func (e *examination) add(target, name string, r result, found ...string) *check {
	e.Checks = append(e.Checks, check{Target: target, Name: name, Result: r, Found: found})
	return &e.Checks[len(e.Checks)-1]
}

// end adds what keeps doctor from all that is left.
func (e *examination) end(name string, err error) error {
	e.unread("", name, wrong, err)
	return err
}

func (e *examination) count(r result) int {
	return len(slices.DeleteFunc(slices.Clone(e.Checks), func(c check) bool { return c.Result != r }))
}

func showExamination(out io.Writer, e *examination, ended bool) {
	marks := map[result]string{sound: colour(out, green, "✓"), wrong: colour(out, red, "✗"),
		warned: colour(out, yellow, "!"), notKnown: colour(out, yellow, "?")}
	var text strings.Builder
	target := ""
	for _, c := range e.Checks {
		if c.Target != target {
			target = c.Target
			fmt.Fprintf(&text, "\n%s", target)
			if target != "" {
				fmt.Fprintln(&text)
			}
		}
		first, more := c.Found[0], c.Found[1:]
		if c.Result != sound {
			first = words.Dot(first)
		}
		fmt.Fprintf(&text, "%s %-10s %s\n", marks[c.Result], c.Name, first)
		if c.ToDo != "" {
			more = append(slices.Clone(more), c.ToDo)
		}
		for _, line := range more {
			fmt.Fprintf(&text, "  %-10s %s\n", "", words.Dot(line))
		}
	}
	fmt.Fprintf(&text, "\n%s\n", words.Dot(e.verdict(ended)))
	say(out, text.String())
}

// verdict sums the checks up.
func (e *examination) verdict(ended bool) string {
	bad, warnings, open := e.count(wrong), e.count(warned), e.count(notKnown)
	switch {
	case ended:
		return "Until that is fixed, nothing else can be checked"
	case bad+warnings+open == 0:
		return "All is well, " + words.At(e.At)
	}
	return fmt.Sprintf("%d of %s wrong, %s, %d not known, %s", bad, words.Count(len(e.Checks), "check"),
		words.Count(warnings, "warning"), open, words.At(e.At))
}
