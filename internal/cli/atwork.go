package cli

import (
	"cmp"
	"context"
	"slices"

	"qovery-key-rotation/internal/ops/notice"
	"qovery-key-rotation/internal/rotation"
)

// atWork are the executions that are at work on a target, given its open record
// if there is one. The record's owner comes first, whatever its input says. Beside
// it are those whose inputs name the target: they have not taken the record yet, or
// will find that they can't. Dry runs hold nothing and are left out.
func (s *stack) atWork(ctx context.Context, target string, record *rotation.Record) ([]*notice.Execution, error) {
	listed, err := s.states.running(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := s.owner(ctx, record, listed)
	return atWork(target, owner, listed), err
}

func atWork(target string, owner *notice.Execution, listed []*notice.Execution) []*notice.Execution {
	var found []*notice.Execution
	if owner != nil && owner.Status == notice.Running {
		found = append(found, owner)
	}
	for _, x := range listed {
		if x.Target == target && !x.DryRun && (owner == nil || x.ARN != owner.ARN) {
			found = append(found, x)
		}
	}
	return found
}

// owner is the execution that a record belongs to, given those that run, even if Step
// Functions has forgotten it; nil without a record.
func (s *stack) owner(ctx context.Context, record *rotation.Record, listed []*notice.Execution) (*notice.Execution,
	error) {
	if record == nil {
		return nil, nil
	}
	owner := &notice.Execution{}
	if at := slices.IndexFunc(listed, func(x *notice.Execution) bool { return x.ARN == record.Owner }); at >= 0 {
		*owner = *listed[at]
	} else if described, err := s.states.describe(ctx, record.Owner); err != nil {
		return nil, err
	} else {
		owner = cmp.Or(described, notice.Forgotten(*record))
	}
	owner.Target, owner.DryRun = record.Target, false
	return owner, nil
}
