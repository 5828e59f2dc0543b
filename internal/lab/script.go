package lab

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Scenario is a story: a world, and what people and misfortune do in it. As text
// it is a comment that says what happens, then one action a line, then, below
// "----", what is expected of it:
//
//	# A person stops the execution in the grace period; the next one resumes.
//	start rotation-1
//	until GracePeriod
//	stop
//	run rotation-2
//	----
//	rotation-1 ABORTED Stopped
//	  Preflight CreateKey ...
type Scenario struct {
	Name     string
	Sentence string // what happens, and how it ends
	Setup    Setup
	// Want is what is expected: how each execution ends, the states that it goes
	// through, and what is left then. Empty: nothing is.
	Want string

	text  string // all that is above the expectation
	lines []scriptLine
}

// scriptLine is one action of a script.
type scriptLine struct {
	number int
	text   string
	do     act
}

// act is what an action does when its turn comes.
type act func(*Operator) error

// MostScript is how many bytes a script has at most, and longestLine how many an action.
const (
	MostScript  = 1 << 20
	longestLine = 1000
)

// ParseScript reads a scenario, as any editor may have written it. Of the lines that are wrong
// the error names the first ten.
func ParseScript(name, text string) (Scenario, error) {
	s := Scenario{Name: name}
	switch {
	case len(text) > MostScript:
		return s, fmt.Errorf("it is longer than %d bytes", MostScript)
	case !utf8.ValidString(text) || strings.Contains(text, "\x00"):
		return s, errors.New("it isn't a text")
	}
	s.text, s.Want = parts(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"))
	var sentence []string
	var wrong []error
	for i, line := range strings.Split(s.text, "\n") {
		line = strings.TrimSpace(line)
		if comment, is := strings.CutPrefix(line, "#"); is && len(s.lines) == 0 {
			sentence = append(sentence, strings.TrimSpace(comment))
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.add(i+1, line); err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", i+1, err))
		}
	}
	s.Sentence = strings.Join(sentence, " ")
	if len(s.lines) == 0 && wrong == nil {
		wrong = append(wrong, errors.New("the script has no actions"))
	}
	return s, few(wrong)
}

const divider = "----"

// parts are what is above the line of the divider, and what is below it.
func parts(text string) (actions, want string) {
	above := 0
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \t\n") == divider {
			return text[:above], withEnd(text[above+len(line):])
		}
		above += len(line)
	}
	return withEnd(text), ""
}

// withEnd is a text, if it isn't empty, with the one line's end that it is to have.
func withEnd(text string) string {
	if text = strings.TrimRight(text, "\n"); text != "" {
		text += "\n"
	}
	return text
}

// few are the first ten, and how many more there are.
func few(wrong []error) error {
	const most = 10
	if more := len(wrong) - most; more > 0 {
		wrong = append(slices.Clip(wrong[:most]), fmt.Errorf("and %d more lines are wrong", more))
	}
	return errors.Join(wrong...)
}

// add adds a line. The world is there before all others.
func (s *Scenario) add(number int, line string) error {
	if len(line) > longestLine {
		return fmt.Errorf("it is longer than %d bytes", longestLine)
	}
	if options, is := strings.CutPrefix(line, "world "); is {
		if len(s.lines) > 0 {
			return errors.New("the world is described before anything happens in it")
		}
		return s.Setup.describe(options)
	}
	do, err := parseAction(line)
	s.lines = append(s.lines, scriptLine{number, line, do})
	return err
}

// Text writes the scenario with what is expected of it.
func (s Scenario) Text(want string) string { return s.text + divider + "\n" + want }

// Ends is how the last execution is expected to end: SUCCEEDED, or FAILED and why.
func (s Scenario) Ends() string {
	last := ""
	for line := range strings.Lines(s.Want) {
		if execution, ends, is := strings.Cut(strings.TrimSpace(line), " "); is && execution != "" && line[0] != ' ' {
			last = ends
		}
	}
	return last
}

// Action is a kind of line that scripts may have.
type Action struct {
	Usage string // begins with its name
	Help  string
	parse func(*args) act
}

// Actions are all of them.
var Actions []Action

