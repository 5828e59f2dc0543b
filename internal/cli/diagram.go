package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/statemachine"
)

func newDiagram() *cobra.Command {
	return &cobra.Command{
		Use:   "diagram",
		Short: "Print the state machine as a Mermaid diagram",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			machine, err := statemachine.Load(statemachine.Definition)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), machine.Diagram())
			return err
		},
	}
}
