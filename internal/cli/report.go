package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/ops/report"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/words"
	"qovery-key-rotation/statemachine"
)

type reportFlags struct {
	*stackFlags
	simulation string
	seed       uint64
	file       string
}

func (p Program) newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report TARGET|EXECUTION...",
		Short: "Write the evidence of a rotation as one HTML page",
		Long: `report reads the history of an execution, and of the executions that began or
resumed the same rotation, and writes what it proves as one page for auditors:
the lives of both keys, the proofs, the controls that the old key's age meets or
misses, the clusters, and every state with its times. The page needs nothing else
to be shown, holds no secret, and names keys by their last four characters.

The execution is the one of that name or ARN; of a target, the one that has its
open rotation, or that ended its last one. 'rotate history' names them.

Step Functions forgets an execution 90 days after its end: write the report
before that, and keep it.

The exit code is 0 when the report was written, whatever it says.`,
		Example: `  rotate report production --file january.html
  rotate report production-20260112T080000Z --output json
  rotate report --simulation plain --file plain.html`,
		PreRunE: func(cmd *cobra.Command, args []string) error { return f.check(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			evidence, err := p.evidence(cmd.Context(), f, args)
			if err != nil {
				return err
			}
			return p.writeReport(f, evidence)
		},
	}
	f.stackFlags = p.onStack(cmd, "html")
	cmd.Flags().StringVar(&f.simulation, "simulation", "",
		"report a scenario of the simulator instead (see 'rotate simulate --list')")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "what chance begins with in the simulation")
	cmd.Flags().StringVar(&f.file, "file", "", "where to write the report (default: standard output)")
	completeFlag(cmd, "simulation", scenarioNames()...)
	return cmd
}

func (f reportFlags) check(cmd *cobra.Command, args []string) error {
	given, simulates := cmd.Flags().Changed, f.simulation != ""
	_, exists := lab.Find(f.simulation)
	switch {
	case simulates && !exists:
		return noScenario(f.simulation)
	case simulates && len(args) > 0:
		return misuse("a report is of executions or of a simulation, not of both")
	case !simulates && given("seed"):
		return misuse("--seed goes with --simulation")
	case !simulates && len(args) == 0:
		return misuse("name a target or an execution, or a scenario with --simulation")
	}
	for _, flag := range []string{"profile", "region", "stack"} {
		if simulates && given(flag) {
			return misuse("a simulation needs no stack, so that --%s has no meaning beside it", flag)
		}
	}
	if f.file == "" && !f.json() && terminalOf(cmd.OutOrStdout()) != nil {
		return misuse("the report is a page for a browser, not for a terminal: give --file report.html")
	}
	return nil
}

func (p Program) evidence(ctx context.Context, f reportFlags, args []string) (report.Report, error) {
	if f.simulation != "" {
		return simulated(f.simulation, f.seed)
	}
	f.regionOf(args...)
	s, err := p.open(ctx, f.stackFlags)
	if err != nil {
		return report.Report{}, err
	}
	var arns []string
	for _, what := range args {
		x, err := s.findReported(ctx, what)
		if err != nil {
			return report.Report{}, err
		}
		arns = append(arns, x.ARN)
	}
	histories, unread, err := s.states.Rotation(ctx, arns)
	if err != nil {
		return report.Report{}, err
	}
	source := "the histories kept by AWS Step Functions"
	for _, arn := range unread {
		source += fmt.Sprintf(", without that of %s, which could not be read and may belong to the rotation",
			words.Last(arn))
	}
	evidence, err := report.Build(histories, s.clock.Now(), source)
	if err != nil {
		return report.Report{}, err
	}
	return evidence, s.tellReleases(ctx, evidence.Rotations)
}

// tellReleases adds what no execution's history tells: that a person released a
// rotation.
func (s *stack) tellReleases(ctx context.Context, rotations []report.Rotation) error {
	for i := range rotations {
		r := &rotations[i]
		if r.Outcome != report.Paused && r.Outcome != report.Stopped {
			continue
		}
		items, err := s.journal.History(ctx, r.Settings.IAMUserName)
		if err != nil {
			return err
		}
		for _, item := range items {
			if item.Record.RotationID == r.ID && item.Outcome == rotation.Released {
				r.Says += fmt.Sprintf(" By the journal a person released it %s.", words.At(item.EndedAt))
			}
		}
	}
	return nil
}

