package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/statemachine"
)

func (p Program) newDiagram() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "diagram",
		Short: "Print the state machine as a Mermaid diagram",
		Long: `diagram prints the state machine that is deployed as a Mermaid diagram, which
GitHub and GitLab draw where it stands in a block of the kind "mermaid".`,
		Example: `  rotate diagram
  rotate diagram --output json | jq -r .mermaid`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			machine, err := statemachine.Load(statemachine.Definition)
			if err != nil {
				return err
			}
			return p.answer(o, drawn{machine.Diagram()}, func() { fmt.Fprint(p.Out, machine.Diagram()) })
		},
	}
	o.add(cmd, "text")
	return cmd
}