// init makes what would be a cycle of variables: actions are made of actions, and
// scenarios of both.
func init() {
	Actions = slices.Concat(executionActions, personActions, faultActions, worldActions)
	Scenarios = readScenarios()
}

func parseAction(line string) (act, error) {
	a := &args{line: line, left: line}
	name := a.word("an action")
	for _, action := range Actions {
		if known, _, _ := strings.Cut(action.Usage, " "); known != name {
			continue
		}
		do := action.parse(a)
		if a.err == nil && a.left != "" {
			a.fail("%q is too much", a.left)
		}
		if a.err != nil {
			return nil, fmt.Errorf("%q: %w; it is written: %s", line, a.err, action.Usage)
		}
		return do, nil
	}
	return nil, fmt.Errorf("there is no action %q; 'rotate simulate --actions' lists them", name)
}

// args are the words of a line that are not read yet, and the first mistake.
type args struct {
	line, left string
	err        error
}

func (a *args) fail(format string, values ...any) {
	a.err = cmp.Or(a.err, fmt.Errorf(format, values...))
}

// word is the next word, or what stands between quotation marks.
func (a *args) word(what string) string {
	if a.left == "" {
		a.fail("%s is missing", what)
	}
	word, rest, _ := strings.Cut(a.left, " ")
	if quoted, err := strconv.QuotedPrefix(a.left); err == nil {
		word, _ = strconv.Unquote(quoted)
		rest = a.left[len(quoted):]
	}
	a.left = strings.TrimSpace(rest)
	return word
}

// optional is the next word if there is one.
func (a *args) optional() string {
	if a.left == "" {
		return ""
	}
	return a.word("")
}

// skip reads a word that must be there.
func (a *args) skip(word string) {
	switch got := a.optional(); got {
	case word:
	case "":
		a.fail("%q is missing", word)
	default:
		a.fail("%q isn't %q", got, word)
	}
}

// accept reads a word if it is there.
func (a *args) accept(word string) bool {
	rest, is := strings.CutPrefix(a.left+" ", word+" ")
	if is {
		a.left = strings.TrimSpace(rest)
	}
	return is
}

// rest is everything.
func (a *args) rest() (text string) {
	text, a.left = a.left, ""
	return text
}

// number is one from 1.
func (a *args) number(what string) int { return a.from(1, what) }

func (a *args) from(least int, what string) int {
	text := a.word(what)
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		a.fail("%q isn't a number from %d", text, least)
	}
	return n
}

// longest is more than any story takes; each virtual minute is gone through.
const longest = 366 * 24 * time.Hour

// offset is a duration that may be negative.
func (a *args) offset() time.Duration {
	text := a.word("a duration")
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		a.fail("%q isn't a duration such as 1h30m", text)
	case d.Abs() > longest:
		a.fail("%q is longer than a year", text)
	}
	return d
}

func (a *args) duration() time.Duration {
	d := a.offset()
	if d < 0 {
		a.fail("%s is negative", d)
	}
	return d
}

// state is the next word, which is a state of the machine.
func (a *args) state() string {
	state := a.word("a state")
	machine, err := loadMachine()
	if err != nil {
		a.fail("%w", err)
	} else if _, exists := machine.State(state); !exists {
		a.fail("there is no state %q", state)
	}
	return state
}

// oneOf is the next word, which is one of those.
func oneOf[T any](a *args, what string, values map[string]T) T {
	word := a.word(what)
	value, known := values[word]
	if !known {
		a.fail("%q isn't a %s", word, what)
	}
	return value
}

// waiting are the actions in which time passes.
var waiting = []string{"audit", "run", "until", "wait"}

// putOff is the rest of the line as an action that is done in its time, in which none passes.
func (a *args) putOff() act {
	next := &args{left: a.left}
	if name := next.optional(); slices.Contains(waiting, name) {
		a.fail("%q waits, and what is put off can't", name)
	}
	return a.action()
}

// action is the rest of the line as an action of its own.
func (a *args) action() act {
	if a.left == "" {
		a.fail("an action is missing")
		return nil
	}
	do, err := parseAction(a.rest())
	a.err = cmp.Or(a.err, err)
	return do
}
