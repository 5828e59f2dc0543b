package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"qovery-key-rotation/docs"
	"qovery-key-rotation/internal/ops/explain"
)

func newExplain() *cobra.Command {
	answer := output{plain: "text"}
	cmd := &cobra.Command{
		Use:   "explain [CODE|SECTION]",
		Short: "Explain an error, or print the runbook",
		Long: `explain prints what an error code means, the current state when it ends an
execution, what to do, and what to type. The runbook's sections are printed by
their names, and the whole runbook where nothing is named.

It is part of the program, and needs neither network nor rights.`,
		Example: `  rotate explain TokenRefused
  rotate explain rolling-back
  rotate explain | less`,
		Args: atMostOneSection,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := answer.check(); err != nil {
				return err
			}
			if len(args) == 1 {
				section, err := findSection(args[0])
				if err != nil {
					return err
				}
				if answer.json() {
					return writeJSON(cmd.OutOrStdout(), section)
				}
				_, err = io.WriteString(cmd.OutOrStdout(), section.Text)
				return err
			}
			if answer.json() {
				return writeJSON(cmd.OutOrStdout(), explanations{explain.Sections()})
			}
			_, err := io.WriteString(cmd.OutOrStdout(), docs.Runbook+"\n"+explain.Page())
			return err
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return sectionNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	answer.add(cmd)
	return cmd
}

func atMostOneSection(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%q takes one code or section, and %q is one too many", cmd.CommandPath(), args[1])}
	}
	return nil
}

func sectionNames() []string {
	var names []string
	for _, section := range explain.Sections() {
		names = append(names, section.Name)
	}
	return names
}

// findSection finds the section of a name, in any case. All errors that AWS names
// have one in common.
func findSection(name string) (docs.Section, error) {
	for _, service := range []string{"Lambda.", "Runtime.", "Sandbox.", "States."} {
		if strings.HasPrefix(name, service) {
			name = "errors-that-are-not-this-systems-own"
		}
	}
	for _, section := range explain.Sections() {
		if strings.EqualFold(section.Name, strings.TrimPrefix(name, "#")) {
			return section, nil
		}
	}
	names, meant := sectionNames(), "there are "
	if like := alike(name, names); len(like) > 0 {
		names, meant = like, "the nearest is "
	}
	return docs.Section{}, usageError{fmt.Errorf("there is nothing to explain about %q; %s%s", name, meant,
		strings.Join(names, ", "))}
}

// alike are the names that someone may have meant, as cobra suggests commands.
func alike(typed string, names []string) []string {
	const typos = 3
	known := &cobra.Command{SuggestionsMinimumDistance: typos}
	for _, name := range names {
		known.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	return known.SuggestionsFor(typed)
}
