package cli

import (
	"io"
	"strings"
)

// Parse reads a command line as Run does, and runs nothing.
func Parse(args []string) error {
	root := Program{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}.newRoot()
	root.InitDefaultVersionFlag()
	command, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	command.InitDefaultHelpFlag()
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	if err := refuseEmpty(command, command.Flags().Args()); err != nil {
		return err
	}
	if command == root && command.Flags().NArg() > 0 {
		return command.RunE(command, command.Flags().Args())
	}
	return command.ValidateArgs(command.Flags().Args())
}

// ShownInHelp are those that the commands' help shows.
func ShownInHelp() (all []string) {
	for _, command := range append(Program{}.newRoot().Commands(), Program{}.newRoot()) {
		for line := range strings.Lines(command.Example) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// OnStacks are the commands that work on a deployed stack.
func OnStacks() (names []string) {
	for _, command := range (Program{}).newRoot().Commands() {
		if command.Flags().Lookup("stack") != nil {
			names = append(names, command.Name())
		}
	}
	return names
}
