package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

func (p Program) newHistory() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "history TARGET",
		Short: "List the target's rotations, the latest first",
		Long: `history lists the rotations of the target that have ended, the latest first, as
the journal has them, and the one that is open. Executions that changed nothing
(dry runs, refusals) leave nothing there.`,
		Example: `  rotate history production
  rotate history production --limit 0 --output json`,
		PreRunE: func(*cobra.Command, []string) error {
			if limit < 0 {
				return misuse("--limit %d is less than 0", limit)
			}
			return nil
		},
	}
	p.onTarget(cmd, func(ctx context.Context, s *stack, t target.Target) error { return s.history(ctx, t, limit) })
	cmd.Flags().IntVar(&limit, "limit", 20, "how many at most; 0: all")
	return cmd
}

// past is one rotation, without the whole ids of its keys.
type past struct {
	RotationID string            `json:"rotationId"`
	Kind       rotation.Kind     `json:"kind,omitempty"`
	Outcome    rotation.Outcome  `json:"outcome"` // or open
	OldKey     string            `json:"oldKey"`
	NewKey     string            `json:"newKey,omitempty"`
	BegunAt    time.Time         `json:"begunAt"`
	EndedAt    time.Time         `json:"endedAt,omitzero"`
	Execution  string            `json:"execution"` // ARN of the one that ended it, or has it
	Summary    *rotation.Summary `json:"summary,omitempty"`
}

// stillOpen is the outcome of a rotation that has none yet.
const stillOpen rotation.Outcome = "open"

// ended is the outcome in a word: only a rotation has a new key to discard.
func (p past) ended() string {
	if p.Outcome == rotation.Discarded && p.Kind != rotation.Rotate {
		return "unchanged"
	}
	return string(p.Outcome)
}

func pastOf(record rotation.Record) past {
	p := past{RotationID: record.RotationID, Kind: record.Kind, Outcome: stillOpen, OldKey: record.OldKey.String(),
		BegunAt: record.TakenAt, Execution: record.Owner}
	if record.NewKey != "" {
		p.NewKey = record.NewKey.String()
	}
	return p
}

// endedOf is one that has ended.
func endedOf(item rotation.HistoryItem) past {
	p := pastOf(item.Record)
	p.Outcome, p.EndedAt = item.Outcome, item.EndedAt
	return p
}

func (s *stack) history(ctx context.Context, t target.Target, limit int) error {
	rotations, err := s.rotations(ctx, t)
	if err != nil {
		return err
	}
	if limit > 0 && len(rotations) > limit {
		rotations = rotations[:limit]
	}
	return s.answer(s.flags.output, pasts{t.Name, rotations}, func() { showHistory(s.Out, t.Name, rotations) })
}

// rotations are those that the journal knows, the latest first.
func (s *stack) rotations(ctx context.Context, target target.Target) ([]past, error) {
	open, err := s.journal.Load(ctx, target.IAMUserName)
	if err != nil {
		return nil, err
	}
	items, err := s.journal.History(ctx, target.IAMUserName)
	if err != nil {
		return nil, err
	}
	rotations := []past{}
	if open != nil {
		rotations = append(rotations, pastOf(*open))
	}
	for _, item := range items {
		ended := endedOf(item)
		ended.Summary = item.Summary
		rotations = append(rotations, ended)
	}
	return rotations, nil
}

func showHistory(out io.Writer, name string, rotations []past) {
	if len(rotations) == 0 {
		fmt.Fprintf(out, "No rotation of %s has been recorded yet.\n", name)
		return
	}
	rows := [][]string{{"BEGUN", "TOOK", "OUTCOME", "OLD KEY", "NEW KEY", "CLUSTERS", "EXECUTION"}}
	for _, r := range rotations {
		took, clusters, newKey := "-", "-", "-"
		if !r.EndedAt.IsZero() {
			took = target.Duration(r.EndedAt.Sub(r.BegunAt).Round(time.Minute)).String()
		}
		if r.Summary != nil {
			clusters = fmt.Sprint(r.Summary.ClustersDeployed)
		}
		switch {
		case r.Kind != rotation.Rotate:
			newKey = "(" + r.Kind.Noun() + ")"
		case r.NewKey != "":
			newKey = r.NewKey
		}
		rows = append(rows, []string{words.At(r.BegunAt), took, r.ended(), r.OldKey, newKey, clusters,
			words.Last(r.Execution)})
	}
	writeTable(out, rows)
}
