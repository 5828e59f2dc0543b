package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"rotate": main}) }

// TestScripts runs the command as a shell does, signals and all.
func TestScripts(t *testing.T) { testscript.Run(t, testscript.Params{Dir: "testdata"}) }

// A reader who has gone kills no command between two things that it has to do: it
// ends by itself, with the exit code that a shell knows for it.
func TestClosedPipeKillsNothing(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	rotate := exec.Command("rotate", "simulate")
	rotate.Stdout = writer
	var exit *exec.ExitError
	if err := rotate.Run(); !errors.As(err, &exit) || !exit.Exited() || exit.ExitCode() != 141 {
		t.Errorf("it ended with %v", err)
	}
}
