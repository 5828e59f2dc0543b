package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/version"
)

func newVersion() *cobra.Command {
	answer := output{plain: "text"}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which version this is",
		Long: `version prints the version of the program, the commit that it was built from and
that commit's date as far as the build knows them, and the version of Go.`,
		Example: `  rotate version
  rotate version --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := answer.check(); err != nil {
				return err
			}
			v := version.Read()
			if answer.json() {
				return writeJSON(cmd.OutOrStdout(), v)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), v)
			return err
		},
	}
	answer.add(cmd)
	return cmd
}
