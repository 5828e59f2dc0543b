package cli_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/term"

	"qovery-key-rotation/internal/cli"
	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/lab/fakeqovery"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/test/rotationtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rotate": rotate})
}

// rotate is the command, on the clock of the test's account if there is one.
func rotate() {
	program := cli.Program{Clock: testClock{os.Getenv("TEST_CLOCK")}, In: os.Stdin, Out: watched(os.Stdout),
		Err: watched(os.Stderr)}
	os.Exit(program.Run(context.Background(), os.Args[1:]))
}

// zeroTimeShown is the exit code of a command that shows a time that there is not,
// which no script waits for.
const zeroTimeShown = 97

// watched is a file that a command may write to, unless it writes of the year 1. A
// terminal stays one.
func watched(file *os.File) io.Writer {
	if term.IsTerminal(int(file.Fd())) {
		return file
	}
	return watcher{file}
}

type watcher struct{ file *os.File }

func (w watcher) Write(text []byte) (int, error) {
	n, err := w.file.Write(text)
	if rotationtest.ZeroTime.Match(text) {
		os.Exit(zeroTimeShown)
	}
	return n, err
}

// testClock stands still but when the command sleeps: then the account's time
// passes, which the command learns from the dates of its answers.
type testClock struct{ account string }

func (testClock) Now() time.Time { return lab.Beginning }

func (c testClock) Sleep(ctx context.Context, d time.Duration) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.account+"/clock/"+d.String(), nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

type accountKey struct{}

// TestScripts runs what people type and compares what they get to read.
func TestScripts(t *testing.T) {
	testscript.Run(t, scripts("testdata"))
}

// scripts are those of a folder, each of which has an account of its own.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			a, err := newAccount(lab.Setup{})
			if err != nil {
				return err
			}
			env.Defer(a.close)
			env.Values[accountKey{}] = a
			env.Setenv("OLD_KEY", string(a.world.OldKey.ID))
			for name, value := range a.environment() {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitCode,
			"world":    changeWorld,
		},
	}
}

// exitCode runs a command and checks its exit code: exitcode 2 rotate ...
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want := args[0]
	script := []string{"-c", `"$@"; code=$?; test $code = ` + want + ` || { echo "exit code $code" >&2; exit 99; }`, "sh"}
	ts.Check(ts.Exec("sh", append(script, args[1:]...)...))
}

// changeWorld is what happens in the account beside the command:
//
//	world until STATE          lets time pass until the execution that runs is there
//	world pass 2h              lets time pass
//	world begin NAME INPUT     a person starts an execution in AWS's console
//	world input INPUT          Step Functions tells of this input of those that run
//	world schedule DISABLED    the state of the schedule; "" deletes it
//	world rate 'cron(...)'     the schedule's expression
//	world freeze FROM TO REASON  a freeze of the target
//	world due 720h             the schedule's first start, from the beginning
//	world emails A,B           who is to be notified
//	world fresh                the stack was deployed now, and no audit has looked yet
//	world unconfirmed          no one has confirmed the e-mail subscription
//	world deny ACTION          the person lacks the right
//	world unanswered ACTION 2  so often there is no answer
//	world empty ACTION         its answers have nothing in them; off: no more
//	world refuse CODE          every request is refused with the code; "" ends that
//	world skewed               the clock of AWS is not this machine's
//	world secure 1h [NAME]     AWS answers over TLS, with a certificate that ends then
//	world proxy                and behind a proxy
//	world asked HOST           the proxy was asked for it
//	world later                a later version has written the journal; off: no more
//	world garbled NAME         the history of that execution makes no sense
//	world failing              the next deployments of the first cluster fail
//	world busy                 a deployment of the first cluster begins
//	world second-key           a person creates another key
//	world key newest Inactive  a person changes the newest, or the oldest, key
//	world remember newest      KEY is the end of its id
func changeWorld(ts *testscript.TestScript, _ bool, args []string) {
	a := ts.Value(accountKey{}).(*account)
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.world
	switch args[0] {
	case "until":
		at := slices.IndexFunc(w.Runs(), func(run *lab.Run) bool { return !run.Ended() })
		if at < 0 || !w.Runs()[at].UntilIn(args[1]) {
			ts.Fatalf("no execution comes to %s", args[1])
		}
	case "pass":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		w.Sleep(d)
	case "begin":
		_, err := w.Start(args[1], args[2])
		ts.Check(err)
		w.Sleep(0)
	case "input":
		for _, run := range w.Runs() {
			if !run.Ended() {
				a.inputs[run.ARN()] = args[1]
			}
		}
	case "schedule":
		a.schedule = args[1]
	case "rate":
		a.rate = args[1]
	case "due":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		a.due = lab.Beginning.Add(d)
	case "freeze":
		a.world.Target.Freeze = []target.Freeze{{From: args[1], To: args[2], Reason: args[3]}}
	case "emails":
		a.emails = args[1]
	case "fresh":
		a.deployed, a.unaudited = w.Timeline.Now(), true
	case "unconfirmed":
		a.confirmed = false
	case "deny":
		a.denied[args[1]] = true
	case "unanswered":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		a.failing[args[1]] = n
	case "empty":
		a.empty[args[1]] = len(args) == 2
	case "refuse":
		a.refused = args[1]
	case "skewed":
		a.skewed = true
	case "secure":
		a.secure(ts, args[1], strings.Join(args[2:], ""))
	case "proxy":
		a.proxy(ts)
	case "asked":
		a.wasAsked(ts, args[1])
	case "later":
		a.later = len(args) == 1
	case "garbled":
		a.garbled = args[1]
	case "failing":
		fails := fakeqovery.Fails("Error acquiring the state lock", "Try again in a few minutes")
		w.Qovery.Script(w.Clusters[0], fails, fails)
	case "busy":
		w.Qovery.Deploy(w.Clusters[0])
		w.Sleep(time.Minute)
	case "do": // in the words of scenarios
		ts.Check(lab.NewOperator(w).Do(nil, strings.Join(args[1:], " ")))
	case "second-key":
		w.IAM.SeedKey(lab.UserName, w.Timeline.Now(), rotation.Active)
	case "key":
		ts.Check(w.IAM.SetStatusByHand(lab.UserName, keyOf(w, args[1]), rotation.KeyStatus(args[2])))
	case "remember":
		id := string(keyOf(w, args[1]))
		ts.Setenv("KEY", id[len(id)-4:])
	default:
		ts.Fatalf("nothing is known of %q", args[0])
	}
}

// keyOf is the newest, or the oldest, key of the user.
func keyOf(w *lab.World, which string) rotation.KeyID {
	keys := w.IAM.Present(lab.UserName)
	slices.SortFunc(keys, func(a, b rotation.AccessKey) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if which == "newest" {
		return keys[len(keys)-1].ID
	}
	return keys[0].ID
}
