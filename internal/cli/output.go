package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// output is the flag that says how a command answers: plainly, or in JSON.
type output struct {
	plain string // the name of the other way
	value string
}

func (o *output) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.value, "output", o.plain, o.plain+" or json")
	completeFlag(cmd, "output", o.plain, "json")
}

func (o *output) check() error {
	if o.value != o.plain && !o.json() {
		return usageError{fmt.Errorf("--output %q is neither %s nor json", o.value, o.plain)}
	}
	return nil
}

func (o *output) json() bool { return o.value == "json" }

// completeFlag has the shell complete a flag's values.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	// the flag exists
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
