package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/statemachine"
)

func newDiagram() *cobra.Command {
	answer := output{plain: "text"}
	cmd := &cobra.Command{
		Use:   "diagram",
		Short: "Print the state machine as a Mermaid diagram",
		Long: `diagram prints the state machine that is deployed as a Mermaid diagram, which
GitHub and GitLab draw where it stands in a block of the kind "mermaid".`,
		Example: `  rotate diagram
  rotate diagram --output json | jq -r .mermaid`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := answer.check(); err != nil {
				return err
			}
			machine, err := statemachine.Load(statemachine.Definition)
			if err != nil {
				return err
			}
			if answer.json() {
				return writeJSON(cmd.OutOrStdout(), drawn{machine.Diagram()})
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), machine.Diagram())
			return err
		},
	}
	answer.add(cmd)
	return cmd
}
