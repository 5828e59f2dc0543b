package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"qovery-key-rotation/internal/cli"
)

// typed is a command line as it is tried in all modes.
type typed struct {
	before string // what happens first, as a script
	line   string
	code   int
}

const (
	begun  = "exec rotate start production --yes\nworld until ObservationPeriod\nworld pass 28m\n"
	paused = begun + "exec rotate abort production\n"
)

// alike say the same on a terminal and in a pipe.
var alike = []typed{
	{"", "status", cli.ExitSucceeded}, {"", "status -o wide", cli.ExitSucceeded},
	{"world second-key\nworld unconfirmed\n", "status", cli.ExitAttention},
	{paused, "status", cli.ExitAttention}, {paused, "doctor", cli.ExitAttention},
	{"", "doctor", cli.ExitSucceeded}, {"world schedule DISABLED\nworld unconfirmed\n", "doctor", cli.ExitAttention},
	{"", "start production --yes", cli.ExitSucceeded},
	{begun, "history production", cli.ExitSucceeded},
	{"", "uses AKIAIOSFODNN7EXAMPLE", cli.ExitSucceeded},
	{"", "release production --yes", cli.ExitNothing},
	{"", "freeze production --until 2026-01-20T08:00:00Z --reason Sale", cli.ExitSucceeded},
	{"", "unfreeze production", cli.ExitNothing},
	{"", "report --simulation plain --file page.html", cli.ExitSucceeded},
	{"", "init </dev/null", cli.ExitUsage},
	{"", "simulate", cli.ExitSucceeded}, {"", "simulate --list", cli.ExitSucceeded},
	{"", `explore --replay "one: GracePeriod#1 stop-start"`, cli.ExitSucceeded},
	{"", "diagram", cli.ExitSucceeded}, {"", "version", cli.ExitSucceeded}, {"", "help", cli.ExitSucceeded},
	{"", "completion bash", cli.ExitSucceeded}, {"", "sttaus", cli.ExitUsage},
}

// unfitted are tables, questions that are answered from a file, what is told line by line, and help,
// which is always as wide.
var unfitted = regexp.MustCompile(`^(status -o wide|history|uses|init|simulate|explore|diagram|help|completion)`)

// painted are shown otherwise on a terminal: in their place, or without the marks of Markdown.
var painted = []typed{
	{begun, "watch production", cli.ExitSucceeded}, {begun, "abort production", cli.ExitSucceeded},
	{"", "start production --dry-run", cli.ExitSucceeded},
	{"world second-key\nworld remember newest\n", "retire production $KEY --dry-run", cli.ExitSucceeded},
	{"world do add credentials role\n", `migrate production --to "AWS by role" --dry-run`, cli.ExitSucceeded},
	{"", "explain", cli.ExitSucceeded}, {paused, "explain production", cli.ExitSucceeded},
	{"", "explain OldKeyStillInUse", cli.ExitSucceeded},
}

// modes are how a command is run: on a terminal so wide, or in a pipe.
var modes = []mode{{"60", 60, ""}, {"80", 80, ""}, {"120", 120, ""}, {"plain", 80, "env NO_COLOR=1\n"}, {"pipe", 0, ""}}

type mode struct {
	name  string
	width int
	env   string
}

// script runs a command, and keeps what it says.
func (m mode) script(c typed) string {
	run := "exitcode %[1]d sh -c 'rotate %[2]s 2>&1'\ncp stdout said\n"
	if m.width > 0 {
		run = "ttyin nothing\nexitcode %[1]d sh -c 'stty cols %[3]d rows 40 </dev/tty; " +
			"rotate %[2]s >/dev/tty 2>/dev/tty; code=$?; sleep 0.3; exit $code'\ncp ttyout said\n"
	}
	return c.before + m.env + fmt.Sprintf(run+"%[4]s", c.code, c.line, m.width, "keep\n-- nothing --\n\n")
}

