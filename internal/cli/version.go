package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/version"
)

func (p Program) newVersion() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which version this is",
		Long: `version prints the version of the program, the commit that it was built from and
that commit's date as far as the build knows them, and the version of Go.`,
		Example: `  rotate version
  rotate version --output json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := version.Read()
			return p.answer(o, v, func() { fmt.Fprintln(p.Out, v) })
		},
	}
	o.add(cmd, "text")
	return cmd
}
