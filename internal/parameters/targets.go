package parameters

import (
	"context"
	"errors"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// Targets are the deployed target configurations, a parameter each.
type Targets struct {
	store  *Store
	prefix string
}

var _ rotation.Targets = (*Targets)(nil)

// Targets returns the targets whose parameters are named with the prefix.
func (s *Store) Targets(prefix string) *Targets { return &Targets{s, prefix} }

// Target reads a target and checks it.
func (t *Targets) Target(ctx context.Context, name string) (rotation.Target, error) {
	parameter := t.prefix + name
	read, err := t.store.get(ctx, parameter, false)
	if errors.Is(err, errNotFound) {
		return rotation.Target{}, rotation.Errorf(rotation.TargetNotFound, "There is no target %s: the parameter %s does not exist", name, parameter)
	}
	if err != nil {
		return rotation.Target{}, err
	}
	target, err := rotation.ParseTarget([]byte(*read.Value))
	if err != nil {
		return rotation.Target{}, rotation.Errorf(rotation.InvalidInput, "The target in the parameter %s is not valid: %s",
			parameter, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if target.Name != name {
		return rotation.Target{}, rotation.Errorf(rotation.InvalidInput, "The parameter %s holds another target, %s", parameter, target.Name)
	}
	return target, nil
}
