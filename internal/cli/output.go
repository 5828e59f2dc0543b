package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// output is the flag that says how a command answers.
type output struct {
	ways  []string // the first is the usual one, the last JSON
	value string
}

// add gives a command the flag, with the ways beside JSON.
func (o *output) add(cmd *cobra.Command, ways ...string) {
	o.ways, o.value = append(ways, "json"), ways[0]
	cmd.Flags().VarP(o, "output", "o", strings.Join(o.ways, " or "))
	completeFlag(cmd, "output", o.ways...)
}

func (o *output) String() string         { return o.value }
func (o *output) Type() string           { return "string" }
func (o *output) Set(value string) error { o.value = value; return nil }

// check is asked of every command before it runs.
func (o *output) check() error {
	if !slices.Contains(o.ways, o.value) {
		return misuse("--output %q is neither %s nor json", o.value, o.ways[0])
	}
	return nil
}

func (o *output) json() bool { return o.value == "json" }

// answer answers in JSON, or else as show does. Whether that could be written, Run sees.
func (p Program) answer(o output, value any, show func()) error {
	if o.json() {
		return writeJSON(p.Out, value)
	}
	show()
	return nil
}

// completeFlag has the shell complete a flag's values.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	// the flag exists
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
