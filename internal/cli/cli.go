// Package cli is the command line: what people type, and what they get to read.
//
// A command is in the file of its name: its help and flags, and then what it does (unfreeze is in
// freeze.go, start --leaked in leaked.go). It is a method of Program, or of the stack that it is
// about (stack.go). It answers in JSON or in words (answers.go, say.go), and whether
// those could be written is seen in one place (sink.go). What keeps it from its work is a problem,
// with an exit code (problem.go).
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"qovery-key-rotation/internal/lambda"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/version"
	"qovery-key-rotation/internal/words"
)

// The exit codes; exitCodes says what they mean.
const (
	ExitSucceeded   = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitRunning     = 3
	ExitNothing     = 4
	ExitAttention   = 5
	ExitUnwritten   = 6
	ExitUnread      = 7
	ExitPaused      = 8
	ExitRefused     = 9
	ExitUnreached   = 10
	ExitNoStack     = 11
	ExitInterrupted = 130
	ExitClosedPipe  = 141
)

// exitCodes are what the help and docs/json.md say of them.
var exitCodes = []struct {
	code  int
	means string
}{
	{ExitSucceeded, "the rotation succeeded, or the question was answered"},
	{ExitFailed, "a simulation did not succeed, exploration found a violation, or something else went wrong"},
	{ExitUsage, "the command was not understood"},
	{ExitRunning, "another execution is at work on the target"},
	{ExitNothing, "there is nothing to watch, to abort, to release or to unfreeze"},
	{ExitAttention, "`status` or `doctor` found something that someone should see to"},
	{ExitUnwritten, "the output, or a part of it, could not be written"},
	{ExitUnread, "`status` or `doctor` could not read all that it shows, and found nothing to see to in the rest"},
	{ExitPaused, "the rotation is paused, or was stopped"},
	{ExitRefused, "the rotation ended unchanged; of a dry run: it would be refused, or wait"},
	{ExitUnreached, "AWS or Qovery could not be asked: there is no answer, or you are not logged in"},
	{ExitNoStack, "there is no such stack in the region"},
	{ExitInterrupted, "interrupted with Ctrl-C; what runs in AWS continues"},
	{ExitClosedPipe, "the reader of the output has closed it, as in `rotate status | head -1`"},
}

// exitCodesHelp is the table as text.
func exitCodesHelp() string {
	lines := []string{"Exit codes:"}
	for _, row := range exitCodes {
		lines = append(lines, words.Wrap(fmt.Sprintf("  %-5d", row.code), row.means, defaultWidth)...)
	}
	return strings.Join(lines, "\n")
}

// Program is the command line with what it has from its surroundings. Answers go
// to Out, errors to Err as one sentence and what to do.
type Program struct {
	Clock    rotation.Clock
	In       io.Reader
	Out, Err io.Writer
}

// Run runs one command and returns the process's exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return Program{lambda.Clock{}, os.Stdin, stdout, stderr}.Run(ctx, args)
}

// Run runs one command and returns the process's exit code. A command that did what
// it is for and whose output is lost did not succeed; any other failure keeps its
// own code.
func (p Program) Run(ctx context.Context, args []string) int {
	out, errs := &sink{to: p.Out}, &sink{to: p.Err}
	p.Out, p.Err = out, errs
	ended := p.run(ctx, args)
	if ended.what == "" {
		lost := problemOf(cmp.Or(out.lost, errs.lost))
		ended = &problem{lost.what, lost.todo, cmp.Or(ended.exit, lost.exit)}
	}
	if ended.what != "" {
		say(p.Err, fmt.Sprintf("rotate: %v\n", ended))
	}
	return ended.exit
}

// run runs one command. It returns what is still to be told, and the exit code.
func (p Program) run(ctx context.Context, args []string) *problem {
	root := p.newRoot()
	root.SetArgs(args)
	command, err := root, refuseHelp(root, args)
	if err == nil {
		command, err = root.ExecuteContextC(ctx)
	}
	var known *problem
	switch isKnown := errors.As(err, &known); {
	case isKnown && known.isMisuse():
		say(p.Err, fmt.Sprintf("rotate: %s\nRun '%s --help' for what can be typed.\n", known.what, command.CommandPath()))
		return &problem{exit: ExitUsage}
	case err != nil && ctx.Err() != nil && !(isKnown && (known.what == "" || known.exit == ExitInterrupted)):
		return problemOf(ctx.Err())
	}
	return problemOf(err)
}

