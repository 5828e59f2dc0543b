package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// output is the flag that says how a command answers: plainly, or in JSON.
type output struct {
	plain string // the name of the other way
	also  string // of a third one, if there is one
	value string
}

func (o *output) add(cmd *cobra.Command) {
	ways := slices.DeleteFunc([]string{o.plain, o.also, "json"}, func(way string) bool { return way == "" })
	cmd.Flags().StringVarP(&o.value, "output", "o", o.plain, strings.Join(ways, " or "))
	completeFlag(cmd, "output", ways...)
}

func (o *output) check() error {
	if o.value != o.plain && !o.json() && (o.also == "" || o.value != o.also) {
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
