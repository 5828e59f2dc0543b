package cli_test

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"qovery-key-rotation/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rotate": func() { os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs what people type and compares what they get to read.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitCode,
		},
	})
}

// exitCode runs a command and checks its exit code: exitcode 2 rotate ...
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want := args[0]
	script := []string{"-c", `"$@"; code=$?; test $code = ` + want + ` || { echo "exit code $code" >&2; exit 99; }`, "sh"}
	ts.Check(ts.Exec("sh", append(script, args[1:]...)...))
}
