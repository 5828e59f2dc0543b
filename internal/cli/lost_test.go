package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

// full is a disk that has room for so many bytes, or a pipe that is closed after
// them.
type full struct {
	bytes.Buffer
	room int
	err  error
}

func (f *full) Write(data []byte) (int, error) {
	if left := f.room - f.Len(); len(data) > left {
		f.Buffer.Write(data[:left])
		return left, f.err
	}
	return f.Buffer.Write(data)
}

// answer is something that people type, in an account where something is so.
type answer struct {
	so   func(*testing.T, *lab.World)
	args string
}

func idle(*testing.T, *lab.World) {}

// running is a rotation that is nearly over, so that watching it takes no time.
func running(t *testing.T, w *lab.World) {
	if _, err := w.Start("running", `{"target": "production"}`); err != nil {
		t.Fatal(err)
	}
	if !w.Runs()[0].UntilIn("ObservationPeriod") {
		t.Fatal("no execution comes to ObservationPeriod")
	}
	w.Sleep(29 * time.Minute)
}

func completed(t *testing.T, w *lab.World) {
	running(t, w)
	w.Sleep(4 * time.Hour)
}

func interrupted(t *testing.T, w *lab.World) {
	running(t, w)
	w.Runs()[0].Stop()
	w.Sleep(time.Minute)
}

func frozen(t *testing.T, w *lab.World) {
	t.Helper()
	freeze := target.Freeze{From: "2026-01-12T08:00:00Z", To: "2026-01-20T08:00:00Z", Reason: "Sale"}
	if err := w.Journal.Remember(rotation.FreezeOf(lab.TargetName), freeze); err != nil {
		t.Fatal(err)
	}
}

// waiting is a rotation that can't begin yet.
func waiting(t *testing.T, w *lab.World) {
	w.Qovery.Deploy(w.Clusters[0])
	w.Sleep(time.Minute)
	if _, err := w.Start("waiting", `{"target": "production"}`); err != nil {
		t.Fatal(err)
	}
	w.Sleep(0)
}

// answers are all commands, in every way in which they answer.
var answers = []answer{
	{idle, ""}, {idle, "--help"}, {idle, "help start"}, {idle, "help"}, {idle, "--version"},
	{idle, "completion"}, {idle, "completion bash"}, {idle, "completion fish"}, {idle, "completion powershell"},
	{idle, "completion zsh"},
	{idle, "__complete history prod"},
	{idle, "init --qovery-api-url $QOVERY --file " + os.DevNull},
	{idle, "version"}, {idle, "version --output json"},
	{idle, "explain"}, {idle, "explain TokenRefused"}, {idle, "explain --output json"},
	{idle, "explain TokenRefused --output json"},
	{idle, "diagram"}, {idle, "diagram --output json"},
	{idle, "simulate"}, {idle, "simulate --output json"}, {idle, "simulate --list"},
	{idle, "simulate --list --output json"},
	{idle, "simulate --scenario two-keys"},
	{idle, "explore --singles=false --random 1"}, {idle, "explore --singles=false --random 1 --output json"},
	{idle, "explore --replay one:"}, {idle, "explore --replay one: --output json"},
	{idle, "report --simulation plain"}, {idle, "report --simulation plain --output json"},
	{completed, "report production"},
	{completed, "status"}, {completed, "status --output json"}, {completed, "status --output wide"},
	{completed, "status --all --config testdata/stacks.json --output json"},
	{completed, "doctor"}, {completed, "doctor --output json"}, {interrupted, "doctor"},
	{idle, "history production"}, {completed, "history production"}, {completed, "history production --output json"},
	{idle, "start production --yes"}, {idle, "start production --yes --output json"}, {idle, "start production --dry-run"},
	{idle, "start production --dry-run --output json"},
	{completed, "watch running"}, {running, "watch production"}, {running, "watch production --output json"},
	{idle, "uses AKIAIOSFODNN7EXAMPLE"}, {idle, "uses AKIAIOSFODNN7EXAMPLE --output json"},
	{running, "abort production"}, {running, "abort production --output json"}, {interrupted, "abort production"},
	{idle, "migrate production --to role --yes"},
	{idle, "retire production OLDKEY --yes"},
	{idle, "retire production OLDKEY --yes --output json"},
	{waiting, "abort production --output json"},
	{interrupted, "release production --yes"}, {interrupted, "release production --yes --output json"},
	{running, "freeze production --reason Sale --until 2026-01-20T09:00:00Z"},
	{idle, "freeze production --reason Sale --until 2026-01-20T09:00:00Z --output json"},
	{frozen, "unfreeze production"}, {frozen, "unfreeze production --output json"},
}

