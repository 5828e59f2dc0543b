package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	answer := output{plain: "text"}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which version this is",
		Long: `version prints the version of the program, the commit that it was built from as
far as the build knows it, and the version of Go.`,
		Example: `  rotate version
  rotate version --output json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := answer.check(); err != nil {
				return err
			}
			v := readVersion()
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

// version is what the build says of itself.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the commit, where it was built from one
	Modified bool   `json:"modified,omitempty"` // the files were not those of the commit
	Go       string `json:"go"`
}

func readVersion() version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version{Version: "unknown"}
	}
	v := version{Version: info.Main.Version, Go: info.GoVersion}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}

// String is the version on one line.
func (v version) String() string {
	text := "rotate " + v.Version
	if v.Revision != "" {
		text += ", commit " + v.Revision
	}
	if v.Modified {
		text += " with changes"
	}
	return text + ", " + v.Go
}