// findReported finds the execution that is meant: of a target, the one that has
// its open rotation, or that ended its last one.
func (s *stack) findReported(ctx context.Context, what string) (*notice.Execution, error) {
	isTarget, err := s.isTarget(ctx, what)
	if err != nil {
		return nil, err
	}
	if !isTarget {
		return s.named(ctx, what)
	}
	target, err := s.target(ctx, what)
	if err != nil {
		return nil, err
	}
	rotations, err := s.rotations(ctx, target)
	if err != nil {
		return nil, err
	}
	if len(rotations) == 0 {
		return nil, &problem{fmt.Sprintf("No rotation of %s has been recorded yet", what),
			"To report an execution that changed nothing, give its name; to start one: rotate start " + what + " --watch",
			ExitNothing}
	}
	return s.named(ctx, rotations[0].Execution)
}

// simulated plays a scenario and reports what its executions left.
func simulated(name string, seed uint64) (report.Report, error) {
	scenario, _ := lab.Find(name)
	setup := scenario.Setup
	setup.Seed = seed
	result, err := scenario.Play(setup, nil)
	if err != nil {
		return report.Report{}, err
	}
	var histories []statemachine.History
	for _, run := range result.World.Runs() {
		histories = append(histories, statemachine.History{ARN: run.ARN(), Events: run.History()})
	}
	source := fmt.Sprintf("a simulation (scenario “%s”, seed %d): no real key was rotated", name, seed)
	return report.Build(histories, result.World.Timeline.Now(), source)
}

func (p Program) writeReport(f reportFlags, evidence report.Report) error {
	write, kind := evidence.WriteHTML, "an HTML page"
	if f.json() {
		write, kind = func(out io.Writer) error { return writeJSON(out, evidence) }, "JSON"
	}
	if f.file == "" {
		return write(p.Out)
	}
	wrote := fmt.Sprintf("the evidence of %s to %s, as %s", words.Count(len(evidence.Rotations), "rotation"), f.file, kind)
	return p.writePage("The report", f.file, wrote, write)
}

// writePage writes the file that --file names, and says so.
func (p Program) writePage(what, path, wrote string, write func(io.Writer) error) error {
	err := writeFile(p.Out, path, write)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return unwritten(what, "Make room, or give another file with --file", err)
	case err != nil:
		return unwritten(what, "Give another file with --file", err)
	}
	say(p.Err, "Wrote "+wrote+".\n")
	return nil
}

// writeFile writes a file whole or not at all; of a link, the one that it leads to.
// What isn't a file, such as a pipe, is written to, and not replaced, and so is the
// command's own output. The error names the file as it was given.
func writeFile(out io.Writer, path string, write func(io.Writer) error) error {
	err := writeThere(out, path, write)
	var failed *os.PathError
	if errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", path, failed.Err)
	}
	return err
}

func writeThere(out io.Writer, path string, write func(io.Writer) error) error {
	found, err := os.Stat(path)
	switch _, entry := os.Lstat(path); {
	case err != nil && entry == nil: // a link to what is not there yet
		return writeTo(path, os.O_CREATE, write)
	case err != nil:
		return replaceFile(path, readable, write)
	case isOutput(out, found):
		return write(out)
	case !found.Mode().IsRegular():
		return writeTo(path, 0, write)
	}
	if err := writeTo(path, 0, func(io.Writer) error { return nil }); err != nil { // it is read-only
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return replaceFile(target, found.Mode().Perm(), write)
}

// isOutput tells whether a file is the command's output.
func isOutput(out io.Writer, found os.FileInfo) bool {
	file, isFile := fileOf(out)
	if !isFile {
		return false
	}
	output, err := file.Stat()
	return err == nil && os.SameFile(found, output)
}

const readable = 0o644 // a report is to be handed around

func writeTo(path string, flag int, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|flag, readable)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".rotate-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err = errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	if err = os.Chmod(file.Name(), mode); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
