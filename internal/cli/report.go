package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/report"
	"qovery-key-rotation/internal/simulator"
)

type reportFlags struct {
	simulation string
	seed       uint64
	output     string
	file       string
}

func newReport() *cobra.Command {
	var flags reportFlags
	cmd := &cobra.Command{
		Use:   "report EXECUTION...",
		Short: "Write the evidence of a rotation as one HTML page",
		Long: `report reads the history of an execution, and of the executions that began or
carried on the same rotation, and writes what it proves as one page for auditors:
the lives of both keys, the proofs, the controls that the old key's age meets or
misses, the clusters, and every state with its times. The page needs nothing else
to be shown, holds no secret, and names keys by their last four characters.

Step Functions forgets an execution 90 days after its end: write the report
before that, and keep it.

The exit code is 0 when the report was written, whatever it says.`,
		Example: `  rotate report arn:aws:states:eu-west-3:123456789012:execution:rotation:january --file january.html
  rotate report --simulation plain --file plain.html
  rotate report --simulation aborted-in-grace --output json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(args, cmd.Flags().Changed("seed")); err != nil {
				return usageError{err}
			}
			evidence, err := flags.build(cmd.Context(), args)
			if err != nil {
				return err
			}
			return flags.write(cmd.OutOrStdout(), evidence)
		},
	}
	cmd.Flags().StringVar(&flags.simulation, "simulation", "", "report a scenario of the simulator instead (see 'rotate simulate --list')")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 1, "what chance begins with in the simulation")
	cmd.Flags().StringVar(&flags.output, "output", "html", "html or json")
	cmd.Flags().StringVar(&flags.file, "file", "", "where to write the report (default: standard output)")
	return cmd
}

func (f reportFlags) check(args []string, seedGiven bool) error {
	_, exists := simulator.Find(f.simulation)
	switch {
	case f.output != "html" && f.output != "json":
		return fmt.Errorf("--output %q is neither html nor json", f.output)
	case f.simulation != "" && len(args) > 0:
		return errors.New("a report is of executions or of a simulation, not of both")
	case f.simulation != "" && !exists:
		return fmt.Errorf("there is no scenario %q: 'rotate simulate --list' names them", f.simulation)
	case f.simulation == "" && seedGiven:
		return errors.New("--seed goes with --simulation")
	case f.simulation == "" && len(args) == 0:
		return errors.New("name an execution by its ARN, or a scenario with --simulation")
	}
	for _, arn := range args {
		if _, _, isARN := executionARN(arn); !isARN {
			return fmt.Errorf("%q is not the ARN of an execution, such as arn:aws:states:eu-west-3:123456789012:execution:MACHINE:NAME", arn)
		}
	}
	return nil
}

func (f reportFlags) build(ctx context.Context, arns []string) (report.Report, error) {
	if f.simulation != "" {
		return simulated(f.simulation, f.seed)
	}
	histories, err := readHistories(ctx, arns)
	if err != nil {
		return report.Report{}, err
	}
	return report.Build(histories, time.Now(), "the histories kept by AWS Step Functions")
}

// simulated plays a scenario and reports what its executions left.
func simulated(name string, seed uint64) (report.Report, error) {
	scenario, _ := simulator.Find(name)
	setup := scenario.Setup
	setup.Seed = seed
	result, err := scenario.Play(setup, nil)
	if err != nil {
		return report.Report{}, err
	}
	var histories []report.History
	for _, run := range result.World.Runs() {
		histories = append(histories, report.History{ARN: run.ARN(), Events: run.History()})
	}
	source := fmt.Sprintf("a simulation (scenario “%s”, seed %d): no real key was rotated", name, seed)
	return report.Build(histories, result.World.Timeline.Now(), source)
}

func (f reportFlags) write(out io.Writer, evidence report.Report) error {
	write := evidence.WriteHTML
	if f.output == "json" {
		write = evidence.WriteJSON
	}
	if f.file == "" {
		return write(out)
	}
	return replaceFile(f.file, write)
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	err = write(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	const readable = 0o644 // a report is to be handed around
	if err = os.Chmod(file.Name(), readable); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