func (p Program) newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "rotate",
		Short: "Replaces the AWS access key that Qovery holds, without downtime",
		Long: `rotate is the command line of qovery-key-rotation, which replaces the static
AWS IAM access key that Qovery holds, unattended and without downtime.

` + exitCodesHelp(),
		Example: `  rotate simulate
  rotate status --profile production --region eu-west-3
  rotate start production --watch
  rotate explain TokenRefused`,
		Version:       version.Read().String(),
		SilenceUsage:  true,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,

		Args: cobra.ArbitraryArgs, // so that a mistyped command gets our sentence

		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if flag := cmd.Flags().Lookup("output"); flag != nil {
				return cmp.Or(refuseEmpty(cmd, args), flag.Value.(*output).check())
			}
			return refuseEmpty(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	// Before the commands: those that cobra adds look only once where they write to.
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse("%v", inWords(err)) })
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddGroup(&cobra.Group{ID: operating, Title: "Commands for a deployed stack:"})
	for _, command := range []*cobra.Command{p.newStart(), p.newWatch(), p.newStatus(), p.newDoctor(), p.newHistory(),
		p.newUses(), p.newAbort(), p.newRelease(), p.newRetire(), p.newMigrate(),
		p.newFreeze(), p.newUnfreeze(), p.newReport()} {
		command.GroupID = operating
		root.AddCommand(command)
	}
	root.AddCommand(p.newInit(), p.newExplain(), p.newSimulate(), p.newExplore(), p.newDiagram(), p.newVersion())
	refuseUnknown(root)
	return root
}

// flagTypes are what values of flags have to be, by their type.
var flagTypes = map[string]string{
	"int": "a whole number", "uint64": "a whole number from 0", "duration": "a duration such as 1h30m",
	"bool": "true or false",
}

// inWords says what a flag's value isn't, in place of what Go says of it.
func inWords(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) || flagTypes[invalid.GetFlag().Value.Type()] == "" {
		return err
	}
	is := "isn't " + flagTypes[invalid.GetFlag().Value.Type()]
	if errors.Is(err, strconv.ErrRange) {
		is = "is out of range"
	}
	return fmt.Errorf("invalid argument %q for \"--%s\" flag: it %s", invalid.GetValue(), invalid.GetFlag().Name, is)
}

// refuseEmpty refuses what is given and says nothing, as an unset variable of a
// script does: it must not be like what is not given. (Hidden are the commands that
// shells complete with.)
func refuseEmpty(cmd *cobra.Command, args []string) (mistake error) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if mistake == nil && flag.Value.String() == "" {
			mistake = misuse("--%s is empty", flag.Name)
		}
	})
	if mistake == nil && cmd.HasParent() && !cmd.Hidden && slices.Contains(args, "") {
		mistake = misuse("an argument is empty")
	}
	return mistake
}

// refuseUnknown has the commands that cobra adds refuse what they do not know, as
// ours do: otherwise help is what someone puts into a file of completions.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		switch command.Name() {
		case "help":
			command.Args = func(_ *cobra.Command, args []string) error {
				if found, _, err := root.Find(args); len(args) > 0 && (err != nil || found == root) {
					return unknownCommand(root, args[0])
				}
				return nil
			}
		case "completion":
			for _, shell := range command.Commands() {
				shell.Args = noArguments
			}
			command.Args = cobra.ArbitraryArgs
			command.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return misuse("there are no completions for %q", args[0])
				}
				return cmd.Help()
			}
		}
	}
}

// unknownCommand names those that may be meant.
func unknownCommand(root *cobra.Command, name string) error {
	err := fmt.Errorf("there is no command %q", name)
	if meant := root.SuggestionsFor(name); len(meant) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(meant, " or "))
	}
	return misuse("%v", err)
}

// refuseHelp refuses help about a command that isn't there, which cobra gives.
func refuseHelp(root *cobra.Command, args []string) error {
	found, rest, _ := root.Find(args)
	if found != root || !slices.Contains(args, "--help") && !slices.Contains(args, "-h") {
		return nil
	}
	for _, arg := range rest {
		if !strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "__") { // which shells complete with
			return unknownCommand(root, arg)
		}
	}
	return nil
}

// operating is the group of the commands that work on a deployed stack.
const operating = "operating"

// oneTarget wants the name of a target, and nothing else.
func oneTarget(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return misuse("%q wants to know which target ('rotate status' names them all)", cmd.CommandPath())
	}
	return atMostOne("target")(cmd, args)
}

// atMostOne wants one argument, or none.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return misuse("%q takes one %s, and %q is one too many", cmd.CommandPath(), what, args[1])
		}
		return nil
	}
}

// noArguments refuses arguments as a mistake in what was typed.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse("%q takes no arguments, and %q is one", cmd.CommandPath(), args[0])
	}
	return nil
}