// toInit answers what init asks: overwrite, token, organization, name, compliance, time
// and addresses. No other command reads it.
const toInit = "y\nqov_5f0b7c1e_fake\n5f0b7c1e-3c55-4f0e-9d0e-6b8d1a2c4e10\n\nn\n\nplatform@example.org\n"

// program runs a command in an account of its own.
func program(t *testing.T, a answer, out, errs io.Writer) int {
	t.Helper()
	account, err := newAccount(lab.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	defer account.close()
	for name, value := range account.environment() {
		t.Setenv(name, value)
	}
	a.so(t, account.world)
	in, clock := strings.NewReader(toInit), testClock{account.aws.URL}
	args := strings.ReplaceAll(os.ExpandEnv(a.args), "OLDKEY", string(account.world.OldKey.ID))
	return cli.Program{Clock: clock, In: in, Out: out, Err: errs}.Run(context.Background(), strings.Fields(args))
}

// An answer of which a part is lost is no success, whoever lost it, and however
// little: the exit code says so, and so does a sentence.
func TestLostOutputIsNoSuccess(t *testing.T) {
	for _, a := range answers {
		t.Run(a.args, func(t *testing.T) {
			var whole, errs bytes.Buffer
			code := program(t, a, &whole, &errs)
			if whole.Len() == 0 || strings.Contains(errs.String(), "could not be written") {
				t.Fatalf("exit code %d, %q, %q", code, whole.String(), errs.String())
			}
			want := code
			if code == cli.ExitSucceeded {
				want = cli.ExitUnwritten
			}
			for _, room := range []int{0, whole.Len() / 2, whole.Len() - 1} {
				out, errs := &full{room: room, err: syscall.ENOSPC}, &bytes.Buffer{}
				got := program(t, a, out, errs)
				if got != want || strings.Count(errs.String(), "The output could not be written: no space left on device. ") != 1 {
					t.Errorf("with room for %d of %d bytes: exit code %d, want %d; %q", room, whole.Len(), got, want, errs.String())
				}
			}
		})
	}
}

// Whoever closes a pipe has read enough: that ends a command without a word, with
// the exit code that a shell knows for it.
func TestClosedPipe(t *testing.T) {
	for _, a := range []answer{{idle, "simulate"}, {running, "watch production"}, {running, "abort production"},
		{idle, "completion bash"}} {
		out, errs := &full{room: 20, err: syscall.EPIPE}, &bytes.Buffer{}
		if code := program(t, a, out, errs); code != cli.ExitClosedPipe || errs.Len() > 0 {
			t.Errorf("rotate %s: exit code %d, %q", a.args, code, errs.String())
		}
	}
}

// A command does what it is for, also when no one can read that it does.
func TestLostOutputStopsNoAbort(t *testing.T) {
	var world *lab.World
	a := answer{func(t *testing.T, w *lab.World) {
		running(t, w)
		world = w
	}, "abort production"}
	program(t, a, &full{err: syscall.EPIPE}, &bytes.Buffer{})
	if runs := world.Runs(); len(runs) != 2 || !strings.Contains(string(runs[1].Input()), `"abort":true`) {
		t.Errorf("the old key is brought back by none of %d executions", len(runs))
	}
}

// What is said beside the answer counts, too.
func TestLostWordsAreNoSuccess(t *testing.T) {
	file := t.TempDir() + "/report.html"
	a := answer{idle, "report --simulation plain --file " + file}
	if code := program(t, a, &bytes.Buffer{}, &full{err: syscall.ENOSPC}); code != cli.ExitUnwritten {
		t.Errorf("rotate %s: exit code %d", a.args, code)
	}
}

// Every command is in the list.
func TestAnswersAreOfAllCommands(t *testing.T) {
	help := run(t, "--help") + run(t, "completion")
	commands := regexp.MustCompile(`(?m)^  ([a-z]+)  +[A-Z]`).FindAllStringSubmatch(help, -1)
	if len(commands) < 15 {
		t.Fatalf("only %d commands in %s", len(commands), help)
	}
	for _, command := range commands {
		if !slices.ContainsFunc(answers, func(a answer) bool { return slices.Contains(strings.Fields(a.args), command[1]) }) {
			t.Errorf("%s is not in the list", command[1])
		}
	}
}
