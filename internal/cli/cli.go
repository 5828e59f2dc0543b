// Package cli is the command line: what people type, and what they get to read.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	ExitSucceeded = 0
	ExitHeld      = 1 // the rotation ended clean or held, or something else went wrong
	ExitUsage     = 2 // the command was not understood
)

// usageError is a mistake in what was typed.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// errEnded says that all was told already, and that the rotation did not succeed.
var errEnded = errors.New("the rotation did not succeed")

// Run runs one command and returns the process's exit code. Answers go to
// stdout, errors to stderr as one sentence and what to do.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return ExitSucceeded
	case errors.Is(err, errEnded):
		return ExitHeld
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "rotate: %v\nRun 'rotate --help' for what can be typed.\n", err)
		return ExitUsage
	default:
		fmt.Fprintf(stderr, "rotate: %v\n", err)
		return ExitHeld
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "rotate",
		Short: "Replaces the AWS access key that Qovery holds, without downtime",
		Long: `rotate is the command line of qovery-key-rotation, which replaces the static
AWS IAM access key that Qovery holds, unattended and without downtime.

Exit codes: 0 the rotation succeeded, 1 it ended clean or held (or something
else went wrong), 2 the command was not understood.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs, // so that a mistyped command gets our sentence
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q", args[0])}
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newSimulate(), newReport(), newDiagram())
	return root
}

// noArguments refuses arguments as a mistake in what was typed.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%q takes no arguments, and %q is one", cmd.CommandPath(), args[0])}
	}
	return nil
}