// TestModes runs each command in each mode. It ends alike, has colours only where they are
// wanted, and is no wider than the terminal where it is painted.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal")
	}
	all := slices.Concat(alike, painted)
	said := sayAll(t, all, modes)
	for i, c := range all {
		for _, m := range modes {
			text := said[fmt.Sprintf("%d-%s", i, m.name)]
			switch {
			case text == "":
				t.Errorf("%s, %s: nothing", c.line, m.name)
			case m.width == 0 && strings.Contains(text, "\x1b"), m.env != "" && strings.Contains(text, "\x1b[3"):
				t.Errorf("%s, %s: colours in %q", c.line, m.name, text)
			case i < len(alike) && unpainted(text) != unpainted(said[fmt.Sprintf("%d-pipe", i)]):
				t.Errorf("%s, %s: it isn't what a pipe gets: %s", c.line, m.name, text)
			}
			if m.width > 0 && !unfitted.MatchString(c.line) {
				requireWidth(t, c.line, text, m.width)
			}
		}
	}
}

// questions are asked on a terminal, and answered with nothing.
var questions = []typed{
	{"world do add credentials role\n", `migrate production --to "AWS by role" </dev/tty`, cli.ExitFailed},
	{"world do add credentials role\nworld do migrate\n", "abort production </dev/tty", cli.ExitFailed},
	{"world second-key\nworld remember newest\n", "retire production $KEY </dev/tty", cli.ExitFailed},
	{paused, "release production </dev/tty", cli.ExitFailed},
	{"", "start production </dev/tty", cli.ExitFailed},
	{"", "start production --leaked $OLD_KEY --at-once </dev/tty", cli.ExitFailed},
}

// TestQuestionsFit: what a person decides is no wider than the terminal.
func TestQuestionsFit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal")
	}
	said := sayAll(t, questions, modes[:2])
	for i, c := range questions {
		for _, m := range modes[:2] {
			question, refused, found := strings.Cut(said[fmt.Sprintf("%d-%s", i, m.name)], "rotate: Nothing was done")
			if !found {
				t.Errorf("%s: nothing was asked: %s%s", c.line, question, refused)
			}
			requireWidth(t, c.line, question, m.width)
		}
	}
}

// sayAll is what the commands say, by their number and the mode.
func sayAll(t *testing.T, commands []typed, modes []mode) map[string]string {
	t.Helper()
	dir, said := t.TempDir(), map[string]string{}
	for i, c := range commands {
		for _, m := range modes {
			file := filepath.Join(dir, fmt.Sprintf("%d-%s.txt", i, m.name))
			if err := os.WriteFile(file, []byte(m.script(c)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var mu sync.Mutex
	params := scripts(dir)
	params.Cmds["keep"] = func(ts *testscript.TestScript, _ bool, _ []string) {
		mu.Lock()
		defer mu.Unlock()
		said[ts.Name()] = ts.ReadFile("said")
	}
	t.Run("scripts", func(t *testing.T) { testscript.Run(t, params) })
	return said
}

var escape = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// unpainted are the words of a text.
func unpainted(text string) string {
	return strings.Join(strings.Fields(escape.ReplaceAllString(text, "")), " ")
}

// whole is a line that is never cut: a command to copy, or one word with its label.
var whole = regexp.MustCompile(`^ *\$ |^ *(\S+ +)?((rotate|aws) .*|\S+)$`)

func requireWidth(t *testing.T, what, text string, width int) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(escape.ReplaceAllString(text, ""), "\r", "\n")) {
		line = strings.TrimRight(line, "\n")
		if utf8.RuneCountInString(line) > width && !whole.MatchString(line) {
			t.Errorf("%s: wider than %d: %s", what, width, line)
		}
	}
}

// Every command of the help is run in all modes.
func TestModesOfEveryCommand(t *testing.T) {
	var help bytes.Buffer
	cli.Program{Out: &help, Err: &help}.Run(t.Context(), []string{"help"})
	commands := regexp.MustCompile(`(?m)^  ([a-z]+) {2,}[A-Z]`).FindAllStringSubmatch(help.String(), -1)
	for _, command := range commands {
		if !slices.ContainsFunc(slices.Concat(alike, painted), func(c typed) bool {
			return strings.Fields(c.line)[0] == command[1]
		}) {
			t.Errorf("%s is not run", command[1])
		}
	}
	if len(commands) < 20 {
		t.Errorf("%d commands in the help", len(commands))
	}
}
